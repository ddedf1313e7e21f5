"""Checking notebook files: what an attendee wrote, their progress, and the solution editions."""

import json
import sys
import time
from types import SimpleNamespace

import fakes
import nbformat
import pytest

import workshop.exercises
from workshop.classroom import checking, notebooks
from workshop.core.exercise import Case, Exercise, Mistake
from workshop.exercises import progress
from workshop.exercises.verdict import Verdict


def double(x):
    """Twice x."""
    return 2 * x


def triple(x):
    """Three times x."""
    return 3 * x


def exercise(reference, lesson):
    return Exercise(
        name=reference.__name__,
        lesson=lesson,
        title="a product",
        reference=reference,
        cases=lambda seed: [Case((1.0,)), Case((seed / 7,))],
        mistakes=tuple(
            Mistake(f"plus {n}", f"You add {n}: multiply.", lambda x, n=n: x + n)
            for n in (5.0, 6.0, 7.0)
        ),
        hints=("a", "b", "c"),
        time_limit=3.0,
    )


@pytest.fixture(autouse=True)
def lessons(monkeypatch):
    """Two lessons with one exercise each."""
    made = fakes.install(
        monkeypatch, fakes.lesson("one", fakes.crashes), fakes.lesson("two", fakes.crashes)
    )
    for lesson, reference in zip(made, (double, triple), strict=True):
        module = SimpleNamespace(EXERCISES=(exercise(reference, lesson.name),))
        monkeypatch.setitem(sys.modules, f"{lesson.package}.exercises", module)
    workshop.exercises.for_lesson.cache_clear()
    yield made
    workshop.exercises.for_lesson.cache_clear()


STUB = "def double(x):\n    raise NotImplementedError\n\ncheck(double)"
RIGHT = "def double(x):\n    return x + x\n\ncheck(double)"


def notebook(*sources, marks=("double",), lesson="one"):
    made = nbformat.v4.new_notebook()
    if lesson:
        made.metadata["workshop"] = {"lesson": lesson}
    made.cells = [nbformat.v4.new_markdown_cell("# def triple(x): in words")]
    for source, mark in zip(sources, (*marks, *[None] * len(sources)), strict=False):
        cell = nbformat.v4.new_code_cell(source)
        if mark:
            cell.metadata["workshop"] = {"exercise": mark, "lesson": lesson}
        made.cells.append(cell)
    return made


def write(path, made):
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(made, path)
    return path


def verdicts(tmp_path, *sources, **options):
    path = write(tmp_path / "a.ipynb", notebook(*sources, **options))
    return {one.exercise: one for one in checking.check_notebook(path)}


# --- which notebooks -----------------------------------------------------------------------------


def test_notebooks_in_hidden_folders_and_venvs_are_left_out(tmp_path):
    write(tmp_path / "day1" / "01.ipynb", notebook(STUB))
    write(tmp_path / "mine.ipynb", notebook(STUB))
    write(tmp_path / "day1" / ".ipynb_checkpoints" / "01.ipynb", notebook(STUB))
    write(tmp_path / "env" / "lib" / "sample.ipynb", notebook(STUB))
    (tmp_path / "env" / "pyvenv.cfg").touch()
    found = [path.relative_to(tmp_path).as_posix() for path in checking.find(tmp_path)]
    assert found == ["day1/01.ipynb", "mine.ipynb"]
    assert checking.find(tmp_path / "mine.ipynb") == [tmp_path / "mine.ipynb"]


def test_a_place_of_which_the_parent_is_hidden_is_searched(tmp_path):
    write(tmp_path / ".hidden" / "mine.ipynb", notebook(STUB))
    assert len(checking.find(tmp_path / ".hidden")) == 1


def test_nothing_there_is_said(tmp_path):
    with pytest.raises(FileNotFoundError, match="is not there: give a notebook or a folder"):
        checking.find(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="there is no notebook"):
        checking.find(tmp_path)


# --- verdicts ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "status", "words"),
    [
        (RIGHT, "passed", ""),
        (STUB, "not attempted", "still to be written"),
        ("def double(x):\n    return x + 5.0", "wrong", "You add 5.0: multiply."),
        ("def double(x):\n    return 2 * x +", "wrong", "Python cannot read line 2"),
        ("def double(x):\n    while True:\n        pass", "timed out", "3 seconds"),
        ("def double(x):\n    import sys\n    sys.exit(3)", "wrong", "SystemExit: 3"),
        ("x = 3", "missing", "no function double"),
    ],
)
@pytest.mark.parametrize("marks", [("double",), ()])
def test_an_exercise_gets_its_verdict_marked_or_not(tmp_path, source, status, words, marks):
    found = verdicts(tmp_path, source, marks=marks)
    assert list(found) == ["double"]
    assert found["double"].status == status
    assert words in found["double"].message


def test_without_metadata_exercises_are_known_by_functions(tmp_path):
    sources = [RIGHT, "def triple(x):\n    return x + 6.0", "def helper(x):\n    return x"]
    found = verdicts(tmp_path, *sources, marks=(), lesson=None)
    assert {name: one.status for name, one in found.items()} == {
        "double": "passed",
        "triple": "wrong",
    }
    found = verdicts(tmp_path, "def triple(x:\n    return 1", marks=(), lesson=None)
    assert "cannot read" in found["triple"].message


def test_a_notebook_of_something_else_has_no_verdicts(tmp_path):
    assert verdicts(tmp_path, "def area(r):\n    return 3", marks=(), lesson=None) == {}


def test_nothing_but_definitions_is_run(tmp_path):
    trap = f"open({str(tmp_path / 'trap')!r}, 'w')\n"
    found = verdicts(tmp_path, RIGHT, trap, "factor = 2", marks=("double",))
    assert found["double"].passed
    assert not (tmp_path / "trap").exists()


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff\xfe", b'{"cells": 3}', b'{"nbformat": 4}', b"print(1)"]
)
def test_a_file_that_is_no_notebook_is_an_error_with_its_name(tmp_path, content):
    path = tmp_path / "bad.ipynb"
    path.write_bytes(content)
    with pytest.raises(notebooks.NotebookError, match=r"bad\.ipynb"):
        checking.check_notebook(path)


@pytest.mark.parametrize("where", ["notebook", "cell"])
def test_metadata_that_are_not_ours_are_an_error_not_a_crash(tmp_path, where):
    made = json.loads(nbformat.writes(notebook(RIGHT)))
    holder = made if where == "notebook" else made["cells"][1]
    holder["metadata"]["workshop"] = "ours?"
    path = tmp_path / "odd.ipynb"
    path.write_text(json.dumps(made))
    with pytest.raises(notebooks.NotebookError, match=r"odd\.ipynb"):
        checking.check_notebook(path)


# --- progress ------------------------------------------------------------------------------------


def counts(place, *some):
    return [(p.lesson.name, p.passed, p.total) for p in checking.progress_of(some, place)]


def test_progress_counts_what_passes_now_and_what_passed_before(tmp_path):
    folder = tmp_path / "mine"
    (folder / ".workshop").mkdir(parents=True)
    passed = Verdict("double", "one", "passed", "")
    wrong = Verdict("double", "one", "wrong", "")
    assert counts(folder) == [("one", 0, 1), ("two", 0, 1)]
    assert counts(folder, passed) == [("one", 1, 1), ("two", 0, 1)]
    assert counts(folder, wrong) == [("one", 0, 1), ("two", 0, 1)]
    progress.record("two", "triple", root=folder, attempt="passed")
    progress.record("one", "double", root=folder, attempt="wrong")
    progress.record("one", "gone", root=folder, attempt="passed")
    assert counts(folder, passed) == [("one", 1, 1), ("two", 1, 1)]
    (folder / "day1").mkdir()
    assert counts(folder / "day1" / "01.ipynb") == [("one", 0, 1), ("two", 1, 1)]


# --- the solution editions -----------------------------------------------------------------------


@pytest.fixture
def edition(tmp_path, monkeypatch):
    place = tmp_path / "notebooks"
    monkeypatch.setattr(notebooks, "notebooks_dir", lambda: place)
    return place


VERDICT = (
    "from IPython.display import display\n"
    "def check(f):\n"
    "    import os, pathlib\n"
    "    assert pathlib.Path(os.environ['WORKSHOP_HOME']).samefile(os.getcwd())\n"
    "    status = 'passed' if f(2) == 4 else 'wrong'\n"
    "    verdict = dict(exercise=f.__name__, lesson='one', status=status, message='so it is')\n"
    "    display({'application/vnd.workshop.verdict+json': verdict}, raw=True)\n"
)


def solutions(lesson, **options):
    said = []
    (one,) = checking.run_solutions([lesson], **{"time_limit": 120, **options}, started=said.append)
    assert said == [lesson]
    return one


def test_a_solution_edition_that_runs_and_passes_is_fine(edition, lessons):
    made = notebook(VERDICT, STUB, marks=(None, "double"))
    write(edition / f"{lessons[0].notebook}.ipynb", made)
    one = solutions(lessons[0])
    assert one.passed, one
    assert one.outcome == "ok"
    assert one.verdicts["double"]["status"] == "passed"
    assert one.seconds > one.slowest > 0
    assert json.loads(json.dumps(one.as_dict()))["passed"] is True


@pytest.mark.parametrize(
    ("cells", "outcome", "status", "problem"),
    [
        ([VERDICT.replace("== 4", "== 5"), STUB], "ok", "wrong", ""),
        (["", STUB.replace("check(double)", "")], "ok", "no verdict", ""),
        ([VERDICT, STUB, "1 / 0"], "errors", "passed", "cell 4: ZeroDivisionError: division by"),
        ([VERDICT, STUB, "import os; os._exit(1)"], "kernel died", "passed", "stopped at cell 4"),
    ],
)
def test_a_wrong_verdict_none_at_all_or_an_error_is_not(
    edition, lessons, cells, outcome, status, problem
):
    write(edition / f"{lessons[0].notebook}.ipynb", notebook(*cells, marks=(None, "double")))
    one = solutions(lessons[0])
    assert not one.passed
    assert (one.outcome, one.verdicts["double"]["status"]) == (outcome, status)
    assert problem in "\n".join(one.problems)


def test_a_notebook_that_takes_too_long_is_stopped(edition, lessons):
    cells = ["import time; time.sleep(60)", STUB]
    write(edition / f"{lessons[0].notebook}.ipynb", notebook(*cells, marks=(None, "double")))
    one = solutions(lessons[0], time_limit=3)
    assert not one.passed
    assert one.outcome == "timed out"


def test_one_missing_or_outdated_notebook_stops_no_other(edition, lessons, monkeypatch):
    write(edition / f"{lessons[1].notebook}.ipynb", notebook("x = 1", marks=("triple",)))
    one, two = checking.run_solutions(lessons, time_limit=60)
    assert (one.outcome, one.passed) == ("not built", False)
    assert one.verdicts["double"]["status"] == "no verdict"
    assert "01_one.ipynb" in one.problems[0]
    assert (two.outcome, two.passed) == ("not built", False)
    assert "02_two.ipynb" in two.problems[0]


def test_two_at_a_time_come_in_the_order_of_the_lessons(edition, lessons):
    # The first waits for a file that the second writes, so it can only end if both run at once.
    wait = "import pathlib, time\nwhile not pathlib.Path({!r}).exists(): time.sleep(0.05)"
    signal = edition / "signal"
    for lesson, cell in zip(
        lessons, (wait.format(str(signal)), f"open({str(signal)!r}, 'w').close()"), strict=True
    ):
        made = notebook(
            cell,
            STUB.replace("double", lesson_exercise(lesson)),
            marks=(None, lesson_exercise(lesson)),
        )
        write(edition / f"{lesson.notebook}.ipynb", made)
    done = list(checking.run_solutions(lessons, time_limit=120, jobs=2))
    assert [one.lesson for one in done] == list(lessons)
    assert [one.outcome for one in done] == ["errors", "errors"]  # no check is defined there


def lesson_exercise(lesson):
    return {"one": "double", "two": "triple"}[lesson.name]


def test_when_it_is_interrupted_what_runs_is_ended(edition, lessons):
    for lesson in lessons:
        mark = lesson_exercise(lesson)
        cells = ["import time; time.sleep(100)", STUB.replace("double", mark)]
        write(edition / f"{lesson.notebook}.ipynb", notebook(*cells, marks=(None, mark)))
    began = time.monotonic()

    def started(lesson):
        if lesson is lessons[1]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(checking.run_solutions(lessons[::-1], time_limit=120, jobs=2, started=started))
    assert time.monotonic() - began < 60
