"""Grading on many machines: the checks of a class, sent to a dask.distributed scheduler.

    dask scheduler                                  on one machine
    dask worker tcp://THAT-MACHINE:8786             on each; the workshop and torch as they are here
    workshop grade SUBMISSIONS --out DIR --dask tcp://THAT-MACHINE:8786

dask decides where a job runs, and runs it elsewhere when its worker ends. A job is one answer to one
exercise, so that a lost worker costs seconds, and an answer that takes workers down hurts only
itself. The worker runs it in a sandbox (`pool`); what comes back is judged and written down by
`grade`, as if it had run here. Both ways a job is JSON and bytes. Whoever reaches a scheduler can run
anything on its workers: keep it on a private network, or use tls:// (see dask's documentation).
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import itertools
import json
import threading
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workshop.grading import pool, sandbox
from workshop.grading.frames import Ending, Limits, Ready, Request

ANSWER_LIMIT = 10.0  # seconds for a scheduler to answer, and for its first worker to be there
NOBODY_LIMIT = 60.0  # seconds without any worker, after which the grading gives up
STRENGTH = ("none", "namespaces", "bubblewrap")
RESUME = "What was graded is kept: run the same command again."
_numbers = itertools.count()


class Cluster:
    """The workers of a scheduler: for `grade`, what `sandbox.SandboxFiles` are on one machine."""

    def __init__(self, address: str, hidden: Sequence[Path], lessons: Collection[str]) -> None:
        """Connect to the scheduler.

        Raises:
            SandboxError: dask is not installed, or nobody answers at the address.
        """
        try:
            distributed: Any = importlib.import_module("distributed")  # it has no types
        except ImportError:
            raise sandbox.SandboxError(
                "--dask needs dask.distributed, which is not installed: "
                'pip install "deep-learning-workshop[scale]"'
            ) from None
        self.address = address
        self.jobs = 1  # that are sent at a time
        self.stopped = False
        self.settings: dict[str, Any] = {
            "grading": uuid.uuid4().hex,
            "versions": pool.versions(),
            "lessons": sorted(lessons),
            "hidden": [str(place.absolute()) for place in hidden],
        }
        self.gate, self.running, self.alone = threading.Condition(), 0, False
        self.killed, self.slow = distributed.KilledWorker, distributed.TimeoutError
        try:
            with ThreadPoolExecutor(1) as executor:  # the caller may have a loop of its own
                executor.submit(lambda: asyncio.run(_probe(distributed, address))).result()
            self.client: Any = distributed.Client(
                address, timeout=ANSWER_LIMIT, set_as_default=False
            )
        except Exception as error:
            raise sandbox.SandboxError(
                f"--dask {address}: no dask scheduler answered within {ANSWER_LIMIT:g} seconds "
                f"({_named(error)}). Expected the address that `dask scheduler` prints, such as "
                f"tcp://192.168.1.5:8786."
            ) from None

    def ask(
        self, task: Callable[..., Any], *given: Any, alone: bool = False, worker: str | None = None
    ) -> Any:
        """What a function returns on a worker; `alone`: while no other job of this grading runs.

        Raises:
            KilledWorker: as many workers ended with it as the scheduler allows.
            Died: the grading was stopped, or `worker` is gone.
            SandboxError: the scheduler or all workers are gone, or the function raised something.
        """
        where = {"workers": [worker], "allow_other_workers": False} if worker else {}
        key = f"workshop-{self.settings['grading']}-{next(_numbers)}"
        future = None
        with self._turn(alone):
            try:
                settings = json.dumps(self.settings)
                future = self.client.submit(task, settings, *given, key=key, **where)
                return self._result(future, worker)
            except (self.killed, sandbox.SandboxError, sandbox.Died):
                raise
            except (Exception, asyncio.CancelledError) as error:
                raise sandbox.SandboxError(
                    f"--dask {self.address}: the scheduler or a worker failed ({_named(error)}). "
                    f"Is this workshop installed for the workers, and are they running? {RESUME}"
                ) from None
            finally:
                if future is not None:
                    future.release()

    def _result(self, future: Any, worker: str | None) -> Any:
        seen = time.monotonic()
        while True:
            try:
                return future.result(timeout=1.0)
            except self.slow:
                workers = self.client.nthreads()
            if self.stopped:
                raise sandbox.Died("the grading was stopped")
            if worker is not None and worker not in workers:
                raise sandbox.Died("the worker is gone")
            if workers:
                seen = time.monotonic()
            elif time.monotonic() - seen > NOBODY_LIMIT:
                raise sandbox.SandboxError(
                    f"--dask {self.address}: no worker is left since {NOBODY_LIMIT:g} seconds. Start "
                    f"some: dask worker {self.address}. {RESUME}"
                )

    @contextlib.contextmanager
    def _turn(self, alone: bool) -> Iterator[None]:
        with self.gate:
            self.gate.wait_for(lambda: not self.alone)
            self.alone = alone
            self.gate.wait_for(lambda: not alone or self.running == 0)
            self.running += 1
        try:
            yield
        finally:
            with self.gate:
                self.running -= 1
                if alone:
                    self.alone = False
                self.gate.notify_all()

    def close(self) -> None:
        """Let the workers forget this grading, and disconnect."""
        with contextlib.suppress(Exception):
            self.client.run(pool.unregister, self.settings["grading"], on_error="ignore")
        self.client.close(timeout=5)


async def _probe(distributed: Any, address: str) -> None:
    """Ask who is there; a Client that cannot connect takes half a minute to say so."""
    security = distributed.Security().get_connection_args("client")
    async with distributed.rpc(address, timeout=ANSWER_LIMIT, connection_args=security) as there:
        found = (await asyncio.wait_for(there.identity(), ANSWER_LIMIT))["type"]
    if found != "Scheduler":
        raise ValueError(f"there is a {found}")


def _named(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error).strip() or 'no more is known'}"[:500]


@dataclass(eq=False)
class RemoteSandbox:
    """For `grade`, what a `sandbox.Sandbox` is on one machine: at some worker there is one."""

    level: sandbox.Level
    cluster: Cluster
    label: str = field(default_factory=lambda: str(next(_numbers)))

    def wait(self) -> Ready:
        """What is known of the sandboxes."""
        return {"nested": self.level.nested}

    def run(self, request: Request, limits: Limits) -> tuple[bytes | None, Ending]:
        """Try one answer: see `sandbox.Sandbox.run`.

        Raises:
            Died: the sandbox ended with it.
            SandboxError: a worker, or all of them, cannot go on.
        """
        plain = {name: value for name, value in request.items() if name != "inputs"}
        task = json.dumps({"label": self.label, "request": plain, "limits": vars(limits)})
        given = (pool.run_job, task, request["inputs"])
        try:
            reply, content = self.cluster.ask(*given)
        except self.cluster.killed:
            # dask blames every job that was waiting at a worker which ended. Is it this one?
            try:
                reply, content = self.cluster.ask(*given, alone=True)
            except self.cluster.killed as error:
                times = error.allowed_failures + 1
                took = f"it took its worker down {times} time{'s' * (times > 1)}"
                return None, {"died": f"{took}, with nothing else of the class running"}
        answer = json.loads(reply)
        if "refused" in answer:
            raise sandbox.SandboxError(f"A dask worker cannot go on: {answer['refused']}\n{RESUME}")
        if "died" in answer:
            raise sandbox.Died(answer["died"])
        ending: Ending = answer["ending"]
        return content, ending

    def another(self) -> RemoteSandbox:
        """A new label, of which no worker has run anything."""
        return RemoteSandbox(self.level, self.cluster)

    def kill(self) -> None:
        """Wait for nothing more."""
        self.cluster.stopped = True

    def close(self) -> None:
        """Nothing: the worker keeps its sandboxes for the next job."""


def _strength(level: dict[str, Any]) -> tuple[int, bool]:
    return STRENGTH.index(level["name"]), level["nested"]


def choose(
    cluster: Cluster, *, unsafe: bool = False, among: Sequence[sandbox.Level] | None = None
) -> tuple[sandbox.Level, RemoteSandbox]:
    """The weakest isolation of the workers, on each of which a sandbox has started; and a box.

    Raises:
        SandboxError: there is no worker, or one cannot take part.
    """
    cluster.settings["unsafe"] = unsafe
    cluster.settings["levels"] = None if among is None else [vars(one) for one in among]
    try:
        cluster.client.wait_for_workers(1, timeout=ANSWER_LIMIT)
    except cluster.slow:
        raise sandbox.SandboxError(
            f"--dask {cluster.address}: no worker there within {ANSWER_LIMIT:g} seconds. Start some: "
            f"dask worker {cluster.address}"
        ) from None
    threads = cluster.client.nthreads()

    def register(worker: str) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = json.loads(cluster.ask(pool.register, worker=worker))
            return answer
        except sandbox.Died:
            return {"gone": True}
        except (sandbox.SandboxError, cluster.killed) as error:
            return {"refused": str(error)}

    with ThreadPoolExecutor(32) as executor:
        try:
            answers = dict(zip(threads, executor.map(register, threads), strict=True))
        except BaseException:
            cluster.stopped = True
            raise
    if refused := [
        f"  {who}: {one['refused']}" for who, one in answers.items() if "refused" in one
    ]:
        raise sandbox.SandboxError(
            f"{len(refused)} of {len(answers)} dask workers cannot take part; stop or fix them:\n"
            + "\n".join(refused)
        )
    here = {who: one for who, one in answers.items() if "gone" not in one}
    if not here:
        raise sandbox.SandboxError(f"--dask {cluster.address}: its workers end as they start.")
    cluster.jobs = 2 * sum(threads[who] for who in here)  # one on its way while another runs
    weakest = min(here.values(), key=_strength)
    count = sum(_strength(one) == _strength(weakest) for one in here.values())
    of = "" if count == len(here) else f" of {len(here)}, better on the others"
    description = f"{weakest['description']} (dask workers: {count}{of})"
    level = sandbox.Level(weakest["name"], description=description, nested=weakest["nested"])
    return level, RemoteSandbox(level, cluster)
