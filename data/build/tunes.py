"""tunes: fiddle tunes printed in 1883."""

from __future__ import annotations

import itertools
import re
import string
import zipfile

import numpy as np

from abc_notation import BAR, REST, TICKS, key_signature, read_melody
from archives import pypi_archive, zip_members
from files import npz, text_array

KINDS = ("reel", "hornpipe", "jig", "slip jig", "strathspey", "clog", "fling", "walkaround")

Notes = list[tuple[int, int]]  # (pitch, ticks), as abc_notation.py reads them


def build() -> dict[str, bytes]:
    """1,036 fiddle tunes of Ryan's Mammoth Collection (Boston, 1883); split once, at random, by tune.

    Kept are pitch and length of each note, bar lines, key, metre, kind of dance and the printed
    title. Tunes that share a tenth of their melody (nine notes in a row, in any key) are in one part.
    """
    wheel = pypi_archive(
        "music21==10.5.1",
        "music21-10.5.1-py3-none-any.whl",
        "dc3309498c4c95cebdf8d4f20c868deb6b63bce1d929cad4f51a7ccc982987b1",
    )
    sources = zip_members(wheel, "music21/corpus/ryansMammoth/", ".abc").values()
    if len(sources) != 1059:
        raise SystemExit(f"tunes: got {len(sources)} files, expected 1,059")
    tunes = [tune for tune in (read_tune(source.decode()) for source in sources) if tune]

    generator = np.random.Generator(np.random.PCG64(2021))
    groups = similar_groups([tune["notes"] for tune in tunes])
    parts: dict[str, list[int]] = {"test": [], "validation": [], "train": []}
    for k in generator.permutation(len(groups)):
        if len(parts["test"]) < 120:
            parts["test"] += groups[k]
        elif len(parts["validation"]) < 110:
            parts["validation"] += groups[k]
        else:
            parts["train"] += groups[k]
    arrays = {}
    for part, members in parts.items():
        chosen = [tunes[i] for i in generator.permutation(members)]
        notes = np.array([note for tune in chosen for note in tune["notes"]], np.uint8)
        arrays |= {
            f"{part}_title": text_array(tune["title"] for tune in chosen),
            f"{part}_kind": np.array([KINDS.index(tune["kind"]) for tune in chosen], np.uint8),
            f"{part}_metre": np.array([tune["metre"] for tune in chosen], np.uint8),
            f"{part}_sharps": np.array([tune["sharps"] for tune in chosen], np.int8),
            f"{part}_events": np.array([len(tune["notes"]) for tune in chosen], "<u2"),
            f"{part}_pitch": notes[:, 0],
            f"{part}_ticks": notes[:, 1],
        }
    return {"tunes.npz": npz(arrays, zipfile.ZIP_LZMA)}


def read_tune(abc: str) -> dict | None:
    """What is kept of one file.

    None if it cannot be read in full, if its kind of dance is not one of KINDS, if fewer than half of
    its bars last as long as its metre says, or if its title contains a racial slur.
    """
    try:
        header, notes = read_melody(abc)
    except (KeyError, ValueError):
        return None
    title, _, rest = header["T"].replace("at:", "at").removeprefix("T:").partition("--")
    title = re.sub(rf'\(.*|"|- *({"|".join(KINDS)}).*', "", title, flags=re.I).strip(" .,-")
    title = re.sub(r"(.*), (the|a)$", r"\2 \1", string.capwords(title), flags=re.I)
    kind = (header.get("R") or rest).lower().strip(" .").replace("highland ", "")
    kind = {"slipjig": "slip jig"}.get(kind, kind)
    metre = {"C": (4, 4), "C|": (4, 4)}.get(header["M"]) or tuple(map(int, header["M"].split("/")))
    if kind == "jig" and metre != (6, 8):
        # In 9/8 it is a slip jig; in another metre a dance of the stage, as walkarounds are.
        kind = "slip jig" if metre == (9, 8) else "walkaround"
    bar = TICKS * metre[0] // metre[1]
    is_full = []
    lines = [i for i, (_, ticks) in enumerate(notes) if not ticks]
    for start, end in itertools.pairwise(lines):
        if notes[start][0] == notes[end][0] == BAR:  # the bars beside a SECTION may be partial
            is_full.append(sum(ticks for _, ticks in notes[start:end]) == bar)
    slur = re.search(r"\bCoon|^N\.\.\.", title)
    if kind not in KINDS or 2 * sum(is_full) < len(is_full) or slur:
        return None
    sharps = key_signature(header["K"])
    return {"title": title, "kind": kind, "metre": metre, "notes": notes, "sharps": sharps}


def similar_groups(melodies: list[Notes]) -> list[list[int]]:
    """Groups of tunes, as places in the list: those that share much of their melody are in one.

    Two do if a tenth of the runs of nine notes in the shorter one, in any key, are in the other.
    """
    runs: list[set[tuple[int, ...]]] = []  # for each tune the runs: the 8 steps between 9 notes
    owners: dict[tuple[int, ...], list[int]] = {}
    for i, notes in enumerate(melodies):
        steps = np.diff([pitch for pitch, ticks in notes if ticks and pitch != REST]).tolist()
        runs.append({tuple(steps[k : k + 8]) for k in range(len(steps) - 7)})
        for run in runs[-1]:
            owners.setdefault(run, []).append(i)
    shared: dict[tuple[int, int], int] = {}
    for members in owners.values():
        for pair in itertools.combinations(members, 2):
            shared[pair] = shared.get(pair, 0) + 1
    group = list(range(len(melodies)))
    for (a, b), count in shared.items():
        if 10 * count >= min(len(runs[a]), len(runs[b])):
            old, new = group[b], group[a]
            group = [new if g == old else g for g in group]
    return [[i for i, g in enumerate(group) if g == name] for name in sorted(set(group))]
