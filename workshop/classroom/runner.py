"""Run a notebook without a browser: whole-notebook time limit, capped output, nothing left behind.

nbclient does the work. The kernel is the very Python that runs this, in a folder that the caller
names, and it is ended with everything it started.
"""

from __future__ import annotations

import contextlib
import copy
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workshop.classroom.notebooks import exercise_of

VERDICT = "application/vnd.workshop.verdict+json"


@dataclass
class CellError:
    """A cell that raised."""

    cell: int
    exercise: str | None
    name: str
    message: str
    traceback: str


@dataclass
class Executed:
    """How a run ended: 'ok', 'errors', 'timed out', 'kernel died' or 'too much output'."""

    outcome: str
    seconds: float
    notebook: dict[str, Any]
    errors: list[CellError] = field(default_factory=list)
    cell_seconds: list[float] = field(default_factory=list)
    stopped_at: int | None = None

    @property
    def verdicts(self) -> list[dict[str, Any]]:
        """What `check` said, in order."""
        return [
            output["data"][VERDICT]
            for cell in self.notebook["cells"]
            for output in cell.get("outputs", ())
            if VERDICT in output.get("data", {})
        ]


class _TooMuchOutput(Exception):
    pass


def run_notebook(
    notebook: Mapping[str, Any],
    *,
    cwd: Path,
    time_limit: float = 600.0,
    output_limit: int = 20_000_000,
    env: Mapping[str, str] | None = None,
) -> Executed:
    """Run all cells of a copy of `notebook`; errors in cells do not stop it.

    Args:
        notebook: nbformat 4.
        cwd: the folder the kernel works in.
        time_limit: seconds for the whole notebook, the start of the kernel included.
        output_limit: bytes of output of all cells together, beyond which the run is stopped.
        env: environment variables for the kernel beside this process's own.
    """
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    notebook = nbformat.from_dict(copy.deepcopy(notebook))
    start = time.monotonic()
    written = 0
    times: list[float] = []
    began, pid = [0.0], [None]

    class Client(NotebookClient):
        """NotebookClient that counts what the cells put out."""

        def process_message(self, message: dict, cell: dict, cell_index: int) -> Any:
            nonlocal written
            if message["msg_type"] in ("stream", "display_data", "execute_result", "error"):
                written += len(str(message["content"]))
                if written > output_limit:
                    raise _TooMuchOutput
            return super().process_message(message, cell, cell_index)

    async def before(**_: Any) -> None:
        began[0] = time.monotonic()
        pid[0] = pid[0] or _pid(client)
        client.timeout = max(1, int(time_limit - (began[0] - start)))

    async def after(**_: Any) -> None:
        times.append(time.monotonic() - began[0])

    outcome, stopped = "ok", None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        with _environment(Path(scratch), env or {}):
            client = Client(
                notebook,
                timeout=max(1, int(time_limit)),
                allow_errors=True,
                resources={"metadata": {"path": str(cwd)}},
                on_cell_execute=before,
                on_cell_executed=after,
            )
            client.km = _kernel_manager(client)
            try:
                client.execute(stderr=subprocess.DEVNULL)  # the kernel's own log
            except CellTimeoutError:
                outcome = "timed out"
            except DeadKernelError:
                outcome = "kernel died"
            except _TooMuchOutput:
                outcome = "too much output"
            finally:
                _end(pid[0])
    if outcome != "ok":
        stopped = len(times)
    errors = _errors(notebook)
    if outcome == "ok" and errors:
        outcome = "errors"
    return Executed(outcome, time.monotonic() - start, notebook, errors, times, stopped)


def _kernel_manager(client: Any) -> Any:
    """A kernel of this very Python, whatever kernel specs are installed."""
    manager = client.create_kernel_manager()
    spec = manager.kernel_spec
    spec.argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    return manager


@contextlib.contextmanager
def _environment(scratch: Path, more: Mapping[str, str]) -> Iterator[None]:
    """Settings of the user's own Jupyter and IPython stay out of the run."""
    package = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), package]))
    changes = {
        "IPYTHONDIR": str(scratch / "ipython"),
        "JUPYTER_CONFIG_DIR": str(scratch / "config"),
        "JUPYTER_RUNTIME_DIR": str(scratch / "runtime"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYTHONPATH": path,
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        **more,
    }
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _pid(client: Any) -> int | None:
    process = getattr(getattr(client.km, "provisioner", None), "process", None)
    return getattr(process, "pid", None)


def _end(pid: int | None) -> None:
    """End the kernel and everything that it started, in whatever session."""
    import psutil

    family: list[psutil.Process] = []
    if pid is not None:
        with contextlib.suppress(psutil.Error):
            kernel = psutil.Process(pid)
            family = [*kernel.children(recursive=True), kernel]
    # A process that left the family, with setsid and a parent that is gone, still carries in its
    # environment the folder that was made for this run alone.
    mark = os.environ["JUPYTER_RUNTIME_DIR"]
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get("JUPYTER_RUNTIME_DIR") == mark:
                family.append(process)
    for process in family:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(family, timeout=5)


def _errors(notebook: Mapping[str, Any]) -> list[CellError]:
    plain = re.compile(r"\x1b\[[0-9;]*m")
    return [
        CellError(
            number,
            exercise_of(cell),
            output["ename"],
            output["evalue"],
            plain.sub("", "\n".join(output["traceback"])),
        )
        for number, cell in enumerate(notebook["cells"], start=1)
        for output in cell.get("outputs", ())
        if output["output_type"] == "error"
    ]
