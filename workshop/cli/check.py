"""`workshop check`: the exercises in an attendee's notebooks, or in the solution editions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from workshop import syllabus
from workshop.cli.common import (
    NARROW,
    JsonFile,
    make_console,
    make_table,
    outcome_text,
    refuse_unwritable,
    relative,
    select_lessons,
    stop,
    wrap_name,
    write,
)

if TYPE_CHECKING:
    from workshop.exercises.verdict import Verdict


def check(
    place: Annotated[
        str | None,
        typer.Argument(
            metavar="[NOTEBOOK|FOLDER]",
            help="What to check, by default this folder; with --solutions, a lesson or a day.",
            show_default=False,
        ),
    ] = None,
    solutions: Annotated[
        bool, typer.Option("--solutions", help="For instructors: run the solution editions.")
    ] = False,
    time_limit: Annotated[
        float, typer.Option(min=1, help="Seconds per notebook, with --solutions.")
    ] = 600.0,
    jobs: Annotated[int, typer.Option(min=1, help="Notebooks at a time, with --solutions.")] = 1,
    json_file: JsonFile = None,
    export: Annotated[
        str | None,
        typer.Option(
            "--export",
            metavar="FILE",
            help="Write your progress as a file to hand to the instructor, called after you: "
            "ann.json. It holds no code.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Check the exercises in your notebooks. Exit code 1 if an answer is wrong."""
    refuse_unwritable(json_file)
    refuse_unwritable(export, "--export")
    if solutions and export is not None:
        stop(
            "check: --export is about your own notebooks, --solutions about the workshop's; give "
            "one of them"
        )
    if json_file == export == "-":
        stop("check: --json and --export cannot both go to standard output; name a file for one")
    if solutions:
        _check_solutions(select_lessons([place] if place else []), time_limit, jobs, json_file)
    else:
        _check_own(place, json_file, export)


def _check_own(place: str | None, json_file: str | None, export: str | None) -> None:
    from workshop.classroom import checking, class_progress
    from workshop.classroom.notebooks import NotebookError

    at = checking.default_place() if place is None else Path(place)
    try:
        paths = checking.find(at)
    except FileNotFoundError as error:
        names = {lesson.name for lesson in syllabus.lessons()} | {"day1", "day2"}
        stop(
            f"{error}."
            + (f" Was `workshop check --solutions {place}` meant?" if place in names else "")
        )
    found, unreadable = {}, []
    for path in paths:
        try:
            found[path] = checking.check_notebook(path)
        except NotebookError as error:
            unreadable.append(str(error))
    verdicts = [(path, verdict) for path, some in found.items() for verdict in some]
    rows = [{"notebook": str(path), **verdict.as_dict()} for path, verdict in verdicts]
    write(json.dumps(rows, indent=1), json_file)
    if export is not None:
        progress_file = class_progress.export([verdict for _, verdict in verdicts], at)
        write(progress_file, export, "--export")
    console = make_console(stderr="-" in (json_file, export))
    if verdicts:
        console.print(_verdicts(found, console))
        console.print()
    else:
        console.print("No exercise was found.")
    report = checking.progress_of([verdict for _, verdict in verdicts], at)
    for one in report:
        bar = f"[{'#' * one.passed}{'.' * (one.total - one.passed)}]"
        head = f"{one.lesson.number:3}. {one.lesson.name:18}"
        console.print(f"{head} {bar:6} {one.passed} of {one.total}")
    passed, total = sum(one.passed for one in report), sum(one.total for one in report)
    console.print(f"{passed} of {total} exercises passed")
    if unreadable:
        stop("\n".join(unreadable))
    if any(verdict.status not in checking.FINE for _, verdict in verdicts):
        raise typer.Exit(1)


def _verdicts(found: dict[Path, list[Verdict]], console: Console) -> Table:
    from workshop.classroom.checking import FINE

    narrow = console.width < NARROW
    columns = ("lesson", "exercise", "verdict", "what to do")
    table = make_table(*columns, tight=columns[:3], narrow=narrow)
    lessons = [lesson for some in found.values() for lesson in {one.lesson for one in some}]
    for path, some in found.items():
        table.add_section()
        # The file is named only where a lesson has more than one, such as a copy.
        if any(lessons.count(one.lesson) > 1 for one in some):
            table.add_row("", "", "", Text(relative(path), "dim"))
        last = ""
        for verdict in some:
            fine = verdict.status in FINE
            table.add_row(
                wrap_name(verdict.lesson if verdict.lesson != last else "", 14, narrow),
                wrap_name(verdict.exercise, 20, narrow),
                outcome_text(fine, verdict.status, verdict.status),
                "" if fine else verdict.message,
            )
            last = verdict.lesson
    return table


def _check_solutions(
    lessons: tuple[syllabus.Lesson, ...], time_limit: float, jobs: int, json_file: str | None
) -> None:
    from workshop.classroom import checking

    stderr, console = make_console(stderr=True), make_console(stderr=json_file == "-")
    columns = ("lesson", "exercise", "verdict", "seconds")
    table = make_table(*columns, tight=columns[2:])
    done = []

    def started(lesson: syllabus.Lesson) -> None:
        stderr.print(f"{lesson.notebook} ...")

    for one in checking.run_solutions(lessons, time_limit=time_limit, jobs=jobs, started=started):
        done.append(one)
        if jobs > 1:  # by now others have started
            stderr.print(f"{one.lesson.notebook}:")
        mark = outcome_text(
            one.passed, one.outcome, one.outcome if one.outcome != "ok" else "not solved"
        )
        times = f", {one.seconds:.1f} seconds, slowest cell {one.slowest:.1f}"
        stderr.print(Text.assemble("   ", mark, times))
        for problem in one.problems:
            stderr.print(f"   {problem}")
        head = [one.lesson.name, f"{one.seconds:.1f}"]
        for name, verdict in one.verdicts.items():
            mark = outcome_text(verdict["status"] == "passed", "passed", verdict["status"])
            table.add_row(head[0], name, mark, head[1])
            head = ["", ""]
            if verdict["status"] != "passed":
                stderr.print(f"   {name}: {verdict['status']}: {verdict['message']}")
        table.add_section()
    write(json.dumps([one.as_dict() for one in done], indent=1), json_file)
    console.print(table)
    if failed := [one.lesson.name for one in done if not one.passed]:
        stop(f"Not all right: {', '.join(failed)}", 1)
