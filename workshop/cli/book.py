"""`workshop book`: where the workshop has what the book says."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from workshop.cli.common import Json, make_console, make_table, stop

if TYPE_CHECKING:
    from workshop.book import Row


def book(
    wanted: Annotated[
        str | None,
        typer.Argument(
            metavar="[SECTION|ID]",
            help="Such as 2.6.3, eq-1.11, fig-2.12, note-4; none: all sections.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Where the workshop has what the book says: lesson, notebook, test, and where the book errs."""
    from workshop import book as index
    from workshop.core.files import DataError

    try:
        found = index.find(wanted) if wanted else index.rows()
    except KeyError as error:
        stop(error.args[0])
    except DataError as error:
        stop(str(error))
    if as_json:
        listed = [
            {**asdict(row), "tests": row.tests, "notebook": f"notebooks/{row.notebook}"}
            for row in found
        ]
        typer.echo(json.dumps(listed, indent=1, ensure_ascii=False))
    elif wanted is None:
        make_console().print(_sections(found))
    elif len(found) == 1:
        make_console().print(_one_row(found[0]))
    else:
        table = make_table("id", "what the book says", "lesson", "heading", tight=("id", "lesson"))
        for row in found:
            says = Text(row.says).append(" (see the erratum)" * bool(row.erratum), "yellow")
            table.add_row(row.id, says, row.lesson or "-", row.heading)
        console = make_console()
        console.print(table)
        console.print(f"`workshop book {found[0].id}` shows one of them whole.", style="dim")


def _sections(found: Sequence[Row]) -> Table:
    """A line for each section of the book."""
    table = make_table("section", "rows", "lessons", "of what", tight=("section", "rows"))
    for section in dict.fromkeys(row.section for row in found):
        within = [row for row in found if row.section == section]
        lessons = dict.fromkeys(row.lesson or f"reference/{row.heading}.md" for row in within)
        table.add_row(section, str(len(within)), ", ".join(lessons), within[0].says)
    return table


def _one_row(row: Row) -> Table:
    """All about one row, a line for each thing."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    lines = {
        row.id: f"{row.kind} of section {row.section}",
        "the book says": row.says,
        "here": row.shown,
        "lesson": row.lesson,
        "notebook": f"notebooks/{row.notebook}",
        "heading": row.heading if row.lesson else "",
        "tests": "\n".join(row.tests),
        "erratum": row.erratum,
    }
    for name, text in lines.items():
        if text:
            table.add_row(name, text)
    return table
