"""The climb: one data set, MNIST-5k, from a linear model up to a CNN. Each lesson adds its rungs.

They are kept in the attendee's own folder, in .workshop/climb.json, so that the table and the
picture grow from notebook to notebook with what this attendee's own models reached.
"""

from __future__ import annotations

import json
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workshop import syllabus
from workshop.core.files import read_json, write_atomically
from workshop.exercises import progress

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Rung:
    """One model on the 1,000 test digits of MNIST-5k: how many it read right."""

    lesson: str
    name: str
    correct: int
    total: int

    def __post_init__(self) -> None:
        """Refuse an impossible count."""
        if not (isinstance(self.correct, int) and 0 <= self.correct <= self.total != 0):
            raise ValueError(
                f"{self.name}: got {self.correct} correct of {self.total}; expected whole numbers, "
                f"0 <= correct <= total"
            )

    @property
    def accuracy(self) -> float:
        """The share that is right."""
        return self.correct / self.total


def add(name: str, *, lesson: str, correct: int, total: int) -> None:
    """Keep a rung; one of the same lesson and name is replaced.

    Args:
        name: of the model, in a few words: 'linear model'.
        lesson: whose notebook adds it.
        correct: how many of the test digits are right.
        total: how many there are.

    Raises:
        KeyError: no such lesson.
        ValueError: an impossible count.
    """
    new = Rung(syllabus.get(lesson).name, name, correct, total)
    kept = [rung for rung in rungs() if (rung.lesson, rung.name) != (new.lesson, new.name)]
    text = json.dumps({"version": 1, "rungs": [asdict(rung) for rung in [*kept, new]]}, indent=1)
    try:
        write_atomically(_path(), text + "\n")
    except OSError as error:
        warnings.warn(f"the climb is not kept: {error}", stacklevel=2)


def rungs() -> list[Rung]:
    """What has been reached so far, in the order of the lessons; empty before the first.

    A damaged file is set aside with a warning, never deleted.
    """
    kept = read_json(_path(), _rungs_of) or []
    order = {lesson.name: lesson.number for lesson in syllabus.lessons()}
    return sorted(kept, key=lambda rung: order.get(rung.lesson, 0))


def show(*, columns: int = 8) -> Figure:
    """The climb so far, as a picture: errors per 1,000 digits, the fewer the better.

    columns: the most bars there are; of a longer climb the first and the last ones are shown.

    Raises:
        RuntimeError: no notebook has added a rung yet.
    """
    from workshop.figures import plots

    reached = rungs()
    if not reached:
        raise RuntimeError("the climb has no rung yet: run the cells above, which add one")
    if len(reached) > columns:
        reached = [reached[0], *reached[1 - columns :]]
    bars = {_label(rung): 1000 * (1 - rung.accuracy) for rung in reached}
    return plots.bars(bars, title="The climb on MNIST-5k", ylabel="errors per 1,000 new digits")


def table() -> Any:
    """The climb so far, as a table: lesson, model, correct of total, accuracy."""
    lines = ["| lesson | model | right | accuracy |", "|---|---|---:|---:|"]
    for rung in rungs():
        number = syllabus.get(rung.lesson).number
        lines.append(
            f"| {number} {rung.lesson} | {rung.name} | {rung.correct} of {rung.total} "
            f"| {rung.accuracy:.3f} |"
        )
    from workshop.exercises import markdown

    return markdown("\n".join(lines))


def _label(rung: Rung) -> str:
    """On several lines, so that the bars stand close."""
    lines = [f"{syllabus.get(rung.lesson).number}."]
    for word in rung.name.split():
        if len(lines[-1]) + len(word) < 14:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return "\n".join(lines)


def _rungs_of(content: Any) -> list[Rung]:
    known = {lesson.name for lesson in syllabus.lessons()}
    made = [Rung(**row) for row in content["rungs"]]
    return [rung for rung in made if rung.lesson in known]


def _path() -> Path:
    return progress.home() / ".workshop" / "climb.json"
