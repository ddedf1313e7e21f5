"""Four kinds of task, each with the loss made for it, and three with a loss that is not.

    a number -> squared error;   yes or no, or several of them -> binary cross-entropy, a sigmoid for
    each;   one class of many -> categorical cross-entropy, one softmax for all

Book 1.6.1. Shapes: B examples; models return logits (B, 1) or (B, 10).
Controls: labels shuffled; accuracy as the loss; one softmax for several labels; the
squared error on the numbers of classes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from workshop.core.data import Split
from workshop.core.device import seed_everything
from workshop.core.results import Measured
from workshop.core.settings import Settings, setting
from workshop.core.training import History, count_correct, evaluate, fit
from workshop.day1.activations import network
from workshop.day1.layers import disease_progression, flat_digits
from workshop.day1.losses.examples import (
    count_exact,
    count_nearest,
    count_shares,
    r2,
    tumours,
    two_places,
)
from workshop.day1.losses.functions import (
    bce_with_logits,
    cross_entropy,
    misses,
    mse,
    soft_cross_entropy,
)

Loss = Callable[[Tensor, Tensor], Tensor]
Measures = tuple[list[Measured], dict[str, History]]


@dataclass(frozen=True, kw_only=True)
class TasksConfig(Settings):
    """Settings of the four tasks."""

    line_epochs: int = setting(300, at_least=1, help="steps of the two models without hidden units")
    number_lr: float = setting(0.1, above=0, help="learning rate for the number (diabetes)")
    yes_no_lr: float = setting(0.5, above=0, help="learning rate for yes or no (tumours)")
    pictures: int = setting(8000, at_least=1, help="pictures of two places to learn from")
    pictures_hidden: int = setting(128, at_least=1, help="hidden units for them")
    pictures_epochs: int = setting(20, at_least=1, help="passes over them")
    pictures_lr: float = setting(3.0, above=0, help="learning rate for several labels")
    digits_hidden: int = setting(64, at_least=1, help="hidden units for single digits")
    digits_epochs: int = setting(40, at_least=1, help="passes over single digits")
    digits_lr: float = setting(0.5, above=0, help="learning rate for one class of ten")
    tenths_lr: float = setting(0.3, above=0, help="learning rate for the digit as a number")


def train(
    sizes: tuple[int, ...],
    data: Split,
    loss_fn: Loss,
    *,
    lr: float,
    epochs: int,
    batch_size: int | None = None,
    seed: int,
    progress: bool | str = False,
) -> tuple[nn.Module, History]:
    """A new network with layers of these sizes and ReLUs, trained on `data`, on its device."""
    seed_everything(seed)
    model = network(sizes, nn.ReLU).to(data.x.device)
    history = fit(
        model,
        data,
        loss_fn=loss_fn,
        optimizer=torch.optim.SGD(model.parameters(), lr=lr),
        epochs=epochs,
        batch_size=batch_size,
        seed=seed,
        progress=progress,
    )
    return model, history


# --- each task with its loss, and its control ----------------------------------------------------


def measure_number(
    config: TasksConfig, device: torch.device, seed: int, progress: bool
) -> Measures:
    """Diabetes by the squared error, and the same with the labels shuffled."""
    data = disease_progression()
    known, test, mean = data.development.to(device), data.test.to(device), data.development.y.mean()
    order = torch.randperm(len(known), generator=torch.Generator().manual_seed(seed)).to(device)
    metrics, histories = [], {}
    for name, y in {"diabetes": known.y, "shuffled_diabetes": known.y[order]}.items():
        model, histories[name] = train(
            (10, 1),
            Split(known.x, y),
            mse,
            lr=config.number_lr,
            epochs=config.line_epochs,
            seed=seed,
            progress=progress and name.replace("_", " "),
        )
        with torch.no_grad():
            metrics.append(Measured(f"{name}_r2", r2(model(test.x), test.y, mean.to(device))))
    return metrics, histories


def measure_yes_or_no(
    config: TasksConfig, device: torch.device, seed: int, progress: bool
) -> Measures:
    """Tumours by binary cross-entropy; with accuracy as the loss no weight moves at all."""
    data = tumours()
    options = {"lr": config.yes_no_lr, "epochs": config.line_epochs, "seed": seed}
    known = data.development.to(device)
    model, history = train(
        (30, 1), known, bce_with_logits, progress=progress and "tumours", **options
    )
    score = evaluate(model, data.test, metrics={"accuracy": count_correct})
    stuck, _ = train(
        (30, 1), known, misses, progress=progress and "tumours, accuracy as loss", **options
    )
    seed_everything(seed)
    moved = stuck[0].weight.cpu() - network((30, 1), nn.ReLU)[0].weight  # since before training
    metrics = [
        score.measured("accuracy", "tumours_accuracy"),
        Measured("accuracy_as_loss_moved", moved.abs().max().item()),
    ]
    return metrics, {"tumours": history}


def measure_several(
    config: TasksConfig, device: torch.device, seed: int, progress: bool
) -> Measures:
    """Pictures of two places by binary cross-entropy, and by one softmax for all ten labels."""
    digits = flat_digits()
    known = two_places(digits.development, config.pictures, seed=0).to(device)
    new = two_places(digits.test, 1000, seed=1)
    shares = Split(known.x, known.y / known.y.sum(dim=1, keepdim=True).clamp(min=1))
    metrics, histories = [], {}
    # The softmax's loss sums over ten labels where the other takes their mean: a tenth of the rate.
    for name, data, loss_fn, lr, exact in (
        ("pictures", known, bce_with_logits, config.pictures_lr, count_exact),
        ("softmax_pictures", shares, soft_cross_entropy, config.pictures_lr / 10, count_shares),
    ):
        model, histories[name] = train(
            (128, config.pictures_hidden, 10),
            data,
            loss_fn,
            lr=lr,
            epochs=config.pictures_epochs,
            batch_size=64,
            seed=seed,
            progress=progress and name.replace("_", " "),
        )
        score = evaluate(model, new, metrics={"exact": exact})
        metrics.append(score.measured("exact", f"{name}_exact"))
    return metrics, histories


def measure_one_of_many(
    config: TasksConfig, device: torch.device, seed: int, progress: bool
) -> Measures:
    """Digits by categorical cross-entropy, and by the squared error on the digit as a number."""
    digits = flat_digits()
    known, test = digits.development.to(device), digits.test
    options = {"epochs": config.digits_epochs, "batch_size": 32, "seed": seed}
    model, history = train(
        (64, config.digits_hidden, 10),
        known,
        cross_entropy,
        lr=config.digits_lr,
        progress=progress and "digits",
        **options,
    )
    right = evaluate(model, test, metrics={"accuracy": count_correct})
    # In tenths, for a network learns best from numbers near 1 (lesson 4).
    model, _ = train(
        (64, config.digits_hidden, 1),
        Split(known.x, known.y[:, None] / 10),
        mse,
        lr=config.tenths_lr,
        progress=progress and "digits as numbers",
        **options,
    )
    as_number = evaluate(model, Split(test.x, test.y[:, None]), metrics={"accuracy": count_nearest})
    metrics = [
        right.measured("accuracy", "digits_accuracy"),
        as_number.measured("accuracy", "digits_as_numbers_accuracy"),
    ]
    return metrics, {"digits": history}


def measure(
    config: TasksConfig, *, seed: int, device: torch.device, progress: bool = False
) -> Measures:
    """All four."""
    metrics, histories = [], {}
    for task in (measure_number, measure_yes_or_no, measure_several, measure_one_of_many):
        numbers, courses = task(config, device, seed, progress)
        metrics += numbers
        histories |= courses
    return metrics, histories
