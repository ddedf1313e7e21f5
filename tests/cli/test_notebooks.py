"""`workshop notebooks`."""

from pathlib import Path

import pytest

from cli.commands import invoke
from workshop import syllabus
from workshop.classroom import notebooks


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A copy of lesson 2's notebook and source, as in a clone of the repository."""
    real, lesson = notebooks.notebooks_dir(), syllabus.get("neuron")
    copy = tmp_path / "clone" / "notebooks"
    (copy / "day1").mkdir(parents=True)
    for ending in (".py", ".ipynb"):
        name = f"{lesson.notebook}{ending}"
        (copy / name).write_bytes((real / name).read_bytes())
    monkeypatch.setattr(notebooks, "notebooks_dir", lambda: copy)
    return copy / f"{lesson.notebook}.ipynb"


def test_notebooks_check_fails_on_drift_building_fixes_it(clone):
    code, out = invoke("notebooks", "neuron")
    assert code == 0
    committed = clone.read_bytes()
    clone.write_bytes(committed.replace(b"One neuron", b"Two neurons", 1))
    code, out = invoke("notebooks", "--check", "neuron")
    assert code == 1
    assert "stale" in out
    assert "Two neurons" in out  # the difference
    assert b"Two neurons" in clone.read_bytes()
    code, out = invoke("notebooks", "neuron")
    assert code == 0
    assert "written" in out
    assert clone.read_bytes() == committed
    assert invoke("notebooks", "--check", "neuron")[0] == 0


def test_notebooks_refuses_a_source_that_breaks_a_rule(clone):
    source = clone.with_suffix(".py")
    text = source.read_text(encoding="utf-8")
    source.write_text(text.replace('exercise="sigmoid"', 'exercise="sigmoidd"'), encoding="utf-8")
    code, out = invoke("notebooks", "neuron")
    assert code == 2
    assert "sigmoidd" in out
    assert "Traceback" not in out


def test_notebooks_solutions_are_written_where_one_says(clone, tmp_path):
    code, out = invoke("notebooks", "neuron", "--solutions", "solved")
    assert code == 0
    path = tmp_path / "solved" / "day1" / clone.name
    assert str(Path("solved") / "day1" / clone.name) in out.replace("\n", "")
    text = path.read_text(encoding="utf-8")
    assert "def sigmoid" in text
    assert "NotImplementedError" not in text
    code, out = invoke("notebooks", "neuron", "--solutions", "solved", "--check")
    assert code == 2
    assert "give one of them" in out


def test_an_installed_workshop_says_where_to_build(clone, monkeypatch):
    monkeypatch.setattr(notebooks, "in_repository", lambda: False)
    for arguments in (["notebooks"], ["notebooks", "--check"]):
        code, out = invoke(*arguments)
        assert code == 2
        assert "clone the repository" in out
    assert invoke("notebooks", "neuron", "--solutions", "solved")[0] == 0
