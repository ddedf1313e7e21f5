"""Run a notebook without a browser: whole-notebook time limit, capped output, nothing left behind.

nbclient runs the cells. The kernel is the very Python that runs this, in a folder that the caller
names, with none of the user's own Jupyter or IPython settings, and it is ended with everything that
it started. A watch, a thread of its own, ends the kernel when the time is up or too much comes out
of it; nbclient then finds it dead. So no cell can talk its way past a limit, neither by catching
the interrupt nor by keeping us busy with output.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import os
import queue
import re
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from workshop.classroom.cells import exercise_of

if TYPE_CHECKING:
    import psutil
    from nbformat import NotebookNode

VERDICT = "application/vnd.workshop.verdict+json"
MARK = "WORKSHOP_NOTEBOOK_RUN"  # in the environment of the kernel and of all that it starts
START_LIMIT = 120.0  # seconds for a kernel to start on a slow, busy machine

Outcome = Literal["ok", "errors", "timed out", "kernel died", "too much output"]


@dataclass(frozen=True)
class CellError:
    """A cell that raised, or a widget in it that did."""

    cell: int
    exercise: str | None
    name: str
    message: str
    traceback: str


@dataclass
class Executed:
    """How a run ended, and what came of it.

    Cells are counted from 1, Markdown cells too, as the builder's messages count them.

    Args:
        outcome: 'ok', 'errors' (cells raised), or why the run was stopped.
        seconds: of the whole run, the kernel's start and end included.
        notebook: nbformat 4, with the outputs.
        errors: of all cells, in order.
        cell_seconds: one number for each cell, 0 where nothing ran.
        stopped_at: the cell that ran when the run was stopped; None where all cells ran.
        problem: for a run that was stopped, why, in words.
    """

    outcome: Outcome
    seconds: float
    notebook: dict[str, Any]
    errors: list[CellError] = field(default_factory=list)
    cell_seconds: list[float] = field(default_factory=list)
    stopped_at: int | None = None
    problem: str = ""

    @property
    def verdicts(self) -> list[dict[str, Any]]:
        """What `check` said, in order."""
        return [
            output["data"][VERDICT]
            for cell in self.notebook["cells"]
            for output in cell.get("outputs", ())
            if VERDICT in output.get("data", {})
        ]


def run_notebook(
    notebook: Mapping[str, Any],
    *,
    cwd: Path,
    time_limit: float = 600.0,
    cell_time_limit: float | None = None,
    output_limit: int = 20_000_000,
    allow_errors: bool = True,
    env: Mapping[str, str] | None = None,
) -> Executed:
    """Run all cells of a copy of `notebook` and say how that went.

    Only a wrong argument and the wish to stop (Ctrl-C) come out as exceptions, the latter after
    the kernel has been ended; whatever a notebook does is in the outcome.

    Args:
        notebook: nbformat 4.
        cwd: the folder the kernel works in.
        time_limit: seconds for the whole notebook, the start of the kernel included.
        cell_time_limit: seconds for one cell; None for no limit of its own.
        output_limit: bytes of output of all cells together, beyond which the run is stopped.
        allow_errors: go on after a cell that raised.
        env: environment variables for the kernel beside this process's own.

    Raises:
        FileNotFoundError: `cwd` is no folder.
        RuntimeError: called from within a running asyncio loop.
        ValueError: a limit is not above 0.
    """
    import nbformat

    _refuse_running_loop()
    cwd = Path(cwd).resolve()
    if not cwd.is_dir():
        raise FileNotFoundError(f"cwd: {cwd} is no folder; make it first")
    limits = {
        "time_limit": time_limit,
        "cell_time_limit": cell_time_limit,
        "output_limit": output_limit,
    }
    for name, limit in limits.items():
        if limit is not None and not limit > 0:
            raise ValueError(f"{name}: got {limit}, expected a number above 0")
    run = _Run(nbformat.from_dict(copy.deepcopy(notebook)), output_limit, allow_errors)
    watch = _Watch(time_limit, cell_time_limit)
    loop = _new_loop()
    with tempfile.TemporaryDirectory(prefix="workshop-run-", ignore_cleanup_errors=True) as scratch:
        kernel_env = _environment(Path(scratch), watch.mark, env or {})
        try:
            watch.start()
            loop.run_until_complete(run.cells(watch, cwd, kernel_env, Path(scratch)))
        finally:
            watch.finish()
            _close(loop)
    return run.executed(watch)


class _Run:
    """The cells of one notebook, on one kernel."""

    def __init__(self, notebook: NotebookNode, output_limit: int, allow_errors: bool) -> None:
        self.notebook = notebook
        self.output_limit = output_limit
        self.allow_errors = allow_errors
        self.written = 0
        self.errors: list[CellError] = []
        self.seconds = [0.0 for _ in notebook["cells"]]
        self.current: int | None = None  # counted from 0
        self.died = ""

    async def cells(self, watch: _Watch, cwd: Path, env: Mapping[str, str], scratch: Path) -> None:
        """Start a kernel, run every cell, end the kernel."""
        from jupyter_client.manager import AsyncKernelManager
        from jupyter_client.provisioning import LocalProvisioner
        from nbclient.exceptions import CellExecutionError, DeadKernelError

        for cell in self.notebook["cells"]:
            if cell["cell_type"] == "code":
                cell["outputs"], cell["execution_count"] = [], None
        manager = AsyncKernelManager(
            kernel_spec_manager=_this_python(), connection_file=str(scratch / "kernel.json")
        )
        manager.shutdown_wait_time = 3.0  # half of it politely; one kernel in ten is deaf to that
        log = scratch / "kernel.log"
        kernel = channels = None
        try:
            with log.open("wb") as stderr:
                await manager.start_kernel(
                    cwd=str(cwd), env=dict(env), stdout=subprocess.DEVNULL, stderr=stderr
                )
            provisioner = manager.provisioner
            if isinstance(provisioner, LocalProvisioner) and provisioner.pid is not None:
                watch.look_after(provisioner.pid)
            kernel = manager.client()
            # One message larger than all output may be would fill our memory before we could
            # count it. This way zmq refuses it and closes the connection.
            kernel.context.setsockopt(_zmq().MAXMSGSIZE, self.output_limit + 1_000_000)
            kernel.start_channels()
            kernel.allow_stdin = False  # input() raises: nobody would answer
            channels = asyncio.ensure_future(_refused(kernel, manager, watch))
            await kernel.wait_for_ready(timeout=START_LIMIT)
            _look_again(kernel.shell_channel)
            client = self._client(manager, kernel, watch)
            for index, cell in enumerate(self.notebook["cells"]):
                if watch.reason is not None:
                    raise DeadKernelError(watch.reason)
                self.current = index
                watch.cell_begins()
                began = time.monotonic()
                try:
                    await client.async_execute_cell(cell, index)
                finally:
                    if cell["cell_type"] == "code":
                        self.seconds[index] = time.monotonic() - began
            self.current = None
            watch.cells_are_done()
        except CellExecutionError:
            pass  # not allow_errors: the error is in the list, and the run stops here
        except (DeadKernelError, RuntimeError) as error:  # RuntimeError: it never started
            self.died = f"{error}\n{_tail(log)}".strip()
        finally:
            if channels is not None:
                channels.cancel()
            if kernel is not None:
                with contextlib.suppress(Exception):
                    kernel.iopub_channel.socket.disable_monitor()
                kernel.stop_channels()
            if manager.has_kernel:
                # Politely, so that what runs at exit runs, unless the watch ended it already.
                hurry = watch.reason is not None or bool(self.died)
                watch.remember()
                await manager.shutdown_kernel(now=hurry)

    def _client(self, manager: Any, kernel: Any, watch: _Watch) -> Any:
        from nbclient import NotebookClient
        from nbclient.exceptions import CellControlSignal

        run = self

        class Client(NotebookClient):
            """NotebookClient that counts what comes out, and notes every error on its way."""

            def process_message(
                self, message: dict[str, Any], cell: NotebookNode, cell_index: int
            ) -> NotebookNode | None:
                kind, content = message["msg_type"], message["content"]
                # An update takes the place of what was there, so it adds nothing.
                if kind not in ("status", "execute_input", "update_display_data"):
                    run.written += _size(message)
                    if run.written > run.output_limit:
                        watch.stop("too much output")
                        return None
                if kind == "error":  # also inside an Output widget, which would keep it to itself
                    run.errors.append(
                        CellError(
                            cell_index + 1,
                            exercise_of(cell),
                            content["ename"],
                            content["evalue"],
                            _plain("\n".join(content["traceback"])),
                        )
                    )
                try:
                    return super().process_message(message, cell, cell_index)
                except CellControlSignal:
                    raise
                except Exception as error:  # a widget that says what no widget should say
                    run.errors.append(
                        CellError(
                            cell_index + 1,
                            exercise_of(cell),
                            type(error).__name__,
                            f"{error}; met while nbclient took in a {kind} message of the cell",
                            traceback.format_exc(),
                        )
                    )
                    return None

        client = Client(
            self.notebook,
            km=manager,
            allow_errors=self.allow_errors,
            record_timing=False,
            timeout=None,  # the watch's
        )
        client.kc = kernel
        return client

    def executed(self, watch: _Watch) -> Executed:
        """The result."""
        outcome: Outcome = "errors" if self.errors else "ok"
        problem = ""
        if watch.reason is not None:
            outcome = watch.reason
            problem = {
                "timed out": f"ended after {watch.limit_met:g} seconds",
                "too much output": f"more than {self.output_limit:,} bytes of output",
            }[outcome]
        elif self.died:
            outcome, problem = "kernel died", self.died
        stopped_at = None if self.current is None else self.current + 1
        return Executed(
            outcome,
            watch.seconds,
            self.notebook,
            self.errors,
            self.seconds,
            stopped_at,
            problem,
        )


class _Watch:
    """Ends a kernel and its descendants: when time is up, when told to, and in the end.

    Descendants are noted while they can be found. A process whose parent has ended is no longer a
    child of the kernel, but it carries the run's mark in its environment.
    """

    def __init__(self, time_limit: float, cell_time_limit: float | None) -> None:
        self.mark = uuid.uuid4().hex
        self.reason: Outcome | None = None
        self.limit_met = 0.0
        self.seconds = 0.0
        self._began = time.monotonic()
        self._limits = (time_limit, cell_time_limit)
        self._cell_began: float | None = None
        self._kernel: psutil.Process | None = None
        self._family: set[psutil.Process] = set()
        self._lock = threading.RLock()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._keep_watch, daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def look_after(self, pid: int) -> None:
        """The kernel's process has been started."""
        import psutil

        with contextlib.suppress(psutil.Error):
            self._kernel = psutil.Process(pid)
        if self.reason is not None:  # time was up while it was being started
            self._end_family()

    def cell_begins(self) -> None:
        """A cell's own time starts now."""
        self._cell_began = time.monotonic()

    def cells_are_done(self) -> None:
        """Nothing more is limited: the kernel may end in peace, for which Jupyter has a limit."""
        self._limits = (float("inf"), None)

    def stop(self, reason: Outcome) -> None:
        """End the kernel now, for a reason; the first one counts."""
        with self._lock:
            self.reason = self.reason or reason
        self._end_family()

    def finish(self) -> None:
        """End whatever is left, and stop watching."""
        self._done.set()
        self._thread.join()
        self._end_family()
        self.seconds = time.monotonic() - self._began

    def remember(self) -> None:
        """Note the descendants that there are."""
        import psutil

        with self._lock, contextlib.suppress(psutil.Error):
            if self._kernel is not None:
                self._family |= {self._kernel, *self._kernel.children(recursive=True)}

    def _keep_watch(self) -> None:
        while not self._done.wait(self._pause()):
            over = self._over()
            if over is None:
                self.remember()
            elif self.reason is None:
                self.limit_met = over
                self.stop("timed out")

    def _pause(self) -> float:
        """Until the next look: half a second, or less if time is up before."""
        return min(0.5, max(0.01, min(limit - spent for limit, spent in self._clocks())))

    def _over(self) -> float | None:
        return next((limit for limit, spent in self._clocks() if spent >= limit), None)

    def _clocks(self) -> list[tuple[float, float]]:
        """(limit, spent) of the whole run and, where there is one, of the cell."""
        now = time.monotonic()
        whole, cell = self._limits
        clocks = [(whole, now - self._began)]
        if cell is not None and self._cell_began is not None:
            clocks.append((cell, now - self._cell_began))
        return clocks

    def _end_family(self) -> None:
        import psutil

        with self._lock:
            self.remember()
            for _ in range(5):  # a process may start another while we look
                family = {process for process in self._family | self._marked() if _runs(process)}
                if not family:
                    break
                # The kernel first: it can start no more then.
                for process in sorted(family, key=lambda one: one != self._kernel):
                    with contextlib.suppress(psutil.Error, OSError):
                        process.kill()
                psutil.wait_procs(family, timeout=5)
            self._family.clear()

    def _marked(self) -> set[psutil.Process]:
        import psutil

        found = set()
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError, ValueError):
                if process.pid != os.getpid() and process.environ().get(MARK) == self.mark:
                    found.add(process)
        return found


def _runs(process: psutil.Process) -> bool:
    """Whether it does: a zombie, which waits for its parent to take note, does not."""
    import psutil

    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


async def _refused(kernel: Any, manager: Any, watch: _Watch) -> None:
    """Wait until the kernel's output is cut off although it lives: a message was too large."""
    monitor = kernel.iopub_channel.socket.get_monitor_socket(_zmq().EVENT_DISCONNECTED)
    while True:
        await monitor.recv_multipart()
        await asyncio.sleep(1.0)  # a kernel that ends closes its connections a little earlier
        if await manager.is_alive():
            watch.stop("too much output")


def _zmq() -> Any:
    import zmq

    return zmq


def _this_python() -> Any:
    """Kernel specs with a single one: this very Python, whatever is installed for 'python3'."""
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager

    class ThisPython(KernelSpecManager):
        """Knows no other."""

        def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
            return KernelSpec(
                argv=[
                    sys.executable,
                    "-m",
                    "ipykernel_launcher",
                    "-f",
                    "{connection_file}",
                    "--HistoryManager.enabled=False",
                    "--log-level=ERROR",
                ],
                display_name="Python 3",
                language="python",
            )

    return ThisPython()


def _environment(scratch: Path, mark: str, more: Mapping[str, str]) -> dict[str, str]:
    """The kernel's environment: this one, without the user's settings of Jupyter and IPython."""
    package = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), package]))
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JUPYTER_", "IPYTHON")) and name != "PYTHONSTARTUP"
    }
    return {
        **inherited,
        "IPYTHONDIR": str(scratch / "ipython"),
        "JUPYTER_CONFIG_DIR": str(scratch / "config"),
        "JUPYTER_DATA_DIR": str(scratch / "data"),
        "JUPYTER_RUNTIME_DIR": str(scratch / "runtime"),
        "JUPYTER_PLATFORM_DIRS": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "PYTHONPATH": path,
        **more,
        MARK: mark,
    }


def _refuse_running_loop() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:  # there is none, which is what we need
        return
    raise RuntimeError(
        "run_notebook was called within a running asyncio loop, such as a notebook's; call it "
        "from a script or the command line, or in a thread: asyncio.to_thread(run_notebook, ...)"
    )


def _new_loop() -> asyncio.AbstractEventLoop:
    # zmq cannot work with the loop that is the usual one on Windows.
    return asyncio.SelectorEventLoop() if sys.platform == "win32" else asyncio.new_event_loop()


def _close(loop: asyncio.AbstractEventLoop) -> None:
    """Let what was interrupted come to its end, then close."""
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.wait(tasks, timeout=10))
    for task in tasks:
        if task.done() and not task.cancelled():
            task.exception()  # taken note of: what matters has been raised already
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


def _look_again(channel: Any, every: float = 0.2) -> None:
    """Have a wait on `channel` without an end look anew every so many seconds.

    nbclient answers a widget on the very channel on which it waits for the reply to a cell.
    jupyter_client sends past zmq's asyncio layer, which then does not hear of a reply that comes in
    at that moment, and would wait for it for ever: one cell with a widget in ten.
    """
    wait = channel.get_msg

    async def get_msg(timeout: float | None = None) -> Any:
        while timeout is None:
            with contextlib.suppress(queue.Empty):
                return await wait(timeout=every)
        return await wait(timeout=timeout)

    channel.get_msg = get_msg


def _size(message: Mapping[str, Any]) -> int:
    """Bytes of a message, about: of its texts and its buffers."""
    size, rest = 0, [message["content"], *message.get("buffers", ())]
    while rest:
        value = rest.pop()
        if isinstance(value, str):
            size += len(value) if value.isascii() else len(value.encode("utf-8", "replace"))
        elif isinstance(value, (bytes, bytearray, memoryview)):
            size += len(value)
        elif isinstance(value, Mapping):
            rest += [*value.keys(), *value.values()]
        elif isinstance(value, (list, tuple)):
            rest += value
        else:
            size += 8
    return size


def _plain(text: str) -> str:
    """Without the terminal's colours."""
    return re.sub(r"\x1b\[[0-?]*[ -/]*[@-~]", "", text)


def _tail(log: Path) -> str:
    """The end of what the kernel's process wrote outside of all cells."""
    with contextlib.suppress(OSError), log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 2000))
        return _plain(file.read().decode("utf-8", "replace"))
    return ""
