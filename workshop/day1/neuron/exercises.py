"""Exercises of `neuron`: weighted sum, sigmoid, boundary, and one scale for all inputs."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from workshop.core.exercise import Case, Exercise, Mistake
from workshop.day1 import neuron


def _weighted_sum_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)

    def batch(b: int, n: int) -> tuple[Tensor, Tensor, Tensor]:
        return (
            torch.randn(b, n, generator=g),
            torch.randn(n, generator=g),
            torch.randn((), generator=g),
        )

    return [
        Case((neuron.LOAN_X[None], neuron.LOAN_W, neuron.LOAN_B), "the book's loan request"),
        Case(batch(4, 3), "four examples, three features"),
        Case(batch(3, 3), "as many examples as features"),
        Case(batch(1, 5), "a batch of one"),
        Case(batch(6, 1), "a single feature"),
        Case((torch.zeros(2, 3), torch.ones(3), torch.tensor(0.5)), "all inputs zero"),
    ]


WEIGHTED_SUM = Exercise(
    name="weighted_sum",
    lesson="neuron",
    title="The weighted sum of a batch",
    reference=neuron.weighted_sum,
    cases=_weighted_sum_cases,
    mistakes=(
        Mistake(
            "no bias",
            "The bias is missing: z = w . x + b. With all inputs zero, z should be b itself.",
            lambda x, w, b: x @ w,
        ),
        Mistake(
            "bias added to every term",
            "The bias is added once per feature, inside the sum. Add it once per example, after "
            "the products are summed.",
            lambda x, w, b: (x * w + b).sum(dim=1),
        ),
        Mistake(
            "not summed",
            "These are the products x_i w_i, one per feature. Sum them over the features "
            "(dim=1), so that each example has one number.",
            lambda x, w, b: x * w + b,
        ),
        Mistake(
            "summed over the examples",
            "The products are summed over the examples (dim=0). Sum over the features instead: "
            "dim=1, the second dimension of x (B, n).",
            lambda x, w, b: (x * w).sum(dim=0) + b,
        ),
        Mistake(
            "summed over everything",
            "Everything is summed into one number, but each example has a z of its own: sum over "
            "the features only (dim=1).",
            lambda x, w, b: (x * w).sum() + b,
        ),
        Mistake(
            "bias subtracted",
            "The bias is subtracted: it is added, z = w . x + b.",
            lambda x, w, b: x @ w - b,
        ),
        Mistake(
            "one column instead of one number each",
            "The numbers are right, but as a column of shape (B, 1). Give a plain (B,): later, "
            "(B, 1) minus (B,) would quietly become a (B, B) table.",
            lambda x, w, b: (x * w).sum(dim=1, keepdim=True) + b,
        ),
        Mistake(
            "the activation too",
            "The sigmoid is applied already. This function stops at z = w . x + b.",
            lambda x, w, b: torch.sigmoid(x @ w + b),
        ),
        Mistake(
            "a decision",
            "These are answers, yes or no. This function returns z itself, w . x + b.",
            lambda x, w, b: (x @ w + b > 0).float(),
        ),
        Mistake(
            "mean instead of sum",
            "The products are averaged. Add them up: .sum(dim=1).",
            lambda x, w, b: (x * w).mean(dim=1) + b,
        ),
        Mistake(
            "only the first feature",
            "Only the first feature counts. Is the return inside the loop over the features?",
            lambda x, w, b: x[:, 0] * w[0] + b,
        ),
        Mistake(
            "only the last feature",
            "Only the last feature counts: each round of the loop overwrites the sum. Add to it, with +=.",
            lambda x, w, b: x[:, -1] * w[-1] + b,
        ),
        Mistake(
            "only the first example",
            "Only the first example has a z. Is the return inside the loop over the examples?",
            lambda x, w, b: x[0] @ w + b,
        ),
        Mistake(
            "only the last example",
            "Only the last example has a z: each round of the loop overwrites the one before. Collect them "
            "all, or do all rows at once.",
            lambda x, w, b: x[-1] @ w + b,
        ),
        Mistake(
            "bias added to the inputs",
            "The bias is added to the inputs and weighted with them. Add it once, to the sum of the products.",
            lambda x, w, b: (x + b) @ w,
        ),
        Mistake(
            "multiplied by the bias",
            "The sum is multiplied by the bias. Add it: z = w . x + b.",
            lambda x, w, b: (x @ w) * b,
        ),
        Mistake(
            "inputs and weights added",
            "Inputs and weights are added to each other. Each input is multiplied by its weight.",
            lambda x, w, b: (x + w).sum(dim=1) + b,
        ),
        Mistake(
            "no weights",
            "The inputs are added up as they are. Multiply each by its weight first.",
            lambda x, w, b: x.sum(dim=1) + b,
        ),
    ),
    hints=(
        "Each example is a row of x. What do you do with its n numbers and the n weights?",
        "Multiply x (B, n) by w (n,): torch lines the weights up with every row. Then sum over "
        "dim=1, and add the bias once.",
        "A product and a sum in one is a matrix product: x @ w has the shape (B,). The bias is "
        "all that is missing.",
    ),
    alternatives=(
        lambda x, w, b: (x * w).sum(dim=1) + b,
        lambda x, w, b: torch.stack([torch.dot(row, w) + b for row in x]),
        lambda x, w, b: torch.einsum("bn,n->b", x, w) + b,
        lambda x, w, b: torch.tensor(
            [sum(float(p) * float(q) for p, q in zip(row, w, strict=True)) + float(b) for row in x]
        ),
    ),
)


def _sigmoid_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)
    return [
        Case((torch.tensor([2.9]),), "the z of the loan request"),
        Case((torch.tensor([0.0]),), "z = 0, where the neuron is undecided"),
        Case((torch.randn(5, generator=g),), "five random numbers"),
        Case((4 * torch.randn(2, 3, generator=g),), "a table of numbers"),
        Case((torch.tensor([-30.0, -5.0, 5.0, 30.0]),), "large numbers"),
        Case((torch.tensor([-1000.0, 1000.0]),), "z = -1000 and z = 1000"),
        Case((torch.tensor(-1.5),), "a single number, of shape ()"),
        Case((torch.randn(2, 3, 2, generator=g),), "three dimensions"),
    ]


SIGMOID = Exercise(
    name="sigmoid",
    lesson="neuron",
    title="The sigmoid, also for large z",
    reference=neuron.sigmoid,
    cases=_sigmoid_cases,
    without=(
        "torch.sigmoid",
        "torch.Tensor.sigmoid",
        "torch.special.expit",
        "torch.nn.functional.sigmoid",
    ),
    mistakes=(
        Mistake(
            "sign of z",
            "The curve is upside down: it falls as z grows. The exponent is minus z: exp(-z).",
            lambda z: 1 / (1 + torch.exp(z)),
        ),
        Mistake(
            "overflow",
            "Right for small z, but exp(1000) is inf, and inf / inf is not a number. Divide above "
            "and below by exp(z): 1 / (1 + exp(-z)) is the same function and does not overflow.",
            lambda z: torch.exp(z) / (1 + torch.exp(z)),
        ),
        Mistake(
            "tanh",
            "This is tanh, which runs from -1 to 1. The sigmoid runs from 0 to 1.",
            torch.tanh,
        ),
        Mistake(
            "one is missing",
            "This is exp(z), or 1 / exp(-z), which grows without end. The 1 + below the fraction line keeps "
            "it under 1.",
            lambda z: 1 / torch.exp(-z),
        ),
        Mistake(
            "brackets",
            "This is 1 + exp(-z): without brackets 1 / 1 + exp(-z) is (1 / 1) + exp(-z). Put 1 + exp(-z) in "
            "brackets.",
            lambda z: 1 / 1 + torch.exp(-z),
        ),
        Mistake(
            "a step",
            "These are 0s and 1s, a decision. The sigmoid says how sure the neuron is: every "
            "number between 0 and 1.",
            lambda z: (z > 0).float(),
        ),
        Mistake(
            "math.exp",
            "math.exp takes one number at a time. torch.exp takes a whole tensor, and lets the "
            "gradient through.",
            lambda z: 1 / (1 + math.exp(-z)),
        ),
        *(
            Mistake(
                "clamped",
                f"z is cut off at {limit} and {-limit}, so beyond that the curve stays where it is instead of "
                f"coming nearer and nearer to 0 and 1. 1 / (1 + exp(-z)) needs no cutting off.",
                lambda z, limit=limit: 1 / (1 + torch.exp(-z.clamp(-limit, limit))),
            )
            for limit in (4, 5, 6, 8, 10)
        ),
        Mistake(
            "upside down, and overflow",
            "The curve is upside down: exp(-z) stands above the fraction line, where 1 should be. And "
            "exp(1000) / (1 + exp(1000)) is not a number.",
            lambda z: torch.exp(-z) / (1 + torch.exp(-z)),
        ),
        Mistake(
            "minus below the fraction line",
            "Below the fraction line stands 1 - exp(-z). It is 1 + exp(-z), which is never 0.",
            lambda z: 1 / (1 - torch.exp(-z)),
        ),
        Mistake(
            "without the sign of z",
            "z has lost its sign, so the curve is the same on both sides of 0. Below 0 it should be below 0.5.",
            lambda z: 1 / (1 + torch.exp(-z.abs())),
        ),
        Mistake(
            "one branch not divided",
            "Below 0 this is exp(z) alone. There it should be exp(z) / (1 + exp(z)).",
            lambda z: torch.where(z >= 0, 1 / (1 + torch.exp(-z)), torch.exp(z)),
        ),
        Mistake(
            "its slope",
            "This is the slope, a (1 - a). Return a itself.",
            lambda z: torch.exp(-z.abs()) / (1 + torch.exp(-z.abs())) ** 2,
        ),
        Mistake(
            "softmax",
            "This shares out one whole among all numbers. The sigmoid looks at each number by itself.",
            lambda z: torch.softmax(z, dim=-1),
        ),
        Mistake(
            "tanh of z instead of z / 2",
            "Nearly: with tanh it is (1 + tanh(z / 2)) / 2. The / 2 inside is missing.",
            lambda z: (1 + torch.tanh(z)) / 2,
        ),
        Mistake(
            "a power of 2",
            "The power has the base 2. torch.exp takes the base e, 2.718...",
            lambda z: 1 / (1 + 2**-z),
        ),
    ),
    hints=(
        "torch.exp works on a whole tensor at once, so the formula can be written as it stands.",
        "Mind the sign in the exponent and the brackets below the fraction line. Then try "
        "z = 1000 and z = -1000: no result may be nan.",
        "1 / (1 + exp(-z)): one line, torch.exp is all you need.",
    ),
    alternatives=(
        lambda z: 1 / (1 + torch.exp(-z)),
        lambda z: (1 + torch.tanh(z / 2)) / 2,
        lambda z: torch.reciprocal(torch.exp(-z.double()) + 1).to(z.dtype),
        lambda z: torch.exp(-torch.log1p(torch.exp(-z))),
    ),
)


def _boundary_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)
    return [
        Case(
            (torch.tensor([0.0, 1.0, 2.0]), torch.tensor([1.0, 1.0]), torch.tensor(0.0)),
            "w = [1, 1], b = 0",
        ),
        Case(
            (torch.tensor([0.0, 1.0]), torch.tensor([2.0, 1.0]), torch.tensor(-3.0)),
            "w = [2, 1], b = -3",
        ),
        Case(
            (torch.tensor([0.0]), torch.tensor([0.0, 4.0]), torch.tensor(2.0)),
            "w[0] = 0: a level line",
        ),
        Case(
            (
                torch.randn(5, generator=g),
                1 + torch.rand(2, generator=g),
                torch.randn((), generator=g),
            ),
            "random weights",
        ),
        Case(
            (
                torch.randn(1, generator=g),
                -1 - torch.rand(2, generator=g),
                torch.randn((), generator=g),
            ),
            "negative weights",
        ),
        Case(
            (torch.tensor([-3.0, 2.0]), torch.tensor([-0.5, 4.0]), torch.tensor(0.75)),
            "weights of both signs, as many points as weights",
        ),
    ]


BOUNDARY = Exercise(
    name="boundary_x2",
    lesson="neuron",
    title="Where the neuron changes its mind",
    reference=neuron.boundary_x2,
    cases=_boundary_cases,
    mistakes=(
        Mistake(
            "sign",
            "Nearly: the sign is lost. From w1 x1 + w2 x2 + b = 0 the first and the last term go "
            "to the other side, so both change their sign.",
            lambda x1, w, b: (w[0] * x1 + b) / w[1],
        ),
        Mistake(
            "sign of the bias",
            "The bias did not change its sign when it went to the other side of the equation.",
            lambda x1, w, b: (b - w[0] * x1) / w[1],
        ),
        Mistake(
            "not divided",
            "This is w2 x2, not x2: divide by w[1].",
            lambda x1, w, b: -(w[0] * x1 + b),
        ),
        Mistake(
            "only one term divided",
            "Only one of the terms is divided by w[1]. Brackets: (w1 x1 + b) / w2.",
            lambda x1, w, b: -w[0] * x1 - b / w[1],
        ),
        Mistake(
            "no bias",
            "The bias is missing, so every line goes through the origin.",
            lambda x1, w, b: -w[0] * x1 / w[1],
        ),
        Mistake(
            "weights exchanged",
            "The two weights have changed places: w[0] belongs to x1, w[1] to the x2 you solve "
            "for.",
            lambda x1, w, b: -(w[1] * x1 + b) / w[0],
        ),
        Mistake(
            "z is 0.5",
            "This is where z is 0.5. The neuron is undecided where its activation a = g(z) is 0.5, "
            "and that is where z is 0.",
            lambda x1, w, b: (0.5 - w[0] * x1 - b) / w[1],
        ),
        Mistake(
            "whole points",
            "These are whole points (x1, x2). Return their second coordinate only: (N,).",
            lambda x1, w, b: torch.stack([x1, -(w[0] * x1 + b) / w[1]], dim=1),
        ),
        Mistake(
            "bias not divided",
            "The bias is not divided by w[1]. Both terms are: -(w1 x1 + b) / w2.",
            lambda x1, w, b: -w[0] * x1 / w[1] - b,
        ),
        Mistake(
            "brackets and a sign",
            "Only the bias is divided by w[1], and it has kept its sign. Put the whole sum in brackets: "
            "-(w1 x1 + b) / w2.",
            lambda x1, w, b: -w[0] * x1 + b / w[1],
        ),
        Mistake(
            "sign of the first term",
            "The term w1 x1 did not change its sign when it went to the other side of the equation.",
            lambda x1, w, b: (w[0] * x1 - b) / w[1],
        ),
        Mistake(
            "multiplied instead of divided",
            "It is multiplied by w[1]. Solving w2 x2 = ... for x2 means to divide by w2.",
            lambda x1, w, b: -(w[0] * x1 + b) * w[1],
        ),
        Mistake(
            "divided by w[0]",
            "It is divided by w[0]. The weight of x2, for which you solve, is w[1].",
            lambda x1, w, b: -(w[0] * x1 + b) / w[0],
        ),
        Mistake(
            "z without x2",
            "This is w1 x1 + b, z without its last term. Set z to 0 and solve for x2: both terms change "
            "sides, and w2 divides them.",
            lambda x1, w, b: w[0] * x1 + b,
        ),
        Mistake(
            "x1 plays no part",
            "This is where the line meets x1 = 0, the same for all. The x2 of each x1 is wanted: the term "
            "w1 x1 is missing.",
            lambda x1, w, b: -b / w[1],
        ),
        Mistake(
            "x1 plays no part, in each point",
            "Every x2 is the same, where the line meets x1 = 0: the term w1 x1 is missing.",
            lambda x1, w, b: -b / w[1] + 0 * x1,
        ),
        Mistake(
            "bias times x1",
            "The bias is multiplied by x1. Only the weight w[0] is.",
            lambda x1, w, b: -(w[0] + b) * x1 / w[1],
        ),
        Mistake(
            "bias times the weight",
            "The bias is multiplied by w[0]. Only x1 is: w1 x1 + b.",
            lambda x1, w, b: -w[0] * (x1 + b) / w[1],
        ),
        Mistake(
            "the slope only",
            "This is the slope of the line, one number. The x2 of each x1 is wanted: -(w1 x1 + b) / w2.",
            lambda x1, w, b: -w[0] / w[1],
        ),
        Mistake(
            "no weight on x1",
            "x1 is not multiplied by its weight, w[0].",
            lambda x1, w, b: -(x1 + b) / w[1],
        ),
        Mistake(
            "only the first point",
            "Only the first x1 has an x2. Is the return inside the loop?",
            lambda x1, w, b: -(w[0] * x1[0] + b) / w[1],
        ),
        Mistake(
            "only the last point",
            "Only the last x1 has an x2: each round of the loop overwrites the one before. No loop is needed: "
            "x1 can be a whole tensor.",
            lambda x1, w, b: -(w[0] * x1[-1] + b) / w[1],
        ),
    ),
    hints=(
        "The neuron is undecided where its activation is 0.5. Which z gives 0.5?",
        "z = 0 means w1 x1 + w2 x2 + b = 0. Solve it for x2 on paper first.",
        "x2 = -(w1 x1 + b) / w2, and w1 is w[0], w2 is w[1].",
    ),
    alternatives=(
        lambda x1, w, b: -w[0] / w[1] * x1 - b / w[1],
        lambda x1, w, b: torch.stack([(-b - w[0] * v) / w[1] for v in x1]),
        lambda x1, w, b: torch.addcmul(-b / w[1], -w[0] / w[1], x1),
    ),
)


def _standardize_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)

    def table(rows: int, columns: int) -> Tensor:
        scale = torch.tensor([30.0, 5000.0, 0.1, 2.0, 7.0])[:columns]
        return scale * (2 + torch.randn(rows, columns, generator=g))

    train, square = table(6, 3), table(4, 4)
    constant = torch.cat([table(5, 1), torch.full((5, 1), 3.0)], dim=1)
    return [
        Case((train, train), "the training examples themselves"),
        Case((table(4, 3), train), "new examples, in the training examples' measure"),
        Case((table(1, 5), table(7, 5)), "one new example"),
        Case((square, square), "as many examples as columns"),
        Case((table(2, 1), table(8, 1)), "a single column"),
        Case(
            (torch.tensor([[40.0, 3.0], [50.0, 4.0]]), constant),
            "a column that is the same in all training examples",
        ),
        Case(
            (
                torch.tensor([[7.0, -1.0], [500.0, 0.25]]),
                torch.tensor([[500.0, -2.0], [500.0, 1.0], [500.0, 0.5], [500.0, 0.25]]),
            ),
            "a constant column of large numbers beside a small one",
        ),
    ]


def _scaled(x: Tensor, by: Tensor, sd: Tensor | None = None) -> Tensor:
    sd = by.std(dim=0, correction=0) if sd is None else sd
    return (x - by.mean(dim=0)) / torch.where(sd == 0, 1.0, sd)


def _with(x: Tensor, mean: Tensor, sd: Tensor, constant: Tensor | float | None = None) -> Tensor:
    """(x - mean) / sd, and `constant` in the columns whose sd is 0 (None: x - mean)."""
    constant = x - mean if constant is None else constant
    return torch.where(sd == 0, constant, (x - mean) / torch.where(sd == 0, 1.0, sd))


def _sd(train: Tensor) -> Tensor:
    return train.std(dim=0, correction=0)


def _by_row(x: Tensor, train: Tensor) -> Tensor:
    return (x - train.mean(dim=1)) / train.std(dim=1, correction=0)


STANDARDIZE = Exercise(
    name="standardize",
    lesson="neuron",
    title="One scale for all inputs",
    reference=neuron.standardize,
    cases=_standardize_cases,
    rtol=1e-3,
    atol=1e-5,
    mistakes=(
        Mistake(
            "its own measure",
            "x is measured with its own mean and deviation. Take those of train: a new example must "
            "not change the ruler it is measured with.",
            lambda x, train: _scaled(x, x),
        ),
        Mistake(
            "a constant column",
            "Right, but for a column that is the same in all of train. Its deviation is 0, and "
            "dividing by that gives inf or nan: divide by 1 there.",
            lambda x, train: (x - train.mean(dim=0)) / train.std(dim=0, correction=0),
        ),
        *(
            Mistake(
                "a tiny number added",
                f"The tiny number in the denominator ({tiny:g}) avoids nan, but in a column that is "
                f"constant in train a new value becomes enormous. Divide by 1 there.",
                lambda x, train, tiny=tiny: (x - train.mean(dim=0)) / (_sd(train) + tiny),
            )
            for tiny in (1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12)
        ),
        Mistake(
            "only shifted",
            "The columns are shifted, not scaled: divide by the standard deviation of each.",
            lambda x, train: x - train.mean(dim=0),
        ),
        Mistake(
            "not shifted",
            "The columns are scaled, not shifted: subtract the mean of each first.",
            lambda x, train: _scaled(x + train.mean(dim=0), train),
        ),
        Mistake(
            "variance",
            "You divide by the variance. The standard deviation is its square root.",
            lambda x, train: _scaled(x, train, train.var(dim=0, correction=0)),
        ),
        Mistake(
            "N - 1",
            "Nearly: torch's std divides by N - 1 unless you say correction=0.",
            lambda x, train: _scaled(x, train, train.std(dim=0)),
        ),
        Mistake(
            "one mean for the whole table",
            "There is one mean and one deviation for the whole table. Each column has its own: "
            "dim=0 averages over the examples.",
            lambda x, train: (x - train.mean()) / train.std(correction=0),
        ),
        Mistake(
            "over the columns",
            "With dim=1 you average over the columns, years with dollars. dim=0 averages each "
            "column over the examples.",
            _by_row,
        ),
        Mistake(
            "from 0 to 1",
            "This brings each column between 0 and 1. Here it should have mean 0 and standard "
            "deviation 1.",
            lambda x, train: (
                (x - train.amin(dim=0))
                / torch.where(
                    train.amax(dim=0) > train.amin(dim=0),
                    train.amax(dim=0) - train.amin(dim=0),
                    1.0,
                )
            ),
        ),
        Mistake(
            "brackets",
            "x - mean / sd divides the mean alone. Brackets: (x - mean) / sd.",
            lambda x, train: x - train.mean(dim=0) / torch.where(_sd(train) == 0, 1.0, _sd(train)),
        ),
        Mistake(
            "brackets, and a constant column",
            "x - mean / sd divides the mean alone. Brackets: (x - mean) / sd. And where sd is 0, divide by 1.",
            lambda x, train: x - train.mean(dim=0) / _sd(train),
        ),
        Mistake(
            "mean of x",
            "The deviation is that of train, but the mean is that of x itself. Take both from train.",
            lambda x, train: _with(x, x.mean(dim=0), _sd(train)),
        ),
        Mistake(
            "deviation of x",
            "The mean is that of train, but the deviation is that of x itself. Take both from train.",
            lambda x, train: _with(x, train.mean(dim=0), _sd(x)),
        ),
        Mistake(
            "its own measure, and a constant column",
            "x is measured with its own mean and deviation. Take those of train; and where a deviation is 0, "
            "divide by 1.",
            lambda x, train: (x - x.mean(dim=0)) / _sd(x),
        ),
        Mistake(
            "train instead of x",
            "These are the training examples on one scale. Their mean and deviation are needed, but it is x "
            "that is to be scaled.",
            lambda x, train: _scaled(train, train),
        ),
        Mistake(
            "N - 1, and a constant column",
            "torch's std divides by N - 1 unless you say correction=0. And where the deviation is 0, divide "
            "by 1.",
            lambda x, train: (x - train.mean(dim=0)) / train.std(dim=0),
        ),
        Mistake(
            "a constant column set to 0",
            "Right, but for a column that is the same in all of train: it became 0, whatever x holds. It is "
            "still shifted, so that a new value shows how far it is from the old one.",
            lambda x, train: _with(x, train.mean(dim=0), _sd(train), 0.0),
        ),
        Mistake(
            "a constant column set to 1",
            "Right, but for a column that is the same in all of train: it became 1. Put 1 in place of the "
            "deviation, not of the result.",
            lambda x, train: _with(x, train.mean(dim=0), _sd(train), 1.0),
        ),
        Mistake(
            "a constant column not shifted",
            "Right, but for a column that is the same in all of train: it came back as it was. Subtract its "
            "mean there too.",
            lambda x, train: _with(x, train.mean(dim=0), _sd(train), x),
        ),
        Mistake(
            "nan replaced by 0",
            "Right, but for a column that is the same in all of train. nan_to_num repairs 0 / 0, but makes an "
            "enormous number of what is divided by 0. Put 1 in place of a deviation of 0, before you divide.",
            lambda x, train: ((x - train.mean(dim=0)) / _sd(train)).nan_to_num(),
        ),
        Mistake(
            "1 added to the deviation",
            "1 is added to every deviation. Only where a deviation is 0 should 1 stand in its place.",
            lambda x, train: (x - train.mean(dim=0)) / (_sd(train) + 1),
        ),
        Mistake(
            "small deviations raised to 1",
            "Every deviation below 1 became 1, so a column of small numbers stays small. Only a deviation of "
            "0 is replaced.",
            lambda x, train: (x - train.mean(dim=0)) / _sd(train).clamp(min=1),
        ),
        Mistake(
            "divided by the range",
            "The columns are divided by their range, largest minus smallest. Divide by the standard deviation.",
            lambda x, train: _with(x, train.mean(dim=0), train.amax(dim=0) - train.amin(dim=0)),
        ),
        Mistake(
            "mean added",
            "The mean is added: subtract it.",
            lambda x, train: _scaled(x + 2 * train.mean(dim=0), train),
        ),
        Mistake(
            "multiplied",
            "The columns are multiplied by their deviation: divide by it.",
            lambda x, train: (
                (x - train.mean(dim=0)) * torch.where(_sd(train) == 0, 1.0, _sd(train))
            ),
        ),
        Mistake(
            "one deviation for the whole table",
            "Each column has its own mean, but there is one deviation for the whole table: dim=0 is missing.",
            lambda x, train: (x - train.mean(dim=0)) / train.std(correction=0),
        ),
        Mistake(
            "one mean for the whole table, each its own deviation",
            "Each column has its own deviation, but there is one mean for the whole table: dim=0 is missing.",
            lambda x, train: _with(x, train.mean(), _sd(train)),
        ),
        Mistake(
            "median",
            "The median is subtracted: take the mean.",
            lambda x, train: _with(x, train.median(dim=0).values, _sd(train)),
        ),
        Mistake(
            "sum of the squares",
            "The root is taken of the sum of the squared differences. Take it of their mean.",
            lambda x, train: _scaled(x, train, _sd(train) * len(train) ** 0.5),
        ),
        Mistake(
            "mean absolute deviation",
            "You divide by the mean size of the differences. The standard deviation is the root of the mean "
            "of their squares.",
            lambda x, train: _scaled(x, train, (train - train.mean(dim=0)).abs().mean(dim=0)),
        ),
        Mistake(
            "x and train together",
            "Mean and deviation are those of x and train together. Take them of train alone: a new example "
            "must not change the ruler it is measured with.",
            lambda x, train: _scaled(x, torch.cat([x, train])),
        ),
        Mistake(
            "mean of x, and a constant column",
            "The deviation is that of train, but the mean is that of x itself. Take both from train; and where "
            "the deviation is 0, divide by 1.",
            lambda x, train: (x - x.mean(dim=0)) / _sd(train),
        ),
        Mistake(
            "deviation of x, and a constant column",
            "The mean is that of train, but the deviation is that of x itself. Take both from train; and where "
            "the deviation is 0, divide by 1.",
            lambda x, train: (x - train.mean(dim=0)) / _sd(x),
        ),
    ),
    hints=(
        "Two numbers for each column: its mean and its standard deviation. Whose, those of x or of "
        "train?",
        "train.mean(dim=0) and train.std(dim=0, correction=0) have the shape (n,). Where a "
        "deviation is 0, put 1 in its place.",
        "sd = torch.where(sd > 0, sd, torch.ones_like(sd)), and then (x - mean) / sd.",
    ),
    alternatives=(
        lambda x, train: _scaled(x, train),
        lambda x, train: torch.stack(
            [
                (x[:, k] - c.mean()) / (c.std(correction=0) if c.max() > c.min() else 1)
                for k, c in enumerate(train.T)
            ],
            dim=1,
        ),
        lambda x, train: (
            (x - train.sum(dim=0, keepdim=True) / len(train))
            / ((train - train.mean(dim=0)) ** 2)
            .mean(dim=0, keepdim=True)
            .sqrt()
            .where(_sd(train) != 0, 1)
        ),
    ),
)

EXERCISES = (WEIGHTED_SUM, SIGMOID, BOUNDARY, STANDARDIZE)
