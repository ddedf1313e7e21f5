"""Exercises of `activations`: collapse, ReLU, curves out of ReLUs, softmax."""

from __future__ import annotations

import torch
from torch import Tensor

from workshop.core.exercise import Case, Exercise, Mistake
from workshop.day1 import activations


def _relu_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)
    return [
        Case((torch.tensor([-2.0, -0.5, 0.5, 3.0]),), "numbers on both sides of 0"),
        Case((torch.tensor([-3.0, -1.0]),), "only numbers below 0"),
        Case((torch.tensor([-1000.0, 1000.0]),), "large numbers"),
        Case((torch.randn(3, 4, generator=g),), "a table"),
        Case((torch.tensor(1.5),), "a single number, of shape ()"),
        Case((torch.tensor([[[0.0, -0.5], [0.3, 7.0]]]),), "three dimensions, and a 0"),
    ]


RELU = Exercise(
    name="relu",
    lesson="activations",
    title="The rectified linear unit",
    reference=activations.relu,
    cases=_relu_cases,
    without=(
        "torch.relu",
        "torch.Tensor.relu",
        "torch.nn.functional.relu",
        "torch.nn.ReLU",
        "torch.relu_",
    ),
    mistakes=(
        Mistake(
            "the other half",
            "It keeps the numbers below 0 and drops those above. ReLU does the opposite: max(0, z).",
            lambda z: torch.where(z < 0, z, torch.zeros_like(z)),
        ),
        Mistake(
            "absolute value",
            "This is the absolute value: numbers below 0 become positive. ReLU makes them 0.",
            lambda z: z.abs(),
        ),
        Mistake(
            "a step",
            "These are 0s and 1s, the slope of ReLU. Above 0, ReLU returns z itself.",
            lambda z: (z > 0).float(),
        ),
        Mistake(
            "the sign is wrong",
            "Above 0 the result should be z itself, not -z.",
            lambda z: torch.where(z > 0, -z, torch.zeros_like(z)),
        ),
        Mistake(
            "leaky",
            "Numbers below 0 leak through a little. That is a good activation too (LeakyReLU, in "
            "the lesson `design`), but ReLU makes them exactly 0.",
            lambda z: torch.where(z > 0, z, 0.01 * z),
        ),
        Mistake(
            "not bent at all",
            "Nothing is bent: numbers below 0 must become 0.",
            lambda z: z * 1.0,
        ),
        Mistake(
            "one number at a time",
            "Python's own max and if look at one number at a time, and z is a whole tensor. "
            "torch.where(condition, a, b) decides for each of its numbers.",
            lambda z: max(z, torch.zeros_like(z)),
        ),
        *(
            Mistake(
                "leaky",
                f"Numbers below 0 leak through, multiplied by {leak}. That is a good activation too "
                f"(LeakyReLU), but ReLU makes them exactly 0.",
                lambda z, leak=leak: torch.where(z > 0, z, leak * z),
            )
            for leak in (0.1, 0.2, 0.3, 0.5)
        ),
        Mistake(
            "cut off at 1",
            "Numbers above 1 became 1. ReLU has a floor, 0, and no ceiling.",
            lambda z: z.clamp(0, 1),
        ),
        Mistake(
            "dropped",
            "The numbers below 0 are gone, so the shape has changed. Put 0 in their place.",
            lambda z: z[z > 0],
        ),
        Mistake(
            "the largest number",
            "This is one number, the largest. max(0, z) is meant for each number of z by itself.",
            lambda z: z.max().clamp(min=0),
        ),
        Mistake(
            "softplus",
            "This is log(1 + exp(z)), a rounded ReLU. The ReLU has a sharp bend: z above 0, and exactly 0 "
            "below.",
            torch.nn.functional.softplus,
        ),
        Mistake(
            "sigmoid",
            "This is the sigmoid. ReLU is max(0, z): z itself above 0, and 0 below.",
            torch.sigmoid,
        ),
        Mistake(
            "tanh",
            "This is tanh. ReLU is max(0, z): z itself above 0, and 0 below.",
            torch.tanh,
        ),
        Mistake(
            "1 in place of 0",
            "Numbers below 0 became 1. ReLU makes them 0.",
            lambda z: torch.where(z > 0, z, torch.ones_like(z)),
        ),
        Mistake(
            "-1 in place of 0",
            "Numbers below 0 became -1. ReLU makes them 0.",
            lambda z: torch.where(z > 0, z, -torch.ones_like(z)),
        ),
        Mistake(
            "moved up",
            "All numbers are moved up, so that the least is 0. ReLU leaves numbers above 0 as they are, and "
            "makes the others 0.",
            lambda z: z - z.min(),
        ),
        Mistake(
            "not halved",
            "z + |z| is twice z where z is above 0: divide by 2.",
            lambda z: z + z.abs(),
        ),
        Mistake(
            "not below 1",
            "Numbers below 1 became 0 too. The bend is at 0.",
            lambda z: torch.where(z > 1, z, torch.zeros_like(z)),
        ),
    ),
    hints=(
        "For each number: keep it if it is above 0, else 0.",
        "torch.where(condition, a, b) takes from a where the condition is true, else from b.",
        "torch.where(z > 0, z, torch.zeros_like(z)). Or multiply z by (z > 0).",
    ),
    alternatives=(
        lambda z: z * (z > 0),
        lambda z: z.clamp(min=0),
        lambda z: (z + z.abs()) / 2,
        lambda z: torch.maximum(z, torch.tensor(0.0)),
        lambda z: torch.tensor([v if v > 0 else 0.0 for v in z.flatten().tolist()]).reshape(
            z.shape
        ),
    ),
)


def _softmax_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)
    return [
        Case((activations.SCORES.float(),), "the book's six scores"),
        Case((torch.randn(3, 4, generator=g),), "three rows of scores"),
        Case((torch.randn(3, 3, generator=g),), "as many rows as columns"),
        Case((torch.tensor([[2.0], [-1.0]]),), "a single class"),
        Case((torch.tensor([1000.0, 999.0, -1000.0]),), "scores of 1000"),
        Case(
            (torch.tensor([[200.0, 201.0, 199.0], [0.0, 1.0, -1.0]]),),
            "rows of very different size",
        ),
        Case((torch.randn(2, 3, 4, generator=g),), "three dimensions: over the last"),
        Case((torch.full((2, 5), 0.7),), "equal scores: equal shares"),
    ]


def _shares(e: Tensor, dim: int) -> Tensor:
    return e / e.sum(dim=dim, keepdim=True)


SOFTMAX = Exercise(
    name="softmax",
    lesson="activations",
    title="From scores to probabilities",
    reference=activations.softmax,
    cases=_softmax_cases,
    without=(
        "torch.softmax",
        "torch.Tensor.softmax",
        "torch.nn.functional.softmax",
        "torch.log_softmax",
        "torch.Tensor.log_softmax",
        "torch.nn.functional.log_softmax",
    ),
    mistakes=(
        Mistake(
            "overflow",
            "Right for small scores, but exp(1000) is inf, and inf / inf is not a number. Subtract "
            "the largest score of each row first: the shares stay the same.",
            lambda z: _shares(z.exp(), -1),
        ),
        Mistake(
            "everything shares one sum",
            "All rows share one sum. Each row is an example of its own: sum over the last "
            "dimension only, with dim=-1, keepdim=True.",
            lambda z: (z - z.max()).exp() / (z - z.max()).exp().sum(),
        ),
        Mistake(
            "over the rows",
            "The columns add up to 1 instead of the rows: sum over the last dimension, dim=-1.",
            lambda z: _shares((z - z.max(dim=0, keepdim=True).values).exp(), 0),
        ),
        Mistake(
            "no exp",
            "The scores are divided by their sum without exp, so there can be shares below 0.",
            lambda z: _shares(z, -1),
        ),
        Mistake(
            "not divided",
            "This is exp of the scores. Divide by their sum, so that each row adds up to 1.",
            lambda z: (z - z.max(dim=-1, keepdim=True).values).exp(),
        ),
        Mistake(
            "one sigmoid each",
            "This is a sigmoid of each score by itself. Softmax shares out one whole among all of "
            "them.",
            torch.sigmoid,
        ),
        Mistake(
            "the largest of all",
            "The largest score of the whole tensor is subtracted, so a row of far smaller scores becomes "
            "0 / 0. Subtract the largest of each row: z.max(dim=-1, keepdim=True).values.",
            lambda z: _shares((z - z.max()).exp(), -1),
        ),
        Mistake(
            "dim=1",
            "dim=1 is the last dimension of a table only. z may have one dimension, or three: the last is "
            "always dim=-1.",
            lambda z: _shares((z - z.amax(dim=1, keepdim=True)).exp(), 1),
        ),
        Mistake(
            "dim=1, and overflow",
            "dim=1 is the last dimension of a table only: use dim=-1. And subtract the largest score of each "
            "row before exp.",
            lambda z: _shares(z.exp(), 1),
        ),
        Mistake(
            "over the rows, and overflow",
            "The columns add up to 1 instead of the rows: sum over dim=-1. And subtract the largest score of "
            "each row before exp, which overflows otherwise.",
            lambda z: _shares(z.exp(), 0),
        ),
        Mistake(
            "everything shares one sum, and overflow",
            "All rows share one sum: sum over the last dimension only, with dim=-1, keepdim=True. And subtract "
            "the largest score of each row before exp.",
            lambda z: z.exp() / z.exp().sum(),
        ),
        Mistake(
            "no keepdim in the sum",
            "The sums of the rows are lined up with the columns: sum(dim=-1) drops the dimension. With "
            "keepdim=True it stays, and each row is divided by its own sum.",
            lambda z: (
                (z - z.amax(dim=-1, keepdim=True)).exp()
                / (z - z.amax(dim=-1, keepdim=True)).exp().sum(-1)
            ),
        ),
        Mistake(
            "no keepdim in the sum, and overflow",
            "The sums of the rows are lined up with the columns: keep the dimension with keepdim=True. And "
            "subtract the largest score of each row before exp.",
            lambda z: z.exp() / z.exp().sum(dim=-1),
        ),
        Mistake(
            "no keepdim in the largest",
            "The largest scores of the rows are lined up with the columns. With keepdim=True each is "
            "subtracted from its own row.",
            lambda z: _shares((z - z.amax(dim=-1)).exp(), -1),
        ),
        Mistake(
            "subtracted above only",
            "The largest score is subtracted above the fraction line and not below it. The same exp belongs "
            "in both places.",
            lambda z: (z - z.amax(dim=-1, keepdim=True)).exp() / z.exp().sum(dim=-1, keepdim=True),
        ),
        Mistake(
            "mean or smallest subtracted",
            "The mean or the smallest is subtracted, and exp can still overflow. Subtract the largest score: then no exponent "
            "is above 0.",
            lambda z: _shares((z - z.mean(dim=-1, keepdim=True)).exp(), -1),
        ),
        Mistake(
            "divided by the largest score",
            "The scores are divided by the largest before exp, which changes the shares. Subtract it.",
            lambda z: _shares((z / z.amax(dim=-1, keepdim=True)).exp(), -1),
        ),
        Mistake(
            "divided by the mean",
            "Each exp is divided by the mean of its row. Divide by the sum, so that the row adds up to 1.",
            lambda z: z.shape[-1] * torch.softmax(z, dim=-1),
        ),
        Mistake(
            "log softmax",
            "These are the logarithms of the shares. Return the shares.",
            lambda z: torch.log_softmax(z, dim=-1),
        ),
        Mistake(
            "exp of minus z",
            "The smallest score gets the largest share: exp of z, not of -z.",
            lambda z: torch.softmax(-z, dim=-1),
        ),
        Mistake(
            "exp of the shares",
            "The scores are divided by their sum before exp. First exp, then divide.",
            lambda z: _shares(z, -1).exp(),
        ),
        Mistake(
            "the largest takes all",
            "The largest score gets 1 and the others 0. Softmax gives each a share.",
            lambda z: (z == z.amax(dim=-1, keepdim=True)).float(),
        ),
        Mistake(
            "a power of 2",
            "The powers have the base 2. torch.exp takes the base e, 2.718...",
            lambda z: _shares(2 ** (z - z.amax(dim=-1, keepdim=True)), -1),
        ),
    ),
    hints=(
        "Make every score positive with exp, then divide each by the sum of its row.",
        "sum(dim=-1, keepdim=True) adds up each row and keeps the shape fit for dividing.",
        "For scores of 1000, first subtract z.max(dim=-1, keepdim=True).values from z.",
    ),
    alternatives=(
        lambda z: _shares((z - z.amax(dim=-1, keepdim=True)).exp(), -1),
        lambda z: (z - z.logsumexp(dim=-1, keepdim=True)).exp(),
        lambda z: 1 / (z.unsqueeze(-2) - z.unsqueeze(-1)).exp().sum(dim=-1),
    ),
)


def _collapse_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)

    def layer(outputs: int, inputs: int) -> tuple[Tensor, Tensor]:
        return torch.randn(outputs, inputs, generator=g), torch.randn(outputs, generator=g)

    return [
        Case(([layer(3, 2), layer(4, 3)],), "two layers, 2 -> 3 -> 4"),
        Case(([layer(3, 3), layer(3, 3), layer(3, 3)],), "three layers of one size"),
        Case(([layer(5, 2)],), "a single layer"),
        Case(([layer(3, 5), layer(2, 3), layer(4, 2), layer(6, 4)],), "four layers, 5 -> 6"),
        Case(([layer(1, 4), layer(2, 1)],), "through a single unit"),
        Case(([layer(1, 1), layer(1, 1), layer(1, 1), layer(1, 1)],), "four layers of one unit"),
    ]


def _collapse(layers: list[tuple[Tensor, Tensor]], bias: str) -> tuple[Tensor, Tensor]:
    w, b = layers[0]
    for w2, b2 in layers[1:]:
        before = b if bias == "added" else 0 * b2 if bias == "last" else w2 @ b
        w, b = w2 @ w, before if bias == "carried" else before + b2
    return w, b


def _wrong_order(layers: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    w, b = layers[0]
    for w2, b2 in layers[1:]:
        w, b = w @ w2, w2 @ b + b2
    return w, b


def _carried_by_product(layers: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    w, b = layers[0]
    for w2, b2 in layers[1:]:
        w = w2 @ w
        b = w @ b + b2
    return w, b


def _collapse_minus(layers: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    w, b = layers[0]
    for w2, b2 in layers[1:]:
        w, b = w2 @ w, w2 @ b - b2
    return w, b


COLLAPSE = Exercise(
    name="collapse",
    lesson="activations",
    title="Many linear layers are one",
    reference=activations.collapse,
    cases=_collapse_cases,
    mistakes=(
        Mistake(
            "order of the product",
            "The weights are multiplied in the wrong order. The second layer acts on what the first "
            "one made: W2 @ (W1 @ x), so W2 stands on the left.",
            _wrong_order,
        ),
        Mistake(
            "only the last bias",
            "The biases of the earlier layers are lost. Each passes through all the layers after "
            "it: W2 @ b1 + b2.",
            lambda layers: _collapse(layers, "last"),
        ),
        Mistake(
            "last bias lost",
            "The earlier biases are carried along, but each layer's own bias is not added: "
            "W2 @ b1 + b2.",
            lambda layers: _collapse(layers, "carried"),
        ),
        Mistake(
            "weights only",
            "There is a bias to return too: the two values W and b.",
            lambda layers: _collapse(layers, "kept")[0],
        ),
        Mistake(
            "biases merely added",
            "The biases are added up as they are. An earlier one passes through the later layers "
            "first: W2 @ b1 + b2.",
            lambda layers: _collapse(layers, "added"),
        ),
        Mistake(
            "only the first two",
            "Only the first two layers are taken. There may be more of them, or just one: loop over "
            "all that follow the first.",
            lambda layers: _collapse(layers[:2], "kept"),
        ),
        Mistake(
            "only the first layer",
            "This is the first layer alone: what the others do to it is missing.",
            lambda layers: layers[0],
        ),
        Mistake(
            "only the last layer",
            "This is the last layer alone: each round of the loop overwrites what came before. Multiply: "
            "W = w @ W.",
            lambda layers: layers[-1],
        ),
        Mistake(
            "the new weights in the bias",
            "The bias is carried on by the product of all weights so far: W was changed before b. An earlier "
            "bias has only the later layers before it: compute b first, or both in one line.",
            lambda layers: _carried_by_product(layers),
        ),
        Mistake(
            "first bias lost",
            "The bias of the first layer is lost. It passes through all the others: start with it.",
            lambda layers: _collapse([(layers[0][0], 0 * layers[0][1]), *layers[1:]], "kept"),
        ),
        Mistake(
            "the first layer is left out",
            "The first layer is left out: start with its W and b.",
            lambda layers: _collapse(layers[1:] or layers, "kept"),
        ),
        Mistake(
            "the last layer is left out",
            "The last layer is left out: the loop ends one too early.",
            lambda layers: _collapse(layers[:-1] or layers, "kept"),
        ),
        Mistake(
            "transposed",
            "The bias is right, but W is transposed: its shape should be (out, in), as that of the layers.",
            lambda layers: (_collapse(layers, "kept")[0].T, _collapse(layers, "kept")[1]),
        ),
        Mistake(
            "the last two only",
            "Only the last two layers are taken. Loop over all that follow the first, and keep what you have.",
            lambda layers: _collapse(layers[-2:], "kept"),
        ),
        Mistake(
            "biases subtracted",
            "W is right, but the biases are subtracted: W2 @ b1 + b2.",
            lambda layers: _collapse_minus(layers),
        ),
        Mistake(
            "W alone, without biases",
            "W is right, but b is 0: the layers' biases do not vanish. W2 @ b1 + b2.",
            lambda layers: (_collapse(layers, "kept")[0], 0 * layers[-1][1]),
        ),
    ),
    hints=(
        "Write out two layers on paper: W2 (W1 x + b1) + b2, and multiply out.",
        "That is (W2 W1) x + (W2 b1 + b2): one weight matrix and one bias.",
        "Start with the first (W, b); for each further (w, b2): W = w @ W, b = w @ b + b2.",
    ),
    alternatives=(
        lambda layers: _collapse(layers, "kept"),
        lambda layers: (
            torch.linalg.multi_dot([w for w, _ in layers[::-1]])
            if len(layers) > 1
            else layers[0][0],
            _collapse(layers, "kept")[1],
        ),
    ),
)


def _sum_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)

    def case(points: int, units: int, note: str) -> Case:
        return Case((torch.randn(points, generator=g), *torch.randn(3, units, generator=g)), note)

    x = torch.tensor([-7.0, -6, -4, -2, -1, 1, 2, 4, 5, 6])
    book = ([5.0, -5, 7, -7], [0.0, 0, -24, -24], [1.0, 1, 1, 1])
    return [
        Case((x, *map(torch.tensor, book)), "the book's four ReLUs"),
        case(6, 3, "six points, three units"),
        case(4, 4, "as many points as units"),
        case(1, 3, "a single point"),
        case(5, 1, "a single unit"),
        case(3, 7, "more units than points"),
        Case((x, torch.ones(2), torch.tensor([0.5, 3.0]), torch.tensor([-1.0, 1.0])), "a ramp"),
    ]


def _units(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    return x[:, None] * w + b


SUM = Exercise(
    name="sum_of_relus",
    lesson="activations",
    title="A curve out of straight pieces",
    reference=activations.sum_of_relus,
    cases=_sum_cases,
    mistakes=(
        Mistake(
            "no bend",
            "There is no ReLU in it, so this is one straight line, however many units there are.",
            lambda x, w, b, v: _units(x, w, b) @ v,
        ),
        Mistake(
            "bent after the sum",
            "The ReLU comes after the sum, so there is one bend for all units together. Each unit "
            "is bent by itself, and then they are added up.",
            lambda x, w, b, v: torch.relu(_units(x, w, b) @ v),
        ),
        Mistake(
            "v inside the ReLU",
            "v is inside the ReLU, which cuts off every unit whose v is below 0. Multiply by v after "
            "the bend.",
            lambda x, w, b, v: torch.relu(_units(x, w, b) * v).sum(dim=1),
        ),
        Mistake(
            "v is forgotten",
            "The units are added up as they are. Each is multiplied by its v first.",
            lambda x, w, b, v: torch.relu(_units(x, w, b)).sum(dim=1),
        ),
        Mistake(
            "bias after the bend",
            "The bias is added after the ReLU, so every unit bends at x = 0. It belongs inside: "
            "w x + b.",
            lambda x, w, b, v: (torch.relu(x[:, None] * w) + b) @ v,
        ),
        Mistake(
            "not added up",
            "There is a number for each point and each unit. Add up the units (dim=1), so that each "
            "point has one.",
            lambda x, w, b, v: torch.relu(_units(x, w, b)) * v,
        ),
        Mistake(
            "added up over the points",
            "The points are added up (dim=0) instead of the units (dim=1).",
            lambda x, w, b, v: (torch.relu(_units(x, w, b)) * v).sum(dim=0),
        ),
        Mistake(
            "shapes",
            "x (N,) and w (n,) are multiplied in pairs, the first x with the first w only. Every x "
            "meets every w in a table: x[:, None] * w has the shape (N, n).",
            lambda x, w, b, v: torch.relu(x * w + b) @ v,
        ),
        Mistake(
            "only the last unit",
            "Only the last unit counts: each round of the loop overwrites the sum. Add to it, with +=.",
            lambda x, w, b, v: v[-1] * torch.relu(w[-1] * x + b[-1]),
        ),
        Mistake(
            "only the first unit",
            "Only the first unit counts. Is the return inside the loop over the units?",
            lambda x, w, b, v: v[0] * torch.relu(w[0] * x + b[0]),
        ),
        Mistake(
            "mean instead of sum",
            "The units are averaged. Add them up.",
            lambda x, w, b, v: (torch.relu(_units(x, w, b)) * v).mean(dim=1),
        ),
        Mistake(
            "one number for all",
            "Everything is added up into one number. Each x has its own: add up the units only (dim=1).",
            lambda x, w, b, v: (torch.relu(_units(x, w, b)) * v).sum(),
        ),
        Mistake(
            "no bias",
            "The biases are missing, so every unit bends at x = 0: w x + b.",
            lambda x, w, b, v: torch.relu(x[:, None] * w) @ v,
        ),
        Mistake(
            "bias subtracted",
            "The biases are subtracted: w x + b.",
            lambda x, w, b, v: torch.relu(_units(x, w, -b)) @ v,
        ),
        Mistake(
            "v added",
            "v is added to each unit: multiply by it.",
            lambda x, w, b, v: (torch.relu(_units(x, w, b)) + v).sum(dim=1),
        ),
        Mistake(
            "v in place of b",
            "v and b have changed places: b is added inside the ReLU, v multiplies what comes out.",
            lambda x, w, b, v: torch.relu(_units(x, w, v)) @ b,
        ),
        Mistake(
            "v in place of w",
            "v and w have changed places: w is inside the ReLU, v multiplies what comes out.",
            lambda x, w, b, v: torch.relu(_units(x, v, b)) @ w,
        ),
        Mistake(
            "w multiplies the bias too",
            "w multiplies the bias as well: w (x + b). It is w x + b.",
            lambda x, w, b, v: torch.relu((x[:, None] + b) * w) @ v,
        ),
        Mistake(
            "sigmoid",
            "The bend is a sigmoid. Here it is the ReLU.",
            lambda x, w, b, v: torch.sigmoid(_units(x, w, b)) @ v,
        ),
        Mistake(
            "absolute value",
            "Below 0 the units rise again: that is the absolute value. ReLU is 0 there.",
            lambda x, w, b, v: _units(x, w, b).abs() @ v,
        ),
        Mistake(
            "ReLU of the inputs",
            "The ReLU is taken of x itself. It is taken of w x + b.",
            lambda x, w, b, v: (torch.relu(x)[:, None] * w + b) @ v,
        ),
    ),
    hints=(
        "It is a hidden layer with one input, and an output unit without a bias: v is its weights.",
        "x[:, None] * w + b is a table (N, n), a row for each point and a column for each unit. Bend "
        "it.",
        "torch.relu(x[:, None] * w + b) @ v multiplies each unit by its v and adds them up.",
    ),
    alternatives=(
        lambda x, w, b, v: (_units(x, w, b).clamp(min=0) * v).sum(dim=1),
        lambda x, w, b, v: sum(
            v_i * torch.relu(w_i * x + b_i) for w_i, b_i, v_i in zip(w, b, v, strict=True)
        ),
    ),
)

EXERCISES = (COLLAPSE, RELU, SUM, SOFTMAX)
