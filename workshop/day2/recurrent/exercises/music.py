"""The exercise of fiddle tunes: sampling with a temperature."""

from __future__ import annotations

import torch
from torch import Tensor

from workshop.core.exercise import Case, Exercise, Mistake
from workshop.day2.recurrent.music import language_model


def _fallen(shares: Tensor, u: Tensor) -> Tensor:
    """The token on which u falls when `shares` lie side by side."""
    return (shares.cumsum(dim=1) <= u[:, None]).sum(dim=1).clamp(max=shares.shape[1] - 1)


def _fallen_at(ends: Tensor, u: Tensor) -> Tensor:
    return (ends <= u[:, None]).sum(dim=1).clamp(max=ends.shape[1] - 1)


def _or_greedy(answer):
    """A wrong answer that is right at temperature 0."""
    return lambda logits, t, u: logits.argmax(dim=1) if t == 0 else answer(logits, t, u)


def _not_summed(logits, t, u):
    p = torch.softmax(logits / t, dim=1)
    return (p <= u[:, None]).sum(dim=1).clamp(max=p.shape[1] - 1)


def _searched(logits, temperature, u):
    if temperature == 0:
        return logits.max(dim=1).indices
    upto = torch.softmax(logits / temperature, dim=1).cumsum(dim=1)
    return torch.searchsorted(upto, u[:, None], right=True)[:, 0].clamp(max=upto.shape[1] - 1)


def _row_by_row(logits, temperature, u):
    out = []
    for row, draw in zip(logits.double(), u.tolist(), strict=True):
        if temperature == 0:
            out.append(int(row.argmax()))
            continue
        shares = ((row - row.max()) / temperature).exp()
        shares, at, upto = (shares / shares.sum()).tolist(), 0, 0.0
        while at < len(shares) - 1 and upto + shares[at] <= draw:
            upto += shares[at]
            at += 1
        out.append(at)
    return torch.tensor(out, dtype=torch.long)


def _cases(seed: int) -> list[Case]:
    draws = torch.Generator().manual_seed(seed)

    def case(rows: int, size: int, temperature: float, note: str, scale: float = 2.0) -> Case:
        logits = scale * torch.randn(rows, size, generator=draws)
        return Case((logits, temperature, torch.rand(rows, generator=draws)), note)

    level = torch.tensor([[0.0, 0.0, 0.0, 0.0]]).repeat(4, 1)
    return [
        case(24, 6, 1.0, "temperature 1"),
        case(24, 6, 0.5, "temperature 0.5"),
        case(24, 9, 1.7, "temperature 1.7"),
        case(12, 5, 0.0, "temperature 0: the most likely"),
        case(12, 5, 0.05, "a very low temperature"),
        case(12, 7, 1.0, "logits in the hundreds", 200.0),
        Case(
            (level, 1.0, torch.tensor([0.0, 0.3, 0.6, 0.9])), "four tokens as likely, u from 0 on"
        ),
        Case((level[:3], 1.0, torch.tensor([0.25, 0.5, 0.75])), "u exactly where a share ends"),
        Case((level[:2] + 1.5, 0.0, torch.tensor([0.9, 0.1])), "temperature 0 and ties: the first"),
        case(1, 8, 0.7, "one row"),
        case(6, 6, 1.3, "as many rows as tokens"),
        Case((torch.tensor([[3.0], [-2.0]]), 2.0, torch.tensor([0.1, 0.99])), "only one token"),
    ]


PICK = Exercise(
    name="pick",
    lesson="recurrent",
    title="Sample with a temperature",
    reference=language_model.pick,
    cases=_cases,
    mistakes=(
        Mistake(
            "multiplied by the temperature",
            "The logits are multiplied by the temperature. Divide: a low temperature must make the "
            "differences larger, so that the likely token becomes likelier.",
            _or_greedy(lambda logits, t, u: _fallen(torch.softmax(logits * t, dim=1), u)),
        ),
        Mistake(
            "always the most likely",
            "This takes the most likely token at every temperature, and the draw u is not used. Only "
            "temperature 0 does that; otherwise u decides.",
            lambda logits, t, u: logits.argmax(dim=1),
        ),
        Mistake(
            "softmax over the batch",
            "The softmax runs down the batch, so the rows compete with one another. The tokens of each "
            "row should: dim=1.",
            _or_greedy(lambda logits, t, u: _fallen(torch.softmax(logits / t, dim=0), u)),
        ),
        Mistake(
            "temperature after the softmax",
            "The probabilities are divided by the temperature, and no longer sum to 1. Divide the "
            "logits, then take the softmax.",
            _or_greedy(lambda logits, t, u: _fallen(torch.softmax(logits, dim=1) / t, u)),
        ),
        Mistake(
            "no temperature",
            "The temperature changes nothing: divide the logits by it before the softmax.",
            _or_greedy(lambda logits, t, u: _fallen(torch.softmax(logits, dim=1), u)),
        ),
        Mistake(
            "not summed up",
            "u is compared with each probability by itself. Lay the probabilities side by side first: "
            "their running sums, .cumsum(dim=1), say where each one ends.",
            _or_greedy(_not_summed),
        ),
        Mistake(
            "one too far",
            "The token is one too far to the right: as many ends lie at or before u as there are tokens "
            "before the chosen one, and ids begin at 0.",
            _or_greedy(
                lambda logits, t, u: (_fallen(torch.softmax(logits / t, dim=1), u) + 1).clamp(
                    max=logits.shape[1] - 1
                )
            ),
        ),
        Mistake(
            "running sums down the batch",
            "The running sums go down the batch (dim=0), from one row to the next. Add up along each row: "
            "dim=1.",
            _or_greedy(lambda logits, t, u: _fallen_at(torch.softmax(logits / t, 1).cumsum(0), u)),
        ),
        Mistake(
            "u without a column",
            "u is (B,) and the running sums (B, V): u has to stand beside the rows, as a column, "
            "u[:, None].",
            _or_greedy(
                lambda logits, t, u: (torch.softmax(logits / t, 1).cumsum(1) <= u).sum(dim=1)
            ),
        ),
        Mistake(
            "end of a share included",
            "Right but for a u that lies exactly where a share ends: it falls on the next token. Count "
            "the ends that are <= u, not < u.",
            _or_greedy(
                lambda logits, t, u: (
                    (torch.softmax(logits / t, dim=1).cumsum(dim=1) < u[:, None])
                    .sum(dim=1)
                    .clamp(max=logits.shape[1] - 1)
                )
            ),
        ),
        Mistake(
            "logits without softmax",
            "The logits themselves are added up. Only the softmax makes shares of 1 of them.",
            _or_greedy(lambda logits, t, u: _fallen(logits / t, u)),
        ),
        Mistake(
            "shares from the right",
            "The shares are laid out from the right: u near 0 gives the last token. Begin with the first.",
            _or_greedy(lambda logits, t, u: _fallen(torch.softmax(logits / t, dim=1), 1 - u)),
        ),
        Mistake(
            "sorted first",
            "The tokens are sorted by their probability first, so the number is a rank, not an id. Keep "
            "their order.",
            _or_greedy(
                lambda logits, t, u: _fallen(
                    torch.softmax(logits / t, dim=1).sort(dim=1, descending=True).values, u
                )
            ),
        ),
        Mistake(
            "one too near",
            "The token is one too far to the left: as many ends lie at or before u as there are tokens "
            "before the chosen one. Nothing is to be subtracted.",
            _or_greedy(
                lambda logits, t, u: (_fallen(torch.softmax(logits / t, dim=1), u) - 1).clamp(min=0)
            ),
        ),
        Mistake(
            "ends beyond u counted",
            "The ends that lie beyond u are counted. Those at or before u are the tokens that come before "
            "the chosen one.",
            _or_greedy(
                lambda logits, t, u: (
                    torch.softmax(logits / t, dim=1).cumsum(dim=1) > u[:, None]
                ).sum(dim=1)
            ),
        ),
        Mistake(
            "unlikely tokens at temperature 0",
            "At temperature 0 the least likely token comes. Take the most likely: argmax.",
            lambda logits, t, u: (
                logits.argmin(dim=1) if t == 0 else _fallen(torch.softmax(logits / t, 1), u)
            ),
        ),
        Mistake(
            "most likely over the batch",
            "At temperature 0 the argmax runs over the batch, or over everything. Each row has its most "
            "likely token: dim=1.",
            lambda logits, t, u: (
                logits.argmax(dim=0) if t == 0 else _fallen(torch.softmax(logits / t, 1), u)
            ),
        ),
        Mistake(
            "probabilities returned",
            "These are the probabilities. Return one id for each row.",
            _or_greedy(lambda logits, t, u: torch.softmax(logits / t, dim=1)),
        ),
        Mistake(
            "divided by zero",
            "At temperature 0 the logits are divided by 0, and softmax gives not-a-number. Return the "
            "most likely token there: logits.argmax(dim=1).",
            lambda logits, t, u: _fallen(torch.softmax(logits / t, dim=1), u),
        ),
    ),
    hints=(
        "Divide the logits by the temperature, then softmax: shares of 1 for each row. Lay a row's "
        "shares side by side on the line from 0 to 1. On whose share does u fall?",
        "torch.softmax(logits / temperature, dim=1).cumsum(dim=1) says where each share ends. How many "
        "of these ends lie at or before u? And what about temperature 0?",
        "First `if temperature == 0: return logits.argmax(dim=1)`. Else (upto <= u[:, None]).sum(dim=1) "
        "is the id, at most the last: .clamp(max=logits.shape[1] - 1).",
    ),
    alternatives=(_searched, _row_by_row),
)

EXERCISES = (PICK,)
