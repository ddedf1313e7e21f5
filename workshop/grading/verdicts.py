"""From what came back out of the sandbox to a verdict. Whatever came is data from a stranger."""

from __future__ import annotations

import json
import re
import signal
import unicodedata
from typing import Any

from workshop.core.exercise import Case, Exercise
from workshop.exercises import judge
from workshop.exercises.verdict import Verdict

STATUSES = (
    "passed",
    "wrong",
    "not attempted",
    "missing",
    "timed out",
    "crashed",
    "out of memory",
    "unreadable",
    "refused",
)
MOST_TEXT = 2_000  # characters of one text of a verdict
OWN = "that is the library's own"
_NO_MEMORY = re.compile(r"can't allocate memory|Cannot allocate memory|std::bad_alloc")


def decide(
    exercise: Exercise,
    cases: list[Case],
    content: bytes | None,
    ended: dict[str, Any],
    kept: judge.OutcomesOf | None = None,
) -> Verdict:
    """The verdict on a run: what came back (None: nothing whole) and how the run ended."""
    if ended.get("why") == "time":
        return say(
            exercise,
            "timed out",
            f"No answer within {ended['limit']:g} seconds of computing. Is there a loop whose "
            f"condition never becomes false?",
        )
    if ended.get("why") == "memory":
        return _out_of_memory(exercise, ended)
    if ended.get("why") == "stopped":
        return say(exercise, "crashed", "What came back from the function could not be read.")
    if content is None:
        return say(
            exercise, "crashed", f"Python itself ended while the function ran: {_how(ended)}."
        )
    try:
        answer = read(content)
        verdict = _decide(exercise, cases, answer, ended, kept)
    except Exception:  # however it was made up, it is no pass
        return say(exercise, "crashed", "What came back from the function could not be read.")
    return clean(verdict)


def _decide(
    exercise: Exercise, cases: list[Case], answer: dict[str, Any], ended: dict[str, Any], kept: Any
) -> Verdict:
    if "memory" in answer:
        return _out_of_memory(exercise, ended)
    if "raised" in answer:
        return say(exercise, "crashed", f"It raised {answer['raised']!s:.100}, which ends Python.")
    if "flood" in answer:
        return say(exercise, "crashed", "It returned more than can be read.")
    if "unreadable" in answer:
        return say(exercise, "wrong", str(answer["unreadable"]), "exists")
    outcomes = answer.get("outcomes", [])
    texts = [
        str(one["error"]["type"]) + str(one["error"]["text"]) for one in outcomes if "error" in one
    ]
    if any(text.startswith("MemoryError") or _NO_MEMORY.search(text) for text in texts):
        return _out_of_memory(exercise, ended)
    called = any(exercise.reference_path in one["calls"] for one in outcomes)
    if called or any(OWN in text for text in texts):
        return say(
            exercise,
            "wrong",
            f"It calls the library's own {exercise.reference_path}. Write it yourself: that is "
            f"the exercise.",
            "values",
        )
    verdict = judge.judge(exercise, cases, answer, kept)
    if verdict.status not in STATUSES or (verdict.passed and len(outcomes) != len(cases)):
        raise ValueError(verdict.status)
    return verdict


def read(content: bytes) -> dict[str, Any]:
    """Strict JSON: an object, no NaN, no name twice.

    Raises:
        ValueError, RecursionError: it is not that.
    """

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(found)
        if len(made) != len(found):
            raise ValueError("a name twice")
        return made

    def constant(name: str) -> Any:
        raise ValueError(name)

    answer = json.loads(content.decode("utf-8"), object_pairs_hook=pairs, parse_constant=constant)
    if not isinstance(answer, dict):
        raise ValueError("not an object")
    return answer


def say(exercise: Exercise, status: str, message: str, stage: str = "runs") -> Verdict:
    """A verdict in our own words."""
    return clean(Verdict(exercise.name, exercise.lesson, status, message, stage))


def clean(verdict: Verdict) -> Verdict:
    """The verdict without anything in its texts that a terminal or a file would act upon."""
    return Verdict(
        verdict.exercise,
        verdict.lesson,
        verdict.status,
        printable(verdict.message),
        verdict.stage,
        printable(verdict.got),
        printable(verdict.expected),
        printable(verdict.mistake),
        printable(verdict.case),
    )


def printable(text: str) -> str:
    """The text without control characters, halves of characters and turns of direction."""
    shown = "".join(
        one
        if one in "\n\t" or unicodedata.category(one) not in ("Cc", "Cf", "Cs", "Co", "Cn")
        else "\N{REPLACEMENT CHARACTER}"
        for one in text[:MOST_TEXT]
    )
    return shown + (" ..." if len(text) > MOST_TEXT else "")


def _out_of_memory(exercise: Exercise, ended: dict[str, Any]) -> Verdict:
    return say(
        exercise,
        "out of memory",
        f"It needs more than the {ended['memory'] / 1e6:.0f} MB that a run may take. Does a list "
        f"or tensor grow without end?",
    )


def _how(ended: dict[str, Any]) -> str:
    if "signal" in ended:
        try:
            name = signal.Signals(ended["signal"]).name
        except ValueError:
            name = f"signal {ended['signal']}"
        return f"it was ended by {name}"
    if "exit" in ended:
        return f"it left with exit code {ended['exit']} and without an answer"
    return str(ended.get("died", "the process is gone"))[:200]
