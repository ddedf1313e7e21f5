"""A new lesson in the middle of a day is its own files and nothing else: tests/new_lesson/.

They are added to a copy of the repository, where every command and every test knows the lesson.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from workshop import syllabus

ROOT = Path(__file__).parents[1]
NEW = ROOT / "tests" / "new_lesson"
pytestmark = pytest.mark.slow


def call(copy, module, *arguments):
    """Run `python -m MODULE ...` in the copy, which is the only workshop there; its output."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    env["PYTHONPATH"] = os.pathsep.join((str(ROOT / "tests" / "netblock"), str(copy)))
    env.update(WORKSHOP_DATA=str(copy / "data"), WORKSHOP_HOME=str(copy), PYTHONIOENCODING="utf-8")
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(command, cwd=copy, env=env, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def sources(folder):
    """Name without its number -> text of each notebook's source."""
    return {
        path.stem.partition("_")[2]: path.read_text(encoding="utf-8")
        for path in folder.glob("notebooks/day?/*.py")
    }


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The repository with the new lesson, after `workshop notebooks`."""
    copy = tmp_path_factory.mktemp("repository")
    for folder in ("benchmarks", "data", "notebooks", "tests", "workshop"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in (*ROOT.glob("*.md"), ROOT / "pyproject.toml"):
        shutil.copy(file, copy / file.name)
    for folder in ("notebooks", "tests", "workshop"):
        shutil.copytree(NEW / folder, copy / folder, dirs_exist_ok=True)
    assert "renamed: " in call(copy, "workshop", "notebooks")
    return copy


def test_notebooks_are_renumbered_and_no_source_is_edited(copy):
    call(copy, "workshop", "notebooks", "--check")
    first, second = syllabus.select(["day1"])[:2]
    names = [path.name for path in sorted(copy.glob("notebooks/day1/*.ipynb"))]
    assert names[:3] == [
        f"01_{first.name}.ipynb",
        "02_toy.ipynb",
        f"{second.number + 1:02d}_{second.name}.ipynb",
    ]
    assert len(names) == len(syllabus.select(["day1"])) + 1
    toy = (copy / "notebooks" / "day1" / "02_toy.ipynb").read_text(encoding="utf-8")
    neuron = syllabus.get("neuron").number + 1
    assert "# 2. Whom you stand next to" in toy
    assert f"[Lesson {neuron}]({neuron:02d}_neuron.ipynb) has one" in toy
    assert f"# lesson {neuron} does without" in toy
    after = sources(copy)
    del after["toy"]
    assert after == sources(ROOT)


def test_list_knows_it(copy):
    listed = json.loads(call(copy, "workshop", "list", "--json"))
    (toy,) = [row for row in listed if row["lesson"] == "toy"]
    assert (toy["number"], toy["sections"]) == (2, [])


def test_check_and_grade_know_it(copy):
    call(copy, "workshop", "notebooks", "toy", "--solutions", "solved/ann")
    assert "nearest_point" in call(copy, "workshop", "check", "solved/ann/day1/02_toy.ipynb")
    call(copy, "workshop", "grade", "solved", "--out", "graded", "--unsafe")
    results = (copy / "graded" / "results.csv").read_text(encoding="utf-8").splitlines()
    (row,) = [line for line in results if "nearest_point" in line]
    assert "passed" in row


PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
ADD_A_LESSON = PAGE.split("\n## ")[1]


def test_commands_of_add_a_lesson_run(copy):
    commands = re.findall(r"^ +python -m (.+)$", ADD_A_LESSON, re.M)
    assert len(commands) == 6
    for command in commands:
        words = command.replace("NAME", "toy").replace("EXERCISE", "nearest_point")
        output = call(copy, *shlex.split(words))
    assert re.search(r"== [1-9]\d+ passed", output), output  # the last command is pytest


def test_paths_of_the_page_are_there(copy):
    page = PAGE.replace("dayN", "day1").replace("NN_LESSON", "*").replace("LESSON", "*")
    page = page.replace("/NAME.py", "/*_toy.py").replace("NAME", "toy")
    paths = re.findall(r"`((?:workshop|data|notebooks|tests)/[^`\s]*)`", page)
    assert len(paths) > 15
    assert [path for path in paths if not list(copy.glob(path))] == []
