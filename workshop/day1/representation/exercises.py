"""Exercises of `representation`: predict, learn from a mistake, polar form, symmetry."""

from __future__ import annotations

import torch
from torch import Tensor

from workshop.core.exercise import Case, Exercise, Mistake
from workshop.day1 import representation


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
            "the sign",
            "torch.sign gives -1, 0 or 1. The perceptron answers 1 where the sum is above 0, and 0 "
            "everywhere else: compare with > 0.",
            lambda x, w, b: torch.sign(x @ w + b),
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
        Mistake(
            "points taken for coordinates",
            "x[0] is the first point, not the first coordinate of all points: that is x[:, 0], and "
            "x[:, 1] is the second.",
            lambda x: torch.stack([torch.hypot(x[0], x[1]), torch.atan2(x[1], x[0])], dim=1),
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


def _symmetry_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)
    even = torch.rand(1, 4, 4, generator=g)
    left_only = torch.zeros(1, 4, 4)
    left_only[:, :, :2] = 1.0
    return [
        Case(((even + even.flip(dims=(2,))) / 2,), "an image equal to its mirror image: 1"),
        Case((left_only,), "left half black, right half white: 0"),
        Case((torch.rand(3, 8, 8, generator=g),), "three random images"),
        Case((torch.rand(2, 4, 6, generator=g),), "wider than high"),
        Case((torch.rand(2, 3, 5, generator=g),), "a middle column, which is its own mirror image"),
        Case((torch.rand(1, 6, 1, generator=g),), "a single column"),
    ]


def _likeness(images: Tensor, mirrored: Tensor) -> Tensor:
    return 1 - (images - mirrored).abs().mean(dim=(1, 2))


SYMMETRY = Exercise(
    name="left_right_symmetry",
    lesson="representation",
    title="A feature made by hand: symmetry",
    reference=representation.left_right_symmetry,
    cases=_symmetry_cases,
    mistakes=(
        Mistake(
            "the difference itself",
            "This measures how different the two are: 0 for a symmetrical image. Take it from 1, so "
            "that symmetrical images get 1.",
            lambda images: 1 - _likeness(images, images.flip(dims=(2,))),
        ),
        Mistake(
            "upside down",
            "This is the symmetry top to bottom: dimension 1 of (N, H, W) runs from top to bottom. "
            "Turn dimension 2 round instead, which runs from left to right.",
            lambda images: _likeness(images, images.flip(dims=(1,))),
        ),
        Mistake(
            "half a turn",
            "Turned round in both directions, the image is rotated by half a turn. A mirror changes "
            "left and right only: dims=(2,).",
            lambda images: _likeness(images, images.flip(dims=(1, 2))),
        ),
        Mistake(
            "the order of the images",
            "Dimension 0 counts the images, so each was compared with another image of the batch. "
            "Turn dimension 2 round, from left to right.",
            lambda images: _likeness(images, images.flip(dims=(0,))),
        ),
        Mistake(
            "without sign",
            "Every image gets 1: differences above and below 0 cancel in the mean. Take their size "
            "with .abs() before you average.",
            lambda images: 1 - (images - images.flip(dims=(2,))).mean(dim=(1, 2)),
        ),
        Mistake(
            "squares",
            "The differences are squared. Here it is their size that counts: .abs().",
            lambda images: 1 - (images - images.flip(dims=(2,))).square().mean(dim=(1, 2)),
        ),
        Mistake(
            "one number for all",
            "The mean went over all images at once. Each image has a symmetry of its own: average "
            "over dim=(1, 2), its rows and columns.",
            lambda images: 1 - (images - images.flip(dims=(2,))).abs().mean(),
        ),
        Mistake(
            "one number per row",
            "There is a number for each row of each image. Average over the rows too: dim=(1, 2).",
            lambda images: 1 - (images - images.flip(dims=(2,))).abs().mean(dim=2),
        ),
        Mistake(
            "summed",
            "The differences are added up, so a large image would be less symmetrical than a small "
            "one. Take their mean.",
            lambda images: 1 - (images - images.flip(dims=(2,))).abs().sum(dim=(1, 2)),
        ),
    ),
    hints=(
        "Make the mirror image first: images.flip(dims=...) turns a dimension round. Which of "
        "(N, H, W) runs from left to right?",
        "How different are two pixels? (images - mirrored).abs() says so for all of them. Average "
        "it over each image.",
        "difference.mean(dim=(1, 2)) is one number for each image; the answer is 1 minus that.",
    ),
    alternatives=(
        lambda images: torch.stack([1 - (i - torch.fliplr(i)).abs().mean() for i in images]),
        lambda images: (
            1 - (images - images.flip(-1)).abs().flatten(1).sum(dim=1) / images[0].numel()
        ),
    ),
)

EXERCISES = (PREDICT, UPDATE, POLAR, SYMMETRY)
