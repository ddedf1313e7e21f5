"""What the commands share: their common options, the console, tables, and writing JSON."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from workshop import syllabus

NARROW = 110  # columns, below which long names are broken at their underscores

Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="[LESSON|day1|day2]...", help="None named: all.", show_default=False),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
JsonFile = Annotated[
    str | None,
    typer.Option(
        "--json",
        metavar="FILE",
        help="Write the results as JSON; - is standard output.",
        show_default=False,
    ),
]


def stop(message: str, code: int = 2) -> NoReturn:
    """Say what is wrong on standard error and exit."""
    typer.echo(message, err=True)
    raise typer.Exit(code)


def select_lessons(names: Sequence[str] | None) -> tuple[syllabus.Lesson, ...]:
    """The lessons that `names` mean; an unknown name ends the command."""
    try:
        return syllabus.select(names or [])
    except KeyError as unknown:
        stop(unknown.args[0])


def make_console(*, stderr: bool = False) -> Console:
    """A console that prints texts as they are."""
    # Rich falls back to ASCII frames by itself where the terminal cannot show others.
    return Console(stderr=stderr, highlight=False, emoji=False, markup=False)


def make_table(*columns: str, tight: Sequence[str] = (), narrow: bool = False) -> Table:
    """A table whose `tight` columns are never broken."""
    gap = 0 if narrow else 1
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, gap, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column in tight)
    return table


def wrap_name(name: str, width: int, narrow: bool = True) -> str:
    """A name on several lines if the terminal is narrow, broken after underscores."""
    if not narrow:
        return name
    lines = [""]
    for part in re.findall(r"[^_]+_*|_+", name):
        if lines[-1] and len(lines[-1]) + len(part) > width:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)


def outcome_text(fine: bool, good: str = "ok", bad: str = "MISSED") -> Text:
    """One of two words, in green or in red."""
    return Text(good, "green") if fine else Text(bad, "bold red")


def refuse_unwritable(file: str | None, option: str = "--json") -> None:
    """Refuse a file for an option that could not be written in the end."""
    if file is None or file == "-":
        return
    path = Path(file)
    if not path.absolute().parent.is_dir():
        stop(f"{option} {file}: there is no folder {path.absolute().parent}; make it first")
    if path.is_dir():
        stop(f"{option} {file}: that is a folder; name a file in it")


def write(text: str, file: str | None, option: str = "--json") -> None:
    """Put a text where the option says: nowhere, on standard output (-), or into a file."""
    from workshop.core.files import write_atomically

    if file == "-":
        typer.echo(text)
    elif file is not None:
        try:
            write_atomically(Path(file), text + "\n")
        except OSError as error:
            stop(f"{option} {file}: cannot be written ({error.strerror or error})")


def relative(path: Path) -> str:
    """The path as seen from the current folder."""
    try:
        return os.path.relpath(path)
    except ValueError:  # Windows: on another drive
        return str(path)
