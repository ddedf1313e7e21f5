"""Exercises of lesson 1, `representation`: predict, learn from one mistake, see it in polar form."""

from __future__ import annotations

import torch
from torch import Tensor

from workshop.day1 import representation
from workshop.exercises.exercise import Case, Exercise, Mistake


def _predict_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)
    corners = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    return [
        Case((corners, torch.tensor([1.0, 1.0]), torch.tensor(-1.5)), "the logical AND"),
        Case((corners, torch.tensor([1.0, 1.0]), torch.tensor(-0.5)), "the logical OR"),
        Case((corners, torch.zeros(2), torch.tensor(0.0)), "exactly on the boundary: that is a 0"),
        Case(
            (
                torch.randn(7, 3, generator=g),
                torch.randn(3, generator=g),
                torch.randn((), generator=g),
            ),
            "random numbers",
        ),
    ]


PREDICT = Exercise(
    name="perceptron_predict",
    lesson="representation",
    title="What a perceptron answers",
    reference=representation.perceptron_predict,
    cases=_predict_cases,
    mistakes=(
        Mistake(
            "the sum instead of the answer",
            "This is the weighted sum itself. The perceptron answers 1 where it is above 0, and 0 "
            "elsewhere: compare it with 0, and make whole numbers of the result with .long().",
            lambda x, w, b: x @ w + b,
        ),
        Mistake(
            "zero counts as yes",
            "On the boundary, where the sum is exactly 0, the perceptron answers 0: use >, not >=.",
            lambda x, w, b: (x @ w + b >= 0).long(),
        ),
        Mistake(
            "no bias",
            "The bias is missing, so every boundary goes through the origin. Add b to the sum.",
            lambda x, w, b: (x @ w > 0).long(),
        ),
        Mistake(
            "plus and minus one",
            "These are -1 and 1. In this lesson the two classes are called 0 and 1.",
            lambda x, w, b: torch.where(x @ w + b > 0, 1, -1),
        ),
        Mistake(
            "the wrong way round",
            "The answers are exchanged: 1 belongs to sums above 0.",
            lambda x, w, b: (x @ w + b <= 0).long(),
        ),
        Mistake(
            "true and false",
            "Nearly: these are True and False. Turn them into 1 and 0 with .long().",
            lambda x, w, b: x @ w + b > 0,
        ),
    ),
    hints=(
        "Two steps: add up what speaks for a yes, then compare.",
        "x @ w gives the sum of the products for every row of x at once. What is still missing?",
        "(x @ w + b > 0) is True or False for each row; .long() makes 1 and 0 of that.",
    ),
    alternatives=(
        lambda x, w, b: torch.where((x * w).sum(dim=1) + b > 0, 1, 0),
        lambda x, w, b: torch.tensor([int(row @ w + b > 0) for row in x]),
    ),
)


def _update_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)

    def case(w: list[float], b: float, x: list[float], y: int, lr: float, note: str) -> Case:
        args = (torch.tensor(w), torch.tensor(b), torch.tensor(x), torch.tensor(y), lr)
        return Case(args, note)

    w, x = torch.randn(4, generator=g), torch.randn(4, generator=g)
    return [
        case([0.0, 0.0], 0.0, [1.0, 2.0], 1, 0.1, "should say 1 and says 0"),
        case([1.0, 1.0], 0.5, [1.0, 2.0], 0, 0.1, "should say 0 and says 1"),
        case([1.0, 1.0], 0.5, [1.0, 2.0], 1, 0.1, "right already, a 1"),
        case([-1.0, 1.0], -0.5, [1.0, 0.5], 0, 0.1, "right already, a 0"),
        Case((w, torch.tensor(-10.0), x, torch.tensor(1), 0.5), "a larger learning rate"),
    ]


def _answer(w: Tensor, b: Tensor, x: Tensor) -> Tensor:
    return (x @ w + b > 0).long()


UPDATE = Exercise(
    name="perceptron_update",
    lesson="representation",
    title="Learning from one mistake",
    reference=representation.perceptron_update,
    cases=_update_cases,
    mistakes=(
        Mistake(
            "learns from right answers too",
            "It changes the weights after a right answer too. The error y - answer is 0 then, and "
            "it belongs in both updates.",
            lambda w, b, x, y, lr: (w + lr * (2 * y - 1) * x, b + lr * (2 * y - 1)),
        ),
        Mistake(
            "the wrong direction",
            "It walks away from the right answer: the error is y minus the answer, not the other "
            "way round.",
            lambda w, b, x, y, lr: (
                w - lr * (y - _answer(w, b, x)) * x,
                b - lr * (y - _answer(w, b, x)),
            ),
        ),
        Mistake(
            "no learning rate",
            "The steps are too large: the learning rate lr is missing.",
            lambda w, b, x, y, lr: (w + (y - _answer(w, b, x)) * x, b + (y - _answer(w, b, x))),
        ),
        Mistake(
            "the bias stays",
            "The weights are right, but the bias never learns. It is a weight too, whose input is "
            "always 1.",
            lambda w, b, x, y, lr: (w + lr * (y - _answer(w, b, x)) * x, b),
        ),
        Mistake(
            "the input is forgotten",
            "Each weight must change in proportion to its own input: multiply by x.",
            lambda w, b, x, y, lr: (
                w + lr * (y - _answer(w, b, x)),
                b + lr * (y - _answer(w, b, x)),
            ),
        ),
        Mistake(
            "the sum instead of the answer",
            "The error is taken from the weighted sum. Take it from the answer, which is 0 or 1.",
            lambda w, b, x, y, lr: (w + lr * (y - (x @ w + b)) * x, b + lr * (y - (x @ w + b))),
        ),
    ),
    hints=(
        "First find out what the perceptron answers for this x. Then: how far is that from y?",
        "error = y - answer is 0, 1 or -1. Each weight moves by lr * error * its own input.",
        "Return two things: w + lr * error * x, and b + lr * error.",
    ),
    alternatives=(
        lambda w, b, x, y, lr: (
            (w, b)
            if _answer(w, b, x) == y
            else (w + lr * x, b + lr)
            if y == 1
            else (w - lr * x, b - lr)
        ),
        lambda w, b, x, y, lr: (
            torch.stack(
                [wi + lr * (y - _answer(w, b, x)) * xi for wi, xi in zip(w, x, strict=True)]
            ),
            b + lr * (y - _answer(w, b, x)),
        ),
    ),
)


def _polar_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)
    return [
        Case((torch.tensor([[1.0, 0.0], [0.0, 2.0]]),), "on the axes"),
        Case((torch.tensor([[3.0, 4.0]]),), "3, 4 and 5: a right-angled triangle"),
        Case((torch.tensor([[-1.0, 1.0], [-1.0, -1.0]]),), "left of the origin"),
        Case((torch.randn(6, 2, generator=g),), "random points"),
    ]


def _polar(x: Tensor, radius: Tensor | None = None, angle: Tensor | None = None) -> Tensor:
    radius = x.norm(dim=1) if radius is None else radius
    angle = torch.atan2(x[:, 1], x[:, 0]) if angle is None else angle
    return torch.stack([radius, angle], dim=1)


POLAR = Exercise(
    name="to_polar",
    lesson="representation",
    title="From x and y to distance and angle",
    reference=representation.to_polar,
    cases=_polar_cases,
    mistakes=(
        Mistake(
            "no square root",
            "The first column is the square of the distance: take the square root of it.",
            lambda x: _polar(x, radius=x.square().sum(dim=1)),
        ),
        Mistake(
            "arguments of atan2",
            "The angle is measured from the wrong axis: torch.atan2 takes y first and x second.",
            lambda x: _polar(x, angle=torch.atan2(x[:, 0], x[:, 1])),
        ),
        Mistake(
            "atan instead of atan2",
            "Left of the origin the angle is wrong: y / x is the same for opposite points. "
            "torch.atan2(y, x) looks at both signs.",
            lambda x: _polar(x, angle=torch.atan(x[:, 1] / x[:, 0])),
        ),
        Mistake(
            "columns exchanged",
            "The columns have changed places: first the distance, then the angle.",
            lambda x: _polar(x).flip(dims=(1,)),
        ),
        Mistake(
            "degrees",
            "The angle is in degrees. Leave it in radians, as torch.atan2 gives it.",
            lambda x: _polar(x, angle=torch.rad2deg(torch.atan2(x[:, 1], x[:, 0]))),
        ),
        Mistake(
            "rows instead of columns",
            "Distances and angles are two rows of shape (2, N). Each point should be a row: stack "
            "them with dim=1.",
            lambda x: _polar(x).T,
        ),
    ),
    hints=(
        "x[:, 0] is the first coordinate of all points, x[:, 1] the second. Pythagoras knows the "
        "distance.",
        "The angle is torch.atan2(second coordinate, first coordinate).",
        "torch.stack([radius, angle], dim=1) puts two columns of shape (N,) side by side.",
    ),
    alternatives=(
        lambda x: torch.stack([torch.hypot(x[:, 0], x[:, 1]), torch.atan2(x[:, 1], x[:, 0])], 1),
        lambda x: torch.cat([x.norm(dim=1)[:, None], torch.atan2(x[:, 1:], x[:, :1])], dim=1),
    ),
)

EXERCISES = (PREDICT, UPDATE, POLAR)
