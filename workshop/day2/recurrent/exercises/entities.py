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
        Case((["B-LOC", "I-LOC", "B-LOC", "I-LOC", "I-LOC"],), "two names of a class, end to end"),
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
    any_tag: bool = False,
) -> list[tuple[int, int, str]]:
    """Tags to names with one thing done another way."""
    found, start, kind = [], None, ""
    for i, tag in enumerate(tags if last else [*tags, "O"]):
        place, _, new = tag.partition("-")
        goes_on = place == "I" or (merge and place == "B")
        alike = new == kind or any_tag or (same and place == "I")
        if start is not None and not (goes_on and alike):
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
            "a name for each tag",
            "Every tag became a name of its own. A B and the I of the same class behind it are one name.",
            lambda tags: [(i, i + 1, t[2:]) for i, t in enumerate(tags) if t != "O"],
        ),
        Mistake(
            "no class",
            "The class is missing: each name is (start, end, class).",
            lambda tags: [span[:2] for span in _with(tags)],
        ),
        Mistake(
            "class in front",
            "The parts of each name are in another order: (start, end, class).",
            lambda tags: [(kind, start, end) for start, end, kind in _with(tags)],
        ),
        Mistake(
            "length for end",
            "The second number is how many tokens a name has. Give the place where it ends, start plus "
            "that.",
            lambda tags: [(start, end - start, kind) for start, end, kind in _with(tags)],
        ),
        Mistake(
            "end one too large",
            "The end is one too large: it is the place right behind the last token, where the next tag "
            "is.",
            lambda tags: _with(tags, ends=1),
        ),
        Mistake(
            "start one too large",
            "The start is one too large: a name starts at its B, or at the I that begins it.",
            lambda tags: _with(tags, first=1),
        ),
        Mistake(
            "first name only",
            "Only the first name is there. Is the `return` inside the loop?",
            lambda tags: _with(tags)[:1],
        ),
        Mistake(
            "last name only",
            "Only the last name is there. Make the list before the loop, and append to it inside.",
            lambda tags: _with(tags)[-1:],
        ),
        Mistake(
            "sorted by class",
            "The names are gathered class by class. Give them in the order of the sentence.",
            lambda tags: sorted(_with(tags), key=lambda span: span[2]),
        ),
        Mistake(
            "closed at O only",
            "A name is closed at an O only. A B closes it too, and so does an I of another class.",
            lambda tags: _with(tags, same=True, merge=True, any_tag=True),
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
