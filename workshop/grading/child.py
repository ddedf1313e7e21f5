"""One answer, tried on the inputs of one exercise: what runs in the sandbox, in a fork of its own.

It has the inputs, and neither the expected values, nor the seed they came from, nor anybody else's
work. What it writes back is bounded JSON; whoever reads it takes it as data from a stranger.
"""

from __future__ import annotations

import importlib
import json
import pickle
from types import FunctionType
from typing import Any

from workshop.classroom import cells
from workshop.grading import frames


class LibraryAnswerCalled(RuntimeError):
    """Raised where the library's own answer to the exercise was called."""


def serve(descriptor: int) -> int:
    """Read a request from a socket, run it, write the answer; the exit code."""
    request = pickle.loads(frames.receive(descriptor))  # it comes from the grader
    try:
        answer = run(request)
    except MemoryError:
        answer = {"memory": True}
    except BaseException as error:  # what a submission raises beyond Exception
        answer = {"raised": type(error).__name__[:100]}
    content = json.dumps(answer, allow_nan=False).encode()
    if len(content) > frames.MAX_BYTES:
        content = json.dumps({"too_large": True}).encode()
    frames.send(descriptor, content)
    return 0


def run(request: frames.Request) -> dict[str, Any]:
    """What the function `name` of a notebook's cells does on the inputs."""
    from workshop.exercises.observe import Missing, bindable, load_function, observe

    name = request["name"]
    source, problem = cells.found_in(request["cells"], name)
    if problem:
        return problem
    inputs = pickle.loads(request["inputs"])
    module, _, function = request["reference"].rpartition(".")
    remove_body(getattr(importlib.import_module(module), function))
    try:
        answer = load_function(cells.needed_by(name, source), name)
    except Missing as missing:
        return {"missing": str(missing)}
    except MemoryError:
        raise
    except Exception as error:
        return {"broken": f"{type(error).__name__}: {error}"[:2000]}
    if signature := bindable(answer, len(inputs[0])):
        return {"signature": signature}
    return {
        "outcomes": observe(
            answer, inputs, gradients=request["gradients"], watched=request["watched"]
        )
    }


def restore(module: str, name: str, source: str) -> None:
    """Give a function of the library, whose source on disk says nothing, its body.

    The object stays the same, so every module that has imported it has the body too.
    """
    target = getattr(importlib.import_module(module), name)
    made: dict[str, Any] = {}
    exec(compile(source, f"<{module}>", "exec"), vars(importlib.import_module(module)), made)
    target.__code__ = made[name].__code__
    target.__defaults__ = made[name].__defaults__
    target.__kwdefaults__ = made[name].__kwdefaults__


def remove_body(function: FunctionType) -> None:
    """Make a reference raise `LibraryAnswerCalled`, in every module that has imported it."""

    def stub(*args: Any, **kwargs: Any) -> Any:
        from workshop.grading.child import LibraryAnswerCalled  # not of its module's globals

        raise LibraryAnswerCalled

    function.__defaults__ = None
    function.__kwdefaults__ = {}
    function.__code__ = stub.__code__
