"""The fiddle tunes: as printed, split by melody; and the reader of ABC notation that made them."""

import numpy as np
import pytest

from workshop.core import data
from workshop.day2.recurrent.music.tunes import BAR, KINDS, REST, SECTION, TICKS, tunes


def everything():
    parts = tunes()
    return parts.development + parts.test


def test_there_are_as_many_as_the_manifest_says():
    (row,) = [row for row in data.manifest() if row["name"] == "tunes"]
    parts = tunes()
    assert {name: len(getattr(parts, name)) for name in row["splits"]} == row["splits"]
    assert len(everything()) == row["examples"] == 1036
    assert row["bytes"] < 500_000


def test_a_known_tune_is_as_printed():
    tune = next(tune for tune in everything() if tune.title == "St. Patrick's Day In The Morning")
    assert (tune.kind, tune.metre) == ("jig", (6, 8))
    irish = next(tune for tune in everything() if tune.title == "Irish Wash-woman")
    assert irish.sharps == 1  # in G
    # It begins with an upbeat, then b b b, g g g or the like: sixes of eighths.
    inside = irish.notes[irish.notes[:, 1] > 0]
    assert set(inside[:, 1].tolist()) <= {6, 12, 18, 24, 36}


def test_notes_are_in_range_and_bars_are_full():
    right = total = 0
    for tune in everything():
        pitch, ticks = tune.notes.T
        marks = ticks == 0
        assert set(pitch[marks].tolist()) <= {BAR, SECTION}
        assert ((pitch[~marks] == REST) | ((pitch[~marks] >= 55) & (pitch[~marks] <= 100))).all()
        assert not marks[0]
        assert not marks[-1]
        assert not (marks[1:] & marks[:-1]).any()
        assert tune.kind in KINDS
        assert -3 <= tune.sharps <= 5
        assert tune.title
        bar = TICKS * tune.metre[0] // tune.metre[1]
        edges = np.flatnonzero(marks)
        for start, end in zip(edges, edges[1:], strict=False):
            if pitch[start] == pitch[end] == BAR:
                right, total = right + (ticks[start:end].sum() == bar), total + 1
    assert total > 10_000
    assert right / total > 0.99  # the rest are misprints and slips of those who typed


def test_no_melody_is_in_two_parts_in_whatever_key():
    def runs(tune):
        pitch = tune.notes[(tune.notes[:, 1] > 0) & (tune.notes[:, 0] > 0), 0]
        steps = np.diff(pitch).tolist()
        return {tuple(steps[i : i + 8]) for i in range(len(steps) - 7)}

    parts = tunes()
    known = [(tune.title, runs(tune)) for tune in parts.development]
    for tune in parts.test:
        own = runs(tune)
        for title, others in known:
            assert 10 * len(own & others) < min(len(own), len(others)), (tune.title, title)


@pytest.mark.parametrize(
    ("abc", "expected"),
    [
        ("A2 B/c/", [(69, 24), (71, 6), (73, 6)]),  # K:D has a sharp c
        ("(A>.B) c<d", [(69, 18), (71, 6), (73, 6), (74, 18)]),
        ("(3ABc d", [(69, 8), (71, 8), (73, 8), (74, 12)]),
        ("=c c|c ^d d'", [(72, 12), (72, 12), (BAR, 0), (73, 12), (75, 12), (86, 12)]),
        ("A-A|:B-|B z", [(69, 24), (SECTION, 0), (71, 12), (BAR, 0), (71, 12), (REST, 12)]),
        ('v"4"A{Bc}~B [DA]2 |]', [(69, 12), (71, 12), (69, 24)]),
        ("A|1 B:|2 c||", [(69, 12), (BAR, 0), (73, 12)]),
        ("A,B,|\\\nc", [(57, 12), (59, 12), (BAR, 0), (73, 12)]),
        ("_B[K:G]c", [(70, 12), (72, 12)]),
    ],
)
def test_the_reader_of_abc(build, abc, expected):
    head, notes = build("abc_notation").read_melody(f"X:1\nT:A -- Reel\nM:2/4\nL:1/8\nK:D\n{abc}\n")
    assert head["T"] == "A -- Reel"
    assert notes == expected


@pytest.mark.parametrize(
    ("key", "sharps"),
    [("G", 1), ("Bb", -2), ("Am", 0), ("Edor", 2), ("Amix", 2), ("EM", 4), ("Dlyd", 3)],
)
def test_keys(build, key, sharps):
    assert build("abc_notation").key_signature(key) == sharps


def test_a_file_that_cannot_be_read_in_full_is_left_out(build):
    good = "X:1\nT:A -- Reel\nM:2/4\nL:1/8\nK:D\nA|ABcd|ABcd|A2|\n"
    assert build("tunes").read_tune(good)["kind"] == "reel"
    for line, other in (
        ("L:1/8\n", ""),
        ("K:D\n", "K:D\nA|[M:6/8]B"),
        ("Reel", "Waltz"),
        ("A|", "(7A|"),
        ("ABcd", "AB"),
    ):
        assert build("tunes").read_tune(good.replace(line, other)) is None, line
