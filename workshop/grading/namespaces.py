"""Linux namespaces by hand: a process that sees nothing but what it is given.

Two uses. As a program (`boot`) it builds the sandbox where bubblewrap is not there: a root of its
own with read-only views of a few folders, no network, a process table of its own, no privileges.
As a module (`enter`) it gives each run inside such a sandbox namespaces of its own once more, so
that one answer neither sees nor outlives another. Standard library only: it runs before anything
else does, under `python -I`.
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import signal
import sys
from typing import Any, NoReturn

NEWNS, NEWUTS, NEWIPC = 0x00020000, 0x04000000, 0x08000000
NEWUSER, NEWPID, NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 32, 4096, 16384, 1 << 18
MNT_DETACH = 2
ATTR_RDONLY, ATTR_NOSUID, ATTR_NODEV = 1, 2, 4
AT_FDCWD, AT_RECURSIVE = -100, 0x8000
MOUNT_SETATTR = 442  # the same on every architecture; since Linux 5.12
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41, "riscv64": 41, "ppc64le": 203, "s390x": 217}
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP = 1, 4, 24
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 36, 38
DEVICES = ("null", "zero", "random", "urandom")


class _Attributes(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_uint64) for name in ("set", "clear", "spread", "userns"))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: object) -> None:
    """A function of the C library; what it refuses becomes an OSError."""
    if getattr(_libc(), name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    """Leave the namespaces that `flags` name for new ones.

    Raises:
        OSError: the system does not allow it.
    """
    _call("unshare", ctypes.c_int(flags))


def mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    """mount(2).

    Raises:
        OSError: the system does not allow it.
    """
    texts = [text.encode() or None for text in (source, target, kind)]
    _call("mount", *texts, ctypes.c_ulong(flags), options.encode() or None)


def prctl(option: int, value: int = 0) -> None:
    """prctl(2) with one argument.

    Raises:
        OSError: the system does not allow it.
    """
    unsigned = ctypes.c_ulong
    _call("prctl", ctypes.c_int(option), unsigned(value), unsigned(0), unsigned(0), unsigned(0))


def drop_privileges(user: int | None = None) -> None:
    """Give up every capability for good and, if `user` is given, become that user and group."""
    for capability in range(64):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError:  # there are no more of them, or none of them is ours
            break
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    nothing = (ctypes.c_uint32 * 6)()
    _call("capset", header, nothing)
    prctl(PR_SET_NO_NEW_PRIVS, 1)


def _map_self(user: int, group: int) -> None:
    """In a new user namespace, be who one was."""
    for file, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        with open(f"/proc/self/{file}", "w") as opened:
            opened.write(text)


# --- one run within the sandbox ------------------------------------------------------------------


def enter() -> None:
    """From here on be a process of which the rest of the sandbox knows nothing, nor it of that.

    Returns in the new process, number 1 of its own process namespace, without privileges; the one
    that called waits, ends as that one ends, and takes nothing along. /proc and /tmp are empty.

    Raises:
        OSError: the system allows no namespaces within namespaces.
    """
    user, group = os.getuid(), os.getgid()
    prctl(PR_SET_DUMPABLE, 1)  # else its own /proc/self is closed to it
    unshare(NEWUSER | NEWPID | NEWNS | NEWIPC)
    _map_self(user, group)
    try:  # and that is the last one: no further ones, where the file may be written
        with open("/proc/sys/user/max_user_namespaces", "w") as file:
            file.write("0")
    except OSError:
        pass
    if child := os.fork():
        _end_as(child)
    mount("", "/", "", MS_REC | MS_PRIVATE)
    empty = ["/proc"]
    if os.listdir("/tmp"):  # Python itself may be in there: nothing is written, if not empty
        mount("none", "/tmp", "", MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV)
    else:
        empty.append("/tmp")
    for place in empty:
        mount("none", place, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=4k")
    drop_privileges()
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.chdir("/")


def _end_as(child: int) -> NoReturn:
    """Wait for the child and end the way it did."""
    os.closerange(0, 1024)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(os.WEXITSTATUS(status))


# --- the sandbox ---------------------------------------------------------------------------------


def boot(plan: dict[str, Any]) -> NoReturn:
    """Build the sandbox that `plan` describes and run its command in it as process number 1.

    plan: root, an empty folder to build in; views, pairs of (what, where) shown read-only; hidden,
    folders covered with nothing; command; environment; user, to become if this is root.
    """
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    user, group = os.getuid(), os.getgid()
    own = NEWNS | NEWUTS | NEWIPC | NEWPID | NEWNET
    become = None
    try:
        if user != 0:
            raise PermissionError
        unshare(own)
        become = plan["user"]
    except PermissionError:
        unshare(own | NEWUSER)
        _map_self(user, group)
    child = os.fork()
    if child:
        _end_as(child)
    _build(plan)
    drop_privileges(become)
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.setsid()
    os.execve(plan["command"][0], plan["command"], plan["environment"])


def _build(plan: dict[str, Any]) -> None:
    """The root folder of the sandbox, and nothing else in sight."""
    root = plan["root"]
    mount("", "/", "", MS_REC | MS_PRIVATE)
    mount("none", root, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=1m")
    for place in ("proc", "tmp"):
        os.makedirs(f"{root}/{place}")
    # Before the views: a virtual environment in /tmp is one of them.
    mount("none", f"{root}/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777,size=16m")
    for what, where in plan["views"]:
        if os.path.islink(what):
            os.makedirs(os.path.dirname(root + where), exist_ok=True)
            os.symlink(os.readlink(what), root + where)
            continue
        _show(what, root + where)
        _read_only(root + where)
    for name in DEVICES:
        _show(f"/dev/{name}", f"{root}/dev/{name}")
    mount("proc", f"{root}/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    for place in plan["hidden"]:
        mount("none", root + place, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV, "size=4k")
    os.chdir(root)
    machine = platform.machine()
    if machine not in PIVOT_ROOT:
        raise OSError(f"pivot_root: not known for {machine}")
    _call("syscall", ctypes.c_long(PIVOT_ROOT[machine]), b".", b".")
    _call("umount2", b".", ctypes.c_int(MNT_DETACH))
    os.chdir("/")
    mount("none", "/", "", MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV)


def _show(what: str, where: str) -> None:
    if os.path.isdir(what):
        os.makedirs(where, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(where), exist_ok=True)
        open(where, "a").close()
    mount(what, where, "", MS_BIND | MS_REC)


def _read_only(where: str) -> None:
    wanted = _Attributes(ATTR_RDONLY | ATTR_NOSUID | ATTR_NODEV, 0, 0, 0)
    _call(
        "syscall",
        ctypes.c_long(MOUNT_SETATTR),
        ctypes.c_int(AT_FDCWD),
        where.encode(),
        ctypes.c_uint(AT_RECURSIVE),
        ctypes.byref(wanted),
        ctypes.c_size_t(ctypes.sizeof(wanted)),
    )


if __name__ == "__main__":
    boot(json.loads(sys.argv[1]))
