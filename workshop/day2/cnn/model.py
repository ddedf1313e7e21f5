"""The trained networks: a small CNN, a fully connected one beside it, and how both are trained."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from workshop.core.checks import expect
from workshop.core.data import Split
from workshop.core.device import seed_everything
from workshop.core.training import History, count_correct, fit
from workshop.day2.generalization.augmentation import Augment


class Block(nn.Sequential):
    """Convolution, pooling, normalisation, detector: (B, C, H, W) -> (B, F, H // 2, W // 2).

    The book has the detector before the pooling (fig-2.11). For a maximum the order makes no
    difference, since ReLU never changes which of two numbers is larger; this way round it has a
    quarter of the numbers to work on.
    """

    def __init__(self, channels: int, filters: int) -> None:
        """Make the four parts; padding keeps the size, pooling halves it."""
        super().__init__(
            nn.Conv2d(channels, filters, kernel_size=3, padding=1, bias=False),
            nn.MaxPool2d(2),
            nn.BatchNorm2d(filters),  # its own bias makes the convolution's superfluous
            nn.ReLU(),
        )


class CNN(nn.Module):
    """Three blocks, then one linear layer: (B, 1, 28, 28) -> logits (B, classes)."""

    def __init__(self, width: int = 16, classes: int = 10) -> None:
        """Width filters in the first block, twice as many in each of the others."""
        super().__init__()
        self.blocks = nn.Sequential(
            Block(1, width), Block(width, 2 * width), Block(2 * width, 2 * width)
        )
        self.head = nn.Linear(2 * width * 3 * 3, classes)  # 28 -> 14 -> 7 -> 3

    def forward(self, x: Tensor) -> Tensor:
        """What the blocks have found, as one row of numbers, into the head."""
        return self.head(self.blocks(x).flatten(1))


def mlp(classes: int = 10) -> nn.Module:
    """Two hidden layers with BatchNorm and ReLU, as in the CNN: (B, 1, 28, 28) -> logits (B, 10)."""
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(784, 256),
        nn.BatchNorm1d(256),
        nn.ReLU(),
        nn.Linear(256, 128),
        nn.BatchNorm1d(128),
        nn.ReLU(),
        nn.Linear(128, classes),
    )


def fit_options(
    model: nn.Module,
    examples: int,
    *,
    epochs: int,
    lr: float,
    batch_size: int = 64,
    smoothing: float = 0.05,
    groups: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """The arguments of `fit` or `train_epochs` for a model that sees `examples` images an epoch.

    groups: weights with highest rates of their own, as an optimizer takes them; else all get `lr`.
    """
    optimizer = torch.optim.AdamW(groups or model.parameters(), lr=lr, weight_decay=0.01)
    rates = [group["lr"] for group in optimizer.param_groups]
    updates = epochs * -(-examples // batch_size)
    return {
        "loss_fn": nn.CrossEntropyLoss(label_smoothing=smoothing),
        "optimizer": optimizer,
        "schedule": torch.optim.lr_scheduler.OneCycleLR(optimizer, rates, total_steps=updates),
        "metrics": {"accuracy": count_correct},
        "epochs": epochs,
        "batch_size": batch_size,
    }


def build(kind: str, *, width: int = 16, seed: int = 0, augment: bool = False) -> nn.Module:
    """A new 'cnn' or 'mlp', its weights drawn with `seed`; augment: training images vary at random."""
    expect(kind in ("cnn", "mlp"), "kind", repr(kind), "'cnn' or 'mlp'")
    seed_everything(seed)
    model = CNN(width) if kind == "cnn" else mlp()
    # The channels of a pixel side by side in memory: saves a CPU a third of the time.
    model.to(memory_format=torch.channels_last)
    return nn.Sequential(Augment(), model) if augment else model


def train(
    model: nn.Module,
    data: Split,
    *,
    epochs: int,
    lr: float,
    seed: int,
    progress: bool | str = False,
    **options: Any,
) -> History:
    """Train `model` in place on `data`, on the device where `data` are; options: of `fit_options`."""
    if data.x.device.type == "mps":  # slow with the layout that `build` chose
        model.to(memory_format=torch.contiguous_format)
    model.to(data.x.device)
    options = fit_options(model, len(data), epochs=epochs, lr=lr, **options)
    return fit(model, data, seed=seed, progress=progress, **options)
