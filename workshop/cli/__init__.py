"""The command `workshop`: a file a command, which parses and prints; the work is done elsewhere.

Nothing heavy is imported before its command runs: `workshop --help` and `list` know no torch.
"""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from workshop import __version__
from workshop.cli import book, check, doctor, grade, lab, list_, notebooks, progress, run
from workshop.cli.common import stop
from workshop.core.checks import nearest


class _Commands(TyperGroup):
    """Suggests the nearest command for one that does not exist; Ctrl-C ends any of them cleanly."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            known = self.list_commands(ctx)
            stop(f"No command {name!r}.{nearest(name, known)} There are: {', '.join(known)}.")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            stop("\nInterrupted.", 130)


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Deep Learning Workshop: two days of deep learning, hands on.",
)


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        typer.echo(f"deep-learning-workshop {__version__}")
        raise typer.Exit()


# In the order in which `workshop --help` shows them.
app.command("list")(list_.list_)
app.command()(run.run)
app.command()(lab.lab)
app.command()(check.check)
app.command()(grade.grade)
app.command()(progress.progress)
app.command()(notebooks.notebooks)
app.command()(book.book)
app.command()(doctor.doctor)


def main() -> None:
    """Entry point of the command."""
    for stream in (sys.stdout, sys.stderr):  # an old Windows console must not stop the workshop
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    app(prog_name="workshop")
