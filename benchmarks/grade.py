"""Checks per second of `workshop grade`, and how that grows with the class.

    python -m benchmarks.grade --attendees 5 10 30 --jobs 2 --days 1

makes classes whose members hand in a full day each: most of them right, every fourth the stubs as
they were, one of ten with a loop without end. With `--nbgrader`, nbgrader's autograde (which has to
be installed: `pip install nbgrader`) grades the same notebooks in the same run.
"""

from __future__ import annotations

import argparse
import copy
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from workshop import syllabus
from workshop.classroom import cells, notebooks
from workshop.classroom.checking import solution_edition
from workshop.exercises import for_lesson
from workshop.grading.grade import grade


def write_class(folder: Path, attendees: int, lessons: tuple[syllabus.Lesson, ...]) -> None:
    """A folder for each attendee, with a notebook for each lesson."""
    for lesson in lessons:
        solved = solution_edition(lesson)
        stubs = notebooks.read(notebooks.notebooks_dir() / f"{lesson.notebook}.ipynb")
        endless = copy.deepcopy(solved)
        first = for_lesson(lesson.name)[0]
        for cell in endless["cells"]:
            if cells.exercise_of(cell) == first.name:
                cell["source"] = f"def {first.signature()}:\n    while True:\n        pass\n"
        for number in range(attendees):
            edition = stubs if number % 4 == 3 else solved
            if number % 10 == 9 and lesson is lessons[0]:
                edition = endless
            path = folder / f"attendee{number:03d}" / f"{lesson.notebook}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(notebooks.serialise(edition), encoding="utf-8")


def by_nbgrader(place: Path, course: Path, lessons: tuple[syllabus.Lesson, ...]) -> float:
    """The same submissions, an assignment a lesson, by nbgrader's autograde: its seconds.

    It runs each notebook whole, as is its way, in a kernel of its own, without a sandbox.
    """

    def nbgrader(*words: str) -> None:
        command = [sys.executable, "-m", "nbgrader", *words, "--log-level=ERROR"]
        subprocess.run(command, cwd=course, check=True, stdout=subprocess.DEVNULL)

    course.mkdir()
    (course / "nbgrader_config.py").write_text("c = get_config()\n", encoding="utf-8")
    for lesson in lessons:
        released = notebooks.read(notebooks.notebooks_dir() / f"{lesson.notebook}.ipynb")
        for cell in released["cells"]:
            if name := cells.exercise_of(cell):
                cell["metadata"]["nbgrader"] = {
                    "schema_version": 3,
                    "grade_id": name,
                    "grade": True,
                    "solution": True,
                    "locked": False,
                    "task": False,
                    "points": 1,
                    "cell_type": "code",
                }
        sources = course / "source" / lesson.name
        sources.mkdir(parents=True)
        text = notebooks.serialise(released)
        (sources / Path(lesson.notebook).with_suffix(".ipynb").name).write_text(text, "utf-8")
        nbgrader("generate_assignment", lesson.name)
        marked = {
            c["id"]: c["metadata"]["nbgrader"] for c in released["cells"] if cells.exercise_of(c)
        }
        for attendee in sorted(place.iterdir()):
            book = notebooks.read(attendee / f"{lesson.notebook}.ipynb")
            for cell in book["cells"]:
                if cell["id"] in marked:
                    cell["metadata"]["nbgrader"] = marked[cell["id"]]
            handed = (
                course
                / "submitted"
                / attendee.name
                / lesson.name
                / f"{Path(lesson.notebook).name}.ipynb"
            )
            handed.parent.mkdir(parents=True)
            handed.write_text(notebooks.serialise(book), encoding="utf-8")
    start = time.perf_counter()
    for lesson in lessons:
        nbgrader("autograde", lesson.name)
    return time.perf_counter() - start


def cpu() -> float:
    """Seconds of the processor that this process and those it has waited for have had."""
    return sum(os.times()[:4])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--attendees", type=int, nargs="+", default=[5, 10, 30])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--days", type=int, nargs="+", default=[1])
    parser.add_argument("--lessons", nargs="+", help="instead of whole days")
    parser.add_argument("--nbgrader", action="store_true", help="its autograde beside it")
    parser.add_argument("--unsafe", action="store_true")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    lessons = tuple(
        lesson
        for lesson in syllabus.lessons()
        if (lesson.name in arguments.lessons if arguments.lessons else lesson.day in arguments.days)
    )
    if not lessons:
        parser.error("no such lesson")
    if arguments.nbgrader and importlib.util.find_spec("nbgrader") is None:
        parser.error("nbgrader is not installed: pip install nbgrader")
    rows = []
    for attendees in arguments.attendees:
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder, "class")
            write_class(place, attendees, lessons)
            start, before = time.perf_counter(), cpu()
            done = grade([place], Path(folder, "out"), jobs=arguments.jobs, unsafe=arguments.unsafe)
            seconds = time.perf_counter() - start
            rows.append(
                {
                    "attendees": attendees,
                    "lessons": len(lessons),
                    "checks": done.checked,
                    "seconds": round(seconds, 1),
                    "cpu_seconds": round(cpu() - before, 1),
                    "checks_per_second": round(done.checked / seconds, 1),
                    "isolation": done.level.name,
                    "verdicts": dict(Counter(one.verdict for one in done.results)),
                }
            )
            if arguments.nbgrader:
                theirs = by_nbgrader(place, Path(folder, "course"), lessons)
                rows[-1] |= {
                    "nbgrader_seconds": round(theirs, 1),
                    "ratio": round(theirs / seconds, 1),
                }
            if not arguments.json:
                print(rows[-1])
    if arguments.json:
        print(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
