"""What `check` says about an answer, as data; how a terminal and a notebook show it."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Status(str, Enum):
    """How an answer did; a text, so that JSON has it as it is."""

    PASSED = "passed"
    WRONG = "wrong"
    NOT_ATTEMPTED = "not attempted"
    MISSING = "missing"
    TIMED_OUT = "timed out"
    CRASHED = "crashed"
    OUT_OF_MEMORY = "out of memory"
    UNREADABLE = "unreadable"
    REFUSED = "refused"

    __str__ = str.__str__


class Stage(str, Enum):
    """Where an answer fails; the later ones are only reached if the earlier ones hold."""

    EXISTS = "exists"
    SIGNATURE = "signature"
    RUNS = "runs"
    SHAPE = "shape and dtype"
    VALUES = "values"
    GRADIENTS = "gradients"

    __str__ = str.__str__


@dataclass(frozen=True)
class Look:
    """How a status is shown, in a notebook and in the report on a class: not by its colour alone.

    `background` and `text` are the colours of the symbol's badge.
    """

    name: str
    symbol: str
    background: str
    text: str
    meaning: str


# Okabe and Ito's colours, and greys; text and background contrast by 4.5 to 1 or more.
LOOKS = {
    look.name: look
    for look in (
        Look(Status.PASSED, "\u2713", "#009E73", "#000000", "solved"),
        Look(Status.WRONG, "\u2717", "#E69F00", "#000000", "it ran; the reason says what is wrong"),
        Look(Status.NOT_ATTEMPTED, "\u2013", "#EDEDED", "#333333", "the stub is as it was"),
        Look(Status.MISSING, "?", "#FFFFFF", "#333333", "no such function was handed in"),
        Look(Status.TIMED_OUT, "T", "#56B4E9", "#000000", "no answer within the limit"),
        Look(Status.CRASHED, "C", "#D55E00", "#000000", "Python itself ended"),
        Look(Status.OUT_OF_MEMORY, "M", "#CC79A7", "#000000", "it needs more than a run may take"),
        Look(Status.UNREADABLE, "U", "#666666", "#FFFFFF", "the file cannot be read"),
        Look(Status.REFUSED, "R", "#000000", "#FFFFFF", "the file is not let in"),
    )
}


@dataclass(frozen=True)
class Verdict:
    """What `check` says: the status, the stage that failed, and what to do about it.

    `mistake` is the name of the mistake: a planted one of the exercise, or one that any answer can
    make; '' where none was recognised. `case` is the call in which it shows, if it fits in a line.
    """

    exercise: str
    lesson: str
    status: Status
    message: str
    stage: str = ""
    got: str = ""
    expected: str = ""
    mistake: str = ""
    case: str = ""

    @property
    def passed(self) -> bool:
        """Whether the exercise is solved."""
        return self.status == Status.PASSED

    def as_dict(self) -> dict[str, str]:
        """Plain data for files and for the headless runner."""
        return {
            "exercise": self.exercise,
            "lesson": self.lesson,
            "status": self.status,
            "stage": self.stage,
            "message": self.message,
            "got": self.got,
            "expected": self.expected,
            "mistake": self.mistake,
            "case": self.case,
        }

    def __str__(self) -> str:
        """The verdict for a terminal."""
        head = f"{self.exercise}: {self.status}" if self.exercise else self.status
        if self.stage and not self.passed:
            head += f" ({self.stage})"
        lines = [head, textwrap.fill(self.message, 96)]
        lines += [f"  case:     {self.case}"] if self.case else []
        lines += [f"  got:      {self.got}"] if self.got else []
        lines += [f"  expected: {self.expected}"] if self.expected else []
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        import html

        look = LOOKS[self.status]
        badge = f"background:{look.background};color:{look.text};border:1px solid #999"
        rows = "".join(
            f"<div style='font-family:monospace;white-space:pre-wrap'>{label}: "
            f"{html.escape(text)}</div>"
            for label, text in (
                ("case    ", self.case),
                ("got     ", self.got),
                ("expected", self.expected),
            )
            if text
        )
        stage = f" ({html.escape(self.stage)})" if self.stage and not self.passed else ""
        head = html.escape(f"{self.exercise}: {self.status}" if self.exercise else self.status)
        page = (
            f"<div style='border-left:5px solid {look.background};padding:.3em .8em'>"
            f"<b><span style='{badge};padding:0 .4em'>{look.symbol}</span> {head}{stage}"
            f"</b><div>{html.escape(self.message)}</div>{rows}</div>"
        )
        return {
            "text/plain": str(self),
            "text/html": page,
            "application/vnd.workshop.verdict+json": self.as_dict(),
        }
