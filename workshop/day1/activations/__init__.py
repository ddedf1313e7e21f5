"""Without a bend between them, many layers are one: activations are what makes a network deep.

    W3 (W2 (W1 x)) = (W3 W2 W1) x,   but   W2 g(W1 x + b1) + b2   bends wherever g does

Book 1.5. Shapes: B examples, D_in inputs, D_out outputs, C classes; z any shape.
Targets: rings that no line divides are told apart, and a trained layer of ReLUs follows x^2.
Control: the same networks with the bend taken out do neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from workshop.core.device import choose, seed_everything, threads
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings, setting
from workshop.core.training import History, fit
from workshop.day1.neuron import sigmoid
from workshop.day1.representation import rings, train

# The scores of the book's figure 1.12.
SCORES = torch.tensor([3.82, 5.35, 1.44, -1.26, 2.71, 1.98], dtype=torch.float64)


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the lesson."""

    hidden: int = setting(32, at_least=1, help="units of the hidden layer, in both tasks")
    epochs: int = setting(300, at_least=1, help="passes over the rings")
    lr: float = setting(0.5, above=0, help="learning rate for the rings")
    curve_epochs: int = setting(400, at_least=1, help="passes over the points of x^2")
    curve_lr: float = setting(0.3, above=0, help="learning rate for x^2")


# --- by hand -------------------------------------------------------------------------------------


def identity(z: Tensor) -> Tensor:
    """No bend: g(z) = z. Right at a regression output, useless between layers (note-3)."""
    return z


def relu(z: Tensor) -> Tensor:
    """max(0, z), elementwise (eq-1.18); its slope at 0 is taken as 0, as torch does."""
    return torch.where(z > 0, z, torch.zeros_like(z))


def tanh(z: Tensor) -> Tensor:
    """(e^z - e^-z) / (e^z + e^-z), elementwise: a sigmoid stretched to (-1, 1)."""
    return 2 * sigmoid(2 * z) - 1


def softmax(z: Tensor) -> Tensor:
    """exp(z_j) / sum_k exp(z_k) over the last dimension (fig-1.12): (..., C) -> (..., C).

    Subtracting the largest score first changes nothing on paper and keeps exp from overflowing.
    """
    shifted = z - z.max(dim=-1, keepdim=True).values
    return shifted.exp() / shifted.exp().sum(dim=-1, keepdim=True)


def collapse(layers: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    """The one layer (W, b) that equals a stack of layers without activations (eq-1.17).

    layers: (W, b) from first to last, W (D_out, D_in) and b (D_out,); z = W x + b.

    Raises:
        ValueError: no layers, or one does not fit the next.
    """
    if not layers:
        raise ValueError("collapse: got no layers, expected one or more (W, b)")
    weight, bias = layers[0]
    for number, (w, b) in enumerate(layers[1:], start=2):
        if w.shape[1] != weight.shape[0]:
            raise ValueError(
                f"layer {number}: got W {tuple(w.shape)}, expected {weight.shape[0]} columns, one "
                f"for each output of the layer before"
            )
        weight, bias = w @ weight, w @ bias + b
    return weight, bias


def sum_of_relus(x: Tensor, w: Tensor, b: Tensor, v: Tensor) -> Tensor:
    """A hidden layer of n ReLUs on one number, added up: v_1 relu(w_1 x + b_1) + ... + v_n relu(...).

    x (N,), w (n,), b (n,), v (n,) -> (N,). Unit i bends the curve at x = -b_i / w_i.
    """
    hidden = torch.relu(x[:, None] * w + b)  # (N, n): a row for each x, a column for each unit
    return hidden @ v


def four_relus(x: Tensor) -> Tensor:
    """The book's x^2 out of four ReLUs (eq-1.19): any shape -> the same."""
    return relu(5 * x) + relu(-5 * x) + relu(7 * x - 24) + relu(-7 * x - 24)


# --- with torch.nn -------------------------------------------------------------------------------


def network(sizes: Sequence[int], activation: type[nn.Module]) -> nn.Sequential:
    """Linear layers of these sizes with `activation` between them; returns logits."""
    parts: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        parts += [nn.Linear(inputs, outputs), activation()]
    return nn.Sequential(*parts[:-1])


def curve_model(hidden: int, activation: type[nn.Module] = nn.ReLU) -> nn.Sequential:
    """One hidden layer for a curve over [-1, 1], (N, 1) -> (N, 1), its bends spread evenly.

    A unit w x + b bends at x = -b / w; each starts flat in the middle and rises outwards. Torch's
    own start puts many bends where they do no good.
    """
    first, last = nn.Linear(1, hidden), nn.Linear(hidden, 1)
    with torch.no_grad():
        bends = torch.linspace(-1, 1, hidden + 2)[1:-1]
        first.weight.copy_(torch.where(bends < 0, -1.0, 1.0)[:, None])
        first.bias.copy_(-bends.abs())
        last.weight.zero_()  # start flat: what is not there need not be unlearned
    return nn.Sequential(first, activation(), last)


def fit_square(model: nn.Module, *, lr: float, **options: Any) -> tuple[History, Tensor, Tensor]:
    """Train `model` on y = x^2 over [-5, 5]; returns history, x (M,) and its output (M,) there.

    options: `epochs` and others of `fit`. Inside, x is divided by 5 and y by 25: a network learns
    best from numbers near 1.
    """
    device = next(model.parameters()).device
    x = torch.linspace(-5, 5, 200, device=device)[:, None]
    history = fit(
        model,
        (x / 5, (x / 5) ** 2),
        loss_fn=nn.MSELoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=lr),
        batch_size=20,
        **options,
    )
    between = torch.linspace(-5, 5, 1001, device=device)
    with torch.no_grad():
        return history, between, 25 * model(between[:, None] / 5)[:, 0]


def run(
    config: Config = Config(),
    *,
    seed: int = 0,
    device: str | torch.device = "cpu",
    progress: bool = False,
) -> Result:
    """Train on the rings and on x^2, with ReLU and, as the control, without any bend."""
    device = choose(device)
    metrics, histories = [], {}
    known, test = rings(800, seed=2 * seed), rings(1000, seed=2 * seed + 1)
    with threads(1):
        for name, activation in {"relu": nn.ReLU, "linear": nn.Identity}.items():
            seed_everything(seed)
            model = network((2, config.hidden, 2), activation).to(device)
            histories[f"rings_{name}"], score = train(
                model,
                known,
                test,
                lr=config.lr,
                epochs=config.epochs,
                seed=seed,
                progress=progress and f"rings, {name}",
            )
            metrics.append(score.measured("accuracy", f"rings_{name}_accuracy"))

            # Without the bend no unit ever rests, and the full rate makes the sum explode.
            lr = config.curve_lr if activation is nn.ReLU else config.curve_lr / 10
            model = curve_model(config.hidden, activation).to(device)
            histories[f"curve_{name}"], x, y = fit_square(
                model,
                epochs=config.curve_epochs,
                lr=lr,
                seed=seed,
                progress=progress and f"x^2, {name}",
            )
            metrics.append(Measured(f"curve_{name}_error", (y - x**2).abs().max().item()))
    return Result(tuple(metrics), histories)
