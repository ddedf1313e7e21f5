"""The attendee's folder: copying the notebooks into it, and starting JupyterLab there."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import workshop
from workshop.classroom.notebooks import notebooks_dir
from workshop.core.files import write_atomically

DEFAULT = Path("deep-learning-workshop")


class LabError(RuntimeError):
    """The folder cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Copied:
    """What became of one notebook: 'new', 'updated', 'as it was' or 'kept' (the attendee's)."""

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
    source = notebooks_dir().resolve()
    if (
        folder == source
        or source in folder.parents
        or Path(workshop.__file__).parent in folder.parents
    ):
        raise LabError(f"{folder} is where the originals are; name another folder")
    if folder.exists() and not folder.is_dir():
        raise LabError(f"{folder} is a file; name a folder, or move the file out of the way")
    record = folder / ".workshop" / "lab.json"
    try:
        put = json.loads(record.read_text(encoding="utf-8"))["notebooks"]
        assert isinstance(put, dict)
    except (OSError, ValueError, KeyError, TypeError, AssertionError):
        put = {}  # then every file that differs counts as the attendee's own
    copied = []
    try:
        for original in sorted(source.glob("day*/*.ipynb")):
            name = original.relative_to(source).as_posix()
            content, path = original.read_bytes(), folder / name
            before = path.read_bytes() if path.exists() else None
            if before is None:
                state = "new"
            elif before == content:
                state = "as it was"
            elif _hash(before) == put.get(name):
                state = "updated"
            else:
                state = "kept"
            if state in ("new", "updated"):
                write_atomically(path, content)
            if state != "kept":
                put[name] = _hash(content)
            copied.append(Copied(path, state))
        text = json.dumps({"version": workshop.__version__, "notebooks": put}, indent=1)
        write_atomically(record, text + "\n")
    except OSError as error:
        raise LabError(
            f"{folder} cannot be written ({error.strerror}); name another: workshop lab FOLDER"
        ) from None
    return copied


def start(folder: Path, *, browser: bool = True, port: int | None = None,
          more: Sequence[str] = ()) -> int:  # fmt: skip
    """Start JupyterLab in `folder` and wait for it; its exit code."""
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder.resolve()}"]
    command += [] if browser else ["--no-browser"]
    command += [] if port is None else [f"--port={port}"]
    environment = {**os.environ, "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    process = subprocess.Popen([*command, *more], cwd=folder, env=environment)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:  # Jupyter got it too, and asks before it ends
            continue


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
