"""A network of our own on a new task: it learned the digits 0 to 4, now it gets 5 to 9.

What it found in the old digits, strokes and curves, is in the new ones too. From 1, 5, 10 or 50
examples of each new digit, a linear layer on its frozen features is trained; beside it, the same
network from random weights. Letters: N images, D features.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from workshop.core.data import Split, load
from workshop.core.device import seed_everything, threads
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings, setting
from workshop.core.training import count_correct, evaluate
from workshop.day2.cnn.model import CNN
from workshop.day2.cnn.model import train as train_cnn


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the task with the digits."""

    shots: tuple[int, ...] = setting(
        (1, 5, 10, 50), at_least=1, at_most=400, help="examples of each new digit"
    )
    draws: int = setting(3, at_least=1, help="how often these examples are drawn")
    epochs: int = setting(5, at_least=1, help="passes over the old digits, 0 to 4")
    width: int = setting(8, at_least=1, help="filters of the first block")
    updates: int = setting(60, at_least=1, help="updates with the new digits, scratch and frozen")
    lr: float = setting(0.01, above=0, help="highest learning rate")


def halves(split: Split) -> tuple[Split, Split]:
    """The digits 0 to 4, and 5 to 9 with labels 0 to 4."""
    old = split.y < 5
    return Split(split.x[old], split.y[old]), Split(split.x[~old], split.y[~old] - 5)


def few(data: Split, shots: int, seed: int) -> Tensor:
    """The places of `shots` examples of each class, drawn at random: (classes * shots,)."""
    generator = torch.Generator().manual_seed(seed)
    y = data.y.cpu()
    chosen = []
    for label in y.unique():
        members = (y == label).nonzero()[:, 0]
        chosen.append(members[torch.randperm(len(members), generator=generator)[:shots]])
    return torch.cat(chosen)


def features(model: CNN, x: Tensor) -> Tensor:
    """What the output layer of a CNN sees: (N, 1, 28, 28) -> (N, D), in evaluation mode."""
    model.eval()
    with torch.no_grad():
        return model.blocks(x).flatten(1)


def train(model: nn.Module, data: Split, *, updates: int, lr: float, seed: int) -> None:
    """The same short training for both: at least `updates` steps, in batches of 50 or fewer."""
    batch_size = min(len(data), 50)
    epochs = -(-updates * batch_size // len(data))
    train_cnn(model, data, epochs=epochs, lr=lr, seed=seed, batch_size=batch_size, smoothing=0.0)


def run(config: Config, *, seed: int, device: torch.device, progress: bool) -> Result:
    """Scratch and frozen on the digits 5 to 9."""
    data = load("mnist5k").to(device)
    old, new = halves(data.development)
    _, test = halves(data.test)
    seed_everything(seed)
    backbone = CNN(config.width, classes=5)
    if device.type == "cpu":  # a third of the time: the channels of a pixel side by side
        backbone.to(memory_format=torch.channels_last)
    with threads(1):
        history = train_cnn(
            backbone,
            old,
            epochs=config.epochs,
            lr=config.lr,
            seed=seed,
            progress=progress and "digits 0 to 4",
        )
        known, asked = features(backbone, new.x), Split(features(backbone, test.x), test.y)
        metrics = []
        for shots in config.shots:
            right = {"scratch": 0, "frozen": 0}
            for draw in range(config.draws):
                rows = few(new, shots, seed=1000 * seed + draw).to(device)
                y = new.y[rows]
                seed_everything(1000 * seed + draw)
                scratch, head = CNN(config.width, classes=5), nn.Linear(known.shape[1], 5)
                for name, model, data_part, test_part in (
                    ("scratch", scratch, Split(new.x[rows], y), test),
                    ("frozen", head, Split(known[rows], y), asked),
                ):
                    train(model, data_part, updates=config.updates, lr=config.lr, seed=draw)
                    scores = evaluate(model, test_part, metrics={"accuracy": count_correct})
                    right[name] += int(scores.sums["accuracy"])
            for name, count in right.items():
                total = config.draws * len(test)
                metrics.append(Measured.count(f"digits_{name}_{shots}", count, total))
            metrics.append(Measured(f"digits_lead_{shots}", metrics[-1].value - metrics[-2].value))
    return Result(tuple(metrics), {"pretraining": history})
