"""Which way, how far, how often: optimizers, batch sizes, learning rates and what changes them.

    w := w - lr * (what the optimizer makes of the gradient of a batch)

Book 2.2.1 and 2.2.2. Shapes: B examples in a batch, x (B, 784), logits (B, 10). Tasks, each in a
file: `steps` (the optimizers by hand), `batches`, `rates`, `plateaus`, `schedules`; `common` has the
network that all of them train. Targets: by hand equals torch.optim; the right rate, small batches
and what leaves a plateau read digits. Controls: a rate of 0, rates too low and too high, all digits
in one batch, plain SGD on a plateau and in a narrow valley, Adam without its correction.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from workshop.core.device import choose, threads
from workshop.core.results import Result, run_tasks
from workshop.core.settings import Settings, part
from workshop.day2.optimizers import batches, plateaus, rates, schedules, steps

TASKS = {
    "steps": steps,
    "batches": batches,
    "rates": rates,
    "plateaus": plateaus,
    "schedules": schedules,
}


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the lesson, task by task."""

    steps: steps.Config = part(steps.Config, help="the optimizers by hand")
    batches: batches.Config = part(batches.Config, help="batch sizes")
    rates: rates.Config = part(rates.Config, help="learning rates")
    plateaus: plateaus.Config = part(plateaus.Config, help="a plateau")
    schedules: schedules.Config = part(schedules.Config, help="rates that change")


def run(
    config: Config = Config(),
    *,
    seed: int = 0,
    device: str | torch.device = "cpu",
    progress: bool = False,
) -> Result:
    """All tasks, one after the other, on the same digits."""
    with threads(1):
        return run_tasks(TASKS, config, seed=seed, device=choose(device), progress=progress)
