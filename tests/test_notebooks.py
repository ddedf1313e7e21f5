"""Every notebook, executed headlessly, both editions in one run; and the rules of the sources.

`workshop check --solutions`, a stage of the gate, runs plain solution editions.
"""

import copy

import pytest

from workshop import syllabus
from workshop.classroom import execution as runner
from workshop.classroom import notebooks
from workshop.exercises import for_lesson

LESSONS = syllabus.lessons()


def attendee(lesson):
    return notebooks.read(notebooks.notebooks_dir() / f"{lesson.notebook}.ipynb")


def both_editions(lesson):
    """The attendee edition, with each exercise's solved cell before the cell with its stub.

    So every later cell meets what an attendee who has solved nothing meets: the stub.
    """
    plain = attendee(lesson)
    solved = notebooks.solution_edition(plain, notebooks.answers_for(for_lesson(lesson.name)))
    cells = []
    for stub, answer in zip(plain["cells"], solved["cells"], strict=True):
        if notebooks.exercise_of(stub):
            answer = copy.deepcopy(answer)
            answer["id"] += "-answer"
            cells.append(answer)
        cells.append(stub)
    plain["cells"] = cells
    return plain


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_answers_pass_stubs_wait_and_every_other_cell_runs(lesson, tmp_path):
    executed = runner.run_notebook(both_editions(lesson), cwd=tmp_path, time_limit=900)
    assert executed.outcome == "ok", (executed.problem, executed.errors)
    found = [(verdict["exercise"], verdict["status"]) for verdict in executed.verdicts]
    assert found == [
        (exercise.name, status)
        for exercise in for_lesson(lesson.name)
        for status in ("passed", "not attempted")
    ]
    for output in (o for cell in executed.notebook["cells"] for o in cell.get("outputs", ())):
        if "image/png" in output.get("data", {}):
            alt = output["metadata"]["image/png"]["alt"]
            assert len(alt.split()) > 3, f"a figure without alt text: {alt!r}"


def test_an_answer_that_is_wrong_would_be_noticed(tmp_path):
    import nbformat

    lesson = syllabus.get("neuron")
    solved = both_editions(lesson)
    wanted = [cell for cell in solved["cells"] if notebooks.exercise_of(cell) == "sigmoid"]
    imports = next(cell for cell in solved["cells"] if cell["cell_type"] == "code")
    wanted[0]["source"] = wanted[0]["source"].replace("return", "return 2 *")
    cut = nbformat.v4.new_notebook(cells=[imports, *wanted])
    executed = runner.run_notebook(cut, cwd=tmp_path, time_limit=300)
    assert [verdict["status"] for verdict in executed.verdicts] == ["wrong", "not attempted"]


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
        ("# # One neuron", "# # 2. One neuron", "without a number: '# One neuron'"),
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
