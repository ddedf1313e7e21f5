"""What is measured of a training run, and which fault that points to.

    a run that has learned nothing:  loss = log C     gradients that pile up:  |used| / |fresh| > 1

Book 2.7. Shapes: B examples, C classes, N training and M validation pictures. Every symptom is a
number that a few lines can print in any training loop.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

HEALTHY = "healthy"


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What was measured while a run was trained."""

    first_loss: float  # before any step; guessing costs log C
    input_size: float  # root of the mean square of the inputs
    losses_per_example: float  # how many numbers the loss averages, per example of the batch
    outputs_sum_to_one: bool  # and none is below 0: probabilities, not logits
    gradient_ratio: float  # size of the gradient used / that of the batch's own, median
    update_ratio: float  # size of an update / size of the weights, the largest
    dead_at_start: float  # share of hidden units at 0 for all training digits, before any step
    asked_twice: float  # largest difference between two validations of the same weights
    shared: int  # validation pictures that are among the training pictures


# --- by hand -------------------------------------------------------------------------------------


def diagnose(e: Evidence, classes: int = 10) -> str:
    """The fault that the evidence points to, or 'healthy': the first rule that holds.

    First what makes every other number worthless, then how the loss is made, then the steps.
    """
    rules = {
        "validation digits in training": e.shared > 0,
        "labels of the wrong shape": e.losses_per_example != 1,
        "softmax twice": e.outputs_sum_to_one,
        "inputs not normalised": e.first_loss > 2 * math.log(classes) and e.input_size > 3,
        "dead ReLUs": e.dead_at_start > 0.5,
        "zero_grad forgotten": e.gradient_ratio > 1.5,
        "eval forgotten": e.asked_twice > 0,
        "learning rate too high": e.update_ratio > 0.3,
        "learning rate too low": e.update_ratio < 1e-4,
    }
    return next((fault for fault, holds in rules.items() if holds), HEALTHY)


# --- measuring -----------------------------------------------------------------------------------


def flat_gradient(model: nn.Module) -> Tensor:
    """All gradients as one vector; 0 where there is none yet."""
    return torch.cat(
        [(torch.zeros_like(p) if p.grad is None else p.grad).flatten() for p in model.parameters()]
    )


def look(
    model: nn.Module, before: Tensor, outputs: Tensor, each: Tensor, loss: Tensor, lr: float
) -> tuple[float, ...]:
    """One step, looked at: loss, used / fresh gradient, update / weights, sum to one?, losses each."""
    used = flat_gradient(model)
    weights = torch.cat([p.detach().flatten() for p in model.parameters()])
    shares = (outputs.sum(dim=1) - 1).abs().max() < 1e-4 and outputs.min() >= 0
    ratio = used.norm() / (used - before).norm()  # backward() adds to what was there before
    update = lr * used.norm() / weights.norm()
    return loss.item(), ratio.item(), update.item(), float(shares), each.numel() / len(outputs)


def count_shared(x: Tensor, new: Tensor) -> int:
    """How many pictures of `new` (M, ...) are in x (N, ...) too, pixel for pixel."""
    known = {picture.tobytes() for picture in x.cpu().numpy()}
    return sum(picture.tobytes() in known for picture in new.cpu().numpy())
