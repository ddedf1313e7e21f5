"""The baseline: n-grams, smoothed counts of which token follows which.

    P_n(w | h) = (count(h w) + k_n P_n-1(w | shorter h)) / (count(h) + k_n)

h: the n - 1 tokens before; n = 1 looks at none (unigram), n = 2 at one (bigram). Below that, all V
tokens are as likely. Each k is chosen on validation tunes. Source: MacKay, Peto: A Hierarchical
Dirichlet Language Model, 1995.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
import torch

from workshop.core.checks import expect

STRENGTHS = (1, 2, 4, 8, 16, 32, 64, 128)


class Ngram:
    """Counts of runs of up to `order` tokens, and a strength of smoothing for each length."""

    def __init__(self, rows: Iterable[Sequence[int]], order: int, size: int) -> None:
        """Count in tunes of ids, each from <sos> to <eos>; size: the number of tokens V."""
        expect(order >= 1, "order", order, "1 (unigram) or more")
        self.size, self.strengths = size, [1.0] * order
        self.counts: list[dict[tuple[int, ...], Counter[int]]]
        self.counts = [defaultdict(Counter) for _ in range(order)]
        for row in rows:
            for i in range(1, len(row)):
                for n in range(min(order, i + 1)):
                    self.counts[n][tuple(row[i - n : i])][row[i]] += 1

    def probability(self, history: Sequence[int], token: int, order: int | None = None) -> float:
        """P(token | history); order: use only runs up to this length."""
        p = 1 / self.size
        for n in range(min(order or len(self.counts), len(history) + 1)):
            seen = self.counts[n].get(tuple(history[len(history) - n :]), Counter())
            k = self.strengths[n]
            p = (seen.get(token, 0) + k * p) / (sum(seen.values()) + k)
        return p

    def distribution(self, history: Sequence[int]) -> np.ndarray:
        """P(every token | history), (V,)."""
        p = np.full(self.size, 1 / self.size)
        for n in range(min(len(self.counts), len(history) + 1)):
            seen = self.counts[n].get(tuple(history[len(history) - n :]), Counter())
            p *= self.strengths[n]
            for token, count in seen.items():
                p[token] += count
            p /= sum(seen.values()) + self.strengths[n]
        return p

    def perplexity(self, rows: Iterable[Sequence[int]], order: int | None = None) -> float:
        """exp of the mean of -log P over all tokens behind <sos>."""
        losses = [
            -math.log(self.probability(row[max(0, i - len(self.counts)) : i], row[i], order))
            for row in rows
            for i in range(1, len(row))
        ]
        expect(len(losses) > 0, "rows", "no token", "one tune or more")
        return math.exp(sum(losses) / len(losses))

    def choose_strengths(self, rows: Sequence[Sequence[int]]) -> None:
        """Choose each strength, the shortest run's first, by the perplexity on validation tunes."""
        for n in range(len(self.counts)):
            scores = {}
            for self.strengths[n] in STRENGTHS:
                scores[self.perplexity(rows, n + 1)] = self.strengths[n]
            self.strengths[n] = scores[min(scores)]

    def sample(self, start: Sequence[int], end: int, *, limit: int, seed: int) -> list[int]:
        """Draw token after token from P until `end`, or until there are `limit` tokens."""
        draws, ids = torch.Generator().manual_seed(seed), list(start)
        while ids[-1] != end and len(ids) < limit:
            p = self.distribution(ids[-len(self.counts) :])
            u = torch.rand((), generator=draws).item()
            ids.append(min(int(np.searchsorted(p.cumsum(), u, side="right")), self.size - 1))
        return ids


def fitted(
    train: Sequence[Sequence[int]], validation: Sequence[Sequence[int]], order: int, size: int
) -> Ngram:
    """Strengths chosen on validation, counts then taken from both (the one refit)."""
    chosen = Ngram(train, order, size)
    chosen.choose_strengths(validation)
    both = Ngram([*train, *validation], order, size)
    both.strengths = chosen.strengths
    return both
