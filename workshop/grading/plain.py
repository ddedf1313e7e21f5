"""Where there is no Linux: `--unsafe` runs answers in a worker process, without isolation.

A time limit holds, and what comes back is plain data; that is all.
"""

from __future__ import annotations

import json
import time
from typing import Any

from workshop.classroom import cells
from workshop.exercises import process as running


class Plain:
    """What `sandbox.Sandbox` does, with a worker of `workshop.exercises.process`."""

    def __init__(self, level: Any, files: Any) -> None:
        """Start the worker."""
        self.level, self.files = level, files
        self.worker = running.Worker()

    def kill(self) -> None:
        """End it at once, from any thread."""
        self.worker.process.kill()

    def wait(self) -> dict[str, Any]:
        """It is ready when it is asked."""
        return {"ready": True, "pid_namespace": False, "nested": False}

    def run(self, request: dict[str, Any], limits: Any) -> tuple[bytes | None, dict[str, Any]]:
        """Try one answer: what came back, and how the run ended."""
        start, ended = time.monotonic(), {"why": ""}
        answer = None
        if not self.worker.alive():
            self.worker = running.Worker()
        try:
            answer = self._definitions(request)
            if "source" in answer:
                more = {key: request[key] for key in ("name", "gradients", "watched")}
                answer = self.worker.ask(
                    {**answer, **more, "cases": request["inputs"]}, 2 * limits.seconds + 5
                )
        except running.TimedOut:
            ended["why"] = "time"
            self.worker.end()
        except running.Crashed:
            ended["died"] = "the process is gone"
            self.worker.end()
        except (RecursionError, MemoryError) as error:  # code that Python cannot even read
            answer = {"raised": type(error).__name__}
        content = None if answer is None else json.dumps(answer).encode()
        return content, {**ended, "seconds": time.monotonic() - start}

    @staticmethod
    def _definitions(request: dict[str, Any]) -> dict[str, Any]:
        """The source that makes the function, or what is wrong with it."""
        source, problem = cells.found_in(request["cells"], request["name"])
        return problem or {"source": cells.needed_by(request["name"], source)}

    def close(self) -> None:
        """End the worker."""
        self.worker.end()
