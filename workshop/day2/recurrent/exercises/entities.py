"""Exercise on named entities: from tags to names."""

from __future__ import annotations

import random

from workshop.core.exercise import Case, Exercise, Mistake
from workshop.day2.recurrent.entities import spans
from workshop.day2.recurrent.entities.data import TAGS


def _cases(seed: int) -> list[Case]:
    draw = random.Random(seed)
    mixed = [draw.choices(TAGS, k=draw.randint(6, 14)) for _ in range(4)]
    return [
        Case((["B-PER", "I-PER", "O", "O", "B-LOC", "O"],), "two names, O between them"),
        Case((["O", "B-ORG", "I-ORG", "I-ORG"],), "a name that lasts to the end"),
        Case((["B-LOC", "B-LOC", "O", "B-PER", "B-PER", "I-PER"],), "names side by side"),
        Case((["B-MISC", "I-PER", "I-PER", "O"],), "an I of another class"),
        Case((["O", "I-LOC", "I-LOC", "O", "I-ORG"],), "an I with no B before it"),
        Case((["O", "O", "O"],), "no name"),
        Case(([],), "no token"),
        Case((["B-PER"],), "one token"),
        *(Case((tags,), "tags at random, as an untrained network gives them") for tags in mixed),
    ]


def _with(
    tags: list[str],
    *,
    merge: bool = False,
    same: bool = False,
    last: bool = False,
    strict: bool = False,
    ends: int = 0,
    first: int = 0,
    whole: bool = False,
) -> list[tuple[int, int, str]]:
    """Tags to names with one thing done another way."""
    found, start, kind = [], None, ""
    for i, tag in enumerate(tags if last else [*tags, "O"]):
        place, _, new = tag.partition("-")
        goes_on = place == "I" or (merge and place == "B")
        if start is not None and not (goes_on and (new == kind or (same and place == "I"))):
            found.append((start + first, i + ends, f"B-{kind}" if whole else kind))
            start = None
        if start is None and place != "O" and not (strict and place == "I"):
            start, kind = i, new
    return found


def _by_pairs(tags: list[str]) -> list[tuple[int, int, str]]:
    before = ["O", *tags]
    starts = [
        i
        for i, tag in enumerate(tags)
        if tag[0] == "B" or (tag[0] == "I" and before[i][2:] != tag[2:])
    ]
    found = []
    for i in starts:
        end = i + 1
        while end < len(tags) and tags[end] == f"I-{tags[i][2:]}":
            end += 1
        found.append((i, end, tags[i][2:]))
    return found


SPANS = Exercise(
    name="spans_of",
    lesson="recurrent",
    title="From tags to names",
    reference=spans.spans_of,
    cases=_cases,
    mistakes=(
        Mistake(
            "neighbours merged",
            "Two names of one class that stand side by side became one. A B always begins a new "
            "name, also right behind another: this is what B is for.",
            lambda tags: _with(tags, merge=True),
        ),
        Mistake(
            "the last one lost",
            "A name at the end of the sentence is lost: nothing follows that would close it. Close it "
            "after the loop, or go through one O more.",
            lambda tags: _with(tags, last=True),
        ),
        Mistake(
            "end included",
            "The end is one too small: give the place after the last token, as slices want it, so that "
            "tokens[start:end] is the name.",
            lambda tags: _with(tags, ends=-1),
        ),
        Mistake(
            "other class goes on",
            "A name went on with an I of another class. I-PER cannot go on with a MISC: close the one "
            "and begin the other.",
            lambda tags: _with(tags, same=True),
        ),
        Mistake(
            "I alone is nothing",
            "A name that begins with an I is lost. A network may well write that; by the convention "
            "used here such an I begins a name.",
            lambda tags: _with(tags, strict=True),
        ),
        Mistake(
            "B left in the class",
            "The class still has its B- in front: give 'PER', not 'B-PER'.",
            lambda tags: _with(tags, whole=True),
        ),
        Mistake(
            "counted from one",
            "All places are one too large: the first token is number 0, as in every list.",
            lambda tags: _with(tags, first=1, ends=1),
        ),
    ),
    hints=(
        "Go through the tags with their places and remember whether a name is open: where it began, "
        "and its class.",
        "An open name ends before a tag that is O, that is B, or that is an I of another class. After "
        "that, a tag that is not O opens a name.",
        "place, _, new = tag.partition('-'). If a name is open and (place != 'I' or new != kind): append "
        "(start, i, kind), nothing is open. If nothing is open and place != 'O': start, kind = i, new. "
        "Loop over [*tags, 'O'], so that the last name is closed too.",
    ),
    alternatives=(_by_pairs, lambda tags: [list(span) for span in _by_pairs(tags)]),
)

EXERCISES = (SPANS,)
