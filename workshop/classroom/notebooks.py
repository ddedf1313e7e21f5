"""Notebooks from their sources: attendee edition, solution edition, and the check for drift.

A source is notebooks/dayN/NN_lesson.py in jupytext's percent format. An exercise is a cell that
starts `# %% exercise="name"`, defines the stub of that function and ends with `check(name)`. The
solution edition replaces the stub, found by its syntax tree, with the source of the exercise's
reference. There are no begin and end markers, so none can be unclosed or nested.

A source names other lessons by name and knows no number, its own included: `{lesson:cnn}` becomes
"lesson" and the number, in Markdown with a link, and `{Lesson:cnn}` the same with a capital. Files
are numbered and renamed here too, so that a new lesson edits no other.

IPython's magics stand in a source as comments, `# %matplotlib inline`, so that it stays Python.
"""

from __future__ import annotations

import ast
import copy
import difflib
import os
import re
import symtable
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workshop import syllabus
from workshop.classroom.cells import exercise_of, without_magics
from workshop.core.checks import nearest
from workshop.core.exercise import Exercise
from workshop.core.files import write_atomically
from workshop.syllabus import Lesson

if TYPE_CHECKING:
    from nbformat import NotebookNode


class NotebookError(ValueError):
    """A notebook source breaks a rule; the message names the file, the cell and the fix."""


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


def read(path: Path) -> NotebookNode:
    """The notebook in a file, as nbformat 4.

    Raises:
        NotebookError: it cannot be read as a notebook; the message says why.
    """
    import nbformat

    try:
        notebook: NotebookNode = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
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


def attendee_edition(source: str, lesson: Lesson, exercises: Iterable[Exercise]) -> NotebookNode:
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

    where = f"{lesson.notebook}.py"
    # Without comment_magics=False jupytext would take a comment such as "# echo the input" for a
    # command, and make code of it.
    fmt = {"extension": ".py", "format_name": "percent", "comment_magics": False}
    try:
        parsed = jupytext.reads(source, fmt=fmt)
    except Exception as error:  # of jupytext, nbformat or yaml, for a damaged header
        raise NotebookError(f"{where}: jupytext cannot read it: {error}") from error
    notebook: NotebookNode = nbformat.v4.new_notebook(
        metadata={
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
            "workshop": {"lesson": lesson.name},
        }
    )
    notebook["nbformat_minor"] = 5  # whatever a later nbformat would write
    at = _places(where, source, len(parsed.cells))
    for number, cell in enumerate(parsed.cells, start=1):
        _validate_options(cell, at(number))
        metadata: dict[str, Any] = {}
        if name := cell.metadata.get("exercise"):
            metadata = {
                "tags": ["exercise"],
                "workshop": {"exercise": name, "lesson": lesson.name},
            }
        text = _with_numbers(cell, lesson, number, at)
        if cell.cell_type == "code":
            text = re.sub(r"(?m)^# (?=%{1,2}[A-Za-z])", "", text)
            made = nbformat.v4.new_code_cell(text, metadata=metadata)
        else:
            made = nbformat.v4.new_markdown_cell(text, metadata=metadata)
        made["id"] = f"{lesson.name.replace('_', '-')}-{number:03d}"
        notebook.cells.append(made)
    _validate(notebook, lesson, tuple(exercises), at)
    first = notebook.cells[0]
    first.source = first.source.replace("# ", f"# {lesson.number}. ", 1)
    return notebook


def _with_numbers(cell: Any, lesson: Lesson, number: int, at: Place) -> str:
    """The text of a cell, with number and link for each {lesson:name}."""

    def put(match: re.Match[str]) -> str:
        try:
            other = syllabus.get(match["name"])
        except KeyError as error:
            line = cell.source.count("\n", 0, match.start()) + 1
            raise NotebookError(f"{at(number, line)}: {error.args[0]}") from None
        text = f"{match['lesson']} {other.number}"
        if cell.cell_type == "code":
            return text
        place = other.notebook.removeprefix(f"day{lesson.day}/")
        return f"[{text}]({place if other.day == lesson.day else f'../{place}'}.ipynb)"

    return re.sub(r"\{(?P<lesson>[Ll]esson):(?P<name>\w+)\}", put, cell.source)


def solution_edition(notebook: NotebookNode, answers: Mapping[str, str]) -> NotebookNode:
    """The same notebook with every stub replaced by its answer; `answers`: name -> source.

    Raises:
        NotebookError: an exercise has no answer, or its cell no stub.
    """
    solved = copy.deepcopy(notebook)
    for number, cell in enumerate(solved["cells"], start=1):
        if name := exercise_of(cell):
            if name not in answers:
                raise NotebookError(
                    f"cell {number}: there is no answer to exercise {name!r}."
                    f"{nearest(name, answers)}"
                )
            found = _definitions(_parse(cell["source"], f"cell {number}"), name)
            if len(found) != 1:
                raise NotebookError(
                    f"cell {number}: defines {name} {len(found)} times; expected once. Build the "
                    f"notebook again: workshop notebooks"
                )
            first = min([found[0].lineno, *(node.lineno for node in found[0].decorator_list)])
            lines = cell["source"].split("\n")
            lines[first - 1 : found[0].end_lineno] = answers[name].rstrip("\n").split("\n")
            cell["source"] = "\n".join(lines)
    return solved


def answers_for(exercises: Iterable[Exercise]) -> dict[str, str]:
    """The source of each exercise's reference, under the exercise's name."""
    return {exercise.name: exercise.answer_source() for exercise in exercises}


def serialise(notebook: Mapping[str, Any]) -> str:
    """The text of the .ipynb file: the same to the byte on every platform."""
    import nbformat

    text: str = nbformat.writes(notebook, version=4)
    return text.rstrip("\n") + "\n"


@dataclass(frozen=True)
class Built:
    """What became of one file; with `check`, what would.

    state: 'as it was', 'written' or 'renamed'; with `check` instead of the latter two 'stale',
    'missing' or 'misnumbered'; 'orphan' for a notebook without a source, which is left alone.
    """

    path: Path
    state: str
    difference: str = ""

    @property
    def drifted(self) -> bool:
        """Whether the file is not what its source makes."""
        return self.state in ("stale", "missing", "misnumbered", "orphan")


def build(
    lessons: Iterable[Lesson], *, check: bool = False, root: Path | None = None
) -> list[Built]:
    """Build the attendee edition of each lesson beside its source; `check` only compares.

    Sources and notebooks under another number or day than the syllabus says are renamed, and the
    links to lessons in the pages of reference/ get their numbers.

    Raises:
        NotebookError: a source breaks a rule.
    """
    from workshop.exercises import for_lesson

    root = root or notebooks_dir()
    lessons = tuple(lessons)
    results = []
    for lesson in lessons:
        source, renamed = _renumber(lesson, root, check)
        results += renamed
        try:
            content = source.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise NotebookError(f"{source}: is not a text in UTF-8: {error}") from None
        text = serialise(attendee_edition(content, lesson, for_lesson(lesson.name)))
        results.append(_update(source.with_suffix(".ipynb"), text, check))
    for page in sorted(root.glob("reference/*.md")):
        results.append(_update(page, _relinked(page.read_bytes().decode("utf-8")), check))
    known = {one.path for one in results}
    for day in {lesson.day for lesson in lessons}:
        for path in sorted(root.glob(f"day{day}/*.ipynb")):
            if path not in known and not path.with_suffix(".py").exists():
                results.append(Built(path, "orphan"))
    return results


def _update(path: Path, text: str, check: bool) -> Built:
    before = path.read_bytes() if path.exists() else None
    if before == text.encode("utf-8"):
        return Built(path, "as it was")
    if check:
        state = "missing" if before is None else "stale"
        return Built(path, state, _difference(before or b"", text))
    write_atomically(path, text)
    return Built(path, "written")


def _renumber(lesson: Lesson, root: Path, check: bool) -> tuple[Path, list[Built]]:
    """The lesson's source, after its files got the names they should have, and what was renamed."""
    ours = re.compile(rf"(\d+_)?{lesson.name}\.(py|ipynb)")
    files = [path for path in sorted(root.glob("day*/*")) if ours.fullmatch(path.name)]
    sources = [path for path in files if path.suffix == ".py"]
    if not sources:
        raise NotebookError(
            f"{root / lesson.notebook}.py: the source of lesson {lesson.name} is missing"
        )
    if len(sources) > 1:
        found = ", ".join(map(str, sources))
        raise NotebookError(f"lesson {lesson.name} has several sources, keep one: {found}")
    renamed = []
    for path in files:
        wanted = root / f"{lesson.notebook}{path.suffix}"
        if path == wanted:
            continue
        state = "misnumbered" if check else "renamed"
        renamed.append(Built(path, state, f"-> {lesson.notebook}{path.suffix}"))
        if not check:
            os.replace(path, wanted)
    return sources[0] if check else root / f"{lesson.notebook}.py", renamed


def _relinked(page: str) -> str:
    """A page of reference/ with the numbers and addresses that the lessons in its links have now."""
    known = {lesson.name: lesson for lesson in syllabus.lessons()}

    def put(match: re.Match[str]) -> str:
        if (lesson := known.get(match["name"])) is None:
            return match[0]  # tests/test_words.py follows every link
        return f"[{match['text']}{lesson.number}](../{lesson.notebook}.ipynb)"

    link = r"\[(?P<text>([Ll]esson\s+)?)\d+\]\(\.\./day\d+/\d+_(?P<name>\w+)\.ipynb\)"
    return re.sub(link, put, page)


def _difference(before: bytes, after: str) -> str:
    old = before.decode("utf-8", "replace")
    lines = list(
        difflib.unified_diff(
            old.splitlines(), after.splitlines(), "on disk", "built", lineterm="", n=1
        )
    )
    if before and not lines:
        return "only the ends of lines differ"
    more = [f"... and {len(lines) - 30} more lines"] if len(lines) > 30 else []
    return "\n".join(lines[:30] + more)


# --- rules ---------------------------------------------------------------------------------------

# (cell, line in the cell) -> where that is, for a message
Place = Callable[..., str]


def _places(where: str, source: str, cells: int) -> Place:
    """Cells are counted from 1; the line of the file is found by the cells' marks."""
    lines = source.splitlines()
    marks = [i for i, line in enumerate(lines) if re.match(r"# ?%%(\s|$)", line)]
    starts = [
        next((i + 1 for i in range(mark + 1, len(lines)) if lines[i].strip()), mark + 1)
        for mark in marks
    ]

    def at(number: int, line: int = 1) -> str:
        if len(starts) != cells:  # text before the first mark, or a mark within a text
            return f"{where}, cell {number}, line {line} of it"
        return f"{where}, line {starts[number - 1] + line - 1} (cell {number})"

    return at


def _validate_options(cell: Any, place: str) -> None:
    if cell.cell_type not in ("code", "markdown"):
        raise NotebookError(
            f"{place}: is a {cell.cell_type} cell; expected code (# %%) or # %% [markdown]"
        )
    # What else jupytext notes down is about blank lines and quotes.
    options = {k: v for k, v in cell.metadata.items() if k not in _OF_JUPYTEXT}
    name = options.pop("exercise", None)
    if options:
        found = ", ".join(f"{key}={value!r}" for key, value in options.items())
        raise NotebookError(
            f'{place}: got the option {found}; the only one is exercise="function_name", in quotes'
        )
    if name is not None and (cell.cell_type != "code" or not str(name).isidentifier()):
        raise NotebookError(
            f"{place}: exercise={name!r} in a {cell.cell_type} cell; expected the name of a "
            f"function, on a code cell"
        )


_OF_JUPYTEXT = ("lines_to_next_cell", "lines_to_end_of_cell_marker", "cell_marker")


def _validate(
    notebook: Mapping[str, Any], lesson: Lesson, exercises: tuple[Exercise, ...], at: Place
) -> None:
    where = f"{lesson.notebook}.py"
    cells = notebook["cells"]
    first = cells[0] if cells else {"cell_type": "none", "source": ""}
    if first["cell_type"] != "markdown" or first["source"].split("\n")[0] != f"# {lesson.title}":
        raise NotebookError(
            f"{where}: the first cell must be Markdown and start with the title in lesson.toml, "
            f"without a number: '# {lesson.title}'"
        )
    by_name = {exercise.name: exercise for exercise in exercises}
    seen: dict[str, int] = {}
    theirs: set[str] = set()  # names that an attendee's function has in the cells that follow
    for number, cell in enumerate(cells, start=1):
        if cell["cell_type"] != "code":
            continue
        tree = _parse(cell["source"], partial(at, number))
        name = exercise_of(cell)
        if used := _misused(tree, theirs - {name}):
            raise NotebookError(
                f"{at(number, used[1])}: uses the attendee's {used[0]}, which may not be written "
                f"yet; go on with the library's own (module.{used[0]})"
            )
        if name is None:
            theirs -= {symbol for symbol in theirs if _binds(tree, symbol)}
            continue
        if name not in by_name:
            raise NotebookError(
                f"{at(number)}: exercise {name!r} is not in {lesson.package}.exercises."
                f"{nearest(name, by_name)}"
            )
        if name in seen:
            raise NotebookError(
                f"{at(number)}: exercise {name!r} is already in cell {seen[name]}; remove one"
            )
        _validate_stub(tree, by_name[name], partial(at, number))
        seen[name] = number
        theirs.add(name)
    if left := [name for name in by_name if name not in seen]:
        raise NotebookError(
            f'{where}: no cell `# %% exercise="{left[0]}"` for exercise {left[0]!r}'
        )


def _validate_stub(tree: ast.Module, exercise: Exercise, at: Callable[[int], str]) -> None:
    name = exercise.name
    found = _definitions(tree, name)
    bindings = [node for node in tree.body if _binds(ast.Module([node], []), name)]
    if len(found) != 1 or len(bindings) != 1:
        line = bindings[-1].lineno if bindings else 1
        raise NotebookError(
            f"{at(line)}: the cell of exercise {name!r} defines {name} {len(bindings)} times; "
            f"expected once, with def, at the left margin"
        )
    stub = found[0]
    if not (len(stub.body) == 2 and _is_docstring(stub.body[0]) and _is_not_done(stub.body[1])):
        raise NotebookError(
            f"{at(stub.body[0].lineno)}: the body of {name} must be a docstring and `raise "
            f"NotImplementedError(...)`"
        )
    answer = _definitions(ast.parse(exercise.answer_source()), name)
    if len(answer) != 1:
        raise NotebookError(
            f"{at(stub.lineno)}: the reference of exercise {name!r} is not a function {name} "
            f"written with def, so the solution edition would not define {name}; rename it"
        )
    got, expected = _parameters(stub), _parameters(answer[0])
    if got != expected:
        raise NotebookError(
            f"{at(stub.lineno)}: {name} takes {got}, but its reference takes {expected}"
        )
    last = tree.body[-1]
    if ast.unparse(last) != f"check({name})":
        raise NotebookError(
            f"{at(last.lineno)}: the last line must be check({name}), got {ast.unparse(last)!r}"
        )


def _definitions(tree: ast.Module, name: str) -> list[ast.FunctionDef]:
    return [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name]


def _is_docstring(node: ast.stmt) -> bool:
    constant = node.value if isinstance(node, ast.Expr) else None
    return isinstance(constant, ast.Constant) and isinstance(constant.value, str)


def _is_not_done(node: ast.stmt) -> bool:
    raised = node.exc if isinstance(node, ast.Raise) else None
    raised = raised.func if isinstance(raised, ast.Call) else raised
    return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"


def _parameters(function: ast.FunctionDef) -> list[str]:
    """Names, order and defaults, without types: ['x', 'w', '*', 'eps=1e-06']."""
    bare = copy.deepcopy(function.args)
    for argument in ast.walk(bare):
        if isinstance(argument, ast.arg):
            argument.annotation = None
    text = ast.unparse(bare)
    return [part.strip() for part in text.split(", ")] if text else []


def _parse(source: str, at: Callable[[int], str] | str) -> ast.Module:
    try:
        return ast.parse(without_magics(source))
    except SyntaxError as error:
        line = error.lineno or 1
        place = f"{at}, line {line} of it" if isinstance(at, str) else at(line)
        raise NotebookError(f"{place}: Python cannot read it: {error.msg}") from None


def _binds(tree: ast.Module, name: str) -> bool:
    """Whether the cell gives `name` a meaning of its own, for the cells that follow too."""
    table = symtable.symtable(ast.unparse(tree), "cell", "exec")
    try:
        symbol = table.lookup(name)
    except KeyError:
        return False
    return symbol.is_assigned() or symbol.is_imported()


def _misused(tree: ast.Module, names: Iterable[str]) -> tuple[str, int] | None:
    """The first of `names` that the cell uses, other than as an argument of check, hint, answer.

    A local variable or parameter of that name, or one that the cell defines, is another thing.
    """
    rest = _WithoutChecks().visit(copy.deepcopy(tree))
    table = symtable.symtable(ast.unparse(rest), "cell", "exec")
    used = []
    for name in names:
        lines = [
            node.lineno
            for node in ast.walk(rest)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id == name
        ]
        if lines and not _binds(tree, name) and _used_as_global(table, name):
            used.append((min(lines), name))
    return min(used)[::-1] if used else None


class _WithoutChecks(ast.NodeTransformer):
    """Takes the bare names out of check(f), hint(f) and answer(f)."""

    def visit_Call(self, node: ast.Call) -> ast.Call:
        if isinstance(node.func, ast.Name) and node.func.id in ("check", "hint", "answer"):
            node.args = [one for one in node.args if not isinstance(one, ast.Name)]
        self.generic_visit(node)
        return node


def _used_as_global(table: symtable.SymbolTable, name: str) -> bool:
    here = name in table.get_identifiers() and table.lookup(name)
    if here and here.is_referenced() and (here.is_global() or table.get_type() == "module"):
        return True
    return any(_used_as_global(child, name) for child in table.get_children())
