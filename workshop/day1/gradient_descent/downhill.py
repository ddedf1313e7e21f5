"""Going downhill on a function: the slope, by hand and by torch, and steps against it.

    x := x - lr * dy/dx

Book 1.6.2. Shapes: x (n,) or any shape where a function works on each element, p (..., 2) = (w, b).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

# --- functions to walk down on -------------------------------------------------------------------


def valley(x: Tensor) -> Tensor:
    """f(x) = (x - 2)^2 / 2 + 1, with one minimum, at 2 (fig-1.14); any shape -> the same."""
    return (x - 2) ** 2 / 2 + 1


def valley_slope(x: Tensor) -> Tensor:
    """The derivative of `valley`, x - 2; any shape -> the same."""
    return x - 2


def two_valleys(x: Tensor) -> Tensor:
    """f(x) = x^4 / 4 - 2 x^2 + x / 2: a deep minimum near -2.06, a shallow one near 1.93."""
    return x**4 / 4 - 2 * x**2 + x / 2


def two_valleys_slope(x: Tensor) -> Tensor:
    """The derivative of `two_valleys`, x^3 - 4 x + 1/2; any shape -> the same."""
    return x**3 - 4 * x + 0.5


def bowl(p: Tensor) -> Tensor:
    """(w^2 + 10 b^2) / 2 of points p = (w, b), a valley steep to the sides: (..., 2) -> (...)."""
    return (p[..., 0] ** 2 + 10 * p[..., 1] ** 2) / 2


def bowl_slope(p: Tensor) -> Tensor:
    """The gradient of `bowl`, (w, 10 b): (..., 2) -> (..., 2)."""
    return torch.stack([p[..., 0], 10 * p[..., 1]], dim=-1)


def ripples(x: Tensor) -> Tensor:
    """sin(3 x) summed, plus the product of all x: (n,) -> (); every input matters to the others."""
    return torch.sin(3 * x).sum() + x.prod()


# --- by hand ---------------------------------------------------------------------------------------


def numerical_gradient(f: Callable[[Tensor], Tensor], x: Tensor, h: float) -> Tensor:
    """Partial derivatives by central differences (note-4): f (n,) -> (), x (n,) -> (n,)."""
    slopes = []
    for i in range(len(x)):
        step = torch.zeros_like(x)
        step[i] = h
        slopes.append((f(x + step) - f(x - step)) / (2 * h))
    return torch.stack(slopes)


def descend(slope: Callable[[Tensor], Tensor], start: Tensor, lr: float, steps: int) -> Tensor:
    """The path of x := x - lr * slope(x) (eq-1.22), start first: (...) -> (steps + 1, ...)."""
    path = [start]
    for _ in range(steps):
        path.append(path[-1] - lr * slope(path[-1]))
    return torch.stack(path)


def log_square_slope(x: Tensor) -> Tensor:
    """d/dx log(x^2) by the chain rule, f'(g(x)) g'(x) (eq-1.25); x not 0, any shape -> the same."""
    inner, inner_slope = x**2, 2 * x  # g(x) and g'(x)
    return 1 / inner * inner_slope  # f = log, so f'(z) = 1 / z


# --- with torch ------------------------------------------------------------------------------------


def gradient(f: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """The gradient of f at x by autograd, in the shape of x; the values of f are summed."""
    x = x.detach().clone().requires_grad_()
    return torch.autograd.grad(f(x).sum(), x)[0]


def descend_with_torch(
    f: Callable[[Tensor], Tensor], start: Tensor, lr: float, steps: int
) -> Tensor:
    """`descend` with autograd and torch.optim.SGD in place of our slope and our update."""
    x = start.detach().clone().requires_grad_()
    optimizer, path = torch.optim.SGD([x], lr=lr), [start]
    for _ in range(steps):
        optimizer.zero_grad()
        f(x).sum().backward()
        optimizer.step()
        path.append(x.detach().clone())
    return torch.stack(path)
