"""What a lesson measured, and the bounds it is held to. No torch in here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from workshop.core.checks import nearest


@dataclass(frozen=True)
class Measured:
    """One number that a lesson measured.

    `correct` and `total` stand beside `value` where it is a count of examples.
    """

    name: str
    value: float
    correct: int | None = None
    total: int | None = None

    @classmethod
    def count(cls, name: str, correct: int, total: int) -> Measured:
        """The share `correct` / `total`, kept with its two counts."""
        if not 0 <= correct <= total or total == 0:
            raise ValueError(
                f"{name}: got {correct} correct of {total}; expected 0 <= c <= n, n > 0"
            )
        return cls(name, correct / total, correct, total)


@dataclass(frozen=True)
class Bound:
    """What a measured number is held to.

    A target is what the lesson must reach. A control is the same lesson with the thing it is about
    taken out: its bound is the failure that it has to show.
    """

    name: str
    kind: Literal["target", "control"]
    at_least: float | None = None
    at_most: float | None = None
    what: str = ""

    def __post_init__(self) -> None:
        """Refuse a bound that says nothing."""
        if self.kind not in ("target", "control"):
            raise ValueError(f"{self.name}: kind is 'target' or 'control', got {self.kind!r}")
        given = [edge for edge in (self.at_least, self.at_most) if edge is not None]
        if len(given) != 1:
            raise ValueError(f"{self.name}: give one of at_least and at_most")
        if not math.isfinite(given[0]):
            raise ValueError(f"{self.name}: got the bound {given[0]}, expected a finite number")

    def holds(self, value: float) -> bool:
        """Whether `value` keeps to the bound; not-a-number never does."""
        if self.at_least is not None:
            return value >= self.at_least
        return self.at_most is not None and value <= self.at_most

    def __str__(self) -> str:
        """The bound as it is printed, such as '>= 0.95'."""
        if self.at_least is not None:
            return f">= {self.at_least:g}"
        return f"<= {self.at_most:g}"


@dataclass(frozen=True)
class Result:
    """What `run` of a lesson returns: the numbers, and the training histories behind them."""

    metrics: tuple[Measured, ...]
    histories: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> float:
        """The value of the metric `name`."""
        for metric in self.metrics:
            if metric.name == name:
                return metric.value
        known = [metric.name for metric in self.metrics]
        raise KeyError(f"no metric {name!r}; this result has {known}.{nearest(name, known)}")


class Task(Protocol):
    """A lesson or one of its tasks: a module whose `run` measures something."""

    def run(self, config: Any, *, seed: int, device: Any, progress: bool) -> Result:
        """Train and measure with these settings, from this seed, on this device."""


def run_tasks(
    tasks: Mapping[str, Task], config: Any, *, seed: int, device: Any, progress: bool
) -> Result:
    """Run the tasks of a lesson one after the other and put what they measured together.

    Args:
        tasks: name -> module with a `run`.
        config: of the lesson; its field of a task's name is that task's own.
        seed: of every task.
        device: where to train.
        progress: show progress bars.

    Returns:
        All metrics; a history is named after its task and the name it has there.
    """
    metrics: list[Measured] = []
    histories: dict[str, Any] = {}
    for name, task in tasks.items():
        result = task.run(getattr(config, name), seed=seed, device=device, progress=progress)
        metrics += result.metrics
        histories |= {f"{name}_{key}": history for key, history in result.histories.items()}
    return Result(tuple(metrics), histories)
