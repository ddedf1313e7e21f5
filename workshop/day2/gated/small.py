"""Few examples: does the cell with the most weights do worst? Digits, read a row of pixels at a time.

    a digit of 8 x 8 pixels = a sequence of 8 steps (its rows, from the top), 8 numbers each

Book 2.6.4 and note-19. Shapes: B digits, T = 8 rows, n = 8 pixels; x (B, T, n) -> logits (B, 10).
The three cells learn from the same few digits, with several draws of them and of the first weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from workshop.core.data import Split, load
from workshop.core.device import seed_everything
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings, setting
from workshop.core.training import count_correct, evaluate, fit
from workshop.day2.gated.memory import KINDS, Reader


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the run on few digits."""

    examples: int = setting(50, at_least=10, at_most=1000, help="digits to learn from")
    hidden: int = setting(32, at_least=1, help="units of each cell")
    epochs: int = setting(40, at_least=1, help="passes over them")
    lr: float = setting(0.01, above=0, help="learning rate of Adam")
    draws: int = setting(3, at_least=2, help="how often, each with other digits to learn from")


def rows() -> tuple[Split, Split]:
    """The 8 x 8 digits as sequences (N, 8, 8): those to learn from, and the test part."""
    digits = load("digits")
    known, test = digits.development, digits.test
    return Split(known.x[:, 0], known.y), Split(test.x[:, 0], test.y)


def run(config: Config, *, seed: int, device: torch.device, progress: bool) -> Result:
    """How many digits each kind of cell reads, of all draws: few seen in training, and held out."""
    known, test = rows()
    seen = dict.fromkeys(KINDS, 0)
    new = dict(seen)
    for draw in range(config.draws):
        number = 1000 * seed + draw
        few = torch.randperm(len(known), generator=torch.Generator().manual_seed(number))
        few = few[: config.examples]
        train = Split(known.x[few], known.y[few])
        for kind in KINDS:
            seed_everything(number)
            model = Reader(kind, inputs=8, hidden=config.hidden, classes=10).to(device)
            optimizer = torch.optim.Adam(model.parameters(), config.lr)
            fit(
                model,
                train,
                loss_fn=nn.CrossEntropyLoss(),
                optimizer=optimizer,
                epochs=config.epochs,
                batch_size=25,
                seed=number,
            )
            for sums, part in ((seen, train), (new, test)):
                score = evaluate(model, part, metrics={"right": count_correct})
                sums[kind] += int(score.sums["right"])
    metrics = []
    for kind in KINDS:
        total = config.draws * len(test)
        metrics += [
            Measured.count(f"small_{kind}_train_accuracy", seen[kind], config.draws * len(few)),
            Measured.count(f"small_{kind}_accuracy", new[kind], total),
        ]
    return Result(tuple(metrics))
