"""A rate that changes while the network learns: large steps to get there, small ones to settle.

    cosine: lr_t = lr (1 + cos(pi t / T)) / 2

Book note 13. Letters: t the update, from 0; T updates in all. A schedule is (t, T) -> the factor by
which the optimizer's rate is multiplied. Target: the schedule that is best on the validation part
reads the test digits. Whether the best schedule beats the best constant rate is measured over paired seeds
and reported as it is found: it has no bound.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch

from workshop.core.data import Data
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings, setting
from workshop.day1.gradient_descent import flat_mnist
from workshop.day2.optimizers.common import score, train


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings: which rates each schedule is tried with, and for how long."""

    rates: tuple[float, ...] = setting((0.005, 0.01, 0.02), above=0, help="Adam's rates to try")
    epochs: int = setting(5, at_least=1, help="passes over the digits")
    tries: int = setting(2, at_least=1, help="trainings of each candidate, for the choice")
    pairs: int = setting(5, at_least=1, help="seeds with which both winners are tested")


# --- by hand -------------------------------------------------------------------------------------


def constant(t: int, total: int) -> float:
    """The same rate all the way."""
    return 1.0


def step_decay(t: int, total: int) -> float:
    """A tenth of the rate after 60 % of the updates, a hundredth after 85 %."""
    return 0.1 ** ((t >= 0.6 * total) + (t >= 0.85 * total))


def cosine(t: int, total: int) -> float:
    """From 1 at t = 0 down to 0 at t = total, on half a wave (Loshchilov and Hutter 2017)."""
    return (1 + math.cos(math.pi * t / total)) / 2


def one_cycle(t: int, total: int, warm_up: float = 0.3) -> float:
    """Up from 1/25 to 1, then down to next to nothing, both on half a wave (Smith 2018).

    warm_up: the part of the way that goes up. The same as torch's OneCycleLR.
    """
    top, last = warm_up * total - 1, total - 1
    if t < top:
        low, way = 1 / 25, 1 - t / top
    else:
        low, way = 1 / 25 / 10_000, min(1.0, (t - top) / (last - top))
    return low + (1 - low) * (1 + math.cos(math.pi * way)) / 2


Schedule = Callable[[int, int], float]
SCHEDULES: dict[str, Schedule] = {
    "constant": constant,
    "step": step_decay,
    "cosine": cosine,
    "one_cycle": one_cycle,
}


def choose_schedules(
    data: Data, config: Config, seed: int, progress: bool = False
) -> tuple[dict[tuple[str, float], float], tuple[str, float], tuple[str, float]]:
    """Try every schedule with every rate, on the training and the validation part alone.

    Returns:
        (schedule, rate) -> mean validation accuracy; the best with a schedule, the best constant.
    """
    tried = {}
    for name, schedule in SCHEDULES.items():
        for lr in config.rates:
            right = 0.0
            for attempt in range(config.tries):
                model, _ = train(
                    data.train,
                    partial(torch.optim.Adam, lr=lr),
                    epochs=config.epochs,
                    schedule=schedule,
                    seed=1000 * seed + attempt,
                    progress=progress and f"{name.replace('_', ' ')}, {lr:g}",
                )
                right += score(model, data.validation).sums["accuracy"]
            tried[name, lr] = right / (config.tries * len(data.validation))
    best = sorted(tried, key=lambda key: -tried[key])
    scheduled = next(key for key in best if key[0] != "constant")
    return tried, scheduled, next(key for key in best if key[0] == "constant")


def compare_on_test(
    data: Data, candidates: tuple[tuple[str, float], ...], config: Config, seed: int
) -> list[list[int]]:
    """Refit each (schedule, rate) with `pairs` seeds: for each, how many test digits are right.

    All start from the same weights and see the digits in the same order, seed by seed.
    """
    right: list[list[int]] = []
    for name, lr in candidates:
        right.append([])
        for pair in range(config.pairs):
            model, _ = train(
                data.development,
                partial(torch.optim.Adam, lr=lr),
                epochs=config.epochs,
                schedule=SCHEDULES[name],
                seed=1000 * seed + 500 + pair,
            )
            right[-1].append(int(score(model, data.test).sums["accuracy"]))
    return right


def run(config: Config, *, seed: int, device: torch.device, progress: bool) -> Result:
    """Choose on the validation part, refit on both parts, test once: with a schedule and without."""
    data = flat_mnist().to(device)
    _, scheduled, constant_rate = choose_schedules(data, config, seed, progress)
    ours, theirs = compare_on_test(data, (scheduled, constant_rate), config, seed)
    total = config.pairs * len(data.test)
    return Result(
        (
            Measured.count("schedule_accuracy", sum(ours), total),
            Measured.count("constant_accuracy", sum(theirs), total),
            Measured("schedule_gain", (sum(ours) - sum(theirs)) / total),
        )
    )
