"""The right representation makes a problem easy, and a network can find one by itself.

    perceptron: yhat = 1 if w . x + b > 0 else 0;   w := w + lr (y - yhat) x,  b := b + lr (y - yhat)

Book 1.1 and 1.2. Shapes: N examples, n features; x (N, n), w (n,), b (), y (N,) of 0 and 1.
Targets: a network with one hidden layer solves XOR and the rings; a linear model solves the rings
in polar coordinates; a network on raw pixels reads digits. Controls: a perceptron on XOR and a
linear model on the rings' x and y, the same problems in the wrong representation, must fail.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from workshop.core.data import Split, load
from workshop.core.device import choose, seed_everything, threads
from workshop.core.lesson import Measured, Result, check_settings, setting
from workshop.core.training import History, Scores, count_correct, evaluate, fit

XOR = Split(
    torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), torch.tensor([0, 1, 1, 0])
)


@dataclass(frozen=True, kw_only=True)
class Config:
    """Settings of the lesson."""

    hidden: int = setting(16, at_least=1, help="units of the hidden layer for XOR and the rings")
    epochs: int = setting(300, at_least=1, help="passes over the rings")
    xor_epochs: int = setting(500, at_least=1, help="passes over the four examples of XOR")
    lr: float = setting(0.5, above=0, help="learning rate for XOR and the rings")
    digits_epochs: int = setting(60, at_least=1, help="passes over the digits")
    digits_lr: float = setting(0.2, above=0, help="learning rate for the digits")

    def __post_init__(self) -> None:
        """Refuse settings out of range."""
        check_settings(self)


# --- by hand -------------------------------------------------------------------------------------


def perceptron_predict(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """1 where w . x + b > 0, else 0 (sec-1.1.1): x (N, n), w (n,), b () -> (N,) int64."""
    return (x @ w + b > 0).long()


def perceptron_update(
    w: Tensor, b: Tensor, x: Tensor, y: Tensor, lr: float
) -> tuple[Tensor, Tensor]:
    """One step of the perceptron rule (Rosenblatt 1958) on one example x (n,), y ().

    Right answers change nothing; after a wrong one the boundary moves towards or away from x.
    Returns the new w (n,) and b ().
    """
    error = y - perceptron_predict(x[None], w, b)[0]
    return w + lr * error * x, b + lr * error


def train_perceptron(
    x: Tensor, y: Tensor, *, epochs: int, lr: float = 0.1, seed: int = 0
) -> tuple[Tensor, Tensor]:
    """Apply the rule to every example of x (N, n), y (N,), in a new random order each epoch."""
    order = torch.Generator().manual_seed(seed)
    w, b = torch.zeros(x.shape[1], device=x.device), torch.zeros((), device=x.device)
    for _ in range(epochs):
        for i in torch.randperm(len(x), generator=order).tolist():
            w, b = perceptron_update(w, b, x[i], y[i], lr)
    return w, b


def rings(count: int, *, seed: int, noise: float = 0.15) -> Split:
    """Two rings around the origin: x (count, 2); y 0 on radius 1, 1 on radius 2, half and half."""
    g = torch.Generator().manual_seed(seed)
    y = torch.arange(count) % 2
    radius = 1.0 + y + noise * torch.randn(count, generator=g)
    angle = 2 * torch.pi * torch.rand(count, generator=g)
    return Split(torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1), y)


def to_polar(x: Tensor) -> Tensor:
    """The same points by distance and angle: (N, 2) -> (N, 2), angle in radians in (-pi, pi]."""
    return torch.stack([x.square().sum(dim=1).sqrt(), torch.atan2(x[:, 1], x[:, 0])], dim=1)


def left_right_symmetry(images: Tensor) -> Tensor:
    """How alike an image is to its mirror image: (N, H, W) in [0, 1] -> (N,), 1 when equal."""
    return 1 - (images - images.flip(dims=(2,))).abs().mean(dim=(1, 2))


def hand_made_features(images: Tensor) -> Tensor:
    """What a person might measure on a digit (fig-1.3): (N, H, W), H and W even -> (N, 8).

    Ink, symmetry left to right and top to bottom, ink in the middle, ink in each quarter.
    """
    _, height, width = images.shape
    up, left = height // 2, width // 2
    middle = images[:, height // 4 : -(height // 4), width // 4 : -(width // 4)]
    quarters = [images[:, :up, :left], images[:, :up, left:],
                images[:, up:, :left], images[:, up:, left:]]  # fmt: skip
    upside_down = images.transpose(1, 2)
    columns = [images.mean(dim=(1, 2)), left_right_symmetry(images),
               left_right_symmetry(upside_down), middle.mean(dim=(1, 2))]  # fmt: skip
    return torch.stack([*columns, *(quarter.mean(dim=(1, 2)) for quarter in quarters)], dim=1)


def rule_for_zero(images: Tensor) -> Tensor:
    """A hand-written rule for the digit 0: nothing in the middle, ink on both sides of it.

    images (N, 8, 8) in [0, 1] -> (N,) int64, 1 for 'this is a zero'.
    """
    middle = images[:, 3:5, 3:5].mean(dim=(1, 2))
    left, right = images[:, 3:5, 1:3].mean(dim=(1, 2)), images[:, 3:5, 5:7].mean(dim=(1, 2))
    return ((middle < 0.2) & (left > 0.3) & (right > 0.3)).long()


# --- with torch.nn -------------------------------------------------------------------------------


def linear(inputs: int, classes: int = 2) -> nn.Module:
    """One linear layer: (N, inputs) -> logits (N, classes)."""
    return nn.Linear(inputs, classes)


def network(inputs: int, hidden: int, classes: int = 2) -> nn.Module:
    """One hidden layer with a bend (lesson 4) in it: (N, inputs) -> logits (N, classes)."""
    return nn.Sequential(nn.Linear(inputs, hidden), nn.Tanh(), nn.Linear(hidden, classes))


def small_cnn(classes: int = 10) -> nn.Module:
    """A look ahead at lesson 10, for figure 1.4: (N, 1, 28, 28) -> logits (N, classes)."""
    return nn.Sequential(
        nn.Conv2d(1, 8, kernel_size=5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, kernel_size=5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(16 * 7 * 7, classes),
    )  # fmt: skip


def learn(
    model: nn.Module, data: Split, test: Split, *, progress: bool | str = False, **options
) -> tuple[History, Scores]:
    """Train `model` by plain gradient descent and score it on `test`; options go to `fit`."""
    optimizer = torch.optim.SGD(model.parameters(), lr=options.pop("lr"))
    history = fit(
        model,
        data,
        loss_fn=nn.CrossEntropyLoss(),
        optimizer=optimizer,
        progress=progress,
        **options,
    )
    return history, evaluate(model, test, metrics={"accuracy": count_correct})


def run(
    config: Config = Config(),
    *,
    seed: int = 0,
    device: str | torch.device = "cpu",
    progress: bool = False,
) -> Result:
    """Each problem in two representations, with a linear model and with a network."""
    device = choose(device)
    seed_everything(seed)
    xor = XOR.to(device)
    known, test = (rings(800, seed=2 * seed + part).to(device) for part in (0, 1))
    polar, polar_test = (Split(to_polar(x), y) for x, y in (known, test))
    digits = load("digits").to(device)
    pixels, pixels_test = (Split(x.flatten(1), y) for x, y in (digits.development, digits.test))
    features, features_test = (
        Split(hand_made_features(x[:, 0]), y) for x, y in (digits.development, digits.test)
    )
    small = {"epochs": config.epochs, "lr": config.lr, "seed": seed}
    on_digits = {
        "epochs": config.digits_epochs,
        "lr": config.digits_lr,
        "batch_size": 32,
        "seed": seed,
    }
    jobs = {
        "xor_mlp": (network(2, config.hidden), xor, xor, small | {"epochs": config.xor_epochs}),
        "rings_polar_linear": (linear(2), polar, polar_test, small),
        "rings_network": (network(2, config.hidden), known, test, small),
        "rings_linear": (linear(2), known, test, small),
        "digits_features": (linear(8, 10), features, features_test, on_digits),
        "digits_network": (network(64, 64, 10), pixels, pixels_test, on_digits),
    }
    metrics, histories = [], {}
    with threads(1):
        w, b = train_perceptron(*xor, epochs=100, seed=seed)
        right = (perceptron_predict(xor.x, w, b) == xor.y).sum().item()
        for name, (model, data, held_out, options) in jobs.items():
            label = progress and name.replace("_", " ")
            histories[name], score = learn(
                model.to(device), data, held_out, progress=label, **options
            )
            metrics.append(score.measured("accuracy", f"{name}_accuracy"))
    return Result((Measured.count("xor_perceptron_accuracy", right, 4), *metrics), histories)
