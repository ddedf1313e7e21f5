"""The one training loop, and the one evaluation, that every lesson uses.

Lesson `gradient_descent` opens this file. The letters: B examples in a batch, N examples in a data
set, C classes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from workshop.core.checks import nearest
from workshop.core.results import Measured

# What fit and evaluate take as data: tensors (*inputs, y) of N examples each (a `Split` of
# workshop.core.data gives them), or a DataLoader whose batches are tuples of such tensors.
Batches = Iterable[Tensor] | DataLoader[Any]
# Adds up something over a batch: (outputs, y) -> a sum over its B examples, never their mean.
Metric = Callable[[Tensor, Tensor], Tensor | float]

CHECK_EVERY = 50  # updates between two looks at whether the loss is still finite


class Diverged(FloatingPointError):
    """The loss stopped being a finite number. `history` holds the epochs that went well."""

    def __init__(self, message: str, history: History) -> None:
        """Keep the history beside the message."""
        super().__init__(message)
        self.history = history


@dataclass
class History:
    """One row per epoch: epoch, lr, loss, val_loss and each metric, averaged over the examples."""

    rows: list[dict[str, float]] = field(default_factory=list)

    def __getitem__(self, name: str) -> list[float]:
        """One column, such as history['val_loss'], a number per epoch."""
        known = list(self.rows[0]) if self.rows else []
        if name not in known:
            raise KeyError(f"no column {name!r}; this history has {known}.{nearest(name, known)}")
        return [row[name] for row in self.rows]

    def __len__(self) -> int:
        """How many epochs were trained."""
        return len(self.rows)


@dataclass(frozen=True)
class Scores:
    """Sums over all `total` examples of a data set; `scores['loss']` is the average."""

    total: int
    sums: Mapping[str, float]

    def __getitem__(self, name: str) -> float:
        """The average over the examples."""
        if name not in self.sums:
            known = list(self.sums)
            raise KeyError(f"no score {name!r}; there are {known}.{nearest(name, known)}")
        return self.sums[name] / self.total

    def measured(self, name: str, rename: str | None = None) -> Measured:
        """The score as a lesson's number; a whole sum keeps its counts, correct of total."""
        value, correct = self[name], self.sums[name]
        if isinstance(correct, int):
            return Measured.count(rename or name, correct, self.total)
        return Measured(rename or name, value)


def fit(
    model: nn.Module, train: Batches, *, progress: bool | str = False, **options: Any
) -> History:
    """Train `model` in place and return its history. Takes the arguments of `train_epochs`.

    Args:
        model: any module; it is called with all but the last tensor of a batch.
        train: tensors or a DataLoader.
        progress: show a progress bar in the terminal or notebook; a text is its label.
        options: see `train_epochs`.

    Raises:
        Diverged: the loss is no longer a finite number.
    """
    history = History()
    run = train_epochs(model, train, **options)
    if not progress:
        for history in run:
            pass
        return history
    from tqdm.auto import tqdm

    label = progress if isinstance(progress, str) else "training"
    with tqdm(total=options["epochs"], desc=label, unit="epoch", leave=False) as bar:
        for history in run:
            last = history.rows[-1]
            numbers = {k: f"{v:.4g}" for k, v in last.items() if k not in ("epoch", "lr")}
            bar.set_postfix(numbers, refresh=False)  # it redraws by itself, ten times a second
            bar.update()
    return history


def train_epochs(
    model: nn.Module,
    train: Batches,
    *,
    loss_fn: Callable[[Tensor, Tensor], Tensor],
    optimizer: torch.optim.Optimizer,
    epochs: int,
    batch_size: int | None = None,
    schedule: torch.optim.lr_scheduler.LRScheduler | None = None,
    schedule_every: Literal["step", "epoch"] = "step",
    validation: Batches | None = None,
    metrics: Mapping[str, Metric] | None = None,
    seed: int = 0,
) -> Iterator[History]:
    """Train `model` in place; yields the history after each epoch, so a `break` stops early.

    Args:
        model: any module; it is called with all but the last tensor of a batch.
        train: tensors (*inputs, y) with N examples each, moved to the model's device once and
            shuffled anew every epoch, or a DataLoader, which batches and shuffles by itself.
        loss_fn: (outputs, y) -> the mean loss of a batch, a scalar.
        optimizer: made over `model.parameters()`.
        epochs: passes over the training data, 1 or more.
        batch_size: examples per update; None takes all N at once. Only with tensors.
        schedule: steps the learning rate after each update or each epoch.
        schedule_every: 'step' or 'epoch'.
        validation: evaluated after every epoch, into the columns val_loss, val_<metric>.
        metrics: name -> (outputs, y) -> a sum over the batch, such as `count_correct`.
        seed: of the order of the examples (only with tensors).

    Raises:
        Diverged: the loss is no longer a finite number.
        ValueError: data or arguments do not fit together; the message says how.
    """
    metrics = dict(metrics or {})
    _check_arguments(epochs, batch_size, train, schedule_every)
    device = _device_of(model)
    train = train if isinstance(train, DataLoader) else _tensors(train, device)
    order = torch.Generator().manual_seed(seed)
    history = History()

    for epoch in range(1, epochs + 1):
        model.train()
        losses: list[Tensor] = []
        counts: list[int] = []
        sums: dict[str, list[Tensor | float]] = {name: [] for name in metrics}

        for *inputs, y in _batches(train, batch_size, order, device):
            outputs = model(*inputs)  # 1. forward: predict
            loss = loss_fn(outputs, y)  # 2. how wrong?
            optimizer.zero_grad()
            loss.backward()  # 3. backward: the gradient of the loss
            optimizer.step()  # 4. update: a step against the gradient
            if schedule is not None and schedule_every == "step":
                schedule.step()

            losses.append(loss.detach())
            counts.append(len(y))
            for name, metric in metrics.items():
                sums[name].append(metric(outputs.detach(), y))
            if len(losses) % CHECK_EVERY == 0 and not math.isfinite(losses[-1].item()):
                break  # reading the loss waits for a GPU, so not at every update

        _stop_if_diverged(losses, epoch, optimizer, history)
        total = sum(counts)
        row: dict[str, float] = {"epoch": epoch, "lr": optimizer.param_groups[0]["lr"]}
        row["loss"] = _weighted_sum(losses, counts) / total
        row |= {name: _total(parts) / total for name, parts in sums.items()}
        if validation is not None:
            scores = evaluate(model, validation, loss_fn=loss_fn, metrics=metrics)
            row |= {f"val_{name}": scores[name] for name in scores.sums}
        history.rows.append(row)
        if schedule is not None and schedule_every == "epoch":
            schedule.step()
        yield history


def evaluate(
    model: nn.Module,
    data: Batches,
    *,
    loss_fn: Callable[[Tensor, Tensor], Tensor] | None = None,
    metrics: Mapping[str, Metric] | None = None,
    batch_size: int = 1024,
) -> Scores:
    """Score `model` on every example of `data`, without gradients and in evaluation mode.

    Args:
        model: any module; it and its parts are left in the mode they were in.
        data: tensors (*inputs, y), or a DataLoader.
        loss_fn: mean loss of a batch; its average over the examples becomes the score 'loss'.
        metrics: name -> (outputs, y) -> a sum over the batch.
        batch_size: how many examples at a time (only with tensors; changes nothing but memory).

    Returns:
        Sums over all examples: exact counts, never a mean of batch means.
    """
    metrics = dict(metrics or {})
    device = _device_of(model)
    data = data if isinstance(data, DataLoader) else _tensors(data, device)
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    losses: list[Tensor] = []
    counts: list[int] = []
    sums: dict[str, int | float] = dict.fromkeys(metrics, 0)
    try:
        with torch.no_grad():
            for *inputs, y in _batches(data, batch_size, None, device):
                outputs = model(*inputs)
                counts.append(len(y))
                if loss_fn is not None:
                    losses.append(loss_fn(outputs, y))
                for name, metric in metrics.items():
                    sums[name] += _number(metric(outputs, y))
    finally:
        for module, training in modes:  # each its own: a part may be frozen in evaluation mode
            module.training = training
    if loss_fn is not None:
        sums = {"loss": _weighted_sum(losses, counts), **sums}
    return Scores(sum(counts), sums)


def count_correct(logits: Tensor, y: Tensor) -> Tensor:
    """How many predictions are right.

    Args:
        logits: (B, C) scores with y (B,) class ids, or one score per example in y's own shape
            with y of 0 and 1 (a score above 0 says 1).
        y: the labels.

    Returns:
        A whole number, shape ().

    Raises:
        ValueError: the shapes fit neither case.
    """
    if logits.ndim == y.ndim + 1 and logits.shape[0] == y.shape[0]:
        return (logits.argmax(dim=1) == y).sum()
    if logits.shape == y.shape:
        return ((logits > 0) == (y > 0.5)).sum()
    raise ValueError(
        f"got logits {tuple(logits.shape)} and y {tuple(y.shape)}; expected (B, C) with (B,), "
        f"or both of one shape"
    )


def _batches(
    data: tuple[Tensor, ...] | DataLoader[Any],
    batch_size: int | None,
    order: torch.Generator | None,
    device: torch.device,
) -> Iterator[tuple[Tensor, ...]]:
    """Batches of `data`, on `device`, in a random order where there is a generator for it."""
    if isinstance(data, DataLoader):
        for batch in data:
            yield tuple(part.to(device) for part in batch)
        return
    count = len(data[-1])
    if batch_size is None or (order is None and count <= batch_size):
        yield data
        return
    if order is None:
        for start in range(0, count, batch_size):
            yield tuple(part[start : start + batch_size] for part in data)
        return
    # Indexing tensors by a permutation costs less than a DataLoader, which collects one by one.
    for indices in torch.randperm(count, generator=order).to(device).split(batch_size):
        yield tuple(part[indices] for part in data)


def _tensors(data: Batches, device: torch.device) -> tuple[Tensor, ...]:
    tensors = (data,) if isinstance(data, Tensor) else tuple(data)
    if len(tensors) < 2 or not all(isinstance(part, Tensor) for part in tensors):
        kinds = ", ".join(type(part).__name__ for part in tensors[:4])
        raise ValueError(f"data: got ({kinds}), expected tensors (*inputs, y) or a DataLoader")
    if len({part.shape[:1] for part in tensors}) != 1 or tensors[-1].shape[:1] < (1,):
        shapes = ", ".join(str(tuple(part.shape)) for part in tensors)
        raise ValueError(f"data: got shapes {shapes}, expected one first dimension N > 0 for all")
    return tuple(part.to(device) for part in tensors)


def _check_arguments(
    epochs: int, batch_size: int | None, train: Batches, schedule_every: str
) -> None:
    if epochs < 1:
        raise ValueError(f"epochs: got {epochs}, expected 1 or more")
    if isinstance(train, DataLoader) and batch_size is not None:
        raise ValueError("batch_size: a DataLoader has one of its own; leave it out here")
    if batch_size is not None and batch_size < 1:
        raise ValueError(f"batch_size: got {batch_size}, expected 1 or more (None: all at once)")
    if schedule_every not in ("step", "epoch"):
        raise ValueError(f"schedule_every: got {schedule_every!r}, expected 'step' or 'epoch'")


def _device_of(model: nn.Module) -> torch.device:
    return next((p.device for p in model.parameters()), torch.device("cpu"))


def _weighted_sum(means: list[Tensor], counts: list[int]) -> float:
    # In double precision, on the CPU: MPS has none.
    return float(torch.stack(means).cpu().double() @ torch.tensor(counts, dtype=torch.float64))


def _total(parts: list[Tensor | float]) -> int | float:
    return _number(torch.stack([torch.as_tensor(part) for part in parts]).sum())


def _number(value: Tensor | float) -> int | float:
    return value.item() if isinstance(value, Tensor) else value


def _stop_if_diverged(
    losses: list[Tensor], epoch: int, optimizer: torch.optim.Optimizer, history: History
) -> None:
    finite = torch.stack(losses).isfinite().cpu()
    if bool(finite.all()):
        return
    update = int((~finite).nonzero()[0]) + 1
    raise Diverged(
        f"the loss became {losses[update - 1].item()} at update {update} of epoch {epoch}, with "
        f"learning rate {optimizer.param_groups[0]['lr']:g}. Most often the rate is too high: try a "
        f"tenth of it. If that does not help, look for not-a-number in the data "
        f"(x.isfinite().all()) and for a logarithm or a division at 0 in the loss.",
        history,
    )
