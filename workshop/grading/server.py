"""The warm process in the sandbox: torch and the lessons loaded once, a fork of it for each answer.

It runs nobody's code itself and reads no submission: for each run it is handed one end of a socket,
which only the fork reads. It waits for the fork, with limits, and sees to it that nothing is left
behind. (Fork, not threads: torch is single-threaded here, so a fork of it is whole.)
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import resource
import select
import shutil
import signal
import socket
import sys
import time
from pathlib import Path

from workshop.grading import child, namespaces
from workshop.grading.frames import Ending, LimitsDict, Ready

TICK = 0.02  # seconds between two looks at what a run takes
MAX_FILE = 1_000_000  # bytes of a file it writes, where there is a place to write at all
# What notebooks import, loaded once for all; the lessons and core come besides.
COMMON = (
    "torch.nn.functional",
    "torch.utils.data",
    "numpy",
    "matplotlib.figure",
    "ipywidgets",
    "IPython.display",
)


def main(number: int) -> None:
    """Serve on the socket with that file descriptor until the other side closes it."""
    control = socket.socket(fileno=number)
    control.set_inheritable(False)
    server = Server(control)
    server.prepare()
    server.serve()


class Server:
    """What `main` does, in steps."""

    def __init__(self, control: socket.socket) -> None:
        """Take the socket."""
        self.control = control
        self.pid_namespace = os.getpid() == 1  # then every other process here is part of a run
        self.nested = False
        self.watch = Watch(self.pid_namespace)

    def prepare(self) -> None:
        """Load what answers use, take the references, see what the system allows; say so."""
        first = json.loads(self.control.recv(65536))
        for name in (*COMMON, *first["modules"]):
            with contextlib.suppress(Exception):  # the answer that needs it says so
                importlib.import_module(name)
        import torch

        torch.set_num_threads(1)
        for _ in range(first["references"]):
            one = json.loads(self.control.recv(200_000))
            child.restore(one["module"], one["name"], one["source"])
        del one
        if self.pid_namespace:
            namespaces.prctl(namespaces.PR_SET_DUMPABLE, 0)  # nobody may look into it
            self.nested = first["nested"] and self._nests()
        else:
            namespaces.prctl(namespaces.PR_SET_CHILD_SUBREAPER, 1)
        gc.collect()
        gc.freeze()
        self._send(
            {
                "pid_namespace": self.pid_namespace,
                "nested": self.nested,
                "user": os.getuid(),
            }
        )

    def serve(self) -> None:
        """One run after another."""
        null = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):  # else a run that prints fills a pipe, and waits
            os.dup2(null, number)
        os.close(null)
        while True:
            message, descriptors, _, _ = socket.recv_fds(self.control, 65536, 1)
            if not message:
                return
            if not descriptors:  # "stop", which came after the end
                continue
            self._send(self.run(descriptors[0], json.loads(message)))

    def run(self, descriptor: int, limits: LimitsDict) -> Ending:
        """Fork, let the fork serve the socket `descriptor`, and say how it ended."""
        start = time.monotonic()
        first = os.fork()
        if first == 0:
            code = 70
            try:
                self.control.close()
                os.setsid()
                data = _data_size()  # as long as there is a /proc
                _prefer_for_oom()
                if self.nested:
                    namespaces.enter()
                _limit(limits, data)
                code = child.serve(descriptor)
            finally:
                os._exit(code)
        os.close(descriptor)
        why, usage, status = self._wait(first, start, limits)
        self._end_all()
        seconds = time.monotonic() - start
        if not why and usage.ru_utime + usage.ru_stime >= limits["cpu"] and _killed(status):
            why = "time"  # the system ended it at its limit
        ending: Ending = {"why": why, "seconds": seconds, "cpu": usage.ru_utime + usage.ru_stime}
        if os.WIFSIGNALED(status):
            return {**ending, "signal": os.WTERMSIG(status)}
        return {**ending, "exit": os.WEXITSTATUS(status)}

    def _wait(
        self, first: int, start: float, limits: LimitsDict
    ) -> tuple[str, resource.struct_rusage, int]:
        """Why it had to be ended ('' if it ended by itself), what it used, its exit status."""
        why, handle = "", os.pidfd_open(first)
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        poll.register(self.control, select.POLLIN)
        while True:
            for number, _ in poll.poll(TICK * 1000):
                if number == handle:
                    continue
                if not self.control.recv(65536):  # whoever asked has gone
                    self._end_all()
                    os._exit(0)
                why = "stopped"  # what came back is no answer: the rest is not wanted
            done, status, usage = os.wait4(first, os.WNOHANG)
            if done:
                break
            memory, cpu = self.watch.memory_and_cpu()
            if why:
                pass
            elif time.monotonic() - start > limits["wall"] or cpu > limits["cpu"]:
                why = "time"
            elif memory > limits["memory"]:
                why = "memory"
            if why:
                os.kill(first, signal.SIGKILL)
                self._kill_all()
                _, status, usage = os.wait4(first, 0)
                break
        os.close(handle)
        return why, usage, status

    def _kill_all(self) -> None:
        if self.pid_namespace:
            try:
                os.kill(-1, signal.SIGKILL)  # everything in this namespace but this process
            except ProcessLookupError:
                return
        else:
            for one in descendants():
                try:
                    os.kill(one, signal.SIGKILL)
                except ProcessLookupError:
                    continue

    def _end_all(self) -> None:
        """End what the run left behind, until nothing is, and clear what it wrote."""
        while True:
            self._kill_all()
            try:
                while os.waitpid(-1, 0 if self.pid_namespace else os.WNOHANG)[0]:
                    pass
            except ChildProcessError:  # none left
                break
            time.sleep(0.001)
        if self.pid_namespace and not self.nested:
            for path in Path("/tmp").iterdir():
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)

    def _nests(self) -> bool:
        """Whether a run can have namespaces of its own within these."""
        first = os.fork()
        if first == 0:
            code = 1
            try:
                namespaces.enter()
                code = 0 if os.getpid() == 1 and not os.listdir("/proc") else 1
            finally:
                os._exit(code)
        _, status = os.waitpid(first, 0)
        return status == 0

    def _send(self, message: Ready | Ending) -> None:
        try:
            self.control.send(json.dumps(message).encode())
        except OSError:
            os._exit(0)


class Watch:
    """What the processes of a run have taken since it began, together."""

    def __init__(self, pid_namespace: bool) -> None:
        """pid_namespace: whether every other process in sight belongs to the run."""
        self.pid_namespace = pid_namespace
        self.own = 0

    def memory_and_cpu(self) -> tuple[int, float]:
        """Bytes, shared memory included, and seconds of those that are still there."""
        if not self.own:
            self.own = _resident(os.getpid())
        if self.pid_namespace:
            pids = [int(name) for name in os.listdir("/proc") if name.isdigit() and name != "1"]
        else:
            pids = descendants()
        # A fork shares what this process had: only what goes beyond it counts.
        memory = sum(max(0, _resident(pid) - self.own) for pid in pids)
        return memory, sum(map(_seconds, pids))


def _killed(status: int) -> bool:
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGKILL, signal.SIGXCPU)


def _seconds(pid: int) -> float:
    """Of the processor, that a process has had; 0 if it has gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident(pid: int) -> int:
    """Bytes of anonymous and shared memory of a process; 0 if it has gone."""
    try:
        with open(f"/proc/{pid}/status", "rb") as file:
            text = file.read()
    except OSError:
        return 0
    total = 0
    for line in text.splitlines():
        if line.startswith((b"RssAnon:", b"RssShmem:")):
            total += int(line.split()[1]) * 1024
    return total


def descendants() -> list[int]:
    """The processes that come from this one; those whose parents have ended are its children."""
    found: list[int] = []
    more = _children(os.getpid())
    while more:
        found += more
        more = [child for pid in more for child in _children(pid)]
    return found


def _children(pid: int) -> list[int]:
    found: list[int] = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as file:
                found += map(int, file.read().split())
    except OSError:  # it has just ended
        pass
    return found


def _data_size() -> int:
    with open("/proc/self/status", "rb") as file:
        for line in file:
            if line.startswith(b"VmData:"):
                return int(line.split()[1]) * 1024
    return 0


def _prefer_for_oom() -> None:
    """Should the machine run out of memory, let it end this process and no other."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError:
        pass


def _limit(limits: LimitsDict, data: int) -> None:
    """The limits that the system keeps by itself, for each process of a run."""
    cpu = int(limits["cpu"]) + 1
    # Not the address space: builds of torch for CUDA reserve far more than they use.
    for name, limit in (
        ("RLIMIT_DATA", data + limits["memory"]),
        ("RLIMIT_CPU", cpu),
        ("RLIMIT_FSIZE", MAX_FILE),
        ("RLIMIT_NOFILE", 64),
        ("RLIMIT_CORE", 0),
        ("RLIMIT_MSGQUEUE", 0),
        ("RLIMIT_NPROC", limits["tasks"]),
    ):
        which = getattr(resource, name, None)
        if which is None or limit < 0:
            continue
        _, ceiling = resource.getrlimit(which)
        if ceiling != resource.RLIM_INFINITY:
            limit = min(limit, ceiling)
        resource.setrlimit(which, (limit, limit))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


if __name__ == "__main__":
    main(int(sys.argv[1]))
