"""One answer, tried on the inputs of one exercise: what runs in the sandbox, in a fork of its own.

It has the inputs, and neither the expected values, nor the seed they came from, nor anybody else's
work. What it writes back is bounded JSON; whoever reads it takes it as data from a stranger.
"""

from __future__ import annotations

import importlib
import json
import os
import pickle
import struct
from collections.abc import Callable
from typing import Any

from workshop.classroom import cells

MAX_REQUEST = 64_000_000  # bytes
MAX_ANSWER = 64_000_000


def serve(descriptor: int) -> int:
    """Read a request from a socket, run it, write the answer; the exit code."""
    request = pickle.loads(_receive(descriptor))  # it comes from the grader
    try:
        answer = run(request)
    except MemoryError:
        answer = {"memory": True}
    except BaseException as error:  # what a submission raises beyond Exception
        answer = {"raised": type(error).__name__[:100]}
    content = json.dumps(answer, allow_nan=False).encode()
    if len(content) > MAX_ANSWER:
        content = json.dumps({"flood": len(content)}).encode()
    _send(descriptor, content)
    return 0


def run(request: dict[str, Any]) -> dict[str, Any]:
    """What the function `name` of a notebook's cells does on the inputs."""
    from workshop.exercises.observe import Missing, bindable, load_function, observe

    name = request["name"]
    source, problem = cells.found_in(request["cells"], name)
    if problem:
        return problem
    inputs = pickle.loads(request["inputs"])
    module, _, function = request["reference"].rpartition(".")
    take_away(getattr(importlib.import_module(module), function))
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


def take_away(function: Callable[..., Any]) -> None:
    """Replace the body of a reference, wherever it is known, with the report that it was called."""

    def reporter(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("that is the library's own")  # it may use no names

    function.__defaults__ = None
    function.__kwdefaults__ = None
    function.__code__ = reporter.__code__


def _receive(descriptor: int) -> bytes:
    (length,) = struct.unpack(">I", _exactly(descriptor, 4))
    if length > MAX_REQUEST:
        raise ValueError(f"a request of {length} bytes")
    return _exactly(descriptor, length)


def _exactly(descriptor: int, count: int) -> bytes:
    parts = []
    while count:
        part = os.read(descriptor, min(count, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _send(descriptor: int, content: bytes) -> None:
    content = struct.pack(">I", len(content)) + content
    while content:
        content = content[os.write(descriptor, content) :]
