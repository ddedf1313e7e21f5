"""Running lessons: what `workshop run` does, without the printing."""

from __future__ import annotations

import dataclasses
import json
import math
import statistics
import textwrap
import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workshop.core.checks import nearest
from workshop.core.results import Bound
from workshop.core.settings import override
from workshop.syllabus import Judged, Lesson, judge


@dataclass
class Run:
    """One lesson trained with one seed; `error` is set where it did not finish."""

    lesson: Lesson
    seed: int
    device: str
    seconds: float = 0.0
    judged: tuple[Judged, ...] = ()
    error: str = ""
    traceback: str = ""

    @property
    def passed(self) -> bool:
        """Every target reached, every control missed, every number finite, nothing crashed."""
        return not self.error and all(map(holds, self.judged))

    def as_dict(self) -> dict[str, Any]:
        """The object of `--json`."""
        out: dict[str, Any] = {
            "lesson": self.lesson.name,
            "day": self.lesson.day,
            "seed": self.seed,
            "device": self.device,
            "seconds": round(self.seconds, 3),
            "passed": self.passed,
            "metrics": [_metric(row) for row in self.judged],
        }
        return out | ({"error": self.error} if self.error else {})


def holds(row: Judged) -> bool:
    """Whether a number keeps to its bound, if it has one, and is a finite number at all."""
    return row.passed and math.isfinite(row.measured.value)


def _metric(row: Judged) -> dict[str, Any]:
    measured, bound = row.measured, row.bound
    value = measured.value if math.isfinite(measured.value) else None  # JSON has no nan
    out: dict[str, Any] = {"name": measured.name, "value": value}
    if bound is not None:
        side = "at_least" if bound.at_least is not None else "at_most"
        out |= {side: getattr(bound, side), "kind": bound.kind}
    out["passed"] = holds(row)
    if measured.total is not None:
        out |= {"correct": measured.correct, "total": measured.total}
    return out


def configs_for(lessons: Sequence[Lesson], settings: Iterable[str]) -> dict[str, Any]:
    """A Config per lesson with `field=value` or `lesson.field=value` applied.

    Everything is checked before anything is trained: a plain field must be one of every lesson.
    A lesson that cannot be imported has no entry; running it tells why, and the others still run.

    Raises:
        KeyError, TypeError, ValueError: a wrong name, type or range; the message says which.
    """
    classes = {}
    for lesson in lessons:
        try:
            classes[lesson.name] = lesson.module().Config
        except Exception:  # run_lesson meets the same, and reports it
            continue
    parts = {f.name for one in classes.values() for f in dataclasses.fields(one)}
    mine: dict[str, list[str]] = {lesson.name: [] for lesson in lessons}
    for text in settings:
        name, equals, _ = text.partition("=")
        if not equals:
            raise ValueError(f"--set takes field=value or lesson.field=value, got {text!r}")
        owner, dot, rest = text.partition(".") if "." in name else ("", "", text)
        if owner in mine:
            mine[owner].append(rest)
        elif dot and owner not in parts:
            raise KeyError(f"--set {text}: lesson {owner!r} is not run here.{nearest(owner, mine)}")
        else:  # a field of every lesson, or of a part of every lesson
            for own in mine.values():
                own.append(text)
    configs = {}
    for name, config_class in classes.items():
        try:
            configs[name] = override(config_class, mine[name])
        except (KeyError, TypeError, ValueError) as error:
            kind = type(error)
            raise kind(f"--set does not fit lesson {name}: {error.args[0]}") from None
    return configs


def warm_up() -> None:
    """Make one optimizer: the first in a process imports a second's worth of torch."""
    import torch

    torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)


def run_lesson(lesson: Lesson, config: Any, *, seed: int, device: Any, progress: bool) -> Run:
    """Train one lesson; an exception becomes the run's `error`. Ctrl-C goes through."""
    out = Run(lesson, seed, str(device))
    start = time.perf_counter()
    try:
        module = lesson.module()
        start = time.perf_counter()  # what it imports is not its training
        result = module.run(config, seed=seed, device=device, progress=progress)
        out.judged = judge(lesson, result)
    except Exception as error:
        text = error.args[0] if isinstance(error, KeyError) and error.args else error
        out.error = textwrap.shorten(f"{type(error).__name__}: {text}", 500, placeholder=" ...")
        out.traceback = traceback.format_exc()
    out.seconds = time.perf_counter() - start
    return out


def run_all(
    lessons: Sequence[Lesson],
    configs: Mapping[str, Any],
    *,
    seeds: Sequence[int],
    device: Any,
    progress: bool = False,
    started: Callable[[Lesson, int], None] = lambda lesson, seed: None,
    finished: Callable[[Run], None] = lambda run: None,
) -> tuple[list[Run], tuple[Lesson, int] | None]:
    """Train every lesson with every seed.

    Args:
        lessons: in the order in which they run.
        configs: lesson name -> its Config, from `configs_for`.
        seeds: each lesson runs with each of them.
        device: where to train.
        progress: show progress bars.
        started: called before each run.
        finished: called after each run.

    Returns:
        The runs that finished, and the lesson and seed in which Ctrl-C cut them short, or None.
    """
    runs: list[Run] = []
    at = (lessons[0], seeds[0])
    try:
        warm_up()
        for lesson in lessons:
            for seed in seeds:
                at = (lesson, seed)
                started(lesson, seed)
                config = configs.get(lesson.name)
                run = run_lesson(lesson, config, seed=seed, device=device, progress=progress)
                runs.append(run)
                finished(run)
    except KeyboardInterrupt:
        return runs, at
    return runs, None


def as_json(runs: Iterable[Run]) -> str:
    """The runs as strict JSON."""
    return json.dumps([run.as_dict() for run in runs], indent=1, allow_nan=False) + "\n"


@dataclass
class Row:
    """A line of the table: one number of a lesson, over its seeds."""

    name: str
    bound: Bound | None
    values: list[float] = field(default_factory=list)
    counts: list[tuple[int, int]] = field(default_factory=list)
    passed: bool = True

    @property
    def got(self) -> str:
        """The number with its counts, or its least, mean and standard deviation over the seeds."""
        if len(self.values) == 1:
            text = self._shown(self.values[0])
            return f"{text} ({self.counts[0][0]}/{self.counts[0][1]})" if self.counts else text
        if not all(map(math.isfinite, self.values)):
            bad = sum(not math.isfinite(value) for value in self.values)
            return f"not finite in {bad} of {len(self.values)} seeds"
        mean, sd = statistics.fmean(self.values), statistics.stdev(self.values)
        text = f"min {self._shown(min(self.values))}, mean {mean:.4g}, sd {sd:.2g}"
        if self.bound is not None and self.bound.at_most is not None:  # then the largest decides
            text += f", max {self._shown(max(self.values))}"
        return text

    def _shown(self, value: float) -> str:
        """Four digits, or as many as it takes to be seen on its side of the bound."""
        for digits in (4, 6, 9):
            text = f"{value:.{digits}g}"
            if self.bound is None or self.bound.holds(float(text)) == self.bound.holds(value):
                return text
        return repr(value)


def rows_of(runs: Sequence[Run]) -> list[Row]:
    """The lines of one lesson's table."""
    rows: dict[str, Row] = {}
    for run in runs:
        for judged in run.judged:
            measured = judged.measured
            row = rows.setdefault(measured.name, Row(measured.name, judged.bound))
            row.values.append(measured.value)
            if measured.correct is not None and measured.total is not None:
                row.counts.append((measured.correct, measured.total))
            row.passed = row.passed and holds(judged)
    return list(rows.values())
