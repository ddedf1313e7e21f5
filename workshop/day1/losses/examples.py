"""What the four tasks learn from, and what a person counts to judge them.

Book 1.6.1 (q-3: a metric is for people, a loss for the optimiser). Shapes: N examples, B in a batch,
L labels that may hold at the same time.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from workshop.core.data import Data, Split, load, standardize
from workshop.day1.losses.functions import mse


def tumours() -> Data:
    """Breast cancer, standardised: x (N, 30), y (N, 1) of 0 (malignant) and 1 (benign)."""
    data = standardize(load("breast_cancer"))
    return data.map(lambda part: Split(part.x, part.y[:, None].float()))


def two_places(digits: Split, count: int, *, seed: int) -> Split:
    """Pictures of two places, each with one of `digits` (M, 64) in it three times out of four.

    Returns x (count, 128), 8 rows of 16 pixels, and y (count, 10): 1 for each digit that is there.
    So one, two or none of the ten labels hold. The same arguments give the same pictures.
    """
    g = torch.Generator().manual_seed(seed)
    which = torch.randint(len(digits), (count, 2), generator=g)
    filled = (torch.rand(count, 2, generator=g) < 0.75).float()
    images = digits.x.reshape(-1, 8, 8)[which] * filled[:, :, None, None]  # (count, 2, 8, 8)
    there = nn.functional.one_hot(digits.y[which], 10) * filled[:, :, None]  # (count, 2, 10)
    return Split(images.transpose(1, 2).flatten(1), there.amax(dim=1))


def count_exact(logits: Tensor, y: Tensor) -> Tensor:
    """In how many rows every label is right: logits and y (B, L) -> a whole number, shape ().

    Raises:
        ValueError: the shapes differ.
    """
    if logits.ndim != 2 or logits.shape != y.shape:
        raise ValueError(
            f"got logits {tuple(logits.shape)} and y {tuple(y.shape)}, expected both (B, L)"
        )
    return ((logits > 0) == (y > 0.5)).all(dim=1).sum()


def count_shares(logits: Tensor, y: Tensor) -> Tensor:
    """The same for a softmax over the labels: one is there if its share is above a half."""
    return count_exact(logits.softmax(dim=1) - 0.5, y)


def count_nearest(tenths: Tensor, y: Tensor) -> Tensor:
    """How often ten times a number, rounded, is the class: both (B, 1) -> a whole number."""
    return ((10 * tenths).round() == y).sum()


def r2(yhat: Tensor, y: Tensor, mean: Tensor) -> float:
    """1 - squared error / that of always saying `mean`, the mean of what was learned from.

    yhat and y (N, 1), mean () -> 1 for perfect, 0 for no better than the mean.
    """
    return 1 - (mse(yhat, y) / mse(mean.expand_as(y), y)).item()
