"""Notebooks from their sources: attendee edition, solution edition, and the check for drift.

A source is notebooks/dayN/NN_lesson.py in jupytext's percent format. An exercise is a cell that
starts `# %% exercise="name"`, defines the stub of that function and ends with `check(name)`. The
solution edition replaces the stub, found by its syntax tree, with the source of the exercise's
reference. There are no begin and end markers, so none can be unclosed or nested.
"""

from __future__ import annotations

import ast
import copy
import difflib
import inspect
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workshop.core.files import write_atomically
from workshop.core.lesson import nearest
from workshop.exercises.exercise import Exercise
from workshop.syllabus import Lesson


class NotebookError(ValueError):
    """A notebook source breaks a rule; the message names the file, the cell and the mend."""


# --- where they are ------------------------------------------------------------------------------


def notebooks_dir() -> Path:
    """The folder with the notebooks: in the installed package, else in the repository.

    Raises:
        FileNotFoundError: neither is there.
    """
    package = Path(__file__).resolve().parents[1]
    for place in (package / "_notebooks", package.parent / "notebooks"):
        if place.is_dir():
            return place
    raise FileNotFoundError(
        f"The notebooks are not beside {package}; install the package again: "
        f"python -m pip install --force-reinstall --no-deps deep-learning-workshop"
    )


def in_repository() -> bool:
    """Whether the notebooks found are the sources of a repository, which may be rebuilt."""
    return notebooks_dir().name == "notebooks"


def read(path: Path) -> dict[str, Any]:
    """The notebook in a file, as nbformat 4.

    Raises:
        NotebookError: it cannot be read as a notebook; the message says why.
    """
    import nbformat

    try:
        notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
        for cell in notebook.cells:
            _ = (cell.cell_type, cell.source, cell.metadata)
        return notebook
    except OSError as error:
        raise NotebookError(f"{path}: cannot be opened ({error.strerror})") from None
    except UnicodeDecodeError:
        raise NotebookError(f"{path}: is not a text file in UTF-8") from None
    except Exception as error:  # nbformat raises many kinds for a damaged notebook
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise NotebookError(f"{path}: is not a notebook ({reason[:200]})") from None


# --- building ------------------------------------------------------------------------------------


def attendee_edition(source: str, lesson: Lesson, exercises: Iterable[Exercise]) -> dict[str, Any]:
    """The notebook that attendees get, with stubs for the exercises and without outputs.

    Raises:
        NotebookError: the source breaks a rule.
        ModuleNotFoundError: jupytext is not installed.
    """
    try:
        import jupytext
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            "Building notebooks needs jupytext: python -m pip install 'deep-learning-workshop[test]'"
        ) from None
    import nbformat

    parsed = jupytext.reads(source, fmt="py:percent")
    notebook = nbformat.v4.new_notebook(
        metadata={
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
            "workshop": {"lesson": lesson.name},
        }
    )
    for number, cell in enumerate(parsed.cells, start=1):
        metadata: dict[str, Any] = {}
        if name := cell.metadata.get("exercise"):
            metadata = {
                "tags": ["exercise"],
                "workshop": {"exercise": name, "lesson": lesson.name},
            }
        new = (
            nbformat.v4.new_code_cell if cell.cell_type == "code" else nbformat.v4.new_markdown_cell
        )
        made = new(cell.source, metadata=metadata)
        made["id"] = f"{lesson.name.replace('_', '-')}-{number:03d}"
        notebook.cells.append(made)
    _validate(notebook, lesson, tuple(exercises))
    return notebook


def solution_edition(notebook: Mapping[str, Any], answers: Mapping[str, str]) -> dict[str, Any]:
    """The same notebook with every stub replaced by its answer; `answers`: name -> source."""
    solved = copy.deepcopy(notebook)
    for cell in solved["cells"]:
        if name := exercise_of(cell):
            lines = cell["source"].splitlines()
            stub = _definitions(cell["source"], name)[0]
            first = min([stub.lineno, *(line.lineno for line in stub.decorator_list)])
            lines[first - 1 : stub.end_lineno] = answers[name].rstrip().splitlines()
            cell["source"] = "\n".join(lines)
    return solved


def answers_for(exercises: Iterable[Exercise]) -> dict[str, str]:
    """The source of each exercise's reference, under the exercise's name."""
    return {exercise.name: exercise.answer_source() for exercise in exercises}


def exercise_of(cell: Mapping[str, Any]) -> str | None:
    """The exercise that a cell holds, by its metadata."""
    return cell.get("metadata", {}).get("workshop", {}).get("exercise")


def serialise(notebook: Mapping[str, Any]) -> str:
    """The text of the .ipynb file: the same to the byte on every platform."""
    import nbformat

    return nbformat.writes(notebook, version=4).rstrip("\n") + "\n"


@dataclass(frozen=True)
class Built:
    """What became of one notebook: 'as it was', 'written', 'stale', 'missing' or 'orphan'."""

    path: Path
    state: str
    difference: str = ""


def build(
    lessons: Iterable[Lesson], *, check: bool = False, root: Path | None = None
) -> list[Built]:
    """Build the attendee edition of each lesson beside its source; `check` only compares.

    Raises:
        NotebookError: a source breaks a rule.
    """
    from workshop.exercises import for_lesson

    root = root or notebooks_dir()
    lessons = tuple(lessons)
    results = []
    for lesson in lessons:
        source, path = root / f"{lesson.notebook}.py", root / f"{lesson.notebook}.ipynb"
        if not source.is_file():
            raise NotebookError(f"{source}: the source of lesson {lesson.name} is missing")
        made = attendee_edition(source.read_text(encoding="utf-8"), lesson, for_lesson(lesson.name))
        text = serialise(made)
        before = path.read_bytes().decode("utf-8") if path.exists() else None
        if before == text:
            results.append(Built(path, "as it was"))
        elif check:
            results.append(
                Built(
                    path, "missing" if before is None else "stale", _difference(before or "", text)
                )
            )
        else:
            write_atomically(path, text)
            results.append(Built(path, "written"))
    known = {root / f"{lesson.notebook}.ipynb" for lesson in lessons}
    for day in {lesson.day for lesson in lessons}:
        for path in sorted((root / f"day{day}").glob("*.ipynb")):
            if path not in known and not path.with_suffix(".py").exists():
                results.append(Built(path, "orphan"))
    return results


def _difference(before: str, after: str) -> str:
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), "committed", "built", lineterm="", n=1
    )
    return "\n".join(list(lines)[:30])


# --- rules ---------------------------------------------------------------------------------------


def _validate(notebook: Mapping[str, Any], lesson: Lesson, exercises: tuple[Exercise, ...]) -> None:
    where = f"{lesson.notebook}.py"
    cells = notebook["cells"]
    if not cells or not cells[0]["source"].startswith("# "):
        raise NotebookError(
            f"{where}: the first cell must be Markdown and start with '# ' and a title"
        )
    by_name = {exercise.name: exercise for exercise in exercises}
    seen: dict[str, int] = {}
    for number, cell in enumerate(cells, start=1):
        if cell["cell_type"] != "code":
            continue
        place = f"{where}, cell {number}"
        tree = _parse(cell["source"], place)
        name = exercise_of(cell)
        used = _misused(tree, seen)
        if used:
            raise NotebookError(
                f"{place}, line {used[1]}: uses the attendee's {used[0]}, which may not be written "
                f"yet; go on with the library's own (module.{used[0]})"
            )
        if name is None:
            continue
        if name not in by_name:
            raise NotebookError(
                f"{place}: exercise {name!r} is not in workshop.exercises.day{lesson.day}."
                f"{lesson.name}.{nearest(name, by_name)}"
            )
        if name in seen:
            raise NotebookError(f"{place}: exercise {name!r} is already in cell {seen[name]}")
        _validate_stub(cell["source"], tree, by_name[name], place)
        seen[name] = number
    if left := [name for name in by_name if name not in seen]:
        raise NotebookError(
            f'{where}: no cell `# %% exercise="{left[0]}"` for exercise {left[0]!r}'
        )


def _validate_stub(source: str, tree: ast.Module, exercise: Exercise, place: str) -> None:
    name = exercise.name
    found = _definitions(source, name)
    if len(found) != 1:
        raise NotebookError(f"{place}: defines {name} {len(found)} times; expected once")
    body = [node for node in found[0].body if not _is_docstring(node)]
    raised = body[0].exc if len(body) == 1 and isinstance(body[0], ast.Raise) else None
    raised = raised.func if isinstance(raised, ast.Call) else raised
    if not (isinstance(raised, ast.Name) and raised.id == "NotImplementedError"):
        raise NotebookError(
            f"{place}: the body of {name} must be a docstring and `raise NotImplementedError(...)`"
        )
    got = [argument.arg for argument in found[0].args.args]
    expected = list(inspect.signature(exercise.reference).parameters)
    if got != expected:
        raise NotebookError(f"{place}: {name} takes {got}, but its reference takes {expected}")
    last = tree.body[-1]
    if ast.unparse(last) != f"check({name})":
        raise NotebookError(
            f"{place}: the last line must be check({name}), got {ast.unparse(last)!r}"
        )


def _definitions(source: str, name: str) -> list[ast.FunctionDef]:
    return [
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef) and node.name == name
    ]


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _parse(source: str, place: str) -> ast.Module:
    try:
        return ast.parse(without_magics(source))
    except SyntaxError as error:
        raise NotebookError(f"{place}, line {error.lineno}: {error.msg}") from None


def without_magics(source: str) -> str:
    """Cell source with IPython's % and ! lines turned into comments, so that Python can read it."""
    return "\n".join(
        f"{line[: len(line) - len(line.lstrip())]}pass  # {line.lstrip()}"
        if line.lstrip().startswith(("%", "!"))
        else line
        for line in source.splitlines()
    )


def _misused(tree: ast.Module, names: Iterable[str]) -> tuple[str, int] | None:
    """The first use of one of `names`, other than as an argument of check, hint or answer."""
    allowed = {
        id(argument)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("check", "hint", "answer")
        for argument in node.args
    }
    bound = {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and not _reads(node)
    } | {
        argument.arg
        for node in ast.walk(tree)
        if isinstance(node, ast.arguments)
        for argument in node.args
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Name) or not _reads(node) or id(node) in allowed:
            continue
        if node.id in names and node.id not in bound:
            return node.id, node.lineno
    return None


def _reads(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Load)


# --- what an attendee wrote ----------------------------------------------------------------------


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
