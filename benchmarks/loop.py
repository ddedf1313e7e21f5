"""What `fit` costs beside the same loop written by hand, in CPU time.

    python -m benchmarks.loop [--repeats 9] [--epochs 5] [--json FILE]

Both train the same model from the same start on the same batches, on one thread, and write down the
same thing (the mean loss of each epoch). They take turns, so that a busy machine slows both, and
each turn gives one ratio of their CPU times; the table has the median. Exit code 1 above the limit.
"""

from __future__ import annotations

import argparse
import copy
import gc
import json
import math
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
from torch import Tensor, nn

from workshop.core.data import load
from workshop.core.device import threads
from workshop.core.training import count_correct, fit

LIMITS = {"mlp": 1.05, "cnn": 1.02}
BATCH = 64
LR = 0.05


def mlp() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))


def cnn() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120),
        nn.ReLU(),
        nn.Linear(120, 84),
        nn.ReLU(),
        nn.Linear(84, 10),
    )


def by_hand(model: nn.Module, x: Tensor, y: Tensor, epochs: int) -> list[float]:
    """The loop as one writes it: mean loss per epoch."""
    loss_fn = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=LR)
    order = torch.Generator().manual_seed(0)
    history = []
    for _ in range(epochs):
        model.train()
        total = 0.0
        for indices in torch.randperm(len(y), generator=order).split(BATCH):
            inputs, labels = x[indices], y[indices]
            loss = loss_fn(model(inputs), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(labels)
        history.append(total / len(y))
    return history


def by_hand_counting(model: nn.Module, x: Tensor, y: Tensor, epochs: int) -> list[float]:
    """The same, counting the right answers as well."""
    loss_fn = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=LR)
    order = torch.Generator().manual_seed(0)
    history = []
    for _ in range(epochs):
        model.train()
        total, correct = 0.0, 0
        for indices in torch.randperm(len(y), generator=order).split(BATCH):
            inputs, labels = x[indices], y[indices]
            logits = model(inputs)
            loss = loss_fn(logits, labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(labels)
            correct += (logits.argmax(dim=1) == labels).sum().item()
        history.append(total / len(y))
    return history


def by_fit(model: nn.Module, x: Tensor, y: Tensor, epochs: int, **options) -> list[float]:
    """The same by the workshop's loop."""
    optimizer = torch.optim.SGD(model.parameters(), lr=LR)
    history = fit(
        model,
        (x, y),
        loss_fn=nn.CrossEntropyLoss(),
        optimizer=optimizer,
        epochs=epochs,
        batch_size=BATCH,
        seed=0,
        **options,
    )
    return history["loss"]


def by_fit_counting(model: nn.Module, x: Tensor, y: Tensor, epochs: int) -> list[float]:
    """The same, counting the right answers as well."""
    return by_fit(model, x, y, epochs, metrics={"accuracy": count_correct})


def cpu_seconds(loop: Callable[..., list[float]], start: nn.Module, *data) -> tuple[float, list]:
    """CPU seconds of one training from `start`, and the losses."""
    model = copy.deepcopy(start)
    gc.collect()
    before = time.process_time()
    losses = loop(model, *data)
    return time.process_time() - before, losses


def measure(make: Callable[[], nn.Module], pair, *, repeats: int, epochs: int) -> dict[str, float]:
    """Take turns `repeats` times; medians of seconds and of the ratios."""
    hand, ours = pair
    data = load("mnist5k")
    x, y = data.development
    torch.manual_seed(0)
    start = make()
    for loop in pair:  # warm: caches, and what torch imports at the first optimizer
        cpu_seconds(loop, start, x, y, 1)
    seconds: dict[Callable, list[float]] = {hand: [], ours: []}
    for turn in range(repeats):
        losses = {}
        for loop in (hand, ours) if turn % 2 == 0 else (ours, hand):
            used, losses[loop] = cpu_seconds(loop, start, x, y, epochs)
            seconds[loop].append(used)
        both = zip(losses[hand], losses[ours], strict=True)
        if not all(math.isclose(a, b, rel_tol=1e-5) for a, b in both):
            raise AssertionError(f"not the same training: {losses[hand]} and {losses[ours]}")
    ratios = [b / a for a, b in zip(seconds[hand], seconds[ours], strict=True)]
    return {
        "by_hand": statistics.median(seconds[hand]),
        "fit": statistics.median(seconds[ours]),
        "ratio": statistics.median(ratios),
        "least": min(ratios),
        "most": max(ratios),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    rows = []
    head = f"{'model':6} {'records':16} {'by hand':>8} {'fit':>8} {'ratio':>7} {'range':>15}  limit"
    print(f"torch {torch.__version__}, one thread, CPU seconds of {options.epochs} epochs on 4,000")
    print(head)
    with threads(1):
        for name, make in (("mlp", mlp), ("cnn", cnn)):
            for records, pair in (
                ("loss", (by_hand, by_fit)),
                ("loss, accuracy", (by_hand_counting, by_fit_counting)),
            ):
                row = measure(make, pair, repeats=options.repeats, epochs=options.epochs)
                limit = LIMITS[name] if records == "loss" else None
                rows.append({"model": name, "records": records, **row, "limit": limit})
                span = f"{row['least']:.3f} to {row['most']:.3f}"
                print(
                    f"{name:6} {records:16} {row['by_hand']:8.3f} {row['fit']:8.3f} "
                    f"{row['ratio']:7.3f} {span:>15}  {limit or ''}"
                )
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return int(any(row["limit"] and row["ratio"] > row["limit"] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
