"""Where there is no Linux: `--unsafe` runs answers in a worker process, without isolation.

A time limit holds, and what comes back is plain data; that is all.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from workshop.classroom import cells
from workshop.exercises import process as running
from workshop.grading.frames import Ending, Limits, Ready, Request

if TYPE_CHECKING:
    from workshop.grading.sandbox import Level


class Plain:
    """What `sandbox.Sandbox` does, with a worker of `workshop.exercises.process`."""

    def __init__(self, level: Level) -> None:
        """Start the worker."""
        self.level = level
        self.worker = running.Worker()

    def another(self) -> Plain:
        """A new one."""
        return Plain(self.level)

    def kill(self) -> None:
        """End it at once, from any thread."""
        self.worker.process.kill()

    def wait(self) -> Ready:
        """It is ready when it is asked."""
        return {"pid_namespace": False, "nested": False}

    def run(self, request: Request, limits: Limits) -> tuple[bytes | None, Ending]:
        """Try one answer: what came back, and how the run ended."""
        start = time.monotonic()
        ending: Ending = {"why": ""}
        answer: dict[str, Any] | None = None
        if not self.worker.alive():
            self.worker = running.Worker()
        try:
            answer = self._definitions(request)
            if "source" in answer:
                more = {key: request[key] for key in ("name", "gradients", "watched")}
                answer = self.worker.ask(
                    {**answer, **more, "cases": request["inputs"]}, limits.wall
                )
        except running.TimedOut:
            ending["why"] = "time"
            self.worker.end()
        except running.Crashed:
            ending["died"] = "the process is gone"
            self.worker.end()
        except (RecursionError, MemoryError) as error:  # code that Python cannot even read
            answer = {"raised": type(error).__name__}
        content = None if answer is None else json.dumps(answer).encode()
        return content, {**ending, "seconds": time.monotonic() - start}

    @staticmethod
    def _definitions(request: Request) -> dict[str, str]:
        """The source that makes the function, or what is wrong with it."""
        source, problem = cells.found_in(request["cells"], request["name"])
        return problem or {"source": cells.needed_by(request["name"], source)}

    def close(self) -> None:
        """End the worker."""
        self.worker.end()
