"""What an attendee has solved so far: a small file per lesson, in the attendee's own folder.

<folder>/.workshop/progress/<lesson>.json, written whole or not at all. The folder is WORKSHOP_HOME,
or the nearest one above the working directory with a `.workshop` in it, or the working directory.
"""

from __future__ import annotations

import json
import os
import warnings
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from workshop.core.files import read_json, write_atomically

VERSION = 1


def home() -> Path:
    """The attendee's folder."""
    if "WORKSHOP_HOME" in os.environ:
        return Path(os.environ["WORKSHOP_HOME"])
    here = Path.cwd()
    return next((place for place in (here, *here.parents) if (place / ".workshop").is_dir()), here)


def read(lesson: str, root: Path | None = None) -> dict[str, dict[str, Any]]:
    """Per exercise: status, attempts, mistakes by name (how often), passed_at, hints, answer_read.

    Empty if nothing was tried. A damaged file is set aside with a warning, never deleted.
    """
    return read_json(_path(lesson, root), _entries_of) or {}


def _entries_of(content: Any) -> dict[str, dict[str, Any]]:
    exercises: dict[str, dict[str, Any]] = content["exercises"]
    if not all(isinstance(entry, dict) for entry in exercises.values()):
        raise ValueError("an exercise is no table")
    return exercises


def record(lesson: str, exercise: str, *, root: Path | None = None, **changes: Any) -> bool:
    """Change the entry of one exercise; False (and a warning) where nothing can be written.

    `attempt='wrong'` counts an attempt with its status, `mistake='no bias'` one more of that name;
    what was passed stays passed. Other keywords are stored as they are.
    """
    entries = read(lesson, root)
    entry = entries.setdefault(exercise, {"status": "not attempted", "attempts": 0})
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    if status := changes.pop("attempt", None):
        entry["attempts"] = int(entry.get("attempts", 0)) + 1
        entry["last"] = status
        entry["last_at"] = now
        if status == "passed":
            entry.setdefault("passed_at", now)
        if entry.get("status") != "passed":
            entry["status"] = status
    if mistake := changes.pop("mistake", ""):
        known = entry.get("mistakes", {})
        entry["mistakes"] = {**known, mistake: int(known.get(mistake, 0)) + 1}
    entry |= changes
    text = json.dumps({"version": VERSION, "lesson": lesson, "exercises": entries}, indent=1)
    try:
        write_atomically(_path(lesson, root), text + "\n")
    except OSError as error:
        warnings.warn(f"progress is not kept: {error}", stacklevel=3)
        return False
    return True


def _path(lesson: str, root: Path | None) -> Path:
    return (root or home()) / ".workshop" / "progress" / f"{lesson}.json"
