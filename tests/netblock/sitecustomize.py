"""Block the network in a Python process: connections and look-ups, save for this machine itself.

tests/conftest.py puts this folder first on PYTHONPATH, so every Python that a test starts, Jupyter
kernels among them, runs this file before anything else; the process of pytest runs it by hand. An
attempt raises NetworkBlocked and is written to the file that WORKSHOP_NETWORK_LOG names, which
conftest.py reads after each test: code that swallows the exception is found out too.

An audit hook sees what goes through Python's socket module, and cannot be removed. It does not see
C libraries with sockets of their own, programs that are not Python, `python -I`, or the look-up in
`sock.connect(("a.name", 80))`, whose connection is refused all the same.
"""

import os
import sys

LOG_VARIABLE = "WORKSHOP_NETWORK_LOG"
_log_at_start = os.environ.get(LOG_VARIABLE)


class NetworkBlocked(OSError):
    """A test, or what it started, tried to reach the network."""


def install():
    """Block the network in this process from now on; a second call changes nothing."""
    if not hasattr(sys, "_workshop_network_blocked"):
        sys._workshop_network_blocked = True
        sys.addaudithook(_hook)


def _hook(event, arguments):
    # Called for every event of the interpreter, so the usual way out comes first.
    if event not in _TARGETS:
        return
    target = _TARGETS[event](*arguments)
    if target is None:
        return
    _write(event, target)
    raise NetworkBlocked(
        f"the network is blocked in tests: {event} {target}; use data/ and 127.0.0.1"
    )


def _write(event, target):
    # A test may have emptied the environment; a pytest inside a test has a log of its own.
    path = os.environ.get(LOG_VARIABLE, _log_at_start)
    if path is None:
        return
    line = f"{event} {target} by process {os.getpid()}: {' '.join(_argv())}"
    # One write in append mode: lines of several processes do not mix.
    log = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        os.write(log, line.replace("\n", " ").encode("utf-8", "replace") + b"\n")
    finally:
        os.close(log)


def _argv():
    return [str(word)[:200] for word in getattr(sys, "argv", [])[:6]]


# --- what an event wants to reach: a text, or None where that is this machine ---------------------


def _of_connection(sock, address, *_):
    import socket

    family = getattr(sock, "family", None)
    local = [getattr(socket, name, None) for name in ("AF_UNIX", "AF_NETLINK", "AF_ALG")]
    if address is None or isinstance(address, (str, bytes)):
        return None  # a Unix socket, or a message on a connection that was allowed
    if family in [one for one in local if one is not None]:
        return None
    host = address[0] if isinstance(address, tuple) and address else address
    return None if _is_here(host) else repr(address)


def _of_lookup(host, *_):
    # An address in numbers needs no look-up: should it be used, the connection is refused.
    return None if _is_here(host) or _number(host) is not None else repr(host)


def _of_reverse_lookup(host, *_):
    host = host[0] if isinstance(host, tuple) else host
    return None if _is_here(host) else repr(host)


_TARGETS = {
    "socket.connect": _of_connection,
    "socket.sendto": _of_connection,
    "socket.sendmsg": _of_connection,
    "socket.getaddrinfo": _of_lookup,
    "socket.gethostbyname": _of_lookup,
    "socket.gethostbyaddr": _of_reverse_lookup,
    "socket.getnameinfo": _of_reverse_lookup,
}


def _is_here(host):
    if host is None:
        return True
    if isinstance(host, (bytes, bytearray)):
        host = bytes(host).decode("ascii", "replace")
    if not isinstance(host, str):
        return False
    if (number := _number(host)) is not None:
        mapped = getattr(number, "ipv4_mapped", None)  # ::ffff:127.0.0.1
        return (mapped or number).is_loopback or number.is_unspecified
    name = host.rstrip(".").lower()
    return name in ("", "localhost", "<broadcast>") or name in _own_names()


def _number(host):
    import ipaddress

    if isinstance(host, (bytes, bytearray)):
        host = bytes(host).decode("ascii", "replace")
    try:
        return ipaddress.ip_address(host.split("%")[0])
    except (ValueError, AttributeError):
        return None


def _own_names():
    import socket

    name = socket.gethostname().lower()
    short = name.split(".")[0]
    return {name, short, *(f"{short}.{end}" for end in ("local", "localdomain"))}


# --- as sitecustomize -----------------------------------------------------------------------------


def _run_the_other_one():
    """Run the sitecustomize that this one hides, if there is one."""
    from importlib.machinery import PathFinder
    from importlib.util import module_from_spec

    here = os.path.dirname(os.path.abspath(__file__))
    path = [entry for entry in sys.path if os.path.abspath(entry) != here]
    spec = PathFinder.find_spec("sitecustomize", path)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(module_from_spec(spec))


install()
if __name__ == "sitecustomize":
    _run_the_other_one()
