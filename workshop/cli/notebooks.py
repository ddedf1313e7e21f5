"""`workshop notebooks`: build the notebooks from their sources."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workshop.cli.common import Names, relative, select_lessons, stop


def notebooks(
    names: Names = None,
    check: Annotated[bool, typer.Option("--check", help="Only compare; fail on drift.")] = False,
    solutions: Annotated[
        Path | None,
        typer.Option(
            "--solutions", metavar="DIR", help="Write the solution editions.", show_default=False
        ),
    ] = None,
) -> None:
    """Build the notebooks from their sources (in a clone of the repository)."""
    lessons = select_lessons(names)
    if check and solutions is not None:
        stop(
            "notebooks: --check compares the attendee edition, --solutions writes the solution "
            "edition; give one of them"
        )
    from workshop.classroom import notebooks as books
    from workshop.classroom.checking import solution_edition
    from workshop.core.files import write_atomically

    try:
        if solutions is not None:
            for lesson in lessons:
                path = solutions / f"{lesson.notebook}.ipynb"
                write_atomically(path, books.serialise(solution_edition(lesson)))
                typer.echo(f"written: {path}")
            return
        if not books.in_repository():
            stop(
                "An installed workshop has its notebooks, but not their sources. To build them, "
                "clone the repository and run `python -m workshop notebooks` in it; `workshop lab` "
                "copies the notebooks, `workshop notebooks --solutions DIR` writes the solutions."
            )
        built = books.build(lessons, check=check)
    except (books.NotebookError, FileNotFoundError, ModuleNotFoundError, OSError) as error:
        stop(str(error))
    for one in built:
        typer.echo(f"{one.state}: {relative(one.path)}")
        if one.difference:
            typer.echo(one.difference)
    if check and any(one.drifted for one in built):
        stop("Run `workshop notebooks` and commit what it writes; delete orphans.", 1)
