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
        Case(
            (
                torch.tensor([[2.0, -1.0, 0.5], [-1.0, 5.0, 4.0], [2.0, 0.3, -2.0]]),
                torch.tensor([0.5, -1.0, 0.25]),
                torch.tensor(0.4),
            ),
            "as many examples as inputs, weights of both signs",
        ),
        Case(
            (torch.tensor([[3.0], [5.0]]), torch.tensor([0.25]), torch.tensor(-0.5)),
            "sums of 0.25 and 0.75: both above 0",
        ),
        Case(
            (torch.tensor([[2.0, 1.0]]), torch.tensor([1.0, -1.5]), torch.tensor(-0.7)),
            "a single row",
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
            "below 0",
            "The answers are exchanged: 1 belongs to sums above 0, and you ask for those below.",
            lambda x, w, b: (x @ w + b < 0).long(),
        ),
        Mistake(
            "bias subtracted",
            "The bias is subtracted, or stands on the other side of the comparison, which is the same. "
            "It is added to the sum, and the sum is compared with 0.",
            lambda x, w, b: (x @ w - b > 0).long(),
        ),
        Mistake(
            "bias in every product",
            "The bias is added to every product, so it counts once for each input. Add it once, after "
            "the products are summed.",
            lambda x, w, b: ((x * w + b).sum(dim=1) > 0).long(),
        ),
        Mistake(
            "not summed",
            "Each product is compared with 0 by itself. Sum the products of a row first, so that each "
            "example gets one answer.",
            lambda x, w, b: (x * w + b > 0).long(),
        ),
        Mistake(
            "summed over the examples",
            "The products are summed over the examples (dim=0). Sum over the inputs of each: dim=1.",
            lambda x, w, b: ((x * w).sum(dim=0) + b > 0).long(),
        ),
        Mistake(
            "one answer for all",
            "Everything is summed into one number. Each row of x is an example with an answer of its own: "
            "sum over its inputs only (dim=1).",
            lambda x, w, b: ((x * w).sum() + b > 0).long(),
        ),
        Mistake(
            "another threshold",
            "The sum is compared with 0.5. The perceptron compares it with 0: its threshold is in the "
            "bias already.",
            lambda x, w, b: (x @ w + b > 0.5).long(),
        ),
        Mistake(
            "compared with 1",
            "The sum is compared with 1. Everything above 0 is a yes.",
            lambda x, w, b: (x @ w + b >= 1).long(),
        ),
        Mistake(
            "the sum cut off to a whole number",
            "These are the sums with their fractions cut off. Compare them with 0 first: the answer is 1 "
            "or 0, however large the sum is.",
            lambda x, w, b: (x @ w + b).long(),
        ),
        Mistake(
            "a probability",
            "These are probabilities, from a sigmoid. The perceptron has none: it answers 1 where the sum "
            "is above 0, and 0 elsewhere.",
            lambda x, w, b: torch.sigmoid(x @ w + b),
        ),
        Mistake(
            "negative sums kept at 0",
            "Sums below 0 became 0, but those above stay as they are. The answer is 1 there, however large "
            "the sum is: compare with > 0.",
            lambda x, w, b: (x @ w + b).clamp(min=0),
        ),
        Mistake(
            "bias added to the inputs",
            "The bias is added to the inputs and then weighted with them. Add it once, to the sum of the "
            "products.",
            lambda x, w, b: ((x + b) @ w > 0).long(),
        ),
        Mistake(
            "products counted",
            "Each product is compared with 0, and the yes votes are counted. Add the products up first, and "
            "compare their sum.",
            lambda x, w, b: (x * w + b > 0).sum(dim=1),
        ),
        Mistake(
            "a probability cut off",
            "A sigmoid is below 1, so .long() makes 0 of all of them. Compare the sum with 0 instead.",
            lambda x, w, b: torch.sigmoid(x @ w + b).long(),
        ),
        Mistake(
            "only the first example",
            "Only the first example is answered. Is the return inside the loop, or x[0] in place of x?",
            lambda x, w, b: (x[0] @ w + b > 0).long(),
        ),
        Mistake(
            "only the last example",
            "Only the last example is answered: each round of the loop overwrites the one before. Collect "
            "the answers, or do all rows at once.",
            lambda x, w, b: (x[-1] @ w + b > 0).long(),
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
        lambda x, w, b: torch.heaviside(torch.mv(x, w) + b, torch.zeros(len(x))).int(),
        lambda x, w, b: (torch.sigmoid(torch.einsum("bn,n->b", x, w) + b) > 0.5).long(),
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
        case([0.0, 0.0], 0.0, [1.0, 2.0], 0, 0.1, "exactly on the boundary, and a 0: right"),
        case([0.5, -1.0, 0.25], 0.4, [2.0, 1.0, 1.0], 0, 0.3, "a sum of 0.65 counts as a 1"),
        case([0.5, 1.2], 0.1, [-1.0, 0.5], 1, 0.3, "a sum of 0.2 is a 1, right already"),
        case([1.0, -2.0], 1.5, [1.0, 2.0], 1, 0.2, "the bias alone would say 1, the sum says 0"),
        case([2.0], -1.0, [-3.0], 1, 0.2, "a single, negative input"),
        case([1.0, -1.0], 1.8, [1.0, 2.0], 1, 0.2, "a 1 because of the bias, and right"),
        case([1.0, 1.0], -2.0, [1.0, 0.5], 0, 0.2, "a 0 because of the bias, and right"),
        Case((w, torch.tensor(-10.0), x, torch.tensor(1), 0.5), "a larger learning rate"),
    ]


def _answer(w: Tensor, b: Tensor, x: Tensor) -> Tensor:
    return (x @ w + b > 0).long()


def _moved(w: Tensor, b: Tensor, x: Tensor, error: Tensor, lr: float) -> tuple[Tensor, Tensor]:
    return w + lr * error * x, b + lr * error


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
        Mistake(
            "zero counts as yes",
            "On the boundary, where the sum is exactly 0, the perceptron answers 0: use >, not >=.",
            lambda w, b, x, y, lr: _moved(w, b, x, y - (x @ w + b >= 0).long(), lr),
        ),
        Mistake(
            "the answer without the bias",
            "The perceptron's answer is found without the bias: it is 1 where w . x + b is above 0.",
            lambda w, b, x, y, lr: _moved(w, b, x, y - (x @ w > 0).long(), lr),
        ),
        Mistake(
            "answers of plus and minus one",
            "The answer is taken as 1 or -1. Here the classes are called 1 and 0, so that a right answer "
            "gives an error of 0.",
            lambda w, b, x, y, lr: _moved(w, b, x, y - (2 * _answer(w, b, x) - 1), lr),
        ),
        Mistake(
            "the sign as the answer",
            "torch.sign gives -1 for a sum below 0. The perceptron answers 0 there: (... > 0).",
            lambda w, b, x, y, lr: _moved(w, b, x, y - torch.sign(x @ w + b), lr),
        ),
        Mistake(
            "a probability as the answer",
            "The error is taken from a probability, a sigmoid. The perceptron's answer is 1 or 0, and "
            "nothing between.",
            lambda w, b, x, y, lr: _moved(w, b, x, y - torch.sigmoid(x @ w + b), lr),
        ),
        Mistake(
            "the label instead of the error",
            "The label y stands where the error should be. What counts is how far the answer was from it: "
            "y minus the perceptron's answer.",
            lambda w, b, x, y, lr: _moved(w, b, x, y, lr),
        ),
        Mistake(
            "the answer instead of the error",
            "The perceptron's answer stands where the error should be, and y plays no part. The error is "
            "y minus the answer.",
            lambda w, b, x, y, lr: _moved(w, b, x, _answer(w, b, x), lr),
        ),
        Mistake(
            "the error without its sign",
            "Every mistake moves the weights in the same direction: the error has lost its sign. It is 1 "
            "when the answer was too low, and -1 when it was too high.",
            lambda w, b, x, y, lr: _moved(w, b, x, (y - _answer(w, b, x)).abs(), lr),
        ),
        Mistake(
            "only answers that are too low",
            "Nothing is learned where the answer is 1 and should be 0. Then the error is -1, and the weights "
            "move the other way.",
            lambda w, b, x, y, lr: _moved(w, b, x, (y - _answer(w, b, x)).clamp(min=0), lr),
        ),
        Mistake(
            "learns from right answers only",
            "The weights move when the answer is right and stay when it is wrong. It is the other way round.",
            lambda w, b, x, y, lr: _moved(w, b, x, (y == _answer(w, b, x)).long(), lr),
        ),
        Mistake(
            "the input in the bias",
            "The bias is multiplied by x too, so it has become as many numbers as there are inputs. Its own "
            "input is always 1: b moves by lr times the error.",
            lambda w, b, x, y, lr: (
                w + lr * (y - _answer(w, b, x)) * x,
                b + lr * (y - _answer(w, b, x)) * x,
            ),
        ),
        Mistake(
            "the sum of the inputs in the bias",
            "The bias moves by the sum of the inputs. Its own input is always 1: lr times the error is all.",
            lambda w, b, x, y, lr: (
                w + lr * (y - _answer(w, b, x)) * x,
                b + lr * (y - _answer(w, b, x)) * x.sum(),
            ),
        ),
        Mistake(
            "no learning rate in the bias",
            "The weights are right, but the bias moves by the whole error: the learning rate belongs there "
            "too.",
            lambda w, b, x, y, lr: (
                w + lr * (y - _answer(w, b, x)) * x,
                b + (y - _answer(w, b, x)),
            ),
        ),
        Mistake(
            "no learning rate in the weights",
            "The bias is right, but the weights move by the whole error times x: the learning rate belongs "
            "there too.",
            lambda w, b, x, y, lr: (
                w + (y - _answer(w, b, x)) * x,
                b + lr * (y - _answer(w, b, x)),
            ),
        ),
        Mistake(
            "the bias the wrong way",
            "The weights are right, but the bias moves in the wrong direction: it grows when the error is "
            "above 0, as the weights do.",
            lambda w, b, x, y, lr: (
                w + lr * (y - _answer(w, b, x)) * x,
                b - lr * (y - _answer(w, b, x)),
            ),
        ),
        Mistake(
            "the weights the wrong way",
            "The bias is right, but the weights move in the wrong direction: add lr * error * x.",
            lambda w, b, x, y, lr: (
                w - lr * (y - _answer(w, b, x)) * x,
                b + lr * (y - _answer(w, b, x)),
            ),
        ),
        Mistake(
            "the weights stay",
            "The bias is right, but the weights do not move: add lr * error * x to them.",
            lambda w, b, x, y, lr: (w, b + lr * (y - _answer(w, b, x))),
        ),
        Mistake(
            "the steps instead of the new values",
            "These are the steps. Return where they lead: add them to the old w and b.",
            lambda w, b, x, y, lr: (lr * (y - _answer(w, b, x)) * x, lr * (y - _answer(w, b, x))),
        ),
        Mistake(
            "the weights in place of the inputs",
            "Each weight moves in proportion to itself. It should move in proportion to its input: x.",
            lambda w, b, x, y, lr: (
                w + lr * (y - _answer(w, b, x)) * w,
                b + lr * (y - _answer(w, b, x)),
            ),
        ),
        Mistake(
            "the answer asked for again",
            "The bias is moved by another error than the weights: you ask for the answer a second time, with "
            "the new weights. Compute the error once, before anything changes.",
            lambda w, b, x, y, lr: (
                w + lr * (y - _answer(w, b, x)) * x,
                b + lr * (y - _answer(w + lr * (y - _answer(w, b, x)) * x, b, x)),
            ),
        ),
        Mistake(
            "bias subtracted",
            "The bias is subtracted where you look for the answer: it is 1 where w . x + b is above 0.",
            lambda w, b, x, y, lr: _moved(w, b, x, y - (x @ w - b > 0).long(), lr),
        ),
        Mistake(
            "another threshold",
            "For the answer the sum is compared with 0.5. Compare it with 0: the threshold is in the bias.",
            lambda w, b, x, y, lr: _moved(w, b, x, y - (x @ w + b > 0.5).long(), lr),
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
        lambda w, b, x, y, lr: (
            w + lr * (float(y) - float((w * x).sum() + b > 0)) * x,
            b + lr * (float(y) - float((w * x).sum() + b > 0)),
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
        Case(
            (torch.tensor([[0.0, 0.0], [-2.0, 0.0], [0.0, -3.0]]),), "the origin, and on the axes"
        ),
        Case((torch.tensor([[5.0, -12.0]]),), "a single point, below"),
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
        Mistake(
            "the coordinates added",
            "The first column is |x1| + |x2|, the way along the streets. The distance as the crow flies is "
            "the root of the sum of the squares.",
            lambda x: _polar(x, radius=x.abs().sum(dim=1)),
        ),
        Mistake(
            "added before squaring",
            "The coordinates are added first and squared afterwards. Square each, then add.",
            lambda x: _polar(x, radius=x.sum(dim=1).abs()),
        ),
        Mistake(
            "the squares subtracted",
            "One square is subtracted from the other: Pythagoras adds them.",
            lambda x: _polar(x, radius=(x[:, 0].square() - x[:, 1].square()).sqrt()),
        ),
        Mistake(
            "one distance for all",
            "All points have one distance. Each has its own: sum over its two coordinates only (dim=1).",
            lambda x: _polar(x, radius=x.norm().expand(len(x))),
        ),
        Mistake(
            "acos",
            "Below the first axis the angle has lost its sign: acos and a square root look at x1 only. "
            "torch.atan2(y, x) looks at both.",
            lambda x: _polar(x, angle=torch.acos(x[:, 0] / x.norm(dim=1))),
        ),
        Mistake(
            "asin",
            "Left of the origin the angle is wrong: asin gives angles on the right only. torch.atan2(y, x) "
            "looks at the signs of both.",
            lambda x: _polar(x, angle=torch.asin(x[:, 1] / x.norm(dim=1))),
        ),
        Mistake(
            "atan of the inverse",
            "The angle comes from atan of x1 / x2, which is upside down, and cannot tell opposite points. "
            "torch.atan2 takes y first and x second, undivided.",
            lambda x: _polar(x, angle=torch.atan(x[:, 0] / x[:, 1])),
        ),
        Mistake(
            "from 0 to 2 pi",
            "The angles run from 0 to 2 pi. Leave them as torch.atan2 gives them, from -pi to pi.",
            lambda x: _polar(x, angle=torch.atan2(x[:, 1], x[:, 0]) % (2 * torch.pi)),
        ),
        Mistake(
            "the angle without its sign",
            "Below the first axis the angle should be below 0: keep the sign of both coordinates.",
            lambda x: _polar(x, angle=torch.atan2(x[:, 1].abs(), x[:, 0])),
        ),
        Mistake(
            "one long row",
            "Distances and angles stand one after the other in one row. torch.stack puts two columns side "
            "by side, with dim=1; torch.cat only glues them together.",
            lambda x: torch.cat([x.norm(dim=1), torch.atan2(x[:, 1], x[:, 0])]),
        ),
        Mistake(
            "only the distance",
            "These are the distances alone. Each point has two numbers: distance and angle.",
            lambda x: x.norm(dim=1),
        ),
        Mistake(
            "only the angle",
            "These are the angles alone. Each point has two numbers: distance and angle.",
            lambda x: torch.atan2(x[:, 1], x[:, 0]),
        ),
        Mistake(
            "back to x and y",
            "This takes x for a distance and an angle and computes the coordinates. It is wanted the other "
            "way round.",
            lambda x: torch.stack([x[:, 0] * x[:, 1].cos(), x[:, 0] * x[:, 1].sin()], dim=1),
        ),
        Mistake(
            "mean of the squares",
            "The squares are averaged under the root. Pythagoras adds them: .sum(dim=1).",
            lambda x: _polar(x, radius=x.square().mean(dim=1).sqrt()),
        ),
        Mistake(
            "the larger coordinate",
            "The first column is the larger of the two coordinates. The distance is the root of the sum of "
            "the squares.",
            lambda x: _polar(x, radius=x.amax(dim=1)),
        ),
        Mistake(
            "root of the plain sum",
            "The root is taken of the plain sum of the coordinates. Square each of them first.",
            lambda x: _polar(x, radius=x.sum(dim=1).sqrt()),
        ),
        Mistake(
            "turns instead of radians",
            "The angle is divided by pi. Leave it in radians, as torch.atan2 gives it.",
            lambda x: _polar(x, angle=torch.atan2(x[:, 1], x[:, 0]) / torch.pi),
        ),
        Mistake(
            "the angle the wrong way round",
            "The sign of the angle is wrong: it is above 0 where the second coordinate is.",
            lambda x: _polar(x, angle=-torch.atan2(x[:, 1], x[:, 0])),
        ),
        Mistake(
            "the distance in the angle",
            "The distance is one of the arguments of atan2. It takes the two coordinates: y first, then x.",
            lambda x: _polar(x, angle=torch.atan2(x[:, 1], x.norm(dim=1))),
        ),
        Mistake(
            "reshaped instead of stacked as columns",
            "Reshaping two rows of N mixes distances with distances. Put the two side by side as columns: "
            "torch.stack(..., dim=1), or transpose.",
            lambda x: _polar(x).T.reshape(-1, 2),
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
        lambda x: torch.view_as_real(
            torch.complex(torch.view_as_complex(x).abs(), torch.view_as_complex(x).angle())
        ),
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
        Case((torch.rand(4, 4, 4, generator=g),), "as many images as rows and columns"),
        Case((torch.rand(2, 1, 6, generator=g),), "a single row"),
    ]


def _likeness(images: Tensor, mirrored: Tensor) -> Tensor:
    return 1 - (images - mirrored).abs().mean(dim=(1, 2))


def _halves(images: Tensor) -> Tensor:
    half = images.shape[2] // 2
    return _likeness(images[:, :, :half], images.flip(dims=(2,))[:, :, :half])


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
        Mistake(
            "one number per column",
            "There is a number for each column of each image. Average over the columns too: dim=(1, 2).",
            lambda images: 1 - (images - images.flip(dims=(2,))).abs().mean(dim=1),
        ),
        Mistake(
            "averaged over the images",
            "The mean went over the images (dim=0). Average within each image: dim=(1, 2), its rows and "
            "columns.",
            lambda images: 1 - (images - images.flip(dims=(2,))).abs().mean(dim=0),
        ),
        Mistake(
            "averaged over images and rows",
            "The mean went over the images and their rows. Dimension 0 of (N, H, W) counts the images: "
            "average over dim=(1, 2).",
            lambda images: 1 - (images - images.flip(dims=(2,))).abs().mean(dim=(0, 1)),
        ),
        Mistake(
            "rows and columns exchanged",
            "Transposing exchanges rows and columns. A mirror turns the columns round: "
            "images.flip(dims=...).",
            lambda images: _likeness(images, images.transpose(1, 2)),
        ),
        Mistake(
            "the largest difference",
            "The largest difference decides alone. Take the mean of all of them.",
            lambda images: 1 - (images - images.flip(dims=(2,))).abs().amax(dim=(1, 2)),
        ),
        Mistake(
            "root of the mean square",
            "The differences are squared, averaged, and the root is taken. Here it is their size that is "
            "averaged: .abs().",
            lambda images: 1 - (images - images.flip(dims=(2,))).square().mean(dim=(1, 2)).sqrt(),
        ),
        Mistake(
            "without the middle column",
            "Right for images of an even width. One half was compared with the other, so the middle column "
            "of an odd width is left out, and the mean is taken over too few pixels. Compare whole images.",
            lambda images: _halves(images),
        ),
        Mistake(
            "multiplied",
            "The pixels are multiplied. Subtract the mirror image, to see how far they are apart.",
            lambda images: (images * images.flip(dims=(2,))).mean(dim=(1, 2)),
        ),
        Mistake(
            "equal pixels counted",
            "This counts pixels that are exactly equal. Measure how far they are apart: the size of the "
            "difference.",
            lambda images: (images == images.flip(dims=(2,))).float().mean(dim=(1, 2)),
        ),
        Mistake(
            "divided by the columns only",
            "The differences are added up over the rows and averaged over the columns, or the other way "
            "round. Average over both at once: .mean(dim=(1, 2)).",
            lambda images: 1 - (images - images.flip(dims=(2,))).abs().mean(dim=2).sum(dim=1),
        ),
        Mistake(
            "minus the difference",
            "The difference is taken with a minus, but not from 1: symmetrical images should get 1.",
            lambda images: -(images - images.flip(dims=(2,))).abs().mean(dim=(1, 2)),
        ),
        Mistake(
            "only the first image",
            "Only the first image is measured. Is the return inside the loop?",
            lambda images: _likeness(images, images.flip(dims=(2,)))[0],
        ),
        Mistake(
            "only the last image",
            "Only the last image is measured: each round of the loop overwrites the one before. Collect the "
            "numbers, or measure all images at once.",
            lambda images: _likeness(images, images.flip(dims=(2,)))[-1],
        ),
        Mistake(
            "divided by the images",
            "The differences are added up and divided by the number of images. Divide by the number of "
            "pixels of one: .mean(dim=(1, 2)).",
            lambda images: (
                1 - (images - images.flip(dims=(2,))).abs().sum(dim=(1, 2)) / len(images)
            ),
        ),
        Mistake(
            "added",
            "The mirror image is added. Subtract it, to see how far the two are apart.",
            lambda images: _likeness(images, -images.flip(dims=(2,))),
        ),
        Mistake(
            "one over the difference",
            "This is 1 / (1 + difference). Here it is 1 minus the mean difference.",
            lambda images: 1 / (2 - _likeness(images, images.flip(dims=(2,)))),
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
        lambda images: (
            1
            - (images - images[:, :, torch.arange(images.shape[2] - 1, -1, -1)])
            .abs()
            .mean(2)
            .mean(1)
        ),
    ),
)

EXERCISES = (PREDICT, UPDATE, POLAR, SYMMETRY)
