"""Batch, mini-batch, stochastic: how many examples are looked at before each update.

    updates in an epoch = N / B, rounded up    (B = 1: stochastic, 1 < B < N: mini-batch, B = N: batch)

Book 2.2.1 and note 11. Letters: N examples, B in a batch, T updates.
Target: with small batches three epochs are enough. Control: with one update an epoch, at the same
rate, they are not. Whether powers of two are faster is timed in the notebook and has no bound.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from workshop.core.data import Split
from workshop.core.device import seed_everything
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings, setting
from workshop.day1.gradient_descent import flat_mnist
from workshop.day2.optimizers.common import mlp, score, train
from workshop.day2.optimizers.steps import sgd_step

SIZES = {"1": 1, "16": 16, "64": 64, "512": 512, "all": None}
POWERS = (63, 64, 65, 127, 128, 129)  # two powers of two, each between its neighbours


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings: one network and one rate for every batch size."""

    epochs: int = setting(3, at_least=1, help="passes over the digits with each batch size")
    lr: float = setting(0.05, above=0, help="learning rate, the same for every batch size")


def count_updates(examples: int, batch_size: int, epochs: int) -> int:
    """How many updates there are (sec-2.2.1): one for each batch, a smaller last one included."""
    return epochs * math.ceil(examples / batch_size)


def line_data(count: int = 200, *, seed: int = 0) -> Split:
    """Points around the line y = 2 x - 1: x (count,), y (count,)."""
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(count, generator=g)
    return Split(x, 2 * x - 1 + 0.7 * torch.randn(count, generator=g))


def line_loss(w: Tensor, data: Split) -> Tensor:
    """Mean squared error of the lines w (..., 2), slope and intercept, on `data` -> (...)."""
    return (w[..., :1] * data.x + w[..., 1:] - data.y).square().mean(dim=-1)


def line_path(
    data: Split, batch_size: int | None, updates: int, *, lr: float = 0.05, seed: int = 0
) -> Tensor:
    """Fit a line by SGD from (-1, 2), seeing `batch_size` points at a time: (updates + 1, 2).

    The points come in random order, all of them before any comes again.
    """
    g = torch.Generator().manual_seed(seed)
    w, path = torch.tensor([-1.0, 2.0]), []
    batches: list[Tensor] = []
    for _ in range(updates):
        if not batches:
            batches = list(torch.randperm(len(data), generator=g).split(batch_size or len(data)))
        i = batches.pop()
        path.append(w)
        at = w.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(line_loss(at, Split(data.x[i], data.y[i])), at)
        w = sgd_step(w, gradient, lr)
    return torch.stack([*path, w])


def seconds_per_example(
    data: Split, sizes: Sequence[int] = POWERS, *, updates: int = 60, rounds: int = 7
) -> dict[int, float]:
    """How long an example takes to train on in a batch of each of these sizes, in seconds.

    The sizes take turns, so that whatever else the machine does hits all of them, and the best of
    the rounds counts: what disturbs can only add. data: x (N, 784), y (N,), on the device to time.
    """
    seed_everything(0)
    model = mlp().to(data.x.device)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    best = dict.fromkeys(sizes, float("inf"))
    for turn in range(rounds + 1):  # the first warms up
        for size in sizes:
            x, y = data.x[:size], data.y[:size]
            start = time.perf_counter()
            for _ in range(updates):
                loss = nn.functional.cross_entropy(model(x), y)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            loss.item()  # waits for a GPU
            if turn:
                taken = (time.perf_counter() - start) / (updates * size)
                best[size] = min(best[size], taken)
    return best


def run(config: Config, *, seed: int, device: torch.device, progress: bool) -> Result:
    """The same network with each batch size at one rate, scored on the validation part.

    And batches of 512 with a rate that has grown with them, from what suits 64 (Goyal 2017).
    """
    data = flat_mnist().to(device)
    jobs = {name: (size, config.lr) for name, size in SIZES.items()}
    jobs["512_scaled"] = (512, config.lr * 512 / 64)
    metrics: list[Measured] = []
    histories = {}
    for name, (size, lr) in jobs.items():
        model, histories[name] = train(
            data.train,
            partial(torch.optim.SGD, lr=lr),
            epochs=config.epochs,
            batch_size=size,
            seed=seed,
            progress=progress and f"batch {name.replace('_', ' ')}",
        )
        metrics.append(score(model, data.validation).measured("accuracy", f"batch_{name}_accuracy"))
    return Result(tuple(metrics), histories)
