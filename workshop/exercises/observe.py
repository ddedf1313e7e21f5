"""Run a function on cases and write down, as plain data, what it did.

The same code observes the attendee's answer (in the worker process, or in the sandbox where a class
is graded), the reference and the planted mistakes, so that like is compared with like. It knows no
exercise and no right answer.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import copy
import importlib
import inspect
import io
import linecache
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from workshop.core.checks import nearest

MOST_BYTES = 16_000_000  # of one returned array
MOST_TEXT = 2_000  # characters of printed text and of messages
MOST_ITEMS = 10_000  # of a returned list


class Missing(Exception):
    """The source has no such function; the text suggests the nearest."""


def load_function(source: str, name: str) -> Callable[..., Any]:
    """The function `name` that a notebook's definitions make.

    Raises:
        Missing: there is none.
        BaseException: whatever its own definition raises.
    """
    file = "<notebook>"
    linecache.cache[file] = (0, None, source.splitlines(keepends=True), file)
    namespace: dict[str, Any] = {"__name__": "__notebook__"}
    # One statement at a time: of a notebook only definitions are here, and one that needs what a
    # training cell made, as a default value say, must not keep the others from being checked.
    for statement in ast.parse(source, file).body:
        try:
            exec(compile(ast.Module([statement], []), file, "exec"), namespace)
        except Exception:
            if getattr(statement, "name", None) == name:
                raise
    if not callable(namespace.get(name)):
        known = [key for key, value in namespace.items() if callable(value)]
        raise Missing(nearest(name, known).strip())
    return namespace[name]


class _Printed(io.StringIO):
    """Keeps the first characters that are printed and forgets the rest."""

    def write(self, text: str) -> int:
        room = MOST_TEXT - self.tell()
        if room > 0:
            super().write(text[:room])
        return len(text)


def observe(
    function: Callable[..., Any],
    cases: Sequence[tuple[Any, ...]],
    *,
    gradients: Sequence[int] = (),
    watched: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """Call `function` on each case (a tuple of arguments) and describe what came of it.

    Returns for each case a dict of plain data: value or error, printed, changed (positions of
    arguments it wrote into), calls (which `watched` functions it called), gradients, seconds.
    """
    outcomes = []
    for args in cases:
        outcome: dict[str, Any] = {"printed": "", "changed": [], "calls": [], "gradients": None}
        given = copy.deepcopy(args)
        printed = _Printed()
        start = time.perf_counter()
        scope = getattr(function, "__globals__", {})
        with _recorded(watched, outcome["calls"], scope), contextlib.redirect_stdout(printed):
            try:
                outcome["value"] = encode(function(*given))
            except (Exception, SystemExit, RecursionError) as error:
                outcome["error"] = _describe(error, function)
        outcome["seconds"] = time.perf_counter() - start
        outcome["printed"] = printed.getvalue()
        outcome["changed"] = [
            i
            for i, (now, before) in enumerate(zip(given, args, strict=True))
            if isinstance(now, Tensor) and not _equal(now, before)
        ]
        if gradients and "error" not in outcome:
            outcome["gradients"] = _gradients(function, args, gradients)
        outcomes.append(outcome)
    return outcomes


def _equal(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and torch.equal(torch.nan_to_num(a), torch.nan_to_num(b))


def _gradients(
    function: Callable[..., Any], args: tuple[Any, ...], positions: Sequence[int]
) -> list[dict[str, Any]] | str:
    """The gradient of a weighted sum of the output, or in words why there is none."""
    given = list(copy.deepcopy(args))
    for i in positions:
        given[i] = given[i].clone().requires_grad_()
    try:
        with contextlib.redirect_stdout(_Printed()):
            output = function(*given)
        outputs = output if isinstance(output, tuple) else (output,)
        outputs = [part for part in outputs if isinstance(part, Tensor) and part.requires_grad]
        if not outputs:
            return "none flows"
        # Unequal weights: the plain sum of a softmax, say, has gradient 0 whatever it computes.
        total = sum((part * _ramp(part)).sum() for part in outputs)
        total.backward()
    except (Exception, SystemExit) as error:
        return f"{type(error).__name__}: {error}"[:MOST_TEXT]
    return [
        encode(torch.zeros_like(given[i]) if given[i].grad is None else given[i].grad)
        for i in positions
    ]


def _ramp(like: Tensor) -> Tensor:
    return torch.linspace(0.5, 1.5, like.numel(), dtype=like.dtype).reshape(like.shape)


def encode(value: Any, depth: int = 0) -> dict[str, Any]:
    """Plain data for JSON; tensors and arrays as their bytes; anything else by its type's name."""
    if type(value) is bool or value is None or type(value) is str:
        text = value[:MOST_TEXT] if isinstance(value, str) else value
        return {"kind": "plain", "value": text}
    if type(value) is int or type(value) is float:
        return {"kind": type(value).__name__, "value": repr(value)[:MOST_TEXT]}
    if isinstance(value, (Tensor, np.ndarray, np.generic)):
        kind = "tensor" if isinstance(value, Tensor) else "array"
        array = value.detach().cpu().numpy() if isinstance(value, Tensor) else np.asarray(value)
        if array.dtype.kind not in "fiub" or array.nbytes > MOST_BYTES:
            return {"kind": "object", "type": f"{kind} of {array.dtype}, {array.nbytes} bytes"}
        content = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
        return {
            "kind": kind,
            "dtype": str(array.dtype),
            "shape": list(array.shape),
            "data": content,
        }
    if type(value) in (tuple, list) and depth < 4 and len(value) <= MOST_ITEMS:
        return {"kind": type(value).__name__, "items": [encode(v, depth + 1) for v in value]}
    return {"kind": "object", "type": type(value).__name__[:100]}


class Odd:
    """Stands for a returned object of a kind that no exercise asks for."""

    def __init__(self, kind: str) -> None:
        """Keep the name of its type."""
        self.kind = kind


def decode(data: dict[str, Any]) -> Any:
    """The value that `encode` was given; objects of odd types become `Odd`.

    Raises:
        ValueError, KeyError, TypeError: the data are not what `encode` writes.
    """
    kind = data["kind"]
    if kind == "plain":
        return data["value"]
    if kind in ("int", "float"):
        return {"int": int, "float": float}[kind](data["value"])
    if kind in ("tensor", "array"):
        dtype = np.dtype(str(data["dtype"]))
        if dtype.kind not in "fiub":
            raise ValueError(f"dtype {dtype}")
        array = np.frombuffer(base64.b64decode(data["data"]), dtype=dtype)
        array = array.reshape([int(n) for n in data["shape"]]).copy()
        return torch.from_numpy(array) if kind == "tensor" else array
    if kind in ("tuple", "list"):
        return {"tuple": tuple, "list": list}[kind](decode(item) for item in data["items"])
    return Odd(str(data["type"]))


def bindable(function: Callable[..., Any], count: int) -> str:
    """'' when `function` takes `count` positional arguments, else how it is called."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return ""
    try:
        signature.bind(*range(count))
    except TypeError:
        return str(signature)[:MOST_TEXT]
    return ""


def _describe(error: BaseException, function: Callable[..., Any]) -> dict[str, Any]:
    """Type, text, and the line of the attendee's own code where it happened."""
    code = getattr(function, "__code__", None)
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if code is not None and frame.filename == code.co_filename]
    line = ""
    if own:
        line = (own[-1].line or linecache.getline(own[-1].filename, own[-1].lineno or 0)).strip()
    try:
        text = str(error)
    except Exception:
        text = ""
    return {"type": type(error).__name__[:100], "text": text[:MOST_TEXT], "line": line[:200]}


@contextlib.contextmanager
def _recorded(names: Sequence[str], calls: list[str], scope: dict[str, Any]) -> Iterator[None]:
    """Replace functions, by dotted name, with ones that note that they were called.

    scope: the global names of the attendee's function, which may hold them by a name of their own.
    """
    before, renamed = [], {}
    for name in names:
        owner, attribute = _resolve(name)
        if owner is None or not hasattr(owner, attribute):
            continue  # this release of torch does not have it
        original = getattr(owner, attribute)
        before.append((owner, attribute, original, attribute in vars(owner)))
        recorder = _recorder(name, original, calls)
        setattr(owner, attribute, recorder)
        for key in [key for key, value in scope.items() if value is original]:
            renamed[key], scope[key] = original, recorder
    try:
        yield
    finally:
        scope.update(renamed)
        for owner, attribute, original, own in reversed(before):
            if own:
                setattr(owner, attribute, original)
            else:
                delattr(owner, attribute)


def _recorder(name: str, original: Callable[..., Any], calls: list[str]) -> Callable[..., Any]:
    def recorder(*args: Any, **kwargs: Any) -> Any:
        if name not in calls:
            calls.append(name)
        return original(*args, **kwargs)

    return recorder


def _resolve(name: str) -> tuple[Any, str]:
    """The object that holds the last part of a dotted name: a module or a class."""
    *path, attribute = name.split(".")
    for cut in range(len(path), 0, -1):
        try:
            owner = importlib.import_module(".".join(path[:cut]))
        except ImportError:
            continue
        for part in path[cut:]:
            owner = getattr(owner, part, None)
        return owner, attribute
    return None, attribute
