"""A plateau: the gradient is next to nothing, the loss stands still, and yet it is not the end.

    |g| near 0, so w := w - lr g hardly moves

Book 2.2.2, note 12 and figure 2.7. The network has two hidden layers of sigmoids, which pass only
little of the gradient on. Targets: momentum, Adam and a higher rate leave the plateau in the same
number of epochs. Control: plain SGD is still on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import nn

from workshop.core.data import Split
from workshop.core.device import seed_everything
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings, setting
from workshop.core.training import History, train_epochs
from workshop.day1.gradient_descent import flat_mnist
from workshop.day2.optimizers.common import MakeOptimizer, mlp, score


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the run on a plateau, and of what gets it off."""

    hidden: tuple[int, ...] = setting((64, 64), at_least=1, help="units of the sigmoid layers")
    epochs: int = setting(8, at_least=1, help="passes over the digits")
    lr: float = setting(0.1, above=0, help="learning rate of SGD, with momentum and without")
    momentum: float = setting(0.9, at_least=0, below=1, help="momentum")
    high_lr: float = setting(1.0, above=0, help="the higher rate of SGD")
    adam_lr: float = setting(0.003, above=0, help="learning rate of Adam")


def first_gradient(model: nn.Module, data: Split) -> float:
    """Length of the gradient of the mean loss on `data` with respect to the first weights.

    They are the farthest from the loss: what the layers between do not pass on, these do not get.
    """
    loss = nn.functional.cross_entropy(model(data.x), data.y)
    (gradient,) = torch.autograd.grad(loss, next(model.parameters()))
    return gradient.norm().item()


def train_on_plateau(
    data: Split,
    make_optimizer: MakeOptimizer,
    *,
    epochs: int,
    hidden: tuple[int, ...] = (64, 64),
    activation: type[nn.Module] = nn.Sigmoid,
    seed: int = 0,
) -> Iterator[tuple[nn.Module, History]]:
    """Train a network of sigmoids; yields it and its history after each epoch.

    The history has a column more: first_gradient, at the end of the epoch, on all of `data`.
    """
    seed_everything(seed)
    model = mlp(hidden, activation).to(data.x.device)
    for history in train_epochs(
        model,
        data,
        loss_fn=nn.CrossEntropyLoss(),
        optimizer=make_optimizer(model.parameters()),
        epochs=epochs,
        batch_size=64,
        seed=seed,
    ):
        history.rows[-1]["first_gradient"] = first_gradient(model, data)
        yield model, history


def ways_off(config: Config) -> dict[str, Any]:
    """name -> what makes its optimizer: SGD, which stays, and three that leave."""
    return {
        "sgd": partial(torch.optim.SGD, lr=config.lr),
        "high_rate": partial(torch.optim.SGD, lr=config.high_lr),
        "momentum": partial(torch.optim.SGD, lr=config.lr, momentum=config.momentum),
        "adam": partial(torch.optim.Adam, lr=config.adam_lr),
    }


def run(config: Config, *, seed: int, device: torch.device, progress: bool) -> Result:
    """The same start and the same epochs for each way, scored on the validation part."""
    data = flat_mnist().to(device)
    metrics: list[Measured] = []
    histories = {}
    for name, make in ways_off(config).items():
        for model, history in train_on_plateau(
            data.train, make, epochs=config.epochs, hidden=config.hidden, seed=seed
        ):
            histories[name] = history
        measured = score(model, data.validation).measured("accuracy", f"plateau_{name}_accuracy")
        metrics.append(measured)
    return Result(tuple(metrics), histories)
