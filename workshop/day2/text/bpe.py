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

import torch

from workshop.core.data import reviews
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings, setting
from workshop.day2.text import pipeline

Pair = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the pieces of words."""

    merges: int = setting(1000, at_least=0, help="how many pairs are joined into new tokens")


def split_text(text: str) -> list[str]:
    """Words with the space before them; joined, they are the text again."""
    return re.findall(r" ?\S+|\s", text)


def merge_pair(ids: list[int], pair: tuple[int, int], new: int) -> list[int]:
    """The ids with every neighbouring `pair` replaced by the one id `new`, from left to right."""
    out, i = [], 0
    while i < len(ids):
        if i + 1 < len(ids) and (ids[i], ids[i + 1]) == tuple(pair):
            out.append(new)
            i += 2
        else:
            out.append(ids[i])
            i += 1
    return out


def learn_merges(texts: Iterable[str], number: int) -> list[Pair]:
    """The pairs to join, the first one first; pair n becomes the token 256 + n.

    Of pairs that are equally frequent the one with the lowest ids comes first. Stops early where no
    pair occurs twice.
    """
    counts = Counter(piece for text in texts for piece in split_text(text))
    words = [list(to_bytes(piece)) for piece in counts]
    often = list(counts.values())
    pairs: Counter[Pair] = Counter()
    where: dict[Pair, set[int]] = defaultdict(set)  # in which words a pair is
    for i, word in enumerate(words):
        for pair in pairwise(word):
            pairs[pair] += often[i]
            where[pair].add(i)
    merges: list[Pair] = []
    while len(merges) < number:
        top = max(pairs.values(), default=0)
        if top < 2:
            break
        best = min(pair for pair, count in pairs.items() if count == top)
        new = 256 + len(merges)
        merges.append(best)
        for i in where.pop(best):  # only words with that pair change
            for pair in pairwise(words[i]):
                pairs[pair] -= often[i]
            words[i] = merge_pair(words[i], best, new)
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
        self.new = {pair: 256 + i for i, pair in enumerate(merges)}
        self.tokens = [bytes([b]) for b in range(256)]
        for left, right in merges:
            self.tokens.append(self.tokens[left] + self.tokens[right])
        self._known: dict[str, list[int]] = {}

    def encode(self, text: str) -> list[int]:
        """Text to ids; an empty text has none."""
        return [i for piece in split_text(text) for i in self._ids(piece)]

    def tokenize(self, text: str) -> list[str]:
        """The pieces as they are read; part of a character shows as a replacement character."""
        return [self.tokens[i].decode("utf-8", "replace") for i in self.encode(text)]

    def decode(self, ids: Iterable[int]) -> str:
        """Ids to text; bytes that are no characters become replacement characters."""
        content = b"".join(self.tokens[i] for i in ids)
        try:
            return content.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            return content.decode("utf-8", "replace")

    def _ids(self, piece: str) -> list[int]:
        if piece not in self._known:
            ids = list(to_bytes(piece))
            # Join what was learned first, first.
            while new := min((self.new[p] for p in pairwise(ids) if p in self.new), default=0):
                pair = next(p for p in pairwise(ids) if self.new.get(p) == new)
                ids = merge_pair(ids, pair, new)
            self._known[piece] = ids
        return self._known[piece]


def run(config: Config, *, seed: int, device: torch.device, progress: bool) -> Result:
    """Can a validation sentence be written without <unk>? In pieces, and in whole words."""
    parts = reviews()
    pieces = BytePairs(learn_merges(parts.train.texts, config.merges))
    words = pipeline.build_vocabulary(map(pipeline.tokenize, parts.train.texts))
    texts = parts.validation.texts
    back = sum(pieces.decode(pieces.encode(text)) == text for text in texts)
    known = sum(all(token in words for token in pipeline.tokenize(text)) for text in texts)
    return Result(
        (
            Measured.count("pieces_round_trip", back, len(texts)),
            Measured.count("words_known", known, len(texts)),
        )
    )
