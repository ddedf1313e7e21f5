"""The command `workshop`: a thin face over workshop.classroom. Heavy imports wait for their command."""

from __future__ import annotations

import json as json_module
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from typer.core import TyperGroup

from workshop import __version__, syllabus
from workshop.core.lesson import nearest


class _Commands(TyperGroup):
    """Suggests the nearest command for one that does not exist."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            known = self.list_commands(ctx)
            stop(f"No command {name!r}.{nearest(name, known)} There are: {', '.join(known)}.")
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Deep Learning Workshop: two days of deep learning, hands on.",
)

Names = Annotated[list[str] | None, typer.Argument(help="Lessons, or day1, day2; none is all.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def stop(message: str, code: int = 2) -> None:
    """Say what is wrong on standard error and exit."""
    typer.echo(message, err=True)
    raise typer.Exit(code)


def _lessons(names: list[str] | None) -> tuple[syllabus.Lesson, ...]:
    try:
        return syllabus.select(names or [])
    except KeyError as unknown:
        stop(unknown.args[0])
        raise


def _console(*, stderr: bool = False) -> Console:
    return Console(stderr=stderr, highlight=False, emoji=False, markup=False)


def _table(*columns: str) -> Table:
    from rich import box

    # Unicode frames only where the terminal can show them.
    encoding = (sys.stdout.encoding or "").lower()
    table = Table(box=box.SIMPLE_HEAD if encoding.startswith("utf") else box.ASCII)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        typer.echo(f"deep-learning-workshop {__version__}")
        raise typer.Exit()


@app.command("list")
def list_(json: Json = False) -> None:
    """Days, lessons, minutes, book sections and targets."""
    lessons = syllabus.lessons()
    if json:
        rows = [
            {
                "lesson": lesson.name,
                "day": lesson.day,
                "number": lesson.number,
                "title": lesson.title,
                "minutes": lesson.minutes,
                "sections": list(lesson.sections),
                "targets": [
                    {"name": b.name, "bound": str(b), "what": b.what} for b in lesson.targets
                ],
                "controls": [
                    {"name": b.name, "bound": str(b), "what": b.what} for b in lesson.controls
                ],
            }
            for lesson in lessons
        ]
        typer.echo(json_module.dumps(rows, indent=1))
        return
    table = _table("day", "lesson", "minutes", "book", "targets")
    for lesson in lessons:
        targets = "\n".join(f"{bound.name} {bound}" for bound in lesson.targets)
        name = f"{lesson.number}. {lesson.name}\n{lesson.title}"
        sections = ", ".join(lesson.sections)
        table.add_row(str(lesson.day), name, str(lesson.minutes), sections, targets)
    _console().print(table)


@app.command()
def run(
    names: Names = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the first run.")] = 0,
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds to run.")] = 1,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="FIELD=VALUE", help="Change a setting (or lesson.field=value)."
        ),
    ] = None,
    json: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="Write the results; - is stdout.")
    ] = None,
    traceback: Annotated[bool, typer.Option(help="Show where a lesson crashed.")] = False,
) -> None:
    """Train lessons to their targets. Exit code 1 if a target is missed or a control passes."""
    lessons = _lessons(names)
    if json not in (None, "-") and not Path(json).absolute().parent.is_dir():
        stop(f"--json {json}: its folder does not exist; make it first")
    from workshop.classroom import runs
    from workshop.core.device import DeviceError, choose

    try:
        chosen = choose(device)
        configs = runs.configs_for(lessons, settings or [])
    except (DeviceError, KeyError, TypeError, ValueError) as error:
        stop(str(error.args[0]))
        raise
    console = _console(stderr=json == "-")
    said = _console(stderr=True)

    def started(lesson: syllabus.Lesson, seed: int) -> None:
        which = f", seed {seed}" if seeds > 1 else ""
        said.print(f"{lesson.number}. {lesson.name}{which}: {lesson.title} ...")

    done, interrupted = runs.run_all(
        lessons, configs, seeds=range(seed, seed + seeds), device=chosen, progress=True,
        started=started,
    )  # fmt: skip
    table = _table("lesson", "metric", "got", "target", "control", "", "seconds", "device")
    for lesson in lessons:
        mine = [one for one in done if one.lesson == lesson]
        if not mine:
            continue
        seconds = f"{sum(one.seconds for one in mine):.1f}"
        head = [lesson.name, seconds, str(chosen)]
        for row in runs.rows_of(mine):
            kind = row.bound.kind if row.bound else ""
            table.add_row(
                head[0], row.name, row.got,
                str(row.bound) if kind == "target" else "", str(row.bound) if kind == "control" else "",
                "" if not row.bound else "ok" if row.passed else "MISSED", head[1], head[2],
            )  # fmt: skip
            head = ["", "", ""]
        for one in mine:
            if one.error:
                table.add_row(head[0], "", "", "", "", "CRASHED", head[1], head[2])
        table.add_section()
    console.print(table)
    for one in done:
        if one.error:
            said.print(f"{one.lesson.name}, seed {one.seed}: {one.error}")
            if traceback:
                said.print(one.traceback)
    if json == "-":
        typer.echo(runs.as_json(done), nl=False)
    elif json is not None:
        runs.write_json(done, Path(json))
    if interrupted:
        said.print(f"Interrupted after {len(done)} of {len(lessons) * seeds} runs.")
        raise typer.Exit(130)
    if settings and not any(one.error for one in done):
        said.print("Settings were changed (--set), so the bounds do not decide the exit code.")
        return
    if not all(one.passed for one in done):
        raise typer.Exit(1)


@app.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
def lab(
    context: typer.Context,
    folder: Annotated[Path | None, typer.Argument(help="Where your notebooks go.")] = None,
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Jupyter's port.")] = None,
    start: Annotated[bool, typer.Option(help="Start JupyterLab; --no-start only copies.")] = True,
) -> None:
    """Copy the notebooks into a folder of yours and start JupyterLab there.

    What you changed is never overwritten. Further options go to JupyterLab.
    """
    from workshop.classroom import lab as labs

    folder = folder or labs.DEFAULT
    if str(folder).startswith("-"):
        stop(f"lab: {folder} is not a folder; the folder comes before JupyterLab's own options")
    try:
        copied = labs.fill(folder)
    except labs.LabError as error:
        stop(str(error))
        raise
    states = [one.state for one in copied]
    typer.echo(f"Your notebooks are in {folder.resolve()}")
    for state, text in (("new", "new"), ("updated", "updated"), ("as it was", "as they were")):
        if states.count(state):
            typer.echo(f"  {states.count(state)} {text}")
    for one in copied:
        if one.state == "kept":
            typer.echo(f"  kept, because you changed it: {one.path.relative_to(folder.resolve())}")
    if start:
        raise typer.Exit(labs.start(folder, browser=browser, port=port, more=context.args))


@app.command()
def check(
    place: Annotated[
        str | None, typer.Argument(help="A notebook or a folder; or a lesson.")
    ] = None,
    solutions: Annotated[
        bool, typer.Option("--solutions", help="Run the solution editions.")
    ] = False,
    time_limit: Annotated[float, typer.Option(min=1, help="Seconds per notebook.")] = 600.0,
    json: Json = False,
) -> None:
    """Check the exercises in your notebooks; with --solutions, those of the workshop itself."""
    if solutions:
        _check_solutions(_lessons([place] if place else []), time_limit, json)
        return
    from workshop import exercises
    from workshop.classroom import checking, lab
    from workshop.classroom.notebooks import NotebookError

    if place is None:
        started = (lab.DEFAULT / ".workshop").is_dir() and not Path(".workshop").is_dir()
        place = str(lab.DEFAULT) if started else "."
    try:
        paths = checking.find(Path(place))
    except FileNotFoundError as error:
        stop(str(error))
        raise
    verdicts, unreadable = [], []
    table = _table("notebook", "exercise", "verdict", "what to do")
    for path in paths:
        try:
            for verdict in checking.check_notebook(path):
                verdicts.append((path, verdict))
                text = "" if verdict.status in ("passed", "not attempted") else verdict.message
                table.add_row(path.stem, verdict.exercise, verdict.status, text)
        except NotebookError as error:
            unreadable.append(str(error))
    passed = {verdict.exercise for _, verdict in verdicts if verdict.passed}
    if json:
        rows = [{"notebook": str(path), **verdict.as_dict()} for path, verdict in verdicts]
        typer.echo(json_module.dumps(rows, indent=1))
    else:
        _console().print(table)
        for lesson in syllabus.lessons():
            names = {exercise.name for exercise in exercises.for_lesson(lesson.name)}
            bar = "#" * len(names & passed) + "." * len(names - passed)
            typer.echo(
                f"{lesson.number:3}. {lesson.name:18} [{bar}] {len(names & passed)} of {len(names)}"
            )
        typer.echo(f"{len(passed)} of {len(exercises.all_exercises())} exercises passed")
    for text in unreadable:
        typer.echo(text, err=True)
    if unreadable:
        raise typer.Exit(2)
    if any(verdict.status not in ("passed", "not attempted") for _, verdict in verdicts):
        raise typer.Exit(1)


def _check_solutions(lessons: tuple[syllabus.Lesson, ...], time_limit: float, json: bool) -> None:
    from workshop.classroom import checking

    table = _table("lesson", "exercise", "verdict", "seconds")
    rows, failed = [], []
    for lesson, executed in checking.run_solutions(lessons, time_limit=time_limit):
        slowest = max(executed.cell_seconds, default=0)
        typer.echo(
            f"{lesson.notebook}: {executed.outcome}, {executed.seconds:.1f} seconds, "
            f"slowest cell {slowest:.1f}", err=True,
        )  # fmt: skip
        head = [lesson.name, f"{executed.seconds:.1f}"]
        for verdict in executed.verdicts:
            table.add_row(head[0], verdict["exercise"], verdict["status"], head[1])
            head = ["", ""]
        for error in executed.errors:
            typer.echo(f"  cell {error.cell}: {error.name}: {error.message}", err=True)
        if not checking.solved(lesson, executed):
            failed.append(lesson.name)
        rows.append(
            {
                "lesson": lesson.name,
                "outcome": executed.outcome,
                "seconds": round(executed.seconds, 1),
                "verdicts": executed.verdicts,
                "passed": lesson.name not in failed,
            }
        )
    if json:
        typer.echo(json_module.dumps(rows, indent=1))
    else:
        _console().print(table)
    if failed:
        typer.echo(f"Not all right: {', '.join(failed)}", err=True)
        raise typer.Exit(1)


@app.command()
def notebooks(
    names: Names = None,
    check: Annotated[bool, typer.Option("--check", help="Only compare; fail on drift.")] = False,
    solutions: Annotated[
        Path | None, typer.Option("--solutions", metavar="DIR", help="Write the solution editions.")
    ] = None,
) -> None:
    """Build the notebooks from their sources (in a clone of the repository)."""
    lessons = _lessons(names)
    from workshop.classroom import notebooks as books
    from workshop.core.files import write_atomically
    from workshop.exercises import for_lesson

    try:
        if solutions is not None:
            for lesson in lessons:
                made = books.read(books.notebooks_dir() / f"{lesson.notebook}.ipynb")
                made = books.solution_edition(made, books.answers_for(for_lesson(lesson.name)))
                path = solutions / f"{lesson.notebook}.ipynb"
                write_atomically(path, books.serialise(made))
                typer.echo(f"written: {path}")
            return
        if not books.in_repository():
            stop("The sources are only in the repository: clone it and run this command there.")
        built = books.build(lessons, check=check)
    except (books.NotebookError, FileNotFoundError, ModuleNotFoundError, OSError) as error:
        stop(str(error))
        raise
    drift = [one for one in built if one.state in ("missing", "stale", "orphan")]
    for one in built:
        typer.echo(f"{one.state}: {os.path.relpath(one.path)}")
        if one.difference:
            typer.echo(one.difference)
    if drift and check:
        typer.echo("Run `workshop notebooks` and commit what it writes.", err=True)
        raise typer.Exit(1)


@app.command()
def doctor(json: Json = False) -> None:
    """Look whether the workshop can run here; each problem comes with what mends it."""
    from workshop.classroom.doctor import examine

    findings = []
    for finding in examine():
        findings.append(finding)
        if not json:
            mark = {"ok": "ok     ", "note": "note   ", "problem": "PROBLEM"}[finding.state]
            typer.echo(f"{mark}  {finding.what}: {finding.text}")
            if finding.mend:
                typer.echo(f"         mend it: {finding.mend}")
    if json:
        typer.echo(json_module.dumps([finding.as_dict() for finding in findings], indent=1))
    if any(finding.state == "problem" for finding in findings):
        raise typer.Exit(1)


def main() -> None:
    """Entry point of the command."""
    for stream in (sys.stdout, sys.stderr):  # an old Windows console must not stop the workshop
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    app(prog_name="workshop")
