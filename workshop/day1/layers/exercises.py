"""Exercises of `layers`: a layer, a network's size, a whole network, a residual block."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from workshop.core.exercise import Case, Exercise, Mistake
from workshop.day1 import layers


def _layer(g: torch.Generator, outputs: int, inputs: int) -> tuple[Tensor, Tensor]:
    return torch.randn(outputs, inputs, generator=g), torch.randn(outputs, generator=g)


def _layer_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)

    def case(examples: int, outputs: int, inputs: int, note: str) -> Case:
        return Case((torch.randn(examples, inputs, generator=g), *_layer(g, outputs, inputs)), note)

    return [
        case(4, 2, 3, "four examples, three inputs, two units"),
        case(3, 3, 3, "as many examples as inputs and units"),
        case(1, 5, 2, "a batch of one"),
        case(6, 1, 4, "a single unit"),
        case(2, 3, 1, "a single input"),
    ]


LAYER = Exercise(
    name="layer",
    lesson="layers",
    title="All units, all examples, one product",
    reference=layers.layer,
    cases=_layer_cases,
    without=("torch.nn.functional.linear",),
    mistakes=(
        Mistake(
            "not transposed",
            "W has a row for each unit, (n_out, n_in), but x @ W needs a column for each: transpose "
            "it with W.T.",
            lambda x, W, b: x @ W + b,
        ),
        Mistake(
            "no bias",
            "The biases are missing: add b, one number per unit.",
            lambda x, W, b: x @ W.T,
        ),
        Mistake(
            "units as rows",
            "The result has a row for each unit. Give each example its row: (B, n_out).",
            lambda x, W, b: W @ x.T + b[:, None],
        ),
        Mistake(
            "the activation too",
            "The sigmoid is applied already. This function stops at z = W x + b.",
            lambda x, W, b: torch.sigmoid(x @ W.T + b),
        ),
        Mistake(
            "bias subtracted",
            "The bias is subtracted: it is added.",
            lambda x, W, b: x @ W.T - b,
        ),
        Mistake(
            "not summed",
            "These are the products, one for each weight and example. Sum them over the inputs: a "
            "matrix product does both at once.",
            lambda x, W, b: x[:, None] * W + b[:, None],
        ),
        Mistake(
            "one number per example",
            "The units are added up. Each keeps its own number: (B, n_out).",
            lambda x, W, b: (x @ W.T + b).sum(dim=1),
        ),
        Mistake(
            "reshaped instead of transposed",
            "reshape (or view) fills another shape row by row, which mixes up the weights of the units. W.T "
            "exchanges rows and columns.",
            lambda x, W, b: x @ W.reshape(x.shape[1], -1) + b,
        ),
        Mistake(
            "bias along the wrong dimension",
            "b[:, None] gives each example a bias of its own. Each unit, a column of the result, has one: "
            "add b as it is.",
            lambda x, W, b: x @ W.T + b[:, None],
        ),
        Mistake(
            "bias in every product",
            "The bias is added to every product, so it counts once for each input. Add it once, after the "
            "products are summed.",
            lambda x, W, b: (x[:, None] * W + b[:, None]).sum(dim=2),
        ),
        Mistake(
            "mean instead of sum",
            "The products are averaged over the inputs. Add them up.",
            lambda x, W, b: x @ W.T / x.shape[1] + b,
        ),
        Mistake(
            "ReLU too",
            "Numbers below 0 became 0: an activation is applied already. This function stops at z = W x + b.",
            lambda x, W, b: torch.relu(x @ W.T + b),
        ),
        Mistake(
            "multiplied by the bias",
            "The result is multiplied by b. Add it.",
            lambda x, W, b: (x @ W.T) * b,
        ),
        Mistake(
            "only the first unit",
            "Only the first unit answers. Is the return inside the loop over the units?",
            lambda x, W, b: x @ W[0] + b[0],
        ),
        Mistake(
            "only the last unit",
            "Only the last unit answers: each round of the loop overwrites the one before. Collect them, or "
            "take all units at once.",
            lambda x, W, b: x @ W[-1] + b[-1],
        ),
        Mistake(
            "only the first example",
            "Only the first example goes through the layer. Is the return inside the loop, or x[0] in place "
            "of x?",
            lambda x, W, b: W @ x[0] + b,
        ),
        Mistake(
            "only the last example",
            "Only the last example goes through the layer: each round of the loop overwrites the one before. "
            "Collect them, or take all rows at once.",
            lambda x, W, b: W @ x[-1] + b,
        ),
    ),
    hints=(
        "For one example and one unit it is the weighted sum of the lesson `neuron`. Which product "
        "does all at once?",
        "x is (B, n_in) and W is (n_out, n_in). The inner sizes of a product must be equal: which "
        "of the two has to be transposed?",
        "x @ W.T is (B, n_out), and b (n_out,) is added to every row by itself.",
    ),
    alternatives=(
        lambda x, W, b: torch.einsum("bi,oi->bo", x, W) + b,
        lambda x, W, b: torch.stack([W @ row + b for row in x]),
        lambda x, W, b: (W @ x.T).T + b,
        lambda x, W, b: torch.stack([(x * row).sum(dim=1) for row in W], dim=-1).add(b),
    ),
)


def _forward_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)

    def case(sizes: list[int], note: str, examples: int = 5) -> Case:
        made = [_layer(g, o, i) for i, o in zip(sizes[:-1], sizes[1:], strict=True)]
        x = torch.randn(examples, sizes[0], generator=g)
        return Case((x, [w for w, _ in made], [b for _, b in made]), note)

    return [
        case([3, 4, 2], "one hidden layer"),
        case([3, 4, 5, 1], "two hidden layers"),
        case([4, 4, 4, 4], "all layers of one size"),
        case([3, 2], "no hidden layer at all"),
        case([2, 1, 3], "a batch of one, through a single unit", examples=1),
        case([5, 3, 6, 4, 2], "three hidden layers"),
    ]


def _forward(x, weights, biases, hidden=torch.sigmoid, last=lambda z: z):
    for w, b in zip(weights[:-1], biases[:-1], strict=True):
        x = hidden(x @ w.T + b)
    return last(x @ weights[-1].T + biases[-1])


def _before(x, weights, biases):
    for w, b in zip(weights, biases, strict=True):
        x = torch.sigmoid(x) @ w.T + b
    return x


def _after_first(x, weights, biases):
    for number, (w, b) in enumerate(zip(weights, biases, strict=True)):
        x = x @ w.T + b
        if number == 0 and len(weights) > 1:
            x = torch.sigmoid(x)
    return x


def _bias_outside(x, weights, biases):
    for w, b in zip(weights[:-1], biases[:-1], strict=True):
        x = torch.sigmoid(x @ w.T) + b
    return x @ weights[-1].T + biases[-1]


FORWARD = Exercise(
    name="forward",
    lesson="layers",
    title="A whole network",
    reference=layers.forward,
    cases=_forward_cases,
    mistakes=(
        Mistake(
            "sigmoid at the end",
            "The last layer has a sigmoid too. Models here return logits, so nothing comes after "
            "the last layer.",
            lambda x, weights, biases: _forward(x, weights, biases, last=torch.sigmoid),
        ),
        Mistake(
            "no sigmoid at all",
            "There is no sigmoid between the layers. Apply it after every layer but the last.",
            lambda x, weights, biases: _forward(x, weights, biases, hidden=lambda z: z),
        ),
        Mistake(
            "no biases",
            "The biases are missing: every layer adds its own.",
            lambda x, weights, biases: _forward(x, weights, [torch.zeros_like(b) for b in biases]),
        ),
        Mistake(
            "the last layer is left out",
            "The last layer is missing: this is what the hidden layers make of x.",
            lambda x, weights, biases: (
                torch.sigmoid(_forward(x, weights[:-1], biases[:-1])) if len(weights) > 1 else x
            ),
        ),
        Mistake(
            "tanh",
            "The bend between the layers is tanh. This network uses the sigmoid.",
            lambda x, weights, biases: _forward(x, weights, biases, hidden=torch.tanh),
        ),
        Mistake(
            "sigmoid before the layer",
            "The sigmoid comes before each layer, so it squashes the input itself. A layer first "
            "computes z = W x + b; the sigmoid is of z.",
            lambda x, weights, biases: _before(x, weights, biases),
        ),
        Mistake(
            "ReLU",
            "The bend between the layers is ReLU. This network uses the sigmoid.",
            lambda x, weights, biases: _forward(x, weights, biases, hidden=torch.relu),
        ),
        Mistake(
            "sigmoid only at the end",
            "The sigmoid comes at the very end only. It belongs between the layers: after every one but the "
            "last.",
            lambda x, weights, biases: torch.sigmoid(
                _forward(x, weights, biases, hidden=lambda z: z)
            ),
        ),
        Mistake(
            "sigmoid after the first layer only",
            "Only the first layer is followed by a sigmoid. It comes after every layer but the last.",
            lambda x, weights, biases: _after_first(x, weights, biases),
        ),
        Mistake(
            "softmax at the end",
            "The logits have gone through softmax. Models here return logits: nothing comes after the last "
            "layer.",
            lambda x, weights, biases: _forward(
                x, weights, biases, last=lambda z: z.softmax(dim=-1)
            ),
        ),
        Mistake(
            "sigmoid of the input, and at the end",
            "The sigmoid squashes x and the logits, too. It comes between the layers only.",
            lambda x, weights, biases: torch.sigmoid(_forward(torch.sigmoid(x), weights, biases)),
        ),
        Mistake(
            "only the first layer",
            "Only the first layer is applied. Is the return inside the loop?",
            lambda x, weights, biases: torch.sigmoid(x @ weights[0].T + biases[0]),
        ),
        Mistake(
            "only the first layer, without sigmoid",
            "Only the first layer is applied, without its sigmoid. Is the return inside the loop?",
            lambda x, weights, biases: x @ weights[0].T + biases[0],
        ),
        Mistake(
            "no bias in the last layer",
            "The last layer has a bias too: biases[-1].",
            lambda x, weights, biases: _forward(
                x, weights, [*biases[:-1], torch.zeros_like(biases[-1])]
            ),
        ),
        Mistake(
            "a bias in the last layer only",
            "Every layer has a bias, the hidden ones too.",
            lambda x, weights, biases: _forward(
                x, weights, [*(torch.zeros_like(b) for b in biases[:-1]), biases[-1]]
            ),
        ),
        Mistake(
            "bias after the sigmoid",
            "The biases of the hidden layers are added after the sigmoid. They belong inside: "
            "sigmoid(W x + b).",
            lambda x, weights, biases: _bias_outside(x, weights, biases),
        ),
        Mistake(
            "biases subtracted",
            "The biases are subtracted: they are added.",
            lambda x, weights, biases: _forward(x, weights, [-b for b in biases]),
        ),
    ),
    hints=(
        "The output of each layer is the input of the next. A loop can hold it in one variable.",
        "for W, b in zip(weights, biases): x = x @ W.T + b. Where does the sigmoid go, and where not?",
        "Loop over all layers but the last (weights[:-1]) with torch.sigmoid, then do the last one "
        "without.",
    ),
    alternatives=(
        lambda x, weights, biases: _forward(x, weights, biases),
        lambda x, weights, biases: _forward(
            x, weights, biases, hidden=lambda z: 1 / (1 + torch.exp(-z))
        ),
    ),
)


def _pairs(sizes: list[int]) -> list[tuple[int, int]]:
    return list(zip(sizes[:-1], sizes[1:], strict=True))


COUNT = Exercise(
    name="count_parameters",
    lesson="layers",
    title="How many numbers are there to learn?",
    reference=layers.count_parameters,
    cases=lambda seed: [
        Case(([64, 32, 10],), "digits, one hidden layer"),
        Case(([784, 128, 64, 10],), "two hidden layers"),
        Case(([3, 1],), "a single neuron"),
        Case(([5, 1, 5],), "through a single hidden unit"),
        Case(([7 + seed % 5, 4, 4],), "another network"),
        Case(([2, 3, 5, 7, 11],), "five layers"),
    ],
    mistakes=(
        Mistake(
            "no biases",
            "The biases are missing: every unit has one, besides its weights.",
            lambda sizes: sum(o * i for i, o in zip(sizes[:-1], sizes[1:], strict=True)),
        ),
        Mistake(
            "biases for the inputs",
            "The input layer only holds the data: it has no biases.",
            lambda sizes: (
                sum(o * i for i, o in zip(sizes[:-1], sizes[1:], strict=True)) + sum(sizes)
            ),
        ),
        Mistake(
            "units are counted",
            "These are the units. Count what is learned: a weight for every connection, and a bias "
            "for every unit that is not an input.",
            sum,
        ),
        Mistake(
            "one bias per layer",
            "There is one bias for each unit, not one for each layer.",
            lambda sizes: sum(o * i + 1 for i, o in zip(sizes[:-1], sizes[1:], strict=True)),
        ),
        Mistake(
            "the last layer is left out",
            "The output layer has weights and biases too.",
            lambda sizes: sum(o * i + o for i, o in zip(sizes[:-2], sizes[1:-1], strict=True)),
        ),
        Mistake(
            "everything multiplied",
            "All sizes are multiplied with each other. Only neighbouring layers are connected: take "
            "them in pairs, and add up.",
            math.prod,
        ),
        Mistake(
            "a bias for each input",
            "The biases are counted at the wrong end: inputs * outputs + inputs. The units that compute have "
            "them: one for each output.",
            lambda sizes: sum(i * o + i for i, o in _pairs(sizes)),
        ),
        Mistake(
            "biases at both ends",
            "Each pair of layers is given biases for its inputs and for its outputs. Only the outputs have "
            "them, so that each hidden unit has one.",
            lambda sizes: sum(i * o + i + o for i, o in _pairs(sizes)),
        ),
        Mistake(
            "only the first pair",
            "Only the first two layers are counted. Is the return inside the loop? Move it to the left.",
            lambda sizes: (sizes[0] + 1) * sizes[1],
        ),
        Mistake(
            "only the last pair",
            "Only the last two layers are counted: each round of the loop overwrites the number. Add to it, "
            "with +=.",
            lambda sizes: (sizes[-2] + 1) * sizes[-1],
        ),
        Mistake(
            "the first pair is left out",
            "The first two layers are missing: the inputs are connected to the first hidden layer too.",
            lambda sizes: sum((i + 1) * o for i, o in _pairs(sizes[1:])),
        ),
        Mistake(
            "one bias for all",
            "There is one bias for the whole network. Each unit that is not an input has its own.",
            lambda sizes: sum(i * o for i, o in _pairs(sizes)) + 1,
        ),
        Mistake(
            "a bias for each weight",
            "There are as many biases as weights. There is one for each unit, however many inputs it has.",
            lambda sizes: sum(2 * i * o for i, o in _pairs(sizes)),
        ),
        Mistake(
            "biases of the hidden units only",
            "The output units have biases too.",
            lambda sizes: sum(i * o for i, o in _pairs(sizes)) + sum(sizes[1:-1]),
        ),
        Mistake(
            "biases only",
            "These are the biases. Every connection has a weight, too: inputs * outputs for each pair.",
            lambda sizes: sum(sizes[1:]),
        ),
        Mistake(
            "added instead of multiplied",
            "The sizes of neighbouring layers are added. Every unit of the one is connected to every unit of "
            "the other: multiply.",
            lambda sizes: sum(i + o for i, o in _pairs(sizes)),
        ),
        Mistake(
            "added, and the biases",
            "The sizes of neighbouring layers are added, and the biases to them. Every unit of the one is "
            "connected to every unit of the other: multiply the two sizes.",
            lambda sizes: sum(i + 2 * o for i, o in _pairs(sizes)),
        ),
        Mistake(
            "the last layer connected to the first",
            "The first layer is paired with the last as well: an index of -1 is the last item. Start one "
            "later.",
            lambda sizes: sum((i + 1) * o for i, o in _pairs([sizes[-1], *sizes])),
        ),
        Mistake(
            "every layer with every other",
            "Every layer is connected to all later ones. Only neighbours are: zip(sizes[:-1], sizes[1:]).",
            lambda sizes: (
                sum(i * o for k, i in enumerate(sizes) for o in sizes[k + 1 :]) + sum(sizes[1:])
            ),
        ),
        Mistake(
            "1 added to both",
            "1 is added to both sizes before they are multiplied. Only the inputs have one more, the one that "
            "is always 1: (inputs + 1) * outputs.",
            lambda sizes: sum((i + 1) * (o + 1) for i, o in _pairs(sizes)),
        ),
    ),
    hints=(
        "Take two layers that follow each other. Every unit of the second sees every unit of the "
        "first.",
        "That makes inputs * outputs weights, and one bias for each output.",
        "Add up inputs * outputs + outputs over all pairs: zip(sizes[:-1], sizes[1:]).",
    ),
    alternatives=(
        lambda sizes: sum((sizes[k] + 1) * sizes[k + 1] for k in range(len(sizes) - 1)),
        lambda sizes: ((torch.tensor(sizes[:-1]) + 1) @ torch.tensor(sizes[1:])).item(),
        lambda sizes: sum(
            p.numel()
            for i, o in zip(sizes, sizes[1:], strict=False)
            for p in torch.nn.Linear(i, o).parameters()
        ),
    ),
)


def _residual_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)

    def case(examples: int, width: int, hidden: int, note: str) -> Case:
        x = torch.randn(examples, width, generator=g)
        return Case((x, *_layer(g, hidden, width), *_layer(g, width, hidden)), note)

    x = torch.randn(2, 3, generator=g)
    nothing = (torch.zeros(3, 4), torch.zeros(3))
    return [
        case(3, 4, 5, "three examples"),
        case(4, 4, 4, "all sizes equal"),
        case(1, 3, 2, "a batch of one"),
        case(2, 1, 1, "a single number"),
        Case((x, *_layer(g, 4, 3), *nothing), "a second layer of zeros: x comes out as it went in"),
    ]


def _inside(x, W1, b1, W2, b2, bend=torch.sigmoid):
    return bend(x @ W1.T + b1) @ W2.T + b2


RESIDUAL = Exercise(
    name="residual",
    lesson="layers",
    title="A block that can be skipped",
    reference=layers.residual,
    cases=_residual_cases,
    mistakes=(
        Mistake(
            "no skip",
            "These are two ordinary layers: x itself has to be added to what they make of it.",
            _inside,
        ),
        Mistake(
            "sigmoid over everything",
            "There is a sigmoid over the sum, so x cannot pass unchanged. Add x last of all.",
            lambda x, W1, b1, W2, b2: torch.sigmoid(x + _inside(x, W1, b1, W2, b2)),
        ),
        Mistake(
            "sigmoid after both layers",
            "There is a sigmoid after the second layer too. It stands between the two only.",
            lambda x, W1, b1, W2, b2: x + torch.sigmoid(_inside(x, W1, b1, W2, b2)),
        ),
        Mistake(
            "no sigmoid",
            "The sigmoid between the two layers is missing.",
            lambda x, W1, b1, W2, b2: x + _inside(x, W1, b1, W2, b2, bend=lambda z: z),
        ),
        Mistake(
            "the wrong thing is added",
            "What is added is the output of the first layer. The connection starts before it: add x, "
            "the input of the block.",
            lambda x, W1, b1, W2, b2: torch.sigmoid(x @ W1.T + b1) + _inside(x, W1, b1, W2, b2),
        ),
        Mistake(
            "side by side",
            "x and the output stand side by side, in a row twice as long. Add them, number by number.",
            lambda x, W1, b1, W2, b2: torch.cat([x, _inside(x, W1, b1, W2, b2)], dim=1),
        ),
        Mistake(
            "subtracted",
            "One is subtracted from the other. They are added.",
            lambda x, W1, b1, W2, b2: x - _inside(x, W1, b1, W2, b2),
        ),
        Mistake(
            "sigmoid after the second layer",
            "The sigmoid stands after the second layer. It belongs after the first, between the two.",
            lambda x, W1, b1, W2, b2: x + torch.sigmoid((x @ W1.T + b1) @ W2.T + b2),
        ),
        Mistake(
            "no bias in the second layer",
            "The bias of the second layer is missing: b2.",
            lambda x, W1, b1, W2, b2: x + _inside(x, W1, b1, W2, 0),
        ),
        Mistake(
            "no bias in the first layer",
            "The bias of the first layer is missing: b1, before the sigmoid.",
            lambda x, W1, b1, W2, b2: x + _inside(x, W1, 0, W2, b2),
        ),
        Mistake(
            "no biases",
            "The biases are missing: b1 before the sigmoid, and b2 after the second product.",
            lambda x, W1, b1, W2, b2: x + _inside(x, W1, 0, W2, 0),
        ),
        Mistake(
            "bias after the sigmoid",
            "b1 is added after the sigmoid. It belongs inside: sigmoid(W1 x + b1).",
            lambda x, W1, b1, W2, b2: x + (torch.sigmoid(x @ W1.T) + b1) @ W2.T + b2,
        ),
        Mistake(
            "sigmoid of the input",
            "The sigmoid squashes x before the first layer. It belongs after it: sigmoid(W1 x + b1).",
            lambda x, W1, b1, W2, b2: x + (torch.sigmoid(x) @ W1.T + b1) @ W2.T + b2,
        ),
        Mistake(
            "sigmoid of the skipped input",
            "What takes the second way round is x itself, unchanged, without a sigmoid.",
            lambda x, W1, b1, W2, b2: torch.sigmoid(x) + _inside(x, W1, b1, W2, b2),
        ),
        Mistake(
            "no skip, and a sigmoid at the end",
            "These are two ordinary layers with a sigmoid after each. None comes after the second, and x "
            "itself has to be added.",
            lambda x, W1, b1, W2, b2: torch.sigmoid(_inside(x, W1, b1, W2, b2)),
        ),
        Mistake(
            "sigmoid after the sum only",
            "The sigmoid comes last of all. It belongs between the two layers, and the sum stays as it is.",
            lambda x, W1, b1, W2, b2: torch.sigmoid(
                x + _inside(x, W1, b1, W2, b2, bend=lambda z: z)
            ),
        ),
        Mistake(
            "averaged",
            "This is the mean of the two. Add them.",
            lambda x, W1, b1, W2, b2: (x + _inside(x, W1, b1, W2, b2)) / 2,
        ),
        Mistake(
            "added twice",
            "x is added twice.",
            lambda x, W1, b1, W2, b2: 2 * x + _inside(x, W1, b1, W2, b2),
        ),
        Mistake(
            "multiplied",
            "x is multiplied by what the layers make of it. Add the two.",
            lambda x, W1, b1, W2, b2: x * _inside(x, W1, b1, W2, b2),
        ),
        Mistake(
            "ReLU",
            "The bend between the layers is ReLU. Here it is the sigmoid.",
            lambda x, W1, b1, W2, b2: x + _inside(x, W1, b1, W2, b2, bend=torch.relu),
        ),
        Mistake(
            "tanh",
            "The bend between the layers is tanh. Here it is the sigmoid.",
            lambda x, W1, b1, W2, b2: x + _inside(x, W1, b1, W2, b2, bend=torch.tanh),
        ),
    ),
    hints=(
        "Two layers as in `forward`, with a sigmoid between them. And then?",
        "f = torch.sigmoid(x @ W1.T + b1) @ W2.T + b2 is what the two layers make of x.",
        "return x + f: two tensors of one shape, (B, n).",
    ),
    alternatives=(
        lambda x, W1, b1, W2, b2: x + _inside(x, W1, b1, W2, b2),
        lambda x, W1, b1, W2, b2: torch.stack(
            [row + W2 @ (1 / (1 + torch.exp(-(W1 @ row + b1)))) + b2 for row in x]
        ),
        lambda x, W1, b1, W2, b2: (
            torch.cat([torch.sigmoid(x @ W1.mT + b1), x], dim=1)
            @ torch.cat([W2, torch.eye(x.shape[1])], dim=1).mT
            + b2
        ),
    ),
)

EXERCISES = (LAYER, COUNT, FORWARD, RESIDUAL)
