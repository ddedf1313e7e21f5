"""A layer is many neurons that look at the same input; a network is layers behind one another.

    Z = W x + b,   A = g(Z)        W (n_out, n_in): one row of weights per unit

Book 1.3.2 and 1.4. Shapes: B examples; x (B, n_in), W (n_out, n_in), b (n_out,), Z and A (B, n_out).
Targets: a network with one hidden layer reads digits, tells tumours apart and predicts a number,
with a head of its own for each task. Control: squeezed through a single hidden unit, it cannot read.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from workshop.core.data import Data, Split, load, standardize
from workshop.core.device import choose, seed_everything, threads
from workshop.core.lesson import Measured, Result, check_settings, setting
from workshop.core.training import History, count_correct, evaluate, fit
from workshop.day1.neuron import sigmoid


@dataclass(frozen=True, kw_only=True)
class Config:
    """Settings of the lesson."""

    hidden: tuple[int, ...] = setting((64,), at_least=1, help="units of each hidden layer")
    epochs: int = setting(60, at_least=1, help="passes over the examples")
    lr: float = setting(0.5, above=0, help="learning rate for digits and tumours")
    number_lr: float = setting(0.005, above=0, help="learning rate for predicting a number")

    def __post_init__(self) -> None:
        """Refuse settings out of range."""
        check_settings(self)


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
    return sum(outputs * inputs + outputs for inputs, outputs in zip(sizes, sizes[1:]))  # noqa: B905


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
    """Two layers with a connection that skips them (note-2): (B, n) -> (B, n), x + f(x)."""

    def __init__(self, width: int) -> None:
        """Make both layers."""
        super().__init__()
        self.inside = MLP((width, width, width))

    def forward(self, x: Tensor) -> Tensor:
        """What the layers make of x, added to x itself."""
        return x + self.inside(x)


def train(
    data: Split, sizes: tuple[int, ...], loss_fn: nn.Module, *, lr: float, epochs: int, seed: int,
    progress: bool | str = False,
) -> tuple[MLP, History]:  # fmt: skip
    """A new network with layers of these sizes, trained on `data`, on its device."""
    model = MLP(sizes).to(data.x.device)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    history = fit(
        model, data, loss_fn=loss_fn, optimizer=optimizer, epochs=epochs, batch_size=32, seed=seed,
        progress=progress,
    )  # fmt: skip
    return model, history


def flat_digits() -> Data:
    """The 8 x 8 digits, each image as one row of 64 numbers."""
    data = load("digits")
    parts = (Split(part.x.flatten(1), part.y) for part in (data.train, data.validation, data.test))
    return Data(data.name, *parts, class_names=data.class_names)


def disease_progression() -> Data:
    """Diabetes with standardised inputs and y (N, 1) in units of 100 points."""
    data = standardize(load("diabetes"))
    parts = (Split(p.x, p.y[:, None] / 100) for p in (data.train, data.validation, data.test))
    return Data(data.name, *parts, feature_names=data.feature_names)


def run(
    config: Config = Config(),
    *,
    seed: int = 0,
    device: str | torch.device = "cpu",
    progress: bool = False,
) -> Result:
    """Train a head of each kind (ten classes, yes or no, a number), and the control."""
    device = choose(device)
    digits = flat_digits().to(device)
    tumours = standardize(load("breast_cancer")).to(device)
    yes_no = Split(tumours.development.x, tumours.development.y[:, None].float())
    number = disease_progression().to(device)
    common = {"epochs": config.epochs, "seed": seed}
    right = {"metrics": {"accuracy": count_correct}}
    with threads(1):
        seed_everything(seed)
        classes, history = train(
            digits.development, (64, *config.hidden, 10), nn.CrossEntropyLoss(), lr=config.lr,
            progress=progress and "digits", **common,
        )  # fmt: skip
        squeezed, _ = train(
            digits.development, (64, 1, 10), nn.CrossEntropyLoss(), lr=config.lr,
            progress=progress and "one hidden unit", **common,
        )  # fmt: skip
        binary, _ = train(
            yes_no, (30, *config.hidden, 1), nn.BCEWithLogitsLoss(), lr=config.lr,
            progress=progress and "tumours", **common,
        )  # fmt: skip
        regression, _ = train(
            number.development, (10, *config.hidden, 1), nn.MSELoss(), lr=config.number_lr,
            progress=progress and "diabetes", **common,
        )  # fmt: skip
        tumours_test = Split(tumours.test.x, tumours.test.y[:, None])
        error = evaluate(regression, number.test, loss_fn=nn.MSELoss())["loss"]
        guess = number.development.y.mean()
        spread = (number.test.y - guess).square().mean().item()
        metrics = (
            evaluate(classes, digits.test, **right).measured("accuracy", "digits_accuracy"),
            evaluate(binary, tumours_test, **right).measured("accuracy", "tumours_accuracy"),
            Measured("diabetes_r2", 1 - error / spread),
            evaluate(squeezed, digits.test, **right).measured("accuracy", "one_unit_accuracy"),
        )
    return Result(metrics, {"digits": history})
