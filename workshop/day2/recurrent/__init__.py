"""Recurrent networks: one small network, used again at every step, carries what it has read.

    a<t> = g1(W_aa a<t-1> + W_ax x<t> + b_a);    y<t> = g2(W_ya a<t> + b_y)

Book 2.6 to 2.6.2. `by_hand` has the cell; then one task for each type of network, in a file with
settings of its own. Shapes: B sequences, T steps, D numbers a step, H units, C classes, V tokens.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from workshop.core.device import choose, threads
from workshop.core.lesson import Result, check_settings, part
from workshop.day2.recurrent import translation

TASKS: dict = {"translation": translation}


@dataclass(frozen=True, kw_only=True)
class Config:
    """Settings of the lesson, task by task."""

    translation: translation.Config = part(translation.Config, help="phrases, English to French")

    def __post_init__(self) -> None:
        """Refuse settings out of range."""
        check_settings(self)


def run(
    config: Config = Config(),
    *,
    seed: int = 0,
    device: str | torch.device = "cpu",
    progress: bool = False,
) -> Result:
    """All tasks, one after the other, on one thread: the models are small."""
    device = choose(device)
    metrics, histories = [], {}
    with threads(1):
        for name, task in TASKS.items():
            measured, trained = task.run(
                getattr(config, name), seed=seed, device=device, progress=progress
            )
            metrics += measured
            histories |= {f"{name}_{key}": history for key, history in trained.items()}
    return Result(tuple(metrics), histories)
