"""A class is graded: verdicts, results that are never lost, and the same for the same input."""

import csv
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import builders
import hostile
import pytest
from typer.testing import CliRunner

import workshop
from workshop import cli
from workshop.exercises import all_exercises, get
from workshop.grading import library, results, sandbox, verdicts
from workshop.grading.grade import grade

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="graded on Linux")
FINE = ["passed"] * 4


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
        "good": (good, FINE),
        "wrong": (builders.notebook(wrong), ["passed", "wrong", "passed", "passed"]),
        "stubs": (builders.notebook(stubs), ["not attempted"] * 4),
        "renamed": (builders.notebook(renamed), ["passed", "missing", "passed", "passed"]),
        "torn": (builders.notebook(torn), ["passed", "wrong", "passed", "passed"]),
        "signature": (builders.notebook(other), ["passed", "wrong", "passed", "passed"]),
        "older": (builders.notebook({"standardize": None}), [*FINE[:3], "missing"]),
        "reordered": (reordered, FINE),
        "added": (builders.notebook(before=trained, after=trained), FINE),
        "stripped": (builders.notebook(marks=False), FINE),
        "empty": (b"", ["unreadable"] * 4),
        "=cmd|calc!A0": (good, FINE),
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


def verdicts_of(rows):
    found = {}
    for one in rows:
        found.setdefault(one.attendee, []).append(one.verdict)
    return found


def test_a_class_gets_its_verdicts_and_a_second_time_runs_nothing(tmp_path):
    place, out = tmp_path / "class", tmp_path / "out"
    expected = a_class(place)
    done = grade([place], out, jobs=2, unsafe=True)
    print(done.level)
    assert verdicts_of(done.results) == expected
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
    assert verdicts_of(third.results) == expected | {"wrong": FINE}
    assert builders.left_over() == []


def test_a_killed_grading_goes_on_where_it_stopped_and_its_sandbox_ends(tmp_path):
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


def test_without_isolation_grading_is_refused(tmp_path):
    builders.hand_in(tmp_path / "class", "ann", builders.notebook())
    with pytest.raises(sandbox.SandboxError, match="--unsafe"):
        grade([tmp_path / "class"], tmp_path / "out", levels=[])
    # A level without isolation is no level, even if it starts.
    with pytest.raises(sandbox.SandboxError, match="shares its processes"):
        grade([tmp_path / "class"], tmp_path / "out", levels=[sandbox.NO_LEVEL])
    assert not (tmp_path / "out" / "results.csv").exists()


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


def test_elsewhere_than_on_linux_only_unsafe_grades(monkeypatch, tmp_path):
    monkeypatch.setattr(sandbox, "on_linux", lambda: False)
    torn = {"sigmoid": "def sigmoid(z)\n    return z\n", "boundary_x2": None}
    own = "from workshop.day1.neuron import standardize as own\n"
    own += "def standardize(x, train):\n    return own(x, train)\n"
    builders.hand_in(tmp_path / "class", "ann", builders.notebook({**torn, "standardize": own}))
    left = {"weighted_sum": "import os\ndef weighted_sum(x, w, b):\n    os._exit(1)\n"}
    left["sigmoid"] = "def sigmoid(z):\n    while True:\n        pass\n"
    builders.hand_in(tmp_path / "class", "bob", builders.notebook(left))
    with pytest.raises(sandbox.SandboxError, match="WSL"):
        grade([tmp_path / "class"], tmp_path / "out")
    done = grade([tmp_path / "class"], tmp_path / "out", unsafe=True, time_limit=0.1)
    assert done.level == sandbox.NO_LEVEL
    assert verdicts_of(done.results) == {
        "ann": ["passed", "wrong", "missing", "wrong"],
        "bob": ["crashed", "timed out", "passed", "passed"],
    }


def test_two_gradings_do_not_write_to_one_folder(tmp_path):
    with results.Out(tmp_path / "out"):
        with pytest.raises(results.OutError, match="another grading"):
            results.Out(tmp_path / "out")
    results.Out(tmp_path / "out").close()
    (tmp_path / "file").write_text("")
    with pytest.raises(results.OutError, match="cannot be written"):
        results.Out(tmp_path / "file")


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


def test_what_takes_the_sandbox_along_is_tried_again_and_then_hurts_only_itself(fake, tmp_path):
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


def test_where_no_sandbox_starts_again_nobody_is_blamed_and_the_rest_is_kept(fake, tmp_path):
    fake.starts = 1
    poison = {"standardize": None, "sigmoid": "def sigmoid(z):\n    return 'poison'\n"}
    builders.hand_in(tmp_path / "class", "ann", builders.notebook(poison))
    with pytest.raises(sandbox.SandboxError, match="run the same command again"):
        grade([tmp_path / "class"], tmp_path / "out")
    with results.Out(tmp_path / "out") as out:
        assert [one.exercise for one in out.done.values()] == ["weighted_sum"]


def test_the_library_of_the_sandbox_has_neither_exercises_nor_their_answers(tmp_path):
    exercises = all_exercises()
    references = library.write(tmp_path, exercises)
    assert len(references) == len({one.reference_path for one in exercises})
    assert not (tmp_path / "workshop" / "exercises" / "judge.py").exists()
    names = {path.name for path in tmp_path.rglob("*.py")}
    assert not names & {"judge.py", "exercises.py", "checking.py", "progress.py", "cli.py"}
    texts = "\n".join(path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.py"))
    for one in exercises:
        body = one.answer_source().strip().splitlines()[-1].strip()
        own = Path(sys.modules[one.reference.__module__].__file__).read_text(encoding="utf-8")
        mine = library._file_of(tmp_path, one.reference.__module__).read_text(encoding="utf-8")
        assert mine.count(body) < own.count(body), f"{one.name}: {body}"
    assert "2021" not in "".join(line for line in texts.splitlines() if "SEED" in line)


def test_nothing_that_can_come_back_is_a_pass_without_the_right_numbers():
    exercise = get("sigmoid")
    cases = exercise.cases(3)
    ended = {"why": "", "limit": 1, "memory": 1}
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
        verdict = verdicts.decide(exercise, cases, content, ended)
        assert verdict.status in verdicts.STATUSES
        assert verdict.status != "passed", content
    for why, status in (("time", "timed out"), ("memory", "out of memory")):
        assert verdicts.decide(exercise, cases, b"{}", {**ended, "why": why}).status == status


def test_names_of_files_and_texts_are_harmless():
    assert results.slug("ann") == "ann"
    assert len({results.slug(name) for name in ("Ann", "ann", "../ann", "ann/", "a" * 300)}) == 5
    for name in ("../../etc/passwd", "con", "..", "", "a\x00b", "\ud800", "=1+1"):
        slug = results.slug(name)
        assert slug
        assert os.path.basename(slug) == slug
        assert slug not in (".", "..", "con")
    assert verdicts.printable("a\x1b[2J\u202eb\ud800\nc") == "a\ufffd[2J\ufffdb\ufffd\nc"


def test_a_python_in_the_temporary_folder_is_seen_in_the_sandbox(tmp_path):
    """A virtual environment may lie below /tmp, which is another folder in there."""
    if builders.why_not("namespaces") and builders.why_not("bubblewrap"):
        pytest.skip("this machine has no sandbox")
    import sysconfig
    import venv

    venv.create(tmp_path / "venv", with_pip=False, symlinks=True)
    site = next((tmp_path / "venv").glob("lib*/python*/site-packages"))
    ours = Path(workshop.__file__).parents[1]
    (site / "ours.pth").write_text(f"{ours}\n{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    builders.hand_in(tmp_path / "class", "good", builders.notebook())
    writes = next(one for one in hostile.OUTSIDE if one.name == "files")
    theirs = builders.notebook({"sigmoid": writes.source})
    builders.hand_in(tmp_path / "class", "writes", theirs)
    done = subprocess.run(
        [
            tmp_path / "venv/bin/python",
            "-m",
            "workshop",
            "grade",
            tmp_path / "class",
            "--out",
            tmp_path / "out",
        ],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
    )
    assert done.returncode == 0, done.stderr
    table = (tmp_path / "out" / "results.csv").read_text(encoding="utf-8")
    assert table.count(",passed,") == 8, table  # one that could write there says that it escaped
