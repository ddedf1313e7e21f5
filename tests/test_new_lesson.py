"""A new lesson in the middle of a day is its own files and nothing else: tests/new_lesson/.

They are added to a copy of the repository, where every command and every test knows the lesson.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from workshop import syllabus

ROOT = Path(__file__).parents[1]
NEW = ROOT / "tests" / "new_lesson"


def call(copy, module, *arguments, status=0):
    """Run `python -m MODULE ...` in the copy, which is the only workshop there; its output."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    env["PYTHONPATH"] = os.pathsep.join((str(ROOT / "tests" / "netblock"), str(copy)))
    env.update(WORKSHOP_DATA=str(copy / "data"), WORKSHOP_HOME=str(copy), PYTHONIOENCODING="utf-8")
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(command, cwd=copy, env=env, capture_output=True, encoding="utf-8")
    assert done.returncode == status, done.stdout + done.stderr
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
    for folder in ("data", "notebooks", "tests", "workshop"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("README.md", "pyproject.toml"):
        shutil.copy(ROOT / file, copy / file)
    for folder in ("notebooks", "tests", "workshop"):
        shutil.copytree(NEW / folder, copy / folder, dirs_exist_ok=True)
    assert "misnumbered: " in call(copy, "workshop", "notebooks", "--check", status=1)
    call(copy, "workshop", "notebooks")
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


def test_list_and_run_know_it(copy):
    listed = json.loads(call(copy, "workshop", "list", "--json"))
    (toy,) = [row for row in listed if row["lesson"] == "toy"]
    assert (toy["number"], toy["sections"]) == (2, [])
    assert "toy" in call(copy, "workshop", "list")
    assert "test_accuracy" in call(copy, "workshop", "run", "toy", "--device", "cpu")


def test_check_and_grade_know_it(copy):
    call(copy, "workshop", "notebooks", "toy", "--solutions", "solved/ann")
    assert "nearest_point" in call(copy, "workshop", "check", "solved/ann/day1/02_toy.ipynb")
    call(copy, "workshop", "grade", "solved", "--out", "graded", "--unsafe")
    results = (copy / "graded" / "results.csv").read_text(encoding="utf-8").splitlines()
    (row,) = [line for line in results if "nearest_point" in line]
    assert "passed" in row


def test_its_own_test_and_those_of_every_lesson_pass(copy):
    files = ("day1/test_toy", "exercises/test_exercises", "test_contract", "test_notebooks")
    files += ("test_book", "test_syllabus", "test_words")
    tests = [f"tests/{file}.py" for file in files]
    chosen = "toy or nearest_point or test_syllabus or unique or sections or glossary_is"
    report = call(copy, "pytest", "-n", "0", "-q", "-k", chosen, *tests)
    assert "failed" not in report
