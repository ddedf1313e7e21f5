"""tunes: 1,036 fiddle tunes."""

from __future__ import annotations

import io
import itertools
import re
import string
import zipfile

import numpy as np

from abc_notation import BAR, TICKS, melody, signature
from archives import archive
from files import npz

KINDS = ("reel", "hornpipe", "jig", "slip jig", "strathspey", "clog", "fling", "walkaround")


def build() -> dict[str, bytes]:
    """1,036 fiddle tunes of Ryan's Mammoth Collection (Boston, 1883); split once, at random, by tune.

    Kept are pitch and length of each note, bar lines, key, metre, kind of dance and the printed title.
    Tunes that share a tenth of their melody (nine notes in a row, in any key) are in one part.
    """
    wheel = archive(
        "music21==10.5.1",
        "music21-10.5.1-py3-none-any.whl",
        "dc3309498c4c95cebdf8d4f20c868deb6b63bce1d929cad4f51a7ccc982987b1",
    )
    with zipfile.ZipFile(io.BytesIO(wheel)) as zipped:
        names = [n for n in sorted(zipped.namelist()) if "/ryansMammoth/" in n and n[-4:] == ".abc"]
        sources = [zipped.read(name).decode() for name in names]
    found = [tune for tune in map(read_tune, sources) if tune is not None]
    if len(names) != 1059:
        raise SystemExit(f"tunes: got {len(names)} files, expected 1,059")

    generator = np.random.Generator(np.random.PCG64(2021))
    groups = alike([tune["notes"] for tune in found])
    parts: dict[str, list[int]] = {"test": [], "validation": [], "train": []}
    for place in generator.permutation(len(groups)):
        part = next(p for p, wanted in (("test", 120), ("validation", 110), ("train", 10**9))
                    if len(parts[p]) < wanted)  # fmt: skip
        parts[part] += groups[place]
    arrays = {}
    for part, members in parts.items():
        chosen = [found[i] for i in generator.permutation(members)]
        notes = np.array([note for tune in chosen for note in tune["notes"]], np.uint8)
        titles = "\n".join(tune["title"] for tune in chosen)
        arrays |= {
            f"{part}_title": np.frombuffer(titles.encode(), np.uint8),
            f"{part}_kind": np.array([KINDS.index(tune["kind"]) for tune in chosen], np.uint8),
            f"{part}_metre": np.array([tune["metre"] for tune in chosen], np.uint8),
            f"{part}_sharps": np.array([tune["sharps"] for tune in chosen], np.int8),
            f"{part}_events": np.array([len(tune["notes"]) for tune in chosen], "<u2"),
            f"{part}_pitch": notes[:, 0],
            f"{part}_ticks": notes[:, 1],
        }
    return {"tunes.npz": npz(arrays, zipfile.ZIP_LZMA)}


def read_tune(abc: str) -> dict | None:
    """What is kept of one file, or None if it cannot be read in full or its bars are not sure."""
    try:
        head, notes = melody(abc)
    except (KeyError, ValueError):  # no unit of length, another metre midway, a run of seven
        return None
    title, _, rest = head["T"].replace("at:", "at").removeprefix("T:").partition("--")
    title = re.sub(rf'\(.*|"|- *({"|".join(KINDS)}).*', "", title, flags=re.I).strip(" .,-")
    title = re.sub(r"(.*), (the|a)$", r"\2 \1", string.capwords(title), flags=re.I)
    kind = (head.get("R") or rest).lower().strip(" .").replace("highland ", "")
    kind = {"slipjig": "slip jig"}.get(kind, kind)
    metre = {"C": (4, 4), "C|": (4, 4)}.get(head["M"]) or tuple(map(int, head["M"].split("/")))
    if kind == "jig" and metre != (6, 8):  # a jig of the stage is no dance in six
        kind = "slip jig" if metre == (9, 8) else "walkaround"
    bar, full = TICKS * metre[0] // metre[1], []
    marks = [i for i, (_, ticks) in enumerate(notes) if not ticks]
    for start, end in zip(marks, marks[1:], strict=False):
        if notes[start][0] == notes[end][0] == BAR:
            full.append(sum(ticks for _, ticks in notes[start:end]) == bar)
    # Two titles have slurs in them, which the workshop need not put on a screen.
    slur = re.search(r"\bCoon|^N\.\.\.", title)
    if kind not in KINDS or 2 * sum(full) < len(full) or slur:
        return None
    return {"title": title, "kind": kind, "metre": metre, "notes": notes,
            "sharps": signature(head["K"])}  # fmt: skip


def alike(melodies: list[list[tuple[int, int]]]) -> list[list[int]]:
    """Groups of tunes: two are in one if a tenth of the shorter's runs of nine notes is in both."""
    runs, having = [], {}
    for i, notes in enumerate(melodies):
        steps = np.diff([pitch for pitch, ticks in notes if ticks and pitch]).tolist()
        runs.append({tuple(steps[k : k + 8]) for k in range(len(steps) - 7)})
        for run in runs[-1]:
            having.setdefault(run, []).append(i)
    shared: dict[tuple[int, int], int] = {}
    for members in having.values():
        for pair in itertools.combinations(members, 2):
            shared[pair] = shared.get(pair, 0) + 1
    group = list(range(len(melodies)))
    for (a, b), count in shared.items():
        if 10 * count >= min(len(runs[a]), len(runs[b])):
            old, new = group[b], group[a]
            group = [new if g == old else g for g in group]
    return [[i for i, g in enumerate(group) if g == name] for name in sorted(set(group))]
