"""`workshop list`: days, lessons, minutes, book sections and targets."""

from __future__ import annotations

import json
from typing import Any

import typer

from workshop import syllabus
from workshop.cli.common import NARROW, Json, make_console, make_table, wrap_name
from workshop.core.results import Bound


def list_(as_json: Json = False) -> None:
    """Days, lessons, minutes, book sections and targets."""
    if as_json:
        typer.echo(json.dumps(list(map(_listed, syllabus.lessons())), indent=1))
        return
    console = make_console()
    narrow = console.width < NARROW
    columns = ("day", "no", "lesson", "minutes", "book", "target", "bound")
    table = make_table(*columns, tight=("day", "no", "minutes", "target", "bound"), narrow=narrow)
    for lesson in syllabus.lessons():
        name = f"{lesson.name}\n{lesson.title}"
        names = [wrap_name(bound.name, 18, narrow) for bound in lesson.targets]
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
