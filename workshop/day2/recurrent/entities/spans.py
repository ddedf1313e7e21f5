"""From tags to names and back, and how well found names agree with those that are there.

B begins a name, I goes on with it, O is outside. A name is found only if its first token, its last
token and its class are right: one token too many is one name missed and one found that is not there.
Conventions are those of the CoNLL shared tasks (Tjong Kim Sang, De Meulder: Introduction to the CoNLL-2003
Shared Task, 2003): an I that cannot go on with what stands before it begins a name of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

Span = tuple[int, int, str]


def spans_of(tags: list[str]) -> list[tuple[int, int, str]]:
    """The names in a sentence, (start, end, class) with end exclusive, in their order.

    Args:
        tags: 'O', or 'B-' or 'I-' and a class, one for each token; may be empty.
    """
    spans, start, kind = [], 0, ""  # no name is open while kind is ""
    for i, tag in enumerate([*tags, "O"]):  # one O more: a name may last to the end
        place, _, new = tag.partition("-")
        if kind and (place != "I" or new != kind):
            spans.append((start, i, kind))
            kind = ""
        if not kind and place != "O":
            start, kind = i, new
    return spans


class Counts(NamedTuple):
    """How many names are right, how many were found, how many there are."""

    right: int = 0
    found: int = 0
    wanted: int = 0

    @property
    def precision(self) -> float:
        """The share of found names that are right; 0 where none was found."""
        return self.right / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        """The share of the names that were found; 0 where there are none."""
        return self.right / self.wanted if self.wanted else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall, 2 right / (found + wanted); 0 for 0 / 0."""
        return 2 * self.right / max(1, self.found + self.wanted)


def count_spans(
    wanted: Sequence[Sequence[Span]], found: Sequence[Sequence[Span]], kind: str = ""
) -> Counts:
    """Compare the names of each sentence, all classes together or only `kind`. Exact counts.

    Raises:
        ValueError: not as many sentences on both sides.
    """
    if len(wanted) != len(found):
        raise ValueError(f"got {len(found)} sentences, expected {len(wanted)}")
    right = total_found = total_wanted = 0
    for there, here in zip(wanted, found, strict=True):
        a, b = ({span for span in side if kind in ("", span[2])} for side in (there, here))
        right, total_found, total_wanted = (
            right + len(a & b),
            total_found + len(b),
            total_wanted + len(a),
        )
    return Counts(right, total_found, total_wanted)
