"""The exercise of lesson `toy`: the nearest point."""

from __future__ import annotations

import torch

from workshop.core.exercise import Case, Exercise, Mistake
from workshop.day1 import toy


def _cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)
    return [
        Case((torch.randn(3, 2, generator=g), torch.randn(5, 2, generator=g)), "three new points"),
        Case((torch.randn(1, 4, generator=g), torch.randn(6, 4, generator=g)), "four features"),
        Case((torch.zeros(2, 1), torch.ones(1, 1)), "a single known point"),
        Case((torch.zeros(1, 1), torch.tensor([[-3.0], [2.0]])), "a known point below zero"),
    ]


NEAREST_POINT = Exercise(
    name="nearest_point",
    lesson="toy",
    title="The nearest point",
    reference=toy.nearest_point,
    cases=_cases,
    mistakes=(
        Mistake(
            "the farthest",
            "That is the point farthest away; you want the smallest distance.",
            lambda x, known: (x[:, None] - known).square().sum(dim=2).argmax(dim=1),
        ),
        Mistake(
            "the distance instead of the index",
            "That is how far the nearest point is; you want to know which one it is.",
            lambda x, known: (x[:, None] - known).square().sum(dim=2).amin(dim=1),
        ),
        Mistake(
            "differences without a square",
            "Differences below zero count as near. Square them before you add them up.",
            lambda x, known: (x[:, None] - known).sum(dim=2).argmin(dim=1),
        ),
    ),
    hints=(
        "For one new point: how far is it from each known point?",
        "x[:, None] - known has every difference: (B, N, n).",
        "Square the differences, add them over the last dimension, and take argmin over the points.",
    ),
    alternatives=(lambda x, known: torch.cdist(x, known).argmin(dim=1),),
)

EXERCISES = (NEAREST_POINT,)
