"""Every remedy of the book tried on 500 digits, one at a time, and its effect measured.

    effect = accuracy on digits never seen, with the remedy - without it

Book 2.3.1 and 2.3.2. Against high bias, from a network with 2 hidden units; against high variance,
from one with 256 + 256. Targets: what the remedies that help reach. Controls: both networks without
any; images mirrored, which does not keep the label; shuffled labels, which are learned by heart and
say nothing about a new digit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn

from workshop.core.checks import expect
from workshop.core.data import Split, load
from workshop.core.device import seed_everything
from workshop.core.results import Result
from workshop.core.settings import Settings, setting
from workshop.core.training import Scores, count_correct, evaluate
from workshop.day2.generalization.augmentation import Augment
from workshop.day2.generalization.networks import cnn, mlp, training
from workshop.day2.generalization.regularization import train_until_best


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the comparison."""

    examples: int = setting(500, at_least=10, at_most=3500, help="digits to learn from")
    epochs: int = setting(60, at_least=1, help="passes over them, against high variance")


@dataclass(frozen=True, kw_only=True)
class Setup:
    """A network and how it is trained; a remedy changes one thing in it."""

    hidden: tuple[int, ...] = (256, 256)  # (): a small CNN instead of an MLP
    epochs: int = 60
    lr: float = 1e-3
    one_cycle: bool = False
    batch_norm: bool = False
    dropout: float = 0.0
    weight_decay: float = 0.0
    augment: bool = False
    mirror: bool = False  # with augment: left and right swapped too
    patience: int = 0  # of early stopping; 0: none

    def network(self) -> nn.Module:
        """A new one, its weights drawn from torch's generator."""
        augment = Augment(mirror=self.mirror) if self.augment else None
        if not self.hidden:
            return cnn(augment=augment)
        return mlp(*self.hidden, batch_norm=self.batch_norm, dropout=self.dropout, augment=augment)


def against_high_bias() -> dict[str, Setup]:
    """Section 2.3.1, one after the other, from a network that is too small."""
    start = Setup(hidden=(2,), epochs=10)
    return {
        "2 units": start,
        "more units": replace(start, hidden=(64,)),
        "more layers": replace(start, hidden=(2, 2, 2)),
        "a CNN": replace(start, hidden=()),
        "trained longer": replace(start, epochs=100),
    }


def against_high_variance(epochs: int = 60) -> dict[str, Setup]:
    """Section 2.3.2, one after the other, from a network that knows its 500 digits by heart."""
    start = Setup(epochs=epochs)
    schedule: dict[str, Any] = {"lr": 1e-2, "one_cycle": True}
    return {
        "256 + 256 units": start,
        "fewer units": replace(start, hidden=(16,)),
        "weight decay": replace(start, weight_decay=0.5),
        "early stopping": replace(start, patience=5),
        "dropout": replace(start, dropout=0.5),
        "BatchNorm": replace(start, batch_norm=True),
        "augmentation": replace(start, augment=True),
        "augmentation, mirrored too": replace(start, augment=True, mirror=True),
        "augmentation, BatchNorm, one-cycle": replace(
            start, augment=True, batch_norm=True, **schedule
        ),
        "CNN, augmentation, one-cycle": replace(start, hidden=(), augment=True, **schedule),
    }


def first(data: Split, count: int) -> Split:
    """The first `count` examples.

    Raises:
        ValueError: there are not so many.
    """
    expect(0 < count <= len(data), "count", count, f"1 to {len(data)}")
    return Split(data.x[:count], data.y[:count])


def train_and_score(
    setup: Setup,
    train: Split,
    held_out: Mapping[str, Split],
    *,
    seed: int,
    validation: Split | None = None,
) -> dict[str, Scores]:
    """Train a setup on `train`, on its device; accuracy and loss on `train` and the other parts.

    Raises:
        ValueError: the setup stops early, and there is no validation part to tell when.
    """
    enough = setup.patience == 0 or validation is not None
    expect(enough, "validation", validation, "a Split: early stopping looks at it")
    seed_everything(seed)
    model = setup.network().to(train.x.device)
    epochs = training(
        model,
        train,
        epochs=setup.epochs,
        lr=setup.lr,
        one_cycle=setup.one_cycle,
        seed=seed,
        weight_decay=setup.weight_decay,
        validation=validation if setup.patience else None,
    )
    if setup.patience:
        train_until_best(epochs, model, patience=setup.patience)
    else:
        for _ in epochs:
            pass
    parts = {"train": train, **held_out}
    return {
        name: evaluate(
            model, part, loss_fn=nn.CrossEntropyLoss(), metrics={"accuracy": count_correct}
        )
        for name, part in parts.items()
    }


def learning_curve(
    setup: Setup, data: Split, held_out: Split, counts: Iterable[int], *, updates: int, seed: int
) -> dict[int, dict[str, Scores]]:
    """More data as a remedy: the scores after as many updates on ever more examples."""
    curve = {}
    for count in counts:
        epochs = max(1, round(updates * 50 / count))  # 50 examples are a batch
        few = first(data, count)
        curve[count] = train_and_score(
            replace(setup, epochs=epochs), few, {"held out": held_out}, seed=seed
        )
    return curve


def shuffled(data: Split, *, seed: int) -> Split:
    """The same examples with their labels in random order."""
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(seed))
    return Split(data.x, data.y[order.to(data.y.device)])


def run(config: Config, *, seed: int, device: torch.device, progress: bool) -> Result:
    """Try setups on the first digits of the training part; each is tested once."""
    from tqdm.auto import tqdm

    data = load("mnist5k").to(device)
    few, setups = first(data.train, config.examples), against_high_variance(config.epochs)
    tried = {  # name of the metric -> (setup, what it learns from)
        "two_units": (against_high_bias()["2 units"], few),
        "more_units": (against_high_bias()["more units"], few),
        "no_remedy": (setups["256 + 256 units"], few),
        "random_labels": (setups["256 + 256 units"], shuffled(few, seed=seed)),
        "weight_decay": (setups["weight decay"], few),
        "dropout": (setups["dropout"], few),
        "augmentation": (setups["augmentation"], few),
        "mirrored": (setups["augmentation, mirrored too"], few),
        "together": (setups["augmentation, BatchNorm, one-cycle"], few),
        "cnn": (setups["CNN, augmentation, one-cycle"], few),
    }
    metrics = []
    for name in tqdm(tried, "remedies", leave=False, disable=not progress):
        setup, examples = tried[name]
        scores = train_and_score(setup, examples, {"test": data.test}, seed=seed)
        metrics.append(scores["test"].measured("accuracy", f"{name}_accuracy"))
        if name == "random_labels":
            metrics.append(scores["train"].measured("accuracy", "random_labels_by_heart"))
    return Result(tuple(metrics))
