"""The sandboxes that a dask worker keeps warm."""

import threading

import pytest

from workshop.grading import pool


class Fake:
    """A sandbox that notes when it is closed and how many others were made of it."""

    def __init__(self):
        self.closed, self.made = False, 0

    def another(self):
        self.made += 1
        return Fake()

    def close(self):
        self.closed = True


@pytest.mark.parametrize("shared", [True, False])
def test_attendees_share_a_sandbox_only_if_runs_are_isolated(shared, monkeypatch):
    monkeypatch.setattr(pool.SandboxPool, "__init__", lambda self: None)
    one, first = pool.SandboxPool(), Fake()
    one.lock, one.closed, one.shared = threading.Lock(), False, shared
    one.first, one.idle = first, [("", first)]
    assert one.acquire("ann") is first
    one.release("ann", first)
    assert one.acquire("ann") is first
    one.release("ann", first)
    assert (one.acquire("bob") is first) == shared
    assert (first.closed, first.made) == (not shared, int(not shared))
    one.closed = True  # the grading has gone meanwhile
    one.release("bob", late := Fake())
    assert late.closed
