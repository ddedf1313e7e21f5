"""The loss functions by hand: how wrong a prediction is, as one number with a slope.

Book 1.6.1 and 2.1.5. Shapes: N examples, C classes, L labels that may hold at the same time. A loss
takes the prediction first and the label second, as torch does, and returns a mean, shape ().
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Loss = Callable[[Tensor, Tensor], Tensor]  # (prediction, y) -> ()
LOWEST_LOG = -100.0  # what nn.BCELoss takes for the logarithm of 0, instead of minus infinity


def same_shape(prediction: Tensor, y: Tensor) -> None:
    """Refuse a column (N, 1) beside a row (N,): torch would quietly make a table (N, N) of them.

    Raises:
        ValueError: the two shapes differ.
    """
    if prediction.shape != y.shape:
        raise ValueError(
            f"prediction and label: got shapes {tuple(prediction.shape)} and {tuple(y.shape)}, "
            f"expected one shape for both; squeeze(1) or [:, None] fixes a column beside a row"
        )


# --- a number: regression ------------------------------------------------------------------------


def mse(yhat: Tensor, y: Tensor) -> Tensor:
    """Mean squared error (eq-mse, eq-2.4): yhat and y of one shape -> ()."""
    same_shape(yhat, y)
    return (yhat - y).square().mean()


def mae(yhat: Tensor, y: Tensor) -> Tensor:
    """Mean absolute error (eq-2.4): yhat and y of one shape -> (), in the units of y."""
    same_shape(yhat, y)
    return (yhat - y).abs().mean()


# --- yes or no, once or for several labels -------------------------------------------------------


def clamped_log(p: Tensor) -> Tensor:
    """log p, but nowhere below -100, so that a certain error is expensive instead of infinite.

    The slope is 0 where it is cut off. (nn.BCELoss has the same values; at p = 0 its slope is
    1e12, which helps nobody either. From logits nothing needs to be cut off.)
    """
    above = p > 0
    log = torch.where(above, p, torch.ones_like(p)).log()  # never of 0: its slope would be nan
    return torch.where(above, log, torch.full_like(p, LOWEST_LOG)).clamp(min=LOWEST_LOG)


def binary_cross_entropy(p: Tensor, y: Tensor) -> Tensor:
    """BCE from probabilities (eq-2.5, its bracket corrected): p in [0, 1], y of 0 and 1 -> ().

    For several labels per example, p and y are (N, L): each label is a yes or no of its own.
    """
    same_shape(p, y)
    return -(y * clamped_log(p) + (1 - y) * clamped_log(1 - p)).mean()


def bce_with_logits(z: Tensor, y: Tensor) -> Tensor:
    """BCE from logits, p = sigmoid(z): log(1 + exp(z)) - y z, fine at z = +-1000 too.

    z and y of one shape, (N,), (N, 1) or (N, L) -> (). Its slope is sigmoid(z) - y over the count.
    """
    same_shape(z, y)
    return (torch.logaddexp(z, torch.zeros_like(z)) - y * z).mean()


# --- one class of many ---------------------------------------------------------------------------


def cce_loops(p: Tensor, y: Tensor) -> Tensor:
    """-1/m sum_i sum_k y_ik log p_ik by two loops (eq-2.6, alg-2).

    p (N, C) probabilities, y (N, C) one-hot or soft labels -> ().
    """
    total = p.new_zeros(())
    for i in range(len(y)):
        for k in range(y.shape[1]):
            if y[i, k] > 0:  # 0 * log(0) is 0 on paper, not a number on a computer
                total = total - y[i, k] * torch.log(p[i, k])
    return total / len(y)


def cce(p: Tensor, y: Tensor) -> Tensor:
    """The same without loops (eq-2.6): p (N, C) probabilities, y (N, C) one-hot -> ()."""
    same_shape(p, y)
    return -(y * clamped_log(p)).sum(dim=1).mean()


def cross_entropy(logits: Tensor, y: Tensor) -> Tensor:
    """The same from logits (N, C) and class ids y (N,), as nn.CrossEntropyLoss takes them -> ().

    log softmax(z)_k = z_k - log sum_j exp(z_j); of each row only that of the right class counts.
    """
    log_p = logits - logits.logsumexp(dim=1, keepdim=True)
    return -log_p[torch.arange(len(y), device=y.device), y].mean()


def soft_cross_entropy(logits: Tensor, y: Tensor) -> Tensor:
    """The same from logits (N, C) and shares y (N, C): one-hot, or spread over several classes."""
    same_shape(logits, y)
    return -(y * (logits - logits.logsumexp(dim=1, keepdim=True))).sum(dim=1).mean()


# --- two samples of numbers ----------------------------------------------------------------------


def wasserstein_1d(a: Tensor, b: Tensor) -> Tensor:
    """How far a number has to be moved, on average, to turn a (N,) into b (N,) -> ().

    In one dimension nothing beats moving the smallest to the smallest, the next to the next.

    Raises:
        ValueError: a and b are not equally many numbers; see `wasserstein`.
    """
    same_shape(a, b)
    return (a.sort().values - b.sort().values).abs().mean()


def wasserstein(a: Tensor, b: Tensor) -> Tensor:
    """The same for samples of any two sizes, a (N,) and b (M,), as scipy computes it -> ().

    Each of a's numbers weighs 1 / N, each of b's 1 / M. In units of 1 / (N M) the borders between
    them are whole numbers, so nothing is rounded; between two borders all goes one way.

    Raises:
        ValueError: one of them is empty or not a row of numbers.
    """
    if a.ndim != 1 or b.ndim != 1 or not len(a) or not len(b):
        raise ValueError(
            f"samples: got shapes {tuple(a.shape)} and {tuple(b.shape)}, expected "
            f"(N,) and (M,) with N, M > 0"
        )
    n, m = len(a), len(b)
    borders = torch.cat([torch.arange(n) * m, torch.arange(m) * n, torch.tensor([n * m])]).unique()
    start, share = borders[:-1].to(a.device), borders.diff().to(a.device, a.dtype) / (n * m)
    return (share * (a.sort().values[start // m] - b.sort().values[start // n]).abs()).sum()


# --- a metric that is no loss --------------------------------------------------------------------


def misses(z: Tensor, y: Tensor) -> Tensor:
    """1 - accuracy, written so that autograd takes it: z logits, y of 0 and 1, one shape -> ().

    It is flat wherever it has a slope at all, so the slope says nothing (q-3).
    """
    same_shape(z, y)
    return (1 - torch.sign(z) * (2 * y - 1)).mean() / 2
