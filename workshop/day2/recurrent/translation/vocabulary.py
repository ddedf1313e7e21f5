"""From phrases to padded batches of ids for a translator, and from ids back to a phrase.

A token is a word, a number or a sign: 'march 5, 2024' is march | 5 | , | 2024. Shapes: B pairs, T
tokens of a source, U tokens of a target with its end; id 0 is padding.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader

from workshop.core.checks import expect
from workshop.day2.recurrent.translation.phrases import Phrases
from workshop.day2.text.pipeline import BucketBatchSampler, build_vocabulary, encode

DIRECTIONS = {"en-fr": ("english", "french"), "fr-en": ("french", "english")}
PAD_ID, UNK_ID, SOS_ID, EOS_ID = range(4)  # of pipeline.SPECIALS, which come first
LONGEST = 40  # tokens of a phrase; those in the data have 18 at most


class PhraseError(ValueError):
    """A phrase that cannot be translated; the message says why and what could be."""


def tokenize(text: str) -> list[str]:
    """Words, numbers and signs, in lower case; white space only separates them."""
    composed = unicodedata.normalize("NFC", text).lower()
    return re.findall(r"[^\W\d_]+|\d+|[^\w\s]|_", composed)


def join(tokens: Sequence[str], language: str) -> str:
    """The phrase that `tokenize` takes apart into these, with spaces as the language has them."""
    text = re.sub(r" ?([-:.]) ?", r"\1", " ".join(tokens)).replace(" ,", ",")
    if language == "french":  # a decimal comma, and 1er
        text = re.sub(r"(?<=\d), (?=\d)", ",", text).replace("1 er ", "1er ")
    return text


@dataclass(frozen=True)
class Dictionary:
    """The words that a translator knows in each language; those of its training phrases."""

    direction: str
    source: Mapping[str, int]
    target: Mapping[str, int]

    @classmethod
    def of(cls, phrases: Phrases, direction: str = "en-fr") -> Dictionary:
        """The tokens of these phrases; direction is 'en-fr' or 'fr-en'."""
        expect(direction in DIRECTIONS, "direction", repr(direction), "'en-fr' or 'fr-en'")
        sides = (getattr(phrases, language) for language in DIRECTIONS[direction])
        return cls(direction, *(build_vocabulary(map(tokenize, side)) for side in sides))

    def sides(self, phrases: Phrases) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The phrases to translate, and their translations."""
        first, second = DIRECTIONS[self.direction]
        return getattr(phrases, first), getattr(phrases, second)

    def read(self, text: str) -> list[int]:
        """The ids of a phrase's tokens.

        Raises:
            PhraseError: nothing in it, too much in it, or a token that no training phrase had.
        """
        if not isinstance(text, str):
            raise PhraseError(f"got {text!r}, expected a phrase such as 'march 5, 2024'")
        tokens, language = tokenize(text), DIRECTIONS[self.direction][0].title()
        if not 0 < len(tokens) <= LONGEST:
            raise PhraseError(
                f"got a phrase of {len(tokens):,} words and signs, expected 1 to {LONGEST}"
            )
        if unknown := [token for token in dict.fromkeys(tokens) if token not in self.source]:
            listed = ", ".join(map(repr, unknown[:5])) + ", ..." * (len(unknown) > 5)
            words = [word for word in self.source if word.isalpha()]
            near = difflib.get_close_matches(unknown[0], words, n=1, cutoff=0.6)
            raise PhraseError(
                f"no training phrase had {listed}."
                + (f" Did you mean {near[0]!r}?" if near else "")
                + f" Known are the {language} names of days, months and units, numbers in words "
                f"below a million, 0 to 99 and the years 1900 to 2099 in digits."
            )
        return encode(tokens, self.source)

    def write(self, ids: Sequence[int]) -> str:
        """The phrase that these ids of the target language stand for."""
        words = list(self.target)
        return join([words[i] for i in ids], DIRECTIONS[self.direction][1])


def padded(rows: Sequence[Sequence[int]]) -> Tensor:
    """Ids of B phrases as one table (B, T), zeros at the end of the shorter ones."""
    return pad_sequence([torch.as_tensor(row, dtype=torch.long) for row in rows], batch_first=True)


def batch_of(pairs: Sequence[tuple[Sequence[int], Sequence[int]]]) -> tuple[Tensor, ...]:
    """Ids of pairs -> source (B, T), what the decoder is given (B, U), what it has to say (B, U).

    Teacher forcing: at each step the decoder is given the right word of the step before, first <sos>,
    and has to say the next one, at last <eos>.
    """
    sources, targets = zip(*pairs, strict=True)
    given = [[SOS_ID, *ids] for ids in targets]
    wanted = [[*ids, EOS_ID] for ids in targets]
    return padded(sources), padded(given), padded(wanted)


def ids_of(
    dictionary: Dictionary, phrases: Phrases, *, shuffle_seed: int | None = None
) -> list[tuple[list[int], list[int]]]:
    """The ids of each pair; with a `shuffle_seed`, targets have the sources of other pairs."""
    sources, targets = dictionary.sides(phrases)
    if shuffle_seed is not None:
        g = torch.Generator().manual_seed(shuffle_seed)
        sources = tuple(sources[i] for i in torch.randperm(len(sources), generator=g).tolist())
    return [
        (encode(tokenize(a), dictionary.source), encode(tokenize(b), dictionary.target))
        for a, b in zip(sources, targets, strict=True)
    ]


def loader(pairs: Any, *, batch_size: int, seed: int = 0) -> DataLoader:
    """A DataLoader over pairs, as `ids_of` gives them, for `train_epochs`: (source, given, wanted)."""
    expect(len(pairs) > 0, "pairs", "none", "one or more")
    lengths = [100 * len(source) + len(target) for source, target in pairs]
    batches = BucketBatchSampler(lengths, batch_size, seed=seed, pool=20)
    return DataLoader(pairs, batch_sampler=batches, collate_fn=batch_of)
