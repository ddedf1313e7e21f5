"""One neuron is logistic regression: a weighted sum, squashed, and its boundary is a straight line.

    z = x1 w1 + ... + xn wn + b,   a = g(z) = 1 / (1 + exp(-z))

Book 1.3.1. Shapes: B examples, n features; x (B, n), w (n,), b (), z and a (B,).
Targets: trained on the breast cancer data it classifies held-out cells, and it finds the weights
that scikit-learn's LogisticRegression finds. Control: with shuffled labels it learns nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from workshop.core.data import Split, load
from workshop.core.device import choose, seed_everything, threads
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings, setting
from workshop.core.training import History, count_correct, evaluate, fit

# The book's loan request (ex-1): age in years, income and bank balance in dollars.
LOAN_X = torch.tensor([29.0, 4000.0, 10000.0])
LOAN_W = torch.tensor([0.1, 0.02, 0.01])
LOAN_B = torch.tensor(-180.0)


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the lesson."""

    epochs: int = setting(1200, at_least=1, help="steps of gradient descent, each on all examples")
    lr: float = setting(0.5, above=0, help="learning rate")
    l2: float = setting(0.01, above=0, help="pull of the weights towards 0 (L2 regularisation)")


# --- by hand -------------------------------------------------------------------------------------


def weighted_sum_loop(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """z of one example term by term (eq-1.1): x (n,), w (n,), b () -> ()."""
    z = b
    for x_i, w_i in zip(x, w, strict=True):
        z = z + x_i * w_i
    return z


def weighted_sum(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """z = w . x + b as one product (eq-1.2): x (B, n), w (n,), b () -> (B,)."""
    return x @ w + b


def sigmoid(z: Tensor) -> Tensor:
    """g(z) = 1 / (1 + exp(-z)), elementwise (eq-1.11); any shape -> the same.

    exp is only ever taken of a number below 0, so neither the value nor the gradient overflows.
    """
    e = torch.exp(torch.where(z >= 0, -z, z))  # at most 1
    return torch.where(z >= 0, 1 / (1 + e), e / (1 + e))


def neuron(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """a = g(z), the neuron's activation (eq-1.3): x (B, n), w (n,), b () -> (B,)."""
    return sigmoid(weighted_sum(x, w, b))


def boundary_x2(x1: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """Where the neuron is undecided (z = 0): the x2 that belongs to each x1 (note-logistic).

    x1 (N,), w (2,) with w[1] not 0, b () -> (N,): always a straight line in x1.
    """
    return -(w[0] * x1 + b) / w[1]


def standardize(x: Tensor, train: Tensor) -> Tensor:
    """Each column of x on one scale, in standard deviations from the mean: (M, n) -> (M, n).

    Means and deviations are those of train (N, n), so that new examples are measured with the same
    ruler. A column that is the same in all of train is only shifted.
    """
    mean, sd = train.mean(dim=0), train.std(dim=0, correction=0)
    sd = torch.where(train.amax(dim=0) > train.amin(dim=0), sd, torch.ones_like(sd))
    return (x - mean) / sd


# --- with torch.nn -------------------------------------------------------------------------------


class Neuron(nn.Module):
    """The same neuron from torch.nn. Returns logits: z, not g(z); x (B, n) -> (B,)."""

    def __init__(self, features: int) -> None:
        """Make a neuron with `features` weights at random and one bias."""
        super().__init__()
        self.linear = nn.Linear(features, 1)

    def forward(self, x: Tensor) -> Tensor:
        """z of each example."""
        return self.linear(x).squeeze(1)


def train(
    data: Split, config: Config, *, seed: int, progress: bool | str = False
) -> tuple[Neuron, History]:
    """A new neuron, fitted to x (N, n), y (N,) of 0 and 1 by gradient descent on the log loss."""
    model = Neuron(data.x.shape[1]).to(data.x.device)
    groups: list[dict[str, Any]] = [  # the weights are pulled towards 0, the bias is not
        {"params": [model.linear.weight], "weight_decay": config.l2},
        {"params": [model.linear.bias]},
    ]
    history = fit(
        model,
        (data.x, data.y.float()),
        loss_fn=nn.BCEWithLogitsLoss(),
        optimizer=torch.optim.SGD(groups, lr=config.lr),
        epochs=config.epochs,
        seed=seed,
        progress=progress,
    )
    return model, history


def sklearn_weights(data: Split, l2: float) -> tuple[Tensor, Tensor]:
    """The w (n,) and b () that scikit-learn's LogisticRegression finds at equal regularisation.

    It minimises C * (sum of log losses) + |w|^2 / 2; divided by C N this is the mean log loss plus
    |w|^2 / (2 C N), so l2 = 1 / (C N).
    """
    from sklearn.linear_model import LogisticRegression

    x, y = data.x.cpu().double().numpy(), data.y.cpu().numpy()
    solver = LogisticRegression(C=1 / (l2 * len(y)), tol=1e-10, max_iter=100_000).fit(x, y)
    return torch.from_numpy(solver.coef_[0]), torch.tensor(solver.intercept_[0])


def run(
    config: Config = Config(),
    *,
    seed: int = 0,
    device: str | torch.device = "cpu",
    progress: bool = False,
) -> Result:
    """Train the neuron and its control on breast cancer; compare with scikit-learn."""
    device = choose(device)
    data = load("breast_cancer").standardized().to(device)
    known = data.development
    order = torch.randperm(len(known), generator=torch.Generator().manual_seed(seed))
    shuffled = Split(known.x, known.y[order.to(device)])
    with threads(1):
        seed_everything(seed)
        model, history = train(known, config, seed=seed, progress=progress and "one neuron")
        control, _ = train(shuffled, config, seed=seed, progress=progress and "shuffled labels")
        right, guessed = (
            evaluate(m, data.test, metrics={"accuracy": count_correct}) for m in (model, control)
        )
    w, _ = sklearn_weights(known, config.l2)
    difference = (model.linear.weight[0].detach().cpu() - w).abs().max().item()
    metrics = (
        right.measured("accuracy", "test_accuracy"),
        Measured("weight_difference", difference),
        guessed.measured("accuracy", "shuffled_labels_accuracy"),
    )
    return Result(metrics, {"neuron": history})
