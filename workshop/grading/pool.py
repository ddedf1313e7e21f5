"""What a dask worker does in a grading (`scale`): it runs answers in sandboxes of its own.

It needs no more of dask than to be called. What it is sent is the grader's; what it returns are JSON
and the bytes that came out of a sandbox, unread.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import platform
import threading
from functools import cache
from pathlib import Path
from typing import Any, cast

import workshop
from workshop.exercises import all_exercises
from workshop.grading import library, sandbox
from workshop.grading.frames import Limits, Request

IDLE_LIMIT = 300.0  # seconds after which a worker forgets a grading that sends nothing more


@cache
def versions() -> dict[str, str]:
    """What must be the same here and on a worker for the results to be the same."""
    import torch

    digest = hashlib.sha256()
    for path in sorted(library.PACKAGE.rglob("*.py")):
        name = path.relative_to(library.PACKAGE).as_posix()
        if not name.startswith(("_data/", "_notebooks/")):  # a wheel has them there
            digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return {
        "the workshop": workshop.__version__,
        "torch": torch.__version__.partition("+")[0],
        "Python": ".".join(platform.python_version_tuple()[:2]),
        "the workshop's files, with digest": digest.hexdigest()[:12],
    }


class SandboxPool:
    """What a worker keeps for one grading: the library on disk, sandboxes that are warm."""

    def __init__(self, settings: dict[str, Any]) -> None:
        """Find the level of isolation, and start a sandbox.

        Raises:
            SandboxError: this worker has another version, or no isolation.
        """
        for name, wanted in settings["versions"].items():
            if (found := versions()[name]) != wanted:
                raise sandbox.SandboxError(f"it has {name} {found}; the grader has {wanted}")
        self.lock = threading.Lock()
        self.closed = False
        hidden = [Path(place) for place in settings["hidden"]]
        self.files = sandbox.SandboxFiles(all_exercises(), hidden, settings["lessons"])
        levels = settings["levels"]
        among = None if levels is None else [sandbox.Level(**one) for one in levels]
        try:
            self.level, first = sandbox.choose(self.files, unsafe=settings["unsafe"], among=among)
        except BaseException:
            self.files.close()
            raise
        self.first = first
        self.nested = first.wait()["nested"]
        # Whether one attendee's runs leave nothing that another's could find.
        self.shared = self.level.name == "none" or self.nested
        self.idle = [("", first)]  # by the label that each has run something for

    def acquire(self, label: str) -> sandbox.Runner:
        """A warm sandbox; unless `shared`, none that has run something for another label."""
        with self.lock:
            for owner in (label, "", *([name for name, _ in self.idle] if self.shared else [])):
                for place, (name, box) in enumerate(self.idle):
                    if name == owner:
                        return self.idle.pop(place)[1]
            old = self.idle.pop()[1] if self.idle else None
        if old is not None:
            old.close()
        return self.first.another()

    def release(self, label: str, box: sandbox.Runner) -> None:
        """Keep it for the next."""
        with self.lock:
            if not self.closed:
                self.idle.append((label, box))
                return
        box.close()

    def close(self) -> None:
        """End the sandboxes."""
        with self.lock:
            self.closed = True
            boxes, self.idle = self.idle, []
        for _, box in boxes:
            box.close()
        self.files.close()


_pools: dict[str, SandboxPool] = {}
_timers: dict[str, threading.Timer] = {}
_opening = threading.Lock()


def _pool_of(settings: dict[str, Any]) -> SandboxPool:
    name = settings["grading"]
    with _opening:
        if name not in _pools:
            _pools[name] = SandboxPool(settings)
        if name in _timers:
            _timers[name].cancel()
        _timers[name] = threading.Timer(IDLE_LIMIT, unregister, [name])
        _timers[name].daemon = True
        _timers[name].start()
        return _pools[name]


def register(settings: str) -> str:
    """Whether this worker can take part, and how it isolates submissions."""
    try:
        pool = _pool_of(json.loads(settings))
    except sandbox.SandboxError as error:
        return json.dumps({"refused": str(error)})
    level = pool.level
    return json.dumps({"name": level.name, "description": level.description, "nested": pool.nested})


def run_job(settings: str, task: str, inputs: bytes) -> tuple[str, bytes | None]:
    """Run one answer in a sandbox; how that ended, and the bytes that came back."""
    wanted = json.loads(task)
    try:
        pool = _pool_of(json.loads(settings))
        box = pool.acquire(wanted["label"])
        try:
            box.wait()
        except sandbox.Died as error:
            raise sandbox.SandboxError(f"a sandbox did not start again ({error})") from None
    except sandbox.SandboxError as error:
        return json.dumps({"refused": str(error)}), None
    try:
        request = cast(Request, {**wanted["request"], "inputs": inputs})
        content, ending = box.run(request, Limits(**wanted["limits"]))
    except sandbox.Died as error:
        box.close()
        return json.dumps({"died": str(error)}), None
    pool.release(wanted["label"], box)
    return json.dumps({"ending": ending}), content


def unregister(grading: str | None = None) -> None:
    """Forget a grading (None: all), without waiting for its sandboxes to end."""
    for name in list(_pools) if grading is None else [grading]:
        if timer := _timers.pop(name, None):
            timer.cancel()
        if pool := _pools.pop(name, None):
            threading.Thread(target=pool.close).start()


atexit.register(unregister)
