"""Reading the cells of a notebook that somebody else wrote: what they define, what Python can read.

It needs nothing but the standard library: grading runs it where the rest of the package is not.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

from workshop.core.checks import nearest


def exercise_of(cell: Mapping[str, Any]) -> str | None:
    """The exercise that a cell holds, by its metadata."""
    name: str | None = cell.get("metadata", {}).get("workshop", {}).get("exercise")
    return name


def without_magics(source: str) -> str:
    """Cell source with IPython's own lines (%time, !ls, x?) made into `pass`, for Python to read.

    Lines are counted as before. What Python still cannot read stays as it is.
    """
    lines = source.split("\n")
    if magic := re.match(r"\s*%%(\w+)", source):
        if magic[1] not in ("time", "timeit", "capture", "prun"):
            return "\n".join(f"# {line}" for line in lines)  # %%html, say: another language
        first = source[: magic.start(1)].count("\n")
        lines[first] = f"pass  # {lines[first].strip()}"
    # Only where Python stumbles: a line that begins with % may be the rest of a formula.
    for _ in range(len(lines)):
        try:
            ast.parse("\n".join(lines))
        except SyntaxError as error:
            stumbled = (error.lineno or 1) - 1
            if stumbled >= len(lines) or not _OF_IPYTHON.match(lines[stumbled]):
                break
            line = lines[stumbled].lstrip()
            indent = lines[stumbled][: -len(line)]
            lines[stumbled] = f"{indent}pass  # {line}"
        else:
            break
    return "\n".join(lines)


_OF_IPYTHON = re.compile(
    r"""\s*( [%!]               # %matplotlib inline, !ls
          | \?                 # ?print
          | [\w\s.,*\[\]]+=\s*[%!]  # files = !ls
          | [\w.]+\?{1,2}\s*$   # print?
          )""",
    re.VERBOSE,
)


def definitions_of(notebook: Mapping[str, Any]) -> str:
    """The imports, functions, classes and constants of a notebook, in order; nothing that runs.

    Enough to check the exercises without training anything. Cells that Python cannot read are left
    out. (Only a definition that comes later under the same name replaces an earlier one.)
    """
    kept = []
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        try:
            tree = ast.parse(without_magics(cell["source"]))
        except (SyntaxError, ValueError):
            continue
        kept += [ast.unparse(node) for node in tree.body if _defines(node)]
    return "\n\n".join(kept) + "\n"


def as_notebook(code: Iterable[tuple[str, str | None]]) -> dict[str, Any]:
    """A notebook of code cells, each given by its source and the exercise that it holds."""
    return {
        "cells": [
            {
                "cell_type": "code",
                "source": source,
                "metadata": {"workshop": {"exercise": exercise}} if exercise else {},
            }
            for source, exercise in code
        ]
    }


def found_in(code: Iterable[tuple[str, str | None]], name: str) -> tuple[str, dict[str, str]]:
    """The definitions of a notebook's code cells, and what is wrong if `name` is not among them.

    That is {'unreadable': why} where its own cell cannot be read, or {'missing': the nearest name}.
    """
    notebook = as_notebook(code)
    broken = unreadable_cells(notebook)
    if name in broken:
        return "", {"unreadable": broken[name]}
    source = definitions_of(notebook)
    known = names_in(source)
    return source, {} if name in known else {"missing": nearest(name, known).strip()}


def names_in(source: str) -> set[str]:
    """The names that the statements of `source` bind."""
    return set().union(*map(bound_by, ast.parse(source).body))


def needed_by(name: str, source: str) -> str:
    """Of the definitions in `source`, those that make `name`, and those that these use.

    So what one exercise's cell does when it is defined, if only to fail, is no matter of another's.
    """
    statements = ast.parse(source).body
    wanted, kept, more = {name}, set(), True
    while more:
        more = False
        for number, node in enumerate(statements):
            if number not in kept and (bound_by(node) & wanted or "*" in bound_by(node)):
                kept.add(number)
                wanted |= {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
                more = True
    return "\n\n".join(ast.unparse(statements[number]) for number in sorted(kept)) + "\n"


def bound_by(node: ast.stmt) -> set[str]:
    """The names that a statement gives a value; '*' for an import of everything."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {alias.asname or alias.name.partition(".")[0] for alias in node.names}
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    return {
        one.id
        for one in ast.walk(node)
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
    }


def _defines(node: ast.stmt) -> bool:
    if isinstance(node, (ast.Import, ast.ImportFrom, ast.ClassDef)):
        return True
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return not node.decorator_list  # a decorator runs: @interact draws a widget
    if isinstance(node, ast.Assign):
        try:
            ast.literal_eval(node.value)
        except (ValueError, TypeError, SyntaxError, RecursionError):
            return isinstance(node.value, ast.Lambda)
        return True
    return False


def unreadable_cells(notebook: Mapping[str, Any]) -> dict[str, str]:
    """Exercise -> what Python cannot read in its cell."""
    problems = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code" and (name := exercise_of(cell)):
            try:
                ast.parse(without_magics(cell["source"]))
            except SyntaxError as error:
                line = textwrap.shorten((error.text or "").strip(), 80)
                problems[name] = f"Python cannot read line {error.lineno}, `{line}`: {error.msg}."
            except ValueError as error:
                problems[name] = f"Python cannot read the cell: {error}."
    return problems
