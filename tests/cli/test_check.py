"""`workshop check`: an attendee's own notebooks, and the solution editions."""

import json
import re

import pytest

from cli.commands import invoke
from workshop import syllabus
from workshop.classroom import lab

RIGHT = "def sigmoid(z):\n    return 1 / (1 + torch.exp(-z))"
TANH = "def sigmoid(z):\n    return torch.tanh(z)"


@pytest.fixture
def mine(tmp_path):
    """An attendee's folder; the function writes an answer into lesson 2's notebook."""
    folder = tmp_path / "deep-learning-workshop"
    lab.fill(folder)
    path = folder / f"{syllabus.get('neuron').notebook}.ipynb"

    def answer(source):
        made = json.loads(path.read_text(encoding="utf-8"))
        for cell in made["cells"]:
            if cell["metadata"].get("workshop", {}).get("exercise") == "sigmoid":
                cell["source"] = source
        path.write_text(json.dumps(made), encoding="utf-8")
        return path

    return answer


def test_check_of_an_untouched_folder_is_fine(mine, tmp_path):
    code, out = invoke("check")  # finds ./deep-learning-workshop
    assert code == 0
    assert "not attempted" in out
    assert re.search(r"^0 of \d+ exercises passed", out, re.M)
    for lesson in syllabus.lessons():
        assert re.search(rf"^ +{lesson.number}\. {lesson.name} +\[\.+\] +0 of \d", out, re.M)


def test_check_names_the_mistake_and_counts_what_passed(mine, tmp_path):
    path = mine(TANH)
    code, out = invoke("check", str(path))
    assert code == 1
    assert re.search(r"sigmoid +wrong +This is tanh", out)
    mine(RIGHT)
    code, out = invoke("check", str(path.parent), "--json", "out.json")
    assert code == 0
    assert re.search(r"sigmoid +passed", out)
    assert re.search(r"^ +\d+\. neuron +\[#\.+\] +1 of \d", out, re.M)
    rows = json.loads((tmp_path / "out.json").read_text())
    (row,) = [row for row in rows if row["exercise"] == "sigmoid"]
    assert row["status"] == "passed"
    assert row["notebook"] == str(path)


def test_check_goes_on_after_an_unreadable_notebook(mine):
    path = mine(TANH)
    path.with_name("99_bad.ipynb").write_text("{")
    code, out = invoke("check", str(path.parent))
    assert code == 2
    assert "99_bad.ipynb: is not a notebook" in out.replace("\n", "")
    assert "This is tanh" in out


def test_check_names_the_file_where_a_lesson_has_two(mine):
    path = mine(TANH)
    assert path.name not in invoke("check", str(path.parent), columns=160)[1]
    path.with_name("a_copy.ipynb").write_bytes(path.read_bytes())
    out = invoke("check", str(path.parent), columns=160)[1]
    assert path.name in out
    assert "a_copy.ipynb" in out


def test_check_says_what_is_not_there(tmp_path):
    code, out = invoke("check", "gone")
    assert code == 2
    assert "gone is not there" in out
    code, out = invoke("check", "day1")
    assert code == 2
    assert "workshop check --solutions day1" in out
    code, out = invoke("check")
    assert code == 2
    assert "there is no notebook" in out


def test_check_solutions_shows_every_verdict(monkeypatch, tmp_path):
    from workshop.classroom import checking

    lesson = syllabus.get("neuron")
    seen = {}

    def run_solutions(lessons, *, time_limit, jobs, started):
        seen.update(lessons=lessons, time_limit=time_limit, jobs=jobs)
        for one in lessons:
            started(one)
            status = seen["status"]
            verdicts = {"sigmoid": {"status": status, "message": "so it is"}}
            yield checking.Solution(one, seen["outcome"], 9.5, 2.5, verdicts, seen["problems"])

    monkeypatch.setattr(checking, "run_solutions", run_solutions)
    for outcome, status, problems, expected in (
        ("ok", "passed", (), 0),
        ("ok", "wrong", (), 1),
        ("errors", "passed", ("cell 3: ZeroDivisionError: division by zero",), 1),
        ("timed out", "no verdict", ("stopped at cell 2",), 1),
    ):
        seen.update(outcome=outcome, status=status, problems=problems)
        code, out = invoke(
            "check", "--solutions", "neuron", "--time-limit", "50", "--json", "out.json"
        )
        assert code == expected
        assert seen["lessons"] == (lesson,)
        assert seen["time_limit"] == 50
        assert re.search(rf"neuron +sigmoid +{status} +9\.5", out)
        assert (
            f"{outcome if expected == 0 or outcome != 'ok' else 'not solved'}, 9.5 seconds" in out
        )
        for problem in problems:
            assert problem in out
        assert ("Not all right: neuron" in out) == bool(expected)
        (row,) = json.loads((tmp_path / "out.json").read_text())
        assert row["passed"] == (not expected)
