"""A reader of ABC notation: of the part of it that the fiddle tunes use.

The notation is described at https://abcnotation.com/wiki/abc:standard.
"""

from __future__ import annotations

import re
from fractions import Fraction

TICKS = 96  # of a whole note: an eighth is 12, a thirty-second 3
REST, BAR, SECTION = 0, 1, 2  # stand among the pitches; BAR and SECTION last 0 ticks
SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
FIFTHS = "FCGDAEB"  # the order in which a key sharpens notes; in reverse, flattens them
# How many sharps fewer than major on the same tonic.
MODES = {"": 0, "maj": 0, "m": 3, "min": 3, "dor": 2, "mix": 1, "lyd": -1, "phr": 4}
TUPLETS = {"2": 3, "3": 2, "4": 3, "6": 2, "8": 3}  # so many notes in the time of how many
TOKEN = re.compile(
    r"""
      (?P<field>\[[KLM]:[^\]]*\])
    | (?P<bar>\[\||:*\|+\]?:*|::)
    | (?P<ending>\[?[12](?![\d/]))
    | \((?P<tuplet>\d)(?::(?P<time>\d?))?(?::(?P<count>\d?))?
    | (?P<chord>\[[^\]|]*\])(?P<chord_length>\d*/*\d*)
    | (?P<note>[_^=]*[A-Ga-gzx][,']*)(?P<length>\d*/*\d*)
    | (?P<broken><+|>+)
    | (?P<tie>-)
    | .
    """,
    re.VERBOSE,
)


def read_melody(abc: str) -> tuple[dict[str, str], list[tuple[int, int]]]:
    """The header of one tune, and its notes (pitch, ticks): MIDI's number, REST, BAR or SECTION.

    Of a chord the top note is kept, of two endings the second; ornaments, fingering and slurs are
    left out. A tie joins notes within a bar.

    Raises:
        KeyError: the header lacks the key or the unit of length, or names an unknown mode.
        ValueError: the metre changes, or a note does not last a whole number of ticks.
    """
    header, body = split(abc)
    sharps, unit = key_signature(header["K"]), Fraction(header["L"])
    notes: list[tuple[int, Fraction]] = []
    accidentals: dict[tuple[str, str], int] = {}  # in force until the bar ends
    tuplet_left, tuplet_factor = 0, Fraction(1)
    next_factor = Fraction(1)  # of the note after a < or >
    tied = in_first_ending = False

    for token in TOKEN.finditer(body):
        if token["field"]:
            name, value = token["field"][1], token["field"][3:-1].strip()
            if name == "K":
                sharps = key_signature(value)
            elif name == "L":
                unit = Fraction(value)
            elif value != header["M"]:
                raise ValueError("the metre changes")
        elif bar := token["bar"]:
            accidentals.clear()
            tied = False
            if not in_first_ending and notes:
                kind = BAR if bar == "|" else SECTION
                if notes[-1][0] in (BAR, SECTION) and not notes[-1][1]:
                    kind = max(kind, notes.pop()[0])
                notes.append((kind, 0))
            in_first_ending = in_first_ending and ":" not in bar
        elif ending := token["ending"]:
            in_first_ending = "1" in ending
        elif tuplet := token["tuplet"]:
            tuplet_left = int(token["count"] or tuplet)
            tuplet_factor = Fraction(int(token["time"] or TUPLETS.get(tuplet, 2)), int(tuplet))
        elif broken := token["broken"]:
            short = Fraction(1, 2 ** len(broken))
            factor, next_factor = (2 - short, short) if broken[0] == ">" else (short, 2 - short)
            if not in_first_ending and notes:
                notes[-1] = (notes[-1][0], notes[-1][1] * factor)
        elif token["tie"]:
            tied = True
        elif token["note"] or token["chord"]:
            length = note_length(token["length"] or token["chord_length"] or "")
            if token["note"]:
                pitch = pitch_of(token["note"], sharps, accidentals)
            else:
                chord = re.findall(r"([_^=]*[A-Ga-g][,']*)(\d*/*\d*)", token["chord"])
                pitch = max(pitch_of(note, sharps, accidentals) for note, _ in chord)
                length *= note_length(chord[0][1])
            ticks = TICKS * unit * length * next_factor * (tuplet_factor if tuplet_left else 1)
            tuplet_left, next_factor = max(0, tuplet_left - 1), Fraction(1)
            if in_first_ending:
                continue
            if tied and notes and notes[-1][0] == pitch:
                notes[-1] = (pitch, notes[-1][1] + ticks)
            else:
                notes.append((pitch, ticks))
            tied = False

    while notes and not notes[-1][1]:
        notes.pop()
    if any(ticks.denominator != 1 for _, ticks in notes if ticks):
        raise ValueError("a note does not last a whole number of ticks")
    return header, [(int(pitch), int(ticks)) for pitch, ticks in notes]


def split(abc: str) -> tuple[dict[str, str], str]:
    """The fields of the header by their letters, and the notes in one line.

    A key, unit of length or metre among the notes goes into the line, in brackets. Comments, chord
    symbols, decorations and grace notes are removed.
    """
    header: dict[str, str] = {}
    body = ""
    for line in abc.splitlines():
        if found := re.match(r"([A-Za-z]):(.*)", line):
            name, value = found[1], found[2].partition("%")[0].strip()
            header.setdefault(name, value)
            if body and name in "KLM":
                body += f"[{name}:{value}]"
        else:
            body += " " + line.partition("%")[0]
    return header, re.sub(r'"[^"]*"|![^!\s]*!|\{[^}]*\}|\\', "", body)


def key_signature(key: str) -> int:
    """The number of sharps of a key such as G, Ador or EM; flats count as -1."""
    tonic, accidental, mode = re.match(r"([A-G])([#b]?)\s*([A-Za-z]*)", key).groups()
    sharps = FIFTHS.index(tonic) - 1 + {"": 0, "#": 7, "b": -7}[accidental]
    mode = "maj" if mode == "M" else mode.lower()[:3]
    return sharps - MODES[mode]


def note_length(text: str) -> Fraction:
    """A note's length in units: '3', '/2', '3/2', '/' (a half), '//' (a quarter)."""
    top, slashes, bottom = re.fullmatch(r"(\d*)(/*)(\d*)", text).groups()
    return Fraction(int(top or 1), int(bottom) if bottom else 2 ** len(slashes))


def pitch_of(note: str, sharps: int, accidentals: dict[tuple[str, str], int]) -> int:
    """MIDI's number of a note such as ^c', or REST; an accidental is noted in `accidentals`."""
    signs, letter, octave = re.fullmatch(r"([_^=]*)([A-Ga-gzx])([,']*)", note).groups()
    if letter in "zx":
        return REST
    place = (letter, octave)  # an accidental holds for this octave only
    if signs:
        accidentals[place] = signs.count("^") - signs.count("_")
    order = FIFTHS.index(letter.upper())
    of_the_key = (order < sharps) - (6 - order < -sharps)
    c = 60 + 12 * letter.islower() + 12 * (octave.count("'") - octave.count(","))
    return c + SEMITONES[letter.upper()] + accidentals.get(place, of_the_key)
