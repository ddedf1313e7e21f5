"""The fiddle tunes that come with the workshop: 1,036 dances printed in Boston in 1883."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workshop.core.data import PARTS, Parts, arrays_of, lines_of

KINDS = ("reel", "hornpipe", "jig", "slip jig", "strathspey", "clog", "fling", "walkaround")
TICKS = 96  # of a whole note: a quarter note is 24, an eighth 12
REST, BAR, SECTION = 0, 1, 2  # what stands among the pitches; the last two take no time


@dataclass(frozen=True, eq=False)
class Tune:
    """One melody.

    title and kind, such as 'reel'; metre: (beats, unit), such as (6, 8); sharps: of the key, flats
    are below 0; notes (T, 2) int16: pitch and ticks. A pitch is MIDI's number (60 is middle C, 69
    the A of 440 Hz), or REST; BAR is a bar line, SECTION the end of a part, both with 0 ticks.
    """

    title: str
    kind: str
    metre: tuple[int, int]
    sharps: int
    notes: np.ndarray

    def __len__(self) -> int:
        """Notes, rests and bar lines T."""
        return len(self.notes)


def tunes() -> Parts[tuple[Tune, ...]]:
    """1,036 tunes as printed, each part without its repeats, with the second of two endings.

    Tunes that share much of their melody are in one part.

    Raises:
        DataError: the file is missing or damaged.

    Source: Ryan's Mammoth Collection, Elias Howe, Boston 1883.
    """
    columns = ("title", "kind", "metre", "sharps", "events", "pitch", "ticks")
    arrays = arrays_of("tunes.npz", [f"{part}_{column}" for part in PARTS for column in columns])

    def part(name: str) -> tuple[Tune, ...]:
        title, kind, metre, sharps, events, pitch, ticks = (
            arrays[f"{name}_{column}"] for column in columns
        )
        notes = np.split(np.stack([pitch, ticks], axis=1).astype(np.int16), events.cumsum()[:-1])
        return tuple(
            Tune(t, KINDS[k], tuple(m), int(s), n)
            for t, k, m, s, n in zip(
                lines_of(title), kind, metre.tolist(), sharps, notes, strict=True
            )
        )

    return Parts(*map(part, PARTS))
