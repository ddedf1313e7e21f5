"""Task 3: the gradient on its way back through ten layers, and what keeps it alive.

    dJ/dW1 = dJ/dz_L * (dz_L/dz_L-1 * ... * dz_2/dz_1) * dz_1/dW1,  each sigmoid's slope <= 0.25

Book 2.1.2 (ex-3, eq-2.1, eq-2.2, sec-vanishing, note-7) and fig-2.3. Shapes: B examples, D inputs,
H units a layer. Target: a ReLU net with Kaiming's start learns; BatchNorm and skips help it further.
Control: the same ten layers with sigmoids stay at chance, and their first layer's gradient is ~ 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from workshop.core.checks import expect
from workshop.core.data import Split, load
from workshop.core.device import seed_everything
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings, setting
from workshop.core.training import History, count_correct, evaluate, fit


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the ten-layer networks on MNIST-5k."""

    depth: int = setting(10, at_least=2, help="layers with weights, an even number")
    width: int = setting(128, at_least=2, help="units of each hidden layer")
    epochs: int = setting(5, at_least=1, help="passes over the digits")
    lr: float = setting(0.1, above=0, help="learning rate")
    batch_size: int = setting(64, at_least=2, help="examples of one update")


# What differs between the networks; everything else is the same.
VARIANTS: dict[str, dict[str, Any]] = {
    "sigmoid": {"activation": nn.Sigmoid, "kaiming": False},
    "relu": {"kaiming": False},
    "kaiming": {},
    "batchnorm": {"norm": True},
    "residual": {"skip": True},
    "both": {"norm": True, "skip": True},
}


# --- by hand -------------------------------------------------------------------------------------


def one_update(w: float, dj_dz: float, dz_dw: float, lr: float) -> tuple[float, float]:
    """The gradient dJ/dw by the chain rule (eq-2.1) and the weight after one step (eq-2.2)."""
    gradient = dj_dz * dz_dw
    return gradient, w - lr * gradient


def residual_block(x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> Tensor:
    """relu(x + f(x)) with f two layers, a ReLU between them (note-7; He and others 2015).

    x (B, H), w1 and w2 (H, H), b1 and b2 (H,) -> (B, H).
    """
    inside = torch.relu(x @ w1.T + b1) @ w2.T + b2
    return torch.relu(x + inside)


def gradient_norms(model: nn.Module, x: Tensor, y: Tensor) -> list[float]:
    """||dJ/dW|| of each linear layer, first to last, for the mean cross-entropy on x (B, ...), y.

    The model is left as it was: its mode, its gradients, and BatchNorm's running means.
    """
    weights = [m.weight for m in model.modules() if isinstance(m, nn.Linear)]
    kept = {name: value.clone() for name, value in model.state_dict().items()}
    was_training = model.training
    model.train()
    gradients = torch.autograd.grad(nn.functional.cross_entropy(model(x), y), weights)
    model.load_state_dict(kept)
    model.train(was_training)
    return [gradient.norm().item() for gradient in gradients]


# --- with torch.nn -------------------------------------------------------------------------------


class Block(nn.Module):
    """Two layers, (B, H) -> (B, H); with `skip` what comes in is added to what they make of it."""

    def __init__(self, width: int, activation: type[nn.Module], *, norm: bool, skip: bool) -> None:
        """Make both layers; norm: BatchNorm after each."""
        super().__init__()
        self.inside = nn.Sequential(
            *layer(width, width, norm), activation(), *layer(width, width, norm)
        )
        self.activation, self.skip = activation(), skip

    def forward(self, x: Tensor) -> Tensor:
        """g(x + f(x)), or plain g(f(x))."""
        inside = self.inside(x)
        return self.activation(x + inside if self.skip else inside)


def layer(inputs: int, outputs: int, norm: bool) -> list[nn.Module]:
    """A linear layer, with BatchNorm behind it if asked (`generalization` opens BatchNorm)."""
    return [nn.Linear(inputs, outputs)] + [nn.BatchNorm1d(outputs)] * norm


def deep_network(
    inputs: int,
    width: int,
    depth: int,
    *,
    classes: int = 10,
    kaiming: bool = True,
    activation: type[nn.Module] = nn.ReLU,
    norm: bool = False,
    skip: bool = False,
) -> nn.Sequential:
    """`depth` linear layers: the first, (depth - 2) / 2 blocks of two, the last. Returns logits.

    kaiming: start with weights of variance 2 / fan-in, which keep the size of the signal through
    ReLUs (He and others 2015), and biases at 0; else PyTorch's own start.

    Raises:
        ValueError: depth is odd or below 2.
    """
    expect(depth >= 2 and depth % 2 == 0, "depth", depth, "an even number, 2 or more")
    blocks = [Block(width, activation, norm=norm, skip=skip) for _ in range((depth - 2) // 2)]
    model = nn.Sequential(
        nn.Flatten(), *layer(inputs, width, norm), activation(), *blocks, nn.Linear(width, classes)
    )
    for module in model.modules() if kaiming else ():
        if isinstance(module, nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            nn.init.zeros_(module.bias)
    return model


def train(
    model: nn.Module, data: Split, config: Config, *, seed: int, progress: bool | str = False
) -> History:
    """Plain SGD on the mean cross-entropy, with the accuracy on the go."""
    return fit(
        model,
        data,
        loss_fn=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=config.lr),
        epochs=config.epochs,
        batch_size=config.batch_size,
        metrics={"accuracy": count_correct},
        seed=seed,
        progress=progress,
    )


def run(config: Config, *, seed: int, device: torch.device, progress: bool) -> Result:
    """Each variant: its gradient before training, its accuracy on new digits after it."""
    data = load("mnist5k").to(device)
    metrics, histories = [], {}
    for name, options in VARIANTS.items():
        seed_everything(seed)
        model = deep_network(784, config.width, config.depth, **options).to(device)
        norms = gradient_norms(model, data.train.x[:256], data.train.y[:256])
        # How much smaller the first layer's gradient is than the last one's, in powers of ten.
        faded = torch.tensor(norms[-1] / max(norms[0], 1e-30)).log10().item()
        label = progress and f"ten layers, {name}"
        histories[name] = train(model, data.development, config, seed=seed, progress=label)
        score = evaluate(model, data.test, metrics={"accuracy": count_correct})
        metrics.append(score.measured("accuracy", f"vanishing_{name}_accuracy"))
        metrics.append(Measured(f"vanishing_{name}_faded", faded))
    return Result(tuple(metrics), histories)
