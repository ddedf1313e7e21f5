"""`workshop grade`: grade a class."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from workshop.cli.common import NARROW, make_console, make_table, relative, stop

if TYPE_CHECKING:
    from workshop.grading.results import Result


def grade(
    places: Annotated[
        list[Path],
        typer.Argument(
            metavar="SUBMISSIONS...",
            help="A folder or zip file with a folder, a zip file or a notebook for each attendee.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the results go.")],
    jobs: Annotated[int, typer.Option(min=1, help="Answers that run at a time.")] = 2,
    time_limit: Annotated[
        float | None,
        typer.Option(
            min=0.1,
            metavar="SECONDS",
            show_default=False,
            help="Of computing, per exercise, instead of the exercises' own limits.",
        ),
    ] = None,
    memory_limit: Annotated[
        int, typer.Option(min=50, metavar="MB", help="That an answer may take.")
    ] = 2000,
    seed: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=2**31 - 1,
            show_default=False,
            help="Of the inputs; by default made from the submissions and kept in DIR.",
        ),
    ] = None,
    dask: Annotated[
        str | None,
        typer.Option(
            "--dask",
            metavar="ADDRESS",
            show_default=False,
            help="Of a dask scheduler, such as tcp://192.168.1.5:8786: answers run on its workers, as "
            "many at a time as these have threads (needs the extra `scale`).",
        ),
    ] = None,
    unsafe: Annotated[
        bool,
        typer.Option(
            "--unsafe", help="Grade even if this machine cannot isolate the submissions' code."
        ),
    ] = False,
) -> None:
    """For instructors: grade a class. The submissions' code runs in a sandbox; a grading that was
    interrupted goes on where it stopped."""
    from workshop.core.files import printable
    from workshop.grading import grade as grading
    from workshop.grading import results, sandbox, submissions

    stderr, console = make_console(stderr=True), make_console()

    def isolated(level: sandbox.Level) -> None:
        stderr.print(Text(f"isolation: {level}", "bold red" if level.name == "none" else ""))

    def finished(attendee: str, rows: Sequence[results.Result]) -> None:
        passed = sum(row.passed for row in rows)
        stderr.print(Text(f"{printable(attendee)}: {passed} of {len(rows)} passed"))

    try:
        done = grading.grade(
            places,
            out,
            jobs=jobs,
            time_limit=time_limit,
            memory_limit=memory_limit * 1_000_000,
            seed=seed,
            dask=dask,
            unsafe=unsafe,
            isolated=isolated,
            finished=finished,
        )
    except (submissions.NothingThere, results.OutError, sandbox.SandboxError) as error:
        stop(str(error))
    console.print(_grades(done.results, console))
    for attendee, problems in done.problems.items():
        for problem in problems:
            stderr.print(Text(f"{printable(attendee)}: {problem}"))
    known = len(done.results) - done.checked
    stderr.print(
        f"{done.checked} checks in {done.seconds:.1f} seconds"
        + (f", {known} known already or not handed in" if known else "")
        + f"; inputs from seed {done.seed}"
    )
    stderr.print(
        f"Results: {relative(out)}/report.html and results.csv; for each attendee, attendees/*.json"
    )


def _grades(rows: Sequence[Result], console: Console) -> Table:
    from workshop.core.files import printable
    from workshop.exercises.verdict import Status

    columns = ("attendee", "passed", "wrong", "not attempted", "missing", "other")
    table = make_table(*columns, tight=columns[1:], narrow=console.width < NARROW)
    for attendee in dict.fromkeys(row.attendee for row in rows):
        mine = [row.verdict for row in rows if row.attendee == attendee]
        counts = {name: mine.count(Status(name)) for name in columns[1:5]}
        others = ", ".join(
            f"{mine.count(name)} {name}" for name in dict.fromkeys(mine) if name not in counts
        )
        passed = f"{counts['passed']} of {len(mine)}"
        rest = [str(counts[name] or "") for name in columns[2:5]]
        table.add_row(Text(printable(attendee)), passed, *rest, Text(others, "bold red"))
    return table
