"""A reader of the part of ABC notation that the fiddle tunes use."""

from __future__ import annotations

import re
from fractions import Fraction

TICKS = 96  # of a whole note: an eighth is 12, a thirty-second 3

STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}

MODES = {"": 0, "maj": 0, "m": 3, "min": 3, "dor": 2, "mix": 1, "lyd": -1, "phr": 4}

BAR, SECTION = 1, 2  # stand among the pitches; so does a rest, as 0

ABC = re.compile(
    r"(?P<field>\[[KLM]:[^\]]*\])|(?P<bar>\[\||:*\|+\]?:*|::)|(?P<ending>\[?[12](?![\d/]))"
    r"|\((?P<tuplet>\d)(?::(?P<time>\d?))?(?::(?P<many>\d?))?"
    r"|(?P<chord>\[[^\]|]*\])(?P<chord_length>\d*/*\d*)"
    r"|(?P<note>[_^=]*[A-Ga-gzx][,']*)(?P<length>\d*/*\d*)|(?P<broken><+|>+)|(?P<tie>-)|."
)


def signature(key: str) -> int:
    """Sharps of a key such as G, Ador or 'EM'; flats count as -1."""
    tonic, accidental, mode = re.match(r"([A-G])([#b]?)\s*([A-Za-z]*)", key).groups()
    sharps = "FCGDAEB".index(tonic) - 1 + {"": 0, "#": 7, "b": -7}[accidental]
    mode = "maj" if mode == "M" else mode.lower()[:3]
    return sharps - MODES[mode]


def length_of(text: str) -> Fraction:
    """A note's length in units: '3', '/2', '3/2', '/', '//'."""
    top, slashes, bottom = re.fullmatch(r"(\d*)(/*)(\d*)", text).groups()
    return Fraction(int(top or 1), int(bottom) if bottom else 2 ** len(slashes))


def melody(abc: str) -> tuple[dict[str, str], list[tuple[int, int]]]:
    """The header of one tune, and its (pitch, ticks): MIDI's numbers, 0 a rest, BAR or SECTION.

    Of a chord its top note; of two endings the second; ornaments, fingering, slurs are left out. A
    tie joins notes within a bar. An accidental holds for its line of the staff until the bar ends.
    """
    head: dict[str, str] = {}
    body = ""
    for line in abc.splitlines():
        if found := re.match(r"([A-Za-z]):(.*)", line):
            name, value = found[1], found[2].partition("%")[0].strip()
            head.setdefault(name, value)
            if body and name in "KLM":
                body += f"[{name}:{value}]"
        else:
            body += " " + line.partition("%")[0]
    body = re.sub(r'"[^"]*"|![^!\s]*!|\{[^}]*\}|\\', "", body)
    sharps, unit, out = signature(head["K"]), Fraction(head["L"]), []
    held, scale, left, tied, skips = {}, Fraction(1), 0, False, False  # held: accidentals
    pending = Fraction(1)  # what a broken rhythm left for the next note

    def sound(text: str) -> int:
        signs, letter, octave = re.fullmatch(r"([_^=]*)([A-Ga-gzx])([,']*)", text).groups()
        if letter in "zx":
            return 0
        line = (letter, octave)
        if signs:
            held[line] = signs.count("^") - signs.count("_")
        order = "FCGDAEB".index(letter.upper())
        own = (order < sharps) - (6 - order < -sharps)
        height = 60 + 12 * letter.islower() + 12 * (octave.count("'") - octave.count(","))
        return height + STEPS[letter.upper()] + held.get(line, own)

    for found in ABC.finditer(body):
        if found["field"]:
            name, value = found["field"][1], found["field"][3:-1].strip()
            if name == "K":
                sharps = signature(value)
            elif name == "L":
                unit = Fraction(value)
            elif value != head["M"]:
                raise ValueError("the metre changes")
        elif bar := found["bar"]:
            held.clear()
            tied = False
            if not skips and out:
                kind = BAR if bar == "|" else SECTION
                if out[-1][0] in (BAR, SECTION) and not out[-1][1]:
                    kind = max(kind, out.pop()[0])
                out.append((kind, 0))
            skips = skips and ":" not in bar
        elif ending := found["ending"]:
            skips = "1" in ending
        elif tuplet := found["tuplet"]:
            left = int(found["many"] or tuplet)
            usual = {"2": 3, "3": 2, "4": 3, "6": 2, "8": 3}.get(tuplet, 2)
            scale = Fraction(int(found["time"] or usual), int(tuplet))
        elif broken := found["broken"]:
            short = Fraction(1, 2 ** len(broken))
            first, pending = (2 - short, short) if broken[0] == ">" else (short, 2 - short)
            if not skips and out:
                out[-1] = (out[-1][0], out[-1][1] * first)
        elif found["tie"]:
            tied = True
        elif found["note"] or found["chord"]:
            length = length_of(found["length"] or found["chord_length"] or "")
            pitch = sound(found["note"]) if found["note"] else None
            if pitch is None:
                notes = re.findall(r"([_^=]*[A-Ga-g][,']*)(\d*/*\d*)", found["chord"])
                pitch, length = max(sound(n) for n, _ in notes), length * length_of(notes[0][1])
            ticks = TICKS * unit * length * pending * (scale if left else 1)
            left, pending = max(0, left - 1), Fraction(1)
            if skips:
                continue
            if tied and out and out[-1][0] == pitch:
                out[-1] = (pitch, out[-1][1] + ticks)
            else:
                out.append((pitch, ticks))
            tied = False
    while out and not out[-1][1]:
        out.pop()
    if any(ticks.denominator != 1 for _, ticks in out if ticks):
        raise ValueError("a note is no whole number of ticks")
    return head, [(int(pitch), int(ticks)) for pitch, ticks in out]
