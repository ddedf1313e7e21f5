"""The right representation makes a problem easy, and a network can find one by itself.

    perceptron: yhat = 1 if w . x + b > 0 else 0;   w := w + lr (y - yhat) x,  b := b + lr (y - yhat)

Book 1.1 and 1.2. Shapes: N examples, n features; x (N, n), w (n,), b (), y (N,) of 0 and 1.
Targets: a learned rule for the digit 2; a network on XOR; a linear model on rings in polar form;
networks on the rings' x and y and on raw pixels. Controls, which must do worse: a hand-written rule
for 2, a perceptron on XOR, a linear model on the rings' x and y, and one on hand-made features.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from workshop.core.data import Data, Split, load
from workshop.core.device import choose, seed_everything, threads
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings, setting
from workshop.core.training import History, Scores, count_correct, evaluate, fit

XOR = Split(torch.tensor([[0.0, 0], [0, 1], [1, 0], [1, 1]]), torch.tensor([0, 1, 1, 0]))


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the lesson."""

    perceptron_epochs: int = setting(20, at_least=1, help="passes of the perceptron rule")
    hidden: int = setting(16, at_least=1, help="units of the hidden layer for XOR and the rings")
    epochs: int = setting(500, at_least=1, help="passes over XOR and over the rings")
    lr: float = setting(0.5, above=0, help="learning rate for XOR and the rings")
    digits_hidden: int = setting(64, at_least=1, help="units of the hidden layer for the digits")
    digits_epochs: int = setting(20, at_least=1, help="passes over the digits")
    digits_lr: float = setting(0.1, above=0, help="learning rate for the digits")


# --- by hand -------------------------------------------------------------------------------------


def perceptron_predict(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """1 where w . x + b > 0, else 0 (sec-1.1.1): x (N, n), w (n,), b () -> (N,) int64."""
    return (x @ w + b > 0).long()


def perceptron_update(
    w: Tensor, b: Tensor, x: Tensor, y: Tensor, lr: float
) -> tuple[Tensor, Tensor]:
    """One step of the perceptron rule (Rosenblatt 1958) on one example x (n,), y ().

    Returns the new w (n,) and b (). A right answer changes nothing; after a wrong one the boundary
    moves so that x comes nearer to its right side.
    """
    guess = (w @ x + b > 0).long()
    error = y - guess  # 0 when right, 1 when the guess was too low, -1 when it was too high
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


def clues_to_two(images: Tensor) -> Tensor:
    """What tells a 2, (N, 8, 8) in [0, 1] -> (N, 2): ink on the base line, ink right above it."""
    base, gap = images[:, 6:, 2:6], images[:, 4:6, 5:]
    return torch.stack([base.mean(dim=(1, 2)), gap.mean(dim=(1, 2))], dim=1)


def rule_for_two(images: Tensor, dark: float = 0.65, light: float = 0.1) -> Tensor:
    """A rule by hand (sec-1.1.1): a dark base line, and next to nothing at its upper right.

    images (N, 8, 8) in [0, 1] -> (N,) int64, 1 for 'a 2'. The two limits are the best ones for
    the training part.
    """
    base, gap = clues_to_two(images).unbind(dim=1)
    return ((base > dark) & (gap < light)).long()


def rings(count: int, *, seed: int, noise: float = 0.15) -> Split:
    """Two rings around the origin: x (count, 2); y 0 on radius 1, 1 on radius 2, half and half."""
    g = torch.Generator().manual_seed(seed)
    y = torch.arange(count) % 2
    radius = 1.0 + y + noise * torch.randn(count, generator=g)
    angle = 2 * torch.pi * torch.rand(count, generator=g)
    return Split(torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1), y)


def to_polar(x: Tensor) -> Tensor:
    """The same points by distance and angle: (N, 2) -> (N, 2), angle in radians in [-pi, pi]."""
    distance = x.square().sum(dim=1).sqrt()
    return torch.stack([distance, torch.atan2(x[:, 1], x[:, 0])], dim=1)


def left_right_symmetry(images: Tensor) -> Tensor:
    """How alike an image is to its mirror image: (N, H, W) in [0, 1] -> (N,), 1 when equal."""
    mirrored = images.flip(dims=(2,))
    return 1 - (images - mirrored).abs().mean(dim=(1, 2))


def hand_made_features(images: Tensor) -> Tensor:
    """What a person might measure on a digit (fig-1.3): (N, H, W) in [0, 1] -> (N, H + W + 2).

    The ink in each row and each column, the symmetry left to right, the symmetry top to bottom.

    Raises:
        ValueError: images of another shape.
    """
    if images.ndim != 3:
        raise ValueError(f"images: got shape {tuple(images.shape)}, expected (N, H, W)")
    symmetries = [left_right_symmetry(view) for view in (images, images.transpose(1, 2))]
    rows, columns = images.mean(dim=2), images.mean(dim=1)
    return torch.cat([rows, columns, torch.stack(symmetries, dim=1)], dim=1)


def represent(data: Data, how: Callable[[Tensor], Tensor]) -> Data:
    """The same examples and labels in all three parts, with `how` of each x in its place."""
    return data.map(lambda part: Split(how(part.x), part.y))


# --- with torch.nn -------------------------------------------------------------------------------


def network(inputs: int, hidden: int, classes: int = 2) -> nn.Module:
    """One hidden layer with an activation (see `activations`): (N, inputs) -> logits (N, classes)."""
    return nn.Sequential(nn.Linear(inputs, hidden), nn.Tanh(), nn.Linear(hidden, classes))


def small_cnn(classes: int = 10) -> nn.Module:
    """A look ahead at `cnn`, for fig-1.4: (N, 1, 28, 28) -> logits (N, classes)."""
    return nn.Sequential(
        nn.Conv2d(1, 8, kernel_size=5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, kernel_size=5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(16 * 7 * 7, classes),
    )


def train(
    model: nn.Module, data: Split, test: Split, *, lr: float, **options: Any
) -> tuple[History, Scores]:
    """Train `model` by plain gradient descent, options as for `fit`, and score it on `test`."""
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    history = fit(model, data, loss_fn=nn.CrossEntropyLoss(), optimizer=optimizer, **options)
    return history, evaluate(model, test, metrics={"accuracy": count_correct})


def run(
    config: Config = Config(),
    *,
    seed: int = 0,
    device: str | torch.device = "cpu",
    progress: bool = False,
) -> Result:
    """Each problem twice: as a person lays it out, and with what learns by itself."""
    device = choose(device)
    seed_everything(seed)
    digits, mnist = load("digits"), load("mnist5k")  # fit takes them to the model's device
    pixels = represent(mnist, lambda x: x.flatten(1))
    features = represent(mnist, lambda x: hand_made_features(x[:, 0])).standardized()
    seen, new = rings(800, seed=2 * seed), rings(800, seed=2 * seed + 1)
    polar, polar_new = Split(to_polar(seen.x), seen.y), Split(to_polar(new.x), new.y)
    small = {"epochs": config.epochs, "lr": config.lr}
    large = {"epochs": config.digits_epochs, "lr": config.digits_lr, "batch_size": 32}
    jobs: dict[str, tuple[nn.Module, Split, Split, dict[str, Any]]] = {
        "xor_mlp": (network(2, config.hidden), XOR, XOR, small),
        "rings_linear": (nn.Linear(2, 2), seen, new, small),
        "rings_polar_linear": (nn.Linear(2, 2), polar, polar_new, small),
        "rings_network": (network(2, config.hidden), seen, new, small),
        "digits_features": (nn.Linear(58, 10), features.development, features.test, large),
        "digits_network": (
            network(784, config.digits_hidden, 10),
            pixels.development,
            pixels.test,
            large,
        ),
    }
    known, test = represent(digits, lambda x: x.flatten(1)).development, digits.test
    rule_epochs = config.perceptron_epochs
    with threads(1):
        for_two = train_perceptron(known.x, (known.y == 2).long(), epochs=rule_epochs, seed=seed)
        for_xor = train_perceptron(XOR.x, XOR.y, epochs=rule_epochs, seed=seed)
        answers = {
            "two_rule": (rule_for_two(test.x[:, 0]), test.y == 2),
            "two_learned": (perceptron_predict(test.x.flatten(1), *for_two), test.y == 2),
            "xor_perceptron": (perceptron_predict(XOR.x, *for_xor), XOR.y),
        }
        metrics = [
            Measured.count(f"{name}_accuracy", int((guess == y).sum()), len(y))
            for name, (guess, y) in answers.items()
        ]
        histories = {}
        for name, (model, data, held_out, options) in jobs.items():
            label = progress and name.replace("_", " ")
            histories[name], score = train(
                model.to(device), data, held_out, seed=seed, progress=label, **options
            )
            metrics.append(score.measured("accuracy", f"{name}_accuracy"))
    return Result(tuple(metrics), histories)
