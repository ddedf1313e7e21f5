"""A training step with three faults in it, and the step as it should be.

    w := w - lr * gradient of the mean cross-entropy of the logits x @ w

Book 2.7. Shapes: B examples, D inputs, C classes; x (B, D), w (D, C), y (B,).
Each of the faults is one of the clinic's, and none of them raises an error.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def broken_steps(w: Tensor, x: Tensor, y: Tensor, lr: float, steps: int) -> Tensor:
    """Looks like gradient descent, runs, and learns next to nothing. Three faults: find them."""
    w = w.clone().requires_grad_()
    optimizer = torch.optim.SGD([w], lr=lr)
    for _ in range(steps):
        p = (x @ w).softmax(dim=1)
        log_p = p.log_softmax(dim=1)
        loss = -log_p[torch.arange(len(x)), y].mean()
        loss.backward()
        optimizer.step()
    return w.detach()


# --- by hand -------------------------------------------------------------------------------------


def mended_steps(w: Tensor, x: Tensor, y: Tensor, lr: float, steps: int) -> Tensor:
    """Gradient descent on the mean cross-entropy of the logits x @ w.

    w (D, C), x (B, D), y (B,) or (B, 1) class ids -> w after so many steps, (D, C).
    """
    for _ in range(steps):
        w = w.detach().requires_grad_()  # a fresh one, whose gradient is empty
        loss = F.cross_entropy(x @ w, y.flatten())
        (gradient,) = torch.autograd.grad(loss, w)
        w = w - lr * gradient
    return w.detach()
