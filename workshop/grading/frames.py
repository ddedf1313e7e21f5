"""What goes between the grader and a sandbox: a frame is four bytes of length, then the content.

The server and the fork that runs an answer use it in the sandbox; standard library only.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import time
from dataclasses import dataclass
from typing import TypedDict

HEADER = struct.Struct(">I")
MAX_BYTES = 64_000_000  # of the content of a frame
MAX_TASKS = 16  # processes and threads of a run


class Request(TypedDict):
    """One answer to try: the notebook's cells, and what the exercise gives the function `name`."""

    name: str
    cells: tuple[tuple[str, str | None], ...]  # source, and the exercise that it is marked with
    inputs: bytes  # pickled by the grader
    gradients: list[int]
    watched: list[str]
    reference: str


class Ready(TypedDict, total=False):
    """What a server says of its sandbox once torch is loaded."""

    pid_namespace: bool  # whether it has a process namespace of its own
    nested: bool  # whether each run has namespaces of its own in there
    user: int


class Ending(TypedDict, total=False):
    """How a run ended: `why` it was ended ('' if it ended by itself), or how the process did."""

    why: str  # '', 'time', 'memory' or 'stopped'
    seconds: float
    cpu: float
    signal: int
    exit: int
    died: str


class LimitsDict(TypedDict):
    """Limits as the server has them: seconds, bytes, processes and threads."""

    cpu: float
    wall: float
    memory: int
    tasks: int


@dataclass(frozen=True)
class Limits:
    """What a run may take.

    Args:
        seconds: of the processor; on the clock twice that and five more.
        memory: bytes beyond those that torch and the lessons take.
    """

    seconds: float
    memory: int

    @property
    def wall(self) -> float:
        """Seconds on the clock."""
        return 2 * self.seconds + 5

    def as_dict(self) -> LimitsDict:
        """For the server."""
        return {
            "cpu": self.seconds,
            "wall": self.wall,
            "memory": self.memory,
            "tasks": MAX_TASKS,
        }


def receive(descriptor: int) -> bytes:
    """The content of the frame that comes next.

    Raises:
        EOFError: the other side has closed.
        ValueError: it would be longer than `MAX_BYTES`.
    """
    (length,) = HEADER.unpack(_read(descriptor, HEADER.size))
    if length > MAX_BYTES:
        raise ValueError(f"a frame of {length} bytes")
    return _read(descriptor, length)


def _read(descriptor: int, count: int) -> bytes:
    parts = []
    while count:
        part = os.read(descriptor, min(count, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def send(descriptor: int, content: bytes) -> None:
    """Write one frame."""
    frame = HEADER.pack(len(content)) + content
    while frame:
        frame = frame[os.write(descriptor, frame) :]


def exchange(ours: socket.socket, request: bytes, deadline: float) -> tuple[bytes | None, bool]:
    """Send a frame to a stranger; the content of the one that comes back, if it is whole.

    Args:
        ours: the socket.
        request: what is sent.
        deadline: of `time.monotonic`.

    Returns:
        The content, or None; and whether more came than one frame of `MAX_BYTES`.

    Raises:
        TimeoutError: nothing came until the deadline.
    """
    ours.settimeout(max(1.0, deadline - time.monotonic()))
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        ours.sendall(HEADER.pack(len(request)) + request)
    frame, whole = bytearray(), HEADER.size
    while len(frame) <= whole <= MAX_BYTES + HEADER.size:
        ours.settimeout(max(0.1, deadline - time.monotonic()))
        try:
            part = ours.recv(1 << 20)
        except ConnectionResetError:
            break
        if not part:
            break
        frame += part
        if len(frame) >= HEADER.size:
            whole = HEADER.size + HEADER.unpack_from(frame)[0]
    surplus = len(frame) > whole or whole > MAX_BYTES + HEADER.size
    return (bytes(frame[HEADER.size :]) if len(frame) == whole > HEADER.size else None), surplus
