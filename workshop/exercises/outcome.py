"""What an answer did in one case, decoded; comparing two of them, and showing them in a line."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from workshop.core.exercise import Case, Exercise
from workshop.exercises.observe import UnsupportedValue, decode, observe
from workshop.exercises.verdict import Stage

WIDTH = 160  # characters of a value in a line
AROUND = 3  # elements shown before and after the first that differs


@dataclass(frozen=True)
class Error:
    """An exception, and where in the attendee's own code it was met (see `observe`)."""

    type: str
    text: str = ""
    line: str = ""
    within: str = ""
    names: dict[str, str] = field(default_factory=dict)
    raised: bool = False

    @property
    def is_stub(self) -> bool:
        """Whether it says that something is still to be written: torch raises that type too."""
        return self.type == "NotImplementedError" and self.raised


@dataclass(frozen=True)
class Outcome:
    """What came of one call: a value or an error, and what happened on the way.

    `bad` is the function that first made inf or nan, and the line of the attendee's code, if the
    call was watched for that.
    """

    value: Any = None
    error: Error | None = None
    printed: str = ""
    changed: tuple[int, ...] = ()
    calls: tuple[str, ...] = ()
    gradients: list[Any] | str | None = None
    bad: tuple[str, str] | None = None


@dataclass(frozen=True)
class Problem:
    """What is wrong in one case.

    Args:
        stage: the stage that fails.
        message: what to tell the attendee.
        mistake: a name for it; '' where nothing more is known than that it is wrong.
        specific: whether nothing more helpful can be found by trying further.
    """

    stage: Stage
    message: str
    mistake: str = ""
    specific: bool = True


OutcomesOf = Callable[[Exercise, Any, list[Case]], list[Outcome]]


class Again(Protocol):
    """Calls the answer on further arguments (see `running.Again`)."""

    def __call__(
        self, cases: Sequence[tuple[Any, ...]], *, seed: int = 0, trace: bool = False
    ) -> list[dict[str, Any]] | None:
        """What `observe` says of the cases; None if they take too long."""

    def reads(self, place: int) -> bool:
        """Whether the code of the answer reads its argument number `place` at all."""


def read(data: dict[str, Any]) -> Outcome:
    """An outcome as `observe` describes it.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: it is none.
    """
    error, value = None, None
    if "error" in data:
        found = data["error"]
        names = {str(name): str(kind) for name, kind in dict(found["names"]).items()}
        kind, text, line, within = (str(found[key]) for key in ("type", "text", "line", "within"))
        error = Error(kind, text, line, within, names, found["raised"] is True)
    else:
        value = decode(data["value"])
    gradients = data["gradients"]
    if isinstance(gradients, list):
        gradients = [decode(part) for part in gradients]
    bad = data.get("bad")
    return Outcome(
        value,
        error,
        str(data["printed"]),
        tuple(int(i) for i in data["changed"]),
        tuple(str(name) for name in data["calls"]),
        gradients if gradients is None or isinstance(gradients, list) else str(gradients),
        None if bad is None else (str(bad[0]), str(bad[1])),
    )


def outcomes_of(exercise: Exercise, function: Any, cases: list[Case]) -> list[Outcome]:
    """What the reference or a planted mistake does on the cases.

    Only the reference is asked for gradients: a mistake is known by its values.
    """
    arguments = [case.args for case in cases]
    gradients = exercise.gradients if function is exercise.reference else ()
    return [read(one) for one in observe(function, arguments, gradients=gradients)]


class OutcomeCache:
    """`outcomes_of`, cached: for answers that are all tried on the cases of one seed."""

    def __init__(self) -> None:
        """Start empty."""
        self.known: dict[tuple[str, Any], list[Outcome]] = {}

    def __call__(self, exercise: Exercise, function: Any, cases: list[Case]) -> list[Outcome]:
        """What the function does on the cases of its exercise."""
        key = (exercise.name, function)
        if key not in self.known:
            self.known[key] = outcomes_of(exercise, function, cases)
        return self.known[key]


# --- comparing -----------------------------------------------------------------------------------


def is_number(value: Any) -> bool:
    """Whether a value can be compared as a tensor."""
    return isinstance(value, (Tensor, np.ndarray, bool, int, float))


def as_tensor(value: Any) -> Tensor:
    """A number or array as a tensor."""
    if isinstance(value, np.ndarray):
        return torch.from_numpy(value)
    return value if isinstance(value, Tensor) else torch.tensor(value)


def close(exercise: Exercise, g: Tensor, w: Tensor, slack: float = 1) -> bool:
    """Whether two tensors of one shape are equal within the exercise's tolerance."""
    rtol, atol = slack * exercise.rtol, slack * exercise.atol
    return torch.allclose(g.double(), w.double(), rtol=rtol, atol=atol, equal_nan=True)


def alike(exercise: Exercise, a: Outcome, b: Outcome, *, changes: bool = True) -> bool:
    """Whether two answers did the same in one case: the same error, or equal values.

    changes: and whether they changed the same arguments.
    """
    if a.error or b.error:
        return a.error is not None and b.error is not None and a.error.type == b.error.type
    return same_values(exercise, a.value, b.value) and (not changes or a.changed == b.changed)


def same_values(exercise: Exercise, a: Any, b: Any) -> bool:
    """Whether two values are equal, in whatever tuples and lists they are."""
    if isinstance(a, (tuple, list)) or isinstance(b, (tuple, list)):
        return (
            isinstance(a, (tuple, list))
            and isinstance(b, (tuple, list))
            and len(a) == len(b)
            and all(same_values(exercise, x, y) for x, y in zip(a, b, strict=True))
        )
    if not is_number(a) or not is_number(b):
        return type(a) is type(b) and (isinstance(a, UnsupportedValue) or bool(a == b))
    g, w = as_tensor(a), as_tensor(b)
    if g.shape != w.shape or (g.dtype == torch.bool) != (w.dtype == torch.bool):
        return False
    return close(exercise, g, w)


# --- showing -------------------------------------------------------------------------------------


def parameters(exercise: Exercise) -> list[str]:
    """The names of the exercise's arguments."""
    return list(inspect.signature(exercise.reference).parameters)


def listed(words: Sequence[str]) -> str:
    """'x', 'x and y', 'x, y and z'."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def shown_call(exercise: Exercise, case: Case) -> str:
    """The call of a case, if it fits in a line."""
    text = f"{exercise.name}({', '.join(map(repr, case.args))})"
    return "" if len(text) > 100 or "\n" in text or " at 0x" in text else text


def shown(exercise: Exercise, value: Any, other: Any) -> str:
    """A value in a line; of a long one the first place that differs from `other`, marked."""
    if isinstance(value, UnsupportedValue):
        return value.kind
    if isinstance(value, (tuple, list)) and any(isinstance(v, Tensor) for v in value):
        if isinstance(other, (tuple, list)) and len(other) == len(value):
            for number, (v, o) in enumerate(zip(value, other, strict=True), start=1):
                if not same_values(exercise, v, o):
                    return f"number {number}: {shown(exercise, v, o)}"
        return "; ".join(shown(exercise, v, None) for v in value)[: 2 * WIDTH]
    if isinstance(value, Tensor):
        if value.ndim == 0:
            return _number(value.item())
        text = " ".join(repr(value).split()).removeprefix("tensor(").removesuffix(")")
        shape = f", shape {tuple(value.shape)}"
        if len(text) <= WIDTH and "..." not in text:
            return text + shape
        return _around(value.flatten().tolist(), _first_difference(exercise, value, other), shape)
    if isinstance(value, list) and len(repr(value)) > WIDTH:
        place = _first_difference(exercise, value, other)
        return _around(value, place, f", length {len(value)}")
    return _number(value) if isinstance(value, float) else repr(value)[:WIDTH]


def _number(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else repr(value)


def _first_difference(exercise: Exercise, value: Any, other: Any) -> tuple[int, list[int]]:
    """The place of the first element that differs, among all and by its indices; 0 if none does."""
    if isinstance(value, Tensor):
        if not isinstance(other, Tensor) or other.shape != value.shape:
            return 0, [0] * value.ndim
        a, b = value.double(), other.double()
        off = ~torch.isclose(a, b, rtol=exercise.rtol, atol=exercise.atol, equal_nan=True)
        place = int(off.flatten().int().argmax())
        return place, [int(i) for i in np.unravel_index(place, tuple(value.shape))]
    others = other if isinstance(other, list) else []
    pairs = enumerate(zip(value, others, strict=False))
    place = next((i for i, (v, o) in pairs if not same_values(exercise, v, o)), len(others))
    place = min(place, len(value) - 1)
    return place, [place]


def _around(flat: list[Any], place: tuple[int, list[int]], suffix: str) -> str:
    """Some elements around a place, which is marked: '..., 0.5, >>0.7<<, 0.1, ... at [3, 2]'."""
    at, indices = place
    first, last = max(0, at - AROUND), min(len(flat), at + AROUND + 1)
    parts = [_number(v)[:40] for v in flat[first:last]]
    parts[at - first] = f">>{parts[at - first]}<<"
    dots = ("..., " if first else "", ", ..." if last < len(flat) else "")
    return f"{dots[0]}{', '.join(parts)}{dots[1]} at {indices}{suffix}"
