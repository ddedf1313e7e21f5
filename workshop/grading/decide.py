"""From what came back out of the sandbox to a verdict. Whatever came is data from a stranger."""

from __future__ import annotations

import re
import signal
from dataclasses import replace
from typing import Any

from workshop.core.exercise import Case, Exercise
from workshop.core.files import printable, strict_json
from workshop.exercises import judge
from workshop.exercises.outcome import OutcomesOf
from workshop.exercises.verdict import Stage, Status, Verdict
from workshop.grading.frames import Ending, Limits

# torch and the system name no reason but in the text of a RuntimeError or OSError.
_NO_MEMORY = re.compile(r"can't allocate memory|Cannot allocate memory|std::bad_alloc")


def decide(
    exercise: Exercise,
    cases: list[Case],
    content: bytes | None,
    ending: Ending,
    limits: Limits,
    outcomes_of: OutcomesOf | None = None,
) -> Verdict:
    """The verdict on a run.

    Args:
        exercise: what the answer answers.
        cases: the inputs that it was tried on.
        content: what came back; None: nothing whole.
        ending: how the run ended.
        limits: those of the run.
        outcomes_of: see `judge.judge`.
    """
    why = ending.get("why")
    if why == "time":
        return make_verdict(
            exercise,
            Status.TIMED_OUT,
            f"No answer within {limits.seconds:g} seconds of computing. Is there a loop whose "
            f"condition never becomes false?",
        )
    if why == "memory":
        return _out_of_memory(exercise, limits)
    if why == "stopped":
        return _unreadable(exercise)
    if content is None:
        how = _how_it_ended(ending)
        return make_verdict(
            exercise, Status.CRASHED, f"Python itself ended while the function ran: {how}."
        )
    try:
        answer = strict_json(content)
        return _clean(_decide(exercise, cases, answer, limits, outcomes_of))
    except Exception:  # whatever was made up, it is no pass
        return _unreadable(exercise)


def _decide(
    exercise: Exercise,
    cases: list[Case],
    answer: dict[str, Any],
    limits: Limits,
    outcomes_of: OutcomesOf | None,
) -> Verdict:
    if "memory" in answer:
        return _out_of_memory(exercise, limits)
    if "raised" in answer:
        raised = str(answer["raised"])[:100]
        return make_verdict(exercise, Status.CRASHED, f"It raised {raised}, which ends Python.")
    if "too_large" in answer:
        return make_verdict(exercise, Status.CRASHED, "It returned more than can be read.")
    if "unreadable" in answer:
        return make_verdict(exercise, Status.WRONG, str(answer["unreadable"]), Stage.EXISTS)
    outcomes = answer.get("outcomes", [])
    errors = [one["error"] for one in outcomes if "error" in one]
    if any(map(_is_out_of_memory, errors)):
        return _out_of_memory(exercise, limits)
    if any(exercise.reference_path in one["calls"] for one in outcomes) or any(
        error["type"] == "LibraryAnswerCalled" for error in errors
    ):
        return make_verdict(
            exercise,
            Status.WRONG,
            f"It calls the library's own {exercise.reference_path}. Write it yourself: that is "
            f"the exercise.",
            Stage.VALUES,
        )
    verdict = judge.judge(exercise, cases, answer, outcomes_of)
    if verdict.passed and len(outcomes) != len(cases):
        raise ValueError(f"got {len(outcomes)} outcomes, expected {len(cases)}")
    return verdict


def _is_out_of_memory(error: dict[str, Any]) -> bool:
    return error["type"] == "MemoryError" or (
        error["type"] in ("RuntimeError", "OSError")
        and _NO_MEMORY.search(str(error["text"])) is not None
    )


def make_verdict(
    exercise: Exercise, status: Status, message: str, stage: Stage = Stage.RUNS
) -> Verdict:
    """A verdict whose message may quote a stranger."""
    return _clean(Verdict(exercise.name, exercise.lesson, status, message, stage))


def _clean(verdict: Verdict) -> Verdict:
    """The verdict without anything in its texts that a terminal or a file would act upon."""
    return replace(
        verdict,
        message=printable(verdict.message),
        got=printable(verdict.got),
        expected=printable(verdict.expected),
        mistake=printable(verdict.mistake),
        case=printable(verdict.case),
    )


def _unreadable(exercise: Exercise) -> Verdict:
    return make_verdict(
        exercise, Status.CRASHED, "What came back from the function could not be read."
    )


def _out_of_memory(exercise: Exercise, limits: Limits) -> Verdict:
    return make_verdict(
        exercise,
        Status.OUT_OF_MEMORY,
        f"It needs more than the {limits.memory / 1e6:.0f} MB that a run may take. Does a list or "
        f"tensor grow without end?",
    )


def _how_it_ended(ending: Ending) -> str:
    if "signal" in ending:
        try:
            name = signal.Signals(ending["signal"]).name
        except ValueError:
            name = f"signal {ending['signal']}"
        return f"it was ended by {name}"
    if "exit" in ending:
        return f"it left with exit code {ending['exit']} and without an answer"
    return ending.get("died", "the process is gone")[:200]
