"""A tune made of tokens, to be heard, saved as MIDI, and seen as notes on a staff.

A plucked string: each note is a sum of overtones that fade, the higher the faster. MIDI: Standard MIDI
Files 1.0, format 0, one track.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib import rc_context

from workshop.core.checks import expect
from workshop.core.files import write_atomically
from workshop.day2.recurrent.music.notes import BARS, read_note
from workshop.day2.recurrent.music.tunes import REST, TICKS
from workshop.figures.style import BLACK, STYLE, count_of, finish, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

QUARTER = TICKS // 4
VIOLIN = 40  # of MIDI's instruments


class Note(NamedTuple):
    """A pitch (MIDI's number, 0 for a rest), where it begins and how long it lasts, in ticks."""

    pitch: int
    start: int
    ticks: int


def timed(tokens: Sequence[str]) -> list[Note]:
    """The notes and rests of a tune, one after the other."""
    out, now = [], 0
    for token in tokens:
        if found := read_note(token):
            out.append(Note(found[0], now, found[1]))
            now += found[1]
    return out


def _checked(tokens: Sequence[str], tempo: float) -> list[Note]:
    notes = timed(tokens)
    expect(len(notes) > 0, "tokens", f"no note in {list(tokens)[:6]}", "one note or more")
    expect(4 <= tempo <= 1000, "tempo", tempo, "4 to 1000 quarter notes a minute")
    return notes


def wave(tokens: Sequence[str], *, tempo: float = 180, rate: int = 16_000) -> np.ndarray:
    """The sound of a tune: samples (N,) float32 in [-1, 1], `rate` of them a second.

    tempo: quarter notes a minute. For `IPython.display.Audio(wave(tokens), rate=16_000)`.

    Raises:
        ValueError: no note in it, or a tempo or rate out of range.
    """
    notes = _checked(tokens, tempo)
    expect(8_000 <= rate <= 96_000, "rate", rate, "8,000 to 96,000")
    second = 60 / tempo / QUARTER  # of a tick
    ring = 0.25  # seconds that a string sounds on
    out = np.zeros(int((notes[-1].start + notes[-1].ticks) * second * rate + (ring + 0.1) * rate))
    for pitch, start, ticks in notes:
        if pitch == REST:
            continue
        t = np.arange(int((ticks * second + ring) * rate)) / rate
        frequency = 440 * 2 ** ((pitch - 69) / 12)
        sound = np.zeros(len(t))
        for k in range(1, 8):
            if k * frequency < 0.45 * rate:  # higher ones would come back as wrong low ones
                fade = np.exp(-t * (1.5 + 1.2 * k))
                sound += fade * np.sin(2 * math.pi * k * frequency * t) / k**1.3
        # Up in 4 thousandths of a second, down over `ring`: a jump would be heard as a click.
        sound *= np.minimum(t / 0.004, 1) * np.clip((t[-1] - t) / ring, 0, 1) ** 2
        at = int(start * second * rate)
        out[at : at + len(t)] += sound
    return (0.9 * out / max(np.abs(out).max(), 1e-9)).astype(np.float32)


def _varying(number: int) -> bytes:
    """A number as MIDI writes times: 7 bits a byte, the highest first, a 1 before all but the last."""
    out = [number & 127]
    while number := number >> 7:
        out.insert(0, number & 127 | 128)
    return bytes(out)


def midi(tokens: Sequence[str], *, tempo: float = 180, title: str = "") -> bytes:
    """The tune as a Standard MIDI File, format 0, 24 ticks a quarter note, on a violin.

    Raises:
        ValueError: no note in it, or a tempo out of range.
    """
    notes = _checked(tokens, tempo)
    name = title.encode("ascii", "replace")
    track = b"\0\xff\x03" + _varying(len(name)) + name  # each event: time since the last, what
    track += b"\0\xff\x51\x03" + round(60_000_000 / tempo).to_bytes(3, "big")
    track += bytes([0, 0xC0, VIOLIN])
    now = 0
    for pitch, start, ticks in notes:
        if pitch != REST:
            track += _varying(start - now) + bytes([0x90, pitch, 90])
            track += _varying(ticks) + bytes([0x80, pitch, 64])
            now = start + ticks
    track += b"\0\xff\x2f\0"
    head = (
        b"MThd" + (6).to_bytes(4, "big") + b"".join(n.to_bytes(2, "big") for n in (0, 1, QUARTER))
    )
    return head + b"MTrk" + len(track).to_bytes(4, "big") + track


def save_midi(tokens: Sequence[str], path: str | Path, **options: Any) -> Path:
    """Write `midi(tokens)` to a file; any music program opens it."""
    path = Path(path)
    write_atomically(path, midi(tokens, **options))
    return path


# --- on a staff ----------------------------------------------------------------------------------

SCALE = (0, 0, 1, 1, 2, 3, 3, 4, 4, 5, 5, 6)  # the letter of each of the twelve, C = 0
SHARP = (0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1, 0)
SIGNED = {5, 6, 0, 1}  # F, F#, C, C#: in D major, the sharp ones need no sign and the others do
BOTTOM = 30  # the lowest line of the staff is E4, letter 2 of octave 4: 7 * 4 + 2


def _note(ax: Axes, x: float, pitch: int, ticks: int) -> None:
    """One note: its head, stem, flags, dot and sign; heights in steps above the lowest line."""
    from matplotlib.patches import Ellipse

    letter = pitch % 12
    y = 7 * (pitch // 12 - 1) + SCALE[letter] - BOTTOM
    for line in [*range(-2, y - 1, -2), *range(10, y + 1, 2)]:
        ax.plot([x - 0.9, x + 0.9], [line, line], color=BLACK, linewidth=0.8)
    head = {"facecolor": "white" if ticks >= 2 * QUARTER else BLACK, "edgecolor": BLACK}
    ax.add_patch(Ellipse((x, y), 1.3, 1.6, angle=20, linewidth=1.2, zorder=3, **head))
    up = y < 4
    side, tip = (x + 0.55, y + 6) if up else (x - 0.55, y - 6)
    if ticks < TICKS:
        ax.plot([side, side], [y, tip], color=BLACK, linewidth=1.1)
    base = 2 ** math.floor(math.log2(ticks / 3)) * 3  # without dot or triplet: 12 is an eighth
    for flag in range(max(0, round(math.log2(QUARTER / base)))):
        top = tip - 1.6 * flag if up else tip + 1.6 * flag
        ax.plot([side, side + 0.9], [top, top - 2 if up else top + 2], color=BLACK, linewidth=1.6)
    if ticks == 1.5 * base:
        ax.plot(x + 1.2, y + 0.5 * (y % 2 == 0), ".", color=BLACK, markersize=4)
    if (letter in SIGNED and not SHARP[letter]) or (letter not in SIGNED and SHARP[letter]):
        ax.text(x - 0.8, y, "♯" if SHARP[letter] else "♮", ha="right", va="center", fontsize=10)


@rc_context(STYLE)
def staff(
    tokens: Sequence[str],
    *,
    bars: int = 16,
    a_line: int = 4,
    title: str = "",
    alt: str | None = None,
) -> Figure:
    """The first `bars` bars of a tune as notes, `a_line` to a line; two sharps, treble clef (fig-2.17).

    Raises:
        ValueError: no note in it.
    """
    _checked(tokens, 180)
    measures: list[list[str]] = [[]]
    for token in tokens:
        if token in BARS and any(map(read_note, measures[-1])):
            measures[-1].append(token)
            measures.append([])
        elif read_note(token):
            measures[-1].append(token)
    measures = [m for m in measures if m][:bars]
    rows = [measures[i : i + a_line] for i in range(0, len(measures), a_line)]
    figure, axes = new_axes(len(rows), columns=1, sizes=((10.6, 1.4),), grid=False)
    width = max(sum(_width(token) for m in row for token in m) for row in rows) + 5
    for ax, row in zip(axes, rows, strict=True):
        ax.axis("off")
        ax.set(xlim=(0, width), ylim=(-7.5, 15.5))
        x = 4.5
        ax.text(0.4, 8, "♯", fontsize=12, va="center")
        ax.text(1.3, 5, "♯", fontsize=12, va="center")
        for token in (token for measure in row for token in measure):
            found = read_note(token)
            if found is None:  # a bar line
                for shift in (0.0, 0.5)[: 1 + (token == "||")]:
                    ax.plot([x - 0.8 + shift] * 2, [0, 8], color=BLACK, linewidth=1.2)
            elif found[0] == REST:
                ax.plot([x - 0.6, x + 0.6], [4, 4], color=BLACK, linewidth=5)  # a plain rest
            else:
                _note(ax, x, *found)
            x += _width(token)
        for line in range(0, 10, 2):
            ax.plot([0, x - 0.8], [line, line], color="#555555", linewidth=0.9, zorder=0)
    if title:
        figure.suptitle(title)
        figure.set_figheight(figure.get_figheight() + 0.5)
    message = " ".join(token for measure in measures for token in measure)
    return finish(
        figure, alt, f"{title or 'A tune'}, {count_of(len(measures), 'bar')} on a staff: {message}."
    )


def _width(token: str) -> float:
    found = read_note(token)
    return 1.8 if found is None else 2.2 + 1.6 * math.log2(1 + found[1] / 12)
