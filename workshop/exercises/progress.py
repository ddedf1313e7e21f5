"""What an attendee has solved so far: a small file per lesson, in the attendee's own folder.

<folder>/.workshop/progress/<lesson>.json, written whole or not at all. The folder is WORKSHOP_HOME,
or the nearest one above the working directory with a `.workshop` in it, or the working directory.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
import warnings
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from workshop.core.files import write_atomically

VERSION = 1


def home() -> Path:
    """The attendee's folder."""
    if "WORKSHOP_HOME" in os.environ:
        return Path(os.environ["WORKSHOP_HOME"])
    here = Path.cwd()
    return next((place for place in (here, *here.parents) if (place / ".workshop").is_dir()), here)


def read(lesson: str, root: Path | None = None) -> dict[str, dict[str, Any]]:
    """Per exercise: status, attempts, passed_at, hints, answer_read; empty if nothing was tried.

    A damaged file is set aside with a warning, never deleted.
    """
    path = _path(lesson, root)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        exercises = content["exercises"]
        if not all(isinstance(entry, dict) for entry in exercises.values()):
            raise ValueError("an exercise is no table")
        return exercises
    except FileNotFoundError:
        return {}
    except OSError as error:
        warnings.warn(f"progress in {path} cannot be read: {error}", stacklevel=2)
        return {}
    except (ValueError, KeyError, TypeError, AttributeError):
        aside = path.with_name(f"{path.name}.damaged-{time.time_ns()}")
        with contextlib.suppress(OSError):
            path.replace(aside)
        warnings.warn(
            f"{path} was damaged and is now {aside.name}; progress of this lesson starts anew",
            stacklevel=2,
        )
        return {}


def record(lesson: str, exercise: str, *, root: Path | None = None, **changes: Any) -> bool:
    """Change the entry of one exercise; False (and a warning) where nothing can be written.

    `attempt='wrong'` counts an attempt with its status; what was passed stays passed. Other
    keywords are stored as they are.
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
