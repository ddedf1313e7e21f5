"""Hostile answers: each hurts only its own exercise, gets its verdict, and leaves nothing behind."""

import socket
import sys
import time
from dataclasses import replace

import builders
import hostile
import pytest

from workshop.grading import sandbox
from workshop.grading.grade import grade

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="graded on Linux")


@pytest.fixture
def listening():
    """The port of a server on this machine that nobody in the sandbox may reach."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def corpus_for(name, shared):
    if shared:  # what the namespaces of each run would keep apart
        return [*hostile.SHARED, hostile.LEFTOVERS[0], hostile.MEMORY[-1]]
    if name == "none":  # what holds there, too; all of it where there is nothing better
        parts = (hostile.ENDING, hostile.MEMORY, hostile.FLOODS, hostile.LEFTOVERS)
        some = [one for part in parts for one in part] + [hostile.ENDLESS[-1], hostile.ANSWERS[0]]
        return (
            [one for one in hostile.CORPUS if not one.needs_sandbox]
            if builders.why_not("namespaces")
            else some
        )
    return hostile.CORPUS


@pytest.mark.parametrize(
    ("name", "shared"),
    [("bubblewrap", False), ("namespaces", False), ("namespaces", True), ("none", False)],
)
def test_hostile_answers_hurt_nobody_else(name, shared, tmp_path, listening):
    if reason := builders.why_not(name):
        pytest.skip(f"{name}: not tested here: {reason}")
    levels = [
        replace(level, nested=not shared) for level in sandbox.candidates() if level.name == name
    ]
    secret = tmp_path / "secret.txt"
    secret.write_text("the answers")
    constants = (
        f"SECRET, CLASS, TESTS, PORT = {str(secret)!r}, {str(tmp_path)!r}, "
        f"{builders.__file__!r}, {listening}\n"
    )
    corpus = corpus_for(name, shared)
    place = tmp_path / "class"
    for one in corpus:
        answers = {"sigmoid": constants + one.source, "boundary_x2": None, "standardize": None}
        if one.source.startswith("from workshop") and "def " not in one.source:
            answers["sigmoid"] = one.source  # the exercise's cell only imports
        builders.hand_in(place, one.name, builders.notebook(answers))
    level = None

    def isolated(chosen):
        nonlocal level
        level = chosen

    start = time.monotonic()
    done = grade(
        [place],
        tmp_path / "out",
        jobs=2,
        time_limit=4,
        memory_limit=200_000_000,
        levels=levels,
        unsafe=name == "none",
        isolated=isolated,
    )
    assert level.name == name
    print(f"{level}: {done.checked} checks in {time.monotonic() - start:.1f} seconds")
    found = {(one.attendee, one.exercise): one for one in done.results}
    problems = []
    for one in corpus:
        got = found[one.name, "sigmoid"]
        if got.verdict != one.verdict or one.says not in got.reason + got.got:
            problems.append(f"{one.name}: got {got.verdict} ({got.reason}), expected {one.verdict}")
        if (other := found[one.name, "weighted_sum"]).verdict != "passed":
            problems.append(f"{one.name} hurt another exercise: {other.verdict}: {other.reason}")
    assert not problems, "\n".join(problems)
    for one in done.results:
        text = one.reason + one.got + one.expected
        assert all(letter.isprintable() or letter in "\n\t" for letter in text), one
    assert builders.left_over() == []
    assert secret.read_text() == "the answers"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["class", "out", "secret.txt"]
