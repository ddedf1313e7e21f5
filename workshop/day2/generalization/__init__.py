"""A model must be right on what it has never seen: tell what ails it, and treat that.

    error on new examples = training error (bias) + what is added on new ones (variance)

Book 2.3 to 2.3.3, a file for each: `diagnosis`, `remedies` (every one tried on 500 digits), `dropout`,
`regularization`, `augmentation`, `batchnorm`, and `climb`, all of it together on MNIST-5k.
Shapes: B examples, H by W pixels, C classes, n units of a layer.
Targets: four runs told apart; what each remedy reaches; an MLP with at least 0.965 on MNIST-5k.
Controls: no remedy; labels dealt out at random; digits mirrored; BatchNorm left out, or left in
training mode; single members of a dropout ensemble.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from workshop.core.data import load
from workshop.core.device import choose, threads
from workshop.core.results import Result
from workshop.core.settings import Settings, part
from workshop.day2.generalization import batchnorm, climb, diagnosis, dropout, remedies


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the lesson, a group for each task."""

    diagnosis: diagnosis.Config = part(diagnosis.Config, help="four runs, told apart")
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
    """All five tasks, one after the other; `progress` names each as it begins.

    On one thread: these networks are small, so handing out the work would cost more than the work.
    """
    from tqdm.auto import tqdm

    device = choose(device)
    data = load("mnist5k").to(device)
    tasks = {
        "diagnosis": lambda: diagnosis.run(config.diagnosis, data, seed=seed),
        "remedies": lambda: remedies.run(config.remedies, data, seed=seed),
        "dropout": lambda: dropout.run(config.dropout, seed=seed, device=device),
        "batchnorm": lambda: batchnorm.run(config.batchnorm, data, seed=seed),
        "climb": lambda: climb.run(config.climb, data, seed=seed),
    }
    metrics, histories = [], {}
    with threads(1), tqdm(tasks.items(), disable=not progress, leave=False) as bar:
        for name, task in bar:
            bar.set_description(name)
            measured, curves = task()
            metrics += measured
            histories |= curves
    return Result(tuple(metrics), histories)
