"""The command `workshop`: a thin face over workshop.classroom. Heavy imports wait for their command."""

from __future__ import annotations

import json as json_module
import os
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text
from typer.core import TyperGroup

from workshop import __version__, syllabus
from workshop.core.checks import nearest
from workshop.core.results import Bound

if TYPE_CHECKING:
    from workshop.book import Row
    from workshop.classroom.class_progress import Class, Entry
    from workshop.classroom.lesson_runs import Run
    from workshop.exercises.verdict import Verdict
    from workshop.grading.results import Result

NARROW = 110  # columns, below which long names are broken at their underscores


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


# --- what all commands share ---------------------------------------------------------------------


def stop(message: str, code: int = 2) -> NoReturn:
    """Say what is wrong on standard error and exit."""
    typer.echo(message, err=True)
    raise typer.Exit(code)


def _lessons(names: Sequence[str] | None) -> tuple[syllabus.Lesson, ...]:
    try:
        return syllabus.select(names or [])
    except KeyError as unknown:
        stop(unknown.args[0])


def _console(*, stderr: bool = False) -> Console:
    # Rich falls back to ASCII frames by itself where the terminal cannot show others.
    return Console(stderr=stderr, highlight=False, emoji=False, markup=False)


def _table(*columns: str, tight: Sequence[str] = (), narrow: bool = False) -> Table:
    """A table whose `tight` columns are never broken."""
    gap = 0 if narrow else 1
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, gap, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column in tight)
    return table


def _name(name: str, width: int, narrow: bool = True) -> str:
    """A name on several lines if the terminal is narrow, broken after underscores."""
    if not narrow:
        return name
    lines = [""]
    for part in re.findall(r"[^_]+_*|_+", name):
        if lines[-1] and len(lines[-1]) + len(part) > width:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)


def _mark(fine: bool, good: str = "ok", bad: str = "MISSED") -> Text:
    return Text(good, "green") if fine else Text(bad, "bold red")


def _writable(file: str | None, option: str = "--json") -> None:
    """Refuse a file for an option that could not be written in the end."""
    if file is None or file == "-":
        return
    path = Path(file)
    if not path.absolute().parent.is_dir():
        stop(f"{option} {file}: there is no folder {path.absolute().parent}; make it first")
    if path.is_dir():
        stop(f"{option} {file}: that is a folder; name a file in it")


def _write(text: str, file: str | None, option: str = "--json") -> None:
    """Put the JSON where the option says."""
    from workshop.core.files import write_atomically

    if file == "-":
        typer.echo(text)
    elif file is not None:
        try:
            write_atomically(Path(file), text + "\n")
        except OSError as error:
            stop(f"{option} {file}: cannot be written ({error.strerror or error})")


def _relative(path: Path) -> str:
    try:
        return os.path.relpath(path)
    except ValueError:  # Windows: on another drive
        return str(path)


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        typer.echo(f"deep-learning-workshop {__version__}")
        raise typer.Exit()


# --- list ----------------------------------------------------------------------------------------


@app.command("list")
def list_(json: Json = False) -> None:
    """Days, lessons, minutes, book sections and targets."""
    if json:
        typer.echo(json_module.dumps(list(map(_listed, syllabus.lessons())), indent=1))
        return
    console = _console()
    narrow = console.width < NARROW
    columns = ("day", "no", "lesson", "minutes", "book", "target", "bound")
    table = _table(*columns, tight=("day", "no", "minutes", "target", "bound"), narrow=narrow)
    for lesson in syllabus.lessons():
        name = f"{lesson.name}\n{lesson.title}"
        names = [_name(bound.name, 18, narrow) for bound in lesson.targets]
        # A bound stands beside the last line of its name.
        bounds = [
            "\n" * name.count("\n") + str(b) for name, b in zip(names, lesson.targets, strict=True)
        ]
        table.add_row(
            str(lesson.day),
            str(lesson.number),
            name,
            str(lesson.minutes),
            ", ".join(lesson.sections),
            "\n".join(names),
            "\n".join(bounds),
        )
        table.add_section()
    console.print(table)


def _listed(lesson: syllabus.Lesson) -> dict[str, Any]:
    def bound(one: Bound) -> dict[str, Any]:
        side = "at_most" if one.at_least is None else "at_least"
        return {"name": one.name, side: getattr(one, side), "what": one.what}

    return {
        "lesson": lesson.name,
        "day": lesson.day,
        "number": lesson.number,
        "title": lesson.title,
        "minutes": lesson.minutes,
        "sections": list(lesson.sections),
        "targets": list(map(bound, lesson.targets)),
        "controls": list(map(bound, lesson.controls)),
    }


# --- run -----------------------------------------------------------------------------------------


@app.command()
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
    json: JsonFile = None,
    traceback: Annotated[
        bool, typer.Option("--traceback", help="Show where a lesson crashed.")
    ] = False,
) -> None:
    """Train lessons to their targets. Exit code 1 if a target is missed or a control passes."""
    lessons = _lessons(names)
    if seed + seeds > 2**32:
        stop(
            f"--seed {seed} --seeds {seeds}: got seeds up to {seed + seeds - 1}, expected at most "
            f"{2**32 - 1}"
        )
    _writable(json)
    from workshop.classroom import lesson_runs as runs
    from workshop.core.device import DeviceError, choose

    try:
        chosen = choose(device)
        configs = runs.configs_for(lessons, settings or [])
    except (DeviceError, KeyError, TypeError, ValueError) as error:
        stop(str(error.args[0]))
    said = _console(stderr=True)

    def which(lesson: syllabus.Lesson, seed: int) -> str:
        return f"{lesson.name}, seed {seed}" if seeds > 1 else lesson.name

    def started(lesson: syllabus.Lesson, seed: int) -> None:
        said.print(f"{lesson.number}. {which(lesson, seed)}: {lesson.title} ...")

    def finished(one: Run) -> None:
        mark = _mark(one.passed, "ok", "CRASHED" if one.error else "MISSED")
        said.print(Text.assemble("   ", mark, f", {one.seconds:.1f} seconds"))

    done, cut_short = runs.run_all(
        lessons,
        configs,
        seeds=range(seed, seed + seeds),
        device=chosen,
        progress=True,
        started=started,
        finished=finished,
    )
    _write(runs.as_json(done).rstrip("\n"), json)
    console = _console(stderr=json == "-")
    if done:
        console.print(_results(done, console))
    for one in done:
        if one.error:
            said.print(f"{which(one.lesson, one.seed)} crashed: {one.error}")
            if traceback:
                said.print(one.traceback)
    if any(one.error for one in done) and not traceback:
        said.print("Where it crashed: the same command with --traceback.")
    if cut_short:
        said.print(
            f"Interrupted in {which(*cut_short)}; {len(done)} of {len(lessons) * seeds} runs had "
            f"finished."
        )
        raise typer.Exit(130)
    if settings:
        said.print("Settings were changed (--set), so the bounds do not decide the exit code.")
    if any(one.error or not (one.passed or settings) for one in done):
        raise typer.Exit(1)


def _results(done: Sequence[Run], console: Console) -> Table:
    from workshop.classroom import lesson_runs as runs

    narrow = console.width < NARROW
    seconds = "secs" if narrow else "seconds"
    columns = ("lesson", "metric", "got", "target", "control", "passed", seconds, "device")
    table = _table(*columns, tight=columns[3:], narrow=narrow)
    for lesson in dict.fromkeys(one.lesson for one in done):
        mine = [one for one in done if one.lesson == lesson]
        rows = []
        for row in runs.rows_of(mine):
            got = row.got.replace(" (", "\n(").replace(", ", "\n") if narrow else row.got
            sides = ["", ""]
            if row.bound is not None:
                sides[row.bound.kind == "control"] = str(row.bound)
            mark = _mark(row.passed) if row.bound is not None or not row.passed else ""
            rows.append([_name(row.name, 15, narrow), got, *sides, mark])
        if crashed := sum(bool(one.error) for one in mine):
            what = f"{crashed} of {len(mine)} seeds" if len(mine) > 1 else ""
            rows.append(["", what, "", "", _mark(False, bad="CRASHED")])
        first = [
            _name(lesson.name, 14, narrow),
            f"{sum(one.seconds for one in mine):.1f}",
            mine[0].device,
        ]
        for row in rows or [["", "", "", "", ""]]:
            table.add_row(first[0], *row, *first[1:])
            first = ["", "", ""]
        table.add_section()
    return table


# --- lab -----------------------------------------------------------------------------------------


@app.command()
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


# --- check ---------------------------------------------------------------------------------------


@app.command()
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
    json: JsonFile = None,
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
    _writable(json)
    _writable(export, "--export")
    if solutions and export is not None:
        stop(
            "check: --export is about your own notebooks, --solutions about the workshop's; give "
            "one of them"
        )
    if json == export == "-":
        stop("check: --json and --export cannot both go to standard output; name a file for one")
    if solutions:
        _check_solutions(_lessons([place] if place else []), time_limit, jobs, json)
    else:
        _check_own(place, json, export)


def _check_own(place: str | None, json: str | None, export: str | None) -> None:
    from workshop.classroom import checking, lab
    from workshop.classroom import class_progress as standing
    from workshop.classroom.notebooks import NotebookError

    if place is None:
        here = Path(".workshop").is_dir() or not (lab.DEFAULT / ".workshop").is_dir()
        place = "." if here else str(lab.DEFAULT)
    try:
        paths = checking.find(Path(place))
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
    _write(json_module.dumps(rows, indent=1), json)
    if export is not None:
        progress_file = standing.export([verdict for _, verdict in verdicts], Path(place))
        _write(progress_file, export, "--export")
    console = _console(stderr="-" in (json, export))
    if verdicts:
        console.print(_verdicts(found, console))
        console.print()
    else:
        console.print("No exercise was found.")
    report = checking.progress_of([verdict for _, verdict in verdicts], Path(place))
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
    table = _table(*columns, tight=columns[:3], narrow=narrow)
    lessons = [lesson for some in found.values() for lesson in {one.lesson for one in some}]
    for path, some in found.items():
        table.add_section()
        # The file is named only where a lesson has more than one, such as a copy.
        if any(lessons.count(one.lesson) > 1 for one in some):
            table.add_row("", "", "", Text(_relative(path), "dim"))
        last = ""
        for verdict in some:
            fine = verdict.status in FINE
            table.add_row(
                _name(verdict.lesson if verdict.lesson != last else "", 14, narrow),
                _name(verdict.exercise, 20, narrow),
                _mark(fine, verdict.status, verdict.status),
                "" if fine else verdict.message,
            )
            last = verdict.lesson
    return table


def _check_solutions(
    lessons: tuple[syllabus.Lesson, ...], time_limit: float, jobs: int, json: str | None
) -> None:
    from workshop.classroom import checking

    said, console = _console(stderr=True), _console(stderr=json == "-")
    columns = ("lesson", "exercise", "verdict", "seconds")
    table = _table(*columns, tight=columns[2:])
    done = []

    def started(lesson: syllabus.Lesson) -> None:
        said.print(f"{lesson.notebook} ...")

    for one in checking.run_solutions(lessons, time_limit=time_limit, jobs=jobs, started=started):
        done.append(one)
        if jobs > 1:  # by now others have started
            said.print(f"{one.lesson.notebook}:")
        mark = _mark(one.passed, one.outcome, one.outcome if one.outcome != "ok" else "not solved")
        times = f", {one.seconds:.1f} seconds, slowest cell {one.slowest:.1f}"
        said.print(Text.assemble("   ", mark, times))
        for problem in one.problems:
            said.print(f"   {problem}")
        head = [one.lesson.name, f"{one.seconds:.1f}"]
        for name, verdict in one.verdicts.items():
            mark = _mark(verdict["status"] == "passed", "passed", verdict["status"])
            table.add_row(head[0], name, mark, head[1])
            head = ["", ""]
            if verdict["status"] != "passed":
                said.print(f"   {name}: {verdict['status']}: {verdict['message']}")
        table.add_section()
    _write(json_module.dumps([one.as_dict() for one in done], indent=1), json)
    console.print(table)
    if failed := [one.lesson.name for one in done if not one.passed]:
        stop(f"Not all right: {', '.join(failed)}", 1)


# --- grade ---------------------------------------------------------------------------------------


@app.command()
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
            "--unsafe", help="Grade even if this machine cannot shut the submissions' code in."
        ),
    ] = False,
) -> None:
    """For instructors: grade a class. The submissions' code runs in a sandbox; a grading that was
    interrupted goes on where it stopped."""
    from workshop.grading import grade as grading
    from workshop.grading import results, sandbox, submissions

    said, console = _console(stderr=True), _console()

    def shut_in(level: sandbox.Level) -> None:
        said.print(Text(f"isolation: {level}", "bold red" if level.name == "none" else ""))

    def finished(attendee: str, rows: Sequence[results.Result]) -> None:
        passed = sum(row.passed for row in rows)
        said.print(Text(f"{results.printable(attendee)}: {passed} of {len(rows)} passed"))

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
            isolated=shut_in,
            finished=finished,
        )
    except (submissions.NothingThere, results.OutError, sandbox.SandboxError) as error:
        stop(str(error))
    console.print(_grades(done.results, console))
    for attendee, problems in done.problems.items():
        for problem in problems:
            said.print(Text(f"{results.printable(attendee)}: {problem}"))
    known = len(done.results) - done.checked
    said.print(
        f"{done.checked} checks in {done.seconds:.1f} seconds"
        + (f", {known} known already or not handed in" if known else "")
        + f"; inputs from seed {done.seed}"
    )
    said.print(
        f"Results: {_relative(out)}/report.html and results.csv; for each attendee, attendees/*.json"
    )


def _grades(rows: Sequence[Result], console: Console) -> Table:
    from workshop.grading.results import printable

    columns = ("attendee", "passed", "wrong", "not attempted", "missing", "other")
    table = _table(*columns, tight=columns[1:], narrow=console.width < NARROW)
    for attendee in dict.fromkeys(row.attendee for row in rows):
        mine = [row.verdict for row in rows if row.attendee == attendee]
        counts = {name: mine.count(name) for name in columns[1:5]}
        others = ", ".join(
            f"{mine.count(name)} {name}" for name in dict.fromkeys(mine) if name not in counts
        )
        passed = f"{counts['passed']} of {len(mine)}"
        rest = [str(counts[name] or "") for name in columns[2:5]]
        table.add_row(Text(printable(attendee)), passed, *rest, Text(others, "bold red"))
    return table


# --- progress ------------------------------------------------------------------------------------


@app.command()
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
    json: Json = False,
    watch: Annotated[
        float | None,
        typer.Option(
            min=1, metavar="SECONDS", help="Look again so often, until Ctrl-C.", show_default=False
        ),
    ] = None,
) -> None:
    """For instructors: where the class stands, exercise by exercise. Nothing of theirs is run."""
    chosen = _lessons(lessons) if lessons else None
    if json and watch is not None:
        stop("progress: --watch shows tables; give --json without it")
    from workshop.classroom import class_progress as standing

    try:
        while True:
            try:
                found = standing.read(places)
            except standing.NothingThere as error:
                stop(str(error))
            if json:
                typer.echo(json_module.dumps(found.as_dict(chosen or found.lessons()), indent=1))
            else:
                _show_standing(found, chosen or found.lessons(), clear=watch is not None)
            if watch is None:
                return
            time.sleep(watch)
    except KeyboardInterrupt:
        if watch is None:
            raise


def _show_standing(found: Class, lessons: Sequence[syllabus.Lesson], *, clear: bool) -> None:
    said, console = _console(stderr=True), _console()
    narrow = console.width < NARROW
    if clear:
        console.clear()
    rows = found.rows(lessons)
    if rows:
        columns = ("lesson", "exercise", "passed", "", "stuck there (attempts)")
        table = _table(*columns, tight=columns[:4], narrow=narrow)
        last = ""
        for row in rows:
            if last and row.lesson != last:
                table.add_section()
            table.add_row(
                _name(row.lesson if row.lesson != last else "", 14, narrow),
                _name(row.exercise, 20, narrow),
                f"{row.passed} of {row.total}",
                _bar(row.passed, row.tried, row.total, 10 if narrow else 20),
                Text(_stuck(row.stuck, 3 if narrow else 6)),
            )
            last = row.lesson
        console.print(table)
        console.print("# passed   - tried   . not yet", style="dim")
    else:
        console.print("Nobody has tried an exercise yet.")
    columns = ("attendee", "passed", "stuck", "attempts", "hints", "answers read", "last at")
    table = _table(*columns, tight=columns[1:6], narrow=narrow)
    for one in found.summaries(lessons):
        counts = (one.stuck, one.attempts, one.hints, one.answers_read)
        table.add_row(
            Text(one.attendee),
            f"{one.passed} of {one.total}",
            *(str(count or "") for count in counts),
            _name(one.at, 20, narrow),
        )
    console.print()
    console.print(table)
    for one in found.skipped:
        said.print(Text(f"left out: {one.place} {one.reason}"), soft_wrap=True)


def _bar(passed: int, tried: int, total: int, width: int) -> str:
    """A bar for a class; whatever is more than nobody is seen."""
    ends = [0 if part == 0 else max(1, width * part // max(total, 1)) for part in (passed, tried)]
    if tried > passed:
        ends = [min(ends[0], width - 1), max(ends[1], min(ends[0], width - 1) + 1)]
    return f"[{'#' * ends[0]}{'-' * (ends[1] - ends[0])}{'.' * (width - ends[1])}]"


def _stuck(stuck: Sequence[tuple[str, Entry]], most: int) -> str:
    names = [f"{name} ({entry.attempts})" for name, entry in stuck[:most]]
    more = [f"and {len(stuck) - most} more"] if len(stuck) > most else []
    return ", ".join(names + more)


# --- notebooks -----------------------------------------------------------------------------------


@app.command()
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
    lessons = _lessons(names)
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
        typer.echo(f"{one.state}: {_relative(one.path)}")
        if one.difference:
            typer.echo(one.difference)
    if check and any(one.drifted for one in built):
        stop("Run `workshop notebooks` and commit what it writes; delete orphans.", 1)


# --- book ----------------------------------------------------------------------------------------


@app.command()
def book(
    wanted: Annotated[
        str | None,
        typer.Argument(
            metavar="[SECTION|ID]",
            help="Such as 2.6.3, eq-1.11, fig-2.12, note-4; none: all sections.",
            show_default=False,
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Where the workshop has what the book says: lesson, notebook, test, and where the book errs."""
    from workshop import book as index
    from workshop.core.files import DataError

    try:
        found = index.find(wanted) if wanted else index.rows()
    except (KeyError, DataError) as error:
        stop(error.args[0])
    if json:
        listed = [
            {**asdict(row), "tests": row.tests, "notebook": f"notebooks/{row.notebook}"}
            for row in found
        ]
        typer.echo(json_module.dumps(listed, indent=1, ensure_ascii=False))
    elif wanted is None:
        _console().print(_sections(found))
    elif len(found) == 1:
        _console().print(_one_row(found[0]))
    else:
        table = _table("id", "what the book says", "lesson", "heading", tight=("id", "lesson"))
        for row in found:
            says = Text(row.says).append(" (see the erratum)" * bool(row.erratum), "yellow")
            table.add_row(row.id, says, row.lesson or "-", row.heading)
        console = _console()
        console.print(table)
        console.print(f"`workshop book {found[0].id}` shows one of them whole.", style="dim")


def _sections(found: Sequence[Row]) -> Table:
    """A line for each section of the book."""
    table = _table("section", "rows", "lessons", "of what", tight=("section", "rows"))
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


# --- doctor --------------------------------------------------------------------------------------


@app.command()
def doctor(json: Json = False) -> None:
    """Look whether the workshop can run here; each problem comes with what mends it."""
    from workshop.classroom.doctor import examine

    console = _console()
    findings = []
    for finding in examine():
        findings.append(finding)
        if json:
            continue
        mark = {"ok": Text("ok      "), "note": Text("note    ", "yellow")}.get(
            finding.state, Text("PROBLEM ", "bold red")
        )
        console.print(Text.assemble(mark, f"{finding.what}: {finding.text}"), soft_wrap=True)
        if finding.mend:
            console.print(f"        to mend it: {finding.mend}", soft_wrap=True)
    problems = sum(finding.state == "problem" for finding in findings)
    if json:
        typer.echo(json_module.dumps([finding.as_dict() for finding in findings], indent=1))
    elif problems:
        console.print(f"{problems} problem{'s' if problems > 1 else ''} to mend, see above.")
    else:
        console.print("The workshop can run here.")
    if problems:
        raise typer.Exit(1)


def main() -> None:
    """Entry point of the command."""
    for stream in (sys.stdout, sys.stderr):  # an old Windows console must not stop the workshop
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    app(prog_name="workshop")
