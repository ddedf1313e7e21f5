"""Task 5: a ReLU that is below zero for every example is dead, for no gradient passes through it.

    ReLU'(z) = 0 for z < 0, so dJ/dw = 0;    LeakyReLU(z) = z if z >= 0 else 0.01 z (eq-2.3)

Book 2.1.4 (note-10, eq-2.3). Shapes: N examples, H units. Target: a network that was made to die,
all of it, learns again with LeakyReLU, PReLU or RReLU in the same place, from the same weights.
Control: with ReLU it stays at chance, however long it is trained.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from workshop.core.data import Split, load
from workshop.core.device import seed_everything
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings, setting
from workshop.core.training import Diverged, History, count_correct, evaluate, fit

RECTIFIERS = {"relu": nn.ReLU, "leaky": nn.LeakyReLU, "prelu": nn.PReLU, "rrelu": nn.RReLU}


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the network that dies, on MNIST-5k."""

    hidden: int = setting(64, at_least=1, help="units of the hidden layer")
    bias: float = setting(-1.5, at_most=0, help="their biases when they die")
    epochs: int = setting(15, at_least=1, help="passes over the digits afterwards")
    lr: float = setting(0.3, above=0, help="learning rate afterwards")


# --- by hand -------------------------------------------------------------------------------------


def leaky_relu(z: Tensor, slope: float = 0.01) -> Tensor:
    """z where z >= 0, else slope * z (eq-2.3), elementwise: any shape -> the same."""
    return torch.where(z >= 0, z, slope * z)


def dead_units(z: Tensor) -> Tensor:
    """Which units are at or below 0 for every example: z (N, H) before the ReLU -> bool (H,)."""
    return (z <= 0).all(dim=0)


# --- with torch.nn -------------------------------------------------------------------------------


def network(hidden: int, activation: Callable[[], nn.Module] = nn.ReLU) -> nn.Sequential:
    """One hidden layer for MNIST: (N, 1, 28, 28) -> logits (N, 10)."""
    return nn.Sequential(nn.Flatten(), nn.Linear(784, hidden), activation(), nn.Linear(hidden, 10))


def count_dead(model: nn.Sequential, x: Tensor) -> int:
    """How many hidden units of `network` are dead on x (N, 1, 28, 28)."""
    with torch.no_grad():
        return int(dead_units(model[1](model[0](x))).sum())


def kill(model: nn.Sequential, bias: float) -> None:
    """Push all biases of the hidden layer far down, as one much too large update does."""
    with torch.no_grad():
        model.get_parameter("1.bias").fill_(bias)


def dead_after(lr: float, data: Split, *, hidden: int = 64, updates: int = 100, seed: int) -> int:
    """How many ReLUs have died after some updates at this learning rate, on x, y (N, ...)."""
    seed_everything(seed)
    model = network(hidden).to(data.x.device)
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(seed))
    few = order[: 32 * updates]  # of those, one epoch
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    with contextlib.suppress(Diverged):  # the dead can be counted all the same
        fit(
            model,
            (data.x[few], data.y[few]),
            loss_fn=nn.CrossEntropyLoss(),
            optimizer=optimizer,
            epochs=1,
            batch_size=32,
            seed=seed,
        )
    return count_dead(model, data.x)


def train(
    activation: Callable[[], nn.Module],
    data: Split,
    config: Config,
    *,
    seed: int,
    progress: bool | str = False,
) -> tuple[nn.Sequential, History]:
    """The network, killed, with another rectifier in the place of ReLU, and trained."""
    seed_everything(seed)
    model = network(config.hidden, activation).to(data.x.device)
    kill(model, config.bias)
    history = fit(
        model,
        data,
        loss_fn=nn.CrossEntropyLoss(),
        batch_size=32,
        seed=seed,
        progress=progress,
        optimizer=torch.optim.SGD(model.parameters(), lr=config.lr),
        epochs=config.epochs,
        metrics={"accuracy": count_correct},
    )
    return model, history


def run(config: Config, *, seed: int, device: torch.device, progress: bool) -> Result:
    """Kill the network, count, and train it on with each rectifier."""
    data = load("mnist5k").to(device)
    metrics, histories = [], {}
    seed_everything(seed)
    model = network(config.hidden).to(device)
    kill(model, config.bias)
    dead = count_dead(model, data.development.x)
    metrics.append(Measured.count("dying_dead_units", dead, config.hidden))
    for name, activation in RECTIFIERS.items():
        model, histories[name] = train(
            activation, data.development, config, seed=seed, progress=progress and f"dead, {name}"
        )
        score = evaluate(model, data.test, metrics={"right": count_correct})
        metrics.append(score.measured("right", f"dying_{name}_accuracy"))
        still = count_dead(model, data.development.x)
        metrics.append(Measured.count(f"dying_{name}_below_zero", still, config.hidden))
    return Result(tuple(metrics), histories)
