"""Gates let a network keep what it has read: a plain recurrent cell forgets, GRU and LSTM do not.

    c = write * candidate + keep * c_before          write and keep are gates, between 0 and 1

Book 2.6.3 and 2.6.4. `by_hand` has the cells, `memory` the task of remembering the first token, `small`
what more weights do with few examples, `cost` time against length. Shapes: B sequences, T
steps, n numbers in a step, h units; x (B, T, n), memory (B, h).
Targets: GRU and LSTM that begin with a long memory know the first of 100 tokens. Controls: the plain
cell does not, nor do GRU and LSTM with the biases that torch gives them.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from workshop.core.device import choose, threads
from workshop.core.results import Result, run_tasks
from workshop.core.settings import Settings, part
from workshop.day2.gated import memory, small

TASKS = {"memory": memory, "small": small}


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the lesson, a group for each task."""

    memory: memory.Config = part(memory.Config, help="remember the first token")
    small: small.Config = part(small.Config, help="few digits, read row by row")


def run(
    config: Config = Config(),
    *,
    seed: int = 0,
    device: str | torch.device = "cpu",
    progress: bool = False,
) -> Result:
    """Both tasks; on one thread, since the steps of these cells are small."""
    with threads(1):
        return run_tasks(TASKS, config, seed=seed, device=choose(device), progress=progress)
