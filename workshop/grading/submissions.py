"""Finding and reading what a class hands in: folders, zip files, notebooks. Nothing here is trusted.

Nothing is unpacked to disk, no link is followed, nothing is run or parsed as Python; every size is
bounded. What cannot be read, or is not let in, becomes a `Problem` and hurts nobody else.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import stat
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from workshop import syllabus
from workshop.core.files import TOOLS_FOLDERS, Folder, open_plain, walk
from workshop.exercises.verdict import Status

MAX_BYTES = 20_000_000  # of a notebook
MAX_CODE = 1_000_000  # characters of a notebook's code
MAX_ZIP = 300_000_000  # bytes of a zip file, and of what is read out of one
MAX_ENTRIES = 20_000  # files below one place or in one zip file
MAX_DEPTH = 20  # folders within folders
LINK = "it is a link; hand in the file itself"
_DEFINED = re.compile(r"(?m)^(?:async\s+)?def\s+(\w+)\s*\(")


class NothingThere(Exception):
    """No submission was found; the message says what was expected."""


class _Unfit(Exception):
    """A file that is not taken: status and reason."""

    def __init__(self, status: Status, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True)
class Notebook:
    """What matters of one notebook.

    Args:
        place: where it was, for people.
        lesson: which it says or seems to be of, or None.
        cells: source and exercise (or None) of each code cell.
        defines: the functions that seem to be defined at the top of cells.
    """

    place: str
    lesson: str | None
    cells: tuple[tuple[str, str | None], ...]
    defines: frozenset[str]
    digest: str


@dataclass(frozen=True)
class Problem:
    """A file that could not be read (unreadable) or is not let in (refused), and why."""

    place: str
    lesson: str | None
    status: Status
    reason: str


@dataclass
class Submission:
    """All that one attendee handed in."""

    attendee: str
    notebooks: list[Notebook] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def lessons(self) -> set[str]:
        """The lessons that something in it belongs to."""
        mine = [one.lesson for one in self.notebooks] + [one.lesson for one in self.problems]
        return {lesson for lesson in mine if lesson}

    def notebook_for(self, exercise: str, lesson: str) -> Notebook | None:
        """The notebook that an exercise is looked for in: the one that defines it comes first.

        Of several of one lesson (copies) the one with the original name, then by name.
        """
        mine = [one for one in self.notebooks if one.lesson == lesson]
        others = [one for one in self.notebooks if one.lesson != lesson]
        for one in (*mine, *others):
            if exercise in one.defines:
                return one
        return mine[0] if mine else None


def find(places: Sequence[Path], exercises: dict[str, str]) -> list[Submission]:
    """The submissions at some places, by the attendees' names.

    A folder or zip file holds one attendee's work if day1, day2 or notebooks with our names lie
    right in it; otherwise each folder, zip file and notebook in it is an attendee's.

    Args:
        places: folders, zip files or notebooks.
        exercises: the names of all exercises, and their lessons.

    Raises:
        NothingThere: no place, or nothing in it.
    """
    by_name: dict[str, Submission] = {}
    for place in places:
        if not place.exists():
            raise NothingThere(f"{place} is not there: give a folder, a zip file or a notebook")
        files = list(_files(place))
        one = place.is_file() and place.suffix.lower() != ".zip"
        if not one:
            one = any(_ours(file.parts[0]) for file in files)
        if files and place.is_dir() and not one:
            for name in _folders(place):  # of somebody who handed in no notebook, too
                by_name.setdefault(name, Submission(name))
        for file in files:
            attendee = place.resolve().name if one else file.parts[0]
            if attendee.lower().endswith((".ipynb", ".zip")):
                attendee = attendee.rpartition(".")[0]
            submission = by_name.setdefault(attendee, Submission(attendee))
            _add(submission, file, exercises)
    if not by_name:
        where = ", ".join(str(place) for place in places)
        raise NothingThere(
            f"no notebook (.ipynb) or zip file in {where}: expected a folder with a folder, a zip "
            f"file or a notebook for each attendee"
        )
    for submission in by_name.values():
        submission.notebooks.sort(key=_originals_first)
        submission.problems.sort(key=lambda problem: problem.place)
    return [by_name[name] for name in sorted(by_name)]


def _originals_first(notebook: Notebook) -> tuple[bool, str]:
    return not _is_original(PurePosixPath(notebook.place).name), notebook.place


# --- files ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _File:
    """A notebook somewhere: its path below the place, and its bytes or what is wrong with it."""

    parts: tuple[str, ...]
    content: bytes | _Unfit


def _files(place: Path) -> Iterator[_File]:
    if place.is_dir():
        yield from _in_folder(place)
    elif place.suffix.lower() == ".zip":
        yield from _expanded(_read(place, MAX_ZIP), (), place.name, depth=0)
    else:
        yield _File((place.name,), _read(place, MAX_BYTES))


def _in_folder(place: Path) -> Iterator[_File]:
    problems: list[tuple[Path, Exception]] = []
    for _, folders, others in _walk(place, lambda *problem: problems.append(problem)):
        folders[:] = [one for one in folders if not os.path.exists(f"{one.path}/pyvenv.cfg")]
        for entry in others:
            path = Path(entry.path)
            parts = path.relative_to(place).parts
            suffix = path.suffix.lower()
            if entry.is_symlink():
                if suffix in (".ipynb", ".zip") or entry.is_dir():
                    yield _File(parts, _Unfit(Status.REFUSED, LINK))
            elif suffix == ".zip":
                yield from _expanded(_read(path, MAX_ZIP), parts, entry.name, depth=1)
            elif suffix == ".ipynb":
                yield _File(parts, _read(path, MAX_BYTES))
    for path, error in problems:
        status = Status.UNREADABLE if isinstance(error, OSError) else Status.REFUSED
        reason = f"the folder {getattr(error, 'strerror', None) or error}"
        yield _File((*path.relative_to(place).parts, "?.ipynb"), _Unfit(status, reason))


def _walk(place: Path, problem: Callable[[Path, Exception], None]) -> Iterator[Folder]:
    return walk(place, max_entries=MAX_ENTRIES, max_depth=MAX_DEPTH, problem=problem)


def _folders(place: Path) -> list[str]:
    _, folders, _ = next(_walk(place, lambda *_: None))
    return [one.name for one in folders]


def _read(path: Path, max_bytes: int) -> bytes | _Unfit:
    """The bytes of a regular file, without following a link to it or waiting for a pipe."""
    try:
        file = open_plain(path)
    except ValueError as problem:
        return _Unfit(Status.REFUSED, f"it {problem}")
    except OSError as error:
        return _Unfit(Status.UNREADABLE, f"it cannot be opened ({error.strerror})")
    with file:
        size = os.fstat(file.fileno()).st_size
        try:
            content = file.read(max_bytes + 1) if size <= max_bytes else b""
        except OSError as error:
            return _Unfit(Status.UNREADABLE, f"it cannot be read ({error.strerror})")
    if size > max_bytes or len(content) > max_bytes:
        return _too_large(max(size, len(content)), max_bytes)
    return content


def _too_large(size: int, max_bytes: int) -> _Unfit:
    return _Unfit(
        Status.REFUSED,
        f"it has {size / 1e6:.0f} MB, more than the {max_bytes / 1e6:.0f} that are read. Clear the "
        f"outputs (Kernel > Restart and Clear Outputs) and hand it in again",
    )


def _expanded(
    content: bytes | _Unfit, parts: tuple[str, ...], name: str, depth: int
) -> Iterator[_File]:
    """The notebooks in a zip file, and in zip files within it; read in memory only."""
    here = parts or (name,)
    if isinstance(content, _Unfit):
        yield _File(here, content)
        return
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        entries = archive.infolist()
    except Exception as error:  # zipfile raises many kinds for a damaged file
        yield _File(here, _Unfit(Status.UNREADABLE, f"it is not a zip file ({_first_line(error)})"))
        return
    if len(entries) > MAX_ENTRIES:
        yield _File(here, _Unfit(Status.REFUSED, f"it holds {len(entries)} files"))
        return
    room = MAX_ZIP
    for entry in sorted(entries, key=lambda entry: entry.filename):
        path = entry.filename.replace("\\", "/")  # as Windows writes them
        inner = tuple(part for part in path.split("/") if part not in ("", "."))
        suffix = os.path.splitext(path)[1].lower()
        if entry.is_dir() or suffix not in (".ipynb", ".zip") or not inner:
            continue
        if any((part.startswith(".") and part != "..") or part in TOOLS_FOLDERS for part in inner):
            continue
        mine = (*parts, *inner)
        mode = entry.external_attr >> 16
        if path.startswith("/") or re.match(r"[A-Za-z]:", path) or ".." in inner:
            yield _File(
                (*here, inner[-1]), _Unfit(Status.REFUSED, "its path leads out of the zip file")
            )
        elif stat.S_ISLNK(mode):
            yield _File(mine, _Unfit(Status.REFUSED, LINK))
        else:
            max_bytes = min(room, MAX_BYTES if suffix == ".ipynb" else MAX_ZIP)
            data = _read_entry(archive, entry, max_bytes)
            room -= len(data) if isinstance(data, bytes) else 0
            if suffix == ".ipynb":
                yield _File(mine, data)
            elif depth < 2:
                yield from _expanded(data, mine, inner[-1], depth + 1)
            else:
                yield _File(
                    mine, _Unfit(Status.REFUSED, "zip files within zip files within zip files")
                )


def _read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, max_bytes: int) -> bytes | _Unfit:
    """The bytes of one file in a zip file: no more than `max_bytes`, whatever it says of its size."""
    if entry.flag_bits & 1:
        return _Unfit(Status.UNREADABLE, "it is encrypted")
    if entry.file_size > max_bytes:
        return _too_large(entry.file_size, max_bytes)
    try:
        with archive.open(entry) as file:
            data = file.read(max_bytes + 1)
    except Exception as error:
        return _Unfit(Status.UNREADABLE, f"the zip file is damaged there ({_first_line(error)})")
    return data if len(data) <= max_bytes else _too_large(len(data), max_bytes)


# --- notebooks -----------------------------------------------------------------------------------


def _add(submission: Submission, file: _File, exercises: dict[str, str]) -> None:
    place = "/".join(file.parts)
    named = _lesson_by_name(file.parts[-1])
    try:
        if isinstance(file.content, _Unfit):
            raise file.content
        lesson, cells = read_notebook(file.content, exercises)
    except _Unfit as problem:
        submission.problems.append(Problem(place, named, problem.status, problem.reason))
        return
    defines = frozenset(name for source, _ in cells for name in _DEFINED.findall(source))
    if lesson is None:  # by what it holds; by its name, else
        held = [exercises[name] for name in defines if name in exercises]
        held += [exercises[name] for _, name in cells if name]
        lesson = max(sorted(set(held)), key=held.count) if held else named
    submission.notebooks.append(
        Notebook(place, lesson, cells, defines, hashlib.sha256(file.content).hexdigest())
    )


def read_notebook(
    content: bytes, exercises: dict[str, str]
) -> tuple[str | None, tuple[tuple[str, str | None], ...]]:
    """Lesson and code cells of a notebook, of nbformat 3 or 4; a cell is a source and an exercise.

    Cells whose marks some tool has stripped are known by the functions that they define.

    Raises:
        _Unfit: it cannot be read; the reason says why.
    """
    if not content.strip():
        raise _Unfit(Status.UNREADABLE, "the file is empty")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _Unfit(
            Status.UNREADABLE, "it is not text in UTF-8: open it in Jupyter, save it"
        ) from None
    try:
        notebook = json.loads(text)
    except RecursionError:
        raise _Unfit(Status.UNREADABLE, "it is not a notebook: brackets without end") from None
    except ValueError as error:
        where = f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else "a number"
        raise _Unfit(Status.UNREADABLE, f"it is not JSON, as notebooks are (see {where})") from None
    try:
        cells = _code_cells(notebook, exercises)
        lesson = _dictionary(_dictionary(notebook.get("metadata")).get("workshop")).get("lesson")
    except (TypeError, AttributeError, KeyError) as error:
        raise _Unfit(Status.UNREADABLE, f"it is JSON, but not a notebook ({error})") from None
    if sum(len(source) for source, _ in cells) > MAX_CODE:
        raise _Unfit(Status.REFUSED, f"it holds more than {MAX_CODE} characters of code")
    known = isinstance(lesson, str) and lesson in {one.name for one in syllabus.lessons()}
    return (lesson if known else None), cells


def _code_cells(notebook: Any, exercises: dict[str, str]) -> tuple[tuple[str, str | None], ...]:
    if not isinstance(notebook, dict):
        raise TypeError(f"the whole is a {type(notebook).__name__}")
    cells = notebook.get("cells")
    if cells is None and isinstance(notebook.get("worksheets"), list):  # nbformat 3
        cells = [cell for sheet in notebook["worksheets"] for cell in sheet["cells"]]
    if not isinstance(cells, list):
        raise TypeError("it has no cells")
    found = []
    for cell in cells:
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        source = cell.get("source", cell.get("input", ""))
        if isinstance(source, list) and all(isinstance(line, str) for line in source):
            source = "".join(source)
        if not isinstance(source, str):
            raise TypeError("a cell's source is not text")
        source = source.replace("\r\n", "\n").replace("\r", "\n")
        marked = _dictionary(_dictionary(cell.get("metadata")).get("workshop")).get("exercise")
        if not isinstance(marked, str) or marked not in exercises:
            mine = [name for name in _DEFINED.findall(source) if name in exercises]
            marked = mine[0] if mine else None
        found.append((source, marked))
    return tuple(found)


def _dictionary(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _lesson_by_name(name: str) -> str | None:
    """The lesson of a file called as ours are, or nearly: 01_representation-Copy1.ipynb.

    Its number may be another: lessons may have been added since the attendee got the notebook.
    """
    number, _, rest = name.partition("_")
    known = [lesson.name for lesson in syllabus.lessons() if rest.startswith(lesson.name)]
    return max(known, key=len, default=None) if number.isdigit() else None


def _is_original(name: str) -> bool:
    """Whether a file is called like a notebook of ours, and not like a copy of one."""
    lesson = _lesson_by_name(name)
    return lesson is not None and name.partition("_")[2] == f"{lesson}.ipynb"


def _ours(name: str) -> bool:
    """Whether it is called like one of the workshop's own folders or notebooks."""
    return name in ("day1", "day2") or _is_original(name)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:100]
