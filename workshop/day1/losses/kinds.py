"""Four kinds of label, each with the loss made for it, and with one that is not.

    a number -> squared error;   yes or no, or several of them -> binary cross-entropy, a sigmoid for
    each;   one class of many -> categorical cross-entropy, one softmax for all

Book 1.6.1 (q-3: a metric is for people, a loss for the optimizer). Shapes: N examples, B in a batch,
L labels that may hold at the same time; models return logits (B, 1) or (B, 10).
Controls: shuffled labels; accuracy as the loss; one softmax for several labels; the squared error on
the numbers of classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from workshop.core.data import Split
from workshop.core.device import seed_everything
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings, setting
from workshop.core.training import History, Metric, count_correct, evaluate, fit
from workshop.day1.activations import network
from workshop.day1.layers import disease_progression, flat_digits, r2, tumours
from workshop.day1.losses.functions import (
    Loss,
    bce_with_logits,
    cross_entropy,
    misses,
    mse,
    soft_cross_entropy,
)


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the four kinds."""

    line_epochs: int = setting(300, at_least=1, help="steps of the two models without hidden units")
    number_lr: float = setting(0.1, above=0, help="learning rate for the number (diabetes)")
    yes_no_lr: float = setting(0.5, above=0, help="learning rate for yes or no (tumours)")
    pictures: int = setting(8000, at_least=1, help="pictures of two places to train on")
    pictures_hidden: int = setting(128, at_least=1, help="hidden units for them")
    pictures_epochs: int = setting(20, at_least=1, help="passes over them")
    pictures_lr: float = setting(3.0, above=0, help="learning rate for several labels")
    digits_hidden: int = setting(64, at_least=1, help="hidden units for single digits")
    digits_epochs: int = setting(40, at_least=1, help="passes over single digits")
    digits_lr: float = setting(0.5, above=0, help="learning rate for one class of ten")
    tenths_lr: float = setting(0.3, above=0, help="learning rate for the digit as a number")


def two_places(digits: Split, count: int, *, seed: int) -> Split:
    """Pictures of two places, each with one of `digits` (M, 64) in it three times out of four.

    Returns x (count, 128), 8 rows of 16 pixels, and y (count, 10): 1 for each digit that is there.
    So one, two or none of the ten labels hold. The same arguments give the same pictures.
    """
    g = torch.Generator().manual_seed(seed)
    which = torch.randint(len(digits), (count, 2), generator=g)
    filled = (torch.rand(count, 2, generator=g) < 0.75).float()
    images = digits.x.reshape(-1, 8, 8)[which] * filled[:, :, None, None]  # (count, 2, 8, 8)
    there = nn.functional.one_hot(digits.y[which], 10) * filled[:, :, None]  # (count, 2, 10)
    return Split(images.transpose(1, 2).flatten(1), there.amax(dim=1))


def count_exact(logits: Tensor, y: Tensor) -> Tensor:
    """In how many rows every label is right: logits and y (B, L) -> a whole number, shape ().

    Raises:
        ValueError: the shapes differ.
    """
    if logits.ndim != 2 or logits.shape != y.shape:
        raise ValueError(
            f"got logits {tuple(logits.shape)} and y {tuple(y.shape)}, expected both (B, L)"
        )
    return ((logits > 0) == (y > 0.5)).all(dim=1).sum()


def count_shares(logits: Tensor, y: Tensor) -> Tensor:
    """The same for a softmax over the labels: one is there if its share is above a half."""
    return count_exact(logits.softmax(dim=1) - 0.5, y)


def count_nearest(tenths: Tensor, y: Tensor) -> Tensor:
    """How often ten times a number, rounded, is the class: both (B, 1) -> a whole number."""
    return ((10 * tenths).round() == y).sum()


def train(
    sizes: tuple[int, ...], data: Split, loss_fn: Loss, *, lr: float, seed: int, **options: Any
) -> tuple[nn.Module, History]:
    """A new network with layers of these sizes and ReLUs, trained on `data`, on its device.

    options: `epochs` and others of `fit`.
    """
    seed_everything(seed)
    model = network(sizes, nn.ReLU).to(data.x.device)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    return model, fit(model, data, loss_fn=loss_fn, optimizer=optimizer, seed=seed, **options)


# --- each kind with its loss, and its control -----------------------------------------------------


def run(config: Config, *, seed: int, device: torch.device, progress: bool = False) -> Result:
    """Train each kind by its own loss and, as the control, by one that does not fit it."""
    metrics: list[Measured] = []
    histories: dict[str, History] = {}

    def trained(
        name: str, sizes: tuple[int, ...], data: Split, loss_fn: Loss, **how: Any
    ) -> nn.Module:
        label = progress and name.replace("_", " ")
        model, histories[name] = train(
            sizes, data.to(device), loss_fn, seed=seed, progress=label, **how
        )
        return model

    def score(name: str, model: nn.Module, test: Split, metric: Metric) -> None:
        scores = evaluate(model, test, metrics={"score": metric})
        metrics.append(scores.measured("score", name))

    # A number: diabetes, with the labels as they are and, as the control, shuffled.
    patients = disease_progression().to(device)
    known, test = patients.development, patients.test
    order = torch.randperm(len(known), generator=torch.Generator().manual_seed(seed)).to(device)
    line = {"epochs": config.line_epochs}
    for name, y in {"diabetes": known.y, "shuffled_diabetes": known.y[order]}.items():
        model = trained(name, (10, 1), Split(known.x, y), mse, lr=config.number_lr, **line)
        with torch.no_grad():
            metrics.append(Measured(f"{name}_r2", r2(model(test.x), test.y, known.y)))

    # Yes or no: tumours. With accuracy as the loss no weight moves at all.
    known, test = tumours().development, tumours().test
    yes_no = {"lr": config.yes_no_lr, **line}
    model = trained("tumours", (30, 1), known, bce_with_logits, **yes_no)
    score("tumours_accuracy", model, test, count_correct)
    stuck = trained("accuracy_as_loss", (30, 1), known, misses, **yes_no)
    seed_everything(seed)
    before, after = (next(m.parameters()).cpu() for m in (network((30, 1), nn.ReLU), stuck))
    metrics.append(Measured("accuracy_as_loss_moved", (after - before).abs().max().item()))

    # Several labels: pictures of two places. One softmax shares out one whole among all ten.
    digits = flat_digits()
    known = two_places(digits.development, config.pictures, seed=0)
    test = two_places(digits.test, 1000, seed=1)
    shares = Split(known.x, known.y / known.y.sum(dim=1, keepdim=True).clamp(min=1))
    sizes, lr = (128, config.pictures_hidden, 10), config.pictures_lr
    how = {"epochs": config.pictures_epochs, "batch_size": 64}
    model = trained("pictures", sizes, known, bce_with_logits, lr=lr, **how)
    score("pictures_exact", model, test, count_exact)
    # The softmax's loss sums over ten labels where the other takes their mean: a tenth of the rate.
    model = trained("softmax_pictures", sizes, shares, soft_cross_entropy, lr=lr / 10, **how)
    score("softmax_pictures_exact", model, test, count_shares)

    # One class of many: digits. As numbers they are in tenths: a network learns best near 1.
    known, test = digits.development, digits.test
    how = {"epochs": config.digits_epochs, "batch_size": 32}
    hidden = config.digits_hidden
    model = trained("digits", (64, hidden, 10), known, cross_entropy, lr=config.digits_lr, **how)
    score("digits_accuracy", model, test, count_correct)
    tenths = Split(known.x, known.y[:, None] / 10)
    model = trained("digits_as_numbers", (64, hidden, 1), tenths, mse, lr=config.tenths_lr, **how)
    score("digits_as_numbers_accuracy", model, Split(test.x, test.y[:, None]), count_nearest)
    return Result(tuple(metrics), histories)
