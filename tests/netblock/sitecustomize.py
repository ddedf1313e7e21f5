"""No network in tests: every Python that is started with this folder on its path refuses to connect.

An audit hook cannot be removed. Loopback and this machine's own name are allowed. Each attempt is
refused and written to the file that WORKSHOP_NETWORK_LOG names, so that the test fails even if the
code swallows the error.
"""

import ipaddress
import os
import socket
import sys


def _allowed(host):
    if host is None or isinstance(host, bytes):
        host = (host or b"").decode(errors="replace")
    if host in ("", "localhost", "<broadcast>", socket.gethostname()):
        return True
    try:
        return ipaddress.ip_address(host.split("%")[0]).is_loopback or host in ("0.0.0.0", "::")
    except ValueError:
        return False


def _hook(event, args):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = args[-1]
        host = address[0] if isinstance(address, tuple) else None  # a path is a local socket
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = args[0]
    else:
        return
    if _allowed(host):
        return
    log = os.environ.get("WORKSHOP_NETWORK_LOG")
    if log:
        with open(log, "a", encoding="utf-8") as file:
            file.write(f"{event} {host}\n")
    raise OSError(f"the network is blocked in tests: {event} {host}")


sys.addaudithook(_hook)
