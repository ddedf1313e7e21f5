"""Imports go one way: import-linter holds the arrows of pyproject.toml, and those between lessons.

A lesson uses earlier lessons only, a notebook its own lesson too; their order is the syllabus's.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sources import source_of

from workshop import syllabus

ROOT = Path(__file__).parents[1]
# What costs seconds to import: only where it is used, in a function.
HEAVY = ("torchvision", "sklearn", "scipy", "matplotlib.pyplot", "IPython", "jupytext", "nbclient")


def lint(folder):
    """Run import-linter with the configuration in `folder`: exit code and output."""
    command = "from importlinter.cli import lint_imports; exit(lint_imports(no_cache=True))"
    path = os.pathsep.join((str(folder), str(ROOT)))
    done = subprocess.run(
        [sys.executable, "-c", command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
    )
    return done.returncode, done.stdout + done.stderr


def test_the_parts_keep_to_the_contracts_of_pyproject():
    code, output = lint(ROOT)
    assert code == 0, output


def lint_lessons(folder, lessons, **planted):
    """One layer for each lesson and one for its notebook, in the order of `lessons`.

    planted: name of a lesson -> a line that is added to its notebook.
    """
    (folder / "notebook").mkdir()
    (folder / "notebook" / "__init__.py").touch()
    for lesson in lessons:
        text = source_of(lesson.name) + planted.get(lesson.name, "")
        (folder / "notebook" / f"{lesson.name}.py").write_text(text, encoding="utf-8")
    layers = [layer for one in reversed(lessons) for layer in (f"notebook.{one.name}", one.package)]
    (folder / "pyproject.toml").write_text(
        f"""
        [tool.importlinter]
        root_packages = ["workshop", "notebook"]
        [[tool.importlinter.contracts]]
        name = "Lessons use earlier lessons only"
        type = "layers"
        layers = {json.dumps(layers)}
        """,
        encoding="utf-8",
    )
    return lint(folder)


def test_lessons_and_notebooks_use_no_later_lesson(tmp_path):
    code, output = lint_lessons(tmp_path, syllabus.lessons())
    assert code == 0, output


def test_a_notebook_that_uses_a_later_lesson_is_seen(tmp_path):
    line = "\ndef f():\n    from workshop.day1.activations import relu\n"
    code, output = lint_lessons(tmp_path, syllabus.lessons(), neuron=line)
    assert code == 1
    assert "notebook.neuron -> workshop.day1.activations" in output


def test_a_lesson_that_uses_a_later_one_is_seen(tmp_path):
    code, output = lint_lessons(tmp_path, syllabus.lessons()[::-1])
    assert code == 1
    assert re.search(r"^workshop\.day\S+ is not allowed to import workshop\.day", output, re.M)


@pytest.mark.parametrize(
    ("parts", "absent"),
    [
        (("syllabus", "book", "cli"), ("torch", "numpy", *HEAVY)),
        (("core", "figures", "text", "day1", "day2", "exercises"), HEAVY),
    ],
    ids=["command", "lessons"],
)
def test_nothing_heavy_is_imported_before_it_is_used(parts, absent):
    code = (
        "import importlib, pkgutil, sys\n"
        f"for name in {[f'workshop.{part}' for part in parts]}:\n"
        "    part = importlib.import_module(name)\n"
        "    for one in pkgutil.walk_packages(getattr(part, '__path__', ()), f'{name}.'):\n"
        "        importlib.import_module(one.name)\n"
        f"print([name for name in {absent} if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
