"""The builder: the same bytes every time, stubs and answers in their place, every rule enforced."""

import ast
import json
import os
import re
import subprocess
import sys
from types import SimpleNamespace

import nbformat
import pytest

from workshop import exercises, syllabus
from workshop.classroom import notebooks
from workshop.classroom.notebooks import NotebookError
from workshop.syllabus import Lesson

LESSON = Lesson("tiny_one", 1, 9, "Größe, eine Übung", 5, (), ())

SOURCE = '''# %% [markdown]
# # Größe, eine Übung
#
# Text with $x^2$. {Lesson:neuron}'s is in {lesson:cnn}.

# %%
# %matplotlib inline
import math

# echo the input: this stays a comment of {lesson:cnn}, and so does this:
# ls
values = [1, 2,
          7 % 4]

# %% exercise="double"
import functools


@functools.lru_cache
def double(x, *, times=2):
    """Twice x: a number -> a number."""
    raise NotImplementedError("write double, then run this cell")


# hint(double)
check(double)

# %% [markdown]
# ## Next

# %% exercise="half"
def half(x):
    """Half of x."""
    raise NotImplementedError
check(half)

# %%
hint(double, number=2)
print(library.double(3), {"half": 1}["half"], library.half(values[0]))
'''

ANSWERS = {
    "double": (
        "def double(x: float, *, times: int = 2) -> float:\n"
        '    """Twice x."""\n'
        "    return sum([x] * times)\n"
    ),
    "half": "@str\ndef half(x):\n\n    return x / 2\n",
}
EXERCISES = tuple(
    SimpleNamespace(name=name, answer_source=lambda name=name: ANSWERS[name]) for name in ANSWERS
)


def build(source=SOURCE, of=EXERCISES):
    return notebooks.attendee_edition(source, LESSON, of)


# --- the attendee edition -------------------------------------------------------------------------


def test_the_attendee_edition_is_plain_and_complete():
    notebook = build()
    nbformat.validate(notebook)
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert notebook["metadata"] == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "workshop": {"lesson": "tiny_one"},
    }
    kinds = [cell["cell_type"] for cell in notebook["cells"]]
    assert kinds == ["markdown", "code", "code", "markdown", "code", "code"]
    assert [cell["id"] for cell in notebook["cells"]] == [f"tiny-one-00{i}" for i in range(1, 7)]
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None)
    marked = [cell["metadata"] for cell in notebook["cells"] if cell["metadata"]]
    assert marked == [
        {"tags": ["exercise"], "workshop": {"exercise": name, "lesson": "tiny_one"}}
        for name in ("double", "half")
    ]


def test_magics_become_code_and_comments_stay_comments():
    lines = build()["cells"][1]["source"].splitlines()
    assert lines[0] == "%matplotlib inline"
    cnn = syllabus.get("cnn").number
    assert f"# echo the input: this stays a comment of lesson {cnn}, and so does this:" in lines
    assert "# ls" in lines


def test_lessons_are_named_in_sources_and_numbered_here():
    """Markdown gets links, relative to the day; code gets the words alone."""
    prose = build()["cells"][0]["source"]
    assert prose.splitlines()[0] == "# 9. Größe, eine Übung"
    neuron, cnn = syllabus.get("neuron").number, syllabus.get("cnn").number
    assert f"[Lesson {neuron}]({neuron:02d}_neuron.ipynb)'s" in prose
    assert f"[lesson {cnn}](../day2/{cnn:02d}_cnn.ipynb)." in prose
    assert f"a comment of lesson {cnn}, and" in build()["cells"][1]["source"]


def test_the_file_is_the_same_to_the_byte_in_any_process():
    text = notebooks.serialise(build())
    assert text == notebooks.serialise(build())
    code = (
        "import sys; sys.path[:0] = sys.argv[1:]; import test_notebooks_builder as t; "
        "sys.stdout.buffer.write(t.notebooks.serialise(t.build()).encode('utf-8'))"
    )
    here = os.path.dirname(__file__)
    other = subprocess.run(
        [sys.executable, "-c", code, here, os.path.dirname(os.path.dirname(here))],
        env={**os.environ, "PYTHONHASHSEED": "77"},
        capture_output=True,
    )
    assert other.stdout == text.encode("utf-8"), other.stderr


def test_the_file_is_written_the_way_git_likes_it():
    text = notebooks.serialise(build())
    assert text.endswith("}\n")
    assert not text.endswith("\n\n")
    assert "\r" not in text
    assert "Größe, eine Übung" in text
    assert text.splitlines()[1].startswith(' "')
    assert text == json.dumps(json.loads(text), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def test_a_file_read_and_written_again_is_the_same(tmp_path):
    path = tmp_path / "x.ipynb"
    path.write_bytes(notebooks.serialise(build()).encode("utf-8"))
    assert notebooks.serialise(notebooks.read(path)).encode("utf-8") == path.read_bytes()


def test_without_jupytext_the_message_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "jupytext", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install .deep-learning-workshop\[test\]"):
        build()


# --- the solution edition -------------------------------------------------------------------------


def test_the_solution_edition_replaces_only_the_stubs(monkeypatch):
    attendee = build()
    before = notebooks.serialise(attendee)
    monkeypatch.setitem(sys.modules, "jupytext", None)  # it must do without
    solved = notebooks.solution_edition(attendee, ANSWERS)
    assert notebooks.serialise(attendee) == before
    nbformat.validate(solved)
    assert solved["cells"][2]["source"] == (
        f"import functools\n\n\n{ANSWERS['double']}\n\n# hint(double)\ncheck(double)"
    )
    assert solved["cells"][4]["source"] == "@str\ndef half(x):\n\n    return x / 2\ncheck(half)"
    for i in (0, 1, 3, 5):
        assert solved["cells"][i] == attendee["cells"][i]
    assert [cell["metadata"] for cell in solved["cells"]] == [
        cell["metadata"] for cell in attendee["cells"]
    ]


def test_the_stub_raises_and_the_solution_works():
    def run(notebook):
        checked = []
        names = {"check": lambda f: checked.append(f(8))}
        exec(notebook["cells"][2]["source"], names)
        return checked

    attendee = build()
    with pytest.raises(NotImplementedError, match="write double"):
        run(attendee)
    assert run(notebooks.solution_edition(attendee, ANSWERS)) == [16]


def test_a_line_separator_within_a_text_shifts_no_answer():
    attendee = build()
    stub = attendee["cells"][2]["source"]
    attendee["cells"][2]["source"] = stub.replace("tools\n", 'tools\nodd = "a\x0cb\u2028c"\n', 1)
    solved = notebooks.solution_edition(attendee, ANSWERS)
    source = solved["cells"][2]["source"]
    assert source.startswith('import functools\nodd = "a\x0cb\u2028c"\n')
    assert "NotImplementedError" not in source
    ast.parse(source)


def test_an_answer_that_is_missing_is_named():
    with pytest.raises(NotebookError, match="cell 3: there is no answer to exercise 'double'"):
        notebooks.solution_edition(build(), {"half": ""})
    with pytest.raises(NotebookError, match="Did you mean 'doubled'"):
        notebooks.solution_edition(build(), {"doubled": ""})


def test_a_stub_that_an_attendee_removed_is_reported():
    changed = build()
    changed["cells"][2]["source"] = "check(double)"
    with pytest.raises(NotebookError, match="cell 3: defines double 0 times"):
        notebooks.solution_edition(changed, ANSWERS)


def test_answers_come_from_the_exercises():
    assert notebooks.answers_for(EXERCISES) == ANSWERS


# --- rules ----------------------------------------------------------------------------------------

HALF = '''# %% exercise="half"
def half(x):
    """Half of x."""
    raise NotImplementedError
check(half)
'''
BODY = '    """Half of x."""\n    raise NotImplementedError\ncheck(half)'
RULES = {
    # what: (old, new, how the line begins that is named, message)
    "nothing": (SOURCE, "", None, "the first cell must be Markdown"),
    "no title": ("# # Größe", "# Größe", None, "the first cell must be Markdown"),
    "a number": ("# # Größe", "# # 9. Größe", None, "without a number: '# Größe, eine Übung'"),
    "another title": ("# # Größe", "# # Größer", None, "the title in lesson.toml"),
    "unknown lesson": ("in {lesson:cnn}", "in {lesson:cn}", "# Text", "'cn'. Did you mean 'cnn'"),
    "title in code": (SOURCE, "# %%\n# a comment\n", None, "the first cell must be Markdown"),
    "second level": ("# # Größe", "# ## Größe", None, "the first cell must be Markdown"),
    "twice": ("# %%\nhint(", HALF + "\n# %%\nhint(", "def half", "'half' is already in cell 5"),
    "unknown": (
        '"half"\n',
        '"halve"\n',
        "def half",
        "'halve' is not in .*day1.tiny_one.exercises. Did you",
    ),
    "no cell": ('# %% exercise="half"', "# %%", None, '`# %% exercise="half"` for exercise'),
    "not defined": ("def half", "def halve", "def halve", "defines half 0 times; expected once"),
    "defined twice": ("check(half)", "half = 1\ncheck(half)", "half = 1", "defines half 2 times"),
    "in a branch": ("def half(x):", "if 1:\n  def half(x):", "if 1:", "at the left margin"),
    "async": ("def half", "async def half", "async def", "once, with def"),
    "class": ("def half(x)", "class half", "class half", "once, with def"),
    "no docstring": ('    """Half of x."""\n', "", "    raise", "must be a docstring and `raise"),
    "no raise": ("Error\ncheck", "\ncheck", '    """Half', "must be a docstring"),
    "a body": ('of x."""', 'of x."""\n    x = 1', '    """Half', "must be a docstring"),
    "no text": ('"""Half of x."""', "7", "    7", "must be a docstring"),
    "other name": ("half(x)", "half(y)", "def half", r"takes \['y'\], .* takes \['x'\]"),
    "one more": ("half(x)", "half(x, y)", "def half", r"takes \['x', 'y'\], .* takes \['x'\]"),
    "a default": ("times=2", "times=3", "def double", r"'\*', 'times=3'\], but .* 'times=2'\]"),
    "no default": ("times=2", "times", "def double", r"'times'\], but"),
    "not only by name": ("x, *, times", "x, times", "def double", r"\['x', 'times=2'\], but"),
    "no check": ("\ncheck(half)", "", "def half", r"the last line must be check\(half\)"),
    "check of another": ("check(half)", "check(double)", "check(double)", r"must be check\(half\)"),
    "check not last": ("check(half)", "check(half)\nprint()", "print()", r"must be check\(half\)"),
    "not Python": ("7 % 4]", "7 % 4", "values", "Python cannot read it"),
    "after a magic": ("print(lib", "!ls\nx = = 1\nprint(lib", "x = = 1", "Python cannot read it"),
    "used later": ("library.double(3)", "double(3)", "print(", "uses the attendee's double"),
    "used in a function": (
        "print(library",
        "def f(half):\n    return half + double\nprint(library",
        "    return half + double",
        "uses the attendee's double",
    ),
    "given away": (
        "library.half(",
        "list(map(half, values)), library.x(",
        "print(",
        "attendee's half",
    ),
    "in an exercise": ("check(half)", "double(1)\ncheck(half)", "double(1)", "attendee's double"),
    "called": ("hint(double, number=2)", "check(double(2))", "check(dou", "attendee's double"),
    "unknown option": ('exercise="half"', 'exercize="half"', "def half", "option exercize='half'"),
    "title in a mark": ("# %%\nhint", "# %% Hints\nhint", "hint(", "got the option title='Hints'"),
    "no quotes": ('exercise="half"', "exercise=half", "def half", "in quotes"),
    "no name": ('exercise="half"', 'exercise="1/2"', "def half", "expected the name of a function"),
    "exercise is a number": (
        'exercise="half"',
        "exercise=5",
        "def half",
        "exercise=5 in a code cell",
    ),
    "Markdown exercise": (
        "# %% [markdown]\n# ## Next",
        '# %% [markdown] exercise="next"\n# ## Next',
        "# ## Next",
        "exercise='next' in a markdown cell",
    ),
    "raw": ("# %% [markdown]\n# ## Next", "# %% [raw]\n# next", "# next", "is a raw cell"),
}


@pytest.mark.parametrize("rule", RULES)
def test_a_source_that_breaks_a_rule_is_refused_with_its_place(rule):
    old, new, line, message = RULES[rule]
    assert SOURCE.count(old) == 1
    broken = SOURCE.replace(old, new)
    with pytest.raises(NotebookError, match=message) as refused:
        build(broken)
    place = re.match(r"day1/09_tiny_one\.py(, line (\d+) \(cell \d\))?: ", str(refused.value))
    if line is None:
        assert place[2] is None
    else:
        assert broken.split("\n")[int(place[2]) - 1].startswith(line)


def test_a_damaged_header_is_reported():
    header = "# ---\n# jupyter:\n#   kernelspec: {name: x}\n# ---\n\n"
    with pytest.raises(NotebookError, match="jupytext cannot read it"):
        build(header + SOURCE)


@pytest.mark.parametrize(
    "answer", ["half = abs\n", "def halve(x):\n    return x / 2\n", "(lambda x: x / 2)\n"]
)
def test_a_reference_that_defines_another_name_is_refused(answer):
    other = SimpleNamespace(name="half", answer_source=lambda: answer)
    with pytest.raises(NotebookError, match="the reference of exercise 'half' is not a function"):
        build(of=(EXERCISES[0], other))


@pytest.mark.parametrize(
    "later",
    [
        "check(half); hint(half); answer(half)",
        "library.half(1)",
        "half = library.half\nprint(half(2))",
        "from library import half\nhalf(2)",
        "def f(half):\n    return half(1)",
        "[half for half in values]",
        "def half(y):\n    return y\n\n\nhalf(2)",
        "half: int = 3\nprint(half)",
    ],
)
def test_another_thing_of_the_same_name_is_no_offence(later):
    build(SOURCE.replace("hint(double, number=2)", later))


def test_a_name_that_was_defined_anew_is_free_afterwards():
    build(SOURCE + "\n# %%\nhalf = library.half\n\n# %%\nhalf(2)\n")
    with pytest.raises(NotebookError, match="attendee's half"):
        build(SOURCE + "\n# %%\nhalf(2)\n\n# %%\nhalf = library.half\n")


# --- building a folder ----------------------------------------------------------------------------


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A folder with one source, whose exercises are the ones above."""
    monkeypatch.setattr(exercises, "for_lesson", lambda name: EXERCISES)
    (tmp_path / "day1").mkdir()
    (tmp_path / "day1" / "09_tiny_one.py").write_text(SOURCE, encoding="utf-8")
    return tmp_path


def states(root, **options):
    return [built.state for built in notebooks.build([LESSON], root=root, **options)]


def test_build_writes_once_and_check_never(root):
    path = root / "day1" / "09_tiny_one.ipynb"
    assert states(root, check=True) == ["missing"]
    assert not path.exists()
    assert states(root) == ["written"]
    assert path.read_bytes() == notebooks.serialise(build()).encode("utf-8")
    stamp = path.stat().st_mtime_ns
    assert states(root) == states(root, check=True) == ["as it was"]
    assert path.stat().st_mtime_ns == stamp
    assert sorted(p.name for p in path.parent.iterdir()) == ["09_tiny_one.ipynb", "09_tiny_one.py"]


def test_drift_is_shown_and_built_away(root):
    path = root / "day1" / "09_tiny_one.ipynb"
    notebooks.build([LESSON], root=root)
    path.write_bytes(path.read_bytes().replace(b"import math", b"import meth"))
    stale = path.read_bytes()
    (built,) = notebooks.build([LESSON], root=root, check=True)
    assert (built.path, built.state) == (path, "stale")
    changes = [line for line in built.difference.splitlines() if line[:3] not in ("---", "+++")]
    assert [line[0] for line in changes] == ["@", " ", "-", "+", " "]
    assert "import meth" in changes[2]
    assert "import math" in changes[3]
    assert path.read_bytes() == stale
    assert states(root) == ["written"]
    assert states(root, check=True) == ["as it was"]


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        (lambda old: old.replace(b"\n", b"\r\n"), "only the ends of lines differ"),
        (lambda old: b"\xff\xfe" + old, "\ufffd"),
        (lambda old: b"{}\n", "more lines"),
    ],
)
def test_damaged_files_count_as_drift(root, change, difference):
    path = root / "day1" / "09_tiny_one.ipynb"
    notebooks.build([LESSON], root=root)
    path.write_bytes(change(path.read_bytes()))
    (built,) = notebooks.build([LESSON], root=root, check=True)
    assert built.state == "stale"
    assert difference in built.difference
    assert len(built.difference.splitlines()) <= 31


def test_a_notebook_without_source_is_an_orphan(root):
    notebooks.build([LESSON], root=root)
    (root / "day1" / "03_gone.ipynb").write_text("{}")
    (root / "day1" / "04_other.ipynb").write_text("{}")  # of a lesson that was not asked for
    (root / "day1" / "04_other.py").write_text("")
    built = notebooks.build([LESSON], root=root, check=True)
    assert [(one.path.name, one.state) for one in built] == [
        ("09_tiny_one.ipynb", "as it was"),
        ("03_gone.ipynb", "orphan"),
    ]


def test_files_under_another_number_or_day_are_renamed(root):
    notebooks.build([LESSON], root=root)
    before = {path.suffix: path.read_bytes() for path in (root / "day1").iterdir()}
    (root / "day2").mkdir()
    (root / "day1" / "09_tiny_one.py").rename(root / "day2" / "tiny_one.py")
    (root / "day1" / "09_tiny_one.ipynb").rename(root / "day1" / "08_tiny_one.ipynb")
    (root / "day1" / "01_not_tiny_one.py").write_text("")  # of a lesson with a longer name
    built = notebooks.build([LESSON], root=root, check=True)
    assert [(one.path.name, one.state) for one in built] == [
        ("08_tiny_one.ipynb", "misnumbered"),
        ("tiny_one.py", "misnumbered"),
        ("tiny_one.ipynb", "missing"),
    ]
    assert all(one.drifted for one in built)
    assert states(root) == ["renamed", "renamed", "as it was"]
    (root / "day1" / "01_not_tiny_one.py").unlink()
    assert {path.suffix: path.read_bytes() for path in (root / "day1").iterdir()} == before
    assert list((root / "day2").iterdir()) == []


def test_two_sources_of_one_lesson_are_refused(root):
    (root / "day1" / "03_tiny_one.py").write_text(SOURCE, encoding="utf-8")
    with pytest.raises(NotebookError, match=r"several sources.*03_tiny_one\.py, .*09_tiny_one\.py"):
        notebooks.build([LESSON], root=root)


def test_pages_of_reference_get_the_numbers_of_lessons(root):
    notebooks.build([LESSON], root=root)
    cnn = syllabus.get("cnn")
    page = root / "reference" / "words.md"
    page.parent.mkdir()
    old = (
        "See [Lesson\n3](../day1/03_cnn.ipynb), [3](../day1/03_cnn.ipynb), [3](../day1/03_x.ipynb)."
    )
    page.write_text(old, encoding="utf-8")
    assert states(root, check=True) == ["as it was", "stale"]
    assert page.read_text(encoding="utf-8") == old
    assert states(root) == ["as it was", "written"]
    place = f"](../{cnn.notebook}.ipynb)"
    assert page.read_text(encoding="utf-8") == (
        f"See [Lesson\n{cnn.number}{place}, [{cnn.number}{place}, [3](../day1/03_x.ipynb)."
    )


def test_a_source_that_is_missing_or_no_text_is_named(root):
    source = root / "day1" / "09_tiny_one.py"
    source.write_bytes(SOURCE.encode("latin-1"))
    with pytest.raises(NotebookError, match=r"09_tiny_one.py: is not a text in UTF-8"):
        notebooks.build([LESSON], root=root)
    source.unlink()
    with pytest.raises(NotebookError, match="the source of lesson tiny_one is missing"):
        notebooks.build([LESSON], root=root)


def test_a_broken_source_leaves_the_notebook_as_it_was(root):
    path = root / "day1" / "09_tiny_one.ipynb"
    notebooks.build([LESSON], root=root)
    before = path.read_bytes()
    (root / "day1" / "09_tiny_one.py").write_text(SOURCE.replace("# # G", "# G"), "utf-8")
    with pytest.raises(NotebookError):
        notebooks.build([LESSON], root=root)
    assert path.read_bytes() == before


# --- reading what others wrote --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "readable"),
    [
        ("x = (5\n     % 3)", "x = (5\n     % 3)"),
        ("%matplotlib inline\nx = 1", "pass  # %matplotlib inline\nx = 1"),
        ("if x:\n    !ls -l\n    y = 2", "if x:\n    pass  # !ls -l\n    y = 2"),
        ("files = !ls\nx = (5\n % 3)", "pass  # files = !ls\nx = (5\n % 3)"),
        ("print?\nx = 1", "pass  # print?\nx = 1"),
        ("?print", "pass  # ?print"),
        ("%%time\nx = 1", "pass  # %%time\nx = 1"),
        ("%%html\n<b>hello</b>", "# %%html\n# <b>hello</b>"),
    ],
)
def test_ipythons_own_lines_are_taken_out(source, readable):
    assert notebooks.without_magics(source) == readable
    ast.parse(readable)


def test_what_is_no_magic_stays_an_error():
    assert notebooks.without_magics("x = = 1") == "x = = 1"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not a notebook"),
        (b"[]", "is not a notebook"),
        (b'{"cells": [{}], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}', "not a notebook"),
        (b"\xff\xfe", "is not a text file in UTF-8"),
    ],
)
def test_a_file_that_is_no_notebook_is_named(tmp_path, content, message):
    path = tmp_path / "mine.ipynb"
    path.write_bytes(content)
    with pytest.raises(NotebookError, match=f"mine.ipynb: .*{message}"):
        notebooks.read(path)
    with pytest.raises(NotebookError, match=r"nobody\.ipynb: cannot be opened"):
        notebooks.read(tmp_path / "nobody.ipynb")
