"""A clinic for broken training runs: one loop, which can be broken in nine ways, and fixed.

    break the setup -> train -> symptoms -> diagnosis -> fix what it names -> train again

Book 2.7. Shapes: B examples, C classes. `symptoms` measures and names the fault from the numbers
alone. Target: every fault is named right, and the run without it reaches the healthy score.
Control: untreated, it does not, or reports a score that it does not reach on new digits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn

from workshop.core.data import Data, Split, load
from workshop.core.device import seed_everything
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings, setting
from workshop.day2.design.dying import dead_units
from workshop.day2.practice import symptoms
from workshop.day2.practice.training import predict


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the clinic."""

    epochs: int = setting(6, at_least=1, help="passes over 2,000 digits, in each run")


@dataclass(frozen=True, kw_only=True)
class Setup:
    """How a run is set up; as it stands, it is healthy."""

    zero_grad: bool = True  # clear the gradients before each backward pass
    softmax: bool = False  # end the network in a softmax, although the loss has one
    column: bool = False  # labels (B, 1) instead of (B,)
    eval_mode: bool = True  # switch dropout off for validation
    lr: float = 0.3
    pixels: float = 1.0  # the brightest pixel
    leak: bool = False  # the validation digits are among the training digits too
    bias: float = 0.0  # added to the biases of the hidden layer before the first step


FAULTS: dict[str, Setup] = {
    "zero_grad forgotten": Setup(zero_grad=False),
    "softmax twice": Setup(softmax=True),
    "labels of the wrong shape": Setup(column=True),
    "eval forgotten": Setup(eval_mode=False),
    "learning rate too high": Setup(lr=10.0),
    "learning rate too low": Setup(lr=1e-4),
    "inputs not normalised": Setup(pixels=255.0),
    "validation digits in training": Setup(leak=True),
    "dead ReLUs": Setup(bias=-8.0),
}
# These two learn well, and report a validation accuracy that is not that on new digits.
MISREPORTED = ("eval forgotten", "validation digits in training")


@dataclass(frozen=True, eq=False)
class Run:
    """A trained network, what the run reported after each epoch, and the evidence."""

    model: nn.Module
    setup: Setup
    evidence: symptoms.Evidence
    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)  # on validation, as the run measures it


def network(setup: Setup, hidden: int = 64) -> nn.Sequential:
    """(B, 1, 28, 28) -> logits (B, 10), or probabilities where a softmax was put at the end."""
    first = nn.Linear(784, hidden)
    with torch.no_grad():
        first.bias.add_(setup.bias)
    model = nn.Sequential(nn.Flatten(), first, nn.ReLU(), nn.Dropout(0.5), nn.Linear(hidden, 10))
    return model.append(nn.Softmax(dim=1)) if setup.softmax else model


def losses_of(outputs: Tensor, y: Tensor) -> Tensor:
    """Cross-entropy of each example: outputs (B, C), y (B,) -> (B,). A y of (B, 1) makes it (B, B)."""
    return -outputs.log_softmax(dim=1)[torch.arange(len(outputs), device=y.device), y]


def train(setup: Setup, data: Data, *, epochs: int = 6, seed: int) -> Run:
    """Train on the first 2,000 digits as `setup` says, and look closely at the first 30 steps.

    It ends early where the loss is no longer a number.
    """
    seed_everything(seed)
    digits, validation = Split(data.train.x[:2000], data.train.y[:2000]), data.validation
    if setup.leak:
        digits = Split(*map(torch.cat, zip(digits, validation, strict=True)))
    x, seen = setup.pixels * digits.x, setup.pixels * validation.x
    y, y_seen = (part.y[:, None] if setup.column else part.y for part in (digits, validation))
    model = network(setup).to(x.device)
    optimizer = torch.optim.SGD(model.parameters(), lr=setup.lr)
    order = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        dead = dead_units(model[1](model[0](x))).float().mean().item()
    losses: list[float] = []
    accuracies: list[float] = []
    looks: list[tuple[float, ...]] = []

    for _ in range(epochs):
        model.train()
        steps = []
        for batch in torch.randperm(len(x), generator=order).to(x.device).split(50):
            if setup.zero_grad:
                optimizer.zero_grad()
            before = symptoms.flat_gradient(model) if len(looks) < 30 else None
            outputs = model(x[batch])
            each = losses_of(outputs, y[batch])
            loss = each.mean()
            loss.backward()
            if before is not None:
                looks.append(symptoms.look(model, before, outputs, each, loss, setup.lr))
            optimizer.step()
            steps.append(loss.detach())
        losses.append(torch.stack(steps).mean().item())
        model.train(not setup.eval_mode)
        with torch.no_grad():
            right = (model(seen).argmax(dim=1) == y_seen).float().mean().item()
            difference = (model(seen) - model(seen)).abs().max().item()
        accuracies.append(right)
        if not math.isfinite(losses[-1]):
            break

    ratios, updates, sums, counts = torch.tensor([row[1:] for row in looks]).T
    evidence = symptoms.Evidence(
        first_loss=looks[0][0],
        input_size=x.square().mean().sqrt().item(),
        losses_per_example=counts[0].item(),
        outputs_sum_to_one=bool(sums.all()),
        gradient_ratio=ratios.nanmedian().item(),
        update_ratio=updates.nan_to_num(torch.inf).max().item(),
        dead_at_start=dead,
        asked_twice=difference,
        shared=symptoms.count_shared(x, seen),
    )
    return Run(model, setup, evidence, losses, accuracies)


def held_out(run: Run, data: Data) -> tuple[int, int]:
    """How many of the digits that no run has seen are right, and how many there are.

    Measured properly, whatever the run did, on the training part from number 2,000 on.
    """
    x, y = data.train.x[2000:], data.train.y[2000:]
    guess = predict(run.model, run.setup.pixels * x).argmax(dim=1)
    return int((guess == y).sum()), len(y)


def treat(setup: Setup, diagnosis: str) -> Setup:
    """The setup with what the diagnosis names put right, and nothing else.

    Raises:
        KeyError: no such diagnosis.
    """
    fixes: dict[str, dict[str, Any]] = {
        symptoms.HEALTHY: {},
        "zero_grad forgotten": {"zero_grad": True},
        "softmax twice": {"softmax": False},
        "labels of the wrong shape": {"column": False},
        "eval forgotten": {"eval_mode": True},
        "inputs not normalised": {"pixels": 1.0},
        "learning rate too high": {"lr": Setup().lr},
        "learning rate too low": {"lr": Setup().lr},
        "validation digits in training": {"leak": False},
        "dead ReLUs": {"bias": 0.0},
    }
    return replace(setup, **fixes[diagnosis])


# --- measured ------------------------------------------------------------------------------------


def run(config: Config, *, seed: int, device: torch.device, progress: bool) -> Result:
    """Break, diagnose, fix what the diagnosis names, train again: each fault, and the healthy run."""
    from tqdm.auto import tqdm

    data = load("mnist5k").to(device)
    metrics: list[Measured] = []
    fixed: list[int] = []  # digits right after each fix
    named = 0
    setups = {symptoms.HEALTHY: Setup(), **FAULTS}
    for fault, setup in tqdm(setups.items(), "clinic", disable=not progress, leave=False):
        sick = train(setup, data, epochs=config.epochs, seed=seed)
        diagnosis = symptoms.diagnose(sick.evidence)
        named += diagnosis == fault
        right, total = held_out(sick, data)
        name = f"clinic_{fault.lower().replace(' ', '_')}"
        metrics.append(Measured.count(f"{name}_accuracy", right, total))
        if fault in MISREPORTED:
            metrics.append(Measured(f"{name}_says", sick.accuracy[-1]))
        if fault != symptoms.HEALTHY:  # again, with other weights and in another order
            fixed_setup = treat(setup, diagnosis)
            cured = train(
                fixed_setup, data, epochs=config.epochs, seed=1000 * (seed + 1) + len(fixed)
            )
            fixed.append(held_out(cured, data)[0])
    metrics.append(Measured.count("clinic_diagnosed", named, len(setups)))
    metrics.append(Measured.count("clinic_mended_worst", min(fixed), total))
    return Result(tuple(metrics))
