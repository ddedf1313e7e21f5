"""A language model of tunes: from <sos>, token after token, until <eos>.

    token<t+1> ~ softmax(logits<t> / temperature),    logits<t> from token<t> and the state a<t-1>

Book fig-2.17, note-18. Shapes: B tunes, T tokens, V tokens in the vocabulary, H units.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workshop.core.checks import expect, nearest
from workshop.core.training import evaluate
from workshop.day2.recurrent.music import notes
from workshop.day2.text.pipeline import EOS, PAD, SOS, UNK


class Composer(nn.Module):
    """Token by token, logits for the one that comes next: ids (B, T) -> (B, T, V)."""

    lengths: Tensor

    def __init__(
        self,
        vocabulary: dict[str, int],
        *,
        embedding: int = 64,
        hidden: int = 96,
        memory: bool = True,
    ) -> None:
        """memory=False: the state is set back to zero at every step."""
        super().__init__()
        self.embedding = nn.Embedding(len(vocabulary), embedding)
        # Beside its vector each token has its length as a number: bars are filled by adding up.
        self.register_buffer("lengths", notes.lengths(vocabulary), persistent=False)
        self.cell = nn.GRU(embedding + self.lengths.shape[1], hidden, batch_first=True)
        self.head = nn.Linear(hidden, len(vocabulary))
        self.memory = memory

    def forward(self, ids: Tensor) -> Tensor:
        """All steps at once: for training, where all tokens are known."""
        if not self.memory:  # every token a sequence of its own
            return self.step(ids.reshape(-1, 1), None)[0].reshape(*ids.shape, -1)
        return self.step(ids, None)[0]

    def step(self, ids: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor]:
        """The next steps from a state (1, B, H), None for zeros -> logits, the new state."""
        x = torch.cat([self.embedding(ids), self.lengths[ids]], dim=-1)
        outputs, state = self.cell(x, state)
        return self.head(outputs), state


def pick(logits: Tensor, temperature: float, u: Tensor) -> Tensor:
    """Which token a draw u (B,) from [0, 1) falls on: logits (B, V) -> ids (B,) (note-18).

    A temperature below 1 makes likely tokens likelier, above 1 less so; 0 takes the most likely.
    """
    if temperature == 0:
        return logits.argmax(dim=1)
    # The largest becomes 0, so that a small temperature cannot make it infinite.
    scaled = (logits - logits.max(dim=1, keepdim=True).values) / temperature
    upto = torch.softmax(scaled, dim=1).cumsum(dim=1)  # the ends of the tokens' shares of [0, 1)
    ids = (upto <= u[:, None]).sum(dim=1)
    return ids.clamp(max=logits.shape[1] - 1)  # rounding may leave the last end a hair below 1


@torch.no_grad()
def compose(
    model: Composer,
    vocabulary: dict[str, int],
    *,
    count: int = 1,
    temperature: float = 1.0,
    start: Sequence[str] = (),
    limit: int = 400,
    seed: int = 0,
) -> list[list[str]]:
    """Write `count` tunes: sample, feed the sample back in, until <eos> (fig-2.17).

    Args:
        model: on any device; the draws are made on the CPU, the same for every device.
        vocabulary: token -> id.
        count: how many tunes.
        temperature: 0 (always the most likely token) or more; see `pick`.
        start: how each tune begins, behind <sos>: ["<jig>"], or a kind and some notes.
        limit: a tune that has not ended after so many tokens, its start among them, is cut off.
        seed: of the draws.

    Returns:
        Tokens of each tune without <sos>; the last is <eos> if the tune has ended by itself.

    Raises:
        ValueError: a start with a token that is not known, or settings out of range.
    """
    expect(count >= 1, "count", count, "1 tune or more")
    expect(isinstance(start, (list, tuple)), "start", repr(start), 'a list of tokens: ["<jig>"]')
    expect(limit > len(start), "limit", limit, f"more than the {len(start)} tokens of the start")
    expect(
        0 <= temperature < math.inf,
        "temperature",
        temperature,
        "0 (always the most likely) or more, say 1.0",
    )
    for token in start:
        known = token in vocabulary and token not in (PAD, UNK, SOS, EOS)
        expect(
            known, "start", repr(token), f"tokens of the vocabulary.{nearest(token, vocabulary)}"
        )
    device = model.head.weight.device
    ids = torch.tensor([vocabulary[token] for token in (SOS, *start)], device=device)
    ids, state = ids.repeat(count, 1), None
    draws = torch.Generator().manual_seed(seed)
    ended, written = torch.zeros(count, dtype=torch.bool), [list(start) for _ in range(count)]
    words = list(vocabulary)
    for _ in range(limit - len(start)):
        logits, state = model.step(ids, state)
        logits = logits[:, -1].cpu().double()
        logits[:, [vocabulary[token] for token in (PAD, UNK, SOS)]] = -math.inf  # no notes
        new = pick(logits, temperature, torch.rand(count, generator=draws, dtype=torch.double))
        for row in (~ended).nonzero()[:, 0].tolist():
            written[row].append(words[new[row]])
        ended |= new == vocabulary[EOS]
        if ended.all():
            break
        ids = new[:, None].to(device)
    return written


def perplexity(
    model: nn.Module, rows: Sequence[Sequence[int]], vocabulary: dict[str, int]
) -> float:
    """exp of the mean cross-entropy over all tokens behind <sos>; V for a model that knows nothing."""
    pad = vocabulary[PAD]
    sums = evaluate(
        model,
        notes.table(rows, vocabulary),
        batch_size=64,
        metrics={
            "loss": lambda logits, y: F.cross_entropy(
                logits.mT, y, ignore_index=pad, reduction="sum"
            ),
            "tokens": lambda _, y: (y != pad).sum(),
        },
    ).sums
    return math.exp(sums["loss"] / sums["tokens"])
