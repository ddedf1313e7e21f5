"""Where a class stands: the counts, who is found where, and files of which nothing is to be believed."""

import json
import os
import re
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from workshop.classroom import class_progress
from workshop.cli import app
from workshop.cli.progress import bar as progress_bar
from workshop.core.files import read_plain
from workshop.exercises import for_lesson, progress
from workshop.exercises.verdict import Verdict
from workshop.syllabus import get

NEURON = [exercise.name for exercise in for_lesson("neuron")]
POSIX = pytest.mark.skipif(os.name != "posix", reason="links, pipes and rights as POSIX has them")


def attend(folder, passed=(), wrong=None, lesson="neuron", **more):
    """The folder of an attendee; `wrong` says how often each exercise was tried in vain."""
    (folder / ".workshop").mkdir(parents=True, exist_ok=True)
    for exercise in passed:
        progress.record(lesson, exercise, root=folder, attempt="passed", **more)
    for exercise, times in (wrong or {}).items():
        for _ in range(times):
            progress.record(lesson, exercise, root=folder, attempt="wrong", **more)


def names(found):
    return [one.name for one in found.attendees]


def invoke(*arguments, columns=80):
    """Exit code, standard output, standard error."""
    result = CliRunner().invoke(
        app, list(map(str, arguments)), prog_name="workshop", env={"COLUMNS": str(columns)}
    )
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def a_class(tmp_path):
    place = tmp_path / "class"
    attend(place / "ann", passed=NEURON)
    attend(place / "bob", passed=NEURON[:1], wrong={NEURON[1]: 2}, hints=3)
    attend(place / "cem", wrong={NEURON[1]: 5}, answer_read=True)
    attend(place / "dot")
    return place


# --- the counts ----------------------------------------------------------------------------------


def test_rows_count_who_passed_who_tried_and_who_is_stuck(a_class):
    found = class_progress.read([a_class])
    assert names(found) == ["ann", "bob", "cem", "dot"]
    assert [lesson.name for lesson in found.lessons()] == ["neuron"]
    rows = found.rows(found.lessons())
    assert [(row.exercise, row.passed, row.tried, row.total) for row in rows] == [
        (NEURON[0], 2, 2, 4),
        (NEURON[1], 1, 3, 4),
        *[(name, 1, 1, 4) for name in NEURON[2:]],
    ]
    assert [(name, entry.attempts) for name, entry in rows[1].stuck] == [("cem", 5), ("bob", 2)]
    ann, bob, cem, dot = found.summaries(found.lessons())
    total = len(NEURON)
    assert (ann.passed, ann.total, ann.stuck, ann.at) == (total, total, 0, f"neuron/{NEURON[-1]}")
    assert (bob.passed, bob.stuck, bob.attempts, bob.hints) == (1, 1, 3, 6)
    assert (cem.passed, cem.answers_read) == (0, 1)
    assert (dot.passed, dot.total, dot.at) == (0, total, "")


def test_the_last_exercise_follows_the_clock_in_any_time_zone(tmp_path):
    times = {NEURON[0]: "2026-11-24T12:00:00+02:00", NEURON[1]: "2026-11-24T10:30:00+00:00"}
    for name, when in times.items():
        attend(tmp_path / "ann", wrong={name: 1})
        progress.record("neuron", name, root=tmp_path / "ann", last_at=when)
    (ann,) = class_progress.read([tmp_path]).summaries([get("neuron")])
    assert ann.at == f"neuron/{NEURON[1]}"


def test_a_solved_exercise_that_breaks_later_stays_solved(tmp_path):
    attend(tmp_path / "ann", passed=[NEURON[0]])
    attend(tmp_path / "ann", wrong={NEURON[0]: 3})
    row = class_progress.read([tmp_path]).rows([get("neuron")])[0]
    assert (row.passed, row.tried, row.stuck) == (1, 1, ())


# --- who is found where --------------------------------------------------------------------------


def test_folders_folders_of_folders_and_exported_files(tmp_path, a_class):
    attend(tmp_path / "homes" / "eva" / "deep-learning-workshop", passed=NEURON[:1])
    attend(tmp_path / "homes" / "flo" / "a", passed=NEURON[:1])
    attend(tmp_path / "homes" / "flo" / "b" / "c")
    attend(tmp_path / "homes" / ".hidden")
    attend(tmp_path / "homes" / "far" / "a" / "b" / "c" / "d")
    export = tmp_path / "files" / "gil.json"
    export.parent.mkdir()
    export.write_text(class_progress.export([], a_class / "bob"), encoding="utf-8")
    assert names(class_progress.read([a_class / "bob"])) == ["bob"]
    assert names(class_progress.read([a_class / "bob", a_class / "ann"])) == ["ann", "bob"]
    assert names(class_progress.read([tmp_path / "homes"])) == [
        "eva",
        os.path.join("flo", "a"),
        os.path.join("flo", "b", "c"),
    ]
    for place in (export, export.parent):
        found = class_progress.read([place])
        assert names(found) == ["gil"]
        assert (
            found.attendees[0].entries
            == class_progress.read([a_class / "bob"]).attendees[0].entries
        )
    assert found.skipped == []


def test_two_attendees_of_one_name(tmp_path):
    attend(tmp_path / "left" / "ann")
    attend(tmp_path / "right" / "ann")
    found = names(class_progress.read([tmp_path / "left", tmp_path / "right"]))
    assert found == [f"ann ({tmp_path / side / 'ann'})" for side in ("left", "right")]


def test_nobody_there_says_what_was_expected(tmp_path):
    with pytest.raises(class_progress.NothingThere, match="is not there"):
        class_progress.read([tmp_path / "gone"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(class_progress.NothingThere, match=r"workshop lab.*check --export"):
        class_progress.read([tmp_path / "empty"])


# --- what attendees may have done to the files ---------------------------------------------------


def entry(**changes):
    return {"status": "wrong", "attempts": 1, **changes}


def content(found, **changes):
    return {"version": 1, "lesson": "neuron", "exercises": {NEURON[0]: found}, **changes}


BAD = {
    "not JSON": (b"{", "is not JSON"),
    "python": (b"__import__('os').system('touch /tmp/pwned')", "is not JSON"),
    "a pickle": (b"\x80\x04\x95cos\nsystem\n(S'true'\ntR.", "is not text"),
    "empty": (b"", "is not JSON"),
    "nan": (b'{"version": NaN}', "NaN"),
    "twice": (b'{"version": 1, "version": 1}', "twice"),
    "a list": (b"[1]", "not an object"),
    "deep": (b"[" * 200_000, "brackets without end"),
    "large": (b" " * 1_000_001, "larger than"),
    "a long number": (b'{"version": ' + b"9" * 5000 + b"}", "."),
    "version": (content(entry(), version=2), "has version 2, expected 1"),
    "version is true": (content(entry(), version=True), "has version True"),
    "lesson": (content(entry(), lesson="layers"), "of another lesson, 'layers'"),
    "no table": (content([], exercises=[]), "no table of exercises"),
    "no entry": (content("passed"), f"{NEURON[0]} is no table"),
    "status": (content(entry(status="p4ssed")), "has the status 'p4ssed'"),
    "status is a list": (content(entry(status=["passed"])), "has the status"),
    "negative": (content(entry(attempts=-1)), "has -1 attempts"),
    "true": (content(entry(attempts=True)), "has True attempts"),
    "float": (content(entry(attempts=1.5)), "has 1.5 attempts"),
    "many": (content(entry(attempts=10**9)), "attempts"),
    "hints": (content(entry(hints=4)), "has 4 hints"),
    "answer": (content(entry(answer_read="no")), "has answer_read 'no'"),
    "when": (content(entry(last_at="now")), "was last tried at 'now'"),
    "when without a zone": (content(entry(last_at="2026-11-24T10:00:00")), "was last tried at"),
    "when is a number": (content(entry(last_at=3)), "was last tried at 3"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_malformed_file_is_left_out_and_left_alone(tmp_path, case):
    bad, reason = BAD[case]
    data = bad if isinstance(bad, bytes) else json.dumps(bad).encode()
    attend(tmp_path / "class" / "ann", passed=["layer"], lesson="layers")
    attend(tmp_path / "class" / "bob", passed=NEURON[:1])
    path = tmp_path / "class" / "ann" / ".workshop" / "progress" / "neuron.json"
    path.write_bytes(data)
    found = class_progress.read([tmp_path / "class"])
    assert names(found) == ["ann", "bob"]
    assert set(found.attendees[0].entries) == {("layers", "layer")}  # her other lesson counts
    (skipped,) = found.skipped
    assert skipped.place.endswith("neuron.json")
    assert re.search(re.escape(reason), skipped.reason) if reason != "." else skipped.reason
    assert path.read_bytes() == data
    assert sorted(os.listdir(path.parent)) == ["layers.json", "neuron.json"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"{", "is not JSON"),
        (b'{"name": "node"}', "no exported progress"),
        (b'{"kind": "workshop progress"}', "has version None, expected 1"),
        (b'{"kind": "workshop progress", "version": 1, "lessons": []}', "no table of lessons"),
        (b'{"kind": "workshop progress", "version": 1, "lessons": {"neuron": []}}', "no table of"),
    ],
)
def test_an_exported_file_of_another_shape_is_left_out_too(tmp_path, bad, reason):
    (tmp_path / "ann.json").write_bytes(bad)
    found = class_progress.read([tmp_path])
    assert found.attendees == []
    assert reason in found.skipped[0].reason


def test_exercises_that_do_not_exist_are_passed_over(tmp_path):
    attend(tmp_path / "ann", passed=["older_edition"], wrong={"__class__": 1})
    found = class_progress.read([tmp_path])
    assert found.attendees[0].entries == {}
    assert found.lessons() == ()


@POSIX
def test_links_and_pipes_are_named_and_not_followed(tmp_path):
    secret = tmp_path / "outside" / "zoe"
    attend(secret, passed=NEURON)
    place = tmp_path / "class"
    file = Path(".workshop", "progress", "neuron.json")
    for name in ("file", "progress", "workshop", "pipe"):
        attend(place / name, passed=NEURON[:1])
    (place / "file" / file).unlink()
    (place / "file" / file).symlink_to(secret / file)
    for name, inner in (("progress", file.parent), ("workshop", file.parent.parent)):
        (place / name / inner).rename(tmp_path / f"away-{name}")
        (place / name / inner).symlink_to(secret / inner)
    (place / "pipe" / file).unlink()
    os.mkfifo(place / "pipe" / file)
    (place / "whole").symlink_to(secret)
    (place / "whole.json").symlink_to(secret / file)
    (place / "deeper").mkdir()
    (place / "deeper" / "whole").symlink_to(secret)
    (place / "loop").mkdir()
    (place / "loop" / "loop").symlink_to(place / "loop")
    found = class_progress.read([place])
    assert names(found) == ["file", "pipe", "progress", "workshop"]
    assert all(one.entries == {} for one in found.attendees)
    assert sorted((Path(one.place).name, one.reason.split(",")[0]) for one in found.skipped) == [
        (".workshop", "is a link"),
        ("neuron.json", "is a link"),
        ("neuron.json", "is not a plain file"),
        ("progress", "is a link"),
        ("whole", "is a link: give what it leads to"),
        ("whole.json", "is a link: give what it leads to"),
    ]
    with pytest.raises(ValueError, match="is a link"):
        read_plain(place / "file" / file, 100)


def test_folders_without_end_are_not_searched_to_the_end(tmp_path, monkeypatch):
    monkeypatch.setattr(class_progress, "MAX_ENTRIES", 30)
    attend(tmp_path / "ann")
    for number in range(50):
        (tmp_path / "bob" / str(number)).mkdir(parents=True)
    found = class_progress.read([tmp_path])
    assert names(found) == ["ann"]
    assert found.skipped[0].reason == "is not read on: more than 30 files"


@POSIX
def test_names_can_be_printed_whatever_they_are(tmp_path):
    attend(tmp_path / "a\x1b[2Jb\u202ec\nd[red]", wrong={NEURON[0]: 2})
    path = tmp_path / "\x1b]0;x\x07.json"
    path.write_text("{", encoding="utf-8")
    (name,) = names(class_progress.read([tmp_path]))
    assert name == "a\ufffd[2Jb\ufffdc d[red]"
    for arguments in ([], ["--json"]):
        code, out, err = invoke("progress", tmp_path, *arguments, columns=160)
        assert code == 0
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", out + err)
    assert "d[red] (2)" in invoke("progress", tmp_path, columns=200)[1]


# --- the command ---------------------------------------------------------------------------------


def test_the_command_shows_its_tables_in_80_columns(a_class):
    (a_class / "eva.json").write_text("{", encoding="utf-8")
    code, out, err = invoke("progress", a_class)
    assert code == 0
    assert max(map(len, out.splitlines())) <= 80
    assert re.search(rf"^neuron +{NEURON[0]} +2 of 4 +\[#####\.\.\.\.\.\]", out, re.M)
    assert re.search(rf"{NEURON[1]} +1 of 4 +\[##-----\.\.\.\] +cem \(5\), bob \(2\)", out)
    assert re.search(rf"^ann +{len(NEURON)} of {len(NEURON)} ", out, re.M)
    assert re.search(rf"^dot +0 of {len(NEURON)} *$", out, re.M)
    assert "layers" not in out  # nobody has begun it
    assert "left out:" in err
    assert "is not JSON" in err
    assert " layer " in invoke("progress", a_class, "--lesson", "layers")[1]
    assert "Nobody has tried an exercise yet." in invoke("progress", a_class / "dot")[1]


def test_the_command_gives_json(a_class):
    code, out, _ = invoke("progress", a_class, "--json")
    assert code == 0
    found = json.loads(out)
    assert found["attendees"][1] == {
        "attendee": "bob",
        "passed": 1,
        "total": len(NEURON),
        "stuck": 1,
        "attempts": 3,
        "hints": 6,
        "answers_read": 0,
        "at": f"neuron/{NEURON[1]}",
    }
    assert found["exercises"][1] == {
        "lesson": "neuron",
        "exercise": NEURON[1],
        "passed": 1,
        "tried": 3,
        "total": 4,
        "stuck": [
            {"attendee": "cem", "status": "wrong", "attempts": 5, "hints": 0, "answer_read": True},
            {"attendee": "bob", "status": "wrong", "attempts": 2, "hints": 3, "answer_read": False},
        ],
    }
    assert found["skipped"] == []


def test_the_command_s_errors_say_what_to_do(tmp_path, a_class):
    assert invoke("progress", tmp_path / "gone")[::2] == (
        2,
        f"{tmp_path / 'gone'} is not there: give a folder or an exported file\n",
    )
    assert "Did you mean 'neuron'?" in invoke("progress", a_class, "--lesson", "neurn")[2]
    assert "--json without it" in invoke("progress", a_class, "--json", "--watch", "2")[2]


@POSIX
def test_watching_looks_again_and_ctrl_c_is_its_end(a_class, monkeypatch):
    looked = []

    def later(seconds):
        looked.append(seconds)
        attend(a_class / "dot", passed=NEURON[:1])
        if len(looked) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", later)
    code, out, _ = invoke("progress", a_class, "--watch", "5")
    assert code == 0
    assert looked == [5, 5]
    counts = re.findall(rf"{NEURON[0]} +(\d of 4)", out)
    assert counts == ["2 of 4", "3 of 4"]


@pytest.mark.parametrize(
    ("passed", "tried", "total", "bar"),
    [
        (0, 0, 5, "[..........]"),
        (5, 5, 5, "[##########]"),
        (0, 1, 200, "[-.........]"),
        (1, 1, 200, "[#.........]"),
        (199, 200, 200, "[#########-]"),
        (1, 2, 200, "[#-........]"),
        (0, 0, 0, "[..........]"),
        (2, 3, 4, "[#####--...]"),
    ],
)
def test_the_bar_shows_whatever_is_more_than_nobody(passed, tried, total, bar):
    assert progress_bar(passed, tried, total, 10) == bar


# --- handing over --------------------------------------------------------------------------------


def test_an_export_holds_progress_but_no_code(tmp_path):
    attend(tmp_path, passed=NEURON[:1], wrong={NEURON[1]: 2}, message="def secret(): ...")
    verdicts = [
        Verdict(NEURON[0], "neuron", "wrong", "broken since"),
        Verdict(NEURON[1], "neuron", "passed", "Well done!"),
        Verdict(NEURON[2], "neuron", "wrong", "no"),
        Verdict(NEURON[3], "neuron", "not attempted", "a stub"),
    ]
    text = class_progress.export(verdicts, tmp_path)
    assert "secret" not in text
    assert set(json.loads(text)["lessons"]) == {"neuron"}
    path = tmp_path / "ann.json"
    path.write_text(text, encoding="utf-8")
    (ann,) = class_progress.read([path]).attendees
    assert {key[1]: (e.status, e.attempts) for key, e in ann.entries.items()} == {
        NEURON[0]: ("passed", 1),
        NEURON[1]: ("passed", 2),
        NEURON[2]: ("wrong", 1),
    }


def test_check_writes_the_export_beside_its_table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    attend(tmp_path, passed=NEURON[:1])
    cells = [{"cell_type": "markdown", "id": "a1", "metadata": {}, "source": "# hello"}]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "notes.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    code, out, err = invoke("check", ".", "--export", "ann.json")
    assert (code, err) == (0, "")
    assert "exercises passed" in out
    (ann,) = class_progress.read([tmp_path / "ann.json"]).attendees
    assert ann.entries["neuron", NEURON[0]].passed
    code, out, _ = invoke("check", ".", "--export", "-")
    assert json.loads(out)["kind"] == class_progress.KIND
    for arguments in (
        ["--export", "gone/ann.json"],
        ["--export", "."],
        ["--export", "ann.json", "--solutions"],
        ["--export", "-", "--json", "-"],
    ):
        code, out, err = invoke("check", ".", *arguments)
        assert (code, out) == (2, "")
        assert "--export" in err


def test_help_says_which_files_to_hand_over():
    help_ = " ".join(invoke("progress", "--help", columns=120)[1].split())
    assert "workshop check --export FILE" in help_
    assert "ann.json" in invoke("check", "--help", columns=120)[1]
