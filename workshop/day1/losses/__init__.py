"""A loss says how wrong the model is, in one number, and its slope says which way is better.

    find W, b that make J(y, yhat) least;   mean squared error: J = 1/N sum (y_i - yhat_i)^2

Book 1.6 and 1.6.1. Shapes: N examples, C classes, L labels; see the file of each task.
Targets: kilometres to miles to 1e-4; a number, yes or no, several labels and one class of ten, each
by its loss on held-out data; a critic that learns the Wasserstein distance. Controls, which must
fail: the loss of another task, accuracy as a loss, shuffled labels, a critic without limits.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from workshop.core.device import choose, seed_everything, threads
from workshop.core.results import Result
from workshop.core.settings import Settings, part
from workshop.day1.losses import converter, critic, examples, tasks
from workshop.day1.losses.converter import ConverterConfig
from workshop.day1.losses.critic import CriticConfig
from workshop.day1.losses.functions import (
    bce_with_logits,
    binary_cross_entropy,
    cce,
    cce_loops,
    clamped_log,
    cross_entropy,
    mae,
    misses,
    mse,
    same_shape,
    soft_cross_entropy,
    wasserstein,
    wasserstein_1d,
)
from workshop.day1.losses.tasks import TasksConfig

__all__ = [
    "Config",
    "bce_with_logits",
    "binary_cross_entropy",
    "cce",
    "cce_loops",
    "clamped_log",
    "converter",
    "critic",
    "cross_entropy",
    "examples",
    "mae",
    "misses",
    "mse",
    "run",
    "same_shape",
    "soft_cross_entropy",
    "tasks",
    "wasserstein",
    "wasserstein_1d",
]


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the lesson."""

    converter: ConverterConfig = part(ConverterConfig, help="kilometres to miles")
    tasks: TasksConfig = part(TasksConfig, help="four kinds of task")
    critic: CriticConfig = part(CriticConfig, help="the critic of the Wasserstein loss")


def run(
    config: Config = Config(),
    *,
    seed: int = 0,
    device: str | torch.device = "cpu",
    progress: bool = False,
) -> Result:
    """Each loss on its kind of task, and what happens with the wrong one."""
    device = choose(device)
    seed_everything(seed)
    metrics, histories = [], {}
    with threads(1):
        for task in (converter, tasks, critic):
            settings = getattr(config, task.__name__.rpartition(".")[2])
            measured, courses = task.measure(settings, seed=seed, device=device, progress=progress)
            metrics += measured
            histories |= courses
    return Result(tuple(metrics), histories)
