"""From a string to numbers, step by step: tokens, ids, one-hot rows or vectors, a padded batch.

Shapes: T tokens of a sentence, B sentences in a batch, V words in the vocabulary, D the
embedding size.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import torch
from torch import Tensor
from torch.utils.data import Sampler

PAD, UNK, SOS, EOS = SPECIALS = ("<pad>", "<unk>", "<sos>", "<eos>")

# The book's example (eq-2.7 to eq-2.9). Its ids begin at 1.
SENTENCE = "The movie was terrible! terrible!"
BOOK_VOCABULARY = {"movie": 1, "was": 2, "the": 3, "terrible": 4}
BOOK_IDS = [3, 1, 2, 4, 4]
# A row for each word of the vocabulary, (V, D): looked up, they give the rows of eq-2.9.
BOOK_VECTORS = torch.tensor([[0.4, 0.0, 0.2], [0.1, 1.0, 0.3], [0.0, 0.0, 1.0], [0.3, 0.3, 1.0]])

# Letters, digits and the marks that combine with them; an apostrophe only between them.
_LETTER = r"[^\W_][\u0300-\u036f]*"
_WORD = re.compile(rf"(?:{_LETTER})+(?:['\u2019](?:{_LETTER})+)*")


def tokenize(text: str) -> list[str]:
    """The words of a text, in lower case; punctuation, emoji and white space only separate them (eq-2.7).

    A letter and its accent are one, however they were typed: the text is brought into Unicode's
    composed form first.
    """
    return _WORD.findall(unicodedata.normalize("NFC", text).lower())


def build_vocabulary(
    texts: Iterable[Sequence[str]], *, least: int = 1, specials: Sequence[str] = SPECIALS
) -> dict[str, int]:
    """Tokens to ids, from 0 on: the special ones first, then all seen `least` times, most frequent first.

    Args:
        texts: of each text its tokens. Of training texts only: a vocabulary is part of the model.
        least: how often a token must occur to get an id of its own.
        specials: tokens that stand for no word (book 2.5.5).
    """
    counts = Counter(token for tokens in texts for token in tokens)
    frequent = sorted(
        (token for token, count in counts.items() if count >= least and token not in specials),
        key=lambda token: (-counts[token], token),
    )
    return {token: i for i, token in enumerate([*specials, *frequent])}


def encode(tokens: Sequence[str], vocabulary: Mapping[str, int]) -> list[int]:
    """The id of each token; of one that is not in the vocabulary, the id of <unk>.

    Raises:
        KeyError: a token is unknown and the vocabulary has no <unk>.
    """
    if UNK in vocabulary:
        return [vocabulary.get(token, vocabulary[UNK]) for token in tokens]
    for token in tokens:
        if token not in vocabulary:
            raise KeyError(
                f"got the token {token!r}, expected one of the vocabulary, or {UNK} in it"
            )
    return [vocabulary[token] for token in tokens]


def with_ends(ids: Sequence[int], vocabulary: Mapping[str, int]) -> list[int]:
    """The ids between the id of <sos> and that of <eos>."""
    return [vocabulary[SOS], *ids, vocabulary[EOS]]


def one_hot(ids: Tensor, size: int) -> Tensor:
    """A row of zeros with a single 1 for each id: (T,) -> (T, size), float32 (eq-2.8, transposed).

    Raises:
        ValueError: an id is below 0, or is not below `size`.
    """
    if len(ids) and not 0 <= int(ids.min()) <= int(ids.max()) < size:
        raise ValueError(f"ids: got {int(ids.min())} to {int(ids.max())}, expected 0 to {size - 1}")
    return (ids[:, None] == torch.arange(size, device=ids.device)).float()


def pad(sequences: list[list[int]], length: int, value: int) -> Tensor:
    """Ids of B sentences as one table (B, length): longer ones are cut, shorter ones filled up.

    Args:
        sequences: ids, one list for each sentence; a list may be empty.
        length: columns of the table.
        value: the id of <pad>.
    """
    rows = [ids[:length] + [value] * (length - len(ids)) for ids in sequences]
    return torch.tensor(rows, dtype=torch.long).reshape(len(rows), length)


def masked_mean(vectors: Tensor, mask: Tensor) -> Tensor:
    """The mean of the real tokens' vectors: (B, T, D), mask (B, T) True at them -> (B, D).

    A sentence without any gets zeros, never 0 / 0.
    """
    weights = mask.to(vectors.dtype)
    total = (vectors * weights[:, :, None]).sum(dim=1)
    return total / weights.sum(dim=1, keepdim=True).clamp(min=1)


def batch_of(
    texts: Sequence[str], vocabulary: Mapping[str, int], *, longest: int = 60
) -> tuple[Tensor, Tensor]:
    """The whole way: texts -> ids (B, T) and mask (B, T), True at real tokens.

    T is the length of the longest text, but at most `longest` and at least 1.

    Raises:
        ValueError: there are no texts.
    """
    if isinstance(texts, str) or not texts:
        raise ValueError(f"texts: got {texts!r}, expected a list of at least one string")
    ids = [encode(tokenize(text), vocabulary) for text in texts]
    table = pad(ids, min(longest, max(1, *map(len, ids))), vocabulary[PAD])
    return table, table != vocabulary[PAD]


class BucketBatchSampler(Sampler):
    """Batches of sequences of about the same length, so that little is padded; random anew each pass."""

    def __init__(
        self, lengths: Sequence[int], batch_size: int, *, seed: int, pool: int | None = None
    ) -> None:
        """lengths: of all N sequences; pool: how many batches are sorted together, None for all."""
        self.lengths, self.batch_size = torch.as_tensor(lengths), batch_size
        self.pool_size = len(lengths) if pool is None else pool * batch_size
        self.order = torch.Generator().manual_seed(seed)

    def __len__(self) -> int:
        """Batches of a pass."""
        return -(-len(self.lengths) // self.batch_size)

    def __iter__(self) -> Iterator[list[int]]:
        """Shuffle, cut into pools, sort each by length, cut into batches, shuffle these."""
        shuffled = torch.randperm(len(self.lengths), generator=self.order)
        batches = [
            batch
            for pool in shuffled.split(self.pool_size)
            for batch in pool[self.lengths[pool].argsort(stable=True)].split(self.batch_size)
        ]
        for i in torch.randperm(len(batches), generator=self.order).tolist():
            yield batches[i].tolist()
