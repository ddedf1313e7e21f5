"""Dates, times, amounts and numbers in English and in French, pair by pair."""

from __future__ import annotations

from dataclasses import dataclass

from workshop.core.data import PARTS, Parts, members

KINDS = ("date", "time", "date and time", "number", "place", "amount", "from now")


@dataclass(frozen=True)
class Phrases:
    """N phrases in two languages, in lower case, and of what kind each is, one of KINDS."""

    english: tuple[str, ...]
    french: tuple[str, ...]
    kinds: tuple[str, ...]

    def __len__(self) -> int:
        """The number of pairs N."""
        return len(self.kinds)

    def __add__(self, other: Phrases) -> Phrases:
        """These pairs, then the others."""
        return Phrases(
            self.english + other.english, self.french + other.french, self.kinds + other.kinds
        )


def phrases() -> Parts[Phrases]:
    """8,000 pairs, 6,500 / 500 / 1,000: 'tuesday, march 5, 2024' is 'mardi 5 mars 2024'.

    Each phrase has exactly one translation, both ways; none is in two parts, in either language.

    Raises:
        DataError: their file is missing or damaged.

    Source: Unicode's CLDR by way of Babel; numbers in words as num2words spells them, compared with
    the rules of French spelling (data/build/french.py).
    """
    files = members("phrases.zip")

    def part(name: str) -> Phrases:
        rows = [line.split("\t") for line in files[f"{name}.tsv"].decode().splitlines()]
        kinds, english, french = zip(*rows, strict=True)
        return Phrases(english, french, kinds)

    return Parts(*map(part, PARTS))
