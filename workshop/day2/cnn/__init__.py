"""A window that slides: the same few weights everywhere see more, with fewer numbers to learn.

    out[f, i, j] = b[f] + sum over c, k, l of  W[f, c, k, l] * x[c, i s + k d - p, j s + l d - p]

Book 2.4. Shapes: B images, C channels, F filters, H x W pixels; x (B, C, H, W), W (F, C, k, l);
s stride, d dilation, p padding. by_hand.py has convolution and pooling, model.py the networks,
invariance.py what a shift does. Targets: the CNN reads MNIST-5k, better than a fully connected
network, also when digits are shifted; and clothes. Controls: with all pixels in another order,
the same for each image, the lead is gone; the fully connected network cannot read shifted digits.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from workshop.core.data import Split, load
from workshop.core.device import choose, threads
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings, setting
from workshop.core.training import History, Scores, count_correct, evaluate
from workshop.day2.cnn.full_size import load_fashion_mnist
from workshop.day2.cnn.invariance import score_shifted, shuffle_pixels
from workshop.day2.cnn.model import build, train


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the lesson."""

    epochs: int = setting(6, at_least=1, help="passes over the images")
    augment: bool = setting(False, help="turn, move and scale the CNN's training digits at random")
    width: int = setting(16, at_least=1, help="filters of the first block, half of the others")
    lr: float = setting(0.01, above=0, help="highest learning rate of the CNN")
    mlp_lr: float = setting(0.003, above=0, help="highest learning rate of the fully connected one")
    batch_size: int = setting(64, at_least=2, help="images per update")
    shift: int = setting(3, at_least=1, at_most=20, help="pixels by which test digits are shifted")
    full: bool = setting(
        False, help="also learn all of Fashion-MNIST, if its files are here (1 min)"
    )
    full_epochs: int = setting(3, at_least=1, help="passes over all of Fashion-MNIST")


def run(
    config: Config = Config(),
    *,
    seed: int = 0,
    device: str | torch.device = "cpu",
    progress: bool = False,
) -> Result:
    """A CNN and a fully connected network on digits, shifted digits and shuffled pixels; clothes.

    Raises:
        DataError: config.full, and the files of Fashion-MNIST are not on this machine.
    """
    device = choose(device)
    full = load_fashion_mnist() if config.full else None  # first: it may not be there
    digits, clothes = load("mnist5k").to(device), load("fashion_mnist").to(device)
    histories: dict[str, History] = {}

    def trained(
        name: str, kind: str, data: Split, augment: bool = False, **changes: int
    ) -> torch.nn.Module:
        """A new model of that kind, trained on `data`."""
        options = {"epochs": config.epochs, "batch_size": config.batch_size} | changes
        model = build(kind, width=config.width, seed=seed, augment=augment)
        histories[name] = train(
            model,
            data,
            lr=config.lr if kind == "cnn" else config.mlp_lr,
            seed=seed,
            progress=progress and name.replace("_", " "),
            **options,
        )
        return model

    def score(model: torch.nn.Module, data: Split) -> Scores:
        return evaluate(model, data, metrics={"accuracy": count_correct})

    # Convolutions use as many threads as torch has, all cores by default; small layers want one.
    known, test = digits.development, digits.test
    mixed, mixed_test = (shuffle_pixels(part, seed=seed) for part in (known, test))
    cnn = trained("digits", "cnn", known, augment=config.augment)
    mixed_cnn = trained("shuffled", "cnn", mixed)
    clothes_cnn = trained("fashion", "cnn", clothes.development)
    with threads(1):
        mlp = trained("digits_mlp", "mlp", known)
        mixed_mlp = trained("shuffled_mlp", "mlp", mixed)
    scores = {
        "digits": score(cnn, test),
        "digits_mlp": score(mlp, test),
        "shifted": score_shifted(cnn, test, config.shift),
        "shifted_mlp": score_shifted(mlp, test, config.shift),
        "shuffled": score(mixed_cnn, mixed_test),
        "shuffled_mlp": score(mixed_mlp, mixed_test),
        "fashion": score(clothes_cnn, clothes.test),
    }
    if full is not None:
        full = full.to(device)
        model = trained(
            "full_fashion", "cnn", full.development, epochs=config.full_epochs, batch_size=128
        )
        scores["full_fashion"] = score(model, full.test)
    metrics = [scores[name].measured("accuracy", f"{name}_accuracy") for name in scores]
    for name in ("digits", "shuffled"):
        lead = scores[name]["accuracy"] - scores[f"{name}_mlp"]["accuracy"]
        metrics.append(Measured(f"{name}_lead", lead))
    return Result(tuple(metrics), histories)
