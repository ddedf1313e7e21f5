"""A network that gives every token a tag: GloVe's vectors and how words are written, read both ways.

    a<t> from the left, a'<t> from the right;    logits<t> = W [a<t>, a'<t>] + b

Shapes: B sentences, T tokens, 4 features of a token (ids of its word, shape, prefix, suffix), C tags.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from workshop.core.data import word_vectors
from workshop.day2.recurrent.cell import read_packed
from workshop.day2.recurrent.entities.data import TAGS, Sentence, cased_tokens

PAD, UNKNOWN = 0, 1
BUCKETS = 2000  # beginnings and ends of words share this many rows
SHAPES = ("small", "Capital", "CAPITALS", "miXed", "number", "sign", "with a number", "with a dot")


def shape_of(token: str) -> int:
    """How a token is written, as a place in SHAPES."""
    if any(map(str.isdigit, token)):
        return 6 if any(map(str.isalpha, token)) else 4
    if not any(map(str.isalpha, token)):
        return 5
    if "." in token:
        return 7
    if token.islower():
        return 0
    if token.isupper() and len(token) > 1:
        return 2
    return 1 if token[0].isupper() and token[1:].lower() == token[1:] else 3


def bucket(text: str) -> int:
    """A row for any text, always the same one; others may share it. 0 is for padding."""
    return 1 + zlib.crc32(text.encode("utf-8", "surrogatepass")) % (BUCKETS - 1)


def features(sentences: Sequence[Sequence[str]], rows: dict[str, int]) -> Tensor:
    """Tokens of B sentences -> (B, T, 4): row of the word, shape, beginning, end; 0 is padding.

    T is the length of the longest sentence, at least 1. A sentence may be empty.

    Raises:
        ValueError: there are no sentences, or a text stands where its tokens should be.
    """
    if not len(sentences) or any(isinstance(tokens, str) for tokens in sentences):
        raise ValueError(
            f"got {sentences!r:.60}, expected a list of sentences, each a list of tokens"
        )
    longest = max(1, *map(len, sentences))
    table = [[(PAD,) * 4] * longest for _ in sentences]
    for i, tokens in enumerate(sentences):
        for t, token in enumerate(tokens):
            small = token.lower()
            row = rows.get(small) or rows.get(small.rpartition("-")[2], UNKNOWN)
            shape = 1 + shape_of(token) + (len(SHAPES) if t == 0 else 0)  # the first has a capital
            ends = bucket("^" + small[:3]), bucket(small[-3:] + "$")
            table[i][t] = (row, shape, *ends)
    return torch.tensor(table)


class Tagger(nn.Module):
    """x (B, T, 4) of `features` -> logits (B, T, C)."""

    def __init__(
        self, vectors: Tensor, hidden: int = 64, dropout: float = 0.4, *, context: bool = True
    ) -> None:
        """GloVe's `vectors` are frozen. Without context, a linear layer in place of the GRU."""
        super().__init__()
        extra = torch.zeros(2, vectors.shape[1])  # padding, unknown
        self.words = nn.Embedding.from_pretrained(torch.cat([extra, vectors]), freeze=True)
        self.shapes = nn.Embedding(1 + 2 * len(SHAPES), 8, padding_idx=PAD)
        self.ends = nn.Embedding(BUCKETS, 16, padding_idx=PAD)
        self.dropout = nn.Dropout(dropout)
        size = vectors.shape[1] + 8 + 16 + 16
        self.hidden: nn.GRU | nn.Linear = (
            nn.GRU(size, hidden, batch_first=True, bidirectional=True)
            if context
            else nn.Linear(size, 2 * hidden)
        )
        self.linear = nn.Linear(2 * hidden, len(TAGS))

    def forward(self, x: Tensor) -> Tensor:
        """Look up, read in both directions, weigh."""
        word, shape, begin, end = x.unbind(dim=2)
        parts = (self.words(word), self.shapes(shape), self.ends(begin), self.ends(end))
        inputs = self.dropout(torch.cat(parts, dim=2))  # (B, T, D)
        if isinstance(self.hidden, nn.Linear):
            states = torch.tanh(self.hidden(inputs))
        else:
            states, _ = read_packed(self.hidden, inputs, (word != PAD).sum(dim=1))
        return self.linear(self.dropout(states))


def tag_loss(logits: Tensor, y: Tensor) -> Tensor:
    """Cross-entropy over the real tokens: logits (B, T, C), y (B, T) with -100 at padding.

    A batch without any real token has a loss of 0, not 0 / 0.
    """
    if not (y != -100).any():
        return logits.sum() * 0
    return nn.functional.cross_entropy(logits.flatten(0, 1), y.flatten(), ignore_index=-100)


class Reader:
    """A tagger with the table of words that it needs: takes tokens, gives tags."""

    def __init__(self, hidden: int = 64, dropout: float = 0.4, *, context: bool = True) -> None:
        """Not trained yet."""
        words, vectors = word_vectors()
        self.rows = {word: i for i, word in enumerate(words, start=2)}
        self.model = Tagger(vectors, hidden, dropout, context=context)

    def examples(self, sentences: Sequence[Sentence]) -> tuple[Tensor, Tensor]:
        """x (N, T, 4) and y (N, T), -100 at padding: what `fit` takes."""
        x = features([sentence.tokens for sentence in sentences], self.rows)
        y = torch.full(x.shape[:2], -100)
        for row, sentence in zip(y, sentences, strict=True):
            row[: len(sentence.tags)] = torch.tensor([TAGS.index(tag) for tag in sentence.tags])
        return x, y

    @torch.no_grad()
    def tag(self, sentences: Sequence[Sequence[str]]) -> list[list[str]]:
        """The most probable tag of each token."""
        self.model.eval()
        device = self.model.linear.weight.device
        best = []
        for start in range(0, len(sentences), 64):
            x = features(sentences[start : start + 64], self.rows).to(device)
            best += self.model(x).argmax(dim=2).tolist()
        return [
            [TAGS[i] for i in row[: len(tokens)]]
            for row, tokens in zip(best, sentences, strict=True)
        ]

    def read(self, text: str) -> tuple[list[str], list[str]]:
        """A text -> its tokens and their tags."""
        tokens = cased_tokens(text)
        return tokens, self.tag([tokens])[0]
