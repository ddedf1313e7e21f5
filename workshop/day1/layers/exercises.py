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
    gradients=(0, 1, 2),
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
    ]


def _forward(x, weights, biases, hidden=torch.sigmoid, last=lambda z: z):
    for w, b in zip(weights[:-1], biases[:-1], strict=True):
        x = hidden(x @ w.T + b)
    return last(x @ weights[-1].T + biases[-1])


def _before(x, weights, biases):
    for w, b in zip(weights, biases, strict=True):
        x = torch.sigmoid(x) @ w.T + b
    return x


FORWARD = Exercise(
    name="forward",
    lesson="layers",
    title="A whole network",
    reference=layers.forward,
    cases=_forward_cases,
    gradients=(0,),
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
    gradients=(0, 1, 2, 3, 4),
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
    ),
)

EXERCISES = (LAYER, COUNT, FORWARD, RESIDUAL)
