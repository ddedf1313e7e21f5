"""`workshop progress`: where a class stands."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from workshop import syllabus
from workshop.cli.common import (
    NARROW,
    Json,
    make_console,
    make_table,
    select_lessons,
    stop,
    wrap_name,
)

if TYPE_CHECKING:
    from workshop.classroom.class_progress import Class, Entry


def progress(
    places: Annotated[
        list[Path],
        typer.Argument(
            metavar="FOLDER...",
            help="Attendees' folders (which `workshop lab` has made), a folder of such folders, or "
            "files that attendees have written with `workshop check --export FILE`.",
        ),
    ],
    lessons: Annotated[
        list[str] | None,
        typer.Option(
            "--lesson",
            metavar="LESSON|day1|day2",
            help="Of these only; by default, what anybody has begun.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
    watch: Annotated[
        float | None,
        typer.Option(
            min=1, metavar="SECONDS", help="Look again so often, until Ctrl-C.", show_default=False
        ),
    ] = None,
) -> None:
    """For instructors: where the class stands, exercise by exercise. Nothing of theirs is run."""
    chosen = select_lessons(lessons) if lessons else None
    if as_json and watch is not None:
        stop("progress: --watch shows tables; give --json without it")
    from workshop.classroom import class_progress

    try:
        while True:
            try:
                found = class_progress.read(places)
            except class_progress.NothingThere as error:
                stop(str(error))
            if as_json:
                typer.echo(json.dumps(found.as_dict(chosen or found.lessons()), indent=1))
            else:
                _show(found, chosen or found.lessons(), clear=watch is not None)
            if watch is None:
                return
            time.sleep(watch)
    except KeyboardInterrupt:
        if watch is None:
            raise


def _show(found: Class, lessons: Sequence[syllabus.Lesson], *, clear: bool) -> None:
    stderr, console = make_console(stderr=True), make_console()
    narrow = console.width < NARROW
    if clear:
        console.clear()
    rows = found.rows(lessons)
    if rows:
        columns = ("lesson", "exercise", "passed", "", "stuck there (attempts)")
        table = make_table(*columns, tight=columns[:4], narrow=narrow)
        last = ""
        for row in rows:
            if last and row.lesson != last:
                table.add_section()
            table.add_row(
                wrap_name(row.lesson if row.lesson != last else "", 14, narrow),
                wrap_name(row.exercise, 20, narrow),
                f"{row.passed} of {row.total}",
                bar(row.passed, row.tried, row.total, 10 if narrow else 20),
                Text(_stuck(row.stuck, 3 if narrow else 6)),
            )
            last = row.lesson
        console.print(table)
        console.print("# passed   - tried   . not yet", style="dim")
    else:
        console.print("Nobody has tried an exercise yet.")
    heads = ("attendee", "passed", "stuck", "attempts", "hints", "answers read", "last at")
    table = make_table(*heads, tight=heads[1:6], narrow=narrow)
    for one in found.summaries(lessons):
        counts = (one.stuck, one.attempts, one.hints, one.answers_read)
        table.add_row(
            Text(one.attendee),
            f"{one.passed} of {one.total}",
            *(str(count or "") for count in counts),
            wrap_name(one.at, 20, narrow),
        )
    console.print()
    console.print(table)
    for skipped in found.skipped:
        stderr.print(Text(f"left out: {skipped.place} {skipped.reason}"), soft_wrap=True)


def bar(passed: int, tried: int, total: int, width: int) -> str:
    """A bar for a class; whatever is more than nobody is seen."""
    ends = [0 if part == 0 else max(1, width * part // max(total, 1)) for part in (passed, tried)]
    if tried > passed:
        ends = [min(ends[0], width - 1), max(ends[1], min(ends[0], width - 1) + 1)]
    return f"[{'#' * ends[0]}{'-' * (ends[1] - ends[0])}{'.' * (width - ends[1])}]"


def _stuck(stuck: Sequence[tuple[str, Entry]], most: int) -> str:
    names = [f"{name} ({entry.attempts})" for name, entry in stuck[:most]]
    more = [f"and {len(stuck) - most} more"] if len(stuck) > most else []
    return ", ".join(names + more)
