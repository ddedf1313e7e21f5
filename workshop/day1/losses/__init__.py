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

from workshop.core.device import choose, threads
from workshop.core.results import Result, run_tasks
from workshop.core.settings import Settings, part
from workshop.day1.losses import converter, critic, kinds
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

__all__ = [  # the functions in functions.py can be called as losses.mse, losses.cce, ...
    "TASKS",
    "Config",
    "bce_with_logits",
    "binary_cross_entropy",
    "cce",
    "cce_loops",
    "clamped_log",
    "cross_entropy",
    "mae",
    "misses",
    "mse",
    "run",
    "same_shape",
    "soft_cross_entropy",
    "wasserstein",
    "wasserstein_1d",
]

TASKS = {"converter": converter, "kinds": kinds, "critic": critic}


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the lesson, task by task."""

    converter: converter.Config = part(converter.Config, help="kilometres to miles")
    kinds: kinds.Config = part(kinds.Config, help="four kinds of label")
    critic: critic.Config = part(critic.Config, help="the critic of the Wasserstein loss")


def run(
    config: Config = Config(),
    *,
    seed: int = 0,
    device: str | torch.device = "cpu",
    progress: bool = False,
) -> Result:
    """Each loss on its kind of label, and what happens with the wrong one."""
    with threads(1):
        return run_tasks(TASKS, config, seed=seed, device=choose(device), progress=progress)
