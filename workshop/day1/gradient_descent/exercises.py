"""Exercises of `gradient_descent`: the slope by trying, downhill, backwards, and training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from workshop.core.data import load
from workshop.core.exercise import Case, Exercise, Mistake
from workshop.day1.gradient_descent import backprop, downhill
from workshop.day1.representation import rings

AUTOGRAD = (
    "torch.autograd.grad",
    "torch.autograd.backward",
    "torch.Tensor.backward",
    "torch.autograd.functional.jacobian",
    "torch.func.grad",
)

# --- 1. the slope by trying ----------------------------------------------------------------------


def _numerical_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)

    def at(count: int) -> Tensor:
        return torch.randn(count, generator=g, dtype=torch.float64)

    return [
        Case((downhill.bowl, torch.tensor([3.0, -1.0]).double(), 0.001), "a bowl, two inputs"),
        Case((downhill.ripples, at(4), 0.1), "four inputs, a large h"),
        Case((downhill.ripples, at(1), 0.2), "a single input"),
        Case((downhill.ripples, at(3), 0.01), "three inputs"),
    ]


def _differences(
    f: Callable[[Tensor], Tensor], x: Tensor, after: float, before: float, divisor: float
) -> Tensor:
    """(f at x + after - f at x - before) / divisor, one input after the other."""
    units = torch.eye(len(x), dtype=x.dtype)
    return torch.stack([(f(x + after * u) - f(x - before * u)) / divisor for u in units])


NUMERICAL = Exercise(
    name="numerical_gradient",
    lesson="gradient_descent",
    title="The slope by trying",
    reference=downhill.numerical_gradient,
    cases=_numerical_cases,
    without=AUTOGRAD,
    mistakes=(
        Mistake(
            "one side only",
            "This compares x + h with x itself. Look to both sides, x + h and x - h, and divide by "
            "2 h: the error is far smaller.",
            lambda f, x, h: _differences(f, x, h, 0, h),
        ),
        Mistake(
            "the other side only",
            "This compares x with x - h. Look to both sides, x + h and x - h, and divide by 2 h.",
            lambda f, x, h: _differences(f, x, 0, h, h),
        ),
        Mistake(
            "divided by h",
            "Every number is twice too large: from x - h to x + h it is 2 h, so divide by 2 * h.",
            lambda f, x, h: _differences(f, x, h, h, h),
        ),
        Mistake(
            "not divided",
            "These are the differences in height. For a slope, divide by the length walked, 2 * h.",
            lambda f, x, h: _differences(f, x, h, h, 1),
        ),
        Mistake(
            "divided by 2, times h",
            "In Python, / 2 * h divides by 2 and then multiplies by h. Write / (2 * h).",
            lambda f, x, h: _differences(f, x, h, h, 2 / h),
        ),
        Mistake(
            "all inputs at once",
            "All inputs move together, so every number is the same. For a partial derivative only "
            "one input moves and the others stay where they are.",
            lambda f, x, h: ((f(x + h) - f(x - h)) / (2 * h)).repeat(len(x)),
        ),
        Mistake(
            "the wrong way round",
            "The sign is wrong: take f at x + h minus f at x - h, not the other way round.",
            lambda f, x, h: _differences(f, x, -h, -h, 2 * h),
        ),
        Mistake(
            "one tensor for both sides",
            "Every number is 0: up and down are one and the same tensor, so f is asked twice at one place. "
            "`up = x` makes no copy; x.clone() does, and so does x + step.",
            lambda f, x, h: torch.zeros_like(x),
        ),
        Mistake(
            "steps not taken back",
            "The first number is right, but then the steps add up: after its turn an input has to go back to "
            "where it was. Make a new step for each input.",
            lambda f, x, h: torch.stack(
                [
                    (
                        f(x + h * (torch.arange(len(x)) <= i))
                        - f(x - h * (torch.arange(len(x)) <= i))
                    )
                    / (2 * h)
                    for i in range(len(x))
                ]
            ),
        ),
        Mistake(
            "only the first input",
            "There is a number for the first input only. Is the return inside the loop?",
            lambda f, x, h: _differences(f, x, h, h, 2 * h)[:1],
        ),
        Mistake(
            "only the first input, as one number",
            "There is one number, for the first input. Is the return inside the loop? Collect one for each.",
            lambda f, x, h: _differences(f, x, h, h, 2 * h)[0],
        ),
        Mistake(
            "only the last input, as one number",
            "There is one number, for the last input: each round of the loop overwrites it. Collect them in a "
            "list, and make one tensor of it with torch.stack.",
            lambda f, x, h: _differences(f, x, h, h, 2 * h)[-1],
        ),
        Mistake(
            "one number for all inputs",
            "All inputs move together, and one number comes out. For a partial derivative only one input moves "
            "and the others stay where they are.",
            lambda f, x, h: (f(x + h) - f(x - h)) / (2 * h),
        ),
        Mistake(
            "one side, divided by 2 h",
            "From x to x + h it is only h. Look to both sides: f(x + h) - f(x - h), and then divide by 2 * h.",
            lambda f, x, h: _differences(f, x, h, 0, 2 * h),
        ),
        Mistake(
            "steps of h / 2",
            "The steps to both sides are h / 2. They are h each, 2 h in all.",
            lambda f, x, h: _differences(f, x, h / 2, h / 2, 2 * h),
        ),
        Mistake(
            "steps of 2 h",
            "The steps to both sides are 2 h. They are h each, 2 h in all.",
            lambda f, x, h: _differences(f, x, 2 * h, 2 * h, 2 * h),
        ),
        Mistake(
            "added",
            "f(x + h) and f(x - h) are added. How much does f rise on the way? Subtract.",
            lambda f, x, h: torch.stack(
                [(f(x + h * u) + f(x - h * u)) / (2 * h) for u in torch.eye(len(x), dtype=x.dtype)]
            ),
        ),
        Mistake(
            "around 0 instead of x",
            "f is asked at the step alone, around 0. The place is x: f(x + step) and f(x - step).",
            lambda f, x, h: _differences(f, torch.zeros_like(x), h, h, 2 * h),
        ),
        Mistake(
            "without the sign",
            "All slopes are 0 or above: the sign is lost. A slope below 0 means that f falls.",
            lambda f, x, h: _differences(f, x, h, h, 2 * h).abs(),
        ),
        Mistake(
            "summed",
            "The slopes are added up. Each input has its own: return all of them, (n,).",
            lambda f, x, h: _differences(f, x, h, h, 2 * h).sum(),
        ),
        Mistake(
            "brackets",
            "Only f(x - h) is divided: put the difference in brackets, (f(x + h) - f(x - h)) / (2 * h).",
            lambda f, x, h: torch.stack(
                [f(x + h * u) - f(x - h * u) / (2 * h) for u in torch.eye(len(x), dtype=x.dtype)]
            ),
        ),
        Mistake(
            "steps of 1",
            "The steps to both sides are 1, however large h is. They are h: step[i] = h.",
            lambda f, x, h: _differences(f, x, 1, 1, 2 * h),
        ),
    ),
    hints=(
        "Go a little to one side, go a little to the other: how much does f rise on the way?",
        "For input i make a step that is h at place i and 0 elsewhere. What are f(x + step) and "
        "f(x - step), and how far apart are the two places?",
        "In a loop over range(len(x)): step = torch.zeros_like(x); step[i] = h; then "
        "(f(x + step) - f(x - step)) / (2 * h). torch.stack makes one tensor of the list.",
    ),
    alternatives=(
        lambda f, x, h: _differences(f, x, h, h, 2 * h),
        lambda f, x, h: torch.tensor(
            [
                (f(x + h * (torch.arange(len(x)) == i)) - f(x - h * (torch.arange(len(x)) == i)))
                / (2 * h)
                for i in range(len(x))
            ],
            dtype=x.dtype,
        ),
        lambda f, x, h: torch.stack(
            [(f(x + e) - f(x - e)) / (2 * h) for e in h * torch.eye(len(x), dtype=x.dtype)]
        ),
    ),
)

# --- 2. downhill ---------------------------------------------------------------------------------


def _descend_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)
    start = 2 * torch.rand((), generator=g) - 1
    return [
        Case((downhill.valley_slope, torch.tensor(-1.0), 0.3, 5), "one valley"),
        Case((downhill.two_valleys_slope, start, 0.05, 8), "two valleys"),
        Case((downhill.bowl_slope, torch.tensor([4.0, -1.0]), 0.1, 4), "two numbers at once"),
        Case((downhill.valley_slope, torch.tensor(5.0), 0.5, 0), "no step: the start alone"),
        Case((downhill.two_valleys_slope, torch.tensor(2.5), 0.02, 1), "a single step"),
        Case(
            (downhill.bowl_slope, torch.tensor([[4.0, -1.0], [0.5, 2.0], [-3.0, 0.1]]), 0.05, 3),
            "three places at once",
        ),
    ]


def _path(
    slope: Callable[[Tensor], Tensor], x: Tensor, steps: int, step: Callable[[Tensor], Tensor]
) -> Tensor:
    path = [x]
    for _ in range(steps):
        path.append(path[-1] - step(slope(path[-1])))
    return torch.stack(path)


def _without_end(slope: Callable[[Tensor], Tensor], start: Tensor, lr: float, steps: int) -> Tensor:
    """The path without its last place; torch.stack of nothing where no step is taken."""
    return torch.stack(list(_path(slope, start, steps, lambda s: lr * s)[:-1]))


def _without_start(
    slope: Callable[[Tensor], Tensor], start: Tensor, lr: float, steps: int
) -> Tensor:
    return torch.stack(list(_path(slope, start, steps, lambda s: lr * s)[1:]))


def _jumps(slope: Callable[[Tensor], Tensor], x: Tensor, lr: float, steps: int) -> Tensor:
    path = [x]
    for _ in range(steps):
        path.append(-lr * slope(path[-1]))
    return torch.stack(path)


def _shrunk(slope: Callable[[Tensor], Tensor], x: Tensor, lr: float, steps: int) -> Tensor:
    path = [x]
    for _ in range(steps):
        path.append(path[-1] * (1 - lr * slope(path[-1])))
    return torch.stack(path)


DESCEND = Exercise(
    name="descend",
    lesson="gradient_descent",
    title="Downhill, step by step",
    reference=downhill.descend,
    cases=_descend_cases,
    mistakes=(
        Mistake(
            "uphill",
            "It walks uphill. The slope points up, so the step is subtracted: x - lr * slope(x).",
            lambda slope, start, lr, steps: _path(slope, start, steps, lambda s: -lr * s),
        ),
        Mistake(
            "no learning rate",
            "The steps are too large: multiply the slope by the learning rate lr.",
            lambda slope, start, lr, steps: _path(slope, start, steps, lambda s: s),
        ),
        Mistake(
            "the slope of the start",
            "The slope is only looked at once, at the start. It changes on the way: ask for "
            "slope(x) anew before each step.",
            lambda slope, start, lr, steps: torch.stack(
                [start - k * lr * slope(start) for k in range(steps + 1)]
            ),
        ),
        Mistake(
            "steps of one length",
            "Every step has the length lr. Only the direction of the slope is used: multiply by the "
            "slope itself, so that steps are long where it is steep and short where it is flat.",
            lambda slope, start, lr, steps: _path(
                slope, start, steps, lambda s: lr * torch.sign(s)
            ),
        ),
        Mistake(
            "without the start",
            "The path lacks the start: it has steps + 1 places, and the first is where you stood.",
            _without_start,
        ),
        Mistake(
            "without the end",
            "The path lacks the last place: note each place after the step has been taken, too.",
            _without_end,
        ),
        Mistake(
            "only the end",
            "This is only where it ends. Return all places, the start first, put together with "
            "torch.stack.",
            lambda slope, start, lr, steps: _path(slope, start, steps, lambda s: lr * s)[-1],
        ),
        Mistake(
            "torch.tensor of tensors",
            "Right where x is a single number. torch.tensor wants plain numbers; torch.stack puts tensors of "
            "any shape together.",
            lambda slope, start, lr, steps: torch.tensor(
                list(_path(slope, start, steps, lambda s: lr * s))
            ),
        ),
        Mistake(
            "one tensor again and again",
            "All places are the last one: x -= ... changes the tensor that is in the list already. Make a new "
            "one, x = x - lr * slope(x).",
            lambda slope, start, lr, steps: torch.stack(
                [_path(slope, start, steps, lambda s: lr * s)[-1]] * (steps + 1)
            ),
        ),
        Mistake(
            "one step too many",
            "There is one place too many: the start and one for each of the steps make steps + 1.",
            lambda slope, start, lr, steps: _path(slope, start, steps + 1, lambda s: lr * s),
        ),
        Mistake(
            "the start left out, one step more",
            "The number of places is right, but the first is not the start: put it in before the loop, and "
            "take `steps` steps.",
            lambda slope, start, lr, steps: _path(slope, start, steps + 1, lambda s: lr * s)[1:],
        ),
        Mistake(
            "the start twice",
            "The start is in the path twice: note each place after its step.",
            lambda slope, start, lr, steps: torch.cat(
                [start[None], _path(slope, start, steps, lambda s: lr * s)]
            ),
        ),
        Mistake(
            "the start twice, the end missing",
            "The start is in the path twice and the last place is missing: note each place after its step.",
            lambda slope, start, lr, steps: torch.cat(
                [start[None], _path(slope, start, steps, lambda s: lr * s)]
            )[: steps + 1],
        ),
        Mistake(
            "only one step",
            "Only one step is taken. Is the return inside the loop? Move it to the left.",
            lambda slope, start, lr, steps: _path(slope, start, min(steps, 1), lambda s: lr * s),
        ),
        Mistake(
            "the slope left out",
            "Every step is lr, whatever the slope: multiply by slope(x).",
            lambda slope, start, lr, steps: _path(slope, start, steps, lambda s: lr + 0 * s),
        ),
        Mistake(
            "divided by the learning rate",
            "The slope is divided by lr: multiply by it.",
            lambda slope, start, lr, steps: _path(slope, start, steps, lambda s: s / lr),
        ),
        Mistake(
            "the place left out",
            "The new place is -lr * slope(x), without x itself. Subtract the step from where you stand.",
            lambda slope, start, lr, steps: _jumps(slope, start, lr, steps),
        ),
        Mistake(
            "steps from the start",
            "Every step is taken from the start. Take it from the last place: x = x - lr * slope(x).",
            lambda slope, start, lr, steps: torch.stack(
                [start, *[start - lr * slope(start)] * steps]
            ),
        ),
        Mistake(
            "only the start and the end",
            "Only the start and the end are in the path. The append belongs inside the loop: move it to the "
            "right.",
            lambda slope, start, lr, steps: torch.stack(
                [start, _path(slope, start, steps, lambda s: lr * s)[-1]]
            ),
        ),
        Mistake(
            "multiplied instead of subtracted",
            "The place is multiplied by 1 - lr * slope(x). The step is subtracted from it: "
            "x - lr * slope(x).",
            lambda slope, start, lr, steps: _shrunk(slope, start, lr, steps),
        ),
    ),
    hints=(
        "Keep a list of places. From the last place in it, take one step; add where you arrive.",
        "The next place is x - lr * slope(x), with x the last place so far, path[-1].",
        "path = [start]; steps times: path.append(path[-1] - lr * slope(path[-1])); at the end "
        "torch.stack(path).",
    ),
    alternatives=(
        lambda slope, start, lr, steps: _path(slope, start, steps, lambda s: lr * s),
        lambda slope, start, lr, steps: torch.cat(
            [
                start[None],
                *(_path(slope, start, k, lambda s: lr * s)[-1:] for k in range(1, steps + 1)),
            ]
        ),
    ),
)

# --- 3. backwards --------------------------------------------------------------------------------


def _without_largest_class(case: Case) -> Case:
    x, y, W1, b1, W2, b2 = case.args
    return Case((x, y.clamp(max=len(b2) - 2), W1, b1, W2, b2), case.note)


def _backward_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)

    def case(B: int, D: int, H: int, C: int, note: str, size: float = 1.0) -> Case:
        params = [size * torch.randn(shape, generator=g) for shape in ((H, D), (H,), (C, H), (C,))]
        x, y = torch.randn(B, D, generator=g), torch.randint(C, (B,), generator=g)
        return Case((x, y, *params), note)

    return [
        case(5, 3, 4, 2, "five examples, 3 -> 4 -> 2"),
        case(6, 4, 4, 4, "all layers of one size"),
        case(1, 3, 5, 3, "a batch of one"),
        case(4, 2, 1, 3, "a single hidden unit"),
        case(4, 3, 6, 3, "large weights, logits beyond 100", size=20.0),
        _without_largest_class(case(6, 3, 5, 4, "nobody in the batch is of the last class")),
    ]


def _backward(
    x: Tensor,
    y: Tensor,
    W1: Tensor,
    b1: Tensor,
    W2: Tensor,
    b2: Tensor,
    *,
    of: Callable[[Tensor, Tensor], Tensor] = lambda p, right: p - right,
    share: Callable[[Tensor], Any] = len,
    bend: Callable[[Tensor, Tensor], Tensor] = lambda d, z: d * (z > 0),
    add: Callable[[Tensor], Tensor] = lambda d: d.sum(dim=0),
    turn: Callable[[Tensor], Tensor] = lambda d: d,
    activation: Callable[[Tensor], Tensor] = torch.relu,
    probabilities: Callable[[Tensor], Tensor] = lambda z: z.softmax(dim=1),
    biases: tuple[bool, bool] = (True, True),
    known: bool = True,
    into_last: Callable[[Tensor, Tensor], Tensor] = lambda a1, z1: a1,
) -> tuple[Tensor, ...]:
    """`backward` with one of its parts exchanged."""
    z1 = x @ W1.T + biases[0] * b1
    a1 = activation(z1)
    p = probabilities(a1 @ W2.T + biases[1] * b2)
    right = functional.one_hot(y, len(b2)) if known else functional.one_hot(y)
    d2 = of(p, right.to(p)) / share(x)
    d1 = bend(d2 @ W2, z1)
    return turn(d1.T @ x), add(d1), turn(d2.T @ into_last(a1, z1)), add(d2)


BACKWARD = Exercise(
    name="backward",
    lesson="gradient_descent",
    title="Backpropagation, by hand",
    reference=backprop.backward,
    cases=_backward_cases,
    without=AUTOGRAD,
    rtol=1e-3,
    atol=1e-5,
    mistakes=(
        Mistake(
            "not averaged",
            "These are the gradients of the sum over the batch. The loss is the mean: divide dz2 by "
            "the number of examples, len(x).",
            lambda *a: _backward(*a, share=lambda x: 1),
        ),
        Mistake(
            "the right class is forgotten",
            "dz2 is made of the probabilities alone, so every logit is pushed down. Subtract 1 at "
            "the right class: p - one_hot(y).",
            lambda *a: _backward(*a, of=lambda p, right: p),
        ),
        Mistake(
            "the wrong way round",
            "All signs are wrong: dz2 is p - one_hot(y). The probability of a wrong class, above 0, "
            "must give a gradient above 0, since raising that logit raises the loss.",
            lambda *a: _backward(*a, of=lambda p, right: right - p),
        ),
        Mistake(
            "no bend",
            "The gradients of the first layer have passed the bend as if it were not there. ReLU "
            "lets through only what belongs to z1 > 0: multiply by (z1 > 0).",
            lambda *a: _backward(*a, bend=lambda d, z: d),
        ),
        Mistake(
            "ReLU of the gradient",
            "ReLU was applied to the gradient. Its slope is what is needed: 1 where z1 > 0 and 0 "
            "elsewhere, whatever the sign of the gradient.",
            lambda *a: _backward(*a, bend=lambda d, z: d.clamp(min=0)),
        ),
        Mistake(
            "times the activation",
            "The gradient is multiplied by a1. Multiply it by the slope of ReLU at z1, which is 1 "
            "or 0: (z1 > 0).",
            lambda *a: _backward(*a, bend=lambda d, z: d * z.clamp(min=0)),
        ),
        Mistake(
            "mean for the biases",
            "The gradients of the biases are averaged once too often: dz2 is divided by len(x) "
            "already, so add its rows up, with .sum(dim=0).",
            lambda *a: _backward(*a, add=lambda d: d.mean(dim=0)),
        ),
        Mistake(
            "biases example by example",
            "The gradients of the biases have a row for each example. Every example uses the same "
            "bias: add the rows up with .sum(dim=0).",
            lambda *a: _backward(*a, add=lambda d: d),
        ),
        Mistake(
            "transposed",
            "The gradients of the weights are transposed. Each must have the shape of its weights, "
            "(n_out, n_in): dz.T @ (what the layer was given).",
            lambda *a: _backward(*a, turn=lambda d: d.T),
        ),
        Mistake(
            "number of classes left to one_hot",
            "one_hot(y) makes as many columns as the largest class in this batch needs. Where the last class is "
            "missing, that is too few: one_hot(y, len(b2)).",
            lambda *a: _backward(*a, known=False),
        ),
        Mistake(
            "no biases on the way forward",
            "The biases are missing on the way forward: z1 = x @ W1.T + b1, and z2 likewise.",
            lambda *a: _backward(*a, biases=(False, False)),
        ),
        Mistake(
            "no b1 on the way forward",
            "The first bias is missing on the way forward: z1 = x @ W1.T + b1.",
            lambda *a: _backward(*a, biases=(False, True)),
        ),
        Mistake(
            "no b2 on the way forward",
            "The second bias is missing on the way forward: z2 = a1 @ W2.T + b2.",
            lambda *a: _backward(*a, biases=(True, False)),
        ),
        Mistake(
            "no ReLU on the way forward",
            "There is no ReLU on the way forward: a1 = z1.clamp(min=0), and z2 is made of a1.",
            lambda *a: _backward(*a, activation=lambda z: z),
        ),
        Mistake(
            "no ReLU at all",
            "There is no ReLU, neither on the way forward, a1 = z1.clamp(min=0), nor on the way back, (z1 > 0).",
            lambda *a: _backward(*a, activation=lambda z: z, bend=lambda d, z: d),
        ),
        Mistake(
            "sigmoid on the way forward",
            "On the way forward the bend is a sigmoid. This network has a ReLU: z1.clamp(min=0).",
            lambda *a: _backward(*a, activation=torch.sigmoid),
        ),
        Mistake(
            "slope of the sigmoid",
            "a1 * (1 - a1) is the slope of a sigmoid. That of ReLU is 1 where z1 > 0, and 0 elsewhere.",
            lambda *a: _backward(*a, bend=lambda d, z: d * torch.relu(z) * (1 - torch.relu(z))),
        ),
        Mistake(
            "the slope of ReLU turned round",
            "The gradient passes where z1 is below 0. It passes where z1 > 0.",
            lambda *a: _backward(*a, bend=lambda d, z: d * (z < 0)),
        ),
        Mistake(
            "no softmax",
            "dz2 is made of the logits. They have to become probabilities first: z2.softmax(dim=1).",
            lambda *a: _backward(*a, probabilities=lambda z: z),
        ),
        Mistake(
            "softmax over the examples",
            "The softmax runs over the examples. Each example shares out one whole among its classes: dim=1.",
            lambda *a: _backward(*a, probabilities=lambda z: z.softmax(dim=0)),
        ),
        Mistake(
            "sigmoid instead of softmax",
            "The logits go through a sigmoid. With cross-entropy it is softmax: z2.softmax(dim=1).",
            lambda *a: _backward(*a, probabilities=torch.sigmoid),
        ),
        Mistake(
            "log softmax",
            "dz2 is made of logarithms. It needs the probabilities themselves: z2.softmax(dim=1).",
            lambda *a: _backward(*a, probabilities=lambda z: z.log_softmax(dim=1)),
        ),
        Mistake(
            "divided by the classes too",
            "dz2 is divided by all its cells. The loss is the mean over the examples: divide by len(x).",
            lambda x, y, W1, b1, W2, b2: _backward(
                x, y, W1, b1, W2, b2, share=lambda x: len(x) * len(b2)
            ),
        ),
        Mistake(
            "divided by the classes",
            "dz2 is divided by the number of classes. The loss is the mean over the examples: divide by "
            "len(x).",
            lambda x, y, W1, b1, W2, b2: _backward(x, y, W1, b1, W2, b2, share=lambda x: len(b2)),
        ),
        Mistake(
            "averaged twice",
            "The mean over the examples is taken twice. Divide by len(x) once.",
            lambda *a: _backward(*a, share=lambda x: len(x) ** 2),
        ),
        Mistake(
            "biases summed over the units",
            "The gradients of the biases are summed over the units (dim=1). Add up the examples: dim=0.",
            lambda *a: _backward(*a, add=lambda d: d.sum(dim=1)),
        ),
        Mistake(
            "one number for the biases",
            "The gradient of a bias vector is one number. Each bias has its own: .sum(dim=0).",
            lambda *a: _backward(*a, add=lambda d: d.sum()),
        ),
        Mistake(
            "z1 in place of a1",
            "dW2 is made of z1. The second layer was given a1, after the ReLU.",
            lambda *a: _backward(*a, into_last=lambda a1, z1: z1),
        ),
        Mistake(
            "the bend left out of b1",
            "dW1 is right, but db1 has passed the bend as if it were not there: both are made of "
            "dz1 = (dz2 @ W2) * (z1 > 0).",
            lambda *a: (
                *_backward(*a)[:1],
                _backward(*a, bend=lambda d, z: d)[1],
                *_backward(*a)[2:],
            ),
        ),
        Mistake(
            "numbers of the classes",
            "The numbers of the classes are subtracted from the probabilities. Subtract 1 at the right class "
            "only: one_hot(y, len(b2)).",
            lambda x, y, *a: _backward(x, y, *a, of=lambda p, right: p - y[:, None]),
        ),
    ),
    hints=(
        "First forward, keeping z1, a1 and z2. Then from the back to the front: what does the loss "
        "say to z2, what does z2 say to W2, b2 and a1, what does a1 say to z1, and so on?",
        "dz2 = (softmax(z2) - one_hot(y)) / B, shape (B, C). A layer z = a @ W.T + b passes it on "
        "as dW = dz.T @ a, db = dz.sum(dim=0), da = dz @ W. Check each shape.",
        "dW2 = dz2.T @ a1, db2 = dz2.sum(dim=0), dz1 = (dz2 @ W2) * (z1 > 0), then dW1 and db1 as "
        "before, with x in place of a1. Return dW1, db1, dW2, db2.",
    ),
    alternatives=(
        lambda *a: _backward(*a),
        lambda x, y, W1, b1, W2, b2: tuple(
            torch.stack(parts).mean(dim=0)
            for parts in zip(
                *(_backward(x[i : i + 1], y[i : i + 1], W1, b1, W2, b2) for i in range(len(x))),
                strict=True,
            )
        ),
    ),
)

# --- 4. the whole training procedure -------------------------------------------------------------


def _training_cases(seed: int) -> list[Case]:
    """hidden: x and y of held-out examples, and how many of them must be right, as a share."""
    digits = load("digits")
    by_class = digits.train.y.argsort(stable=True)  # all the 0s, then all the 1s, ...
    x, y = digits.train.x.flatten(1)[by_class], digits.train.y[by_class]
    held_out = (digits.validation.x.flatten(1), digits.validation.y)
    known, new = rings(300, seed=2 * seed), rings(500, seed=2 * seed + 1)
    return [
        Case((known.x, known.y, (2, 24, 2), 0.3, 60, 16, seed), "two rings", (*new, 0.95)),
        Case((x, y, (64, 6, 10), 0.2, 25, 32, seed), "digits, sorted by class", (*held_out, 0.75)),
    ]


def _train(
    x: Tensor,
    y: Tensor,
    sizes: Sequence[int],
    lr: float,
    epochs: int,
    batch_size: int,
    seed: int,
    *,
    start: float = 1.0,
    learns: tuple[bool, ...] = (True,) * 4,
    shuffle: bool = True,
    stop_after: str = "",
    stale: bool = False,
    whole: bool = False,
    shuffled_once: bool = False,
) -> list[Tensor]:
    """`train_by_hand` with one of its parts exchanged."""
    params = [start * p for p in backprop.initialise(sizes, seed)]
    first, order = params, torch.Generator().manual_seed(seed)
    for _ in range(epochs):
        if shuffled_once:
            order.manual_seed(seed)
        places = torch.randperm(len(x), generator=order) if shuffle else torch.arange(len(x))
        for rows in places.split(batch_size):
            batch = (x, y) if whole else (x[rows], y[rows])
            _, grads = backprop.loss_and_gradients(*batch, first if stale else params)
            params = [
                p - lr * g if on else p for p, g, on in zip(params, grads, learns, strict=True)
            ]
            if stop_after == "update":
                return params
        if stop_after == "epoch":
            return params
    return params


def _with_autograd(
    x: Tensor, y: Tensor, sizes: Sequence[int], lr: float, epochs: int, batch_size: int, seed: int
) -> list[Tensor]:
    """Another start, another order, and PyTorch's gradients."""
    D, H, C = sizes
    params = [
        torch.randn(H, D) * (2 / D) ** 0.5,
        torch.zeros(H),
        torch.randn(C, H) / H**0.5,
        torch.zeros(C),
    ]
    for p in params:
        p.requires_grad_()
    for _ in range(epochs * len(x) // batch_size):
        rows = torch.randint(len(x), (batch_size,))
        W1, b1, W2, b2 = params
        logits = torch.relu(x[rows] @ W1.T + b1) @ W2.T + b2
        grads = torch.autograd.grad(functional.cross_entropy(logits, y[rows]), params)
        with torch.no_grad():
            for p, g in zip(params, grads, strict=True):
                p -= lr * g
    return [p.detach() for p in params]


TWINS = (
    "All hidden units are twins: they started with equal weights, so they get equal gradients and "
    "stay equal for ever. Start with the random weights of initialise(sizes, seed)."
)
NO_BIASES = (
    "The biases never move from 0: they are parameters too, and each has a gradient of its own."
)
LAST_LAYER_ONLY = (
    "Only the last layer learns; the first keeps its random weights. Update W1 and b1 as well."
)
NOTHING = (
    "Nothing is learned: the parameters come back as they started. In a loop, p = p - lr * g only "
    "gives the name p to a new tensor; make a new list, [p - lr * g for p, g in zip(...)]."
)
UPHILL = "The loss grows: each step goes uphill. The update is p - lr * gradient."


def _judge(cases: list[Case], values: list[Any]) -> str | None:
    """Read held-out examples with the weights that came back; where they fail, look for the cause."""
    fine = None
    for case, value in zip(cases, values, strict=True):
        x, y, sizes, *_ = case.args
        D, H, C = sizes
        shapes = [(H, D), (H,), (C, H), (C,)]
        fits = isinstance(value, (list, tuple)) and all(isinstance(p, Tensor) for p in value)
        got = [tuple(p.shape) for p in value] if fits else type(value).__name__
        if got != shapes:
            return f"Return the four tensors [W1, b1, W2, b2] of shapes {shapes}. It returns {got}."
        params = [p.float() for p in value]
        new_x, new_y, needed = case.hidden
        right = (backprop.as_module(params)(new_x).argmax(dim=1) == new_y).sum().item()
        finite = all(p.isfinite().all() for p in params)
        if right < needed * len(new_y) or not finite:
            return _cause(case, params, finite) or (
                f"It learns too little ({case.note}): with your weights {right} of {len(new_y)} "
                f"held-out examples are read right, and it should be {needed:.0%} or more. Does "
                f"every epoch pass over all examples, and every batch make one update?"
            )
        fine = fine or params
    return next((m.message for m in LEARNS_ALL_THE_SAME if fine and _made(m, cases[0], fine)), None)


def _made(mistake: Mistake, case: Case, params: list[Tensor]) -> bool:
    """Whether the mistake leads to these weights."""
    return all(
        torch.allclose(a, b, rtol=1e-3, atol=1e-3, equal_nan=True)
        for a, b in zip(params, mistake.answer(*case.args), strict=True)
    )


def _cause(case: Case, params: list[Tensor], finite: bool) -> str | None:
    """What the attendee most likely did: a mistake with the same weights, or one with its signs."""
    for mistake in TRAIN.mistakes:
        if _made(mistake, case, params):
            return mistake.message
    x, y, sizes, _, _, _, seed = case.args
    W1, b1, W2, b2 = params
    loss = functional.cross_entropy(backprop.as_module(params)(x), y).item()
    if not finite or loss > 2 * torch.tensor(float(sizes[-1])).log().item():
        return UPHILL
    if torch.allclose(W1, W1[:1].expand_as(W1)):
        return TWINS
    if not b1.any() and not b2.any():
        return NO_BIASES
    if torch.equal(W1, backprop.initialise(sizes, seed)[0]):
        return LAST_LAYER_ONLY
    return None


LEARNS_ALL_THE_SAME = (  # but not as the exercise says; noticed by the weights themselves
    Mistake(
        "all examples in each batch",
        "It learns, but each update takes the gradient over all examples, not over its batch: "
        "len(x) / batch_size times the work. Give loss_and_gradients the rows of the batch, x[rows] "
        "and y[rows].",
        lambda *a: _train(*a, whole=True),
    ),
    Mistake(
        "the same order in every epoch",
        "It learns, but every epoch goes through the examples in the same order. Make the generator "
        "once, before the loops, and call torch.randperm anew in each epoch.",
        lambda *a: _train(*a, shuffled_once=True),
    ),
)

TRAIN = Exercise(
    name="train_by_hand",
    lesson="gradient_descent",
    title="The whole training procedure",
    reference=backprop.train_by_hand,
    cases=_training_cases,
    judge=_judge,
    time_limit=60.0,
    without=(
        "torch.optim.SGD",
        "torch.optim.Adam",
        "torch.optim.AdamW",
        "workshop.core.training.fit",
        "workshop.core.training.train_epochs",
    ),
    mistakes=(
        Mistake("uphill", UPHILL, lambda x, y, s, lr, *a: _train(x, y, s, -lr, *a)),
        Mistake("nothing", NOTHING, lambda *a: _train(*a, learns=(False,) * 4)),
        Mistake("twins", TWINS, lambda *a: _train(*a, start=0.0)),
        Mistake("biases stay", NO_BIASES, lambda *a: _train(*a, learns=(True, False, True, False))),
        Mistake(
            "last layer only",
            LAST_LAYER_ONLY,
            lambda *a: _train(*a, learns=(False, False, True, True)),
        ),
        Mistake(
            "not shuffled",
            "The batches come in the order of the data, and these are sorted by class: each step "
            "unlearns what the one before has learned. Shuffle anew in each epoch, with "
            "torch.randperm(len(x), generator=order).split(batch_size).",
            lambda *a: _train(*a, shuffle=False),
        ),
        Mistake(
            "one epoch",
            "It stops after the first epoch. Is the return inside the loop? Move it to the left, "
            "below both loops.",
            lambda *a: _train(*a, stop_after="epoch"),
        ),
        Mistake(
            "one update",
            "It stops after the first batch. Is the return inside both loops? Move it to the left, "
            "below them.",
            lambda *a: _train(*a, stop_after="update"),
        ),
        Mistake(
            "gradients of the start",
            "Every gradient is taken at the weights of the start. After each update compute it at "
            "the new ones: pass the params that you have just changed.",
            lambda *a: _train(*a, stale=True),
        ),
        *LEARNS_ALL_THE_SAME,
    ),
    hints=(
        "Two loops, one inside the other: epochs, and in each epoch the batches. Before them the "
        "start, inside them one update.",
        "rows runs over torch.randperm(len(x), generator=order).split(batch_size); x[rows] and "
        "y[rows] are the batch. backprop.loss_and_gradients gives its loss and its four gradients.",
        "params = initialise(sizes, seed); in the loops loss, gradients = loss_and_gradients("
        "x[rows], y[rows], params), then params = [p - lr * g for p, g in zip(params, gradients)].",
    ),
    alternatives=(lambda *a: tuple(_train(*a)), _with_autograd),
)

EXERCISES = (NUMERICAL, DESCEND, BACKWARD, TRAIN)
