"""Task 2: 56 layers that do worse than 20, on the very examples they are trained on.

    plain:  x -> g(f(x))          residual:  x -> g(x + f(x))

Book 2.1.2 (fig-2.1, note-7; He and others 2015). Every net has BatchNorm and Kaiming's start, and
is trained in the same way. Target: with skips, 56 layers learn. Control: without them they do not,
while 20 layers of the same kind do; it is the training error that is high, so this is no overfitting.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from workshop.core.data import Data, Split, load
from workshop.core.device import seed_everything
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings, setting
from workshop.core.training import History, count_correct, evaluate
from workshop.day2.design import vanishing


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the pairs of networks on MNIST-5k at half its size."""

    shallow: int = setting(20, at_least=2, help="layers of the shallower nets, an even number")
    deep: int = setting(56, at_least=2, help="layers of the deeper nets, an even number")
    width: int = setting(32, at_least=2, help="units of each hidden layer")
    epochs: int = setting(8, at_least=1, help="passes over the digits")
    lr: float = setting(0.1, above=0, help="learning rate")
    batch_size: int = setting(64, at_least=2, help="examples of one update")


def half_size(data: Data) -> Data:
    """Each 2 x 2 square of pixels becomes its mean: x (N, 1, 28, 28) -> (N, 1, 14, 14)."""
    return data.map(lambda part: Split(nn.functional.avg_pool2d(part.x, 2), part.y))


def train(
    data: Split, config: Config, depth: int, *, skip: bool, seed: int, progress: bool | str = False
) -> tuple[nn.Module, History]:
    """One network of this depth, plain or residual, on x (N, 1, 14, 14) and y (N,)."""
    seed_everything(seed)
    model = vanishing.deep_network(data.x[0].numel(), config.width, depth, norm=True, skip=skip).to(
        data.x.device
    )
    settings = vanishing.Config(epochs=config.epochs, lr=config.lr, batch_size=config.batch_size)
    return model, vanishing.train(model, data, settings, seed=seed, progress=progress)


def run(config: Config, *, seed: int, device: torch.device, progress: bool) -> Result:
    """Training and test error of all four nets."""
    data = half_size(load("mnist5k")).to(device)
    metrics, histories = [], {}
    for kind in ("plain", "residual"):
        for size, depth in {"shallow": config.shallow, "deep": config.deep}.items():
            name = f"{kind}_{size}"
            model, histories[name] = train(
                data.development,
                config,
                depth,
                skip=kind == "residual",
                seed=seed,
                progress=progress and f"{depth} layers, {kind}",
            )
            for part, examples in (("train", data.development), ("test", data.test)):
                score = evaluate(model, examples, metrics={"right": count_correct})
                wrong = score.total - int(score.sums["right"])
                metrics.append(
                    Measured.count(f"degradation_{name}_{part}_error", wrong, score.total)
                )
    return Result(tuple(metrics), histories)
