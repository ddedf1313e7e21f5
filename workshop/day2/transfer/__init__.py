"""What was learned elsewhere: a network that has seen a million photos needs few of yours.

    logits = head(backbone(x)),  backbone from the old task, head new

Book 2.3.4, example 4. Tasks: `digits` moves a small CNN of our own from the digits 0 to 4 to the
digits 5 to 9; `photos` measures four ways to train on few photos. For it `lite0` is
EfficientNet-Lite0, trained on ImageNet; `backbones` brings others; `scenes` makes the task, photos
pasted on backgrounds; `regimes` has the four ways: from scratch, with a frozen backbone, with its
last blocks fine-tuned, with all of it fine-tuned. `export` takes the model out of the notebook.
Shapes: B photos, S pixels a side, D features, K kinds. Targets: few examples suffice where something
was learned before. Controls: the same from scratch does not reach it; and with enough examples of
the digits the lead is gone.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from workshop.core.device import choose
from workshop.core.results import Result, run_tasks
from workshop.core.settings import Settings, part
from workshop.day2.transfer import digits, photos

TASKS = {"digits": digits, "photos": photos}


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the lesson, task by task."""

    digits: digits.Config = part(digits.Config, help="digits 0 to 4, then 5 to 9")
    photos: photos.Config = part(photos.Config, help="photos in four regimes")


def run(
    config: Config = Config(),
    *,
    seed: int = 0,
    device: str | torch.device = "cpu",
    progress: bool = False,
) -> Result:
    """Digits with a backbone of our own, then photos with one from ImageNet.

    Raises:
        DataError: the weights of the backbone are not here and cannot be fetched.
    """
    return run_tasks(TASKS, config, seed=seed, device=choose(device), progress=progress)
