"""Task 4: how many units? Too few cannot even fit the training digits; many fit them all.

    parameters of a dense layer: (n_in + 1) n_out;   of a convolution: (c_in k k + 1) c_out

Book 2.1.1 (note-6) and 2.1.3 (sec-2.1.3). Shapes: N digits, H units in the one hidden layer.
Target: the width with the best validation score, trained anew on all 500 digits, reads new ones.
Control: a hidden layer of two units, which is too narrow for ten classes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn

from workshop.core.data import Data, Split, load
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings, setting
from workshop.core.training import History, count_correct, evaluate
from workshop.day2.design import chooser


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the sweep over widths."""

    widths: tuple[int, ...] = setting((2, 4, 8, 16, 64, 256), at_least=1, help="units to try")
    examples: int = setting(500, at_least=10, at_most=3500, help="training digits")
    epochs: int = setting(60, at_least=1, help="passes over them")
    lr: float = setting(0.1, above=0, help="learning rate")


# --- by hand -------------------------------------------------------------------------------------


def dense_parameters(inputs: int, outputs: int) -> int:
    """Every output looks at every input, and has a bias (note-6)."""
    return (inputs + 1) * outputs


def convolution_parameters(channels_in: int, channels_out: int, kernel: int) -> int:
    """Every output looks at a window of kernel x kernel; all windows share its weights (note-6)."""
    return (channels_in * kernel * kernel + 1) * channels_out


# --- with torch.nn -------------------------------------------------------------------------------


def few_digits(examples: int) -> Data:
    """MNIST-5k with only the first `examples` training digits; its order is mixed already."""
    data = load("mnist5k")
    few = Split(data.train.x[:examples], data.train.y[:examples])
    return replace(data, train=few)


def train(
    data: Split, hidden: int, config: Config, *, seed: int, progress: bool | str = False
) -> tuple[nn.Module, History]:
    """One hidden layer of `hidden` ReLUs, trained on x (N, 1, 28, 28) and y (N,)."""
    settings = chooser.Config(hidden=hidden, epochs=config.epochs, lr=config.lr)
    options: dict[str, Any] = {"seed": seed, "device": data.x.device, "progress": progress}
    return chooser.train(data, 10, nn.CrossEntropyLoss(), settings, **options)


def sweep(
    data: Data, config: Config, *, seed: int, progress: bool = False
) -> dict[int, tuple[float, float]]:
    """Width -> accuracy on the training digits and on the validation digits."""
    scores = {}
    for hidden in config.widths:
        model, _ = train(
            data.train, hidden, config, seed=seed, progress=progress and f"width {hidden}"
        )
        known, new = (
            evaluate(model, part, metrics={"right": count_correct})["right"]
            for part in (data.train, data.validation)
        )
        scores[hidden] = known, new
    return scores


def run(config: Config, *, seed: int, device: torch.device, progress: bool) -> Result:
    """Choose a width on the validation digits, then test it once, beside the narrowest."""
    data = few_digits(config.examples).to(device)
    scores = sweep(data, config, seed=seed, progress=progress)
    best = max(scores, key=lambda hidden: scores[hidden][1])
    narrow, wide = min(scores), max(scores)
    metrics = [
        Measured("width_narrow_train_accuracy", scores[narrow][0]),
        Measured("width_wide_train_accuracy", scores[wide][0]),
        # How much better a net is on what it has seen: the room for overfitting.
        Measured("width_narrow_gap", scores[narrow][0] - scores[narrow][1]),
        Measured("width_wide_gap", scores[wide][0] - scores[wide][1]),
    ]
    model, history = train(data.development, best, config, seed=seed, progress=progress)
    test = evaluate(model, data.test, metrics={"right": count_correct})
    metrics.append(test.measured("right", "width_chosen_accuracy"))
    return Result(tuple(metrics), {"chosen": history})
