"""The attendee's folder: copying the notebooks into it, and starting JupyterLab there."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import workshop
from workshop.classroom.notebooks import notebooks_dir
from workshop.core.files import write_atomically

DEFAULT = Path("deep-learning-workshop")


class LabError(RuntimeError):
    """The folder cannot be used, or JupyterLab not be started; the message says what to do."""


@dataclass(frozen=True)
class Copied:
    """What became of one notebook.

    'new', 'put back' (it had been deleted), 'updated' to a newer edition, 'as it was', 'yours' (the
    attendee changed it), or 'kept' (changed too, and there is a newer edition).
    """

    path: Path
    state: str


def fill(folder: Path) -> list[Copied]:
    """Copy the attendee notebooks into `folder`; what the attendee changed is never overwritten.

    <folder>/.workshop/lab.json remembers each file as it was put there: one that is still so may be
    replaced by a newer edition.

    Raises:
        LabError: the folder is a file, cannot be written, or is where the originals are.
    """
    folder = folder.expanduser().resolve()
    try:
        source = notebooks_dir().resolve()
    except FileNotFoundError as error:
        raise LabError(str(error)) from None
    for taken in (source, Path(workshop.__file__).resolve().parent):
        if folder == taken or taken in folder.parents:
            raise LabError(
                f"{folder} is where the workshop's originals are; name a folder of your own"
            )
    if folder.exists() and not folder.is_dir():
        raise LabError(f"{folder} is a file; name a folder, or move the file out of the way")
    record = folder / ".workshop" / "lab.json"
    put = _read(record)
    copied = []
    try:
        originals = (*source.glob("day*/*.ipynb"), *source.glob("reference/*.md"))
        for original in sorted(originals):
            name = original.relative_to(source).as_posix()
            content, path = original.read_bytes(), folder / name
            state = _state(path, content, put.get(name))
            if state in ("new", "put back", "updated"):
                write_atomically(path, content)
            if state not in ("yours", "kept"):
                put[name] = _hash(content)
            copied.append(Copied(path, state))
        text = json.dumps({"version": workshop.__version__, "notebooks": put}, indent=1)
        write_atomically(record, text + "\n")
    except OSError as error:
        raise LabError(
            f"{error.filename or folder} cannot be written ({error.strerror or error}); fix that, "
            f"or name another folder: workshop lab FOLDER"
        ) from None
    if not copied:
        raise LabError(f"there are no notebooks in {source}; see `workshop doctor`")
    return copied


def _state(path: Path, content: bytes, put: str | None) -> str:
    """What to do about the notebook at `path`; `put`: the hash of what was put there before."""
    if not path.exists():
        return "put back" if put else "new"
    before = path.read_bytes()
    if before == content:
        return "as it was"
    if _hash(before) == put:
        return "updated"
    return "yours" if _hash(content) == put else "kept"


def _read(record: Path) -> dict[str, Any]:
    """Notebook -> hash of what was put there; empty, so that all is kept, if that is not known."""
    try:
        put = json.loads(record.read_text(encoding="utf-8"))["notebooks"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return put if isinstance(put, dict) else {}


def command(
    folder: Path, *, browser: bool = True, port: int | None = None, more: Sequence[str] = ()
) -> list[str]:
    """The command that starts JupyterLab, with `more` of its own options at the end."""
    return [
        *(sys.executable, "-m", "jupyterlab"),
        f"--ServerApp.root_dir={folder.resolve()}",  # whatever the user's own settings say
        # No look-ups of news and new versions: the workshop works offline.
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        *([] if browser else ["--no-browser"]),
        *([] if port is None else [f"--port={port}"]),
        *more,
    ]


def start(
    folder: Path, *, browser: bool = True, port: int | None = None, more: Sequence[str] = ()
) -> int:
    """Start JupyterLab in `folder` and wait for it; its exit code.

    Raises:
        LabError: JupyterLab is not installed.
    """
    if importlib.util.find_spec("jupyterlab") is None:
        raise LabError(
            f"JupyterLab is not installed for {sys.executable}: "
            f'python -m pip install "jupyterlab>=4.6.2"'
        )
    environment = {**os.environ, "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    line = command(folder, browser=browser, port=port, more=more)
    process = subprocess.Popen(line, cwd=folder, env=environment)
    with _passed_on(process):
        while True:
            try:
                code = process.wait()
            except KeyboardInterrupt:  # Jupyter got it too, and asks before it ends
                continue
            return code if code >= 0 else 128 - code  # ended by a signal, as a shell counts


@contextlib.contextmanager
def _passed_on(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Whoever ends us ends JupyterLab."""
    try:
        before = signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    except ValueError:  # not the main thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
