"""Imports go one way: data -> core -> day1 -> day2 -> syllabus -> exercises, classroom -> cli.

Read from the syntax trees, functions included, so that an import that is hidden in a function
counts too. Lesson modules come in the order of the syllabus and use only earlier ones.
"""

import ast
import importlib.util
from pathlib import Path

import pytest

from workshop import syllabus

PACKAGE = Path(importlib.util.find_spec("workshop").origin).parent
NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
# What costs seconds to import: only where it is used, in a function.
HEAVY = {"torchvision", "sklearn", "matplotlib.pyplot", "IPython", "jupytext", "nbclient", "scipy"}
ORDER = {
    f"day{lesson.day}.{lesson.name}": number for number, lesson in enumerate(syllabus.lessons())
}
DAYS = ("workshop.day1", "workshop.day2")  # empty packages
# What each part may use; a lesson, besides, earlier lessons.
MAY_USE = {
    "core": {"core", ""},
    "text": {"core", "text", ""},
    "day1": {"core", "text", ""},
    "day2": {"core", "text", ""},
    "syllabus": {"core", "day1", "day2", "text", ""},
    "book": {"core", "syllabus", "book", ""},
    "exercises": {"core", "day1", "day2", "text", "syllabus", "book", "exercises", ""},
    "classroom": {"core", "day1", "day2", "text", "syllabus", "book", "exercises", "classroom", ""},
    "cli": {
        "core",
        "syllabus",
        "book",
        "exercises",
        "classroom",
        "cli",
        "text",
        "day1",
        "day2",
        "",
    },
    "__main__": {"cli"},
    "": set(),
}


def imports_of(source, module):
    """(what, line, whether at the top) of every import; relative ones made absolute."""
    tree = ast.parse(source)
    inside = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        for node in ast.walk(function)
    }
    guarded = {
        id(node)
        for test in ast.walk(tree)
        if isinstance(test, ast.If) and ast.unparse(test.test) == "TYPE_CHECKING"
        for node in ast.walk(test)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}, line {node.lineno}: write the import absolute"
            names = [node.module] + [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        top = id(node) not in inside and id(node) not in guarded
        for name in names:
            yield name, node.lineno, top


def part(module):
    """The part of the package that a module of it belongs to: 'workshop.core.data' -> 'core'."""
    return f"{module}.".split(".")[1]


def lesson_of(module):
    """'workshop.day1.neuron' or deeper -> 'day1.neuron'; '' for anything else."""
    pieces = module.split(".")
    if len(pieces) >= 3 and pieces[1] in ("day1", "day2"):
        return ".".join(pieces[1:3])
    return ""


def place(lesson):
    """Where a lesson comes in the course; one that is still being written comes last."""
    return ORDER.get(lesson, len(ORDER))


def exists(name):
    """Whether `name` is a module of the package (and not a name in one)."""
    path = PACKAGE.joinpath(*name.split(".")[1:])
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def violations(source, module):
    """In words, every import of `source` that breaks the rules for `module`."""
    found = []
    mine = part(module)
    for name, line, top in imports_of(source, module):
        where = f"{module}, line {line}"
        if any(f"{name}.".startswith(f"{heavy}.") for heavy in HEAVY):
            if top and mine in ("core", "day1", "day2", "text", "syllabus", "cli", ""):
                found.append(f"{where}: {name} is heavy; import it where it is used")
            continue
        if top and mine in ("cli", "syllabus", "", "__main__") and name.split(".")[0] == "torch":
            found.append(f"{where}: {name} would be loaded by `workshop --help`")
        if name == "workshop" or not name.startswith("workshop."):
            continue
        target = lesson_of(name) if exists(name) else ""
        if lesson_of(module) and target:
            if place(target) > place(lesson_of(module)):
                found.append(f"{where}: lesson {lesson_of(module)} uses the later {target}")
        elif exists(name) and name not in DAYS and part(name) not in MAY_USE[mine]:
            found.append(f"{where}: {mine or 'workshop'} may not use {name}")
    return sorted(set(found))


MODULES = {
    ".".join(("workshop", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(
        ".__init__"
    ): path
    for path in sorted(PACKAGE.rglob("*.py"))
}


def test_there_is_something_to_read():
    assert {"workshop", "workshop.core.data", "workshop.day1.neuron", "workshop.cli"} <= set(
        MODULES
    )
    assert {part(module) for module in MODULES} <= set(MAY_USE)


@pytest.mark.parametrize("module", MODULES)
def test_no_arrow_goes_back_and_nothing_heavy_stands_at_the_top(module):
    assert violations(MODULES[module].read_text(encoding="utf-8"), module) == []


@pytest.mark.parametrize("lesson", syllabus.lessons(), ids=lambda lesson: lesson.name)
def test_notebooks_use_no_later_lesson(lesson):
    source = (NOTEBOOKS / f"{lesson.notebook}.py").read_text(encoding="utf-8")
    later = [
        f"line {line}: {name}"
        for name, line, _ in imports_of(source, lesson.notebook)
        if lesson_of(name) and exists(name)
        if place(lesson_of(name)) > place(f"day{lesson.day}.{lesson.name}")
    ]
    assert later == []


@pytest.mark.parametrize(
    ("module", "source", "word"),
    [
        ("workshop.core.data", "from workshop.day1 import neuron", "core may not use"),
        ("workshop.core.data", "import workshop.syllabus", "core may not use workshop.syllabus"),
        ("workshop.core.data", "from workshop import syllabus", "core may not use"),
        ("workshop.core.data", "def f():\n    from workshop.cli import app", "core may not use"),
        ("workshop.day1.neuron", "from workshop.day1 import activations", "the later day1.act"),
        ("workshop.day1.neuron", "import workshop.day1.activations as a", "the later day1.act"),
        ("workshop.day1.neuron", "from workshop.exercises import check", "day1 may not use"),
        ("workshop.day1.neuron", "from workshop import syllabus", "day1 may not use"),
        ("workshop.syllabus", "from workshop.exercises import get", "syllabus may not use"),
        (
            "workshop.exercises.running",
            "from workshop.classroom import runs",
            "exercises may not use",
        ),
        ("workshop.classroom.lab", "from workshop import cli", "classroom may not use"),
        ("workshop", "from workshop.core import data", "workshop may not use"),
        ("workshop.core.data", "import sklearn.datasets", "heavy"),
        ("workshop.core.data", "from sklearn import datasets", "heavy"),
        ("workshop.figures.plots", "from matplotlib import pyplot as plt", "heavy"),
        (
            "workshop.figures.plots",
            "try:\n    import torchvision\nexcept ImportError: pass",
            "heavy",
        ),
        ("workshop.cli", "import torch", "would be loaded by"),
        ("workshop.syllabus", "from torch import nn", "would be loaded by"),
    ],
)
def test_the_check_catches_a_planted_violation(module, source, word):
    assert any(word in text for text in violations(source, module)), violations(source, module)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("workshop.core.data", "from workshop.core.lesson import nearest\nimport torch"),
        ("workshop.core.data", "def f():\n    import sklearn.datasets"),
        ("workshop.figures.plots", "from matplotlib.figure import Figure"),
        ("workshop.day1.activations", "from workshop.day1 import neuron"),
        ("workshop.day1.activations", "from workshop.day1.neuron import sigmoid"),
        ("workshop.exercises.judge", "from workshop.day1 import neuron"),
        ("workshop.cli", "def f():\n    from workshop.classroom import runs"),
        ("workshop.cli", "def f():\n    import torch"),
        (
            "workshop.core.data",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import sklearn",
        ),
    ],
)
def test_the_check_lets_pass_what_is_allowed(module, source):
    assert violations(source, module) == []
