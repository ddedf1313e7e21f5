"""The book, row by row: what each section, equation and figure says, and where the workshop has it.

data/book/index.tsv has a row for everything that the book numbers: its lesson, the heading of the
notebook under which it stands, and where the book errs. A test of a row is marked with its id:
`@pytest.mark.book("eq-1.11")`. No torch in here.
"""

from __future__ import annotations

import ast
import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from workshop import syllabus
from workshop.core.checks import nearest
from workshop.core.files import opening

FIELDS = ("id", "section", "kind", "says", "shown", "lesson", "heading", "erratum")


@dataclass(frozen=True)
class Row:
    """One thing in the book and its place in the workshop.

    Args:
        id: as `workshop book` takes it: 'eq-1.11', 'fig-2.12', 'sec-2.6.3', 'note-4', ...
        section: of the book, such as '2.6.3'; A and B are its appendices.
        kind: section, equation, figure, example, note, table, algorithm, question or appendix.
        says: what the book states there.
        shown: what the workshop makes of it.
        lesson: its name; '' for what stands in a page of notebooks/reference.
        heading: of the notebook, or the page's name.
        erratum: where the book errs or the field has moved on; '' as a rule.
    """

    id: str
    section: str
    kind: str
    says: str
    shown: str
    lesson: str
    heading: str
    erratum: str

    @property
    def notebook(self) -> str:
        """The file below notebooks/ that has it."""
        if not self.lesson:
            return f"reference/{self.heading}.md"
        return f"{syllabus.get(self.lesson).notebook}.ipynb"

    @property
    def tests(self) -> tuple[str, ...]:
        """The tests of a clone that hold it, such as 'tests/day1/test_neuron.py::test_...'."""
        return tuple(_marked_tests().get(self.id, ()))


@cache
def _marked_tests() -> dict[str, list[str]]:
    """Id -> the tests that are marked with it; an installed workshop has no tests."""
    root = Path(__file__).resolve().parents[1]
    found: dict[str, list[str]] = {}
    for path in sorted(root.glob("tests/**/test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.FunctionDef):
                continue
            for call in (one for mark in node.decorator_list for one in ast.walk(mark)):
                if isinstance(call, ast.Call) and ast.unparse(call.func) == "pytest.mark.book":
                    for id in map(ast.literal_eval, call.args):
                        name = path.relative_to(root).as_posix()
                        found.setdefault(id, []).append(f"{name}::{node.name}")
    return found


def rows() -> tuple[Row, ...]:
    """The whole index, in the order of the book.

    Raises:
        DataError: the index is missing or damaged.
    """
    with opening("book/index.tsv") as path, path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE, strict=True)
        if tuple(reader.fieldnames or ()) != FIELDS:
            raise ValueError(f"got the columns {reader.fieldnames}, expected {list(FIELDS)}")
        found = []
        for fields in reader:
            if None in fields or None in fields.values():
                raise ValueError(f"line {reader.line_num}: expected {len(FIELDS)} columns")
            found.append(Row(**fields))
        return tuple(found)


def find(wanted: str) -> tuple[Row, ...]:
    """The row with this id, or all rows of a section and those within it: '2.6' has 2.6.3 too.

    Raises:
        KeyError: neither an id nor a section; the message suggests the nearest.
    """
    index, name = rows(), wanted.strip().lower()
    if one := tuple(row for row in index if row.id == name):
        return one
    within = f"{name.rstrip('.')}."
    if some := tuple(row for row in index if f"{row.section.lower()}.".startswith(within)):
        return some
    known = [row.id for row in index] + [row.section for row in index]
    raise KeyError(
        f"The book has no {wanted!r}.{nearest(name, known)} "
        "Ask for a section, such as 2.6.3, or for eq-1.11, fig-2.12, note-4, ex-1, tab-2.1, alg-1."
    )
