"""A layer is many neurons that look at the same input; a network is layers behind one another.

    Z = W x + b,   A = g(Z)        W (n_out, n_in): one row of weights per unit

Book 1.3.2 and 1.4. Shapes: B examples; x (B, n_in), W (n_out, n_in), b (n_out,), Z and A (B, n_out).
Targets: a network with one hidden layer reads digits, tells tumours apart and predicts a number,
with a head of its own for each task. Control: squeezed through a single hidden unit, it cannot read.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from workshop.core.data import Data, Split, load
from workshop.core.device import choose, seed_everything, threads
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings, setting
from workshop.core.training import History, count_correct, evaluate, fit
from workshop.day1.neuron import sigmoid
from workshop.day1.representation import represent


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the lesson."""

    hidden: tuple[int, ...] = setting((64,), at_least=1, help="units of each hidden layer")
    epochs: int = setting(60, at_least=1, help="passes over the examples")
    lr: float = setting(0.5, above=0, help="learning rate for digits and tumours")
    number_lr: float = setting(0.005, above=0, help="learning rate for predicting a number")


# --- by hand -------------------------------------------------------------------------------------


def unit(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """One unit's activation for one example (eq-1.13): x (n_in,), w (n_in,), b () -> ()."""
    return sigmoid((x * w).sum() + b)


def layer_unit_by_unit(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """All units of a layer, one after the other (eq-1.13, eq-1.14): x (n_in,) -> (n_out,)."""
    return torch.stack([unit(x, w, b) for w, b in zip(weight, bias, strict=True)])


def layer(x: Tensor, W: Tensor, b: Tensor) -> Tensor:
    """All units and all examples at once (eq-1.15), before the activation.

    x (B, n_in), W (n_out, n_in), b (n_out,) -> (B, n_out).
    """
    return x @ W.T + b


def forward(x: Tensor, weights: list[Tensor], biases: list[Tensor]) -> Tensor:
    """A whole network: layer after layer (fig-1.7), sigmoids between them, logits at the end.

    x (B, n_in); weights[l] (n_l, n_(l-1)) and biases[l] (n_l,) from first to last -> (B, n_out).
    """
    for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
        x = sigmoid(x @ weight.T + bias)
    return x @ weights[-1].T + biases[-1]


def count_parameters(sizes: list[int]) -> int:
    """Weights and biases of a network with layers of these sizes, input and output included."""
    pairs = zip(sizes[:-1], sizes[1:], strict=True)
    return sum(inputs * outputs + outputs for inputs, outputs in pairs)


def residual(x: Tensor, W1: Tensor, b1: Tensor, W2: Tensor, b2: Tensor) -> Tensor:
    """A residual block (note-2): what two layers make of x, added to x itself.

    x (B, n), W1 (h, n), b1 (h,), W2 (n, h), b2 (n,) -> (B, n); a sigmoid after the first layer.
    """
    hidden = sigmoid(x @ W1.T + b1)
    return x + hidden @ W2.T + b2


# --- with torch.nn -------------------------------------------------------------------------------


class MLP(nn.Module):
    """Fully connected layers with sigmoids between them: (B, sizes[0]) -> logits (B, sizes[-1])."""

    def __init__(self, sizes: tuple[int, ...]) -> None:
        """Make the layers; sizes has the input, the hidden layers and the output, in this order."""
        super().__init__()
        if len(sizes) < 2:
            raise ValueError(f"sizes: got {sizes}, expected two numbers or more")
        self.layers = nn.ModuleList(nn.Linear(i, o) for i, o in pairwise(sizes))

    def forward(self, x: Tensor) -> Tensor:
        """One layer after the other; no sigmoid after the last."""
        for linear in self.layers[:-1]:
            x = torch.sigmoid(linear(x))
        return self.layers[-1](x)


class Residual(nn.Module):
    """Two layers and a connection that skips them (note-2): (B, n) -> (B, n), x + f(x)."""

    def __init__(self, width: int, hidden: int) -> None:
        """Make both layers, width -> hidden -> width."""
        super().__init__()
        self.inside = MLP((width, hidden, width))

    def forward(self, x: Tensor) -> Tensor:
        """What the layers make of x, added to x itself."""
        return x + self.inside(x)


def train(
    data: Split, sizes: tuple[int, ...], loss_fn: nn.Module, *, lr: float, **options: Any
) -> tuple[MLP, History]:
    """A new network with layers of these sizes, trained on `data`, on its device.

    options: `epochs` and others of `fit`.
    """
    model = MLP(sizes).to(data.x.device)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    history = fit(model, data, loss_fn=loss_fn, optimizer=optimizer, batch_size=32, **options)
    return model, history


def flat_digits() -> Data:
    """The 8 x 8 digits, each image as one row of 64 numbers."""
    return represent(load("digits"), lambda x: x.flatten(1))


def disease_progression() -> Data:
    """Diabetes with standardised inputs and y (N, 1) in units of 100 points."""
    data = load("diabetes").standardized()
    return data.map(lambda part: Split(part.x, part.y[:, None] / 100))


def tumours() -> Data:
    """Breast cancer with standardised inputs x (N, 30) and y (N, 1) of 0 (malignant) and 1 (benign)."""
    data = load("breast_cancer").standardized()
    return data.map(lambda part: Split(part.x, part.y[:, None].float()))


def r2(guess: Tensor, y: Tensor, known: Tensor) -> float:
    """1 for perfect predictions of y (N, 1), 0 for always guessing the mean of `known` (M, 1)."""
    return 1 - ((guess - y).square().mean() / (known.mean() - y).square().mean()).item()


def run(
    config: Config = Config(),
    *,
    seed: int = 0,
    device: str | torch.device = "cpu",
    progress: bool = False,
) -> Result:
    """Train a head of each kind (ten classes, yes or no, a number), and the control."""
    device = choose(device)
    digits, cells = flat_digits().to(device), tumours().to(device)
    patients = disease_progression().to(device)
    ten, two, number = nn.CrossEntropyLoss(), nn.BCEWithLogitsLoss(), nn.MSELoss()
    jobs = {
        "digits": (digits, (64, *config.hidden, 10), ten, config.lr),
        "one_unit": (digits, (64, 1, 10), ten, config.lr),
        "tumours": (cells, (30, *config.hidden, 1), two, config.lr),
        "diabetes": (patients, (10, *config.hidden, 1), number, config.number_lr),
    }
    metrics, histories = [], {}
    with threads(1):
        seed_everything(seed)
        for name, (data, sizes, loss_fn, lr) in jobs.items():
            model, histories[name] = train(
                data.development,
                sizes,
                loss_fn,
                lr=lr,
                epochs=config.epochs,
                seed=seed,
                progress=progress and name.replace("_", " "),
            )
            if loss_fn is number:
                with torch.no_grad():
                    guess = model(data.test.x)
                metrics.append(Measured(f"{name}_r2", r2(guess, data.test.y, data.development.y)))
            else:
                score = evaluate(model, data.test, metrics={"accuracy": count_correct})
                metrics.append(score.measured("accuracy", f"{name}_accuracy"))
    return Result(tuple(metrics), histories)
