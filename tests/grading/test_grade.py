"""A class is graded: verdicts, results that are never lost, and the same for the same input."""

import csv
import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import builders
import pytest
from typer.testing import CliRunner

from workshop import cli
from workshop.grading import results, sandbox
from workshop.grading.grade import grade

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="graded on Linux")


def a_class(place):
    """Notebooks as people and tools leave them; returns the verdicts on the four exercises."""
    good = builders.notebook()
    answers = builders.right_answers()
    wrong = {"sigmoid": "def sigmoid(z):\n    return torch.exp(-z)\n"}
    stubs = {
        name: f"{source.splitlines()[0]}\n    raise NotImplementedError\n"
        for name, source in answers.items()
    }
    renamed = {"sigmoid": answers["sigmoid"].replace("def sigmoid(", "def sigmoids(")}
    torn = {"sigmoid": "def sigmoid(z)\n    return z\n"}
    other = {"sigmoid": "def sigmoid(z, temperature):\n    return z\n"}
    reordered = {**good, "cells": good["cells"][::-1]}
    trained = ["x = undefined_here\nfor i in range(10**9): pass", "%matplotlib inline", "!rm -rf /"]
    expected = {
        "good": (good, builders.FINE),
        "wrong": (builders.notebook(wrong), ["passed", "wrong", "passed", "passed"]),
        "stubs": (builders.notebook(stubs), ["not attempted"] * 4),
        "renamed": (builders.notebook(renamed), ["passed", "missing", "passed", "passed"]),
        "torn": (builders.notebook(torn), ["passed", "wrong", "passed", "passed"]),
        "signature": (builders.notebook(other), ["passed", "wrong", "passed", "passed"]),
        "older": (builders.notebook({"standardize": None}), [*builders.FINE[:3], "missing"]),
        "reordered": (reordered, builders.FINE),
        "added": (builders.notebook(before=trained, after=trained), builders.FINE),
        "stripped": (builders.notebook(marks=False), builders.FINE),
        "empty": (b"", ["unreadable"] * 4),
        "=cmd|calc!A0": (good, builders.FINE),
    }
    for name, (content, _) in expected.items():
        builders.hand_in(place, name, content)
    builders.hand_in_zip(place, "slip", {"../02_neuron.ipynb": good})
    builders.hand_in(place, "other", builders.notebook(lesson=None), "notes.ipynb")
    (place / "other" / "notes.ipynb").write_text('{"cells": []}')
    return {
        **{name: found for name, (_, found) in expected.items()},
        "slip": ["refused"] * 4,
        "other": ["missing"] * 4,
    }


def test_a_class_gets_its_verdicts_and_nothing_is_run_twice(tmp_path):
    place, out = tmp_path / "class", tmp_path / "out"
    expected = a_class(place)
    done = grade([place], out, jobs=2, unsafe=True)
    print(done.level)
    assert builders.verdicts_of(done.results) == expected
    reasons = {(one.attendee, one.exercise): one.reason for one in done.results}
    assert "Did you mean 'sigmoids'?" in reasons["renamed", "sigmoid"]
    assert "older edition" in reasons["older", "standardize"]
    assert "Python cannot read line 1" in reasons["torn", "sigmoid"]
    assert "sigmoid(z)" in reasons["signature", "sigmoid"]
    assert "empty" in reasons["empty", "sigmoid"]
    assert "No notebook of this lesson" in reasons["other", "sigmoid"]

    table = (out / "results.csv").read_bytes()
    rows = list(csv.DictReader(table.decode().splitlines()))
    assert tuple(rows[0]) == results.COLUMNS
    assert len(rows) == 4 * len(expected)
    assert not any(value.startswith("=") for row in rows for value in row.values())
    for path in (out / "attendees").iterdir():
        content = json.loads(path.read_text(encoding="utf-8"))
        assert [one["verdict"] for one in content["results"]] == expected[content["attendee"]]
    scores = json.loads((out / "gradescope" / "wrong.json").read_text(encoding="utf-8"))
    assert [one["score"] for one in scores["tests"]] == [1.0, 0.0, 1.0, 1.0]

    again = grade([place], out, jobs=2)  # nothing has to run, so no sandbox is needed
    assert again.checked == 0
    assert again.level is None
    assert (out / "results.csv").read_bytes() == table

    result = CliRunner().invoke(cli.app, ["grade", str(place), "--out", str(out)])
    assert result.exit_code == 0, result.output
    lines = {line.split()[0]: line for line in result.output.splitlines() if line.split()}
    assert "4 of 4" in lines["good"]
    assert "3 of 4" in lines["wrong"]
    assert "4 unreadable" in lines["empty"]
    assert "0 checks" in result.output

    # One attendee hands in again: only theirs is run, on the same inputs.
    builders.hand_in(place, "wrong", builders.notebook())
    third = grade([place], out, unsafe=True)
    assert third.checked == 4
    assert third.seed == done.seed
    assert builders.verdicts_of(third.results) == expected | {"wrong": builders.FINE}
    assert builders.left_over() == []


def test_a_killed_grading_goes_on_where_it_stopped(tmp_path):
    place, out = tmp_path / "class", tmp_path / "out"
    for number in range(6):
        builders.hand_in(place, f"attendee{number}", builders.notebook())
    command = [
        sys.executable,
        "-m",
        "workshop",
        "grade",
        str(place),
        "--out",
        str(out),
        "--jobs",
        "1",
        "--unsafe",
        "--seed",
        "5",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    journal = out / "journal.jsonl"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if journal.exists() and journal.read_bytes().count(b"\n") >= 5:
            break
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = journal.read_bytes()
    kept = before.count(b"\n")
    assert 5 <= kept < 24
    with journal.open("ab") as file:  # a power cut in the middle of a line
        file.write(b'{"key": "abc", "resu')

    mark = f"WORKSHOP_GRADER={process.pid}".encode()
    while time.monotonic() < deadline and builders.left_over(mark):
        time.sleep(0.05)
    assert builders.left_over(mark) == []
    folders = f"workshop-grade-{process.pid}-*"
    assert len(list(Path(tempfile.gettempdir()).glob(folders))) == 1

    done = grade([place], out, unsafe=True, seed=5)
    assert done.checked == 24 - kept
    assert [one.verdict for one in done.results] == ["passed"] * 24
    assert list(Path(tempfile.gettempdir()).glob(folders)) == []
    assert journal.read_bytes().startswith(before)
    assert journal.read_bytes().count(b"\n") == 24

    # The same without the interruption: the same table, but for the seconds.
    fresh = grade([place], tmp_path / "fresh", unsafe=True, seed=5)

    def table(folder):
        rows = csv.reader((folder / "results.csv").read_text(encoding="utf-8").splitlines())
        return [row[:-1] for row in rows]

    assert fresh.checked == 24
    assert table(out) == table(tmp_path / "fresh")


def test_the_command_says_what_to_do(tmp_path):
    def stopped(*arguments):
        result = CliRunner().invoke(cli.app, ["grade", *map(str, arguments)])
        assert result.exit_code == 2
        return result.output

    (tmp_path / "class").mkdir()
    assert "no notebook" in stopped(tmp_path / "class", "--out", tmp_path / "out")
    assert "is not there" in stopped(tmp_path / "nowhere", "--out", tmp_path / "out")
    builders.hand_in(tmp_path / "class", "ann", builders.notebook())
    (tmp_path / "file").write_text("")
    assert "cannot be written" in stopped(tmp_path / "class", "--out", tmp_path / "file")
    with results.Out(tmp_path / "out"):
        assert "another grading" in stopped(tmp_path / "class", "--out", tmp_path / "out")


class Fake:
    """A sandbox that ends with an answer that says so."""

    made = 0
    asked = []  # noqa: RUF012
    starts = 1000

    def __init__(self, level, files):
        self.level, self.files = level, files
        type(self).made += 1

    def wait(self):
        if self.made > self.starts:
            raise sandbox.Died("no memory")
        return {"nested": True}

    def run(self, request, limits):
        code = "".join(source for source, _ in request["cells"])
        self.asked.append((request["name"], "poison" in code))
        if "poison" in code and request["name"] == "sigmoid":
            raise sandbox.Died("it ended")
        return None, {"why": "", "seconds": 0.0, "exit": 3}

    def another(self):
        return Fake(self.level, self.files)

    def close(self):
        pass


@pytest.fixture
def fake(monkeypatch):
    monkeypatch.setattr(Fake, "made", 0)
    monkeypatch.setattr(Fake, "asked", [])
    monkeypatch.setattr(Fake, "starts", 1000)
    monkeypatch.setattr(sandbox, "Sandbox", Fake)
    level = sandbox.Level("fake")
    monkeypatch.setattr(sandbox, "choose", lambda files, **_: (level, Fake(level, files)))
    return Fake


def test_an_answer_that_ends_its_sandbox_hurts_only_itself(fake, tmp_path):
    poison = {"sigmoid": "def sigmoid(z):\n    return 'poison'\n"}
    builders.hand_in(tmp_path / "class", "ann", builders.notebook(poison))
    builders.hand_in(tmp_path / "class", "bob", builders.notebook())
    done = grade([tmp_path / "class"], tmp_path / "out")
    assert [one.verdict for one in done.results] == ["crashed"] * 8
    reasons = {(one.attendee, one.exercise): one.reason for one in done.results}
    assert "it ended" in reasons["ann", "sigmoid"]
    assert "exit code 3" in reasons["bob", "sigmoid"]
    assert fake.asked.count(("sigmoid", True)) == 2
    assert len(fake.asked) == 9
    assert fake.made == 3


def test_nobody_is_blamed_where_no_sandbox_starts_again(fake, tmp_path):
    fake.starts = 1
    poison = {"standardize": None, "sigmoid": "def sigmoid(z):\n    return 'poison'\n"}
    builders.hand_in(tmp_path / "class", "ann", builders.notebook(poison))
    with pytest.raises(sandbox.SandboxError, match="run the same command again"):
        grade([tmp_path / "class"], tmp_path / "out")
    with results.Out(tmp_path / "out") as out:
        assert [one.exercise for one in out.done.values()] == ["weighted_sum"]
