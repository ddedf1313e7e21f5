"""Attention: a mean of all source words, weighted by how well each matches the query.

    weights = softmax(q k^T / sqrt(H));    context = weights v

The book stops before it (2.6.2). Bahdanau, Cho, Bengio (2015), Luong, Pham, Manning (2015), Vaswani
and others (2017). Shapes: B pairs, Q queries (steps of the target), T words of the source,
H units: query (B, Q, H), keys and values (B, T, H), mask (B, T), True at words, False at
padding; weights (B, Q, T). Without positions, attention does not know order: see `positions`.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from workshop.core.checks import expect


def attend(query: Tensor, keys: Tensor, values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Scaled dot-product attention: the context (B, Q, H) and its weights (B, Q, T).

    The weights of a query add up to 1; padding gets exactly 0. Where there is padding only, all
    weights and the context are 0, never 0 / 0. Equal to F.scaled_dot_product_attention.
    """
    scores = query @ keys.transpose(1, 2) / math.sqrt(query.shape[-1])  # (B, Q, T)
    hidden = ~mask[:, None, :]
    scores = scores.masked_fill(hidden, torch.finfo(scores.dtype).min)
    weights = torch.softmax(scores, dim=-1).masked_fill(hidden, 0.0)
    return weights @ values, weights


def attend_additively(
    query: Tensor, keys: Tensor, values: Tensor, mask: Tensor, w_q: Tensor, w_k: Tensor, v: Tensor
) -> tuple[Tensor, Tensor]:
    """Additive attention, the first there was: score = v . tanh(W_q q + W_k k).

    w_q and w_k (A, H), v (A,); the rest as in `attend`. Bahdanau, Cho, Bengio (2015).
    """
    sums = (query @ w_q.T)[:, :, None, :] + (keys @ w_k.T)[:, None, :, :]  # (B, Q, T, A)
    hidden = ~mask[:, None, :]
    scores = (torch.tanh(sums) @ v).masked_fill(hidden, torch.finfo(query.dtype).min)
    weights = torch.softmax(scores, dim=-1).masked_fill(hidden, 0.0)
    return weights @ values, weights


class Attention(nn.Module):
    """Attention as a layer, with trainable weights. `kind` is 'dot' or 'additive'."""

    def __init__(self, kind: str, size: int) -> None:
        """For queries, keys and values of `size` numbers."""
        super().__init__()
        expect(kind in ("dot", "additive"), "kind", repr(kind), "'dot' or 'additive'")
        self.query = nn.Linear(size, size, bias=False)
        if kind == "additive":
            self.key = nn.Linear(size, size, bias=False)
            self.v = nn.Parameter(torch.randn(size) / math.sqrt(size))
        self.kind = kind

    def forward(self, query: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """query (B, Q, H), states (B, T, H) as keys and values, mask (B, T) -> context, weights."""
        if self.kind == "dot":
            return attend(self.query(query), states, states, mask)
        return attend_additively(
            query, states, states, mask, self.query.weight, self.key.weight, self.v
        )


# --- the bridge to Transformers ------------------------------------------------------------------


def self_attention(
    x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor, mask: Tensor
) -> tuple[Tensor, Tensor]:
    """Self-attention: every word attends to all words of its own sentence, without recurrence.

    x (B, T, D); w_q, w_k, w_v (H, D) make a query, a key and a value of each word. Returns (B, T, H)
    and the weights (B, T, T). Vaswani and others (2017); one head of
    nn.MultiheadAttention, which has one more matrix after it.
    """
    return attend(x @ w_q.T, x @ w_k.T, x @ w_v.T, mask)


def positions(length: int, size: int) -> Tensor:
    """A row of `size` numbers for each of `length` places: sines and cosines, fast to slow.

    Added to the embeddings, they give attention the order of the words. Vaswani and others (2017).

    Raises:
        ValueError: an odd size, or no place.
    """
    expect(
        length > 0 and size > 0 and size % 2 == 0,
        "length, size",
        (length, size),
        "1 place or more, and an even size",
    )
    place = torch.arange(length)[:, None]
    angle = place * torch.exp(torch.arange(0, size, 2) * (-math.log(10_000) / size))
    return torch.stack([angle.sin(), angle.cos()], dim=-1).reshape(length, size)
