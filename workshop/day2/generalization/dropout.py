"""Dropout: in training each unit is missing at random, so that none relies on a certain other.

    training:  a * keep / (1 - p),  keep is 1 with probability 1 - p, else 0;    evaluation:  a

Book 2.3.2 (fig-2.8, note-15, fig-2.9). Shapes: B examples, n units, S = 2^n sub-networks, C classes.
Target: the average of every sub-network is what the whole network answers. Control: its members
alone do worse.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from workshop.core.checks import expect
from workshop.core.data import Split
from workshop.core.device import seed_everything
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings, setting
from workshop.core.training import History, fit
from workshop.day1.representation import rings


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the ensemble of a tiny network."""

    hidden: int = setting(10, at_least=1, at_most=14, help="hidden units: 2^hidden sub-networks")
    p: float = setting(0.5, at_least=0, below=1, help="probability that a unit is dropped")
    epochs: int = setting(400, at_least=1, help="passes over the points")
    lr: float = setting(0.02, above=0, help="learning rate")


# --- by hand -------------------------------------------------------------------------------------


def inverted_dropout(x: Tensor, u: Tensor, p: float, training: bool) -> Tensor:
    """Dropout (fig-2.8; Srivastava et al. 2014), scaled while training: x and u (any shape) -> x's.

    Args:
        x: activations.
        u: a random number between 0 and 1 for each; where it is below p, the unit is dropped.
        p: probability of being dropped, 0 <= p < 1.
        training: without it x comes back as it is (note-15).
    """
    if not training:
        return x
    keep = u >= p
    return x * keep / (1 - p)


class Dropout(nn.Module):
    """nn.Dropout by hand: it draws the random numbers; train() and eval() switch it on and off."""

    def __init__(self, p: float = 0.5) -> None:
        """p: probability of being dropped.

        Raises:
            ValueError: p is below 0, or 1 and more.
        """
        super().__init__()
        expect(0 <= p < 1, "p", p, "0 <= p < 1")
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        """(any shape) -> the same shape."""
        return inverted_dropout(x, torch.rand_like(x), self.p, self.training)


def all_masks(units: int) -> Tensor:
    """Every way to keep (1) or drop (0) `units` units: (2^units, units), all of them kept last."""
    numbers = torch.arange(2**units)[:, None]
    return (numbers >> torch.arange(units).flip(0) & 1).float()


def probabilities(masks: Tensor, p: float) -> Tensor:
    """How likely dropout is to draw each mask: (S, n) -> (S,), which adds up to 1."""
    kept = masks.sum(dim=1)
    return (1 - p) ** kept * p ** (masks.shape[1] - kept)


# --- with torch.nn -------------------------------------------------------------------------------


class TinyNetwork(nn.Module):
    """Two inputs, one hidden layer with dropout: (B, 2) -> logits (B, 2)."""

    def __init__(self, hidden: int, p: float) -> None:
        """`hidden` ReLUs, each dropped with probability p while training."""
        super().__init__()
        self.first, self.dropout, self.last = (
            nn.Linear(2, hidden),
            nn.Dropout(p),
            nn.Linear(hidden, 2),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Layer, ReLU, dropout, layer."""
        return self.last(self.dropout(self.first(x).relu()))


@torch.no_grad()
def subnetwork_logits(model: TinyNetwork, x: Tensor, masks: Tensor) -> Tensor:
    """What each sub-network of a tiny network answers (fig-2.9): x (B, 2), masks (S, n) -> (S, B, 2).

    As in training, the units that are kept count 1 / (1 - p) times.
    """
    return model.last(model.first(x).relu() * masks[:, None, :] / (1 - model.dropout.p))


@torch.no_grad()
def ensemble(model: TinyNetwork, x: Tensor) -> dict[str, Tensor]:
    """Class probabilities (B, 2) of all sub-networks together, averaged in two ways, and of one net.

    'mean': of the probabilities; 'geometric mean': of the probabilities, then made to add up to 1,
    which is the softmax of the mean logits; 'whole network': in evaluation mode, one pass.
    """
    masks = all_masks(model.first.out_features).to(x.device)
    share = probabilities(masks, model.dropout.p)[:, None, None]
    logits = subnetwork_logits(model, x, masks)
    return {
        "mean": (share * logits.softmax(dim=2)).sum(dim=0),
        "geometric mean": (share * logits.log_softmax(dim=2)).sum(dim=0).softmax(dim=1),
        "whole network": model.eval()(x).softmax(dim=1),
    }


def trained_tiny_network(
    config: Config, data: Split, *, seed: int, progress: bool | str = False
) -> tuple[TinyNetwork, History]:
    """A tiny network that has learned the points x (N, 2) with dropout, on their device."""
    seed_everything(seed)
    model = TinyNetwork(config.hidden, config.p).to(data.x.device)
    optimizer = torch.optim.Adam(model.parameters(), lr=config.lr)
    history = fit(
        model,
        data,
        loss_fn=nn.CrossEntropyLoss(),
        optimizer=optimizer,
        epochs=config.epochs,
        progress=progress,
    )
    return model, history


def run(config: Config, *, seed: int, device: torch.device, progress: bool) -> Result:
    """List all sub-networks of a tiny network that learned the rings, and average them."""
    data = rings(400, seed=2 * seed).to(device)
    new = rings(400, seed=2 * seed + 1).to(device)
    label = progress and "a tiny network"
    model, history = trained_tiny_network(config, data, seed=seed, progress=label)
    answers = ensemble(model, new.x)
    masks = all_masks(config.hidden).to(device)
    alone = int((subnetwork_logits(model, new.x, masks).argmax(dim=2) == new.y).sum())

    def right(name: str) -> int:
        return int((answers[name].argmax(dim=1) == new.y).sum())

    gap = (answers["geometric mean"] - answers["whole network"]).abs().max().item()
    metrics = (
        Measured("ensemble_difference", gap),
        Measured.count("ensemble_accuracy", right("mean"), len(new)),
        Measured.count("whole_network_accuracy", right("whole network"), len(new)),
        members := Measured.count("members_accuracy", alone, len(new) * len(masks)),
        Measured("committee_gain", right("whole network") / len(new) - members.value),
    )
    return Result(metrics, {"tiny_network": history})
