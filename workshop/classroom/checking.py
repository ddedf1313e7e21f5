"""Checking exercises in notebook files: an attendee's own, or the workshop's solutions."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from workshop.classroom import notebooks
from workshop.classroom.runner import Executed, run_notebook
from workshop.exercises import all_exercises, check_source, for_lesson
from workshop.exercises.exercise import Verdict
from workshop.syllabus import Lesson


def find(place: Path) -> list[Path]:
    """The notebooks at `place`: itself, or those below it, checkpoints left out.

    Raises:
        FileNotFoundError: nothing is there.
    """
    if place.is_file():
        return [place]
    if not place.is_dir():
        raise FileNotFoundError(f"{place} is not there: give a notebook or a folder of notebooks")
    found = [
        path
        for path in sorted(place.rglob("*.ipynb"))
        if not any(part.startswith(".") for part in path.relative_to(place).parts)
    ]
    if not found:
        raise FileNotFoundError(f"there is no notebook (.ipynb) in {place}")
    return found


def check_notebook(path: Path) -> list[Verdict]:
    """The verdict on every exercise in a notebook, found by its cells' marks or by its functions.

    Only imports, definitions and constants are run, in a worker process: nothing is trained.

    Raises:
        NotebookError: the file is not a notebook.
    """
    notebook = notebooks.read(path)
    source = notebooks.definitions_of(notebook)
    broken = notebooks.unreadable_cells(notebook)
    marked = {name for cell in notebook["cells"] if (name := notebooks.exercise_of(cell))}
    lesson = notebook["metadata"].get("workshop", {}).get("lesson")
    defined = {
        line.split("(")[0].removeprefix("def ")
        for line in source.splitlines()
        if line.startswith("def ")
    }
    verdicts = []
    for exercise in all_exercises():
        if exercise.name in broken:
            verdicts.append(
                Verdict(exercise.name, exercise.lesson, "wrong", broken[exercise.name], "exists")
            )
        elif exercise.name in marked | defined or exercise.lesson == lesson:
            verdicts.append(check_source(source, exercise.name))
    return verdicts


def run_solutions(
    lessons: tuple[Lesson, ...], *, time_limit: float
) -> Iterator[tuple[Lesson, Executed]]:
    """Build the solution edition of each lesson, run it in a folder of its own, and yield it."""
    for lesson in lessons:
        notebook = notebooks.read(notebooks.notebooks_dir() / f"{lesson.notebook}.ipynb")
        answers = notebooks.answers_for(for_lesson(lesson.name))
        solved = notebooks.solution_edition(notebook, answers)
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            executed = run_notebook(
                solved, cwd=Path(folder), time_limit=time_limit, env={"WORKSHOP_HOME": folder}
            )
        yield lesson, executed


def solved(lesson: Lesson, executed: Executed) -> bool:
    """Whether a solution edition ran without an error and every exercise of the lesson passed."""
    passed = {v["exercise"] for v in executed.verdicts if v["status"] == "passed"}
    return executed.outcome == "ok" and passed == {e.name for e in for_lesson(lesson.name)}
