"""Run a function on cases and write down, as plain data, what it did.

The same code observes the attendee's answer (in the notebook's kernel, or in the sandbox where a
class is graded), the reference and the planted mistakes, so that like is compared with like. It
knows no exercise and no right answer.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import copy
import dis
import importlib
import inspect
import io
import linecache
import re
import time
import types
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from workshop.core.checks import nearest

MAX_BYTES = 16_000_000  # of one returned array
MAX_TEXT = 2_000  # characters of printed text and of messages
MAX_ITEMS = 10_000  # of a returned list
MAX_NAMES = 6  # of a line that failed, whose values are described


class Interrupted(BaseException):
    """Whoever runs `observe` ends it: not the function's doing, so it is passed on.

    `case` is the number of the case, counted from 0, that was running.
    """

    case: int | None = None


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
    function: Callable[..., Any] = namespace[name]
    return function


class _Printed(io.StringIO):
    """Keeps the first characters that are printed and forgets the rest."""

    def write(self, text: str) -> int:
        room = MAX_TEXT - self.tell()
        if room > 0:
            super().write(text[:room])
        return len(text)


Call = Callable[[Callable[..., Any], Sequence[Any]], Any]


def observe(
    function: Callable[..., Any],
    cases: Sequence[tuple[Any, ...]],
    *,
    gradients: Sequence[int] = (),
    watched: Sequence[str] = (),
    call: Call = lambda function, args: function(*args),
    trace: bool = False,
) -> list[dict[str, Any]]:
    """Call `function` on each case (a tuple of arguments) and describe what came of it.

    Args:
        function: the answer.
        cases: arguments; each call gets a copy of its own.
        gradients: positions of the arguments whose gradient is computed too.
        watched: dotted names of functions; which of them were called is noted.
        call: calls a function with arguments; it may raise `Interrupted`, which is passed on.
        trace: whether to note the function of torch that first made inf or nan, and the line.

    Returns for each case a dict of plain data: value or error, printed, changed (positions of
    arguments it wrote into), calls (which `watched` functions it called), gradients, seconds, bad.
    """
    outcomes = []
    for number, args in enumerate(cases):
        outcome: dict[str, Any] = {"printed": "", "changed": [], "calls": [], "gradients": None}
        given = copy.deepcopy(args)
        printed = _Printed()
        start = time.perf_counter()
        scope = getattr(function, "__globals__", {})
        try:
            with (
                _recorded(watched, outcome["calls"], scope),
                contextlib.redirect_stdout(printed),
                contextlib.redirect_stderr(printed),
                torch_defaults(),
                _Trace(scope) if trace else contextlib.nullcontext() as traced,
            ):
                try:
                    outcome["value"] = encode(call(function, given))
                except Interrupted:
                    raise
                except BaseException as error:  # exit() and Ctrl-C of the function's own too
                    outcome["error"] = _describe(error, scope)
            outcome["seconds"] = time.perf_counter() - start
            outcome["printed"] = printed.getvalue()
            outcome["bad"] = traced.bad if traced is not None else None
            outcome["changed"] = [
                i
                for i, (now, before) in enumerate(zip(given, args, strict=True))
                if not same(now, before)
            ]
            if gradients and "error" not in outcome:
                outcome["gradients"] = _gradients(function, args, gradients, call)
        except Interrupted as interrupted:
            interrupted.case = number
            raise
        outcomes.append(outcome)
    return outcomes


class _Trace(TorchFunctionMode):
    """Notes the first function of torch that makes inf or nan of finite numbers: (name, line)."""

    def __init__(self, scope: Mapping[str, Any]) -> None:
        super().__init__()
        self.scope = scope
        self.bad: tuple[str, str] | None = None

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        value = func(*args, **(kwargs or {}))
        if self.bad is None and not _finite(value) and all(map(_finite, args)):
            frame = inspect.currentframe()
            while frame is not None and frame.f_globals is not self.scope:
                frame = frame.f_back
            line = "" if frame is None else line_of(frame, frame.f_lineno)
            self.bad = (str(getattr(func, "__name__", ""))[:50], line)
        return value


def _finite(value: Any) -> bool:
    return not isinstance(value, Tensor) or bool(value.isfinite().all())


@contextlib.contextmanager
def torch_defaults() -> Iterator[None]:
    """torch as it is when nobody has changed it, without warnings; put back as it was afterwards.

    Default device and dtype, whether gradients are recorded, number of threads.
    """
    device, dtype = torch.get_default_device(), torch.get_default_dtype()
    threads = torch.get_num_threads()
    try:
        torch.set_default_device(None)
        torch.set_default_dtype(torch.float32)
        with torch.inference_mode(False), torch.enable_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        torch.set_default_device(None if device.type == "cpu" else device)
        torch.set_default_dtype(dtype)
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)


def same(a: Any, b: Any) -> bool:
    """Whether two arguments hold the same, of whatever kind they are."""
    if type(a) is not type(b):
        return False
    if isinstance(a, Tensor):
        return a.shape == b.shape and a.dtype == b.dtype and _equal(a, b)
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    if isinstance(a, nn.Module):
        return a.training == b.training and same(a.state_dict(), b.state_dict())
    if isinstance(a, Mapping):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, (types.FunctionType, types.BuiltinFunctionType)):
        return True
    if isinstance(a, float):
        return a == b or a != a
    return same(vars(a), vars(b)) if hasattr(a, "__dict__") else bool(a == b)


def _equal(a: Tensor, b: Tensor) -> bool:
    return torch.equal(torch.nan_to_num(a.detach()), torch.nan_to_num(b.detach()))


def _gradients(
    function: Callable[..., Any], args: tuple[Any, ...], positions: Sequence[int], call: Call
) -> list[dict[str, Any]] | str:
    """The gradient of a weighted sum of the output, or in words why there is none."""
    given = list(copy.deepcopy(args))
    for i in positions:
        given[i] = given[i].clone().requires_grad_()

    def differentiate() -> bool:
        output = function(*given)
        parts = output if isinstance(output, tuple) else (output,)
        outputs = [part for part in parts if isinstance(part, Tensor) and part.requires_grad]
        if outputs:
            # Unequal weights: the plain sum of a softmax, say, has gradient 0 whatever it computes.
            total = torch.stack([(part * _ramp(part)).sum() for part in outputs]).sum()
            torch.autograd.backward(total)
        return bool(outputs)

    printed = _Printed()
    try:
        with (
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
            torch_defaults(),
        ):
            if not call(differentiate, ()):
                return "none flows"
    except Interrupted:
        raise
    except BaseException as error:
        return f"{type(error).__name__}: {error}"[:MAX_TEXT]
    return [
        encode(torch.zeros_like(given[i]) if given[i].grad is None else given[i].grad)
        for i in positions
    ]


def _ramp(like: Tensor) -> Tensor:
    return torch.linspace(0.5, 1.5, like.numel(), dtype=like.dtype).reshape(like.shape)


def encode(value: Any, depth: int = 0) -> dict[str, Any]:
    """Plain data for JSON; tensors and arrays as their bytes; anything else by its type's name."""
    if type(value) is bool or value is None or type(value) is str:
        text = value[:MAX_TEXT] if isinstance(value, str) else value
        return {"kind": "plain", "value": text}
    if type(value) is int or type(value) is float:
        return {"kind": type(value).__name__, "value": repr(value)[:MAX_TEXT]}
    if isinstance(value, (Tensor, np.ndarray, np.generic)):
        kind = "tensor" if isinstance(value, Tensor) else "array"
        array = value.detach().cpu().numpy() if isinstance(value, Tensor) else np.asarray(value)
        if array.dtype.kind not in "fiub" or array.nbytes > MAX_BYTES:
            return {"kind": "object", "type": f"{kind} of {array.dtype}, {array.nbytes} bytes"}
        content = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
        return {
            "kind": kind,
            "dtype": str(array.dtype),
            "shape": list(array.shape),
            "data": content,
        }
    if type(value) in (tuple, list) and depth < 4 and len(value) <= MAX_ITEMS:
        return {"kind": type(value).__name__, "items": [encode(v, depth + 1) for v in value]}
    return {"kind": "object", "type": type(value).__name__[:100]}


class UnsupportedValue:
    """Stands for a returned object of a kind that no exercise asks for."""

    def __init__(self, kind: str) -> None:
        """Keep the name of its type."""
        self.kind = kind


def decode(data: dict[str, Any]) -> Any:
    """The value that `encode` was given; objects of other types become `UnsupportedValue`.

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
    return UnsupportedValue(str(data["type"]))


def bindable(function: Callable[..., Any], count: int) -> str:
    """'' when `function` takes `count` positional arguments, else how it is called."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return ""
    try:
        signature.bind(*range(count))
    except TypeError:
        return str(signature)[:MAX_TEXT]
    return ""


def _describe(error: BaseException, scope: Mapping[str, Any]) -> dict[str, Any]:
    """The error as plain data, and where in the attendee's own code it happened.

    Returns type, text, line (of the code), within (the function's name there), names (of that
    line, and what they hold), raised (whether that very line raises it, by `raise`).

    scope: the global names of the attendee's function; what shares them is the attendee's own.
    """
    own, innermost, step = None, None, error.__traceback__
    while step is not None:
        innermost = step
        own = step if step.tb_frame.f_globals is scope else own
        step = step.tb_next
    try:
        text = str(error)
    except Exception:
        text = ""
    found: dict[str, Any] = {"type": type(error).__name__[:100], "text": text[:MAX_TEXT]}
    found |= {"line": "", "within": "", "names": {}, "raised": False}
    if own is not None:
        code = own.tb_frame.f_code
        found["line"] = line_of(own.tb_frame, own.tb_lineno)
        found["within"] = code.co_name[:100]
        found["names"] = _names(found["line"], own.tb_frame)
        raises = dis.opname[code.co_code[own.tb_lasti]] == "RAISE_VARARGS"
        found["raised"] = own is innermost and raises
    return found


def line_of(frame: types.FrameType, number: int) -> str:
    """The text of a line of the code that a frame runs; '' if it is not known."""
    line = linecache.getline(frame.f_code.co_filename, number, frame.f_globals)
    return line.strip()[:200]


def _names(line: str, frame: types.FrameType) -> dict[str, str]:
    """What the names on a line hold."""
    values = {**frame.f_globals, **frame.f_locals}
    names = [name for name in dict.fromkeys(re.findall(r"[^\W\d]\w*", line)) if name in values]
    described = {name[:50]: _kind(values[name]) for name in names}
    return dict([pair for pair in described.items() if pair[1]][:MAX_NAMES])


def _kind(value: Any) -> str:
    """A value in a few words; '' for a module, function or class."""
    if isinstance(value, (types.ModuleType, type)) or callable(value):
        return ""
    if isinstance(value, (Tensor, np.ndarray)):
        kind = "a tensor" if isinstance(value, Tensor) else "a NumPy array"
        return f"{kind} of shape {tuple(value.shape)}, {value.dtype}"
    if isinstance(value, (list, tuple, dict)):
        return f"a {type(value).__name__} of length {len(value)}"
    if value is None or isinstance(value, (bool, int, float)):
        return repr(value)[:40]
    return "a text" if isinstance(value, str) else f"a {type(value).__name__[:50]}"


@contextlib.contextmanager
def _recorded(names: Sequence[str], calls: list[str], scope: dict[str, Any]) -> Iterator[None]:
    """Replace functions, by dotted name, with ones that note that they were called.

    scope: the global names of the attendee's function, which may hold them by a name of their own.
    """
    before, renamed = [], {}
    try:
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
            owner: Any = importlib.import_module(".".join(path[:cut]))
        except ImportError:
            continue
        for part in path[cut:]:
            owner = getattr(owner, part, None)
        return owner, attribute
    return None, attribute
