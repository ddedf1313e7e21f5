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
    gradients=(0, 1, 2),
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
            "This is 1 / exp(-z), which grows without end. The 1 + below the fraction line keeps "
            "it under 1.",
            lambda z: 1 / torch.exp(-z),
        ),
        Mistake(
            "brackets",
            "Brackets are missing: 1 / 1 + exp(-z) is (1 / 1) + exp(-z). Put 1 + exp(-z) in "
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
    ),
    hints=(
        "The neuron is undecided where its activation is 0.5. Which z gives 0.5?",
        "z = 0 means w1 x1 + w2 x2 + b = 0. Solve it for x2 on paper first.",
        "x2 = -(w1 x1 + b) / w2, and w1 is w[0], w2 is w[1].",
    ),
    alternatives=(
        lambda x1, w, b: -w[0] / w[1] * x1 - b / w[1],
        lambda x1, w, b: torch.stack([(-b - w[0] * v) / w[1] for v in x1]),
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
    ]


def _scaled(x: Tensor, by: Tensor, sd: Tensor | None = None) -> Tensor:
    sd = by.std(dim=0, correction=0) if sd is None else sd
    return (x - by.mean(dim=0)) / torch.where(sd == 0, 1.0, sd)


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
        Mistake(
            "a tiny number added",
            "A tiny number in the denominator avoids nan, but in a column that is constant in train "
            "a new value becomes enormous. Divide by 1 there.",
            lambda x, train: (x - train.mean(dim=0)) / (train.std(dim=0, correction=0) + 1e-8),
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
    ),
)

EXERCISES = (WEIGHTED_SUM, SIGMOID, BOUNDARY, STANDARDIZE)
