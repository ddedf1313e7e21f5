"""Batch normalisation: every unit gets mean 0 and spread 1 over the batch, then learns its own.

    y = gamma (z - mean) / sqrt(var + eps) + beta      mean and var (n,): of the batch, or the running

Book 2.3.3. Shapes: B examples, n units; z (B, n), gamma, beta, running mean and variance (n,).
Target: with it a deep network learns within one pass what it does not without. Controls: the same
network without it; with it, but asked in training mode, where an answer depends on the rest of the
batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from workshop.core.data import Split, load
from workshop.core.device import seed_everything
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings, setting
from workshop.core.training import History, count_correct, evaluate, train_epochs
from workshop.day2.generalization.networks import mlp


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the comparison with and without BatchNorm."""

    hidden: tuple[int, ...] = setting((100,) * 6, at_least=1, help="units of each hidden layer")
    epochs: int = setting(2, at_least=1, help="passes over the digits")
    lr: float = setting(0.1, above=0, help="learning rate of plain gradient descent")


# --- by hand -------------------------------------------------------------------------------------


def batch_norm(
    z: Tensor,
    gamma: Tensor,
    beta: Tensor,
    running_mean: Tensor,
    running_var: Tensor,
    training: bool,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> tuple[Tensor, Tensor, Tensor]:
    """Batch normalisation (sec-2.3.3; Ioffe and Szegedy 2015) of z (B, n), B > 1 while training.

    Returns y (B, n) and the running mean and variance (n,), which only training changes. As torch
    does: the batch's own variance divides by B, the one that is remembered by B - 1.
    """
    if training:
        mean, var = z.mean(dim=0), z.var(dim=0, correction=0)
        running_mean = (1 - momentum) * running_mean + momentum * mean.detach()
        running_var = (1 - momentum) * running_var + momentum * z.var(dim=0).detach()
    else:
        mean, var = running_mean, running_var
    y = gamma * (z - mean) / torch.sqrt(var + eps) + beta
    return y, running_mean, running_var


class BatchNorm(nn.Module):
    """nn.BatchNorm1d by hand: gamma and beta are learned, the running statistics only kept."""

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, units: int, *, momentum: float = 0.1, eps: float = 1e-5) -> None:
        """Start with gamma 1, beta 0, running mean 0 and running variance 1."""
        super().__init__()
        self.weight = nn.Parameter(torch.ones(units))
        self.bias = nn.Parameter(torch.zeros(units))
        # Buffers travel with the model to a device and into its file, but no optimizer moves them.
        self.register_buffer("running_mean", torch.zeros(units))
        self.register_buffer("running_var", torch.ones(units))
        self.momentum, self.eps = momentum, eps

    def forward(self, z: Tensor) -> Tensor:
        """(B, n) -> (B, n).

        Raises:
            ValueError: a batch of one while training, which has no spread.
        """
        if self.training and len(z) < 2:
            raise ValueError(
                f"got a batch of {len(z)} while training, expected 2 or more: a single example is "
                f"its own mean. To predict, call model.eval() first"
            )
        y, self.running_mean, self.running_var = batch_norm(
            z,
            self.weight,
            self.bias,
            self.running_mean,
            self.running_var,
            self.training,
            self.momentum,
            self.eps,
        )
        return y


# --- with torch.nn -------------------------------------------------------------------------------


def descent(
    model: nn.Module,
    data: Split,
    *,
    lr: float,
    epochs: int,
    seed: int = 0,
    validation: Split | None = None,
) -> Iterator[History]:
    """Plain gradient descent in batches of 50, as `train_epochs`: yields the history each epoch."""
    return train_epochs(
        model,
        data,
        loss_fn=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr),
        epochs=epochs,
        batch_size=50,
        validation=validation,
        metrics={"accuracy": count_correct},
        seed=seed,
    )


@torch.no_grad()
def count_in_training_mode(model: nn.Module, data: Split, batch_size: int) -> int:
    """How many of `data`, sorted by class, are right if model.eval() is forgotten.

    Sorted, as when someone sorts their photos: a batch holds one kind, and BatchNorm removes what
    its members share. The model is left as it was.
    """
    kept = {name: value.clone() for name, value in model.state_dict().items()}
    order = data.y.argsort(stable=True)
    model.train()
    right = sum(
        int(count_correct(model(data.x[rows]), data.y[rows])) for rows in order.split(batch_size)
    )
    model.load_state_dict(kept)
    model.eval()
    return right


def run(config: Config, *, seed: int, device: torch.device, progress: bool) -> Result:
    """Train the same deep network with BatchNorm and without; ask it in both modes."""
    data = load("mnist5k").to(device)
    metrics: list[Measured] = []
    histories = {}
    for name, with_it in (("with_batch_norm", True), ("without_batch_norm", False)):
        seed_everything(seed)
        model = mlp(*config.hidden, batch_norm=with_it).to(device)
        for history in descent(
            model, data.development, lr=config.lr, epochs=config.epochs, seed=seed
        ):
            histories[name] = history
        score = evaluate(model, data.test, metrics={"accuracy": count_correct})
        metrics.append(score.measured("accuracy", f"{name}_accuracy"))
        if with_it:
            right = count_in_training_mode(model, data.test, batch_size=50)
            metrics.append(Measured.count("forgotten_eval_accuracy", right, len(data.test)))
    return Result(tuple(metrics), histories)
