"""From what comes back out of the sandbox to a verdict: nothing made up is a pass."""

import json

import pytest

from workshop.exercises import get
from workshop.exercises.verdict import Status
from workshop.grading.decide import decide
from workshop.grading.frames import Limits

NO_MEMORY = (
    "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"
)


def test_only_the_right_numbers_are_a_pass():
    exercise = get("sigmoid")
    cases = exercise.cases(3)
    limits = Limits(seconds=1, memory=1)
    plain = {"printed": "", "changed": [], "calls": [], "gradients": None}
    values = [
        {"kind": "tensor", "dtype": "float32", "shape": [-1], "data": ""},
        {"kind": "tensor", "dtype": "object", "shape": [1], "data": ""},
        {"kind": "tensor", "dtype": "float32", "shape": [10**12], "data": "AAAA"},
        {"kind": "plain", "value": True},
        {"kind": "float", "value": "nan"},
        {"kind": "int", "value": "9" * 100_000},
        {"kind": "list", "items": []},
        {"kind": "passed"},
        None,
    ]
    answers = [{"outcomes": [{**plain, "value": value} for _ in cases]} for value in values]
    answers += [
        {},
        {"outcomes": []},
        {"outcomes": None},
        {"outcomes": [{}] * len(cases)},
        {"status": "passed"},
        {"missing": 3},
        {"broken": []},
    ]
    contents = [json.dumps(one).encode() for one in answers]
    contents += [
        None,
        b"",
        b"passed",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        b'{"a": NaN}',
        b'{"a": 1, "a": 2}',
    ]
    for content in contents:
        verdict = decide(exercise, cases, content, {"why": ""}, limits)
        assert Status(verdict.status) != Status.PASSED, content


def outcome(kind, text):
    error = {"type": kind, "text": text, "line": "", "within": "", "names": {}, "raised": False}
    return {"printed": "", "changed": [], "calls": [], "gradients": None, "error": error}


@pytest.mark.parametrize(
    ("answer", "ending", "status"),
    [
        ({}, {"why": "time"}, Status.TIMED_OUT),
        ({}, {"why": "memory"}, Status.OUT_OF_MEMORY),
        ({}, {"why": "stopped"}, Status.CRASHED),
        ({"memory": True}, {}, Status.OUT_OF_MEMORY),
        ({"raised": "Out"}, {}, Status.CRASHED),
        ({"too_large": True}, {}, Status.CRASHED),
        ({"unreadable": "line 1"}, {}, Status.WRONG),
        ({"outcomes": [outcome("MemoryError", "")]}, {}, Status.OUT_OF_MEMORY),
        ({"outcomes": [outcome("RuntimeError", NO_MEMORY)]}, {}, Status.OUT_OF_MEMORY),
        ({"outcomes": [outcome("ValueError", NO_MEMORY)]}, {}, Status.WRONG),
    ],
)
def test_status_by_what_came_back_and_how_the_run_ended(answer, ending, status):
    exercise = get("sigmoid")
    cases = exercise.cases(3)[:1]
    content = json.dumps(answer).encode()
    assert decide(exercise, cases, content, ending, Limits(1, 1)).status == status


@pytest.mark.parametrize(
    ("ending", "says"),
    [
        ({"signal": 11}, "SIGSEGV"),
        ({"signal": 64}, "SIG"),
        ({"exit": 3}, "exit code 3"),
        ({"died": "it ended"}, "it ended"),
        ({}, "the process is gone"),
    ],
)
def test_a_crash_says_how_the_process_ended(ending, says):
    exercise = get("sigmoid")
    verdict = decide(exercise, exercise.cases(3), None, ending, Limits(1, 1))
    assert verdict.status == Status.CRASHED
    assert says in verdict.message
