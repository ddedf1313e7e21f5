"""Pieces of words: byte pair encoding (BPE), which needs no token for unknown words.

Begin with single bytes, then join the pair of neighbours that occurs most often into a new token; do it
again and again. Frequent words become one token, rare ones stay in pieces, and whatever is typed can be
written with the 256 bytes. Source: Sennrich, Haddow, Birch: Neural Machine Translation of Rare Words with
Subword Units, 2016; on bytes as in GPT-2 (Radford and others, 2019).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from workshop.core.data import reviews
from workshop.core.lesson import Measured, check_settings, setting
from workshop.day2.text import pipeline

Pair = tuple[bytes, bytes]


@dataclass(frozen=True, kw_only=True)
class Config:
    """Settings of the pieces of words."""

    merges: int = setting(1000, at_least=0, help="how many pairs are joined into new tokens")

    def __post_init__(self) -> None:
        """Refuse settings out of range."""
        check_settings(self)


def split_text(text: str) -> list[str]:
    """Words with the space before them; joined, they are the text again."""
    return re.findall(r" ?\S+|\s", text)


def merge_pair(tokens: list, pair: tuple) -> list:
    """The tokens with every neighbouring `pair` joined into one, from left to right."""
    out, i = [], 0
    while i < len(tokens):
        if i + 1 < len(tokens) and (tokens[i], tokens[i + 1]) == tuple(pair):
            out.append(tokens[i] + tokens[i + 1])
            i += 2
        else:
            out.append(tokens[i])
            i += 1
    return out


def learn_merges(texts: Iterable[str], number: int) -> list[Pair]:
    """The pairs to join, the first one first; of equally frequent pairs the least in byte order.

    Stops early where no pair occurs twice.
    """
    counts = Counter(piece for text in texts for piece in split_text(text))
    words = [[bytes([b]) for b in to_bytes(piece)] for piece in counts]
    often, pairs = list(counts.values()), Counter()
    where: dict[Pair, set[int]] = defaultdict(set)  # in which words a pair is
    for i, word in enumerate(words):
        for pair in pairwise(word):
            pairs[pair] += often[i]
            where[pair].add(i)
    merges: list[Pair] = []
    while len(merges) < number and pairs:
        top = max(pairs.values())
        if top < 2:
            break
        best = min(pair for pair, count in pairs.items() if count == top)
        merges.append(best)
        for i in where.pop(best):  # only words with that pair change
            for pair in pairwise(words[i]):
                pairs[pair] -= often[i]
            words[i] = merge_pair(words[i], best)
            for pair in pairwise(words[i]):
                pairs[pair] += often[i]
                where[pair].add(i)
        del pairs[best]
    return merges


def to_bytes(text: str) -> bytes:
    """UTF-8, also of half of a surrogate pair, which is no character by itself."""
    return text.encode("utf-8", "surrogatepass")


class BytePairs:
    """A tokenizer of pieces of words: the 256 bytes, then a token for each merge."""

    def __init__(self, merges: Sequence[Pair]) -> None:
        """Take the merges in the order in which they were learned."""
        self.rank = {pair: i for i, pair in enumerate(merges)}
        self.tokens = [bytes([b]) for b in range(256)] + [a + b for a, b in merges]
        self.ids: dict[bytes, int] = {}
        for i, token in enumerate(self.tokens):
            self.ids.setdefault(token, i)  # two merges may give the same bytes
        self._known: dict[str, list[bytes]] = {}

    def tokenize(self, text: str) -> list[bytes]:
        """Text to tokens; joined, they are its bytes."""
        return [token for piece in split_text(text) for token in self._pieces(piece)]

    def encode(self, text: str) -> list[int]:
        """Text to ids."""
        return [self.ids[token] for token in self.tokenize(text)]

    def decode(self, ids: Iterable[int]) -> str:
        """Ids to text; bytes that are no characters become replacement characters."""
        content = b"".join(self.tokens[i] for i in ids)
        try:
            return content.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            return content.decode("utf-8", "replace")

    def _pieces(self, piece: str) -> list[bytes]:
        if piece not in self._known:
            tokens = [bytes([b]) for b in to_bytes(piece)]
            while known := [pair for pair in pairwise(tokens) if pair in self.rank]:
                tokens = merge_pair(tokens, min(known, key=self.rank.__getitem__))
            self._known[piece] = tokens
        return self._known[piece]


def run(config: Config) -> tuple[list[Measured], dict]:
    """Can a validation sentence be written without <unk>? In pieces, and in whole words."""
    parts = reviews()
    pieces = BytePairs(learn_merges(parts.train.texts, config.merges))
    words = pipeline.build_vocabulary(map(pipeline.tokenize, parts.train.texts))
    texts = parts.validation.texts
    back = sum(pieces.decode(pieces.encode(text)) == text for text in texts)
    known = sum(all(token in words for token in pipeline.tokenize(text)) for text in texts)
    return [
        Measured.count("pieces_round_trip", back, len(texts)),
        Measured.count("words_known", known, len(texts)),
    ], {}
