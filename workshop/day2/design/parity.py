"""Task 1: the parity of n bits, which a deep net learns with a few weights and a shallow one does not.

    parity(b1 ... b8) = parity(parity(b1 ... b4), parity(b5 ... b8)), and so on down to pairs

Book 2.1.2 (sec-2.1.2). Shapes: N patterns of n bits, written -1 and 1; R restarts, trained at once.
Target: three layers of pairs learn parity from half of all patterns and are right on the others.
Control: one hidden layer of equally many numbers knows its own half by heart, and guesses the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from workshop.core.checks import expect
from workshop.core.data import Split
from workshop.core.device import seed_everything
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings, setting
from workshop.core.training import History, fit


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of deep against shallow on parity."""

    bits: int = setting(8, choices=(4, 8), help="bits of a pattern")
    hidden: int = setting(8, at_least=2, help="units that look at a pair, in the deep net")
    restarts: int = setting(40, at_least=1, help="starts of each net; the best on training counts")
    epochs: int = setting(500, at_least=1, help="updates, each on all training patterns")
    lr: float = setting(0.02, above=0, help="learning rate (Adam, which `optimizers` explains)")


def patterns(bits: int) -> tuple[Tensor, Tensor]:
    """All 2^bits patterns x (N, bits) of -1 and 1, and y (N,): 1. where the ones are odd."""
    ones = (torch.arange(2**bits)[:, None] >> torch.arange(bits)) & 1
    return ones.float() * 2 - 1, (ones.sum(dim=1) % 2).float()


# --- by hand -------------------------------------------------------------------------------------


def parity_by_folding(x: Tensor) -> Tensor:
    """Parity with two ReLUs a layer, log2(n) layers: x (N, n) of -1 and 1 -> (N,) of 0. and 1.

    The sum lies between -n and n. |z| = relu(z) + relu(-z) folds the line in the middle; folded
    again and again, all sums with an odd number of ones come to lie on 0, the others on 2.

    Raises:
        ValueError: n is no power of two, or less than 2.
    """
    n = x.shape[1]
    expect(n >= 2 and n & (n - 1) == 0, "x", f"{n} bits", "a power of two, 2 or more")
    z = x.sum(dim=1)
    while n > 1:
        z = torch.relu(z) + torch.relu(-z)  # one hidden layer of two units
        n //= 2
        z = z - n
    return (1 - z) / 2


def folding_units(n: int) -> int:
    """Hidden units of `parity_by_folding`: two for each halving of n, a power of two."""
    return 2 * (n.bit_length() - 1)


# --- with torch.nn -------------------------------------------------------------------------------


class Pairs(nn.Module):
    """log2(n) layers of pairs: (N, n) -> (N, R) logits, one for each of R restarts.

    Each layer turns every pair of neighbours into one number by a small network, 2 -> hidden -> 1,
    which is the same for all pairs of that layer.
    """

    def __init__(self, bits: int, hidden: int, restarts: int) -> None:
        """Make `restarts` nets with random weights, side by side."""
        super().__init__()
        levels, r = bits.bit_length() - 1, restarts
        shapes = {"w1": (r, 2, hidden), "b1": (r, 1, hidden), "w2": (r, hidden, 1), "b2": (r, 1, 1)}
        spread = {"w1": 1.0, "b1": 0.5, "w2": (2 / hidden) ** 0.5, "b2": 0.0}
        self.levels = nn.ModuleList(
            nn.ParameterDict({k: spread[k] * torch.randn(shape) for k, shape in shapes.items()})
            for _ in range(levels)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Pairs, pairs of pairs, ... until one number is left."""
        levels = cast("list[nn.ParameterDict]", list(self.levels))
        z = x.expand(len(levels[0]["w1"]), *x.shape)  # (R, N, n)
        for p in levels:
            width = z.shape[-1] // 2
            pairs = z.reshape(len(z), -1, 2)
            z = torch.relu(pairs @ p["w1"] + p["b1"]) @ p["w2"] + p["b2"]
            z = z.reshape(len(z), -1, width)
        return z[..., 0].T


class Shallow(nn.Module):
    """One hidden layer that sees all bits: (N, n) -> (N, R) logits, one for each restart."""

    def __init__(self, bits: int, hidden: int, restarts: int) -> None:
        """Make `restarts` nets with random weights, side by side."""
        super().__init__()
        self.w1 = nn.Parameter(torch.randn(restarts, bits, hidden) * (2 / bits) ** 0.5)
        self.b1 = nn.Parameter(torch.randn(restarts, 1, hidden) * 0.5)
        self.w2 = nn.Parameter(torch.randn(restarts, hidden, 1) * (2 / hidden) ** 0.5)
        self.b2 = nn.Parameter(torch.zeros(restarts, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Layer, ReLU, layer."""
        return (torch.relu(x @ self.w1 + self.b1) @ self.w2 + self.b2)[..., 0].T


def numbers_per_net(model: Pairs | Shallow) -> int:
    """Weights and biases of one of the restarts."""
    first = next(model.parameters())
    return sum(p.numel() for p in model.parameters()) // len(first)


def equal_pair(config: Config) -> dict[str, Pairs | Shallow]:
    """The deep net, and the shallow one whose number of parameters comes closest to it."""
    deep = Pairs(config.bits, config.hidden, config.restarts)
    hidden = round((numbers_per_net(deep) - 1) / (config.bits + 2))
    return {"deep": deep, "shallow": Shallow(config.bits, hidden, config.restarts)}


def loss_fn(logits: Tensor, y: Tensor) -> Tensor:
    """Mean log loss of each restart, (N, R) and (N,), added up: each has a gradient of its own."""
    target = y[:, None].expand_as(logits)
    return nn.functional.binary_cross_entropy_with_logits(logits, target) * logits.shape[1]


def halves(bits: int, seed: int) -> tuple[Split, Split]:
    """Half of all patterns to train on and the other half to test on, at random."""
    x, y = patterns(bits)
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))
    known, new = order.chunk(2)
    return Split(x[known], y[known]), Split(x[new], y[new])


def train(
    model: nn.Module, known: Split, config: Config, *, progress: bool | str = False
) -> tuple[History, int]:
    """Train all restarts; returns the history and which of them has the lowest training loss."""
    optimizer = torch.optim.Adam(model.parameters(), lr=config.lr)
    history = fit(
        model, known, loss_fn=loss_fn, optimizer=optimizer, epochs=config.epochs, progress=progress
    )
    x, y = (part.to(next(model.parameters()).device) for part in known)
    with torch.no_grad():
        logits = model(x)
        each = nn.functional.binary_cross_entropy_with_logits(
            logits, y[:, None].expand_as(logits), reduction="none"
        )
    return history, int(each.mean(dim=0).argmin())


def score(model: nn.Module, data: Split, restart: int, name: str) -> Measured:
    """How many patterns this restart gets right."""
    x, y = (part.to(next(model.parameters()).device) for part in data)
    with torch.no_grad():
        right = (model(x)[:, restart] > 0) == (y > 0.5)
    return Measured.count(name, int(right.sum()), len(y))


def run(config: Config, *, seed: int, device: torch.device, progress: bool) -> Result:
    """Deep against shallow at equal parameter count, on patterns known and new."""
    known, new = halves(config.bits, seed)
    seed_everything(seed)
    metrics, histories = [], {}
    for name, model in equal_pair(config).items():
        model.to(device)
        history, best = train(model, known, config, progress=progress and f"parity, {name}")
        histories[name] = history
        metrics.append(score(model, known, best, f"parity_{name}_known_accuracy"))
        metrics.append(score(model, new, best, f"parity_{name}_accuracy"))
    return Result(tuple(metrics), histories)
