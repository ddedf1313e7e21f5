"""What an exercise is: the answer, the inputs it is tried on, and the mistakes that people make."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Case:
    """Arguments to try an answer on: plain data (tensors, numbers, texts, lists of these) only.

    `note` says in words what is special about it. `hidden` stays with the judge: labels of
    held-out examples, for an exercise that is judged by its predictions.
    """

    args: tuple[Any, ...]
    note: str = ""
    hidden: Any = None


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that people give, and what to tell them."""

    name: str
    message: str
    answer: Callable[..., Any]


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """One task: a function `name` that the attendee writes.

    Args:
        name: the function's name, unique over all lessons.
        lesson: the lesson it belongs to.
        title: what it is about, in a few words.
        reference: the answer, a by-hand piece of the lesson.
        cases: seed -> the inputs, edge cases among them.
        mistakes: known wrong answers, at least three.
        hints: three of them, from a nudge to nearly there.
        alternatives: other right answers, which must pass.
        gradients: positions of the arguments whose gradient is compared too.
        without: dotted names that the answer must do without, such as 'torch.softmax'.
        judge: for an exercise that trains: (cases, returned values) -> what is wrong, or None.
        rtol, atol: how far a number may be off: atol + rtol * |expected|.
        time_limit: seconds for all cases together.
    """

    name: str
    lesson: str
    title: str
    reference: Callable[..., Any]
    cases: Callable[[int], list[Case]]
    mistakes: tuple[Mistake, ...]
    hints: tuple[str, str, str]
    alternatives: tuple[Callable[..., Any], ...] = ()
    gradients: tuple[int, ...] = ()
    without: tuple[str, ...] = ()
    judge: Callable[[list[Case], list[Any]], str | None] | None = None
    rtol: float = 1e-4
    atol: float = 1e-6
    time_limit: float = 10.0

    def __post_init__(self) -> None:
        """Refuse an exercise that could not be checked or explained."""
        if not self.name.isidentifier():
            raise ValueError(f"name: got {self.name!r}, expected a function name")
        if len(self.hints) != 3:
            raise ValueError(f"{self.name}: got {len(self.hints)} hints, expected 3")
        if len(self.mistakes) < 3:
            raise ValueError(f"{self.name}: got {len(self.mistakes)} mistakes, expected 3 or more")
        messages = [mistake.message for mistake in self.mistakes]
        if len(set(messages)) != len(messages):
            raise ValueError(f"{self.name}: two mistakes have the same message")

    @property
    def reference_path(self) -> str:
        """The dotted name of the reference, such as 'workshop.day1.neuron.sigmoid'."""
        return f"{self.reference.__module__}.{self.reference.__qualname__}"

    def answer_source(self) -> str:
        """The source of the reference."""
        return textwrap.dedent(inspect.getsource(self.reference)).rstrip() + "\n"

    def signature(self) -> str:
        """How the function is called, without types: 'weighted_sum(x, w, b)'."""
        return f"{self.name}({', '.join(inspect.signature(self.reference).parameters)})"
