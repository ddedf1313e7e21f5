"""Exercises of lesson 3, `layers`: a layer for a batch, a whole network, and how large it is."""

from __future__ import annotations

import torch
from torch import Tensor

from workshop.day1 import layers
from workshop.exercises.exercise import Case, Exercise, Mistake


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
    ),
    hints=(
        "For one example and one unit it is lesson 2's weighted sum. Which product does all at once?",
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

    def case(sizes: list[int], note: str) -> Case:
        made = [_layer(g, o, i) for i, o in zip(sizes[:-1], sizes[1:], strict=True)]
        x = torch.randn(5, sizes[0], generator=g)
        return Case((x, [w for w, _ in made], [b for _, b in made]), note)

    return [
        case([3, 4, 2], "one hidden layer"),
        case([3, 4, 5, 1], "two hidden layers"),
        case([4, 4, 4, 4], "all layers of one size"),
        case([3, 2], "no hidden layer at all"),
    ]


def _forward(x, weights, biases, hidden=torch.sigmoid, last=lambda z: z):
    for w, b in zip(weights[:-1], biases[:-1], strict=True):
        x = hidden(x @ w.T + b)
    return last(x @ weights[-1].T + biases[-1])


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

EXERCISES = (LAYER, FORWARD, COUNT)
