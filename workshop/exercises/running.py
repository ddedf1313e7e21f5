"""Calling an attendee's function in the notebook's own kernel, where it was made.

A timer interrupts it at its time limit, what it prints and displays is not shown, and the state of
the process that it may change (random generators, torch's defaults) is put back.
"""

from __future__ import annotations

import _thread
import contextlib
import dis
import inspect
import itertools
import random
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from types import FrameType, TracebackType
from typing import Any

import numpy as np
import torch

from workshop.exercises.observe import (
    MAX_TEXT,
    Interrupted,
    Missing,
    bindable,
    line_of,
    observe,
    torch_defaults,
)

PAUSE = 0.1  # seconds between two interrupts of a function that goes on
AGAIN_LIMIT = 2.0  # seconds for calling a wrong answer again, to learn more of it
MAX_INTERRUPTS = 30  # after which the attendee is told to restart the kernel
RESTART = (
    "\nIt goes on after {} interrupts, so it catches them: `except:` in a loop does that. Restart the "
    "kernel (menu Kernel), run the cells above again, and write `except Exception:` instead.\n"
)


class TimedOut(Interrupted):
    """The time limit was met; `line` is where the function was, if that is known."""

    def __init__(self, line: str) -> None:
        """Keep the line."""
        self.line = line


class Stopped(Interrupted):
    """The attendee stopped it: Ctrl-C, or the button that interrupts the kernel."""


class TimeLimit:
    """Calls functions in this thread, and interrupts them when `seconds` are over, all together.

    In the main thread only: elsewhere Python offers nothing to interrupt a function with, and
    there is no limit. A function that catches the interrupt is interrupted again and again.
    """

    def __init__(self, seconds: float) -> None:
        """Prepare; the time runs from `with` on."""
        self.seconds = seconds
        self._done = threading.Event()
        self._expired = self._stopped = False  # the time is up; the attendee wants to stop
        # Interrupts are the timer's from the first that it sends; the function is running.
        self._by_timer = self._inside = False
        self._importing, self._importing_allowed = False, True
        self.scope: dict[str, Any] = {}  # the global names of the attendee's code
        self._line = ""
        self._shown = sys.stdout  # while the function runs, sys.stdout is another

    def __enter__(self) -> TimeLimit:
        """Start the timer."""
        self._thread: threading.Thread | None = None
        self._previous = signal.getsignal(signal.SIGINT)
        main = threading.main_thread()
        if threading.current_thread() is main and self._previous is not None:
            signal.signal(signal.SIGINT, self._handle)
            self._thread = threading.Thread(target=self._watch, args=(main.ident,), daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop the timer and give SIGINT its handler back."""
        if self._thread is None:
            return
        try:
            self._done.set()
            self._thread.join()
        finally:
            signal.signal(signal.SIGINT, self._previous)

    def __call__(self, function: Callable[..., Any], args: Sequence[Any] = ()) -> Any:
        """function(*args).

        Raises:
            TimedOut, Stopped: it was interrupted, even if it caught that and returned.
        """
        trace = sys.gettrace()
        try:
            self._inside = True
            return function(*args)
        finally:
            self._inside = False
            sys.settrace(trace)
            if self._stopped:
                raise Stopped
            if self._expired:
                raise TimedOut(self._line)

    def _watch(self, thread: int) -> None:
        if self._done.wait(self.seconds):
            return
        for count in itertools.count(1):
            if count == MAX_INTERRUPTS:
                print(RESTART.format(count), file=self._shown, flush=True)
            self._by_timer = True
            if hasattr(signal, "pthread_kill"):
                signal.pthread_kill(thread, signal.SIGINT)
            else:  # Windows
                _thread.interrupt_main()
            if self._done.wait(PAUSE):
                return
            if self._importing:
                self._importing = self._by_timer = False
                if self._done.wait(self.seconds):
                    return

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._by_timer:
            # A module whose import is broken off would stay half loaded. Some of torch's are loaded
            # when they are first used, which takes seconds: the time is given once more.
            self._importing = self._importing_allowed and _imports(frame)
            if self._importing:
                self._importing_allowed = False
                return
            self._expired = True
            if self._inside:
                self._line = self._line or self._own_line(frame)
                # Should a bare `except:` catch this, the next line of the function raises it again.
                sys.settrace(self._raise_again)
                while frame is not None and frame.f_code is not TimeLimit.__call__.__code__:
                    frame.f_trace = self._raise_again
                    frame = frame.f_back
                raise TimedOut(self._line)
        elif self._inside:
            self._stopped = True
            raise Stopped
        elif callable(self._previous):
            self._previous(number, frame)

    def _raise_again(self, frame: FrameType, event: str, arg: Any) -> Any:
        if event == "line" and frame.f_globals is self.scope:
            raise TimedOut(self._line)
        return self._raise_again

    def _own_line(self, frame: FrameType | None) -> str:
        while frame is not None and frame.f_globals is not self.scope:
            frame = frame.f_back
        return "" if frame is None else line_of(frame, frame.f_lineno)


def _imports(frame: FrameType | None) -> bool:
    """Whether a frame runs on behalf of an import."""
    while frame is not None and frame.f_code is not TimeLimit.__call__.__code__:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def attempt(
    load: Callable[[], Callable[..., Any]],
    cases: Sequence[tuple[Any, ...]],
    *,
    gradients: Sequence[int] = (),
    watched: Sequence[str] = (),
    time_limit: float,
) -> tuple[dict[str, Any], Again | None]:
    """Make a function by `load` and observe it on the cases, all within the time limit.

    Returns what `judge.judge` takes: missing, broken, signature, or outcomes; and, if the function
    could be called, how to call it again.

    Raises:
        TimedOut: the limit was met.
        Stopped: the attendee wants to stop.
    """
    with TimeLimit(time_limit) as call:
        try:
            with torch_defaults():
                function = call(load)
        except Interrupted:
            raise
        except Missing as missing:
            return {"missing": str(missing)}, None
        except BaseException as error:
            return {"broken": f"{type(error).__name__}: {error}"[:MAX_TEXT]}, None
        if signature := bindable(function, len(cases[0])):
            return {"signature": signature}, None
        call.scope = getattr(function, "__globals__", {})
        names = list(inspect.signature(function).parameters)
        outcomes = observe(function, cases, gradients=gradients, watched=watched, call=call)
        return {"outcomes": outcomes, "parameters": names}, Again(function, time_limit)


class Again:
    """Calls an answer on further arguments, for those who want to know more of a wrong one."""

    def __init__(self, function: Callable[..., Any], time_limit: float) -> None:
        """Each use may take `time_limit` seconds, or AGAIN_LIMIT if that is less."""
        self.function = function
        self.time_limit = min(time_limit, AGAIN_LIMIT)

    def __call__(
        self, cases: Sequence[tuple[Any, ...]], *, seed: int = 0, trace: bool = False
    ) -> list[dict[str, Any]] | None:
        """What `observe` says of the cases; None if they take too long.

        seed: of the random generators; equal seeds give an answer equal random numbers.
        trace: also note which function first made inf or nan.
        """
        seed_all(seed)
        try:
            with TimeLimit(self.time_limit) as call:
                call.scope = getattr(self.function, "__globals__", {})
                return observe(self.function, cases, call=call, trace=trace)
        except TimedOut:
            return None

    def reads(self, place: int) -> bool:
        """Whether the code of the answer reads its argument number `place` at all."""
        code = getattr(self.function, "__code__", None)
        if code is None or place >= code.co_argcount:
            return True
        name = code.co_varnames[place]
        found = (one.argval for one in dis.get_instructions(code) if one.opname[:4] == "LOAD")
        return any(name == value or (isinstance(value, tuple) and name in value) for value in found)


@contextlib.contextmanager
def undisturbed(seed: int) -> Iterator[None]:
    """Seeded random generators and nothing displayed; as before afterwards."""
    used = torch.cuda.is_initialized()
    devices = range(torch.cuda.device_count()) if used else ()
    of_python, of_numpy = random.getstate(), np.random.get_state()
    try:
        with torch.random.fork_rng(devices), torch_defaults(), _quiet_kernel():
            seed_all(seed)
            yield
    finally:
        random.setstate(of_python)
        np.random.set_state(of_numpy)


def seed_all(seed: int) -> None:
    """Seed Python's, NumPy's and torch's generator of the CPU."""
    random.seed(seed)
    np.random.seed(seed)
    torch.default_generator.manual_seed(seed)


@contextlib.contextmanager
def _quiet_kernel() -> Iterator[None]:
    """In a notebook, `display` shows nothing, and `exit()` raises SystemExit as it does elsewhere."""
    get_ipython = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)
    if (shell := get_ipython()) is None:
        yield
        return
    publisher, leave = shell.display_pub, shell.ask_exit
    shell.display_pub, shell.ask_exit = _nowhere(), sys.exit
    try:
        yield
    finally:
        shell.display_pub, shell.ask_exit = publisher, leave


def _nowhere() -> Any:
    """A display publisher that forgets what it is given."""
    from IPython.core.displaypub import DisplayPublisher

    publisher: Any = DisplayPublisher()
    publisher.publish = publisher.clear_output = lambda *args, **kwargs: None
    return publisher
