"""What word vectors know: neighbours, analogies, a picture in two dimensions.

Shapes: V words, D the embedding size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from workshop.core.checks import nearest
from workshop.core.data import word_vectors
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings
from workshop.day2.text import pipeline


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """There is nothing to set: GloVe's vectors are as they are."""


# a is to b as c is to d.
ANALOGIES = tuple(
    tuple(line.split())
    for line in """
    man king woman queen
    king queen prince princess
    man woman father mother
    man woman uncle aunt
    father son mother daughter
    boy girl brother sister
    he his she her
    france paris italy rome
    france paris germany berlin
    japan tokyo china beijing
    spain madrid france paris
    france french germany german
    italy italian spain spanish
    china chinese japan japanese
    good better bad worse
    good best bad worst
    big bigger small smaller
    go went come came
    see saw say said
    car cars house houses
    child children man men
    one two three four
    monday tuesday thursday friday
    january february may june
    """.strip().split("\n")
)


def unit(vectors: Tensor) -> Tensor:
    """Each row (V, D) without the mean of all rows, at length 1; a row of zeros stays one."""
    return F.normalize(vectors - vectors.mean(dim=0), dim=1)


def row_of(word: str, words: Sequence[str]) -> int:
    """Where a word stands.

    Raises:
        KeyError: it is not among the words.
    """
    if word not in words:
        raise KeyError(f"no vector for {word!r}.{nearest(word, words)}")
    return words.index(word)


def neighbours(
    word: str, words: Sequence[str], vectors: Tensor, count: int = 5
) -> list[tuple[str, float]]:
    """The `count` words whose vectors point most nearly the same way, with the cosine of the angle."""
    at = row_of(word, words)
    cosine = F.cosine_similarity(vectors, vectors[at][None])
    cosine[at] = -2
    best = cosine.topk(min(count, len(words) - 1))
    return [(words[i], v) for v, i in zip(best.values.tolist(), best.indices.tolist(), strict=True)]


def analogy(a: str, b: str, c: str, words: Sequence[str], vectors: Tensor) -> str:
    """a is to b as c is to ...? The word nearest to b - a + c, other than the three (eq. of Mikolov 2013)."""
    rows = [row_of(word, words) for word in (a, b, c)]
    vectors = F.normalize(vectors, dim=1)
    cosine = F.cosine_similarity(
        vectors, (vectors[rows[1]] - vectors[rows[0]] + vectors[rows[2]])[None]
    )
    cosine[rows] = -2
    return words[int(cosine.argmax())]


def flatten_to_plane(vectors: Tensor) -> Tensor:
    """The two directions in which the rows (V, D) differ most: (V, 2). Principal components."""
    centred = (vectors - vectors.mean(dim=0)).cpu()
    directions = torch.linalg.svd(centred, full_matrices=False).Vh[:2]
    # Which way a direction points is left open: let its largest number be above 0.
    largest = directions.gather(1, directions.abs().argmax(dim=1, keepdim=True))
    return centred @ (directions * largest.sign()).T


def run(config: Config, *, seed: int, device: torch.device, progress: bool) -> Result:
    """GloVe's analogies, one-hot's blindness, and lookup against the product with a one-hot matrix."""
    words, vectors = word_vectors()
    right = sum(analogy(a, b, c, words, vectors) == d for a, b, c, d in ANALOGIES)
    ids = torch.tensor([words.index(word) for a in ANALOGIES for word in a]).unique()
    rows = pipeline.one_hot(ids, len(words))
    difference = (rows @ vectors - F.embedding(ids, vectors)).abs().max()
    apart = torch.pdist(rows)
    return Result(
        (
            Measured.count("analogies", right, len(ANALOGIES)),
            Measured("lookup_difference", difference.item()),
            Measured("one_hot_contrast", (apart.max() - apart.min()).item()),
        )
    )
