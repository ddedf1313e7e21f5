"""Checking exercises in notebook files: an attendee's own, or the workshop's solutions."""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workshop import syllabus
from workshop.classroom import cells, notebooks
from workshop.classroom.lab import DEFAULT
from workshop.exercises import all_exercises, check_source, for_lesson, progress
from workshop.exercises.verdict import Status, Verdict
from workshop.syllabus import Lesson

if TYPE_CHECKING:
    from nbformat import NotebookNode

FINE = (Status.PASSED, Status.NOT_ATTEMPTED)  # nothing is wrong with these


# --- an attendee's own ---------------------------------------------------------------------------


def default_place() -> Path:
    """Where `workshop check` looks: the folder that `workshop lab` has made here, if there is one."""
    inside = not Path(".workshop").is_dir() and (DEFAULT / ".workshop").is_dir()
    return DEFAULT if inside else Path(".")


def find(place: Path) -> list[Path]:
    """The notebooks at `place`: itself, or those below it.

    Hidden folders, such as Jupyter's checkpoints, and virtual environments are left out.

    Raises:
        FileNotFoundError: nothing is there.
    """
    if place.is_file():
        return [place]
    if not place.is_dir():
        raise FileNotFoundError(f"{place} is not there: give a notebook or a folder of notebooks")
    found = [
        path
        for path in sorted(place.rglob("*.ipynb"))
        if path.is_file() and not _foreign(path.parent, place)
    ]
    if not found:
        raise FileNotFoundError(f"there is no notebook (.ipynb) in {place.resolve()}")
    return found


def _foreign(folder: Path, place: Path) -> bool:
    """Whether `folder`, below `place`, is hidden or belongs to a virtual environment."""
    parts = folder.relative_to(place).parts
    inside = [place.joinpath(*parts[: i + 1]) for i in range(len(parts))]
    return any(part.startswith(".") for part in parts) or any(
        (one / "pyvenv.cfg").exists() for one in inside
    )


def check_notebook(path: Path) -> list[Verdict]:
    """The verdict on every exercise in a notebook, found by its cells' marks or by its functions.

    Only imports, definitions and constants are run, in this very process: nothing is trained.

    Raises:
        NotebookError: the file is not a notebook.
    """
    notebook = notebooks.read(path)
    exercises = all_exercises()
    try:
        marked = _mark_by_functions(notebook, {exercise.name for exercise in exercises})
        source = cells.definitions_of(notebook)
        broken = cells.unreadable_cells(notebook)
        lesson = notebook["metadata"].get("workshop", {}).get("lesson")
    except (AttributeError, KeyError, TypeError) as error:  # metadata that are not ours, or damaged
        raise notebooks.NotebookError(f"{path}: is not a notebook of ours ({error})") from None
    verdicts = []
    for exercise in exercises:
        name = exercise.name
        if name in broken:
            verdicts.append(Verdict(name, exercise.lesson, Status.WRONG, broken[name], "exists"))
        elif name in marked or exercise.lesson == lesson:
            verdicts.append(check_source(source, name))
    return verdicts


def _mark_by_functions(notebook: dict[str, Any], names: set[str]) -> set[str]:
    """The exercises in a notebook; cells whose marks some tool has stripped get them back."""
    found = set()
    for cell in notebook["cells"]:
        name = cells.exercise_of(cell)
        # By a pattern, since Python may not be able to read the cell.
        defined = re.findall(r"(?m)^def\s+(\w+)\s*\(", cell["source"])
        mine = [one for one in defined if one in names]
        if name is None and cell["cell_type"] == "code" and mine:
            cell["metadata"]["workshop"] = {"exercise": mine[0]}
        if cell["cell_type"] == "code":
            found |= {name, *mine} - {None}
    return found


@dataclass(frozen=True)
class Progress:
    """How many of a lesson's exercises have been passed."""

    lesson: Lesson
    passed: int
    total: int


def progress_of(verdicts: Iterable[Verdict], place: Path) -> list[Progress]:
    """Per lesson, the exercises passed: in these verdicts, or before, in the folder of `place`."""
    home = home_of(place)
    now = {verdict.exercise for verdict in verdicts if verdict.passed}
    report = []
    for lesson in syllabus.lessons():
        names = {exercise.name for exercise in for_lesson(lesson.name)}
        kept = progress.read(lesson.name, home)
        before = {name for name, entry in kept.items() if entry.get("status") == "passed"}
        report.append(Progress(lesson, len(names & (now | before)), len(names)))
    return report


def home_of(place: Path) -> Path | None:
    """The attendee's folder that `place` lies in, if it lies in one."""
    place = place.resolve()
    folders = (place, *place.parents)
    return next((folder for folder in folders if (folder / ".workshop").is_dir()), None)


# --- the workshop's solutions --------------------------------------------------------------------


@dataclass(frozen=True)
class Solution:
    """How a lesson's solution edition fared.

    Args:
        lesson: whose.
        outcome: 'ok', 'errors', why the run was stopped, or 'not built'.
        seconds: of the whole run.
        slowest: seconds of the slowest cell.
        verdicts: exercise -> its last verdict; 'no verdict' for one that was not checked.
        problems: what went wrong beside the verdicts, one line each.
    """

    lesson: Lesson
    outcome: str
    seconds: float
    slowest: float
    verdicts: dict[str, dict[str, Any]]
    problems: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether no cell failed and every exercise passed."""
        return self.outcome == "ok" and all(
            verdict["status"] == "passed" for verdict in self.verdicts.values()
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain data for `--json`."""
        return {
            "lesson": self.lesson.name,
            "outcome": self.outcome,
            "seconds": round(self.seconds, 1),
            "slowest_cell": round(self.slowest, 1),
            "passed": self.passed,
            "verdicts": list(self.verdicts.values()),
            "problems": list(self.problems),
        }


def run_solutions(
    lessons: Iterable[Lesson],
    *,
    time_limit: float,
    jobs: int = 1,
    started: Callable[[Lesson], None] = lambda lesson: None,
) -> Iterator[Solution]:
    """Build the solution edition of each lesson, run it in a folder of its own, and say how it was.

    Args:
        lessons: whose solutions.
        time_limit: seconds per notebook.
        jobs: how many notebooks run at a time.
        started: called before each run, in whatever thread it is.

    Yields:
        One solution per lesson, in their order.
    """

    def solve(lesson: Lesson) -> Solution:
        started(lesson)
        verdicts = {e.name: _verdict(e.name, lesson) for e in for_lesson(lesson.name)}
        try:
            edition = solution_edition(lesson)
        except notebooks.NotebookError as error:
            return Solution(lesson, "not built", 0.0, 0.0, verdicts, (str(error),))
        return _run(lesson, edition, verdicts, time_limit)

    if jobs == 1:
        yield from map(solve, lessons)
        return
    with ThreadPoolExecutor(jobs) as pool:
        try:
            yield from pool.map(solve, lessons)
        except BaseException:  # Ctrl-C above all: what still runs is not waited for
            pool.shutdown(wait=False, cancel_futures=True)
            _end_children()
            raise


def _end_children() -> None:
    """End the kernels that this process has started; their runs then come to an end."""
    import psutil

    for child in psutil.Process().children():
        with contextlib.suppress(psutil.Error):
            child.kill()


def solution_edition(lesson: Lesson) -> NotebookNode:
    """The solution edition of a lesson, from the attendee edition as it is on disk.

    Raises:
        NotebookError: the attendee edition is missing, or lacks the stub of an exercise.
    """
    path = notebooks.notebooks_dir() / f"{lesson.notebook}.ipynb"
    attendee = notebooks.read(path)
    try:
        return notebooks.solution_edition(attendee, notebooks.answers_for(for_lesson(lesson.name)))
    except notebooks.NotebookError as error:
        raise notebooks.NotebookError(f"{path}, {error}") from None


def _run(
    lesson: Lesson,
    edition: Mapping[str, Any],
    verdicts: dict[str, dict[str, Any]],
    time_limit: float,
) -> Solution:
    from workshop.classroom.execution import run_notebook

    # Windows cannot delete a folder that something still works in; the system clears it later.
    with tempfile.TemporaryDirectory(prefix="workshop-", ignore_cleanup_errors=True) as folder:
        executed = run_notebook(
            edition, cwd=Path(folder), time_limit=time_limit, env={"WORKSHOP_HOME": folder}
        )
    verdicts = {**verdicts, **{one["exercise"]: one for one in executed.verdicts}}
    problems = [f"cell {one.cell}: {one.name}: {one.message}" for one in executed.errors]
    if executed.problem:
        where = f"stopped at cell {executed.stopped_at}: " if executed.stopped_at else ""
        problems.append(f"{where}{executed.problem}")
    slowest = max(executed.cell_seconds, default=0.0)
    return Solution(lesson, executed.outcome, executed.seconds, slowest, verdicts, tuple(problems))


def _verdict(name: str, lesson: Lesson) -> dict[str, Any]:
    """What stands for an exercise whose cell never got to its `check`."""
    verdict = Verdict(name, lesson.name, Status.NOT_ATTEMPTED, "it was not checked")
    return {**verdict.as_dict(), "status": "no verdict"}
