"""Two numbers diagnose a model: its error on what it was trained on, and how much that grows on new.

    high bias: training error > goal          high variance: validation error - training error > gap

Book 2.3, note-14. Shapes: E epochs; errors (E,), shares between 0 and 1.
Four real runs, one of each kind; a function tells which is which from their curves alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from workshop.core.data import Data, Split, load
from workshop.core.device import seed_everything
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings, setting
from workshop.core.training import History, count_correct, evaluate
from workshop.day2.generalization.augmentation import Augment
from workshop.day2.generalization.networks import mlp, training


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the four runs, and of what is called an error too many."""

    goal: float = setting(0.05, at_least=0, at_most=1, help="training error that is good enough")
    gap: float = setting(0.05, at_least=0, at_most=1, help="extra validation error still accepted")
    epochs: int = setting(15, at_least=1, help="passes over the examples, in each of the four runs")


NAMES = {
    (True, False): "underfit",
    (False, True): "overfit",
    (True, True): "both at once",
    (False, False): "a good fit",
}


def diagnose(train: Tensor, validation: Tensor, goal: float, gap: float) -> tuple[bool, bool]:
    """High bias? High variance? (sec-2.3, note-14)

    Args:
        train: error on the training examples after each epoch, (E,).
        validation: error on the validation examples after each epoch, (E,).
        goal: a training error above it means high bias.
        gap: a validation error that is larger than the training error by more than it means high
            variance.

    Both are read at the end of the curves, as the mean of the last 5 epochs, since curves jitter.
    """
    train_end, validation_end = train[-5:].mean(), validation[-5:].mean()
    high_bias = train_end > goal
    high_variance = validation_end - train_end > gap
    return bool(high_bias), bool(high_variance)


def error_curves(
    model: nn.Module, run: Iterable[History], train: Split, validation: Split
) -> tuple[Tensor, Tensor]:
    """Train by going through `run`; the errors (E,) on both parts after each epoch.

    Both are measured in evaluation mode. The accuracy that the loop itself records is taken while
    the weights move, with dropout and augmentation on, so it is no fair partner for validation.
    """
    errors = []
    for _ in run:
        scores = (
            evaluate(model, part, metrics={"right": count_correct}) for part in (train, validation)
        )
        errors.append([1 - score["right"] for score in scores])
    train_errors, validation_errors = torch.tensor(errors).T
    return train_errors, validation_errors


def four_runs(
    config: Config, data: Data, *, seed: int, names: Iterable[str] = NAMES.values()
) -> dict[str, tuple[Tensor, Tensor]]:
    """The error curves (E,), (E,) of one run of each kind: name -> (training, validation).

    Raises:
        KeyError: an unknown name.
    """
    device = data.train.x.device
    few, fewer = (Split(data.train.x[:n], data.train.y[:n]) for n in (500, 100))
    schedule = {"lr": 1e-2, "one_cycle": True}
    kinds: dict[str, tuple[Callable[[], nn.Module], Split, dict[str, Any]]] = {
        # network, its examples, how it is trained
        "underfit": (lambda: mlp(2), data.train, {}),
        "overfit": (lambda: mlp(256, 256), few, {}),
        "both at once": (lambda: mlp(4), fewer, {"lr": 3e-3, "batch_size": 20}),
        "a good fit": (
            lambda: mlp(256, 128, batch_norm=True, augment=Augment()),
            data.train,
            schedule,
        ),
    }
    curves = {}
    for name in names:
        make, examples, options = kinds[name]
        seed_everything(seed)
        model = make().to(device)
        run = training(model, examples, epochs=config.epochs, seed=seed, **options)
        curves[name] = error_curves(model, run, examples, data.validation)
    return curves


def run(config: Config, *, seed: int, device: torch.device, progress: bool) -> Result:
    """Make one run of each kind, and diagnose all four from their curves."""
    from tqdm.auto import tqdm

    names = tqdm(NAMES.values(), "four runs", leave=False, disable=not progress)
    curves = four_runs(config, load("mnist5k").to(device), seed=seed, names=names)
    right = sum(
        NAMES[diagnose(*errors, config.goal, config.gap)] == name for name, errors in curves.items()
    )
    (train, _), (_, good) = curves["underfit"], curves["a good fit"]
    gap = curves["overfit"][1] - curves["overfit"][0]
    return Result(
        (
            Measured.count("diagnoses", right, len(curves)),
            Measured("underfit_training_error", train[-5:].mean().item()),
            Measured("overfit_gap", gap[-5:].mean().item()),
            Measured("good_fit_validation_error", good[-5:].mean().item()),
        )
    )
