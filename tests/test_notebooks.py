"""Every notebook, executed headlessly: with its solutions, and as attendees get it."""

import pytest

from workshop import syllabus
from workshop.classroom import notebooks, runner
from workshop.exercises import for_lesson

LESSONS = syllabus.lessons()


def attendee(lesson):
    return notebooks.read(notebooks.notebooks_dir() / f"{lesson.notebook}.ipynb")


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_the_solution_edition_runs_and_passes_every_check(lesson, tmp_path):
    exercises = for_lesson(lesson.name)
    solved = notebooks.solution_edition(attendee(lesson), notebooks.answers_for(exercises))
    executed = runner.run_notebook(solved, cwd=tmp_path, time_limit=300)
    assert executed.outcome == "ok", executed.errors
    passed = [v["exercise"] for v in executed.verdicts if v["status"] == "passed"]
    assert passed == [exercise.name for exercise in exercises]
    assert max(executed.cell_seconds) < 60  # the issue asks for 30 on an idle machine


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_the_attendee_edition_runs_to_the_end_with_nothing_attempted(lesson, tmp_path):
    executed = runner.run_notebook(attendee(lesson), cwd=tmp_path, time_limit=300)
    assert executed.outcome == "ok", executed.errors
    assert [v["status"] for v in executed.verdicts] == ["not attempted"] * len(
        for_lesson(lesson.name)
    )


def test_nothing_has_drifted_and_a_changed_source_is_seen(tmp_path):
    lesson = syllabus.get("neuron")
    (tmp_path / "day1").mkdir()
    source = notebooks.notebooks_dir() / f"{lesson.notebook}.py"
    text = source.read_text(encoding="utf-8")
    (tmp_path / f"{lesson.notebook}.py").write_text(text, encoding="utf-8")
    assert [b.state for b in notebooks.build([lesson], root=tmp_path)] == ["written"]
    built = (tmp_path / f"{lesson.notebook}.ipynb").read_bytes()
    assert built == source.with_suffix(".ipynb").read_bytes()
    assert [b.state for b in notebooks.build([lesson], root=tmp_path, check=True)] == ["as it was"]
    (tmp_path / f"{lesson.notebook}.py").write_text(text + "\n# %%\n1 + 1\n", encoding="utf-8")
    (tmp_path / "day1" / "99_left.ipynb").write_text("{}")
    states = [b.state for b in notebooks.build([lesson], root=tmp_path, check=True)]
    assert states == ["stale", "orphan"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('exercise="sigmoid"', 'exercise="sigmoidd"', "Did you mean 'sigmoid'"),
        ('# %% exercise="sigmoid"', "# %%", "no cell"),
        ("def sigmoid(z):", "def sigmoid(x):", r"takes \['x'\], but its reference takes \['z'\]"),
        ("\ncheck(sigmoid)", "\nprint(1)", r"the last line must be check\(sigmoid\)"),
        ("neuron.sigmoid(z)", "sigmoid(z)", None),
        (
            'raise NotImplementedError("write sigmoid, then run this cell")',
            "return z",
            "must be a docstring",
        ),
        ("# # 2. One neuron", "# One neuron", "the first cell"),
        ("show_source(neuron.sigmoid)", "show_source(sigmoid)", "uses the attendee's sigmoid"),
        ("show_source(neuron.sigmoid)", "show_source(", "cell"),
    ],
)
def test_a_source_that_breaks_a_rule_is_refused(old, new, message):
    lesson = syllabus.get("neuron")
    source = (notebooks.notebooks_dir() / f"{lesson.notebook}.py").read_text(encoding="utf-8")
    assert old in source
    broken = source.replace(old, new, 1)
    if message is None:  # used before its exercise: that is the author's own name
        notebooks.attendee_edition(broken, lesson, for_lesson("neuron"))
        return
    with pytest.raises(notebooks.NotebookError, match=message):
        notebooks.attendee_edition(broken, lesson, for_lesson("neuron"))
