"""Frames between grader and sandbox: whole ones come through, all others are noticed."""

import os
import socket
import struct
import threading
import time

import pytest

from workshop.grading import frames


def test_a_frame_comes_out_as_it_went_in():
    ours, theirs = socket.socketpair()
    content = os.urandom(3_000_000)  # more than a socket holds at a time
    with ours, theirs:
        writer = threading.Thread(target=frames.send, args=(ours.fileno(), content))
        writer.start()
        assert frames.receive(theirs.fileno()) == content
        writer.join()
        ours.sendall(struct.pack(">I", frames.MAX_BYTES + 1))
        with pytest.raises(ValueError, match="a frame of 64000001 bytes"):
            frames.receive(theirs.fileno())
        ours.sendall(struct.pack(">I", 3) + b"ab")
        ours.close()
        with pytest.raises(EOFError):
            frames.receive(theirs.fileno())


@pytest.mark.parametrize(
    ("reply", "content", "surplus"),
    [
        (struct.pack(">I", 2) + b"ab", b"ab", False),
        (struct.pack(">I", 2) + b"abc", None, True),
        (struct.pack(">I", 2) + b"a", None, False),
        (struct.pack(">I", 0), None, False),
        (struct.pack(">I", frames.MAX_BYTES + 1), None, True),
        (b"\x00", None, False),
        (b"", None, False),
    ],
)
def test_exchange_takes_one_whole_frame_and_nothing_else(reply, content, surplus):
    ours, theirs = socket.socketpair()

    def answer():
        with theirs:
            assert frames.receive(theirs.fileno()) == b"request"
            theirs.sendall(reply)

    other = threading.Thread(target=answer)
    other.start()
    with ours:
        assert frames.exchange(ours, b"request", time.monotonic() + 5) == (content, surplus)
    other.join()


def test_exchange_waits_until_its_deadline():
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(TimeoutError):
        frames.exchange(ours, b"request", time.monotonic() + 0.2)
