"""Exercises: `check(f)` says what your function does, `hint(f)` nudges, `answer(f)` shows one.

A module of exercises belongs to each lesson: workshop.day1.neuron.exercises holds EXERCISES.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from workshop.core.checks import nearest

if TYPE_CHECKING:
    from workshop.core.exercise import Exercise
    from workshop.exercises.outcome import OutcomeCache
    from workshop.exercises.verdict import Verdict

__all__ = ["all_exercises", "answer", "check", "check_source", "for_lesson", "get", "hint"]

SEED = 2021  # of the inputs that answers are tried on


@cache
def for_lesson(name: str) -> tuple[Exercise, ...]:
    """The exercises of a lesson, in the order of its notebook."""
    from workshop import syllabus

    return syllabus.get(name).exercises()


def all_exercises() -> tuple[Exercise, ...]:
    """Every exercise of the workshop."""
    from workshop import syllabus

    return tuple(e for lesson in syllabus.lessons() for e in for_lesson(lesson.name))


def get(name: str) -> Exercise:
    """The exercise whose function is called `name`.

    Raises:
        KeyError: there is none; the message suggests the nearest.
    """
    from workshop import syllabus

    # First the lessons that are loaded, as a notebook's own is: to load all takes seconds.
    for lesson in sorted(syllabus.lessons(), key=lambda one: one.package not in sys.modules):
        for exercise in for_lesson(lesson.name):
            if exercise.name == name:
                return exercise
    raise KeyError(
        f"There is no exercise {name!r}.{nearest(name, [one.name for one in all_exercises()])}"
    )


def check(f: Any = None, *, seed: int = SEED) -> Verdict:
    """Try your function on the exercise's inputs and say what is right and what is not.

    It runs here, in the notebook's own kernel, and is interrupted when it takes too long.

    Args:
        f: the function, under the name that the exercise gave it.
        seed: of the inputs; any other seed gives other inputs.
    """
    from workshop.exercises.verdict import Stage, Status, Verdict

    if (problem := _not_a_function(f)) is not None:
        return Verdict("", "", Status.MISSING, problem, Stage.EXISTS)
    try:
        exercise = get(f.__name__)
    except KeyError as unknown:
        message = f"{unknown.args[0]} Keep the name that the exercise gave the function."
        return Verdict(f.__name__, "", Status.MISSING, message, Stage.EXISTS)
    return _checked(exercise, lambda: f, seed)


def check_source(source: str, name: str, *, seed: int = SEED, record: bool = False) -> Verdict:
    """The same for a function in a piece of source, such as the definitions of a notebook.

    The definitions run in this very process. Call it from the main thread: in another there is no
    time limit.
    """
    from workshop.exercises.observe import load_function

    return _checked(get(name), lambda: load_function(source, name), seed, record=record)


def hint(f: Any = None, number: int | None = None) -> Any:
    """The next hint for an exercise: three of them, from a nudge to nearly there.

    Args:
        f: your function, or its name as a text.
        number: 1, 2 or 3; without it, the one after the last you saw.

    Raises:
        ValueError: no such hint.
    """
    from workshop.exercises import progress

    exercise = _exercise_of(f, "hint")
    seen = int(progress.read(exercise.lesson).get(exercise.name, {}).get("hints", 0))
    number = min(seen + 1, 3) if number is None else number
    if number not in (1, 2, 3):
        raise ValueError(f"hint: got number {number}, expected 1, 2 or 3")
    progress.record(exercise.lesson, exercise.name, hints=max(seen, number))
    more = "" if number == 3 else f"\n\n*For the next one run `hint({exercise.name})` again.*"
    return markdown(f"**Hint {number} of 3.** {exercise.hints[number - 1]}{more}")


def answer(f: Any = None) -> Any:
    """One right answer, as code. Reading it is fine; then close it and write your own."""
    from workshop.exercises import progress

    exercise = _exercise_of(f, "answer")
    progress.record(exercise.lesson, exercise.name, answer_read=True)
    note = "Read it, close it, and write it again in your own way."
    return markdown(f"```python\n{exercise.answer_source()}```\n\n{note}")


@cache
def _outcomes(seed: int) -> OutcomeCache:
    """What references and planted mistakes do on the cases of a seed."""
    from workshop.exercises.outcome import OutcomeCache

    return OutcomeCache()


def _checked(
    exercise: Exercise,
    load: Callable[[], Callable[..., Any]],
    seed: int,
    *,
    record: bool = True,
) -> Verdict:
    from workshop.exercises import judge, progress, running
    from workshop.exercises.verdict import Status

    try:
        with running.undisturbed(seed):
            cases = exercise.cases(seed)
            try:
                done, again = running.attempt(
                    load,
                    [case.args for case in cases],
                    gradients=exercise.gradients,
                    watched=(exercise.reference_path, *exercise.without),
                    time_limit=exercise.time_limit,
                )
                verdict = judge.judge(exercise, cases, done, _outcomes(seed), again)
            except running.TimedOut as over:
                case = None if over.case is None else cases[over.case]
                verdict = judge.timed_out(exercise, case, over.line)
    except running.Stopped:
        raise KeyboardInterrupt from None
    if record and verdict.status != Status.NOT_ATTEMPTED:
        progress.record(
            exercise.lesson,
            exercise.name,
            attempt=verdict.status,
            mistake=verdict.mistake,
            message=verdict.message,
        )
    return verdict


def _not_a_function(f: Any) -> str | None:
    """In words, why `f` cannot be checked at all."""
    if f is None:
        return "Give check the function that you wrote: check(weighted_sum), say."
    if isinstance(f, str):
        return f"That is a text. Give the function itself, without quotes: check({f})."
    if not callable(f):
        return (
            f"That is a {type(f).__name__}, not a function. Give the function itself, without "
            f"calling it: check(f), not check(f(x))."
        )
    if getattr(f, "__name__", "<lambda>") == "<lambda>":
        return "This function has no name. Write it with def, under the name of the exercise."
    return None


def _exercise_of(f: Any, command: str) -> Exercise:
    name = f if isinstance(f, str) else getattr(f, "__name__", None)
    if name is None:
        raise TypeError(f"{command}: got {f!r}, expected your function, or its name as a text")
    return get(name)


class markdown:
    """A text that notebooks show as Markdown and terminals as it is."""

    def __init__(self, text: str) -> None:
        """Keep the text."""
        self.text = text

    def _repr_markdown_(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text
