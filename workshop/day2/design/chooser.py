"""Task 6: every row of the table on a small real task, and the row of another task on the same.

    labels -> head_for(task).labels;   logits -> head_for(task).loss;   answer <- .activation

Book 2.1.4, 2.1.5 (tab-2.1, tab-2.3, note-8, fig-2.2). Shapes: N examples, D inputs, K outputs.
Targets: each row of `heads` learns its task. Controls: a sigmoid where any number may be asked for,
a softmax over a single output, class ids taken for numbers, one label where there are several.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from workshop.core.data import Split, load
from workshop.core.device import seed_everything
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings, setting
from workshop.core.training import History, count_correct, evaluate, fit
from workshop.day1.layers import disease_progression, flat_digits
from workshop.day1.losses.kinds import count_exact
from workshop.day2.design.heads import head_for

CLASSES = (1, 2, 3)  # the digits on the composed images: C = 3, as in fig-2.2


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the small networks, one for each kind of task."""

    hidden: int = setting(64, at_least=1, help="ReLUs in the hidden layer")
    epochs: int = setting(40, at_least=1, help="passes over the examples")
    lr: float = setting(
        0.1, above=0, help="learning rate; where a number is asked for, a twentieth"
    )
    images: int = setting(2000, at_least=10, help="composed images to train on")


def compose(part: Split, count: int, *, most: int, seed: int) -> Split:
    """Images of 1 to `most` different digits out of CLASSES, each in a quarter of its own.

    part: digits x (N, 1, 8, 8). Returns x (count, 1, 16, 16) and y (count, 3): 1. for each digit
    that is there. Which digits, where, and in whose handwriting, is drawn at random.
    """
    g = torch.Generator().manual_seed(seed)
    x, y = torch.zeros(count, 1, 16, 16), torch.zeros(count, len(CLASSES))
    pools = [part.x[part.y == digit].cpu() for digit in CLASSES]
    for image, labels in zip(x, y, strict=True):
        number = int(torch.randint(1, most + 1, (), generator=g))
        there = torch.randperm(len(CLASSES), generator=g)[:number].tolist()
        quarters = torch.randperm(4, generator=g).tolist()
        for k, quarter in zip(there, quarters, strict=False):
            top, left = 8 * (quarter // 2), 8 * (quarter % 2)
            chosen = pools[k][int(torch.randint(len(pools[k]), (), generator=g))]
            image[:, top : top + 8, left : left + 8] = chosen
            labels[k] = 1.0
    return Split(x, y)


def composed(count: int, *, most: int, seed: int) -> tuple[Split, Split]:
    """`count` images to train on and 1,000 to test on; no handwriting is on both sides."""
    digits = load("digits")
    return (
        compose(digits.development, count, most=most, seed=2 * seed),
        compose(digits.test, 1000, most=most, seed=2 * seed + 1),
    )


def train(
    data: Split,
    outputs: int,
    loss_fn: nn.Module,
    config: Config,
    *,
    lr: float | None = None,
    seed: int,
    device: torch.device | str = "cpu",
    last: nn.Module | None = None,
    progress: bool | str = False,
) -> tuple[nn.Module, History]:
    """One hidden layer of ReLUs and a head with `outputs` logits; last: what a mistake puts there."""
    seed_everything(seed)
    inputs = data.x[0].numel()
    model = nn.Sequential(
        nn.Flatten(),
        nn.Linear(inputs, config.hidden),
        nn.ReLU(),
        nn.Linear(config.hidden, outputs),
        last or nn.Identity(),
    ).to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr or config.lr)
    history = fit(
        model,
        data,
        loss_fn=loss_fn,
        optimizer=optimizer,
        epochs=config.epochs,
        batch_size=32,
        seed=seed,
        progress=progress,
    )
    return model, history


def f1(p: Tensor, y: Tensor) -> float:
    """2 hits / (2 hits + false alarms + missed) over all labels: p and y (N, C)."""
    says, true = p > 0.5, y > 0.5
    hits, errors = (says & true).sum().item(), (says != true).sum().item()
    return 2 * hits / max(2 * hits + errors, 1)


def r2(model: nn.Module, known: Split, new: Split) -> float:
    """1 less the squared error, in units of that of the mean of the known y: 0 has learned nothing."""
    error = evaluate(model, new, loss_fn=nn.MSELoss())["loss"]
    return 1 - error / (new.y - known.y.mean()).square().mean().item()


def run(config: Config, *, seed: int, device: torch.device, progress: bool) -> Result:
    """All rows, right and wrong."""
    common: dict[str, Any] = {"config": config, "seed": seed, "device": device}
    metrics: list[Measured] = []
    histories = {}

    def add(name: str, right: Tensor, total: int) -> None:
        metrics.append(Measured.count(name, int(right), total))

    number = disease_progression()
    for name, last in (("regression", nn.Identity()), ("regression_sigmoid", nn.Sigmoid())):
        model, histories[name] = train(
            number.development,
            1,
            head_for("regression").loss,
            lr=config.lr / 20,
            last=last,
            progress=progress and name,
            **common,
        )
        metrics.append(Measured(f"chooser_{name}_r2", r2(model, number.development, number.test)))

    tumours = load("breast_cancer").standardized()
    yes_no = Split(tumours.development.x, head_for("binary").labels(tumours.development.y.tolist()))
    for name, head in (("binary", "binary"), ("binary_softmax", "multi-class")):
        model, histories[name] = train(
            yes_no, 1, head_for(head).loss, progress=progress and name, **common
        )
        p = head_for(head).activation(model(tumours.test.x.to(device)))[:, 0].cpu()
        add(f"chooser_{name}_accuracy", ((p > 0.5) == tumours.test.y).sum(), len(p))

    digits = flat_digits()
    known, test = digits.development, digits.test
    model, histories["multiclass"] = train(
        known, 10, head_for("multi-class").loss, progress=progress and "multi-class", **common
    )
    score = evaluate(model, test, metrics={"right": count_correct})
    metrics.append(score.measured("right", "chooser_multiclass_accuracy"))
    as_numbers = Split(known.x, known.y[:, None].float())
    model, histories["multiclass_as_number"] = train(
        as_numbers, 1, nn.MSELoss(), lr=config.lr / 20, progress=progress and "as number", **common
    )
    guess = model(test.x.to(device))[:, 0].round().cpu()
    add("chooser_multiclass_as_number_accuracy", (guess == test.y).sum(), len(guess))

    known, test = composed(config.images, most=1, seed=seed)
    one = Split(known.x, known.y.argmax(dim=1))
    model, _ = train(one, 3, head_for("multi-class").loss, **common)
    score = evaluate(model, (test.x, test.y.argmax(dim=1)), metrics={"right": count_correct})
    metrics.append(score.measured("right", "chooser_one_digit_accuracy"))

    known, test = composed(config.images, most=3, seed=seed)
    shares = Split(known.x, known.y / known.y.sum(dim=1, keepdim=True))
    for name, head, data in (
        ("multilabel", "multi-label", known),
        ("multilabel_softmax", "multi-class", shares),
    ):
        model, histories[name] = train(
            data, 3, head_for(head).loss, progress=progress and name, **common
        )
        p = head_for(head).activation(model(test.x.to(device))).detach().cpu()
        add(f"chooser_{name}_all_right", count_exact(p - 0.5, test.y), len(p))
        metrics.append(Measured(f"chooser_{name}_f1", f1(p, test.y)))
    return Result(tuple(metrics), histories)
