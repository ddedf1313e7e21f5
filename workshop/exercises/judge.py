"""From what an answer did to a verdict: the first stage that fails, in words that help.

Stages: runs -> shape and dtype -> values -> gradients (exists and signature come before, where the
function is looked up). Pure: nothing is run here but the reference and the planted mistakes.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from workshop.core.exercise import Case, Exercise
from workshop.exercises.observe import Odd, decode, observe
from workshop.exercises.verdict import Stage, Status, Verdict

CAUSES = {
    "NameError": "Is it defined in a cell that has not been run, or spelt differently?",
    "ZeroDivisionError": "Something is divided by zero there.",
    "RecursionError": "The function calls itself without end.",
    "IndexError": "An index is outside of the list or tensor; the first one is 0.",
    "AttributeError": "Look at the spelling, and at what kind of thing stands before the dot.",
    "UnboundLocalError": "The name is used before it gets a value inside the function.",
    "TypeError": "Look at what kind of thing each name on that line holds.",
}


def judge(
    exercise: Exercise,
    cases: list[Case],
    answer: dict[str, Any],
    kept: OutcomesOf | None = None,
) -> Verdict:
    """The verdict on what `running.attempt` says that an answer did.

    Whatever came back is taken as data from a stranger: anything malformed is a wrong answer.

    Args:
        exercise: what the answer answers.
        cases: the inputs that it was tried on.
        answer: what came back.
        kept: `outcomes_of` with a memory, for a class whose members are all tried on these cases.
    """
    made_by = outcomes_of if kept is None else kept
    if "missing" in answer:
        hint = str(answer["missing"])
        return _verdict(
            exercise,
            Status.MISSING,
            Stage.EXISTS,
            f"There is no function {exercise.name} here. {hint}".strip(),
        )
    if "broken" in answer:
        return _verdict(
            exercise,
            Status.WRONG,
            Stage.EXISTS,
            f"The function could not be set up: {answer['broken']}. Does it need a cell above?",
        )
    if "signature" in answer:
        return _verdict(
            exercise,
            Status.WRONG,
            Stage.SIGNATURE,
            f"The function takes other arguments than the exercise gives it, which is "
            f"{exercise.signature()}. Keep the first line of the cell as it was.",
            got=f"{exercise.name}{answer['signature']}",
            expected=exercise.signature(),
        )
    try:
        outcomes = [_read(outcome) for outcome in answer["outcomes"]]
    except (KeyError, TypeError, ValueError, AttributeError):
        outcomes = []
    if len(outcomes) != len(cases):
        return _verdict(
            exercise, Status.CRASHED, Stage.RUNS, "What came back from the check could not be read."
        )
    if all(_is_stub(outcome) for outcome in outcomes):
        return not_attempted(exercise)
    if exercise.judge is not None:
        return _judge_predictions(exercise, exercise.judge, cases, outcomes)
    wanted = made_by(exercise, exercise.reference, cases)
    wrong = [
        (case, got, want, problem)
        for case, got, want in zip(cases, outcomes, wanted, strict=True)
        if (problem := _problem(exercise, case, got, want)) is not None
    ]
    if not wrong:
        return _passed_unless_called(exercise, outcomes)
    # The first stage that fails; within it, a case that says more than that a number is off.
    case, got, want, problem = min(
        wrong, key=lambda row: (STAGES.index(row[3].stage), not row[3].specific)
    )
    stage, message, planted = problem.stage, problem.message, ""
    if stage != Stage.GRADIENTS:
        for mistake in exercise.mistakes:
            made = made_by(exercise, mistake.answer, cases)
            if all(_alike(exercise, a, b) for a, b in zip(outcomes, made, strict=True)):
                message, planted = mistake.message, mistake.name
                break
        else:
            if len(wrong) < len(cases) and case.note and stage == Stage.VALUES:
                right = len(cases) - len(wrong)
                message += f" ({right} of {len(cases)} cases are right; this one is: {case.note}.)"
    shown = "" if "error" in got else _short(got.get("value"))
    expected = "" if stage == Stage.GRADIENTS or "error" in want else _short(want.get("value"))
    return _verdict(
        exercise, Status.WRONG, stage, message, got=shown, expected=expected, mistake=planted
    )


OutcomesOf = Callable[[Exercise, Any, list[Case]], list[dict[str, Any]]]
STAGES = (Stage.RUNS, Stage.SHAPE, Stage.VALUES, Stage.GRADIENTS)


@dataclass(frozen=True)
class Problem:
    """What is wrong in one case; `specific`: whether it says more than that a number is off."""

    stage: Stage
    message: str
    specific: bool = True


def not_attempted(exercise: Exercise) -> Verdict:
    """The stub is as it was."""
    return _verdict(
        exercise,
        Status.NOT_ATTEMPTED,
        Stage.RUNS,
        f"{exercise.name} is still to be written: replace the line with NotImplementedError.",
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


def _verdict(
    exercise: Exercise,
    status: Status,
    stage: Stage | Literal[""],
    message: str,
    *,
    got: str = "",
    expected: str = "",
    mistake: str = "",
) -> Verdict:
    return Verdict(exercise.name, exercise.lesson, status, message, stage, got, expected, mistake)


def _read(outcome: dict[str, Any]) -> dict[str, Any]:
    """An outcome with its values decoded."""
    read = {
        "printed": str(outcome["printed"]),
        "changed": [int(i) for i in outcome["changed"]],
        "calls": [str(name) for name in outcome["calls"]],
        "gradients": outcome["gradients"],
    }
    if isinstance(read["gradients"], list):
        read["gradients"] = [decode(part) for part in read["gradients"]]
    if "error" in outcome:
        read["error"] = {key: str(outcome["error"][key]) for key in ("type", "text", "line")}
        read["error"]["raised"] = outcome["error"]["raised"] is True
    else:
        read["value"] = decode(outcome["value"])
    return read


def outcomes_of(exercise: Exercise, function: Any, cases: list[Case]) -> list[dict[str, Any]]:
    """What a function of ours does on the cases."""
    arguments = [case.args for case in cases]
    return [_read(o) for o in observe(function, arguments, gradients=exercise.gradients)]


def _passed_unless_called(exercise: Exercise, outcomes: list[dict[str, Any]]) -> Verdict:
    calls = sorted({name for outcome in outcomes for name in outcome["calls"]})
    if exercise.reference_path in calls:
        return _verdict(
            exercise,
            Status.WRONG,
            Stage.VALUES,
            f"The numbers are right, but they come from the library's own {exercise.reference_path}."
            f" Write it yourself: that is the exercise.",
        )
    if calls:
        return _verdict(
            exercise,
            Status.WRONG,
            Stage.VALUES,
            f"The numbers are right, but they come from {' and '.join(calls)}. Do it without: "
            f"that is the exercise.",
        )
    return _verdict(exercise, Status.PASSED, "", f"Right in all {len(outcomes)} cases. Well done!")


def _judge_predictions(
    exercise: Exercise,
    found_wrong: Callable[[list[Case], list[Any]], str | None],
    cases: list[Case],
    outcomes: list[dict[str, Any]],
) -> Verdict:
    """For an exercise that trains: its own judge looks at the predictions."""
    for outcome in outcomes:
        if (problem := _failure(exercise, outcome)) is not None:
            return _verdict(exercise, Status.WRONG, problem.stage, problem.message)
    values = [outcome["value"] for outcome in outcomes]
    if message := found_wrong(cases, values):
        planted = {mistake.message: mistake.name for mistake in exercise.mistakes}
        return _verdict(
            exercise,
            Status.WRONG,
            Stage.VALUES,
            message,
            got=_short(values[0]),
            mistake=planted.get(message, ""),
        )
    return _passed_unless_called(exercise, outcomes)


def _is_stub(outcome: dict[str, Any]) -> bool:
    """Whether the attendee's own code raises NotImplementedError: torch does that too."""
    error = outcome.get("error", {})
    return bool(error) and error["type"] == "NotImplementedError" and error["raised"]


def _failure(exercise: Exercise, got: dict[str, Any]) -> Problem | None:
    """What went wrong before there was a value to compare."""
    if "error" in got:
        kind, text, line = (got["error"][key] for key in ("type", "text", "line"))
        if _is_stub(got):
            message = "Part of it is still to be written: NotImplementedError was raised."
        else:
            message = f"It stops with {kind}: {text}." if text else f"It stops with {kind}."
            cause = CAUSES.get(kind, "")
            if kind in ("RuntimeError", "ValueError") and ("shape" in text or "size" in text):
                cause = "Print the .shape of each tensor on that line: the sizes do not fit."
            message += f" The line is `{line}`." if line else ""
            message += f" {cause}" if cause else ""
        return Problem(Stage.RUNS, message)
    value = got["value"]
    if value is None:
        if got["printed"]:
            return Problem(
                Stage.RUNS,
                "It prints the answer but returns nothing (None). End with `return ...`: a printed "
                "number cannot be used by the code that called the function.",
            )
        return Problem(Stage.RUNS, "It returns nothing (None). Is the `return` missing?")
    if isinstance(value, str):
        return Problem(Stage.SHAPE, "It returns a text, not numbers. Return the value itself.")
    if isinstance(value, Odd):
        return Problem(
            Stage.SHAPE, f"It returns a {value.kind}, with which the check can do nothing."
        )
    if got["changed"]:
        return Problem(
            Stage.VALUES,
            f"It changes what it is given, {_parameters(exercise, got['changed'])}: whoever calls it "
            f"finds their data changed. Make something new instead of `x += ...`, `x[...] = ...`, "
            f"`.append(...)` or `.pop(...)`, or work on a copy: x.clone() of a tensor, list(x) of a "
            f"list.",
        )
    return None


def _parameters(exercise: Exercise, positions: list[int]) -> str:
    """The names of arguments: 'x', 'x and y', 'x, y and z'."""
    parameters = list(inspect.signature(exercise.reference).parameters)
    names = [parameters[i] if i < len(parameters) else f"number {i + 1}" for i in positions]
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)


def _problem(
    exercise: Exercise, case: Case, got: dict[str, Any], want: dict[str, Any]
) -> Problem | None:
    """The stage and the message of what is wrong in one case, or None."""
    if (failure := _failure(exercise, got)) is not None:
        return failure
    if (problem := _compare(exercise, got["value"], want["value"])) is not None:
        return problem
    if exercise.gradients and isinstance(want["gradients"], list):
        if not isinstance(got["gradients"], list):
            reason = got["gradients"]
            if reason == "none flows":
                return Problem(
                    Stage.GRADIENTS,
                    "The values are right, but no gradient flows through them, so nothing could be "
                    "trained with it. .item(), .detach(), .numpy(), float() and torch.tensor() cut "
                    "the connection: work with the tensors themselves.",
                )
            return Problem(
                Stage.GRADIENTS,
                f"The values are right, but computing the gradient fails: {reason}.",
            )
        if len(got["gradients"]) != len(want["gradients"]):
            return Problem(
                Stage.GRADIENTS, "The values are right, but not every gradient came back."
            )
        for number, (g, w) in enumerate(zip(got["gradients"], want["gradients"], strict=True)):
            if _compare(exercise, g, w, slack=10) is not None:
                position = exercise.gradients[number]
                return Problem(
                    Stage.GRADIENTS,
                    f"The values are right, but the gradient with respect to argument "
                    f"{position + 1} is {_short(g)} and should be {_short(w)}.",
                )
    return None


def _compare(exercise: Exercise, got: Any, want: Any, slack: float = 1) -> Problem | None:
    """What is wrong with a value, or None."""
    if isinstance(want, (tuple, list)):
        if not isinstance(got, (tuple, list)):
            return Problem(
                Stage.SHAPE,
                f"It should return {len(want)} things, with commas between them; it returns one.",
            )
        if len(got) != len(want):
            return Problem(Stage.SHAPE, f"It returns {len(got)} things instead of {len(want)}.")
        for number, (g, w) in enumerate(zip(got, want, strict=True), start=1):
            if (problem := _compare(exercise, g, w, slack)) is not None:
                return replace(
                    problem, message=f"Number {number} of {len(want)}: {problem.message}"
                )
        return None
    if isinstance(got, (tuple, list)):
        return Problem(
            Stage.SHAPE,
            f"It returns a {type(got).__name__} of {len(got)} things instead of one "
            f"{'tensor' if isinstance(want, Tensor) else 'number'}.",
        )
    if isinstance(want, str):
        return (
            None
            if isinstance(got, str) and got == want
            else Problem(Stage.VALUES, f"It is {got!r} and should be {want!r}.")
        )
    if isinstance(got, str) or got is None or isinstance(got, Odd):
        return Problem(Stage.SHAPE, f"It holds a {type(got).__name__} where a number should be.")
    if isinstance(got, np.ndarray) and isinstance(want, Tensor):
        return Problem(
            Stage.SHAPE,
            "It returns a NumPy array instead of a tensor. Stay with torch's functions; NumPy "
            "knows nothing of gradients.",
        )
    g, w = _tensor(got), _tensor(want)
    if isinstance(want, Tensor) and want.ndim and not isinstance(got, Tensor):
        return Problem(
            Stage.SHAPE,
            f"It returns a single number instead of a tensor of shape {tuple(w.shape)}.",
        )
    if g.shape != w.shape:
        return Problem(Stage.SHAPE, _about_shapes(exercise, g, w))
    if (g.dtype == torch.bool) != (w.dtype == torch.bool):
        return Problem(
            Stage.SHAPE,
            f"It returns {g.dtype} where {w.dtype} is needed: True and False are answers to a "
            f"question, 1 and 0 are numbers.",
        )
    if w.is_floating_point() and not g.is_floating_point() and isinstance(want, Tensor):
        return Problem(
            Stage.SHAPE,
            f"It returns whole numbers ({g.dtype}) where fractions ({w.dtype}) are needed. Was "
            f"something rounded, or compared with > or ==?",
        )
    if not w.is_floating_point() and g.is_floating_point() and isinstance(want, Tensor):
        return Problem(
            Stage.SHAPE,
            f"It returns fractions ({g.dtype}) where whole numbers ({w.dtype}) are needed: "
            f"`.long()` turns them.",
        )
    if _close(exercise, g, w, slack):
        return None
    return _about_values(exercise, g, w)


def _tensor(value: Any) -> Tensor:
    if isinstance(value, np.ndarray):
        return torch.from_numpy(value)
    return value if isinstance(value, Tensor) else torch.tensor(value)


def _close(exercise: Exercise, g: Tensor, w: Tensor, slack: float = 1) -> bool:
    return torch.allclose(
        g.double(),
        w.double(),
        rtol=slack * exercise.rtol,
        atol=slack * exercise.atol,
        equal_nan=True,
    )


def _about_shapes(exercise: Exercise, g: Tensor, w: Tensor) -> str:
    got, want = tuple(g.shape), tuple(w.shape)
    text = f"The result has shape {got} instead of {want}."
    if g.numel() == w.numel() and _close(exercise, g.reshape(w.shape), w):
        text = f"The numbers are right, but the shape is {got} instead of {want}."
        if got == (*want, 1):
            return text + (
                " Take the last dimension away, with .squeeze(-1) say: a column minus a row would "
                "quietly become a table."
            )
        return text
    if g.ndim == 2 and got == want[::-1]:
        return text + " It is transposed: rows and columns have changed places."
    if g.ndim == 0:
        return text + " Was everything summed or averaged? Look at the argument dim."
    return text


def _about_values(exercise: Exercise, g: Tensor, w: Tensor) -> Problem:
    g, w = g.double(), w.double()
    if not g.isfinite().all() and w.isfinite().all():
        bad = g[~g.isfinite()].flatten()[0].item()
        return Problem(
            Stage.VALUES,
            f"There is {'nan, not a number,' if math.isnan(bad) else bad} in the result. Look for a "
            f"division by zero, the logarithm of zero, or exp of a large number.",
        )
    if _close(exercise, -g, w):
        return Problem(
            Stage.VALUES, "The sign is wrong: every number is the negative of what it should be."
        )
    if g.ndim == 2 and g.shape[0] == g.shape[1] and _close(exercise, g.T, w):
        return Problem(Stage.VALUES, "It is transposed: rows and columns have changed places.")
    usable = w.abs() > 1e-9
    if usable.any():
        ratio = (g[usable] / w[usable]).flatten()
        if len(ratio) > 1 and torch.allclose(ratio, ratio[:1].expand_as(ratio), rtol=1e-3):
            return Problem(
                Stage.VALUES, f"Every number is {ratio[0].item():.4g} times what it should be."
            )
    if len(g.shape) and g.numel() > 1:
        off = (g - w).abs().flatten()
        message = (
            f"The numbers are not right yet; the largest difference is {off.max().item():.3g}."
        )
        return Problem(Stage.VALUES, message, specific=False)
    return Problem(Stage.VALUES, "The number is not right yet.", specific=False)


def _alike(exercise: Exercise, a: dict[str, Any], b: dict[str, Any]) -> bool:
    """Whether two answers did the same in one case: the same error, or equal values."""
    if "error" in a or "error" in b:
        return "error" in a and "error" in b and a["error"]["type"] == b["error"]["type"]
    return _same(exercise, a["value"], b["value"]) and a["changed"] == b["changed"]


def _same(exercise: Exercise, a: Any, b: Any) -> bool:
    if isinstance(a, (tuple, list)) or isinstance(b, (tuple, list)):
        return (
            isinstance(a, (tuple, list))
            and isinstance(b, (tuple, list))
            and len(a) == len(b)
            and all(_same(exercise, x, y) for x, y in zip(a, b, strict=True))
        )
    if any(value is None or isinstance(value, (str, Odd)) for value in (a, b)):
        return type(a) is type(b) and (isinstance(a, Odd) or a == b)
    g, w = _tensor(a), _tensor(b)
    return g.shape == w.shape and _close(exercise, g, w)


def _short(value: Any) -> str:
    """A value in a line."""
    if isinstance(value, Tensor):
        if value.ndim == 0:
            return f"{value.item():.6g}"
        text = " ".join(repr(value).split()).removeprefix("tensor(").removesuffix(")")
        text = text if len(text) <= 160 else text[:150] + " ..."
        return f"{text}, shape {tuple(value.shape)}"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, (tuple, list)) and any(isinstance(v, Tensor) for v in value):
        return "; ".join(_short(v) for v in value)[:300]
    return repr(value)[:160] if not isinstance(value, Odd) else value.kind
