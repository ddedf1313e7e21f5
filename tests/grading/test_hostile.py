"""Hostile answers: each hurts only its own exercise, gets its verdict, and leaves nothing behind."""

import socket
import sys
import time

import builders
import hostile
import pytest

from workshop.classroom.grading import sandbox
from workshop.classroom.grading.grade import grade

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="graded on Linux")


@pytest.fixture
def listening():
    """The port of a server on this machine that nobody in the sandbox may reach."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("name", ["bubblewrap", "namespaces", "none"])
def test_each_hostile_answer_gets_its_verdict_and_hurts_nobody_else(name, tmp_path, listening):
    levels = [level for level in sandbox.candidates() if level.name == name]
    secret = tmp_path / "secret.txt"
    secret.write_text("the answers")
    told = (
        f"SECRET, CLASS, TESTS, PORT = {str(secret)!r}, {str(tmp_path)!r}, "
        f"{builders.__file__!r}, {listening}\n"
    )
    corpus = [one for one in hostile.CORPUS if name != "none" or not one.shut_in]
    place = tmp_path / "class"
    for one in corpus:
        answers = {"sigmoid": told + one.source, "boundary_x2": None, "standardise": None}
        if one.source.startswith("from workshop") and "def " not in one.source:
            answers["sigmoid"] = one.source  # the exercise's cell only imports
        builders.hand_in(place, one.name, builders.notebook(answers))
    level = None

    def shut_in(chosen):
        nonlocal level
        level = chosen

    start = time.monotonic()
    try:
        done = grade(
            [place], tmp_path / "out", jobs=2, time_limit=2, memory_limit=300_000_000,
            levels=levels, unsafe=name == "none", shut_in=shut_in,
        )  # fmt: skip
    except sandbox.SandboxError as error:
        pytest.skip(f"not tested here, since this machine has no such sandbox: {error}")
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
