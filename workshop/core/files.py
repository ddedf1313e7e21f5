"""Where the data are, writing files whole or not at all, reading what strangers or accidents made."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import sys
import tempfile
import time
import unicodedata
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

T = TypeVar("T")
MAX_TEXT = 2_000  # characters of a stranger's text that are shown
TOOLS_FOLDERS = ("__MACOSX", "node_modules", "site-packages")  # nothing in there is an attendee's
Folder = tuple[Path, list["os.DirEntry[str]"], list["os.DirEntry[str]"]]
REINSTALL = "python -m pip install --force-reinstall --no-deps deep-learning-workshop"


class DataError(RuntimeError):
    """Data are missing or damaged: `what` names the file, `fix` says what to do about it."""

    def __init__(self, what: str, fix: str) -> None:
        """Keep both; the message has them one after the other."""
        super().__init__(what, fix)
        self.what, self.fix = what, fix

    def __str__(self) -> str:
        """What is wrong, then how to fix it."""
        return f"{self.what}. To fix it: {self.fix}"


def data_dir() -> Path:
    """The folder with the data files: WORKSHOP_DATA, the installed package's, the repository's.

    Raises:
        DataError: none of them is there.
    """
    chosen = os.environ.get("WORKSHOP_DATA")
    package = Path(__file__).resolve().parents[1]
    places = [Path(chosen)] if chosen else [package / "_data", package.parent / "data"]
    for place in places:
        if (place / "MANIFEST.toml").is_file():
            return place
    raise DataError(
        f"The data are not there: looked for MANIFEST.toml in {', '.join(map(str, places))}",
        "unset WORKSHOP_DATA, which names the folder" if chosen else f"install again: {REINSTALL}",
    )


@contextlib.contextmanager
def opening(file: str) -> Iterator[Path]:
    """The path of a file of data/, for a `with` block that reads it.

    Raises:
        DataError: there are no data, or the file is missing or damaged; the block may raise
            anything for that: BadZipFile, zlib.error, ...
    """
    path = data_dir() / file
    try:
        yield path
    except Exception as error:
        missing = isinstance(error, FileNotFoundError)
        what = "is missing" if missing else f"cannot be read ({type(error).__name__}: {error})"
        fix = f"{how_to_restore()} (`workshop doctor` looks at all of the data)"
        raise DataError(f"{path} {what}", fix) from None


def how_to_restore() -> str:
    """What brings a file of data/ back; it depends on which of its three places the folder is."""
    if os.environ.get("WORKSHOP_DATA"):
        return "unset WORKSHOP_DATA"
    return REINSTALL if data_dir().name == "_data" else "git checkout -- data"


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no TOML, or not in UTF-8.
    """
    return tomllib.loads(path.read_text(encoding="utf-8"))


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write `content` so that a reader, or a power cut, meets the old file or the new one.

    Text is written as UTF-8 with plain line ends on every platform. Folders are made.

    Raises:
        OSError: the place cannot be written; the old file is still there.
    """
    if isinstance(content, str):
        content = content.encode("utf-8")
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            os.chmod(temporary, path.stat().st_mode)
        else:
            mask = os.umask(0)
            os.umask(mask)
            os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def read_json(path: Path, made_of: Callable[[Any], T]) -> T | None:
    """What `made_of` makes of the JSON in a file; None where there is no such file.

    A file that cannot be understood is set aside with a warning, never deleted: `made_of` raises
    ValueError, KeyError, TypeError or AttributeError for what is not as it should be.
    """
    try:
        return made_of(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except OSError as error:
        warnings.warn(f"{path} cannot be read: {error}", stacklevel=3)
        return None
    except (ValueError, KeyError, TypeError, AttributeError):
        aside = path.with_name(f"{path.name}.damaged-{time.time_ns()}")
        with contextlib.suppress(OSError):
            path.replace(aside)
        warnings.warn(f"{path} was damaged and is now {aside.name}; it starts anew", stacklevel=3)
        return None


def open_plain(path: Path) -> BinaryIO:
    """A stranger's file, open for reading: no link to it is followed, no pipe waited for.

    Raises:
        ValueError: it is not a plain file.
        OSError: it cannot be opened.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ValueError("is not a plain file")
    return os.fdopen(descriptor, "rb")


def read_plain(path: Path, max_bytes: int) -> bytes:
    """The bytes of a stranger's file: no link to it is followed, no pipe waited for.

    Raises:
        ValueError: it is not a plain file, or holds more than `max_bytes` bytes.
        OSError: it cannot be read.
    """
    if path.is_symlink():  # where there is no O_NOFOLLOW
        raise ValueError("is a link, which is not followed")
    with open_plain(path) as file:
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise ValueError(f"is larger than {max_bytes} bytes")
    return content


def strict_json(content: bytes) -> dict[str, Any]:
    """The object in a stranger's JSON, which has no NaN and no name twice.

    Raises:
        ValueError, RecursionError: it is not that.
    """

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(found)
        if len(made) != len(found):
            raise ValueError("a name twice")
        return made

    def constant(name: str) -> Any:
        raise ValueError(name)

    found = json.loads(content.decode("utf-8"), object_pairs_hook=pairs, parse_constant=constant)
    if not isinstance(found, dict):
        raise ValueError("not an object")
    return found


def printable(text: str) -> str:
    """A stranger's text, cut to `MAX_TEXT`, without what a terminal or a page would act upon.

    That is control characters, surrogates, and marks that turn the direction of writing.
    """
    shown = "".join(
        one
        if one in "\n\t" or unicodedata.category(one) not in ("Cc", "Cf", "Cs", "Co", "Cn")
        else "\N{REPLACEMENT CHARACTER}"
        for one in text[:MAX_TEXT]
    )
    return shown + (" ..." if len(text) > MAX_TEXT else "")


def walk(
    top: Path,
    *,
    max_entries: int,
    max_depth: int,
    problem: Callable[[Path, Exception], None],
) -> Iterator[Folder]:
    """`os.walk` for a stranger's folder: bounded, by name, without hidden files and links followed.

    Args:
        top: the folder.
        max_entries: files and folders that are looked at in all; then it ends.
        max_depth: folders within folders that are entered.
        problem: called with each folder that is not read to its end and why: an OSError, or a
            ValueError where a limit is reached.

    Yields:
        A folder, the folders in it (take out of this list what is not to be entered), and the
        files, links and whatever else is in it.
    """
    count, waiting = 0, [(top, 0)]
    while waiting and count <= max_entries:
        folder, depth = waiting.pop()
        entries = []
        try:
            with os.scandir(folder) as found:
                for entry in found:
                    count += 1
                    if count > max_entries:
                        raise ValueError(f"is not read on: more than {max_entries} files")
                    if not entry.name.startswith(".") and entry.name not in TOOLS_FOLDERS:
                        entries.append(entry)
        except (OSError, ValueError) as error:
            problem(folder, error)
        entries.sort(key=lambda entry: entry.name)
        folders = [entry for entry in entries if entry.is_dir(follow_symlinks=False)]
        yield folder, folders, [one for one in entries if not one.is_dir(follow_symlinks=False)]
        if folders and depth == max_depth:
            problem(folder, ValueError(f"is not read on: more than {max_depth} folders deep"))
        else:
            waiting += [(Path(entry.path), depth + 1) for entry in reversed(folders)]
