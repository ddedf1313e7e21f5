"""Kilometres to miles: trial and error, the same as a loop, and what wrong labels do to it.

    yhat = w x;   w := w - lr * slope,   slope = dJ/dw = 2/N sum (yhat - y) x   for the squared error

Book 1.6 (ex-2, tab-1.1, alg-1). Shapes: N distances; km and miles (N,), w ().
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from workshop.core.data import Split
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings, setting
from workshop.core.training import History, fit
from workshop.day1.losses.functions import Loss, mae, mse

MILES_PER_KM = 0.62137
TABLE = Split(torch.tensor([0.0, 100.0]), torch.tensor([0.0, 62.137]))  # tab-1.1: km, miles


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the unit converter."""

    start: float = setting(0.5, help="the first guess of w")
    epochs: int = setting(100, at_least=1, help="passes over the two rows of the book's table")
    lr: float = setting(2e-5, above=0, help="learning rate for them: small, since km are large")
    typos: int = setting(3, at_least=0, at_most=5, help="of 20 road signs, how many are wrong")
    typos_epochs: int = setting(2500, at_least=1, help="passes over the road signs")
    typos_lr: float = setting(1e-4, above=0, help="learning rate for them, absolute error")
    typos_squares_lr: float = setting(0.1, above=0, help="learning rate for them, squared error")


# --- by hand -------------------------------------------------------------------------------------


def trial_and_error(
    x: float, y: float, *, start: float = 0.5, nudge: float = 0.1, tolerance: float = 1e-3
) -> list[tuple[float, float, float]]:
    """Guess w, look at the error, nudge (ex-2): rows (w, prediction w x, error y - w x).

    An error above 0 means that w is too small, one below 0 that it is too large. Each time the
    target was overshot, the nudges become ten times smaller. Ends when |error| <= tolerance.

    Raises:
        ValueError: x is not above 0, or nudge or tolerance is not.
    """
    if min(x, nudge, tolerance) <= 0:
        raise ValueError(
            f"got x = {x}, nudge = {nudge}, tolerance = {tolerance}, expected all above 0"
        )
    w = start
    tried: list[tuple[float, float, float]] = []
    while True:
        error = y - w * x
        if tried and error * tried[-1][2] < 0:
            nudge /= 10
        tried.append((w, w * x, error))
        if abs(error) <= tolerance or nudge < 1e-15:
            return tried
        w += nudge if error > 0 else -nudge


def train_by_hand(km: Tensor, miles: Tensor, w: float, *, lr: float, epochs: int) -> list[float]:
    """The training procedure (alg-1) for one weight and the squared error: w after each epoch.

    The book calls an epoch an iteration; it is one pass over the training set, which here is one
    update, since all the rows are taken at once.
    """
    path = [w]
    for _ in range(epochs):
        yhat = w * km  # 1. forward: predict
        error = yhat - miles  # 2. how wrong?
        slope = 2 * (error * km).mean().item()  # 3. backward: how the loss changes with w
        w = w - lr * slope  # 4. update: a step against the slope
        path.append(w)
    return path


def road_signs(typos: int, *, seed: int) -> Split:
    """20 distances in hundreds: x km (20, 1), y miles (20, 1); `typos` of the far ones are wrong.

    Somebody wrote the kilometres there twice: on far ones, since there it does harm.
    """
    x = torch.linspace(0.05, 1, 20)[:, None]
    y = MILES_PER_KM * x
    wrong = 10 + torch.randperm(10, generator=torch.Generator().manual_seed(seed))[:typos]
    y[wrong] = x[wrong]
    return Split(x, y)


# --- with torch.nn -------------------------------------------------------------------------------


def converter(start: float) -> nn.Linear:
    """A neuron with one weight, no bias and a linear activation (fig-1.13): (N, 1) -> (N, 1)."""
    model = nn.Linear(1, 1, bias=False)
    nn.init.constant_(model.weight, start)
    return model


def train(
    data: Split,
    loss_fn: Loss,
    *,
    start: float,
    lr: float,
    epochs: int,
    device: torch.device | str = "cpu",
    progress: bool | str = False,
) -> tuple[float, History]:
    """The w that gradient descent finds, all rows at once, for x and y (N, 1), and the history."""
    model = converter(start).to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    history = fit(
        model, data, loss_fn=loss_fn, optimizer=optimizer, epochs=epochs, progress=progress
    )
    return model.weight.item(), history


def run(config: Config, *, seed: int, device: torch.device, progress: bool = False) -> Result:
    """The book's table, then road signs with typing errors under both losses."""
    signs = road_signs(config.typos, seed=seed)
    table = Split(TABLE.x[:, None], TABLE.y[:, None])
    # The slope of squares shrinks near their minimum, so they bear large steps and need few of them.
    few = config.typos_epochs // 5 + 1
    jobs: dict[str, tuple[Split, Loss, float, int]] = {
        "converter": (table, mse, config.lr, config.epochs),
        "typos_mae": (signs, mae, config.typos_lr, config.typos_epochs),
        "typos_mse": (signs, mse, config.typos_squares_lr, few),
    }
    metrics, histories = [], {}
    for name, (data, loss_fn, lr, epochs) in jobs.items():
        w, histories[name] = train(
            data,
            loss_fn,
            start=config.start,
            lr=lr,
            epochs=epochs,
            device=device,
            progress=progress and name.replace("_", " "),
        )
        metrics.append(Measured(f"{name}_error", abs(w - MILES_PER_KM)))
    return Result(tuple(metrics), histories)
