"""Run an attendee's function in a process of its own, with a time limit, on every platform.

One warm worker serves a whole notebook, so a check costs milliseconds; it is replaced after an
endless loop or a crash. Only plain data come back (`observe.encode`).
"""

from __future__ import annotations

import atexit
import contextlib
import json
import linecache
import os
import pickle
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from workshop.exercises.worker import read_frame, write_frame

START_LIMIT = 120.0  # seconds for a worker to import torch on a slow, busy machine


class TimedOut(Exception):
    """The answer was not there in time; the worker was ended."""


class Crashed(Exception):
    """The worker process died, or did not speak the protocol."""


class Unshippable(Exception):
    """The function refers to something that cannot travel to another process."""


class Worker:
    """A child process that runs functions; `ask` sends one request and waits for the answer."""

    def __init__(self) -> None:
        """Start the process; it imports torch while we do other things."""
        package = str(Path(__file__).resolve().parents[2])
        path = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), package]))
        environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "workshop.exercises.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )
        self.answers: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self.ready = False
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while (frame := read_frame(self.process.stdout)) is not None:
            self.answers.put(frame)
        self.answers.put(None)

    def ask(self, request: dict[str, Any], time_limit: float) -> dict[str, Any]:
        """The worker's answer to `request`.

        Raises:
            TimedOut: none within `time_limit` seconds; the worker has been ended.
            Crashed: the worker died; it has been cleared away.
        """
        try:
            write_frame(self.process.stdin, pickle.dumps(request))
            if not self.ready:
                self._answer(START_LIMIT)
                self.ready = True
            return self._answer(time_limit)
        except OSError:
            self.end()
            raise Crashed from None
        except BaseException:  # Ctrl-C too: an answer that comes later must not be taken for
            self.end()  # the answer to the next question
            raise

    def _answer(self, time_limit: float) -> dict[str, Any]:
        try:
            frame = self.answers.get(timeout=time_limit)
        except queue.Empty:
            raise TimedOut from None
        try:
            return json.loads(frame)
        except (TypeError, ValueError):
            raise Crashed from None

    def alive(self) -> bool:
        """Whether it can be asked."""
        return self.process.poll() is None

    def end(self) -> None:
        """End the process and all it started."""
        import psutil

        with contextlib.suppress(psutil.Error):
            family = psutil.Process(self.process.pid)
            for process in [*family.children(recursive=True), family]:
                with contextlib.suppress(psutil.Error):
                    process.kill()
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        self.process.wait()


_worker: Worker | None = None


def warm_up() -> Worker:
    """The worker, started if there is none; returns at once."""
    global _worker
    if _worker is None or not _worker.alive():
        if _worker is None:
            atexit.register(close)
        _worker = Worker()
    return _worker


def close() -> None:
    """End the worker."""
    global _worker
    if _worker is not None:
        _worker.end()
        _worker = None


def run_function(
    function: Callable[..., Any],
    cases: Sequence[tuple[Any, ...]],
    *,
    gradients: Sequence[int],
    watched: Sequence[str],
    time_limit: float,
) -> dict[str, Any]:
    """Run a function of this process on the cases; the worker's answer.

    Raises:
        Unshippable: it refers to something that cannot be sent; the message says to what.
        TimedOut, Crashed: see `Worker.ask`.
    """
    request = {"function": _ship(function), "lines": _lines(function)}
    return _ask(request, cases, gradients, watched, time_limit)


def run_source(
    source: str,
    name: str,
    cases: Sequence[tuple[Any, ...]],
    *,
    gradients: Sequence[int],
    watched: Sequence[str],
    time_limit: float,
) -> dict[str, Any]:
    """Run the function `name` of a piece of source on the cases; the worker's answer."""
    return _ask({"source": source, "name": name}, cases, gradients, watched, time_limit)


def _ask(
    request: dict[str, Any],
    cases: Sequence[tuple[Any, ...]],
    gradients: Sequence[int],
    watched: Sequence[str],
    time_limit: float,
) -> dict[str, Any]:
    request |= {
        "cases": pickle.dumps(list(cases)),
        "gradients": list(gradients),
        "watched": list(watched),
    }
    return warm_up().ask(request, time_limit)


def _ship(function: Callable[..., Any]) -> bytes:
    import cloudpickle

    try:
        return cloudpickle.dumps(function)
    except Exception as error:
        culprits = []
        names = getattr(getattr(function, "__code__", None), "co_names", ())
        for name in names:
            value = getattr(function, "__globals__", {}).get(name)
            try:
                cloudpickle.dumps(value)
            except Exception:
                culprits.append(f"`{name}` (a {type(value).__name__})")
        what = ", ".join(culprits) or f"something that cannot be copied ({error})"
        raise Unshippable(what) from None


def _lines(function: Callable[..., Any]) -> dict[str, list[str]]:
    """The source lines of the function's file or cell, so that errors can show them."""
    code = getattr(function, "__code__", None)
    if code is None:
        return {}
    return {code.co_filename: linecache.getlines(code.co_filename)[:5000]}
