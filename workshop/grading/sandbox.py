"""Where submissions run: which isolation this machine offers, and the process that they run in.

Levels, the best first: bubblewrap; Linux namespaces, made by hand (`namespaces`); none, which only
`unsafe` allows: then limits hold and leftovers are ended, but a submission can read what the grader
can read, and reach the network. A level is taken if a sandbox of that kind really starts.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import pickle
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, cast

from workshop.core.exercise import Exercise
from workshop.core.files import data_dir
from workshop.grading import library
from workshop.grading.frames import Ending, Limits, Ready, Request, exchange
from workshop.grading.plain import Plain

PREFIX = "workshop-grade-"  # of temporary folders; the process's number comes next
LIBRARY = "/library"  # where the library is in the sandbox
START_LIMIT = 120.0  # seconds to load torch on a slow, busy machine
GRACE = 20.0  # seconds beyond the wall time, after which the sandbox itself is given up
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/tmp",
    "TMPDIR": "/tmp",
    "USER": "attendee",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MPLBACKEND": "agg",
    "CUDA_VISIBLE_DEVICES": "",
    "WORKSHOP_GRADER": str(os.getpid()),
}
NOBODY = 65534


class SandboxError(Exception):
    """No sandbox can be had here; the message says what to do."""


class Died(Exception):
    """The sandbox ended, or did not speak the protocol, while an answer ran in it."""


@dataclass(frozen=True)
class Level:
    """How submissions are isolated.

    Args:
        name: bubblewrap, namespaces or none.
        other_user: whether they run as another user than the grader, who is root then.
        description: for the instructor, with what was found when it was tried.
        nested: whether to try to give each run namespaces of its own in there.
    """

    name: str
    other_user: bool = False
    description: str = ""
    nested: bool = True

    def __str__(self) -> str:
        """For the instructor."""
        return self.description


NO_LEVEL = Level(
    "none",
    description="none (--unsafe): submissions can read your files and reach the network; only time, "
    "memory and processes are limited",
)


class Runner(Protocol):
    """What tries answers: a `Sandbox`; `Plain` on other systems; `scale.RemoteSandbox` for dask."""

    level: Level

    def wait(self) -> Ready:
        """Return when it has started."""

    def run(self, request: Request, limits: Limits) -> tuple[bytes | None, Ending]:
        """Try one answer: what came back, and how the run ended."""

    def another(self) -> Runner:
        """A new one of the same kind."""

    def kill(self) -> None:
        """End it at once, from any thread."""

    def close(self) -> None:
        """End it."""


class SandboxFiles:
    """What all sandboxes of a grading share: the library without its answers, on disk.

    hidden: folders that must not be seen even where a view would show them.
    lessons: whose notebooks' imports are worth loading beforehand; None: all.
    """

    def __init__(
        self,
        exercises: Iterable[Exercise],
        hidden: Sequence[Path] = (),
        lessons: Collection[str] | None = None,
    ) -> None:
        """Write the library into a temporary folder."""
        _clear_away()
        self.folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
        self.folder.chmod(0o755)
        try:
            self.root = self.folder / "root"
            self.library = self.folder / "library"
            self.root.mkdir()
            self.library.mkdir()
            self.references = library.write(self.library, exercises)
            self.data = data_dir()
            self.modules = library.module_names(lessons)
            self.hidden = [library.PACKAGE, *_installed(), *hidden]
            if (library.PACKAGE.parent / "pyproject.toml").exists():
                self.hidden += [library.PACKAGE.parent]
        except BaseException:
            self.close()
            raise

    def views(self) -> list[tuple[str, str]]:
        """(what, where) of the folders and files that are shown, read-only: Python and the library."""
        views = [(place, place) for place in _python_places()]
        views.append((str(self.library), LIBRARY))
        views.append((str(self.data), f"{LIBRARY}/data"))
        return views

    def covered(self) -> list[str]:
        """The hidden folders that lie within a view, such as the installed package itself."""
        shown = [Path(where) for _, where in self.views() if not where.startswith(LIBRARY)]
        return [
            str(place)
            for place in dict.fromkeys(Path(one).resolve() for one in self.hidden)
            if place.is_dir() and any(one == place or one in place.parents for one in shown)
        ]

    def close(self) -> None:
        """Remove the temporary folder."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _clear_away() -> None:
    """Remove the temporary folders of gradings that were killed."""
    import psutil

    for old in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
        number = old.name.removeprefix(PREFIX).partition("-")[0]
        with contextlib.suppress(OSError):
            mine = os.name == "nt" or old.lstat().st_uid == os.getuid()
            if number.isdigit() and mine and not psutil.pid_exists(int(number)):
                shutil.rmtree(old, ignore_errors=True)


def _installed() -> list[Path]:
    """Other copies of this package that lie where Python looks for packages."""
    places = [*sys.path, *sysconfig.get_paths().values()]
    return [Path(place) / "workshop" for place in dict.fromkeys(places) if place]


def _python_places() -> list[str]:
    """What Python itself is made of: its prefixes, the C library, and what it takes packages from."""
    places: list[str] = []
    system = ("/", "/usr", "/usr/local")

    def add(place: str) -> None:
        inside = any(place == one or place.startswith(f"{one}/") for one in places)
        if os.path.lexists(place) and not inside:
            places.append(place)

    for place in ("/usr/lib", "/usr/lib32", "/usr/lib64", "/lib", "/lib64", "/etc/ld.so.cache"):
        add(place)
    for prefix in (sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix):
        for place in dict.fromkeys((prefix, os.path.realpath(prefix))):
            if place not in system:
                add(place)
    executable = sys.executable
    for _ in range(10):  # a chain of links: each of them, and where it ends
        add(executable)
        if not os.path.islink(executable):
            break
        executable = os.path.normpath(
            os.path.join(os.path.dirname(executable), os.readlink(executable))
        )
    add(os.path.realpath(executable))
    for entry in sys.path:
        if os.path.basename(entry) in ("site-packages", "dist-packages") or (
            entry.startswith(("/usr/", "/opt/")) and "python" in entry
        ):
            add(entry)
    return places


# --- starting one --------------------------------------------------------------------------------


def _command(number: int, where: str) -> list[str]:
    code = (
        f"import sys; sys.path.insert(0, {where!r}); "
        f"from workshop.grading import server; server.main({number})"
    )
    return [sys.executable, "-I", "-c", code]


def _start(level: Level, files: SandboxFiles, number: int) -> subprocess.Popen[bytes]:
    user = _unused_user() if level.other_user else None
    options: dict[str, Any] = {
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.PIPE,
        "pass_fds": (number,),
        "cwd": "/",
        "start_new_session": True,
    }
    if user is not None and level.name == "bubblewrap":
        options |= {"user": user, "group": user, "extra_groups": []}
    if level.name == "bubblewrap":
        command = _bubblewrap(files) + _command(number, LIBRARY)
        return subprocess.Popen(command, env=ENVIRONMENT, **options)
    if level.name == "namespaces":
        plan = {
            "root": str(files.root),
            "views": files.views(),
            "hidden": files.covered(),
            "command": _command(number, LIBRARY),
            "environment": ENVIRONMENT,
            "user": user,
        }
        boot = str(library.PACKAGE / "grading" / "namespaces.py")
        command = [sys.executable, "-I", boot, json.dumps(plan)]
        return subprocess.Popen(command, env=ENVIRONMENT, **options)
    data = files.library / "data"
    if not data.is_symlink():
        data.rmdir()
        data.symlink_to(files.data, target_is_directory=True)
    temporary = str(files.root)
    environment = {**ENVIRONMENT, "HOME": temporary, "TMPDIR": temporary}
    return subprocess.Popen(_command(number, str(files.library)), env=environment, **options)


def _unused_user() -> int:
    """A user for one sandbox: limits on processes are kept per user, and it owns nothing."""
    return 60_000 + (17 * os.getpid() + next(_users)) % 1000


_users = itertools.count()


def _bubblewrap(files: SandboxFiles) -> list[str]:
    command = [
        shutil.which("bwrap") or "bwrap",
        "--unshare-user",
        "--unshare-all",
        "--die-with-parent",
        "--new-session",
        "--as-pid-1",
        "--cap-drop",
        "ALL",
        "--clearenv",
        "--hostname",
        "sandbox",
    ]
    if os.geteuid() == 0:  # in there nobody is root, whoever that is out here
        command += ["--uid", str(NOBODY), "--gid", str(NOBODY)]
    for name, value in ENVIRONMENT.items():
        command += ["--setenv", name, value]
    # Before the views: a virtual environment in /tmp is one of them.
    command += ["--size", str(16 << 20), "--tmpfs", "/tmp"]
    for what, where in files.views():
        if os.path.islink(what):
            command += ["--symlink", os.readlink(what), where]
        else:
            command += ["--ro-bind", what, where]
    for name in ("null", "zero", "random", "urandom"):
        command += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
    command += ["--proc", "/proc"]
    for place in files.covered():
        command += ["--tmpfs", place, "--remount-ro", place]
    return [*command, "--chdir", "/", "--remount-ro", "/", "--"]


@dataclass(eq=False)
class Sandbox:
    """A server in a sandbox; `run` tries one answer in it, one at a time."""

    level: Level
    files: SandboxFiles
    process: subprocess.Popen[bytes] = field(init=False)
    control: socket.socket = field(init=False)
    ready: Ready | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        """Start it; `wait` says when it is warm."""
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.process = _start(self.level, self.files, theirs.fileno())
        assert self.process.stderr is not None  # it is a pipe
        self.stderr = self.process.stderr
        first = {
            "modules": self.files.modules,
            "references": len(self.files.references),
            "nested": self.level.nested,
        }
        with contextlib.suppress(OSError):  # it has ended: `wait` says why
            self.control.send(json.dumps(first).encode())

    def wait(self) -> Ready:
        """What the server says of itself once it is warm.

        Raises:
            Died: it did not start; the message is its last line of stderr.
        """
        if self.ready is None:
            try:
                self.control.settimeout(START_LIMIT)
                for one in self.files.references:
                    self.control.send(json.dumps(vars(one)).encode())
                self.ready = cast(Ready, self._receive())
            except (OSError, Died):
                self.process.kill()
                stderr = self.stderr.read(20_000).decode(errors="replace").strip()
                self.close()
                raise Died(
                    stderr.splitlines()[-1] if stderr else "it ended without a message"
                ) from None
        return self.ready

    def run(self, request: Request, limits: Limits) -> tuple[bytes | None, Ending]:
        """Try one answer: the bytes that came back, if they came whole, and how the run ended.

        Raises:
            Died: the sandbox ended with it.
        """
        self.wait()
        ours, theirs = socket.socketpair()
        deadline = time.monotonic() + limits.wall + GRACE
        with ours:
            try:
                with theirs:
                    self.control.settimeout(GRACE)
                    message = json.dumps(limits.as_dict()).encode()
                    socket.send_fds(self.control, [message], [theirs.fileno()])
                content, surplus = exchange(ours, pickle.dumps(request), deadline)
                ours.close()  # whoever still writes gets no further
                if surplus:
                    self.control.send(b"stop")
                self.control.settimeout(max(1.0, deadline - time.monotonic()))
                return content, cast(Ending, self._receive())
            except OSError as error:
                self.close()
                raise Died(str(error)) from None

    def _receive(self) -> Any:
        message = self.control.recv(65536)
        if not message:
            raise Died("it ended")
        return json.loads(message)

    def another(self) -> Sandbox:
        """A new one of the same kind."""
        return Sandbox(self.level, self.files)

    def kill(self) -> None:
        """End it at once, from any thread."""
        self.process.kill()

    def close(self) -> None:
        """End it, and with it everything that runs in it."""
        self.control.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)  # it ends what it started, then itself
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.stderr.close()


# --- which level ---------------------------------------------------------------------------------


def on_linux() -> bool:
    """Whether there can be a sandbox at all."""
    return sys.platform.startswith("linux")


def candidates() -> list[Level]:
    """The levels that may work here, the best first."""
    if not on_linux():
        return []
    root = os.geteuid() == 0
    found = []
    if shutil.which("bwrap"):
        found.append(Level("bubblewrap", root))
    found.append(Level("namespaces", root))
    if root and shutil.which("bwrap"):
        found.append(Level("bubblewrap"))
    return found


def choose(
    files: SandboxFiles, *, unsafe: bool = False, among: Sequence[Level] | None = None
) -> tuple[Level, Runner]:
    """The best level that works here, and a sandbox of it that has started.

    Raises:
        SandboxError: none does, and `unsafe` was not given.
    """
    tried = []
    for level in candidates() if among is None else among:
        sandbox = None
        try:
            sandbox = Sandbox(level, files)
            ready = sandbox.wait()
        except (OSError, Died, subprocess.SubprocessError) as error:
            tried.append(f"  {level.name}: {error}")
            continue
        if not ready["pid_namespace"]:
            tried.append(f"  {level.name}: it shares its processes with others")
            sandbox.close()
            continue
        root = os.geteuid() == 0 and not level.other_user
        user = "as root without its rights" if root else f"as user {ready['user']}"
        description = f"{level.name}, {user}, without network and files"
        description += ", each run in namespaces of its own" if ready["nested"] else ""
        level = replace(level, description=description)
        sandbox.level = level
        return level, sandbox
    if unsafe and not on_linux():
        return NO_LEVEL, Plain(NO_LEVEL)
    if unsafe:
        sandbox = Sandbox(NO_LEVEL, files)
        try:
            sandbox.wait()
        except Died as error:
            raise SandboxError(f"The grader's own process did not start: {error}") from None
        return NO_LEVEL, sandbox
    reasons = "\n".join(tried) or f"  this is {sys.platform}: classes are graded on Linux (or WSL)"
    raise SandboxError(
        "Submissions are strangers' code, and this machine offers no isolation for them:\n"
        f"{reasons}\n"
        "Install bubblewrap (apt-get install bubblewrap) and allow user namespaces; in a container, "
        "grade on the host instead. Only for submissions that you trust like your own code: "
        "--unsafe."
    )
