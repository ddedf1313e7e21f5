"""Tunes as tokens, like sentences: a token is a note with its length, or a bar line.

    <sos> <reel> D5 1/8 | F#5 1/8 ... || ... <eos>          (the spaces inside a note belong to it)

Also how good a tune is: bars that fill the metre, and how much repeats. T tokens, B tunes.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import torch
from torch import Tensor

from workshop.core.checks import expect
from workshop.day2.recurrent.music.tunes import BAR, KINDS, REST, SECTION, TICKS, Tune
from workshop.day2.text.pipeline import EOS, PAD, SOS, build_vocabulary, encode, pad

LETTERS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
BARS = {"|": BAR, "||": SECTION}
COMMON = 2  # sharps of D major, a fiddle's own key
MIDDLE = 74  # where a melody's mean pitch should come to lie: D5
WHOLE_BAR = {"jig": 72, "slip jig": 108}  # ticks of a bar; of all the others a whole note


def note_name(pitch: int, ticks: int) -> str:
    """MIDI's number and ticks as a token: (74, 12) -> 'D5 1/8'."""
    name = "rest" if pitch == REST else f"{LETTERS[pitch % 12]}{pitch // 12 - 1}"
    return f"{name} {Fraction(ticks, TICKS)}"


def read_note(token: str) -> tuple[int, int] | None:
    """The pitch and ticks of a token, or None if it is no note: '|', '<slip jig>', '<eos>'."""
    name, _, length = token.partition(" ")
    if not length or token[0] == "<":
        return None
    if name == "rest":
        return REST, int(Fraction(length) * TICKS)
    return 12 * (int(name[-1]) + 1) + LETTERS.index(name[:-1]), int(Fraction(length) * TICKS)


def to_common_key(tune: Tune) -> np.ndarray:
    """The notes (T, 2) in one key and one way of writing, so that all tunes share their tokens.

    Moved to the two sharps of D major (and B minor), up or down, whichever lies nearer to D5. A tune in
    2/4 is written like one in 4/4, with notes twice as long: they sound the same.
    """
    notes = tune.notes.copy()
    real = notes[:, 0] > SECTION
    up = (COMMON - tune.sharps) * 7 % 12  # a sharp more is a fifth, seven semitones, higher
    mean = notes[real, 0].mean()
    notes[real, 0] += min((up, up - 12), key=lambda shift: abs(mean + shift - MIDDLE))
    if tune.metre == (2, 4):
        notes[:, 1] *= 2
    return notes


def tokens_of(tune: Tune) -> list[str]:
    """A tune as tokens from <sos> and its kind to <eos>."""
    marks = {number: mark for mark, number in BARS.items()}
    events = to_common_key(tune).tolist()
    inside = [note_name(*event) if event[1] else marks[event[0]] for event in events]
    return [SOS, f"<{tune.kind}>", *inside, EOS]


def vocabulary_of(tunes: Sequence[Tune], *, least: int = 3) -> dict[str, int]:
    """The tokens of training tunes that occur `least` times, and their ids."""
    return build_vocabulary(map(tokens_of, tunes), least=least)


def ids_of(tunes: Sequence[Tune], vocabulary: dict[str, int]) -> list[list[int]]:
    """The ids of each tune, from <sos> to <eos>."""
    return [encode(tokens_of(tune), vocabulary) for tune in tunes]


def table(rows: Sequence[Sequence[int]], vocabulary: dict[str, int]) -> tuple[Tensor, Tensor]:
    """Inputs and what should come next, both (B, T): the same ids, one step apart, padded."""
    expect(len(rows) > 0, "rows", 0, "one tune or more")
    full = pad([list(row) for row in rows], max(map(len, rows)), vocabulary[PAD])
    return full[:, :-1], full[:, 1:]


def lengths(vocabulary: dict[str, int]) -> Tensor:
    """Features (V, 3) of each token: its length in eighths, a bar line or not, an end of a part or not."""
    found = [read_note(token) for token in vocabulary]
    # Bar lines are rare, so they get the value of a half note.
    rows = [
        [note[1] / 12 if note else 0.0, 4.0 * (token == "|"), 4.0 * (token == "||")]
        for token, note in zip(vocabulary, found, strict=True)
    ]
    return torch.tensor(rows)


def shuffled(rows: Sequence[Sequence[int]], *, seed: int) -> list[list[int]]:
    """The same tokens of each tune in random order, between its <sos>, kind and <eos>."""
    draws = torch.Generator().manual_seed(seed)
    return [
        [*row[:2], *(row[2 + i] for i in torch.randperm(len(row) - 3, generator=draws)), row[-1]]
        for row in rows
    ]


def bars_full(tunes: Sequence[Sequence[str]]) -> tuple[int, int]:
    """How many bars are filled exactly, and how many there are, in tunes of tokens.

    Only bars from one plain bar line to the next: where a part begins or ends, a bar may be incomplete.
    """
    right = total = 0
    for tokens in tunes:
        kind = next((k for k in KINDS if f"<{k}>" in tokens[:2]), "reel")
        ticks, counts = 0, False
        for token in tokens:
            if note := read_note(token):
                ticks += note[1]
            elif token in BARS:
                if counts and token == "|":
                    right, total = right + (ticks == WHOLE_BAR.get(kind, TICKS)), total + 1
                ticks, counts = 0, token == "|"
    return right, total


def windows(tokens: Sequence[str], size: int = 4) -> list[tuple[str, ...]]:
    """All runs of `size` notes (bar lines left out), in their order."""
    inside = [token for token in tokens if read_note(token)]
    return [tuple(inside[i : i + size]) for i in range(len(inside) - size + 1)]


def variety(tokens: Sequence[str], size: int = 4) -> float:
    """Share of a tune's runs of `size` notes that are different; 0 for a tune too short for one."""
    runs = windows(tokens, size)
    return len(set(runs)) / len(runs) if runs else 0.0


def copied(tokens: Sequence[str], known: set[tuple[str, ...]], size: int) -> float:
    """Share of a tune's runs of `size` notes that are among the `known`."""
    runs = windows(tokens, size)
    return sum(run in known for run in runs) / len(runs) if runs else 0.0
