"""Sentences of Wikipedia with the names in them marked: PER, ORG, LOC, MISC, as BIO tags.

The labels to learn from are silver: another program's, errors and all. Those to test on are gold: read
and corrected one by one (data/entities/RULES.md says how and by whom).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import NamedTuple

from workshop.core.data import PARTS, Parts, arrays_of, lines_of

CLASSES = ("PER", "ORG", "LOC", "MISC")
# B begins a name, I goes on with it, O is outside of all.
TAGS = ("O", *(f"{place}-{name}" for name in CLASSES for place in "BI"))

_LETTER = r"[^\W\d_][\u0300-\u036f]*"
_TOKEN = re.compile(
    rf"""(?:{_LETTER}\.){{2,}}                      # U.S.
    | (?<!\w)[A-Z]\.(?=\s+[A-Z])                    # the J. of J. Robert Oppenheimer
    | \b(?:St|Mr|Mrs|Ms|Dr|Jr|Sr|Mt|No|vs|c|ca)\.   # St. Louis
    | \d+(?:[.,:]\d+)*(?:st|nd|rd|th|s)?\b          # 1,300 or 19th or 1960s
    | ['\u2019]s\b                                  # Achilles 's
    | (?:{_LETTER}|\d)+(?:[-'\u2019](?!s\b)(?:{_LETTER}|\d)+)*   # words, with what joins their parts
    | [^\W_] | \S                                   # any other sign, by itself
    """,
    re.VERBOSE,
)


class Sentence(NamedTuple):
    """A sentence: its tokens, a tag of TAGS for each, and the article that it is from."""

    tokens: tuple[str, ...]
    tags: tuple[str, ...]
    article: str


@dataclass(frozen=True, eq=False)
class EntityParts(Parts[tuple[Sentence, ...]]):
    """No article is in two of the parts. `test_silver` has the test's sentences in silver."""

    test_silver: tuple[Sentence, ...] = field(kw_only=True)


def token_places(text: str) -> list[tuple[int, int]]:
    """Where each token begins and ends in a text, which must be in Unicode's composed form."""
    return [match.span() for match in _TOKEN.finditer(text)]


def cased_tokens(text: str) -> list[str]:
    """The tokens of a text, capitals and punctuation kept: names are written with capitals."""
    text = unicodedata.normalize("NFC", text)
    return [text[start:end] for start, end in token_places(text)]


def entities() -> EntityParts:
    """Sentences of Wikipedia's articles in their order, with tags: silver, silver, gold.

    Raises:
        DataError: the file is missing or damaged.

    Source: English Wikipedia of May 2016, CC BY-SA 3.0, by the authors of the articles.
    """
    columns = [f"{part}_{column}" for part in PARTS for column in ("text", "tags", "article")]
    arrays = arrays_of("entities.npz", [*columns, "test_silver", "articles"])

    titles = [line.partition("\t")[0] for line in lines_of(arrays["articles"])]

    def part(name: str, tags: str) -> tuple[Sentence, ...]:
        found, at = [], 0
        texts, articles = lines_of(arrays[f"{name}_text"]), arrays[f"{name}_article"]
        for line, article in zip(texts, articles, strict=True):
            tokens = tuple(line.split(" "))
            ids = arrays[tags][at : at + len(tokens)]
            found.append(Sentence(tokens, tuple(TAGS[i] for i in ids), titles[article]))
            at += len(tokens)
        return tuple(found)

    parts = (part(name, f"{name}_tags") for name in PARTS)
    return EntityParts(*parts, test_silver=part("test", "test_silver"))
