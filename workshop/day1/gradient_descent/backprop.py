"""A network trained by hand: every gradient by the chain rule, from the output layer backwards.

    dJ/dW2 = dJ/dz2^T a1,   dJ/dz1 = (dJ/dz2 W2) * g'(z1),   dJ/dW1 = dJ/dz1^T x

Book 1.6.2 and algorithm 1. Shapes: B examples of N in a batch, D inputs, H hidden units, C classes;
x (B, D), y (B,) class ids, W1 (H, D), b1 (H,), W2 (C, H), b2 (C,).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

# --- by hand ---------------------------------------------------------------------------------------


def initialise(sizes: Sequence[int], seed: int) -> list[Tensor]:
    """[W1, b1, W2, b2, ...] for layers of these sizes: weights at random, biases 0 (alg-1).

    The weights of a layer are uniform within 1 / sqrt(its inputs), as nn.Linear has them.
    """
    g = torch.Generator().manual_seed(seed)
    params = []
    for inputs, outputs in zip(sizes[:-1], sizes[1:], strict=True):
        params.append((2 * torch.rand(outputs, inputs, generator=g) - 1) / inputs**0.5)
        params.append(torch.zeros(outputs))
    return params


def backward(
    x: Tensor, y: Tensor, W1: Tensor, b1: Tensor, W2: Tensor, b2: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Backpropagation (sec-backprop): the gradients of the mean cross-entropy of a 2-layer MLP.

    x (B, D), y (B,) class ids -> dW1 (H, D), db1 (H,), dW2 (C, H), db2 (C,): each has the shape of
    what it belongs to. ReLU's slope at 0 counts as 0.
    """
    z1 = x @ W1.T + b1  # forward, keeping what is needed on the way back
    a1 = z1.clamp(min=0)
    z2 = a1 @ W2.T + b2
    right = nn.functional.one_hot(y, len(b2))
    dz2 = (z2.softmax(dim=1) - right) / len(x)  # the loss, towards the logits (B, C)
    dW2, db2 = dz2.T @ a1, dz2.sum(dim=0)
    dz1 = (dz2 @ W2) * (z1 > 0)  # back through W2 and the bend (B, H)
    dW1, db1 = dz1.T @ x, dz1.sum(dim=0)
    return dW1, db1, dW2, db2


def loss_and_gradients(
    x: Tensor, y: Tensor, params: Sequence[Tensor]
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """The mean cross-entropy () of the MLP params = [W1, b1, W2, b2], and its four gradients."""
    W1, b1, W2, b2 = params
    logits = (x @ W1.T + b1).clamp(min=0) @ W2.T + b2
    return nn.functional.cross_entropy(logits, y), backward(x, y, W1, b1, W2, b2)


def train_by_hand(
    x: Tensor, y: Tensor, sizes: tuple[int, ...], lr: float, epochs: int, batch_size: int, seed: int
) -> list[Tensor]:
    """The whole training procedure (alg-1) for an MLP of sizes (D, H, C): its W1, b1, W2, b2."""
    params = [p.to(x) for p in initialise(sizes, seed)]  # weights at random, biases 0
    order = torch.Generator().manual_seed(seed)
    for _ in range(epochs):  # an epoch: one pass over all examples
        for rows in torch.randperm(len(x), generator=order).split(batch_size):
            loss, gradients = loss_and_gradients(x[rows], y[rows], params)
            params = [p - lr * g for p, g in zip(params, gradients, strict=True)]
    return params


# --- with torch.nn ---------------------------------------------------------------------------------


def as_module(params: Sequence[Tensor]) -> nn.Sequential:
    """The network with these W1, b1, W2, b2, ...: nn.Linear layers, ReLU between; gives logits."""
    parts: list[nn.Module] = []
    for weight, bias in zip(params[::2], params[1::2], strict=True):
        linear = nn.Linear(weight.shape[1], weight.shape[0], dtype=weight.dtype)
        with torch.no_grad():
            linear.weight.copy_(weight)
            linear.bias.copy_(bias)
        parts += [linear, nn.ReLU()]
    return nn.Sequential(*parts[:-1])
