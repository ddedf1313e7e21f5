"""Where there is no Linux: `--unsafe` runs answers in a process that nothing isolates.

A time limit holds, and what comes back is plain data; that is all.
"""

from __future__ import annotations

import json
import multiprocessing
import pickle
import time
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from workshop.classroom import cells
from workshop.grading.frames import Ending, Limits, Ready, Request

if TYPE_CHECKING:
    from workshop.grading.sandbox import Level

START_LIMIT = 30.0  # seconds for the process to load torch


def serve(pipe: Connection) -> None:
    """In the process: answer requests until the other side closes the pipe."""
    import torch

    from workshop.exercises import running

    torch.set_num_threads(1)
    while True:
        try:
            request = pipe.recv()
        except EOFError:
            return
        try:
            answer = _tried(request)
        except running.TimedOut:
            answer = None
        except (RecursionError, MemoryError) as error:  # code that Python cannot even read
            answer = {"raised": type(error).__name__}
        pipe.send(answer)


def _tried(request: dict[str, Any]) -> dict[str, Any]:
    """What the function does on the inputs, or what is wrong with its source."""
    from workshop.exercises import observe, running

    name = request["name"]
    source, problem = cells.found_in(request["cells"], name)
    if problem:
        return problem
    source = cells.needed_by(name, source)
    answer, _ = running.attempt(
        lambda: observe.load_function(source, name),
        pickle.loads(request["inputs"]),
        gradients=request["gradients"],
        watched=request["watched"],
        time_limit=request["seconds"],
    )
    return answer


class Plain:
    """What `sandbox.Sandbox` does, with a plain process."""

    def __init__(self, level: Level) -> None:
        """Start the process."""
        self.level = level
        self._start()

    def another(self) -> Plain:
        """A new one."""
        return Plain(self.level)

    def _start(self) -> None:
        spawn = multiprocessing.get_context("spawn")
        self.pipe, theirs = spawn.Pipe()
        self.process = spawn.Process(target=serve, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()

    def kill(self) -> None:
        """End it at once, from any thread."""
        self.process.kill()

    def wait(self) -> Ready:
        """It is ready when it is asked."""
        return {"pid_namespace": False, "nested": False}

    def run(self, request: Request, limits: Limits) -> tuple[bytes | None, Ending]:
        """Try one answer: what came back, and how the run ended."""
        start = time.monotonic()
        ending: Ending = {"why": ""}
        answer: dict[str, Any] | None = None
        if not self.process.is_alive():
            self._start()
        try:
            self.pipe.send({**request, "seconds": limits.wall})
            # A function that catches interrupts is ended a little later, with the process.
            if self.pipe.poll(limits.wall + START_LIMIT):
                answer = self.pipe.recv()
            if answer is None:
                ending["why"] = "time"
                self.close()
        except (EOFError, OSError):
            ending["died"] = "the process is gone"
            self.close()
        content = None if answer is None else json.dumps(answer).encode()
        return content, {**ending, "seconds": time.monotonic() - start}

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.join()
