"""The networks that this lesson trains, and one way to train them all.

    x -> [augment] -> [layer -> [BatchNorm] -> ReLU -> [dropout]] ... -> logits

Shapes: B examples, H and W pixels, C classes; x (B, 1, H, W), logits (B, C). What stands in brackets
are the remedies of this lesson: a network is made with them or without.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import torch
from torch import nn

from workshop.core.data import Split
from workshop.core.training import History, count_correct, train_epochs

PIXELS, CLASSES = 28 * 28, 10


def mlp(
    *hidden: int, batch_norm: bool = False, dropout: float = 0.0, augment: nn.Module | None = None
) -> nn.Sequential:
    """An MLP for the digits with hidden layers of these widths: (B, 1, 28, 28) -> logits (B, 10).

    augment: a module that changes the images while training, and leaves them alone otherwise.
    """
    parts: list[nn.Module] = [augment] if augment is not None else []
    parts.append(nn.Flatten())
    for inputs, outputs in pairwise((PIXELS, *hidden)):
        parts.append(nn.Linear(inputs, outputs))
        parts += [nn.BatchNorm1d(outputs)] if batch_norm else []
        parts.append(nn.ReLU())
        parts += [nn.Dropout(dropout)] if dropout else []
    return nn.Sequential(*parts, nn.Linear((PIXELS, *hidden)[-1], CLASSES))


def cnn(*, augment: nn.Module | None = None) -> nn.Sequential:
    """A small convolutional network, which `cnn` opens: (B, 1, 28, 28) -> logits (B, 10)."""
    return nn.Sequential(
        *([augment] if augment is not None else []),
        nn.Conv2d(1, 16, 3, padding=1),
        nn.MaxPool2d(2),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.MaxPool2d(2),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(32 * 7 * 7, CLASSES),
    )


def training(
    model: nn.Module,
    data: Split,
    *,
    epochs: int,
    lr: float = 1e-3,
    one_cycle: bool = False,
    weight_decay: float = 0.0,
    smoothing: float = 0.0,
    batch_size: int = 50,
    seed: int = 0,
    validation: Split | None = None,
) -> Iterator[History]:
    """`train_epochs` with AdamW for `model`: yields the history after each epoch.

    one_cycle: let the learning rate rise to `lr` and fall again (`optimizers`), instead of keeping it.
    smoothing: label smoothing, the share of the wanted probability that all classes divide.
    """
    while len(data) % batch_size == 1 < len(data):
        batch_size += 1  # BatchNorm can learn nothing from a batch of one
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=weight_decay)
    schedule = None
    if one_cycle:
        updates = epochs * -(-len(data) // batch_size)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=updates)
    return train_epochs(
        model,
        data,
        loss_fn=nn.CrossEntropyLoss(label_smoothing=smoothing),
        optimizer=optimizer,
        epochs=epochs,
        batch_size=batch_size,
        schedule=schedule,
        seed=seed,
        validation=validation,
        metrics={"accuracy": count_correct},
    )
