"""Exercises of `design`: a residual block, LeakyReLU, dead units, and a loss by loops."""

from __future__ import annotations

import math

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
        case(1, 4, "a single example"),
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
        "w1 transposed": torch.relu(x + torch.relu(x @ w1 + b1) @ w2.T + b2),
        "w2 transposed": torch.relu(x + h @ w2 + b2),
        "no b1": torch.relu(x + torch.relu(x @ w1.T) @ w2.T + b2),
        "no b2": torch.relu(x + h @ w2.T),
        "no b": torch.relu(x + torch.relu(x @ w1.T) @ w2.T),
        "biases swapped": torch.relu(x + torch.relu(x @ w1.T + b2) @ w2.T + b1),
        "ReLU on f": torch.relu(x + torch.relu(f)),
        "no ReLU": x + z1 @ w2.T + b2,
        "only ReLU on f": x + torch.relu(z1 @ w2.T + b2),
        "plain f": f,
        "minus": torch.relu(f - x),
        "minus f": torch.relu(x - f),
        "times": torch.relu(x * f),
        "one layer": torch.relu(x + h),
        "one linear layer": torch.relu(x + z1),
        "layers side by side": torch.relu(x + x @ w2.T + b2),
        "w1 twice": torch.relu(x + h @ w1.T + b1),
        "layers swapped": torch.relu(x + torch.relu(x @ w2.T + b2) @ w1.T + b1),
        "added in the middle": torch.relu(torch.relu(x + z1) @ w2.T + b2),
        "added in the middle after ReLU": torch.relu((x + h) @ w2.T + b2),
        "added twice": torch.relu(x + torch.relu(x + z1) @ w2.T + b2),
        "added twice after ReLU": torch.relu(x + (x + h) @ w2.T + b2),
        "h too": torch.relu(x + h + f),
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
        Mistake(
            "w1 not transposed",
            "The first product is x @ w1.T: each row of w1 belongs to one unit. The second one is"
            " right.",
            lambda *a: _residual("w1 transposed", *a),
        ),
        Mistake(
            "w2 not transposed",
            "The second product takes w2 as it is. Each of its rows belongs to one unit, as in "
            "the first: @ w2.T.",
            lambda *a: _residual("w2 transposed", *a),
        ),
        Mistake(
            "b1 missing",
            "The bias b1 of the first layer is missing: add it before the inner ReLU.",
            lambda *a: _residual("no b1", *a),
        ),
        Mistake(
            "b2 missing",
            "The bias b2 of the second layer is missing: it belongs to f, so add it before the "
            "last ReLU.",
            lambda *a: _residual("no b2", *a),
        ),
        Mistake(
            "both biases missing",
            "The biases are missing: each layer adds its own, b1 and b2.",
            lambda *a: _residual("no b", *a),
        ),
        Mistake(
            "biases swapped",
            "The biases have changed places: b1 goes with w1, b2 with w2.",
            lambda *a: _residual("biases swapped", *a),
        ),
        Mistake(
            "ReLU on f",
            "There is a ReLU too many, on the output of the second layer. f may be below 0; only "
            "the sum x + f goes through the last ReLU.",
            lambda *a: _residual("ReLU on f", *a),
        ),
        Mistake(
            "no ReLU at all",
            "There is no ReLU at all: one belongs between the two layers and one around the sum x"
            " + f(x).",
            lambda *a: _residual("no ReLU", *a),
        ),
        Mistake(
            "ReLU on f only",
            "The one ReLU is in the wrong place, around the second layer. One belongs between the"
            " two layers, another around the sum x + f(x).",
            lambda *a: _residual("only ReLU on f", *a),
        ),
        Mistake(
            "only f",
            "This is f(x) alone. Add x to it, and put a ReLU around the sum.",
            lambda *a: _residual("plain f", *a),
        ),
        Mistake(
            "x subtracted",
            "x is subtracted from f. Add it.",
            lambda *a: _residual("minus", *a),
        ),
        Mistake(
            "f subtracted",
            "f is subtracted from x. Add the two.",
            lambda *a: _residual("minus f", *a),
        ),
        Mistake(
            "multiplied",
            "x and f are multiplied. The skip connection adds them.",
            lambda *a: _residual("times", *a),
        ),
        Mistake(
            "one layer only",
            "Only the first layer is used: f has two, and w2 and b2 belong to the second.",
            lambda *a: _residual("one layer", *a),
        ),
        Mistake(
            "one linear layer only",
            "Only the first layer is used, without its ReLU. f is two layers: w2 and b2 come "
            "after it.",
            lambda *a: _residual("one linear layer", *a),
        ),
        Mistake(
            "second layer sees x",
            "The second layer gets x again. It works on the output of the first layer, after the "
            "ReLU.",
            lambda *a: _residual("layers side by side", *a),
        ),
        Mistake(
            "first weights twice",
            "The first layer is used twice: the second one has weights and bias of its own, w2 "
            "and b2.",
            lambda *a: _residual("w1 twice", *a),
        ),
        Mistake(
            "layers swapped",
            "The two layers have changed places: w1 and b1 come first.",
            lambda *a: _residual("layers swapped", *a),
        ),
        Mistake(
            "added in the middle",
            "x is added between the two layers, so the skip jumps over one layer only. Add it to "
            "the output of the second.",
            lambda *a: _residual("added in the middle", *a),
        ),
        Mistake(
            "added behind the first layer",
            "x is added to the output of the first layer. Add it to the output of the second, so "
            "that the skip jumps over both.",
            lambda *a: _residual("added in the middle after ReLU", *a),
        ),
        Mistake(
            "added twice",
            "x is added twice, once inside and once at the end. Only the end is right: relu(x + "
            "f(x)).",
            lambda *a: _residual("added twice", *a),
        ),
        Mistake(
            "added twice, to both outputs",
            "x is added to the output of both layers. Add it once, to that of the second.",
            lambda *a: _residual("added twice after ReLU", *a),
        ),
        Mistake(
            "hidden layer added too",
            "The output of the first layer is added as well. Only x skips: relu(x + f(x)).",
            lambda *a: _residual("h too", *a),
        ),
    ),
    hints=(
        "First write the two layers: x @ w1.T + b1, a ReLU, then the same with w2 and b2.",
        "Call the result of the second layer f. The block returns relu(x + f).",
        "h = torch.relu(x @ w1.T + b1); return torch.relu(x + h @ w2.T + b2)",
    ),
    alternatives=(
        lambda x, w1, b1, w2, b2: torch.stack(
            [torch.relu(row + w2 @ torch.relu(w1 @ row + b1) + b2) for row in x]
        ),
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
        Case((torch.tensor([2.0, 0.5]), 0.01), "only numbers above 0"),
        Case((torch.randn(3, 4, generator=g), 0.2), "a table, and a steeper slope"),
        Case((torch.tensor([-1000.0, 1000.0]), 0.0), "slope 0 is ReLU"),
        Case((torch.tensor([-2.0, 3.0, -0.5]), 1.5), "a slope above 1"),
        Case((torch.tensor([-0.5, -0.1, 0.05, 0.2, 0.7]), 0.3), "numbers smaller than the slope"),
        Case((torch.randn(2, 3, 2, generator=g), 0.1), "three dimensions"),
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
        Mistake(
            "larger of the two",
            "The larger of z and slope * z is right only while the slope is below 1. Decide by "
            "the sign of z.",
            lambda z, slope: torch.maximum(z, slope * z),
        ),
        Mistake(
            "smaller of the two",
            "The smaller of z and slope * z is taken: above 0 that is slope * z. There, z itself "
            "is right.",
            lambda z, slope: torch.minimum(z, slope * z),
        ),
        Mistake(
            "limit at the slope",
            "The border between the two sides is the slope. It is 0: z >= 0.",
            lambda z, slope: torch.where(z >= slope, z, slope * z),
        ),
        Mistake(
            "limit at minus the slope",
            "The border between the two sides is -slope. It is 0: z >= 0.",
            lambda z, slope: torch.where(z >= -slope, z, slope * z),
        ),
        Mistake(
            "cut at the slope",
            "clamp cuts everything off at the slope, a constant. Below 0 return slope * z.",
            lambda z, slope: z.clamp(min=slope),
        ),
        Mistake(
            "cut at minus the slope",
            "Everything is cut off at -slope, a constant. Below 0 return slope * z, which keeps "
            "falling.",
            lambda z, slope: z.clamp(min=-slope),
        ),
        Mistake(
            "minus the slope below 0",
            "Below 0 this returns -slope, a constant, whatever z is. Multiply: slope * z.",
            lambda z, slope: torch.where(z >= 0, z, torch.full_like(z, -slope)),
        ),
        Mistake(
            "slope added",
            "Below 0 the slope is added to z. Multiply z with it.",
            lambda z, slope: torch.where(z >= 0, z, z + slope),
        ),
        Mistake(
            "slope subtracted",
            "Below 0 the slope is subtracted from z. Multiply z with it.",
            lambda z, slope: torch.where(z >= 0, z, z - slope),
        ),
        Mistake(
            "divided by the slope",
            "Below 0 z is divided by the slope, so it grows. Multiply.",
            lambda z, slope: torch.where(z >= 0, z, z / slope),
        ),
        Mistake(
            "reduced by its leak",
            "Below 0 this is z - slope * z, which keeps nearly all of z. Only slope * z is let "
            "through.",
            lambda z, slope: torch.where(z >= 0, z, z - slope * z),
        ),
        Mistake(
            "z not removed below 0",
            "Below 0 slope * z is added to z. There the result is slope * z alone.",
            lambda z, slope: torch.where(z >= 0, z, z + slope * z),
        ),
        Mistake(
            "slope on both sides",
            "Everything is multiplied with the slope, above 0 too. There, z stays as it is.",
            lambda z, slope: slope * z,
        ),
        Mistake(
            "derivative",
            "This is the derivative, 1 or the slope. Multiply z with it.",
            lambda z, slope: torch.where(z >= 0, torch.ones_like(z), torch.full_like(z, slope)),
        ),
        Mistake(
            "ELU",
            "The exponential belongs to another function, ELU. Here the line below 0 is straight:"
            " slope * z.",
            lambda z, slope: torch.where(z >= 0, z, slope * (z.exp() - 1)),
        ),
        Mistake(
            "slope squared",
            "The slope counts twice below 0. Multiply with it once.",
            lambda z, slope: torch.where(z >= 0, z, slope * slope * z),
        ),
        Mistake(
            "all or nothing",
            "One decision is made for all numbers together. Each number is at or above 0 or below"
            " it for itself: torch.where decides one by one.",
            lambda z, slope: z if (z >= 0).all() else slope * z,
        ),
    ),
    hints=(
        "Two cases: at or above 0 the number itself, below 0 a small part of it.",
        "torch.where(condition, a, b) takes from a where the condition is true, else from b.",
        "return torch.where(z >= 0, z, slope * z)",
    ),
    alternatives=(
        lambda z, slope: (1 + slope) / 2 * z + (1 - slope) / 2 * z.abs(),
        lambda z, slope: z.clamp(min=0) + slope * z.clamp(max=0),
        lambda z, slope: z * ((z >= 0) + slope * (z < 0)),
    ),
)


def _mostly_off(g: torch.Generator) -> Tensor:
    z = -1 - torch.rand(4, 4, generator=g)
    z[1, 0], z[3, 2], z[0, 1] = 0.5, 9.0, 0.0
    return z


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
        Case((_mostly_off(g),), "as many examples as units, off for most, on for one"),
        Case((torch.tensor([[0.0, -2.0, 5.0], [0.0, 3.0, -7.0]]),), "more units than examples"),
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
        Mistake(
            "first example only",
            "Only the first example is looked at. A unit is dead if it is off for all of them.",
            lambda z: z[0] <= 0,
        ),
        Mistake(
            "last example only",
            "Only the last example counts: each one overwrites what was found before it. A unit "
            "is dead if it is off for all of them.",
            lambda z: z[-1] <= 0,
        ),
        Mistake(
            "places",
            "These are the numbers of the dead units. Return True or False for every unit, dead "
            "or not.",
            lambda z: (z <= 0).all(dim=0).nonzero(),
        ),
        Mistake(
            "list of places",
            "This is a list of the dead units' numbers. Return a tensor with True or False for "
            "every unit.",
            lambda z: [k for k, dead in enumerate((z <= 0).all(dim=0).tolist()) if dead],
        ),
        Mistake(
            "Python list",
            "The answers are right, but in a Python list. Return a tensor: torch.tensor(list), or"
            " compare all columns at once.",
            lambda z: (z <= 0).all(dim=0).tolist(),
        ),
        Mistake(
            "numbers instead of True and False",
            "These are 1 and 0 where True and False are wanted: leave .float() or .long() away.",
            lambda z: (z <= 0).all(dim=0).long(),
        ),
        Mistake(
            "fraction of examples",
            "This is the share of examples for which each unit is off. A unit is dead if that is "
            "all of them: .all(dim=0).",
            lambda z: (z <= 0).float().mean(dim=0),
        ),
        Mistake(
            "number of examples",
            "This counts for how many examples each unit is off. Compare with the number of "
            "examples, len(z), or ask .all(dim=0).",
            lambda z: (z <= 0).sum(dim=0),
        ),
        Mistake(
            "one answer for the layer",
            "This is one answer for the whole layer. Ask each column by itself: dim=0.",
            lambda z: (z <= 0).all(),
        ),
        Mistake(
            "not put together",
            "This is an answer for each example and unit. Put those of a unit together: a unit is"
            " dead if all of them are True.",
            lambda z: z <= 0,
        ),
        Mistake(
            "exactly 0",
            "This looks for sums that are exactly 0. A unit is off wherever its sum is at or "
            "below 0: the ReLU comes later.",
            lambda z: (z == 0).all(dim=0),
        ),
        Mistake(
            "off for most",
            "This marks units that are off for most examples. A dead one is off for all.",
            lambda z: (z <= 0).float().mean(dim=0) > 0.5,
        ),
        Mistake(
            "never off",
            "This marks units that are on for every example: the sign > is the wrong way round, a"
            " unit is off at or below 0.",
            lambda z: (z > 0).all(dim=0),
        ),
        Mistake(
            "never below 0",
            "This marks units that are at or above 0 for every example. Off means at or below 0: "
            "z <= 0.",
            lambda z: (z >= 0).all(dim=0),
        ),
        Mistake(
            "middle example",
            "The median says what most examples do. A unit that is on for a single one is not "
            "dead.",
            lambda z: z.median(dim=0).values <= 0,
        ),
        Mistake(
            "compared with the number of units",
            "The count is compared with the number of units, z.shape[1]. A dead unit is off for "
            "all examples: z.shape[0].",
            lambda z: (z <= 0).sum(dim=0) == z.shape[1],
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
        Case(
            (torch.tensor([[0.0, 1.0], [0.2, 0.8]]), torch.tensor([[1.0, 0.0], [0.0, 1.0]])),
            "a probability of exactly 0 where y is 1: the loss is infinite",
        ),
        Case(
            (torch.randn(3, 3, generator=g).softmax(dim=1), torch.eye(3)[[1, 0, 0]]),
            "as many examples as classes",
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
        "log2": -(y * log / math.log(2)).sum() / m,
        "log10": -(y * log / math.log(10)).sum() / m,
        "exp": -(y * p.exp()).sum() / m,
        "classes": -(y * log).sum() / k,
        "swapped": -(p * torch.where(y > 0, y, torch.ones_like(y)).log()).sum() / m,
        "ones": -log[y == 1].sum() / m,
        "unweighted": -log.sum() / m,
        "log of product": -torch.where(y > 0, y * p, torch.ones_like(p)).log().sum() / m,
        "largest": -log[torch.arange(m), y.argmax(dim=1)].sum() / m,
        "first example": -(y * log)[0].sum() / m,
        "first term": -(y * log)[0, 0] / m,
        "last example": -(y * log)[-1].sum() / m,
        "last term": -(y * log)[y > 0][-1] / m,
        "last term of all": -(y * log)[-1, -1] / m,
        "without last example": -(y * log)[:-1].sum() / m,
        "without first example": -(y * log)[1:].sum() / m,
        "without first class": -(y * log)[:, 1:].sum() / m,
        "without last class": -(y * log)[:, :-1].sum() / m,
        "each": -(y * log).sum(dim=1),
        "softmax": -(y * p.log_softmax(dim=1)).sum() / m,
        "skips p": -(y * torch.where(p > 0, p, torch.ones_like(p)).log()).sum() / m,
        "both cases": -(y * log).sum() / m
        - ((1 - y) * torch.where(y < 1, 1 - p, torch.ones_like(p)).log()).sum() / m,
    }[kind]


def _divided_in_the_loop(p: Tensor, y: Tensor) -> Tensor:
    total = p.new_zeros(())
    for i, k in (y > 0).nonzero().tolist():
        total = (total - y[i, k] * p[i, k].log()) / len(y)
    return total


def _with_epsilon(epsilon: float) -> Mistake:
    return Mistake(
        "epsilon in the logarithm",
        f"p is kept away from 0 by {epsilon:g}. Where the label is 1 and p is 0 the loss is infinite, "
        f"and that hides it. Leave p as it is, and skip the terms where y is 0.",
        lambda p, y: -(y * (p + epsilon).log()).sum() / len(y),
    )


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
        Mistake(
            "skipped by p",
            "The terms with p = 0 are skipped, also where y is 1: being sure of a wrong class "
            "would cost nothing. Skip by the label: if y[i, k] > 0.",
            lambda p, y: _loops(p, y, "skips p"),
        ),
        Mistake(
            "base 2",
            "This is the logarithm of base 2. The loss takes the natural one, torch.log.",
            lambda p, y: _loops(p, y, "log2"),
        ),
        Mistake(
            "base 10",
            "This is the logarithm of base 10. The loss takes the natural one, torch.log.",
            lambda p, y: _loops(p, y, "log10"),
        ),
        Mistake(
            "exponential",
            "exp stands where the logarithm should: take torch.log(p[i, k]).",
            lambda p, y: _loops(p, y, "exp"),
        ),
        Mistake(
            "divided by the classes",
            "The sum is divided by the number of classes K. Divide by the number of examples, m ="
            " len(y).",
            lambda p, y: _loops(p, y, "classes"),
        ),
        Mistake(
            "labels and predictions swapped",
            "p and y have changed places: the label y stands before the logarithm, the "
            "probability p inside it.",
            lambda p, y: _loops(p, y, "swapped"),
        ),
        Mistake(
            "whole labels only",
            "Only labels that are exactly 1 count. A label may be soft, 0.7 say: take every y[i, "
            "k] > 0, times its logarithm.",
            lambda p, y: _loops(p, y, "ones"),
        ),
        Mistake(
            "label not multiplied",
            "The logarithm is not multiplied with y[i, k]. For a label of 1 that makes no "
            "difference, for soft labels it does.",
            lambda p, y: _loops(p, y, "unweighted"),
        ),
        Mistake(
            "label in the logarithm",
            "y is inside the logarithm. It stands before it: y[i, k] * torch.log(p[i, k]).",
            lambda p, y: _loops(p, y, "log of product"),
        ),
        Mistake(
            "largest class only",
            "Only the class with the largest label counts. Soft labels have several: add up all "
            "the classes.",
            lambda p, y: _loops(p, y, "largest"),
        ),
        Mistake(
            "return in the outer loop",
            "Only the first example counts. Is the return inside the loop? It belongs behind both"
            " loops.",
            lambda p, y: _loops(p, y, "first example"),
        ),
        Mistake(
            "return in the inner loop",
            "Only the first term counts. Is the return inside the inner loop? It belongs behind "
            "both loops.",
            lambda p, y: _loops(p, y, "first term"),
        ),
        Mistake(
            "total started again",
            "Only the last example counts. Set total = 0 once, before the loops, not for each "
            "example.",
            lambda p, y: _loops(p, y, "last example"),
        ),
        Mistake(
            "total overwritten",
            "Only the last term counts: each one overwrites the total. Add it: total = total - ...",
            lambda p, y: _loops(p, y, "last term"),
        ),
        Mistake(
            "total overwritten by every term",
            "Only the very last term, that of the last example and class, counts: each term "
            "overwrites the total. Add it: total = total - ...",
            lambda p, y: _loops(p, y, "last term of all"),
        ),
        Mistake(
            "last example missing",
            "The last example is missing: range(m) runs to m - 1 already.",
            lambda p, y: _loops(p, y, "without last example"),
        ),
        Mistake(
            "first example missing",
            "The first example is missing: indices begin at 0, so use range(m).",
            lambda p, y: _loops(p, y, "without first example"),
        ),
        Mistake(
            "first class missing",
            "The first class is missing: indices begin at 0, so use range(K).",
            lambda p, y: _loops(p, y, "without first class"),
        ),
        Mistake(
            "last class missing",
            "The last class is missing: range(K) runs to K - 1 already.",
            lambda p, y: _loops(p, y, "without last class"),
        ),
        Mistake(
            "one loss for each example",
            "This is one loss for each example. Return their mean, a single number.",
            lambda p, y: _loops(p, y, "each"),
        ),
        Mistake(
            "softmax again",
            "p went through a softmax again. It holds probabilities already.",
            lambda p, y: _loops(p, y, "softmax"),
        ),
        Mistake(
            "divided in the loop",
            "The total is divided at every step, so early terms shrink again and again. Divide "
            "once, behind the loops.",
            _divided_in_the_loop,
        ),
        *map(_with_epsilon, (1e-12, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5)),
    ),
    hints=(
        "Start with total = 0, go through all i and k, and add -y[i, k] * log(p[i, k]) each time.",
        "Divide by m = len(y) at the end. Where y[i, k] is 0, add nothing, whatever p is.",
        "for i in range(len(y)): for k in range(y.shape[1]): if y[i, k] > 0: total = total - "
        "y[i, k] * torch.log(p[i, k]); and at the end total / len(y).",
    ),
    alternatives=(
        lambda p, y: -(y[y > 0] * p[y > 0].log()).sum() / len(y),
        lambda p, y: _loops(p, y, "right"),
        lambda p, y: -torch.xlogy(y, torch.where(y > 0, p, torch.ones_like(p))).sum(1).mean(),
    ),
)

EXERCISES = (RESIDUAL, LEAKY, DEAD, LOOPS)
