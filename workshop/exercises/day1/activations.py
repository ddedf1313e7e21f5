"""Exercises of lesson 4, `activations`: ReLU, softmax, and why linear layers collapse."""

from __future__ import annotations

import torch
from torch import Tensor

from workshop.day1 import activations
from workshop.exercises.exercise import Case, Exercise, Mistake


def _relu_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)
    return [
        Case((torch.tensor([-2.0, -0.5, 0.5, 3.0]),), "numbers on both sides of 0"),
        Case((torch.tensor([-3.0, -1.0]),), "only numbers below 0"),
        Case((torch.tensor([-1000.0, 1000.0]),), "large numbers"),
        Case((torch.randn(3, 4, generator=g),), "a table"),
    ]


RELU = Exercise(
    name="relu",
    lesson="activations",
    title="The rectified linear unit",
    reference=activations.relu,
    cases=_relu_cases,
    gradients=(0,),
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
            "Numbers below 0 leak through a little. That is a good activation too (LeakyReLU, "
            "lesson 7), but ReLU makes them exactly 0.",
            lambda z: torch.where(z > 0, z, 0.01 * z),
        ),
        Mistake(
            "not bent at all",
            "Nothing is bent: numbers below 0 must become 0.",
            lambda z: z * 1.0,
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
    ]


def _shares(e: Tensor, dim: int) -> Tensor:
    return e / e.sum(dim=dim, keepdim=True)


SOFTMAX = Exercise(
    name="softmax",
    lesson="activations",
    title="From scores to probabilities",
    reference=activations.softmax,
    cases=_softmax_cases,
    gradients=(0,),
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
    ),
    hints=(
        "Make every score positive with exp, then divide each by the sum of its row.",
        "sum(dim=-1, keepdim=True) adds up each row and keeps the shape fit for dividing.",
        "For scores of 1000, first subtract z.max(dim=-1, keepdim=True).values from z.",
    ),
    alternatives=(
        lambda z: _shares((z - z.amax(dim=-1, keepdim=True)).exp(), -1),
        lambda z: (z - z.logsumexp(dim=-1, keepdim=True)).exp(),
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
        Case(([layer(1, 4), layer(2, 1)],), "through a single unit"),
    ]


def _collapse(layers: list[tuple[Tensor, Tensor]], bias: str) -> tuple[Tensor, Tensor]:
    w, b = layers[0]
    for w2, b2 in layers[1:]:
        carried = {"kept": w2 @ b + b2, "last": b2, "carried": w2 @ b}[bias]
        w, b = w2 @ w, carried
    return w, b


def _wrong_order(layers: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    w, b = layers[0]
    for w2, b2 in layers[1:]:
        w, b = w @ w2, w2 @ b + b2
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

EXERCISES = (COLLAPSE, RELU, SOFTMAX)
