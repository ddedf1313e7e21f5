"""The progress of a class during the day: read from the attendees' folders, or from what they exported.

No accounts, no server: `check` in a notebook keeps progress in the attendee's own folder, and where
folders are shared (a network drive, a hub's home folders) this looks into all of them; elsewhere
each attendee hands over the file that `workshop check --export FILE` writes.

The files are a stranger's: they are read as strict JSON of one shape, of bounded size, through no
link, and nothing in them is run. One that is not so is named and left out.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from workshop import syllabus
from workshop.classroom.checking import home_of
from workshop.core.files import printable, read_plain, strict_json, walk
from workshop.exercises import for_lesson, progress
from workshop.exercises.verdict import Status, Verdict
from workshop.syllabus import Lesson

KIND = "workshop progress"  # what an exported file says it is
MAX_BYTES = 1_000_000  # of one file
MAX_ENTRIES = 20_000  # files and folders looked at below one place
MAX_DEPTH = 3  # folders between the class's folder and an attendee's `.workshop`
MAX_ATTEMPTS = 1_000_000
EXPORTED = ("status", "attempts", "hints", "answer_read", "last_at")  # of what `check` keeps
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class NothingThere(Exception):
    """No attendee was found; the message says what was expected."""


@dataclass(frozen=True)
class Entry:
    """What is known of one attendee's one exercise; `last_at` in seconds since 1970, or None."""

    status: Status
    attempts: int = 0
    hints: int = 0
    answer_read: bool = False
    last_at: float | None = None

    @property
    def passed(self) -> bool:
        """Whether it is solved."""
        return self.status == Status.PASSED

    @property
    def tried(self) -> bool:
        """Whether it was tried at all."""
        return self.attempts > 0 or self.status != Status.NOT_ATTEMPTED


Entries = Mapping[tuple[str, str], Entry]  # by lesson and exercise


@dataclass(frozen=True)
class Attendee:
    """One attendee, under a name that can be printed."""

    name: str
    entries: Entries


@dataclass(frozen=True)
class Skipped:
    """A file or folder that was left out, and why."""

    place: str
    reason: str


@dataclass(frozen=True)
class Row:
    """The progress of the class with one exercise.

    Args:
        lesson, exercise: which.
        passed, tried, total: attendees; those who tried are those who passed, too.
        stuck: who tried and has not passed, most attempts first.
    """

    lesson: str
    exercise: str
    passed: int
    tried: int
    total: int
    stuck: tuple[tuple[str, Entry], ...]


@dataclass(frozen=True)
class Summary:
    """The progress of one attendee; `at` is the exercise tried last, as lesson/exercise."""

    attendee: str
    passed: int
    total: int
    stuck: int
    attempts: int
    hints: int
    answers_read: int
    at: str


@dataclass
class Class:
    """All who were found."""

    attendees: list[Attendee] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    def lessons(self) -> tuple[Lesson, ...]:
        """The lessons that anybody has tried an exercise of."""
        begun = {
            lesson for one in self.attendees for (lesson, _), e in one.entries.items() if e.tried
        }
        return tuple(lesson for lesson in syllabus.lessons() if lesson.name in begun)

    def rows(self, lessons: Iterable[Lesson]) -> list[Row]:
        """A row for each exercise of some lessons, in their order."""
        found = []
        for key in _keys(lessons):
            entries = [(one.name, one.entries[key]) for one in self.attendees if key in one.entries]
            stuck = [(name, e) for name, e in entries if e.tried and not e.passed]
            stuck.sort(key=lambda pair: (-pair[1].attempts, pair[0]))
            passed = sum(e.passed for _, e in entries)
            found.append(Row(*key, passed, passed + len(stuck), len(self.attendees), tuple(stuck)))
        return found

    def summaries(self, lessons: Iterable[Lesson]) -> list[Summary]:
        """The progress of each attendee with the exercises of some lessons."""
        keys = _keys(lessons)
        found = []
        for one in self.attendees:
            mine = {key: one.entries[key] for key in keys if key in one.entries}
            last = max(  # of two in one second, the one that comes later in the workshop
                (key for key in reversed(mine) if mine[key].last_at is not None),
                key=lambda key: mine[key].last_at or 0.0,
                default=None,
            )
            found.append(
                Summary(
                    one.name,
                    sum(e.passed for e in mine.values()),
                    len(keys),
                    sum(e.tried and not e.passed for e in mine.values()),
                    sum(e.attempts for e in mine.values()),
                    sum(e.hints for e in mine.values()),
                    sum(e.answer_read for e in mine.values()),
                    "/".join(last) if last else "",
                )
            )
        return found

    def as_dict(self, lessons: Sequence[Lesson]) -> dict[str, Any]:
        """Plain data for `--json`."""
        rows = [
            {
                **asdict(row),
                "stuck": [
                    {
                        "attendee": name,
                        "status": entry.status,
                        "attempts": entry.attempts,
                        "hints": entry.hints,
                        "answer_read": entry.answer_read,
                    }
                    for name, entry in row.stuck
                ],
            }
            for row in self.rows(lessons)
        ]
        return {
            "attendees": [asdict(one) for one in self.summaries(lessons)],
            "exercises": rows,
            "skipped": [asdict(one) for one in self.skipped],
        }


def _keys(lessons: Iterable[Lesson]) -> list[tuple[str, str]]:
    return [(lesson.name, one.name) for lesson in lessons for one in for_lesson(lesson.name)]


# --- finding -------------------------------------------------------------------------------------


def read(places: Sequence[Path]) -> Class:
    """The class at some places: attendees' folders, folders of these, and exported files.

    An attendee's folder is one with a `.workshop` in it; an exported file ends in .json and is
    given by its name or lies right in a folder of the class. Attendees are called as their folders
    and files are; with more of these around the name, by where they lie.

    Raises:
        NothingThere: a place is not there, or no attendee is anywhere.
    """
    found = Class()
    named: list[tuple[str, str, Entries]] = []  # name, where it is, entries
    for place in places:
        try:
            if not place.exists():
                raise NothingThere(f"{place} is not there: give a folder or an exported file")
            named += _at(place, found.skipped)
        except OSError as error:
            _skip(found.skipped, place, error)
    if not named and not found.skipped:
        looked_in = ", ".join(map(str, places))
        raise NothingThere(
            f"no attendee in {looked_in}: expected folders that `workshop lab` has made (with a "
            f".workshop in them), or files that `workshop check --export FILE` has written"
        )
    names = [name for name, _, _ in named]
    for name, where, entries in sorted(named, key=lambda one: one[:2]):
        found.attendees.append(
            Attendee(name if names.count(name) == 1 else f"{name} ({where})", entries)
        )
    return found


def _at(place: Path, skipped: list[Skipped]) -> Iterator[tuple[str, str, Entries]]:
    if not place.is_dir():
        yield from _exported(place, skipped)
        return
    if _is_home(place):
        yield _line(place.resolve().name), _place(place), _of_folder(place, skipped)
        return
    homes: dict[str, list[Path]] = {}  # by the name of the folder right in `place`
    for folder, folders, others in walk(
        place,
        max_entries=MAX_ENTRIES,
        max_depth=MAX_DEPTH,
        problem=lambda path, error: _skip(skipped, path, error),
    ):
        if folder == place:
            for entry in others:
                yield from _beside_folders(entry, skipped)
        parts = folder.relative_to(place).parts
        for one in list(folders):
            if _is_home(Path(one.path)):
                homes.setdefault((*parts, one.name)[0], []).append(Path(one.path))
                folders.remove(one)
        if len(parts) + 1 == MAX_DEPTH:
            folders.clear()
    for name, found in homes.items():
        for home in found:  # of several in one folder, each by its own path
            shown = name if len(found) == 1 else str(home.relative_to(place))
            yield _line(shown), _place(home), _of_folder(home, skipped)


def _is_home(folder: Path) -> bool:
    return os.path.lexists(folder / ".workshop")


def _beside_folders(
    entry: os.DirEntry[str], skipped: list[Skipped]
) -> Iterator[tuple[str, str, Entries]]:
    """What lies right in the class's folder: exported files, and links, which are not followed."""
    path = Path(entry.path)
    exported = path.suffix.lower() == ".json"
    if not entry.is_symlink():
        if exported:
            yield from _exported(path, skipped)
    elif exported or entry.is_dir():
        _skip(skipped, path, ValueError("is a link: give what it leads to"))


def _skip(skipped: list[Skipped], place: Path, error: Exception) -> None:
    reason = f"cannot be read ({error.strerror})" if isinstance(error, OSError) else str(error)
    skipped.append(Skipped(_place(place), _line(reason)))


def _line(text: str) -> str:
    """Text from outside, in a line that a terminal can be given."""
    return " ".join(printable(text).split())[:200] or "(no name)"


def _place(path: Path) -> str:
    """A path, likewise; the end of one that is very long."""
    text = str(path)
    return _line(text if len(text) <= 200 else f"...{text[-190:]}")


# --- reading -------------------------------------------------------------------------------------


def _of_folder(folder: Path, skipped: list[Skipped]) -> Entries:
    """What the files in an attendee's folder say."""
    files = folder / ".workshop" / "progress"
    entries: dict[tuple[str, str], Entry] = {}
    for one in (files.parent, files):
        try:
            link = one.is_symlink()
            there = one.is_dir()
        except OSError as error:
            _skip(skipped, one, error)
            return {}
        if link:
            _skip(skipped, one, ValueError("is a link, which is not followed"))
            return {}
        if not there:  # nothing has been tried yet
            return {}
    for lesson in syllabus.lessons():
        path = files / f"{lesson.name}.json"
        try:
            content = _strict(path)
            _version(content)
            if content.get("lesson") != lesson.name:
                raise ValueError(f"is of another lesson, {content.get('lesson')!r:.60}")
            entries.update(_lesson(lesson, content.get("exercises")))
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            _skip(skipped, path, error)
    return entries


def _exported(path: Path, skipped: list[Skipped]) -> Iterator[tuple[str, str, Entries]]:
    """The attendee whose progress an exported file holds, if it is one."""
    try:
        content = _strict(path)
        if content.get("kind") != KIND:
            raise ValueError("is no exported progress: `workshop check --export FILE` writes one")
        _version(content)
        lessons = content.get("lessons")
        if not isinstance(lessons, dict):
            raise ValueError("has no table of lessons")
        entries: dict[tuple[str, str], Entry] = {}
        for lesson in syllabus.lessons():
            if lesson.name in lessons:
                entries.update(_lesson(lesson, lessons[lesson.name]))
    except (OSError, ValueError) as error:
        _skip(skipped, path, error)
        return
    yield _line(path.stem), _place(path), entries


def _strict(path: Path) -> dict[str, Any]:
    try:
        return strict_json(read_plain(path, MAX_BYTES))
    except UnicodeDecodeError:
        raise ValueError("is not text in UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON (see line {error.lineno})") from None
    except RecursionError:
        raise ValueError("is not JSON: brackets without end") from None


def _version(content: dict[str, Any]) -> None:
    version = content.get("version")
    if type(version) is not int or version != progress.VERSION:
        raise ValueError(f"has version {version!r:.40}, expected {progress.VERSION}")


def _lesson(lesson: Lesson, found: Any) -> dict[tuple[str, str], Entry]:
    """The entries of a lesson's exercises; names that are no exercise's are passed over."""
    if not isinstance(found, dict):
        raise ValueError("has no table of exercises")
    return {
        (lesson.name, one.name): _entry(one.name, found[one.name])
        for one in for_lesson(lesson.name)
        if one.name in found
    }


def _entry(name: str, found: Any) -> Entry:
    if not isinstance(found, dict):
        raise ValueError(f"{name} is no table")
    try:
        status = Status(found.get("status", Status.NOT_ATTEMPTED))
    except ValueError:
        raise ValueError(f"{name} has the status {found['status']!r:.60}") from None
    counts = {}
    for what, limit in (("attempts", MAX_ATTEMPTS), ("hints", 3)):
        value = found.get(what, 0)
        if type(value) is not int or not 0 <= value <= limit:
            raise ValueError(f"{name} has {value!r:.40} {what}")
        counts[what] = value
    answer_read, when = found.get("answer_read", False), found.get("last_at")
    if not isinstance(answer_read, bool):
        raise ValueError(f"{name} has answer_read {answer_read!r:.40}")
    last_at = None if when is None else _seconds(name, when)
    return Entry(status, counts["attempts"], counts["hints"], answer_read, last_at)


def _seconds(name: str, when: Any) -> float:
    try:
        return (datetime.fromisoformat(when) - EPOCH).total_seconds()
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name} was last tried at {when!r:.60}") from None


# --- handing over --------------------------------------------------------------------------------


def export(found: Iterable[Verdict], place: Path) -> str:
    """The file that an attendee hands over: the progress in `place`, and what these verdicts add.

    It holds no code and no name: statuses, attempts, hints and times.
    """
    now = {verdict.exercise: verdict for verdict in found}
    home = home_of(place)
    lessons: dict[str, dict[str, Any]] = {}
    for lesson in syllabus.lessons():
        before = progress.read(lesson.name, home)
        for exercise in for_lesson(lesson.name):
            raw = before.get(exercise.name, {})
            entry = {key: raw[key] for key in EXPORTED if key in raw}
            verdict = now.get(exercise.name)
            if verdict is not None and verdict.status != Status.NOT_ATTEMPTED:
                entry["attempts"] = max(int(entry.get("attempts", 0)), 1)
                if entry.get("status") != Status.PASSED:
                    entry["status"] = verdict.status
            if entry:
                lessons.setdefault(lesson.name, {})[exercise.name] = entry
    content = {"kind": KIND, "version": progress.VERSION, "lessons": lessons}
    return json.dumps(content, indent=1)
