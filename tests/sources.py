"""The sources of the notebooks, as tests read them: whole, cell by cell, or one cell run."""

import contextlib
import io
import re
from pathlib import Path

from workshop import syllabus
from workshop.classroom.notebooks import notebooks_dir


def path_of(lesson: str) -> Path:
    return notebooks_dir() / f"{syllabus.get(lesson).notebook}.py"


def source_of(lesson: str) -> str:
    return path_of(lesson).read_text(encoding="utf-8")


def run_cell(source, part, **names):
    """Run the one cell of the notebook that holds `part`; its names and what it printed."""
    (cell,) = [cell for cell in source.split("\n# %%") if part in cell]
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(cell.partition("\n")[2], names)
    return names, printed.getvalue()


def cells_of(source):
    """(kind, text, first line) of each cell of a source: 'code' or 'markdown', without its marks."""
    text = source.read_text(encoding="utf-8")
    parts = re.split(r"^(# %%.*)$", text, flags=re.MULTILINE)
    line = 1 + parts[0].count("\n")
    for head, body in zip(parts[1::2], parts[2::2], strict=True):
        markdown = "[markdown]" in head
        if markdown:
            body = re.sub(r"^# ?", "", body, flags=re.MULTILINE)
        yield ("markdown" if markdown else "code"), body.strip("\n"), line
        line += body.count("\n")


def markdown_of(source):
    """The prose of a source, headings included."""
    return "\n".join(text for kind, text, _ in cells_of(source) if kind == "markdown")
