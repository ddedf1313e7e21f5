"""The network on which everything in `optimizers` is compared: made, trained and scored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

from workshop.core.data import Split
from workshop.core.device import seed_everything
from workshop.core.training import Diverged, History, Scores, count_correct, evaluate, fit
from workshop.day1.activations import network

# model.parameters() -> an optimizer over them
MakeOptimizer = Callable[[Any], Any]


def mlp(hidden: Sequence[int] = (128,), activation: type[nn.Module] = nn.ReLU) -> nn.Sequential:
    """Pixels -> hidden layers -> ten logits: (B, 784) -> (B, 10)."""
    return network((784, *hidden, 10), activation)


def train(
    data: Split,
    make_optimizer: MakeOptimizer,
    *,
    epochs: int,
    batch_size: int | None = 64,
    seed: int = 0,
    schedule: Callable[[int, int], float] | None = None,
    progress: bool | str = False,
    **shape: Any,
) -> tuple[nn.Module, History]:
    """A new network, trained on `data`, on its device.

    Args:
        data: x (N, 784), y (N,).
        make_optimizer: model.parameters() -> an optimizer.
        epochs, batch_size, seed, progress: see `fit`.
        schedule: (t, total) -> what the optimizer's rate is multiplied by at update t of total.
        shape: for `mlp`.

    Returns:
        The network and its history. Where the rate is so high that the loss is no longer finite,
        training ends early: the history is shorter, the network as it was then.
    """
    seed_everything(seed)
    model = mlp(**shape).to(data.x.device)
    optimizer = make_optimizer(model.parameters())
    scheduler = None
    if schedule is not None:
        total = epochs * -(-len(data) // (batch_size or len(data)))
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda t: schedule(t, total))
    try:
        return model, fit(
            model,
            data,
            loss_fn=nn.CrossEntropyLoss(),
            optimizer=optimizer,
            epochs=epochs,
            batch_size=batch_size,
            schedule=scheduler,
            seed=seed,
            progress=progress,
        )
    except Diverged as error:
        return model, error.history


def score(model: nn.Module, data: Split) -> Scores:
    """How many of `data` the network reads right, as the score 'accuracy'."""
    return evaluate(model, data, metrics={"accuracy": count_correct})
