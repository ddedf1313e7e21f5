"""The process that runs what an attendee wrote: `python -m workshop.exercises.worker`.

It imports torch once and then serves requests: a length and a pickle come in on standard input
(from the attendee's own notebook), a length and JSON go out on standard output. Printing, crashes
and endless loops stay in here; the other side ends the process when its time is up.
"""

from __future__ import annotations

import json
import linecache
import os
import pickle
import queue
import struct
import sys
import threading
from collections.abc import Callable
from typing import Any, BinaryIO


def read_frame(stream: BinaryIO) -> bytes | None:
    """One message, or None when the other side has gone."""
    header = stream.read(4)
    if len(header) < 4:
        return None
    (length,) = struct.unpack(">I", header)
    content = stream.read(length)
    return content if len(content) == length else None


def write_frame(stream: BinaryIO, content: bytes) -> None:
    """Send one message."""
    stream.write(struct.pack(">I", len(content)) + content)
    stream.flush()


def serve() -> None:
    """Answer requests until standard input closes."""
    incoming = os.fdopen(os.dup(0), "rb")
    outgoing = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):  # what attendees print must not disturb the conversation
        os.dup2(nothing, descriptor)
    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def listen() -> None:
        while (frame := read_frame(incoming)) is not None:
            requests.put(frame)
        os._exit(0)  # the notebook has gone; do not outlive it, not even in an endless loop

    threading.Thread(target=listen, daemon=True).start()

    import torch

    torch.set_num_threads(1)
    write_frame(outgoing, b'{"ready": true}')
    while True:
        answer = respond(pickle.loads(requests.get()))
        write_frame(outgoing, json.dumps(answer, allow_nan=False).encode())


def respond(request: dict[str, Any]) -> dict[str, Any]:
    """Run one request; whatever goes wrong in the attendee's code becomes part of the answer."""
    from workshop.exercises.observe import Missing, bindable, observe

    try:
        function = _function(request)
    except Missing as missing:
        return {"missing": str(missing)}
    except BaseException as error:
        return {"broken": f"{type(error).__name__}: {error}"[:2000]}
    cases = pickle.loads(request["cases"])
    if signature := bindable(function, len(cases[0])):
        return {"signature": signature}
    outcomes = observe(function, cases, gradients=request["gradients"], watched=request["watched"])
    return {"outcomes": outcomes}


def _function(request: dict[str, Any]) -> Callable[..., Any]:
    from workshop.exercises.observe import load_function

    if "source" in request:
        return load_function(request["source"], request["name"])
    for file, lines in request["lines"].items():
        linecache.cache[file] = (0, None, lines, file)
    return pickle.loads(request["function"])


if __name__ == "__main__":
    sys.modules.setdefault("workshop.exercises.worker", sys.modules["__main__"])
    serve()
