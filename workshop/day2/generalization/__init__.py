"""A model must be right on what it has never seen: diagnose why it is not, and treat that.

    error on new examples = training error (bias) + what is added on new ones (variance)

Book 2.3 to 2.3.3. Tasks, each in a file: `diagnosis`, `remedies` (every one tried on 500 digits),
`dropout`, `batchnorm`, and `climb`, all of it together on MNIST-5k; `networks`, `regularization` and
`augmentation` have what several of them use.
Shapes: B examples, H by W pixels, C classes, n units of a layer.
Targets: four runs diagnosed; what each remedy reaches; an MLP that reads MNIST-5k. Controls: no
remedy; shuffled labels; digits mirrored; BatchNorm left out, or left in training mode; single
members of a dropout ensemble.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from workshop.core.device import choose, threads
from workshop.core.results import Result, run_tasks
from workshop.core.settings import Settings, part
from workshop.day2.generalization import batchnorm, climb, diagnosis, dropout, remedies

TASKS = {
    "diagnosis": diagnosis,
    "remedies": remedies,
    "dropout": dropout,
    "batchnorm": batchnorm,
    "climb": climb,
}


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the lesson, task by task."""

    diagnosis: diagnosis.Config = part(diagnosis.Config, help="four runs, diagnosed")
    remedies: remedies.Config = part(remedies.Config, help="every remedy on few digits")
    dropout: dropout.Config = part(dropout.Config, help="a tiny network's sub-networks")
    batchnorm: batchnorm.Config = part(batchnorm.Config, help="a deep network with and without")
    climb: climb.Config = part(climb.Config, help="an MLP on MNIST-5k, all remedies")


def run(
    config: Config = Config(),
    *,
    seed: int = 0,
    device: str | torch.device = "cpu",
    progress: bool = False,
) -> Result:
    """All tasks, one after the other, on one thread: their networks are small."""
    with threads(1):
        return run_tasks(TASKS, config, seed=seed, device=choose(device), progress=progress)
