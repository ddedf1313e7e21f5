"""The learning rate matters most: too low crawls, too high never settles, in between it learns.

    w := w - lr g

Book 2.2.2. Letters: T updates of a range test, its rates and losses (T,).
Targets: the right rate reads digits, by a margin over both others, and so does the rate that a range
test suggests. Controls: a rate of 0, too low and too high, each with the same three epochs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from workshop.core.data import Data, Split
from workshop.core.device import seed_everything
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings, setting
from workshop.core.training import History
from workshop.day1.gradient_descent import flat_mnist
from workshop.day2.optimizers.common import MakeOptimizer, mlp, score, train


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings: one network, three epochs, and the rates it is given."""

    epochs: int = setting(3, at_least=1, help="passes over the digits with each rate")
    sgd_too_low: float = setting(0.01, above=0, help="SGD: a rate that is too low")
    sgd_low: float = setting(0.1, above=0, help="SGD: a rate that is rather low")
    sgd_right: float = setting(0.5, above=0, help="SGD: a good rate")
    sgd_too_high: float = setting(3.0, above=0, help="SGD: a rate that is too high")
    adam_too_low: float = setting(1e-5, above=0, help="Adam: a rate that is too low")
    adam_right: float = setting(0.01, above=0, help="Adam: a good rate")
    adam_high: float = setting(0.1, above=0, help="Adam: a rate that is rather high")
    adam_too_high: float = setting(1.0, above=0, help="Adam: a rate that is too high")


MAKERS = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}


# --- loss by update, and a learning-rate range test (Smith 2017) ---------------------------------


def smooth(losses: Tensor, beta: float = 0.9) -> Tensor:
    """A running mean of losses (T,), corrected as in Adam: one batch by itself is noisy."""
    mean, means = 0.0, []
    for t, loss in enumerate(losses.tolist(), start=1):
        mean = beta * mean + (1 - beta) * loss
        means.append(mean / (1 - beta**t))
    return torch.tensor(means)


def losses_with(
    data: Split,
    make_optimizer: MakeOptimizer,
    rates: Tensor,
    *,
    batch_size: int = 64,
    seed: int = 0,
) -> Tensor:
    """The loss of the batch at each update of a new network, with a rate for each: (T,) -> (T,).

    data: x (N, 784), y (N,). make_optimizer: model.parameters() -> an optimizer, whose rate is
    overwritten. seed: of the network and of the batches.
    """
    seed_everything(seed)
    model = mlp().to(data.x.device)
    optimizer = make_optimizer(model.parameters())
    losses = []
    for lr in rates.tolist():
        optimizer.param_groups[0]["lr"] = lr
        batch = torch.randint(len(data), (batch_size,)).to(data.x.device)
        loss = nn.functional.cross_entropy(model(data.x[batch]), data.y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return torch.stack(losses).cpu()


def range_test(
    data: Split,
    make_optimizer: MakeOptimizer,
    *,
    low: float = 1e-4,
    high: float = 10.0,
    updates: int = 100,
    **options: Any,
) -> tuple[Tensor, Tensor]:
    """A short training in which the rate grows by a factor with every update.

    Args:
        data, make_optimizer, options: see `losses_with`.
        low, high: the first and the last rate.
        updates: how many there are.

    Returns:
        The rates (T,) and the smoothed losses (T,), up to where the loss is four times its lowest.

    Raises:
        ValueError: the rates do not grow, or there are fewer than 10 updates.
    """
    if not 0 < low < high or updates < 10:
        raise ValueError(
            f"got rates from {low} to {high} and {updates} updates; expected 0 < low < high and "
            f"10 updates or more"
        )
    rates = torch.logspace(math.log10(low), math.log10(high), updates)
    losses = smooth(losses_with(data, make_optimizer, rates, **options))
    lost = ~(losses < 4 * losses.cummin(dim=0).values)  # not-a-number is lost too
    end = int(lost.nonzero()[0]) if lost.any() else updates
    return rates[:end], losses[:end]


def suggest_rate(rates: Tensor, losses: Tensor) -> Tensor:
    """A third of the rate with the lowest loss: rates (T,), losses (T,) of a range test -> ().

    Where the smoothed loss is lowest, the rate is about to be too high; a third of it is safe.
    """
    known = losses.nan_to_num(nan=float("inf"))  # argmin would take not-a-number for the lowest
    return rates[known.argmin()] / 3


def trained_with(
    data: Data, kind: str, lr: float, *, epochs: int, seed: int, **options: Any
) -> tuple[nn.Module, History]:
    """The network after `epochs` on the training part, with 'sgd' or 'adam' at the rate `lr`."""
    return train(data.train, partial(MAKERS[kind], lr=lr), epochs=epochs, seed=seed, **options)


def run(config: Config, *, seed: int, device: torch.device, progress: bool) -> Result:
    """The same training with each rate, scored on the validation part."""
    data = flat_mnist().to(device)
    jobs = {"sgd_zero": 0.0}  # no step at all
    names = (
        "sgd_too_low",
        "sgd_low",
        "sgd_right",
        "sgd_too_high",
        "adam_too_low",
        "adam_right",
        "adam_high",
        "adam_too_high",
    )
    jobs |= {name: getattr(config, name) for name in names}
    rates, losses = range_test(data.train, partial(torch.optim.SGD, lr=0), seed=seed)
    jobs["sgd_suggested"] = suggest_rate(rates, losses).item()

    histories, reached = {}, {}
    metrics: list[Measured] = []
    for name, lr in jobs.items():
        model, histories[name] = trained_with(
            data,
            name.partition("_")[0],
            lr,
            epochs=config.epochs,
            seed=seed,
            progress=progress and name.replace("_", " "),
        )
        measured = score(model, data.validation).measured("accuracy", f"{name}_accuracy")
        reached[name] = measured.value
        metrics.append(measured)
    for kind in MAKERS:
        wrong = max(reached[f"{kind}_too_low"], reached[f"{kind}_too_high"])
        metrics.append(Measured(f"{kind}_margin", reached[f"{kind}_right"] - wrong))
    return Result(tuple(metrics), histories)
