"""Four ways to train on a small task, with a backbone trained on another one, or without (ex-4).

    scratch   nothing is given: a small CNN that starts from random weights
    frozen    the backbone stays as it is; a new output layer is trained on its features
    last      the backbone's last blocks are trained too: fine-tuning
    all       all of it is trained, the early blocks in smaller steps than the late ones

Letters: B photos, S pixels a side, D features, K kinds. What is frozen also stays in evaluation
mode: BatchNorm would otherwise go on changing its running means, without any gradient.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from workshop.core.checks import expect
from workshop.core.data import Split
from workshop.core.device import seed_everything
from workshop.core.training import History
from workshop.day2.cnn.model import Block
from workshop.day2.cnn.model import train as train_cnn
from workshop.day2.transfer.backbones import Backbone

REGIMES = ("scratch", "frozen", "last", "all")


def frozen_step(
    backbone: Tensor, head: Tensor, x: Tensor, y: Tensor, lr: float
) -> tuple[Tensor, Tensor]:
    """One step of gradient descent on cross-entropy, with a frozen backbone: all weights after it.

    backbone (P, D), head (D, K), x (B, P), y (B,) ids. Features are relu(x @ backbone), logits are
    features @ head. -> backbone as it was, the new head.
    """
    features = torch.relu(x @ backbone)  # (B, D)
    probabilities = torch.softmax(features @ head, dim=1)  # (B, K)
    wanted = torch.eye(head.shape[1]).to(head)[y]  # 1 for the right kind, 0 for the others
    error = probabilities - wanted  # what the loss says to each logit
    return backbone, head - lr * features.T @ error / len(y)


def layer_rates(lr: float, groups: int, factor: float) -> list[float]:
    """Discriminative learning rates: lr for the last group, each one before it `factor` times that.

    From the first group to the last. Source: Howard and Ruder 2018.
    """
    return [lr * factor ** (groups - 1 - group) for group in range(groups)]


class Transfer(nn.Module):
    """A trained backbone and a new output layer: -> logits (B, K).

    What goes in depends on `start`, so that what stays the same is computed once: 'features'
    (B, D) of the frozen backbone, 'maps' before its last blocks, or 'photos' (B, 3, S, S).
    """

    def __init__(self, backbone: Backbone, kinds: int, regime: str) -> None:
        """Freeze what `regime` freezes. The backbone is copied if it will change."""
        super().__init__()
        known = REGIMES[1:]
        expect(regime in known, "regime", repr(regime), f"one of {', '.join(known)}")
        self.backbone = backbone if regime == "frozen" else copy.deepcopy(backbone)
        self.head = nn.Linear(backbone.width, kinds)  # the old one knew other classes
        self.backbone.requires_grad_(regime == "all")
        if regime == "last":
            for weight in self.backbone.last_weights():
                weight.requires_grad_(True)
        self.start = {"frozen": "features", "last": "maps", "all": "photos"}[regime]

    def forward(self, x: Tensor) -> Tensor:
        """From `start` to the logits."""
        if self.start == "photos":
            x = self.backbone.early(x)
        if self.start != "features":
            x = self.backbone.late(x)
        return self.head(x)

    def train(self, mode: bool = True) -> Transfer:
        """Only the head changes its mode: the backbone's BatchNorm keeps the statistics of ImageNet.

        A few photos are too few to estimate them anew, also where its weights are trained.
        """
        super().train(mode)
        self.backbone.eval()
        return self

    def weight_groups(self, lr: float, factor: float, groups: int = 3) -> list[dict]:
        """For an optimizer: the trained weights from early to late, then the head, with rates."""
        trained = [weight for weight in self.backbone.parameters() if weight.requires_grad]
        size = max(-(-len(trained) // groups), 1)
        parts = [trained[at : at + size] for at in range(0, len(trained), size)]
        parts.append(list(self.head.parameters()))
        rates = layer_rates(lr, len(parts), factor)
        return [{"params": part, "lr": rate} for part, rate in zip(parts, rates, strict=True)]


def small_cnn(kinds: int, width: int = 8) -> nn.Module:
    """For learning from scratch: (B, 3, S, S) -> logits (B, kinds); colour at half the resolution."""
    return nn.Sequential(
        nn.AvgPool2d(2),
        Block(3, width),
        Block(width, 2 * width),
        Block(2 * width, 4 * width),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(16 * width, kinds),
    )


def train(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    lr: float,
    factor: float = 0.3,
    batch_size: int = 32,
    **options: Any,
) -> History:
    """Train what is not frozen, in place; options: epochs, seed, progress, as for the lesson `cnn`.

    x (N, V, ...), V views of each photo, y (N,): the views are examples of their own.
    """
    data = Split(x.flatten(0, 1), y.repeat_interleave(x.shape[1]))
    groups = model.weight_groups(lr, factor) if isinstance(model, Transfer) else None
    return train_cnn(model, data, lr=lr, batch_size=batch_size, groups=groups, **options)


def new_model(regime: str, backbone: Backbone, kinds: int, *, seed: int) -> nn.Module:
    """A model for one of REGIMES, its new weights drawn with `seed`."""
    seed_everything(seed)
    return small_cnn(kinds) if regime == "scratch" else Transfer(backbone, kinds, regime)


@torch.no_grad()
def in_batches(function: Callable[[Tensor], Tensor], x: Tensor, batch_size: int = 64) -> Tensor:
    """What `function` makes of x (N, ...), a batch at a time and without gradients."""
    return torch.cat([function(part) for part in x.split(batch_size)])
