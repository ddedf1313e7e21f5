"""Exercise on translation: attention."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from workshop.core.exercise import Case, Exercise, Mistake
from workshop.day2.recurrent.translation import attention


def _cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)

    def random(B: int, Q: int, T: int, H: int, lengths: list[int], scale: float = 1.0):
        query, keys, values = (
            scale * torch.randn(shape, generator=g) for shape in ((B, Q, H), (B, T, H), (B, T, H))
        )
        return query, keys, values, torch.arange(T) < torch.tensor(lengths)[:, None]

    return [
        Case(random(2, 3, 4, 5, [4, 4]), "no padding at all"),
        Case(random(3, 2, 5, 4, [5, 2, 1]), "padding behind short phrases"),
        Case(random(2, 4, 4, 4, [3, 4]), "as many words as units"),
        Case(random(1, 1, 1, 1, [1]), "one word, one query"),
        Case(random(2, 2, 3, 6, [3, 2], scale=4.0), "large numbers"),
        Case(random(3, 3, 3, 3, [2, 3, 1]), "as many phrases as queries, words and units"),
        Case(
            random(2, 2, 3, 4, [3, 0]), "a phrase that is all padding: its weights are 0, not nan"
        ),
    ]


def _variant(
    query: Tensor,
    keys: Tensor,
    values: Tensor,
    mask: Tensor,
    *,
    scale: float | None = None,
    dim: int = -1,
    masked: str = "before",
    of: str = "values",
    flip: bool = False,
) -> tuple[Tensor, Tensor]:
    """Attention with one thing done another way."""
    keep = mask[:, None, :] ^ flip
    scores = query @ keys.transpose(1, 2) / (scale or math.sqrt(query.shape[-1]))
    if masked in ("before", "as zero"):
        low = 0.0 if masked == "as zero" else torch.finfo(scores.dtype).min
        scores = scores.masked_fill(~keep, low)
    weights = torch.softmax(scores, dim=dim)
    if masked in ("before", "after"):
        weights = weights.masked_fill(~keep, 0.0)
    return weights @ (keys if of == "keys" else values), weights


def _infinite(query: Tensor, keys: Tensor, values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    scores = query @ keys.transpose(1, 2) / math.sqrt(query.shape[-1])
    weights = torch.softmax(scores.masked_fill(~mask[:, None, :], -math.inf), dim=-1)
    return weights @ values, weights


def _bare(query: Tensor, keys: Tensor, values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    scores = query @ keys.transpose(1, 2) / math.sqrt(query.shape[-1])
    weights = scores.masked_fill(~mask[:, None, :], 0.0)
    return weights @ values, weights


def _leftover(query: Tensor, keys: Tensor, values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    scores = query @ keys.transpose(1, 2) / math.sqrt(query.shape[-1])
    scores = scores.masked_fill(~mask[:, None, :], torch.finfo(scores.dtype).min)
    weights = torch.softmax(scores, dim=-1)
    return weights @ values, weights


def _by_hand(query: Tensor, keys: Tensor, values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """exp, masked, divided by the sum; the largest score is taken off first."""
    scores = torch.einsum("bqh,bth->bqt", query, keys) / query.shape[-1] ** 0.5
    scores = torch.where(mask[:, None], scores, torch.full_like(scores, -1e30))
    e = torch.exp(scores - scores.amax(dim=-1, keepdim=True)) * mask[:, None]
    weights = e / e.sum(dim=-1, keepdim=True).clamp(min=1e-30)
    return torch.einsum("bqt,bth->bqh", weights, values), weights


def _scaled_first(
    query: Tensor, keys: Tensor, values: Tensor, mask: Tensor
) -> tuple[Tensor, Tensor]:
    wall = (~mask[:, None, :]).float() * -1e9
    weights = torch.softmax((query / query.shape[-1] ** 0.5).bmm(keys.mT) + wall, dim=2)
    weights = weights * mask[:, None, :]
    return weights.bmm(values), weights


ATTEND = Exercise(
    name="attend",
    lesson="recurrent",
    title="Attention, with a mask",
    reference=attention.attend,
    cases=_cases,
    mistakes=(
        Mistake(
            "softmax over the queries",
            "The softmax runs over the queries (dim 1). Each query spreads its attention over "
            "the words of the source, so its weights add up to 1 over the last dimension: dim=-1.",
            lambda *args: _variant(*args, dim=1),
        ),
        Mistake(
            "no scaling",
            "The scores are not divided by the square root of H, query.shape[-1]. Sums of H products "
            "grow with H, and softmax of large numbers looks at one word only.",
            lambda *args: _variant(*args, scale=1.0),
        ),
        Mistake(
            "divided by H",
            "The scores are divided by H, where its square root belongs: math.sqrt(query.shape[-1]).",
            lambda q, k, v, m: _variant(q, k, v, m, scale=float(q.shape[-1])),
        ),
        Mistake(
            "mask after the softmax",
            "The padding is put to 0 after the softmax only, when it has already taken its share: the "
            "weights of the words no longer add up to 1. Hide it in the scores, before the softmax.",
            lambda *args: _variant(*args, masked="after"),
        ),
        Mistake(
            "scores of padding set to 0",
            "A score of 0 hides nothing: exp(0) = 1, so the padding still gets a share. Put a very low "
            "number there, torch.finfo(scores.dtype).min, before the softmax.",
            lambda *args: _variant(*args, masked="as zero"),
        ),
        Mistake(
            "mask ignored",
            "The mask is not used: padding gets attention like a word. Hide it in the scores, before "
            "the softmax.",
            lambda *args: _variant(*args, masked="never"),
        ),
        Mistake(
            "mask inverted",
            "This hides the words and keeps the padding. The mask is True at words, and masked_fill "
            "fills where it is True: give it ~mask.",
            lambda *args: _variant(*args, flip=True),
        ),
        Mistake(
            "keys for values",
            "The context is a mean of the keys. The keys are for the scores; the context is the "
            "mean of the values: weights @ values.",
            lambda *args: _variant(*args, of="keys"),
        ),
        Mistake(
            "values for keys",
            "The scores are made with the values. They belong to the keys: query @ keys.transpose(1, 2).",
            lambda q, k, v, m: _variant(q, v, v, m),
        ),
        Mistake(
            "softmax over the batch",
            "The softmax runs over the batch (dim 0). Each query spreads its attention over the words of "
            "its own source: dim=-1.",
            lambda *args: _variant(*args, dim=0),
        ),
        Mistake(
            "no softmax",
            "The scores themselves are the weights. Put them through a softmax, so that they add up to 1.",
            _bare,
        ),
        Mistake(
            "scaled after the softmax",
            "The weights are divided by the root of H, and no longer add up to 1. Divide the scores, "
            "before the softmax.",
            lambda q, k, v, m: (lambda w: (w @ v, w))(
                _variant(q, k, v, m, scale=1.0)[1] / math.sqrt(q.shape[-1])
            ),
        ),
        Mistake(
            "divided by the root of the words",
            "The scores are divided by the square root of T, the number of words. H, the size of a key, "
            "belongs there: query.shape[-1].",
            lambda q, k, v, m: _variant(q, k, v, m, scale=math.sqrt(k.shape[1])),
        ),
        Mistake(
            "multiplied by the root",
            "The scores are multiplied by the square root of H. Divide.",
            lambda q, k, v, m: _variant(q, k, v, m, scale=1 / math.sqrt(q.shape[-1])),
        ),
        Mistake(
            "weights and context swapped",
            "The two come in the wrong order: return the context first, then the weights.",
            lambda *args: _variant(*args)[::-1],
        ),
        Mistake(
            "context only",
            "The weights are missing: return weights @ values, weights.",
            lambda *args: _variant(*args)[0],
        ),
        Mistake(
            "infinity",
            "With -inf, a phrase that is all padding gives 0 / 0 in the softmax, and one nan spoils a "
            "whole training. Take torch.finfo(scores.dtype).min, then set the padding's weights to 0.",
            _infinite,
        ),
        Mistake(
            "weights left in a phrase that is all padding",
            "A phrase that is all padding still has weights: softmax spreads them where all scores "
            "are equally low. After the softmax set the weights of the padding to 0 as well.",
            _leftover,
        ),
    ),
    hints=(
        "Three steps. A score for each query and each word, (B, Q, T); a softmax, which makes "
        "weights of the scores; a mean of the values with these weights.",
        "The scores are query @ keys.transpose(1, 2) / math.sqrt(query.shape[-1]). Before the "
        "softmax, scores.masked_fill(~mask[:, None, :], very low) hides the padding.",
        "weights = torch.softmax(scores, dim=-1), then weights.masked_fill(~mask[:, None, :], 0.0) for "
        "a phrase that is all padding; return weights @ values, weights.",
    ),
    alternatives=(_by_hand, _scaled_first),
    gradients=(0, 1, 2),
    without=(
        "torch.nn.functional.scaled_dot_product_attention",
        "torch.nn.MultiheadAttention",
    ),
)

EXERCISES = (ATTEND,)
