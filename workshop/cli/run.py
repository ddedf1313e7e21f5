"""`workshop run`: train lessons to their targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from workshop import syllabus
from workshop.cli.common import (
    NARROW,
    JsonFile,
    Names,
    make_console,
    make_table,
    outcome_text,
    refuse_unwritable,
    select_lessons,
    stop,
    wrap_name,
    write,
)

if TYPE_CHECKING:
    from workshop.classroom.lesson_runs import Run


def run(
    names: Names = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of the first run.")] = 0,
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds, from that one on.")] = 1,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="FIELD=VALUE",
            help="Change a setting, for all lessons named or as LESSON.FIELD=VALUE for one. The "
            "bounds then do not decide the exit code.",
            show_default=False,
        ),
    ] = None,
    json_file: JsonFile = None,
    traceback: Annotated[
        bool, typer.Option("--traceback", help="Show where a lesson crashed.")
    ] = False,
) -> None:
    """Train lessons to their targets. Exit code 1 if a target is missed or a control passes."""
    lessons = select_lessons(names)
    if seed + seeds > 2**32:
        stop(
            f"--seed {seed} --seeds {seeds}: got seeds up to {seed + seeds - 1}, expected at most "
            f"{2**32 - 1}"
        )
    refuse_unwritable(json_file)
    from workshop.classroom import lesson_runs as runs
    from workshop.core.device import DeviceError, choose

    try:
        chosen = choose(device)
        configs = runs.configs_for(lessons, settings or [])
    except (DeviceError, KeyError, TypeError, ValueError) as error:
        stop(str(error.args[0]))
    stderr = make_console(stderr=True)

    def which(lesson: syllabus.Lesson, seed: int) -> str:
        return f"{lesson.name}, seed {seed}" if seeds > 1 else lesson.name

    def started(lesson: syllabus.Lesson, seed: int) -> None:
        stderr.print(f"{lesson.number}. {which(lesson, seed)}: {lesson.title} ...")

    def finished(one: Run) -> None:
        mark = outcome_text(one.passed, "ok", "CRASHED" if one.error else "MISSED")
        stderr.print(Text.assemble("   ", mark, f", {one.seconds:.1f} seconds"))

    done, cut_short = runs.run_all(
        lessons,
        configs,
        seeds=range(seed, seed + seeds),
        device=chosen,
        progress=True,
        started=started,
        finished=finished,
    )
    write(runs.as_json(done).rstrip("\n"), json_file)
    console = make_console(stderr=json_file == "-")
    if done:
        console.print(_results(done, console))
    for one in done:
        if one.error:
            stderr.print(f"{which(one.lesson, one.seed)} crashed: {one.error}")
            if traceback:
                stderr.print(one.traceback)
    if any(one.error for one in done) and not traceback:
        stderr.print("Where it crashed: the same command with --traceback.")
    if cut_short:
        stderr.print(
            f"Interrupted in {which(*cut_short)}; {len(done)} of {len(lessons) * seeds} runs had "
            f"finished."
        )
        raise typer.Exit(130)
    if settings:
        stderr.print("Settings were changed (--set), so the bounds do not decide the exit code.")
    if any(one.error or not (one.passed or settings) for one in done):
        raise typer.Exit(1)


def _results(done: Sequence[Run], console: Console) -> Table:
    from workshop.classroom import lesson_runs as runs

    narrow = console.width < NARROW
    seconds = "secs" if narrow else "seconds"
    columns = ("lesson", "metric", "got", "target", "control", "passed", seconds, "device")
    table = make_table(*columns, tight=columns[3:], narrow=narrow)
    for lesson in dict.fromkeys(one.lesson for one in done):
        mine = [one for one in done if one.lesson == lesson]
        lines: list[list[str | Text]] = []
        for row in runs.rows_of(mine):
            got = row.got.replace(" (", "\n(").replace(", ", "\n") if narrow else row.got
            sides = ["", ""]
            if row.bound is not None:
                sides[row.bound.kind == "control"] = str(row.bound)
            mark = outcome_text(row.passed) if row.bound is not None or not row.passed else ""
            lines.append([wrap_name(row.name, 15, narrow), got, *sides, mark])
        if crashed := sum(bool(one.error) for one in mine):
            what = f"{crashed} of {len(mine)} seeds" if len(mine) > 1 else ""
            lines.append(["", what, "", "", outcome_text(False, bad="CRASHED")])
        first = [
            wrap_name(lesson.name, 14, narrow),
            f"{sum(one.seconds for one in mine):.1f}",
            mine[0].device,
        ]
        for line in lines or [[""] * 5]:
            table.add_row(first[0], *line, *first[1:])
            first = ["", "", ""]
        table.add_section()
    return table
