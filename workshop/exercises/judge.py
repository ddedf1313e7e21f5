"""From what an answer did to a verdict: the first stage that fails, in words that help.

Stages: runs -> shape and dtype -> values -> gradients (exists and signature come before, where the
function is looked up). In order of preference a wrong answer gets: the message of the planted
mistake that does the same; what an error, or the kind of what came back, says by itself; what a
probe finds; two planted mistakes that explain it together; that it is not right yet.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from workshop.core.exercise import Case, Exercise, Mistake
from workshop.exercises.errors import translate
from workshop.exercises.observe import UnsupportedValue
from workshop.exercises.outcome import (
    Again,
    Outcome,
    OutcomesOf,
    Problem,
    alike,
    as_tensor,
    close,
    listed,
    outcomes_of,
    parameters,
    read,
    same_values,
    shown,
    shown_call,
)
from workshop.exercises.probes import Evidence, probe
from workshop.exercises.verdict import Stage, Status, Verdict

STAGES = (Stage.RUNS, Stage.SHAPE, Stage.VALUES, Stage.GRADIENTS)
CAUSES = {  # of inf and nan, by the function that first made them
    ("div", "true_divide", "__truediv__", "__rdiv__", "__rtruediv__", "reciprocal"): (
        "something is divided by zero"
    ),
    ("log", "log2", "log10", "log1p"): "the logarithm is taken of zero, or of a negative number",
    ("sqrt", "rsqrt"): "the root is taken of a negative number, or 1 divided by the root of zero",
    (
        "pow",
        "__pow__",
        "__rpow__",
        "square",
    ): "a power of a negative number, of zero, or a huge one",
    ("exp", "exp2", "expm1", "sinh", "cosh"): "exp of a large number (88 is too much) is infinite",
    ("mean", "std", "var"): "there is nothing to average, or one number too few for a deviation",
    (
        "logit",
        "atanh",
        "acos",
        "asin",
    ): "the argument lies outside of what the function is made for",
}


@dataclass(frozen=True)
class Row:
    """One case that is not right."""

    case: Case
    got: Outcome
    want: Outcome
    problem: Problem


def judge(
    exercise: Exercise,
    cases: list[Case],
    answer: dict[str, Any],
    kept: OutcomesOf | None = None,
    again: Again | None = None,
) -> Verdict:
    """The verdict on what `running.attempt` says that an answer did.

    Whatever came back is taken as data from a stranger: anything malformed is a wrong answer.

    Args:
        exercise: what the answer answers.
        cases: the inputs that it was tried on.
        answer: what came back.
        kept: `outcomes_of` with a memory, for a class whose members are all tried on these cases.
        again: calls the answer on further arguments, where that is possible.
    """
    made_by = outcomes_of if kept is None else kept
    if "missing" in answer:
        message = f"There is no function {exercise.name} here. {answer['missing']}".strip()
        return _verdict(exercise, Status.MISSING, Stage.EXISTS, message)
    if "broken" in answer:
        message = (
            f"The function could not be set up: {answer['broken']}. Does it need a cell above?"
        )
        return _wrong(exercise, Problem(Stage.EXISTS, message, "not set up"))
    if "signature" in answer:
        message = (
            f"The function takes other arguments than the exercise gives it, which is "
            f"{exercise.signature()}. Keep the first line of the cell as it was."
        )
        return _wrong(
            exercise,
            Problem(Stage.SIGNATURE, message, "other arguments"),
            got=f"{exercise.name}{answer['signature']}",
            expected=exercise.signature(),
        )
    try:
        outcomes = [read(outcome) for outcome in answer["outcomes"]]
    except (KeyError, TypeError, ValueError, AttributeError):
        outcomes = []
    if len(outcomes) != len(cases):
        message = "What came back from the check could not be read."
        return _verdict(exercise, Status.CRASHED, Stage.RUNS, message)
    if all(outcome.error is not None and outcome.error.is_stub for outcome in outcomes):
        return _not_written(exercise, outcomes[0])
    if exercise.judge is not None:
        return _judge_predictions(exercise, exercise.judge, cases, outcomes)
    wanted = made_by(exercise, exercise.reference, cases)
    wrong = _wrong_rows(exercise, cases, outcomes, wanted)
    if not wrong:
        return _right(exercise, cases, outcomes, wanted, again)
    names, right = answer.get("parameters", []), parameters(exercise)
    if names != right and sorted(names) == sorted(right):
        return _other_order(exercise, names)
    # The first stage that fails; within it, a case that says more than that a number is off.
    # (Where a shape is wrong, the numbers may be right in the smallest case only.)
    only_shapes = all(row.problem.mistake == "only the shape" for row in wrong)
    first = min(
        wrong,
        key=lambda row: (
            STAGES.index(row.problem.stage),
            row.problem.mistake == "only the shape" and not only_shapes,
            not row.problem.specific,
        ),
    )
    row = replace(
        first, problem=_explained(exercise, cases, outcomes, wanted, wrong, first, made_by, again)
    )
    gradient = row.problem.stage == Stage.GRADIENTS
    value = row.got.value
    return _wrong(
        exercise,
        row.problem,
        got="" if row.got.error else shown(exercise, value, row.want.value),
        expected="" if gradient or row.want.error else shown(exercise, row.want.value, value),
        case=shown_call(exercise, row.case),
    )


def _other_order(exercise: Exercise, names: list[str]) -> Verdict:
    message = (
        f"The arguments stand in another order: the exercise gives {listed(parameters(exercise))}, "
        f"in this order. Keep the first line of the cell as it was."
    )
    return _wrong(
        exercise,
        Problem(Stage.SIGNATURE, message, "order of the arguments"),
        got=f"{exercise.name}({', '.join(names)})",
        expected=exercise.signature(),
    )


def timed_out(exercise: Exercise, case: Case | None, line: str) -> Verdict:
    """No answer within the limit: in which case, and where it was then."""
    where = f" in the case: {case.note}" if case is not None and case.note else ""
    return _verdict(
        exercise,
        Status.TIMED_OUT,
        Stage.RUNS,
        f"No answer after {exercise.time_limit:g} seconds{where}, so the run was ended."
        + (f" It was at the line `{line}`." if line else "")
        + " Is there a loop whose condition never becomes false?",
    )


def _not_written(exercise: Exercise, outcome: Outcome) -> Verdict:
    within = outcome.error.within if outcome.error else ""
    if within not in ("", exercise.name):
        message = f"It calls {within}, which is still to be written."
        return _wrong(exercise, Problem(Stage.RUNS, message, "needs another exercise"))
    message = f"{exercise.name} is still to be written: replace the line with NotImplementedError."
    return _verdict(exercise, Status.NOT_ATTEMPTED, Stage.RUNS, message)


def _verdict(
    exercise: Exercise,
    status: Status,
    stage: Stage | Literal[""],
    message: str,
    **more: str,
) -> Verdict:
    return Verdict(exercise.name, exercise.lesson, status, message, stage, **more)


def _wrong(exercise: Exercise, problem: Problem, **more: str) -> Verdict:
    more["mistake"] = problem.mistake
    return _verdict(exercise, Status.WRONG, problem.stage, problem.message, **more)


def _wrong_rows(
    exercise: Exercise, cases: list[Case], outcomes: list[Outcome], wanted: list[Outcome]
) -> list[Row]:
    return [
        Row(case, got, want, problem)
        for case, got, want in zip(cases, outcomes, wanted, strict=True)
        if (problem := _problem(exercise, got, want)) is not None
    ]


def _right(
    exercise: Exercise,
    cases: list[Case],
    outcomes: list[Outcome],
    wanted: list[Outcome],
    again: Again | None,
) -> Verdict:
    """Passed, unless it calls what it should do without, or is wrong when called again."""
    calls = sorted({name for outcome in outcomes for name in outcome.calls})
    if exercise.reference_path in calls:
        message = (
            f"The numbers are right, but they come from the library's own "
            f"{exercise.reference_path}. Write it yourself: that is the exercise."
        )
        return _wrong(exercise, Problem(Stage.VALUES, message, "the library's own"))
    if calls:
        message = (
            f"The numbers are right, but they come from {listed(calls)}. Do it without: that is the "
            f"exercise."
        )
        return _wrong(exercise, Problem(Stage.VALUES, message, "a shortcut"))
    found = again([case.args for case in cases], seed=1) if again and wanted else None
    if found and not all(
        alike(exercise, read(one), want) for one, want in zip(found, wanted, strict=True)
    ):
        message = (
            "Right when it is called for the first time, and not when it is called again with the "
            "same arguments: it draws random numbers, or keeps something from one call to the next, "
            "in a global name or in a list that is a default value, say."
        )
        return _wrong(exercise, Problem(Stage.VALUES, message, "wrong when called again"))
    message = f"Right in all {len(outcomes)} cases. Well done!"
    return _verdict(exercise, Status.PASSED, "", message)


def _judge_predictions(
    exercise: Exercise,
    found_wrong: Callable[[list[Case], list[Any]], str | None],
    cases: list[Case],
    outcomes: list[Outcome],
) -> Verdict:
    """For an exercise that trains: its own judge looks at the predictions."""
    for case, outcome in zip(cases, outcomes, strict=True):
        if (problem := _failure(exercise, outcome)) is not None:
            return _wrong(exercise, replace(problem, message=_with_note(problem.message, case)))
    values = [outcome.value for outcome in outcomes]
    if message := found_wrong(cases, values):
        planted = {mistake.message: mistake.name for mistake in exercise.mistakes}
        problem = Problem(Stage.VALUES, message, planted.get(message, "learns too little"))
        return _wrong(exercise, problem, got=shown(exercise, values[0], None))
    return _right(exercise, cases, outcomes, [], None)


def _with_note(message: str, case: Case) -> str:
    return f"{message} (The case: {case.note}.)" if case.note else message


# --- what explains it ----------------------------------------------------------------------------


def _explained(
    exercise: Exercise,
    cases: list[Case],
    outcomes: list[Outcome],
    wanted: list[Outcome],
    wrong: list[Row],
    first: Row,
    made_by: OutcomesOf,
    again: Again | None,
) -> Problem:
    """The most helpful thing that can be said about an answer that is wrong in the cases `wrong`."""
    problem = first.problem
    if problem.stage == Stage.GRADIENTS:
        return _noted(problem, first, wrong, cases)
    made = [(one, made_by(exercise, one.answer, cases)) for one in exercise.mistakes]
    for mistake, does in made:
        if all(alike(exercise, a, b) for a, b in zip(outcomes, does, strict=True)):
            return Problem(problem.stage, mistake.message, mistake.name)
    rest = [row for row in wrong if row.got.error or row.got.changed]
    if rest and (planted := _planted_but_for_errors(exercise, outcomes, wanted, made)):
        besides = _noted(rest[0].problem, rest[0], wrong, cases).message
        return Problem(problem.stage, f"{planted.message} Besides: {besides}", planted.name)
    if problem.mistake == "changes its arguments":
        # Two arguments may be one and the same in a case: named are those that change in all.
        changed = set.intersection(*(set(row.got.changed) for row in wrong if row.got.changed))
        if changed and tuple(changed) != first.got.changed:
            problem = _changes(exercise, sorted(changed))
            return _noted(problem, first, wrong, cases)
    if problem.specific:
        return _noted(_about_nan(exercise, first, again), first, wrong, cases)
    if found := probe(Evidence(exercise, cases, outcomes, wanted, again)):
        problem = Problem(problem.stage, found.message, found.mistake)
    elif two := _two_planted(exercise, outcomes, wanted, made):
        message = f"Two things. First: {two[0].message} Second: {two[1].message}"
        return Problem(problem.stage, message, f"{two[0].name}; {two[1].name}")
    return _noted(problem, first, wrong, cases)


def _noted(problem: Problem, row: Row, wrong: list[Row], cases: list[Case]) -> Problem:
    """The problem, with the case that it is about where others are right."""
    right = len(cases) - len(wrong)
    if not right or not row.case.note:
        return problem
    more = f" ({right} of {len(cases)} cases are right; this one is: {row.case.note}.)"
    return replace(problem, message=problem.message + more)


Made = Sequence[tuple[Mistake, list[Outcome]]]


def _planted_but_for_errors(
    exercise: Exercise, outcomes: list[Outcome], wanted: list[Outcome], made: Made
) -> Mistake | None:
    """The mistake that an answer makes wherever it returns: elsewhere it fails for another reason."""
    returned = [i for i, one in enumerate(outcomes) if one.error is None]
    if all(same_values(exercise, outcomes[i].value, wanted[i].value) for i in returned):
        return None
    for mistake, does in made:
        if all(alike(exercise, outcomes[i], does[i], changes=False) for i in returned):
            return mistake
    return None


def _two_planted(
    exercise: Exercise, outcomes: list[Outcome], wanted: list[Outcome], made: Made
) -> tuple[Mistake, Mistake] | None:
    """Two mistakes of which each explains some of the wrong cases, or parts of a tuple."""
    cells = {
        (i, part): (a, b)
        for i, (got, want) in enumerate(zip(outcomes, wanted, strict=True))
        for part, (a, b) in enumerate(_parts(got, want))
    }
    wrong = {cell for cell, (a, b) in cells.items() if not same_values(exercise, a, b)}
    if len(wrong) < 2 or any(one.error for one in outcomes):
        return None
    explains = []
    for mistake, does in made:
        same = {
            (i, part)
            for i, part in wrong
            if does[i].error is None
            and len(parts := _parts(outcomes[i], does[i])) > part
            and same_values(exercise, *parts[part])
        }
        explains.append((mistake, same))
    for n, (one, first) in enumerate(explains):
        for two, second in explains[n + 1 :]:
            # Of whole numbers and answers to questions a single one may agree by chance.
            least = 1 if any(_is_fraction(cells[cell][1]) for cell in wrong) else 2
            if first | second == wrong and min(len(first - second), len(second - first)) >= least:
                return one, two
    return None


def _parts(got: Outcome, want: Outcome) -> list[tuple[Any, Any]]:
    a, b = got.value, want.value
    if isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b):
        return list(zip(a, b, strict=True))
    return [(a, b)]


def _is_fraction(value: Any) -> bool:
    return isinstance(value, float) or (isinstance(value, Tensor) and value.is_floating_point())


def _about_nan(exercise: Exercise, row: Row, again: Again | None) -> Problem:
    """Where inf or nan comes out: the function and the line that first make it."""
    if row.problem.mistake != "inf or nan" or again is None:
        return row.problem
    found = again([row.case.args], trace=True)
    bad = read(found[0]).bad if found else None
    if bad is None:
        return row.problem
    function, line = bad
    cause = next((text for names, text in CAUSES.items() if function in names), "")
    message = row.problem.message
    if cause:
        message = f"There is {_first_bad(row.got.value)} in the result: {cause}."
    if line:
        message += f" It begins in the line `{line}`."
    return replace(row.problem, message=message)


# --- one case ------------------------------------------------------------------------------------


def _failure(exercise: Exercise, got: Outcome) -> Problem | None:
    """What went wrong before there was a value to compare."""
    if got.error is not None:
        if got.error.is_stub:
            message = "Part of it is still to be written: NotImplementedError was raised."
            return Problem(Stage.RUNS, message, "part missing")
        message, name = translate(got.error)
        return Problem(Stage.RUNS, message, name)
    value = got.value
    if value is None and got.printed:
        message = (
            "It prints the answer but returns nothing (None). End with `return ...`: a printed "
            "number cannot be used by the code that called the function."
        )
        return Problem(Stage.RUNS, message, "printed")
    if value is None:
        message = "It returns nothing (None). Is the `return` missing?"
        return Problem(Stage.RUNS, message, "nothing returned")
    if isinstance(value, str):
        message = "It returns a text, not numbers. Return the value itself."
        return Problem(Stage.SHAPE, message, "a text")
    if isinstance(value, UnsupportedValue):
        message = f"It returns a {value.kind}, with which the check can do nothing."
        return Problem(Stage.SHAPE, message, "another kind of thing")
    if got.changed:
        return _changes(exercise, got.changed)
    return None


def _changes(exercise: Exercise, changed: Sequence[int]) -> Problem:
    names = parameters(exercise)
    given = listed([names[i] if i < len(names) else f"number {i + 1}" for i in changed])
    message = (
        f"It changes what it is given, {given}: whoever calls it finds their data changed. Make "
        f"something new instead of `x += ...`, `x[...] = ...`, `.append(...)` or `.pop(...)`, or work "
        f"on a copy: x.clone() of a tensor, list(x) of a list."
    )
    return Problem(Stage.VALUES, message, "changes its arguments")


def _problem(exercise: Exercise, got: Outcome, want: Outcome) -> Problem | None:
    """What is wrong in one case, or None."""
    if (failure := _failure(exercise, got)) is not None:
        return failure
    if (problem := _compare(exercise, got.value, want.value)) is not None:
        return problem
    if exercise.gradients and isinstance(want.gradients, list):
        return _compare_gradients(exercise, got.gradients, want.gradients)
    return None


def _compare_gradients(exercise: Exercise, got: Any, want: list[Any]) -> Problem | None:
    if got == "none flows":
        message = (
            "The values are right, but no gradient flows through them, so nothing could be trained "
            "with it. .item(), .tolist(), .detach(), .numpy(), float() and torch.tensor() cut the "
            "connection: work with the tensors themselves."
        )
        return Problem(Stage.GRADIENTS, message, "no gradient")
    if not isinstance(got, list):
        message = f"The values are right, but computing the gradient fails: {got}."
        return Problem(Stage.GRADIENTS, message, "gradient fails")
    if len(got) != len(want):
        message = "The values are right, but not every gradient came back."
        return Problem(Stage.GRADIENTS, message, "gradient fails")
    for place, g, w in zip(exercise.gradients, got, want, strict=True):
        if _compare(exercise, g, w, slack=10) is None:
            continue
        name = parameters(exercise)[place]
        if not as_tensor(g).isfinite().all() and as_tensor(w).isfinite().all():
            message = (
                f"The values are right, but the gradient with respect to {name} is "
                f"{_first_bad(g)}: on the way something overflows, exp of a large number, say, or "
                f"0 is multiplied by infinity, which the value hides and the gradient does not."
            )
            return Problem(Stage.GRADIENTS, message, "gradient overflows")
        message = (
            f"The values are right, but the gradient with respect to {name} is "
            f"{shown(exercise, g, w)} and should be {shown(exercise, w, g)}."
        )
        return Problem(Stage.GRADIENTS, message, "another gradient")
    return None


def _compare(exercise: Exercise, got: Any, want: Any, slack: float = 1) -> Problem | None:
    """What is wrong with a value, or None."""
    shape = Stage.SHAPE
    if isinstance(want, (tuple, list)):
        if not isinstance(got, (tuple, list)):
            message = f"It should return {len(want)} things, with commas between; it returns one."
            return Problem(shape, message, "one instead of several", specific=False)
        if len(got) != len(want):
            message = f"It returns {len(got)} things instead of {len(want)}."
            return Problem(shape, message, "number of things", specific=False)
        for number, (g, w) in enumerate(zip(got, want, strict=True), start=1):
            if (problem := _compare(exercise, g, w, slack)) is not None:
                message = f"Number {number} of {len(want)}: {problem.message}"
                return replace(problem, message=message)
        return None
    if isinstance(got, (tuple, list)):
        message = (
            f"It returns a {type(got).__name__} of {len(got)} things instead of one "
            f"{'tensor' if isinstance(want, Tensor) else 'number'}."
        )
        if isinstance(got, list) and any(isinstance(part, Tensor) for part in got):
            message += " torch.stack makes one tensor of a list of them."
        return Problem(shape, message, "several instead of one")
    if isinstance(want, str):
        if isinstance(got, str) and got == want:
            return None
        return Problem(Stage.VALUES, f"It is {got!r} and should be {want!r}.", specific=False)
    if isinstance(got, str) or got is None or isinstance(got, UnsupportedValue):
        message = f"It holds a {type(got).__name__} where a number should be."
        return Problem(shape, message, "another kind of thing")
    if isinstance(got, np.ndarray) and isinstance(want, Tensor):
        message = (
            "It returns a NumPy array instead of a tensor. Stay with torch's functions; NumPy knows "
            "nothing of gradients."
        )
        return Problem(shape, message, "NumPy")
    g, w = as_tensor(got), as_tensor(want)
    if isinstance(want, Tensor) and want.ndim and not isinstance(got, Tensor):
        message = f"It returns a single number instead of a tensor of shape {tuple(w.shape)}."
        return Problem(shape, message, "a single number")
    if g.shape != w.shape:
        return _about_shapes(exercise, g, w)
    right = close(exercise, g, w, slack)
    if problem := _about_dtypes(g, w, isinstance(want, Tensor), right):
        return problem
    return None if right else _about_values(g, w)


def _about_dtypes(g: Tensor, w: Tensor, tensors: bool, right: bool) -> Problem | None:
    """Fractions, whole numbers and answers to questions must not be taken for each other.

    right: whether the numbers are.
    """
    if (g.dtype == torch.bool) != (w.dtype == torch.bool):
        message = (
            f"It returns {g.dtype} where {w.dtype} is needed: True and False are answers to a "
            f"question, 1 and 0 are numbers."
        )
    elif tensors and w.is_floating_point() and not g.is_floating_point():
        message = (
            f"It returns whole numbers ({g.dtype}) where fractions ({w.dtype}) are needed. Was "
            f"something rounded, or compared with > or ==?"
        )
    elif tensors and not w.is_floating_point() and g.is_floating_point():
        message = (
            f"It returns fractions ({g.dtype}) where whole numbers ({w.dtype}) are needed: "
            f"`.long()` turns them."
        )
    else:
        return None
    message = f"The numbers are right, but not their kind. {message}" if right else message
    # Of fractions something better may be said: how they should have been rounded.
    rounding = not w.is_floating_point() and g.is_floating_point()
    return Problem(Stage.SHAPE, message, "kind of number", specific=right or not rounding)


def _about_shapes(exercise: Exercise, g: Tensor, w: Tensor) -> Problem:
    got, want = tuple(g.shape), tuple(w.shape)
    text = f"The result has shape {got} instead of {want}."
    if g.numel() == w.numel() and close(exercise, g.reshape(w.shape), w):
        text = f"The numbers are right, but the shape is {got} instead of {want}."
        if got == (*want, 1):
            text += (
                " Take the last dimension away, with .squeeze(-1) say: a column minus a row would "
                "quietly become a table."
            )
        return Problem(Stage.SHAPE, text, "only the shape")
    steps = {a - b for a, b in zip(got, want, strict=False)} - {0}
    if g.ndim == w.ndim and steps in ({1}, {-1}):
        text += (
            f" There is one too {'many' if steps == {1} else 'few'}: where does it begin and end?"
        )
    if g.ndim == 2 and got == want[::-1]:
        text += " Have rows and columns changed places?"
    elif g.ndim == 0:
        text += " Was everything summed or averaged? Look at the argument dim."
    return Problem(Stage.SHAPE, text, "shape", specific=False)


def _first_bad(value: Any) -> str:
    parts = value if isinstance(value, (tuple, list)) else [value]
    numbers = torch.cat([as_tensor(part).double().flatten() for part in parts])
    bad = numbers[~numbers.isfinite()]
    return "nan (not a number)" if len(bad) and math.isnan(bad[0].item()) else "inf (infinity)"


def _about_values(g: Tensor, w: Tensor) -> Problem:
    g, w = g.double(), w.double()
    if not g.isfinite().all() and w.isfinite().all():
        message = (
            f"There is {_first_bad(g)} in the result. Look for a division by zero, the logarithm of "
            f"zero or of a negative number, the root of a negative number, or exp of a large number."
        )
        return Problem(Stage.VALUES, message, "inf or nan")
    off = (g - w).abs()
    if g.numel() > 1:
        some = int((off > 1e-6 + 1e-4 * w.abs()).sum())
        message = (
            f"The numbers are not right yet: {some} of {g.numel()} differ; the largest difference is "
            f"{off.max().item():.3g}."
        )
        return Problem(Stage.VALUES, message, specific=False)
    return Problem(Stage.VALUES, "The number is not right yet.", specific=False)
