"""Exercises of `design`: a residual block, LeakyReLU, dead units, and a loss by loops."""

from __future__ import annotations

import torch
from torch import Tensor

from workshop.core.exercise import Case, Exercise, Mistake
from workshop.day1 import losses
from workshop.day2.design import dying, vanishing


def _residual_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)

    def case(examples: int, units: int, note: str) -> Case:
        sizes = ((examples, units), (units, units), (units,), (units, units), (units,))
        return Case(tuple(torch.randn(size, generator=g) for size in sizes), note)

    silent = (torch.zeros(3, 3), torch.zeros(3), torch.zeros(3, 3), torch.zeros(3))
    return [
        case(4, 3, "four examples of three units"),
        Case(
            (torch.tensor([[1.0, 2.0, 0.5]]), *silent), "all weights 0: x comes out as it went in"
        ),
        case(5, 5, "as many examples as units"),
        case(2, 1, "a single unit"),
    ]


def _residual(
    wrong: str, x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor
) -> Tensor:  # the block with one thing changed
    z1 = x @ w1.T + b1
    h = torch.relu(z1)
    f = h @ w2.T + b2
    return {
        "none": torch.relu(f),
        "late": x + torch.relu(f),
        "no last ReLU": x + f,
        "no ReLU inside": torch.relu(x + z1 @ w2.T + b2),
        "hidden": torch.relu(h + f),
        "transposed": torch.relu(x + torch.relu(x @ w1 + b1) @ w2 + b2),
    }[wrong]


RESIDUAL = Exercise(
    name="residual_block",
    lesson="design",
    title="A block with a skip connection",
    reference=vanishing.residual_block,
    cases=_residual_cases,
    gradients=(0, 1, 3),
    mistakes=(
        Mistake(
            "no skip",
            "This is a plain block: x is not added. Add x to what the two layers make of it, before "
            "the last ReLU.",
            lambda *a: _residual("none", *a),
        ),
        Mistake(
            "added too late",
            "x is added after the last ReLU. Add it before: relu(x + f(x)).",
            lambda *a: _residual("late", *a),
        ),
        Mistake(
            "last ReLU missing",
            "The sum x + f(x) is right, but it still has to go through a ReLU.",
            lambda *a: _residual("no last ReLU", *a),
        ),
        Mistake(
            "no ReLU inside",
            "There is no ReLU between the two layers, so they are one linear layer (see `activations`).",
            lambda *a: _residual("no ReLU inside", *a),
        ),
        Mistake(
            "skips one layer only",
            "What is added is the output of the first layer. Add x itself, which skips both layers.",
            lambda *a: _residual("hidden", *a),
        ),
        Mistake(
            "not transposed",
            "Each row of w1 belongs to one unit, so the product is x @ w1.T (and the same for w2).",
            lambda *a: _residual("transposed", *a),
        ),
    ),
    hints=(
        "First write the two layers: x @ w1.T + b1, a ReLU, then the same with w2 and b2.",
        "Call the result of the second layer f. The block returns relu(x + f).",
        "h = torch.relu(x @ w1.T + b1); return torch.relu(x + h @ w2.T + b2)",
    ),
    alternatives=(
        lambda x, w1, b1, w2, b2: (x + (x @ w1.T + b1).clamp(min=0) @ w2.T + b2).clamp(min=0),
        lambda x, w1, b1, w2, b2: torch.relu(
            torch.nn.functional.linear(torch.relu(torch.nn.functional.linear(x, w1, b1)), w2, b2)
            + x
        ),
    ),
)


def _leaky_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)
    return [
        Case((torch.tensor([-100.0, -2.0, 0.5, 3.0]), 0.01), "numbers on both sides of 0"),
        Case((torch.tensor([-3.0, -1.0]), 0.01), "only numbers below 0"),
        Case((torch.randn(3, 4, generator=g), 0.2), "a table, and a steeper slope"),
        Case((torch.tensor([-1000.0, 1000.0]), 0.0), "slope 0 is ReLU"),
    ]


LEAKY = Exercise(
    name="leaky_relu",
    lesson="design",
    title="A ReLU that cannot die",
    reference=dying.leaky_relu,
    cases=_leaky_cases,
    gradients=(0,),
    without=("torch.nn.functional.leaky_relu", "torch.nn.LeakyReLU"),
    mistakes=(
        Mistake(
            "plain ReLU",
            "This is ReLU: below 0 it returns 0. LeakyReLU returns slope * z there.",
            lambda z, slope: torch.relu(z),
        ),
        Mistake(
            "slope fixed at 0.01",
            "Right for the book's 0.01, but the slope is an argument: use it.",
            lambda z, slope: torch.where(z >= 0, z, 0.01 * z),
        ),
        Mistake(
            "a constant below 0",
            "Below 0 this returns the slope itself, a constant, so its gradient is 0 again. Multiply: "
            "slope * z.",
            lambda z, slope: torch.where(z >= 0, z, torch.full_like(z, slope)),
        ),
        Mistake(
            "folded up",
            "Numbers below 0 come out above 0. slope * z keeps their sign.",
            lambda z, slope: torch.where(z >= 0, z, -slope * z),
        ),
        Mistake(
            "sides swapped",
            "The slope is on the wrong side: numbers above 0 stay as they are, those below 0 shrink.",
            lambda z, slope: torch.where(z >= 0, slope * z, z),
        ),
        Mistake(
            "leaks everywhere",
            "The leak is added above 0 as well. There, the result is z itself.",
            lambda z, slope: torch.relu(z) + slope * z,
        ),
    ),
    hints=(
        "Two cases: at or above 0 the number itself, below 0 a small part of it.",
        "torch.where(condition, a, b) takes from a where the condition is true, else from b.",
        "return torch.where(z >= 0, z, slope * z)",
    ),
    alternatives=(
        lambda z, slope: z.clamp(min=0) + slope * z.clamp(max=0),
        lambda z, slope: z * ((z >= 0) + slope * (z < 0)),
    ),
)


def _dead_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)
    z = torch.randn(6, 5, generator=g) + 0.2
    z[:, 1] = -z[:, 1].abs() - 0.1
    return [
        Case(
            (torch.tensor([[-1.0, 2.0, -3.0], [-2.0, -1.0, 4.0], [-0.5, 1.0, -2.0]]),),
            "three examples, one dead unit",
        ),
        Case(
            (torch.tensor([[0.0, 1.0], [0.0, -1.0]]),), "a unit that is exactly 0: its slope is 0"
        ),
        Case((torch.tensor([[-9.0, 1.0], [1.0, 1.0], [-1.0, 1.0]]),), "dead on average only"),
        Case((z,), "random units, one of them dead"),
        Case((-torch.ones(3, 3),), "all dead"),
        Case((torch.tensor([[-1.0, 2.0]]),), "a single example"),
    ]


DEAD = Exercise(
    name="dead_units",
    lesson="design",
    title="Find the dead ReLUs",
    reference=dying.dead_units,
    cases=_dead_cases,
    mistakes=(
        Mistake(
            "dead for one example",
            "This marks units that are off for at least one example. That is normal: a unit is dead "
            "when it is off for all of them.",
            lambda z: (z <= 0).any(dim=0),
        ),
        Mistake(
            "over the units",
            "This looks along the rows, so it finds examples for which every unit is off. Units are "
            "the columns: dim=0.",
            lambda z: (z <= 0).all(dim=1),
        ),
        Mistake(
            "alive",
            "These are the living ones: True should stand where a unit is dead.",
            lambda z: (z > 0).any(dim=0),
        ),
        Mistake(
            "0 counts as alive",
            "Almost: a unit that is exactly 0 has slope 0 too, so it must count as off: z <= 0.",
            lambda z: (z < 0).all(dim=0),
        ),
        Mistake(
            "on average",
            "The average over the examples says little: a unit may be far below 0 for most and still "
            "be on for one. Ask whether all are at or below 0.",
            lambda z: z.mean(dim=0) <= 0,
        ),
        Mistake(
            "counted",
            "This is how many units are dead. Return True or False for each of them.",
            lambda z: (z <= 0).all(dim=0).sum(),
        ),
    ),
    hints=(
        "z has a row for each example and a column for each unit. When is a column hopeless?",
        "z <= 0 is a table of True and False; .all(dim=0) asks each column whether all are True.",
        "return (z <= 0).all(dim=0)",
    ),
    alternatives=(
        lambda z: z.max(dim=0).values <= 0,
        lambda z: torch.relu(z).sum(dim=0) == 0,
        lambda z: ~(z > 0).any(dim=0),
    ),
)


def _loops_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)
    p = torch.randn(4, 3, generator=g).softmax(dim=1)
    y = torch.eye(3)[torch.tensor([0, 2, 1, 2])]
    soft = torch.randn(2, 4, generator=g).softmax(dim=1)
    return [
        Case((p, y), "four examples, three classes"),
        Case((torch.tensor([[0.25, 0.75]]), torch.tensor([[0.0, 1.0]])), "a single example"),
        Case((torch.randn(2, 4, generator=g).softmax(dim=1), soft), "soft labels"),
        Case(
            (torch.tensor([[1.0, 0.0], [0.5, 0.5]]), torch.tensor([[1.0, 0.0], [0.0, 1.0]])),
            "a probability of exactly 0 where y is 0",
        ),
    ]


def _loops(p: Tensor, y: Tensor, kind: str) -> Tensor:
    log = torch.where(y > 0, p, torch.ones_like(p)).log()
    m, k = y.shape
    return {
        "right": -(y * log).sum() / m,
        "sum": -(y * log).sum(),
        "cells": -(y * log).sum() / (m * k),
        "sign": (y * log).sum() / m,
        "no log": -(y * p).sum() / m,
        "both cases": -(y * log).sum() / m
        - ((1 - y) * torch.where(y < 1, 1 - p, torch.ones_like(p)).log()).sum() / m,
    }[kind]


LOOPS = Exercise(
    name="cce_loops",
    lesson="design",
    title="Categorical cross-entropy, step by step",
    reference=losses.cce_loops,
    cases=_loops_cases,
    gradients=(0,),
    without=("torch.nn.functional.cross_entropy", "torch.nn.CrossEntropyLoss"),
    mistakes=(
        Mistake(
            "0 times infinity",
            "Right, except where p is exactly 0: there log(p) is -inf, and 0 * -inf is not a number. "
            "Skip what y does not ask for: if y[i, k] > 0.",
            lambda p, y: -(y * p.log()).sum() / len(y),
        ),
        Mistake(
            "not averaged",
            "This is the sum over all examples. Divide by their number m.",
            lambda p, y: _loops(p, y, "sum"),
        ),
        Mistake(
            "averaged over classes too",
            "Divide by the number of examples m only, not by m times K: each example has one loss.",
            lambda p, y: _loops(p, y, "cells"),
        ),
        Mistake(
            "minus lost",
            "The minus is lost: logarithms of probabilities are negative, a loss should not be.",
            lambda p, y: _loops(p, y, "sign"),
        ),
        Mistake(
            "no logarithm",
            "There is no logarithm: take log(p[i, k]), so that being surely wrong costs a lot.",
            lambda p, y: _loops(p, y, "no log"),
        ),
        Mistake(
            "binary cross-entropy",
            "This also adds (1 - y) log(1 - p), which belongs to binary cross-entropy. Here only the "
            "probability of the right class counts.",
            lambda p, y: _loops(p, y, "both cases"),
        ),
    ),
    hints=(
        "Start with total = 0, go through all i and k, and add -y[i, k] * log(p[i, k]) each time.",
        "Divide by m = len(y) at the end. Where y[i, k] is 0, add nothing, whatever p is.",
        "for i in range(len(y)): for k in range(y.shape[1]): if y[i, k] > 0: total = total - "
        "y[i, k] * torch.log(p[i, k]); and at the end total / len(y).",
    ),
    alternatives=(
        lambda p, y: _loops(p, y, "right"),
        lambda p, y: -torch.xlogy(y, torch.where(y > 0, p, torch.ones_like(p))).sum(1).mean(),
    ),
)

EXERCISES = (RESIDUAL, LEAKY, DEAD, LOOPS)
