"""`workshop lab`: an attendee's notebooks, and JupyterLab there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workshop.cli.common import stop


def lab(
    places: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FOLDER] [-- JUPYTERLAB'S OPTIONS]",
            help="Where your notebooks go: ./deep-learning-workshop if you name no other.",
            show_default=False,
        ),
    ] = None,
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Jupyter's port.", show_default=False)
    ] = None,
    start: Annotated[bool, typer.Option(help="Start JupyterLab, or only copy.")] = True,
) -> None:
    """Copy the notebooks into a folder of yours and start JupyterLab there.

    What you changed is never overwritten. What comes after -- goes to JupyterLab.
    """
    from workshop.classroom import lab as labs

    # An option of ours that does not exist has been refused: one that is left came after `--`.
    more = places or []
    folder = labs.DEFAULT if not more or more[0].startswith("-") else Path(more.pop(0))
    if more and not more[0].startswith("-"):
        stop(
            f"lab: got a second folder, {more[0]!r}; expected one. Options for JupyterLab come "
            f"after --"
        )
    try:
        copied = labs.fill(folder)
    except labs.LabError as error:
        stop(str(error))
    folder = folder.expanduser().resolve()
    typer.echo(f"Your notebooks are in {folder}")
    for state, text in (
        ("new", "new"),
        ("put back", "put back, because they were gone"),
        ("updated", "updated to a newer edition"),
        ("as it was", "as they were"),
        ("yours", "with your own work in them, left alone"),
    ):
        if count := sum(one.state == state for one in copied):
            typer.echo(f"  {count} {text}")
    for one in copied:
        if one.state == "kept":
            typer.echo(
                f"  kept as you changed it: {one.path.relative_to(folder)} (there is a newer "
                f"edition: to get it, rename yours and run `workshop lab` again)"
            )
    if start:
        try:
            code = labs.start(folder, browser=browser, port=port, more=more)
        except labs.LabError as error:
            stop(str(error))
        raise typer.Exit(code)
