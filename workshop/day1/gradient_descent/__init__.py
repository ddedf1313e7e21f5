"""Small steps against the gradient, again and again: this is how a network learns.

    W := W - lr * dJ/dW,   b := b - lr * dJ/db

Book 1.6.2 and algorithm 1. Letters: D inputs, H hidden units, C classes, N examples.
`downhill` takes the steps on functions of one or two numbers, `backprop` on a whole network.
Targets: an MLP reads MNIST by plain SGD, better than a linear model. Controls: the linear model
misses the MLP's mark, a learning rate of 0 learns nothing, and one far too high ruins everything.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from workshop.core.data import Data, Split, load
from workshop.core.device import choose, threads
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings, setting
from workshop.core.training import Diverged, History, Scores, count_correct, evaluate, fit
from workshop.day1.gradient_descent import backprop
from workshop.day1.representation import represent


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the lesson; rates and epochs were chosen on MNIST's validation part."""

    hidden: int = setting(128, at_least=1, help="units of the MLP's hidden layer")
    epochs: int = setting(20, at_least=1, help="passes over the digits")
    batch_size: int = setting(32, at_least=1, help="examples per update")
    lr: float = setting(0.5, above=0, help="learning rate of the MLP")
    linear_lr: float = setting(0.1, above=0, help="learning rate of the linear model")
    too_high_lr: float = setting(5.0, above=0, help="learning rate of a control")


def flat_mnist() -> Data:
    """MNIST-5k, each image as one row of 784 numbers."""
    return represent(load("mnist5k"), lambda x: x.flatten(1))


def train(
    model: nn.Module, data: Split, test: Split, *, lr: float, **options: Any
) -> tuple[History, Scores]:
    """Train `model` by plain SGD, options as for `fit`, and score it on `test`, diverged or not."""
    optimizer, history = torch.optim.SGD(model.parameters(), lr=lr), History()
    with suppress(Diverged):
        history = fit(model, data, loss_fn=nn.CrossEntropyLoss(), optimizer=optimizer, **options)
    return history, evaluate(model, test, metrics={"accuracy": count_correct})


def run(
    config: Config = Config(),
    *,
    seed: int = 0,
    device: str | torch.device = "cpu",
    progress: bool = False,
) -> Result:
    """Train the linear model, the MLP, and the MLP with two rates that cannot work."""
    device = choose(device)
    data = flat_mnist().to(device)
    flat, deep = (784, 10), (784, config.hidden, 10)
    jobs = {
        "linear": (flat, config.linear_lr),
        "mlp": (deep, config.lr),
        "rate_zero": (deep, 0.0),
        "rate_too_high": (deep, config.too_high_lr),
    }
    scores, histories = {}, {}
    with threads(1):
        for name, (sizes, lr) in jobs.items():
            model = backprop.as_module(backprop.initialise(sizes, seed)).to(device)
            histories[name], scores[name] = train(
                model,
                data.development,
                data.test,
                lr=lr,
                epochs=config.epochs,
                seed=seed,
                batch_size=config.batch_size,
                progress=progress and name.replace("_", " "),
            )
    gain = scores["mlp"]["accuracy"] - scores["linear"]["accuracy"]
    metrics = [score.measured("accuracy", f"{name}_accuracy") for name, score in scores.items()]
    return Result((*metrics, Measured("gain_over_linear", gain)), histories)
