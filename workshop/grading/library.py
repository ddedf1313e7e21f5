"""The library as a submission may see it: without exercises, and without the exercises' answers."""

from __future__ import annotations

import ast
import json
import os
import shutil
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import workshop
from workshop import syllabus
from workshop.classroom import cells
from workshop.classroom.notebooks import notebooks_dir
from workshop.core.exercise import Exercise

PACKAGE = Path(workshop.__file__).resolve().parent
# Of the package: what lessons are made of, and the few files that run in the sandbox.
SHIPPED = (
    "__init__.py",
    "syllabus.py",
    "core",
    "figures",
    "text",
    "day1",
    "day2",
    "exercises/observe.py",
    "classroom/__init__.py",
    "classroom/cells.py",
    "grading/__init__.py",
    "grading/frames.py",
    "grading/namespaces.py",
    "grading/server.py",
    "grading/child.py",
)
LEFT_OUT = ("__pycache__", "*.pyc", "exercises.py", "exercises")
STUB = "from workshop.grading.child import LibraryAnswerCalled; raise LibraryAnswerCalled"


@dataclass(frozen=True)
class Reference:
    """The answer to an exercise: where it stands in the library, and its source."""

    module: str
    name: str
    source: str


def references(exercises: Iterable[Exercise]) -> list[Reference]:
    """The references of the exercises, each once."""
    found = {}
    for exercise in exercises:
        function = exercise.reference
        if "." in function.__qualname__ or function.__closure__:
            raise ValueError(f"{exercise.reference_path}: expected a function of a module")
        found[exercise.reference_path] = Reference(
            function.__module__, function.__name__, exercise.answer_source()
        )
    return list(found.values())


def write(folder: Path, exercises: Iterable[Exercise]) -> list[Reference]:
    """Write the library into `folder`, the references without their bodies; return these."""
    wanted = references(exercises)
    target = folder / "workshop"
    for name in SHIPPED:
        source = PACKAGE / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns(*LEFT_OUT))
        else:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target / name)
    (target / "exercises" / "__init__.py").touch()
    for module in {one.module for one in wanted}:
        names = {one.name for one in wanted if one.module == module}
        path = _file_of(target.parent, module)
        path.write_text(without_bodies(path.read_text(encoding="utf-8"), names), encoding="utf-8")
    (folder / "data").mkdir()  # its place: `sandbox` puts the data there
    for place, folders, files in os.walk(folder):  # nobody else's user must be able to read it
        for name in (*folders, *files):
            path = Path(place, name)
            path.chmod(0o755 if path.is_dir() else 0o644)
    return wanted


def without_bodies(source: str, names: set[str]) -> str:
    """A module's source in which the functions `names` only raise.

    Raises:
        ValueError: one of them is not there.
    """
    lines = source.splitlines()
    functions = [
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef) and node.name in names
    ]
    if missing := names - {node.name for node in functions}:
        raise ValueError(f"no function {', '.join(sorted(missing))} at the top of the module")
    for node in sorted(functions, key=lambda node: -node.lineno):
        first = node.body[0]
        if first.lineno == node.lineno:  # def f(x): return x
            raise ValueError(f"{node.name}: its body must begin on a line of its own")
        lines[first.lineno - 1 : node.end_lineno] = [f"    {STUB}"]
    return "\n".join(lines) + "\n"


def module_names(lessons: Collection[str] | None = None) -> list[str]:
    """What is worth loading before the first run: the library, and what these lessons' notebooks
    import.
    """
    names = _imported(lessons)
    for part in ("core", "figures", "text", "day1", "day2"):
        for path in sorted((PACKAGE / part).rglob("*.py")):
            if "exercises" in (path.stem, path.parent.name):
                continue
            pieces = path.relative_to(PACKAGE.parent).with_suffix("").parts
            names.append(".".join(pieces).removesuffix(".__init__"))
    return ["workshop.syllabus", *names]


def _imported(lessons: Collection[str] | None) -> list[str]:
    """The modules that the cells of our notebooks import; each would cost every run its time."""
    found = set()
    for lesson in syllabus.lessons():
        path = notebooks_dir() / f"{lesson.notebook}.ipynb"
        if (lessons is not None and lesson.name not in lessons) or not path.exists():
            continue
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] != "code":
                continue
            try:
                tree = ast.parse(cells.without_magics("".join(cell["source"])))
            except SyntaxError:
                continue
            for node in ast.walk(tree):
                if isinstance(node, ast.Import):
                    found |= {alias.name for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module:
                    found |= {node.module}
    ours = ("workshop.exercises", "workshop.classroom")
    return sorted(name for name in found if not name.startswith(ours))


def _file_of(root: Path, module: str) -> Path:
    path = root.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
