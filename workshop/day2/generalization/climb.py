"""What this lesson taught, put together on all of MNIST-5k: an MLP regularised, an MLP augmented.

    3,500 digits to learn from, 500 to choose by; then both together, and the 1,000 of the test once

Book 2.3.2 and 2.3.3. Target: the MLP with all remedies reads the test digits. Control: the same MLP
with no remedy misses that by far.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from workshop.core.data import Split, load
from workshop.core.device import seed_everything
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings, setting
from workshop.core.training import History, count_correct, evaluate
from workshop.day2.generalization.augmentation import Augment
from workshop.day2.generalization.networks import mlp, training


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the three networks; chosen on the validation part."""

    hidden: tuple[int, ...] = setting((512, 256), at_least=1, help="units of each hidden layer")
    dropout: float = setting(0.5, at_least=0, below=1, help="of the regularised network")
    epochs: int = setting(15, at_least=1, help="passes without augmentation")
    augmented_epochs: int = setting(30, at_least=1, help="passes with augmentation")
    lr: float = setting(0.01, above=0, help="top of the one-cycle schedule")
    smoothing: float = setting(0.1, at_least=0, below=1, help="label smoothing, with augmentation")
    degrees: float = setting(12.0, at_least=0, help="augmentation: turned so far at most")
    shift: float = setting(0.08, at_least=0, help="augmentation: moved so far, of the size")
    scale: float = setting(0.12, at_least=0, below=1, help="augmentation: resized so much at most")


KINDS = ("plain", "regularised", "augmented")


def network(config: Config, kind: str) -> nn.Module:
    """A new network of one of the KINDS.

    Raises:
        KeyError: another kind.
    """
    if kind not in KINDS:
        raise KeyError(f"kind: got {kind!r}, expected one of {', '.join(KINDS)}")
    if kind == "plain":
        return mlp(*config.hidden)
    if kind == "regularised":
        return mlp(*config.hidden, batch_norm=True, dropout=config.dropout)
    augment = Augment(config.degrees, config.shift, config.scale)
    return mlp(*config.hidden, batch_norm=True, augment=augment)


def epochs_of(
    config: Config,
    kind: str,
    model: nn.Module,
    data: Split,
    *,
    seed: int,
    validation: Split | None = None,
) -> Iterator[History]:
    """Train `model` on `data` in the way of its kind: yields the history after each epoch."""
    options: dict[str, Any] = {"seed": seed, "validation": validation, "batch_size": 100}
    if kind == "plain":  # a constant rate, the usual one
        return training(model, data, epochs=config.epochs, **options)
    options |= {"lr": config.lr, "one_cycle": True}
    if kind == "regularised":
        return training(model, data, epochs=config.epochs, **options)
    options["smoothing"] = config.smoothing
    return training(model, data, epochs=config.augmented_epochs, **options)


def run(config: Config, *, seed: int, device: torch.device, progress: bool) -> Result:
    """Refit each kind on training and validation part together, and test it once."""
    from tqdm.auto import tqdm

    data = load("mnist5k").to(device)
    metrics: list[Measured] = []
    histories = {}
    for kind in tqdm(KINDS, "all of MNIST-5k", leave=False, disable=not progress):
        seed_everything(seed)
        model = network(config, kind).to(device)
        for history in epochs_of(config, kind, model, data.development, seed=seed):
            histories[kind] = history
        score = evaluate(model, data.test, metrics={"accuracy": count_correct})
        metrics.append(score.measured("accuracy", f"{kind}_accuracy"))
    return Result(tuple(metrics), histories)
