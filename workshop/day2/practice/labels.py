"""Wrong labels, and how a model that never saw them finds them: confident learning.

    t_j = mean of p_j over the examples labelled j;   suspect: p_j >= t_j for some other class j

Book 2.7.2 (fig-2.24). Shapes: N examples, C classes; p (N, C) out of fold: no model judges a label
that it has learned. Northcutt, Jiang, Chuang: Confident Learning, 2021.
Target: precision and recall among 30 % wrong labels. What they are worth: see `comparison`.
"""

from __future__ import annotations

import torch
from torch import Tensor


def with_wrong_labels(y: Tensor, share: float, *, classes: int = 10, seed: int) -> Tensor:
    """Labels (N,), of which this share, drawn at random, is now one of the other classes, evenly.

    Raises:
        ValueError: a share below 0 or above 1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share: got {share}, expected 0 to 1")
    draws = torch.Generator().manual_seed(seed)
    rows = torch.randperm(len(y), generator=draws)[: round(share * len(y))]
    steps = torch.zeros(len(y), dtype=torch.long)
    steps[rows] = torch.randint(1, classes, (len(rows),), generator=draws)  # never 0: a change
    return (y + steps.to(y.device)) % classes


# --- by hand -------------------------------------------------------------------------------------


def confident_thresholds(p: Tensor, labels: Tensor) -> Tensor:
    """How sure the model is of class j, on average, where the label says j: (C,).

    p (N, C), labels (N,). A class that no label names gets a threshold that nothing reaches.
    """
    thresholds = torch.full((p.shape[1],), torch.inf, device=p.device)
    for j in range(p.shape[1]):
        if (labels == j).any():
            thresholds[j] = p[labels == j, j].mean()
    return thresholds


def confident_guess(p: Tensor, labels: Tensor) -> Tensor:
    """The likeliest class of those that reach their threshold (N,), -1 where none does."""
    reached = p >= confident_thresholds(p, labels)
    guess = torch.where(reached, p, -1.0).argmax(dim=1)
    return torch.where(reached.any(dim=1), guess, -1)


def suspected_labels(p: Tensor, labels: Tensor) -> Tensor:
    """Which labels are probably wrong, by confident learning: (N,) bool.

    Args:
        p: probabilities (N, C), out of fold.
        labels: class ids (N,), every class among them.

    Returns:
        True where some class reaches its threshold, the mean of its probability over the examples
        that are labelled with it, and the likeliest of those that do is not the label.
    """
    classes = p.shape[1]
    thresholds = torch.stack([p[labels == j, j].mean() for j in range(classes)])
    reached = p >= thresholds
    guess = torch.where(reached, p, torch.zeros_like(p)).argmax(dim=1)
    return reached.any(dim=1) & (guess != labels)


def disagreeing_labels(p: Tensor, labels: Tensor) -> Tensor:
    """The blunter way: every label that is not the model's first choice is suspect, (N,) bool."""
    return p.argmax(dim=1) != labels


def found(suspected: Tensor, wrong: Tensor) -> tuple[int, int, int]:
    """How many wrong labels are suspected, how many are suspected, how many are wrong.

    The first by the second is the precision, by the third the recall.
    """
    return int((suspected & wrong).sum()), int(suspected.sum()), int(wrong.sum())
