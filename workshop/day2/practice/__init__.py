"""When it is not good enough yet: look at the mistakes, at the labels, at the run itself.

    accuracy without a cause = (right + mistakes with that cause) / all

Book 2.7. Tasks, each in a file with settings of its own: `errors` (mistakes by cause), `calibration`
(confidence against accuracy), `comparison` (better data against a better model, with `labels` to find the
wrong ones), `disagreement` (people contradict each other too), `clinic` (broken runs, with
`symptoms` to tell them apart); `training` has the network. Shapes: N examples, C classes, K causes.
Targets: what is wrong is found and fixed. Controls: the same, not fixed.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from workshop.core.device import choose, threads
from workshop.core.results import Result, run_tasks
from workshop.core.settings import Settings, part
from workshop.day2.practice import calibration, clinic, comparison, disagreement, errors

TASKS = {
    "errors": errors,
    "calibration": calibration,
    "comparison": comparison,
    "disagreement": disagreement,
    "clinic": clinic,
}


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the lesson, task by task."""

    errors: errors.Config = part(errors.Config, help="mistakes by cause")
    calibration: calibration.Config = part(calibration.Config, help="confidence against accuracy")
    comparison: comparison.Config = part(comparison.Config, help="better data or a better model")
    disagreement: disagreement.Config = part(disagreement.Config, help="one rater against the mean")
    clinic: clinic.Config = part(clinic.Config, help="broken runs, diagnosed and fixed")


def run(
    config: Config = Config(),
    *,
    seed: int = 0,
    device: str | torch.device = "cpu",
    progress: bool = False,
) -> Result:
    """All tasks, one after the other, on one thread, since the networks are small."""
    with threads(1):
        return run_tasks(TASKS, config, seed=seed, device=choose(device), progress=progress)
