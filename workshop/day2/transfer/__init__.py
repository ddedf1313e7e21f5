"""What was learned elsewhere: a network that has seen a million photos needs few of yours.

    logits = head(backbone(x)),  backbone from the old task, head new

Book 2.3.4, example 4. digits.py moves a small CNN of our own from the digits 0 to 4 to the digits 5
to 9; lite0.py is EfficientNet-Lite0, which learned ImageNet; scenes.py makes the task, photos pasted
on backgrounds; regimes.py has the four ways to learn it: from scratch, with a frozen backbone, with its
last blocks fine-tuned, with all of it fine-tuned; photos.py measures them; backbone.py brings other
backbones, export.py takes the model out of the notebook. Shapes: B photos, S pixels a side, D features,
K kinds. Targets: few examples suffice where something was learned before. Controls: the same from
scratch does not reach it; and with enough examples of the digits the lead is gone.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from workshop.core.device import choose
from workshop.core.results import Result
from workshop.core.settings import Settings, part, setting
from workshop.day2.transfer import digits, photos
from workshop.day2.transfer.backbones import check_backbone, load_backbone


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the lesson."""

    backbone: str = setting("lite0", help="the backbone: lite0, or a classifier of torchvision")
    digits: digits.Config = part(digits.Config, help="digits 0 to 4, then 5 to 9")
    photos: photos.Config = part(photos.Config, help="photos in four regimes")

    def __post_init__(self) -> None:
        """Refuse settings out of range."""
        super().__post_init__()
        check_backbone(self.backbone)


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
    device = choose(device)
    backbone = load_backbone(config.backbone)  # first: it may not be there
    numbers, histories = digits.measure(config.digits, seed=seed, device=device, progress=progress)
    more, others = photos.measure(
        config.photos, backbone, seed=seed, device=device, progress=progress
    )
    return Result((*numbers, *more), histories | others)
