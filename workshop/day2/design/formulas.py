"""The losses of book 2.1.5 by hand, from probabilities as the book has them.

In real work the model returns logits and the loss applies sigmoid or softmax inside, which is safe
at any score: nn.BCEWithLogitsLoss and nn.CrossEntropyLoss. Shapes: m examples, K classes.
"""

from __future__ import annotations

import torch
from torch import Tensor

LOWEST_LOG = -100.0  # log(0) is -infinity; nn.BCELoss stops here, and so do we


def mean_squared_error(p: Tensor, y: Tensor) -> Tensor:
    """1/m sum (p - y)^2 (eq-2.4), p and y of one shape -> ()."""
    return (p - y).square().mean()


def mean_absolute_error(p: Tensor, y: Tensor) -> Tensor:
    """1/m sum |p - y| (named beside eq-2.4), p and y of one shape -> ()."""
    return (p - y).abs().mean()


def binary_cross_entropy(p: Tensor, y: Tensor) -> Tensor:
    """-1/m sum [y log p + (1 - y) log(1 - p)] (eq-2.5, with the bracket that the book lost).

    p in [0, 1] and y 0. or 1., of one shape -> (). A logarithm below -100 counts as -100.
    """
    log_p = p.log().clamp(min=LOWEST_LOG)
    log_not_p = (1 - p).log().clamp(min=LOWEST_LOG)
    return -(y * log_p + (1 - y) * log_not_p).mean()


def cross_entropy_by_loops(p: Tensor, y: Tensor) -> Tensor:
    """-1/m sum_i sum_k y_ik log p_ik by two loops (eq-2.6, alg-2).

    p (m, K) probabilities, y (m, K) one-hot or soft labels -> ().
    """
    total = torch.zeros(())
    for i in range(len(y)):
        for k in range(y.shape[1]):
            if y[i, k] > 0:  # 0 * log(0) is 0 on paper, not a number on a computer
                total = total - y[i, k] * torch.log(p[i, k])
    return total / len(y)
