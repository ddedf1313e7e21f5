"""The syllabus: `lessons.toml` joined with the lesson modules. The only file that sees both days.

Reading it imports no torch; `Lesson.module()` does, when a lesson is really wanted.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from types import ModuleType

from workshop.core.lesson import Bound, Measured, Result, nearest

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

DAYS = (1, 2)


@dataclass(frozen=True)
class Lesson:
    """One row of the syllabus."""

    name: str
    day: int
    number: int
    title: str
    minutes: int
    sections: tuple[str, ...]
    bounds: tuple[Bound, ...]
    tolerance: float = 0.02  # between the targets' values on CUDA and on the CPU

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

    def module(self) -> ModuleType:
        """The lesson's module, with `Config` and `run`; imports torch."""
        return importlib.import_module(f"workshop.day{self.day}.{self.name}")


@dataclass(frozen=True)
class Judged:
    """A measured number beside its bound, or without one where none was set."""

    measured: Measured
    bound: Bound | None

    @property
    def passed(self) -> bool:
        """Whether the bound holds; a number without a bound always passes."""
        return self.bound is None or self.bound.holds(self.measured.value)


@lru_cache(maxsize=1)
def lessons() -> tuple[Lesson, ...]:
    """All lessons in the order they are taught."""
    text = resources.files("workshop").joinpath("lessons.toml").read_text(encoding="utf-8")
    rows = tomllib.loads(text)["lesson"]
    return tuple(
        Lesson(
            name=row["name"],
            day=row["day"],
            number=row["number"],
            title=row["title"],
            minutes=row["minutes"],
            sections=tuple(row["sections"]),
            bounds=tuple(Bound(**bound) for bound in row.get("bound", ())),
            tolerance=row.get("tolerance", 0.02),
        )
        for row in rows
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
            f"{lesson.name}: run() measured {sorted(measured)}, but lessons.toml has bounds for "
            f"{sorted(missing)} too"
        )
    return tuple(Judged(metric, bounds.get(metric.name)) for metric in result.metrics)
