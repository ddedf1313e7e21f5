"""Is a model that is 90 % sure right nine times of ten?

    ECE = sum over bins of (share of the examples in it) * |how often right - how sure on average|

Book 2.7.1 (one number is not enough). Shapes: N examples, C classes. Clothes of Fashion-MNIST, whose
network is trained until it is too sure of itself. Target: one number, the temperature, found on
validation examples, fixes most of that, on the test set too. Control: left as it is.
Guo, Pleiss, Sun, Weinberger: On Calibration of Modern Neural Networks, 2017.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from workshop.core.data import load
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings, setting
from workshop.day2.practice.training import predict, train


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the network that is too sure of itself."""

    epochs: int = setting(30, at_least=1, help="passes over the clothes")
    bins: int = setting(10, at_least=1, help="steps of the reliability diagram")


# --- by hand -------------------------------------------------------------------------------------


def calibration_error(sure: Tensor, right: Tensor, bins: int) -> Tensor:
    """The expected calibration error: between how sure a model is and how often it is right.

    Args:
        sure: the probability of the predicted class, (N,), in (0, 1].
        right: whether the prediction is right, (N,) bool.
        bins: how many equal steps from 0 to 1; each includes its upper end, not its lower.

    Returns:
        A number, shape (); bins without examples add nothing.
    """
    place = (sure * bins).ceil()  # 1 to bins
    error = torch.zeros(())
    for k in range(1, bins + 1):
        inside = place == k
        if inside.any():
            gap = right[inside].float().mean() - sure[inside].mean()
            error = error + inside.float().mean() * gap.abs()
    return error


def reliability(sure: Tensor, right: Tensor, bins: int) -> tuple[Tensor, Tensor, Tensor]:
    """Of each bin that is not empty: mean confidence, share that is right, examples; (K,) each."""
    place = (sure * bins).ceil()
    used = [place == k for k in range(1, bins + 1) if (place == k).any()]
    return (
        torch.stack([sure[inside].mean() for inside in used]),
        torch.stack([right[inside].float().mean() for inside in used]),
        torch.stack([inside.sum() for inside in used]),
    )


def best_temperature(logits: Tensor, y: Tensor) -> float:
    """The T, of 201 from 0.1 to 10, with the lowest cross-entropy of logits / T; validation only.

    All logits are divided by the same number, so predictions stay and only the confidence changes:
    T above 1 lowers it.
    """
    temperatures = torch.logspace(-1, 1, 201)
    losses = torch.stack([F.cross_entropy(logits / t, y).cpu() for t in temperatures.tolist()])
    return temperatures[losses.argmin()].item()


# --- measured ------------------------------------------------------------------------------------


def confidence(logits: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """How sure (N,) the model is of what it says, and whether that is right (N,), on the CPU."""
    sure, guess = logits.softmax(dim=1).max(dim=1)
    return sure.cpu(), (guess == y).cpu()


def run(config: Config, *, seed: int, device: torch.device, progress: bool) -> Result:
    """Train, choose the temperature on validation, and test once, with it and without."""
    data = load("fashion_mnist").to(device)
    model = train(data.train, seed=seed, epochs=config.epochs)
    temperature = best_temperature(predict(model, data.validation.x), data.validation.y)
    logits, y = predict(model, data.test.x), data.test.y
    sure, right = confidence(logits, y)
    cooled, _ = confidence(logits / temperature, y)
    before, after = (calibration_error(s, right, config.bins).item() for s in (sure, cooled))
    return Result(
        (
            Measured.count("clothes_accuracy", int(right.sum()), len(y)),
            Measured("temperature", temperature),
            Measured("calibration_error_untreated", before),
            Measured("calibration_error", after),
        )
    )
