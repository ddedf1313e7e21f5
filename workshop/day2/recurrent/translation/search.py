"""From probabilities of words to a phrase: greedy takes the best word each time, a beam keeps several.

    score of a phrase = sum over its words, <eos> too, of log P(word | the words before, source)

Shapes: B sources of T words, W phrases in the beam, V words of the target language.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from workshop.core.checks import expect
from workshop.day2.recurrent.translation.vocabulary import EOS_ID, PAD_ID, SOS_ID, UNK_ID

if TYPE_CHECKING:
    from workshop.day2.recurrent.translation import Translator

LIMIT = 40  # words at most: a decoder that never says <eos> has to be stopped
NEVER = (PAD_ID, UNK_ID, SOS_ID)  # what is no word of a translation


@torch.no_grad()
def greedy(
    model: Translator, source: Tensor, *, limit: int = LIMIT, even: bool = False
) -> list[list[int]]:
    """The ids of a translation of each source (B, T), without <eos>; `even`: see `decode`."""
    model.eval()
    states, mask, state = model.encode(source)
    word = torch.full((len(source), 1), SOS_ID, device=source.device)
    written, open_ = [], torch.ones(len(source), dtype=torch.bool, device=source.device)
    for _ in range(limit):
        logits, state, _ = model.decode(word, state, states, mask, even=even)
        logits[..., NEVER] = -torch.inf
        word = logits.argmax(dim=-1)  # (B, 1)
        open_ = open_ & (word[:, 0] != EOS_ID)
        if not open_.any():
            break
        written.append(torch.where(open_, word[:, 0], PAD_ID))
    rows = torch.stack(written, dim=1).tolist() if written else [[] for _ in source]
    return [[i for i in row if i != PAD_ID] for row in rows]


@dataclass(frozen=True)
class Hypothesis:
    """A translation: its ids without <eos>, the sum of its log-probabilities, whether it ended."""

    ids: tuple[int, ...]
    score: float
    ended: bool

    def mean(self) -> float:
        """The score for each word, <eos> counted: long phrases are not worse for their length."""
        return self.score / (len(self.ids) + self.ended)


@torch.no_grad()
def beam(
    model: Translator, source: Tensor, *, width: int = 4, limit: int = LIMIT, by_mean: bool = False
) -> list[Hypothesis]:
    """The `width` best phrases found for one source (1, T), the best first.

    At each step every phrase in the beam is tried with every next word, and the best `width` stay;
    one that ends with <eos> stays as it is. Width 1 is greedy search. by_mean: compare the mean
    log-probability of a word, not the sum.

    Raises:
        ValueError: several sources, or a width or limit below 1.
    """
    expect(
        source.ndim == 2 and len(source) == 1 and source.shape[1] > 0,
        "source",
        f"shape {tuple(source.shape)}",
        "(1, T): one phrase",
    )
    expect(width >= 1 and limit >= 1, "width, limit", (width, limit), "1 or more")
    model.eval()
    states, mask, state = model.encode(source)
    order = (lambda h: h.mean()) if by_mean else (lambda h: h.score)
    kept, rows = [Hypothesis((), 0.0, False)], state  # rows (W, H): a state for each open phrase
    for _ in range(limit):
        open_ = [h for h in kept if not h.ended]
        if not open_:
            break
        last = [[h.ids[-1] if h.ids else SOS_ID] for h in open_]
        word = torch.tensor(last, device=source.device)
        many = (len(open_), -1, -1)
        logits, rows, _ = model.decode(word, rows, states.expand(many), mask.expand(many[:2]))
        logits[..., NEVER] = -torch.inf
        steps = torch.log_softmax(logits[:, 0], dim=-1)  # (W, V)
        values, words = steps.topk(min(width, steps.shape[1] - len(NEVER)), dim=-1)
        tried = [(h, -1) for h in kept if h.ended]
        for row, h in enumerate(open_):
            for value, i in zip(values[row].tolist(), words[row].tolist(), strict=True):
                ids = h.ids if i == EOS_ID else (*h.ids, i)
                tried.append((Hypothesis(ids, h.score + value, i == EOS_ID), row))
        tried = sorted(tried, key=lambda pair: order(pair[0]), reverse=True)[:width]
        kept = [h for h, _ in tried]
        rows = rows[[row for h, row in tried if not h.ended]]
    return kept


@torch.no_grad()
def weights_of(model: Translator, source: Tensor, ids: tuple[int, ...]) -> Tensor:
    """How much each word of the source (1, T) counts when a word of `ids` (U) is said: (U + 1, T).

    The last row belongs to <eos>.
    """
    states, mask, last = model.eval().encode(source)
    given = torch.tensor([[SOS_ID, *ids]], device=source.device)
    return model.decode(given, last, states, mask)[2][0].cpu()
