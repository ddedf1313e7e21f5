"""What a grading leaves on disk, whole at every moment.

OUT/journal.jsonl   a line for each check, appended as it comes: a killed run goes on from it
OUT/results.csv     a row for each attendee and exercise, sorted
OUT/attendees/      JSON for each attendee; OUT/gradescope/ the same as Gradescope reads it
OUT/report.html     the class on a page
OUT/grading.json    the seed of the inputs; OUT/isolation.json: how the answers were isolated
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from workshop.core.files import printable, read_json, write_atomically
from workshop.exercises.verdict import Status

COLUMNS = ("attendee", "lesson", "exercise", "verdict", "reason", "seconds")


class OutError(Exception):
    """The folder for the results cannot be used; the message says what to do."""


@dataclass(frozen=True)
class Result:
    """One attendee's one exercise."""

    attendee: str
    lesson: str
    exercise: str
    verdict: Status
    reason: str
    seconds: float
    stage: str = ""
    got: str = ""
    expected: str = ""
    notebook: str = ""
    mistake: str = ""  # the name of the planted mistake that it makes

    @property
    def passed(self) -> bool:
        """Whether it is solved."""
        return self.verdict == Status.PASSED


class Out:
    """The folder of results; one grading at a time writes to it."""

    def __init__(self, folder: Path) -> None:
        """Make the folder, keep others out of it, and read what was done before."""
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.lock = (folder / ".lock").open("a")
            self.file = (folder / "journal.jsonl").open("ab+")
        except OSError as error:
            raise OutError(f"--out {folder}: cannot be written ({error.strerror})") from None
        try:
            import fcntl

            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except ImportError:  # Windows: nothing keeps a second one out
            pass
        except OSError:
            self.close()
            raise OutError(
                f"--out {folder}: another grading is writing there; wait for it, or name another"
            ) from None
        self.writing = threading.Lock()
        self.done = self._read()

    def _read(self) -> dict[str, Result]:
        """The checks of before; a last line that was cut off is taken away."""
        self.file.seek(0)
        done, whole = {}, 0
        for line in self.file:
            try:
                entry = json.loads(line)
                verdict = Status(entry["result"]["verdict"])
                done[str(entry["key"])] = Result(**{**entry["result"], "verdict": verdict})
            except (ValueError, KeyError, TypeError):
                if not line.endswith(b"\n"):
                    break
            whole += len(line)
        self.file.truncate(whole)
        return done

    def settings(self, seed: int) -> dict[str, Any]:
        """What was settled when this folder was first used: the seed above all."""
        path = self.folder / "grading.json"
        known = read_json(path, lambda found: {"seed": int(found["seed"])})
        if known is None:
            known = {"seed": seed}
            write_atomically(path, json.dumps(known) + "\n")
        return known

    def isolation(self, *levels: str) -> list[str]:
        """The levels of isolation of the answers in this folder, each once; `levels` are added."""
        path = self.folder / "isolation.json"
        known = read_json(path, lambda found: {str(one) for one in found["levels"]}) or set()
        if set(levels) - known:
            known |= set(levels)
            write_atomically(path, json.dumps({"levels": sorted(known)}) + "\n")
        return sorted(known)

    def add(self, key: str, result: Result) -> None:
        """Append one check."""
        line = json.dumps({"key": key, "result": asdict(result)}) + "\n"
        with self.writing:
            self.done[key] = result
            self.file.write(line.encode())
            self.file.flush()

    def write_attendee(self, attendee: str, results: list[Result], problems: list[str]) -> None:
        """The files of one attendee."""
        with self.writing:
            os.fsync(self.file.fileno())
        name = slug(attendee) + ".json"
        content = {
            "attendee": printable(attendee),
            "passed": sum(one.passed for one in results),
            "total": len(results),
            "results": [
                {key: value for key, value in asdict(one).items() if key != "attendee"}
                for one in results
            ],
            "problems": problems,
        }
        write_atomically(self.folder / "attendees" / name, _json(content))
        write_atomically(self.folder / "gradescope" / name, _json(gradescope(results)))

    def write_table(self, results: Iterable[Result]) -> None:
        """results.csv."""
        write_atomically(self.folder / "results.csv", as_csv(results))

    def __enter__(self) -> Out:
        """Keep others out until the end of the block."""
        return self

    def __exit__(self, *error: object) -> None:
        """Let others in."""
        self.close()

    def close(self) -> None:
        """Let others in."""
        self.file.close()
        self.lock.close()


def key_of(*parts: Any) -> str:
    """The name of a check in the journal: the same for the same code, inputs and limits."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def as_csv(results: Iterable[Result]) -> str:
    """The table as text; no field can be taken for a formula by a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in results:
        row = [
            printable(one.attendee),
            one.lesson,
            one.exercise,
            one.verdict,
            " ".join(one.reason.split()),
        ]
        writer.writerow([*map(_no_formula, row), f"{one.seconds:.2f}"])
    return text.getvalue()


def _no_formula(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def gradescope(results: Iterable[Result]) -> dict[str, Any]:
    """The results of an attendee as Gradescope's autograder format has them."""
    return {
        "tests": [
            {
                "name": f"{one.lesson}: {one.exercise}",
                "score": float(one.passed),
                "max_score": 1.0,
                "status": "passed" if one.passed else "failed",
                "output": f"{one.verdict}: {one.reason}",
                "output_format": "text",
            }
            for one in results
        ]
    }


def slug(attendee: str) -> str:
    """A file name for an attendee: their own name where that can be one, else nearly so."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", attendee).strip("._")[:80]
    if (
        plain
        and plain == attendee
        and plain == plain.lower()
        and not re.match(r"(con|prn|aux|nul)\b", plain)
    ):
        return plain
    return (
        f"{plain or 'attendee'}-{hashlib.sha256(attendee.encode(errors='replace')).hexdigest()[:8]}"
    )


def _json(content: Any) -> str:
    return json.dumps(content, indent=1, ensure_ascii=True) + "\n"
