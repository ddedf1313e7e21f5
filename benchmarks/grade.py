"""Checks per second of `workshop grade`, and how that grows with the class.

    python -m benchmarks.grade --attendees 5 10 30 --jobs 2 --days 1

makes classes whose members hand in a full day each: most of them right, every fourth the stubs as
they were, one of ten with a loop without end.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import tempfile
import time
from collections import Counter
from pathlib import Path

from workshop import syllabus
from workshop.classroom import cells, notebooks
from workshop.classroom.checking import solution_edition
from workshop.classroom.grading.grade import grade
from workshop.exercises import for_lesson


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


def cpu() -> float:
    """Seconds of the processor that this process and those it has waited for have had."""
    return sum(os.times()[:4])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--attendees", type=int, nargs="+", default=[5, 10, 30])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--days", type=int, nargs="+", default=[1])
    parser.add_argument("--lessons", nargs="+", help="instead of whole days")
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
            if not arguments.json:
                print(rows[-1])
    if arguments.json:
        print(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
