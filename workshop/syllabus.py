"""The syllabus: every folder workshop/dayN/LESSON with a lesson.toml is a lesson.

The file says the lesson's title, its place in the day (`order`: any number that no other lesson of
the day has), minutes, sections of the book (none for what the book does not have), the `headline`
among its targets, and the bound of every target and control:

    [targets]
    test_accuracy = { at_least = 0.968, what = "breast cancer, held-out tumours" }

A target is what run(Config()) must reach; a control is the lesson with its subject taken out, and
its bound is the failure that it must show. `tolerance`: how far a target's value on CUDA may be from
that on the CPU. Nothing here imports torch; `Lesson.module()` and `Lesson.exercises()` do.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from workshop.core.checks import nearest
from workshop.core.exercise import Exercise
from workshop.core.files import read_toml
from workshop.core.results import Bound, Measured, Result

DAYS = (1, 2)
TOLERANCE = 0.02


@dataclass(frozen=True)
class Lesson:
    """One lesson, as its lesson.toml describes it; `number` is its place in the whole workshop."""

    name: str
    day: int
    number: int
    title: str
    minutes: int
    sections: tuple[str, ...]
    bounds: tuple[Bound, ...]
    tolerance: float = TOLERANCE
    headline: str = ""

    @property
    def notebook(self) -> str:
        """The notebook's place below notebooks/, without its ending: 'day1/02_neuron'."""
        return f"day{self.day}/{self.number:02d}_{self.name}"

    @property
    def targets(self) -> tuple[Bound, ...]:
        """What `run` must reach."""
        return tuple(bound for bound in self.bounds if bound.kind == "target")

    @property
    def controls(self) -> tuple[Bound, ...]:
        """What the lesson without its subject must fail at."""
        return tuple(bound for bound in self.bounds if bound.kind == "control")

    @property
    def package(self) -> str:
        """The dotted name of the lesson's folder: 'workshop.day1.neuron'."""
        return f"workshop.day{self.day}.{self.name}"

    def module(self) -> ModuleType:
        """The lesson's module, with `Config` and `run`; imports torch."""
        return importlib.import_module(self.package)

    def exercises(self) -> tuple[Exercise, ...]:
        """The lesson's exercises, in the order of its notebook; imports torch."""
        return importlib.import_module(f"{self.package}.exercises").EXERCISES


@dataclass(frozen=True)
class Judged:
    """A measured number beside its bound, or without one where none was set."""

    measured: Measured
    bound: Bound | None

    @property
    def passed(self) -> bool:
        """Whether the bound holds; a number without a bound always passes."""
        return self.bound is None or self.bound.holds(self.measured.value)


class SyllabusError(ValueError):
    """A lesson.toml is not as it should be; the message names the file, got and expected."""


@lru_cache(maxsize=1)
def lessons() -> tuple[Lesson, ...]:
    """All lessons in the order they are taught.

    Raises:
        SyllabusError: a lesson.toml that cannot be read, lacks something, or has too much.
    """
    files = {day: sorted(_package().glob(f"day{day}/*/lesson.toml")) for day in DAYS}
    rows = {day: {path: _read(path) for path in paths} for day, paths in files.items()}
    found: list[Lesson] = []
    for day, described in rows.items():
        places: dict[Any, Path] = {}
        for path, row in sorted(described.items(), key=lambda one: one[1]["order"]):
            if (other := places.setdefault(row["order"], path)) != path:
                raise SyllabusError(f"{path}: got order = {row['order']}, which {other} has too")
            found.append(_lesson(path, row, day, len(found) + 1))
    return tuple(found)


def _package() -> Path:
    return Path(__file__).resolve().parent


KEYS: dict[str, type | tuple[type, ...]] = {
    "title": str,
    "order": (int, float),
    "minutes": int,
    "headline": str,
    "targets": dict,
    "controls": dict,
    "sections": list,
    "tolerance": (int, float),
}
OPTIONAL = ("sections", "tolerance")


def _read(path: Path) -> dict[str, Any]:
    try:
        row = read_toml(path)
    except (OSError, ValueError) as error:
        raise SyllabusError(f"{path} cannot be read: {error}") from None
    for key, value in row.items():
        if key not in KEYS:
            raise SyllabusError(f"{path}: unknown {key!r}.{nearest(key, KEYS)}")
        if not isinstance(value, KEYS[key]) or isinstance(value, bool):
            raise SyllabusError(f"{path}: {key} is a {type(value).__name__}, got {value!r}")
    if missing := [key for key in KEYS if key not in row and key not in OPTIONAL]:
        raise SyllabusError(f"{path}: {', '.join(missing)} missing")
    if row["headline"] not in row["targets"]:
        raise SyllabusError(
            f"{path}: got headline = {row['headline']!r}, expected one of the targets "
            f"{', '.join(row['targets'])}"
        )
    return row


def _lesson(path: Path, row: dict[str, Any], day: int, number: int) -> Lesson:
    try:
        targets = [Bound(name, "target", **bound) for name, bound in row["targets"].items()]
        controls = [Bound(name, "control", **bound) for name, bound in row["controls"].items()]
    except (TypeError, ValueError) as error:
        raise SyllabusError(f"{path}: {error}") from None
    return Lesson(
        path.parent.name,
        day,
        number,
        row["title"],
        row["minutes"],
        tuple(row.get("sections", ())),
        (*targets, *controls),
        row.get("tolerance", TOLERANCE),
        row["headline"],
    )


def get(name: str) -> Lesson:
    """The lesson called `name`.

    Raises:
        KeyError: there is none; the message suggests the nearest.
    """
    for lesson in lessons():
        if lesson.name == name:
            return lesson
    known = [lesson.name for lesson in lessons()]
    raise KeyError(f"No lesson {name!r}.{nearest(name, known)} There are: {', '.join(known)}.")


def select(names: Iterable[str]) -> tuple[Lesson, ...]:
    """The lessons that `names` mean, in teaching order: lesson names, 'day1', 'day2'; none is all.

    Raises:
        KeyError: an unknown name; the message suggests the nearest.
    """
    wanted: set[str] = set()
    names = list(names)
    days = [f"day{day}" for day in DAYS]
    known = [lesson.name for lesson in lessons()] + days
    for name in names:
        if name not in known:
            raise KeyError(
                f"No lesson {name!r}.{nearest(name, known)} There are: {', '.join(known)}."
            )
        wanted |= {lesson.name for lesson in lessons() if name in (lesson.name, f"day{lesson.day}")}
    return tuple(lesson for lesson in lessons() if not names or lesson.name in wanted)


def judge(lesson: Lesson, result: Result) -> tuple[Judged, ...]:
    """Every number of `result` beside its bound.

    Raises:
        KeyError: a bound of the lesson has no measured number, so nothing was verified.
    """
    bounds = {bound.name: bound for bound in lesson.bounds}
    measured = {metric.name for metric in result.metrics}
    if missing := bounds.keys() - measured:
        raise KeyError(
            f"{lesson.name}: run() measured {sorted(measured)}, but lesson.toml has bounds for "
            f"{sorted(missing)} too"
        )
    return tuple(Judged(metric, bounds.get(metric.name)) for metric in result.metrics)
