"""A new point has the label of the known point that is nearest to it.

Shapes: N known points, B new ones, n features; known (N, n), x (B, n), labels (N,).
Target: most held-out points get their label. Control: with shuffled labels half of them do.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from workshop.core.device import choose
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings, setting


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the lesson."""

    examples: int = setting(400, at_least=2, help="points; half of them are held out")
    gap: float = setting(4.0, above=0, help="distance of the two clouds, in standard deviations")


def nearest_point(x: Tensor, known: Tensor) -> Tensor:
    """The index of the known point nearest to each x: (B, n), (N, n) -> (B,)."""
    return (x[:, None] - known).square().sum(dim=2).argmin(dim=1)


def run(
    config: Config = Config(),
    *,
    seed: int = 0,
    device: str | torch.device = "cpu",
    progress: bool = False,
) -> Result:
    """Label held-out points of two clouds by their neighbours, and by wrong ones."""
    device = choose(device)
    g = torch.Generator().manual_seed(seed)
    half = config.examples // 2
    y = torch.arange(2 * half) % 2
    x = torch.randn(2 * half, 2, generator=g) + config.gap * y[:, None]
    shuffled = y[:half][torch.randperm(half, generator=g)]
    x, y, shuffled = x.to(device), y.to(device), shuffled.to(device)

    neighbours = nearest_point(x[half:], x[:half])
    right = (y[:half][neighbours] == y[half:]).sum().item()
    by_chance = (shuffled[neighbours] == y[half:]).sum().item()
    return Result(
        (
            Measured.count("test_accuracy", right, half),
            Measured.count("shuffled_labels_accuracy", by_chance, half),
        )
    )
