"""Exercises on the cell: one step of the cell, and a padded batch of sequences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from workshop.core.exercise import Case, Exercise, Mistake
from workshop.day2.recurrent import cell as by_hand

LIBRARY = ("torch.nn.RNNCell", "torch.nn.RNN", "torch.rnn_tanh_cell", "torch.rnn_tanh")


def _weights(g: torch.Generator, n: int, h: int, scale: float = 1.0) -> tuple[Tensor, ...]:
    return tuple(scale * torch.randn(shape, generator=g) for shape in ((h, n), (h, h), (h,)))


# --- one step ------------------------------------------------------------------------------------


def _cell_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)

    def random(B: int, n: int, h: int, scale: float = 1.0) -> tuple[Tensor, ...]:
        x, a = torch.randn(B, n, generator=g), torch.randn(B, h, generator=g)
        return (x, a, *_weights(g, n, h, scale))

    x, a, *weights = random(2, 3, 4)
    return [
        Case((x, a, *weights), "two sequences, four units"),
        Case(random(5, 4, 4), "as many inputs as units"),
        Case((x, torch.zeros_like(a), *weights), "the first step: a is 0"),
        Case(random(1, 1, 1), "one of everything"),
        Case(random(2, 3, 2, scale=5.0), "large weights"),
        Case(random(3, 3, 3), "as many sequences as inputs and units"),
    ]


def _cell_of_joined(x: Tensor, a: Tensor, w_ax: Tensor, w_aa: Tensor, b: Tensor) -> Tensor:
    return (torch.cat([a, x], dim=1) @ torch.cat([w_aa, w_ax], dim=1).T + b).tanh()


CELL = Exercise(
    name="rnn_cell",
    lesson="recurrent",
    title="One step of a recurrent network",
    reference=by_hand.rnn_cell,
    cases=_cell_cases,
    mistakes=(
        Mistake(
            "no tanh",
            "This is the sum inside the cell. Put it through torch.tanh, or the state may grow at "
            "every step without end.",
            lambda x, a, w_ax, w_aa, b: a @ w_aa.T + x @ w_ax.T + b,
        ),
        Mistake(
            "sigmoid",
            "This goes through a sigmoid, 0 to 1. The state of this cell is a tanh, -1 to 1.",
            lambda x, a, w_ax, w_aa, b: torch.sigmoid(a @ w_aa.T + x @ w_ax.T + b),
        ),
        Mistake(
            "no state",
            "The state before is not used, so nothing is remembered: this is a layer, not yet a "
            "recurrent cell. Add a @ w_aa.T.",
            lambda x, a, w_ax, w_aa, b: torch.tanh(x @ w_ax.T + b),
        ),
        Mistake(
            "no input",
            "The input x is not used: add x @ w_ax.T.",
            lambda x, a, w_ax, w_aa, b: torch.tanh(a @ w_aa.T + b),
        ),
        Mistake(
            "no bias",
            "The bias b is missing: add it inside the tanh.",
            lambda x, a, w_ax, w_aa, b: torch.tanh(a @ w_aa.T + x @ w_ax.T),
        ),
        Mistake(
            "state matrix not transposed",
            "w_aa is square, so the sizes fit either way, but its rows belong to the new units, as "
            "those of w_ax do: a @ w_aa.T.",
            lambda x, a, w_ax, w_aa, b: torch.tanh(a @ w_aa + x @ w_ax.T + b),
        ),
        Mistake(
            "state outside of the tanh",
            "The part that comes from the state is added after the tanh. All three are added up "
            "first, then the sum goes through tanh.",
            lambda x, a, w_ax, w_aa, b: a @ w_aa.T + torch.tanh(x @ w_ax.T + b),
        ),
        Mistake(
            "bias outside of the tanh",
            "The bias is added after the tanh. All three are added up first, then the sum goes through "
            "tanh.",
            lambda x, a, w_ax, w_aa, b: torch.tanh(a @ w_aa.T + x @ w_ax.T) + b,
        ),
        Mistake(
            "input outside of the tanh",
            "The part that comes from x is added after the tanh. All three are added up first.",
            lambda x, a, w_ax, w_aa, b: torch.tanh(a @ w_aa.T + b) + x @ w_ax.T,
        ),
        Mistake(
            "two tanh",
            "Input and state go through a tanh each. There is one tanh, around the sum.",
            lambda x, a, w_ax, w_aa, b: torch.tanh(x @ w_ax.T + b) + torch.tanh(a @ w_aa.T),
        ),
        Mistake(
            "tanh twice",
            "The tanh is taken twice. Once is enough.",
            lambda x, a, w_ax, w_aa, b: torch.tanh(torch.tanh(a @ w_aa.T + x @ w_ax.T + b)),
        ),
        Mistake(
            "relu",
            "This goes through a relu, which has no upper end. The state of this cell is a tanh.",
            lambda x, a, w_ax, w_aa, b: torch.relu(a @ w_aa.T + x @ w_ax.T + b),
        ),
        Mistake(
            "old state added",
            "The old state is added to the new one. It comes in by its matrix only, inside the tanh.",
            lambda x, a, w_ax, w_aa, b: a + torch.tanh(a @ w_aa.T + x @ w_ax.T + b),
        ),
        Mistake(
            "bias subtracted",
            "The bias is subtracted. Add it.",
            lambda x, a, w_ax, w_aa, b: torch.tanh(a @ w_aa.T + x @ w_ax.T - b),
        ),
        Mistake(
            "bias twice",
            "The bias is added twice, once with each matrix. There is one b here: add it once.",
            lambda x, a, w_ax, w_aa, b: torch.tanh(a @ w_aa.T + x @ w_ax.T + 2 * b),
        ),
        Mistake(
            "state multiplied without its matrix",
            "The state is added as it is. It goes through its matrix first: a @ w_aa.T.",
            lambda x, a, w_ax, w_aa, b: torch.tanh(a + x @ w_ax.T + b),
        ),
        Mistake(
            "softmax",
            "A softmax makes the units share one 1. Each goes through a tanh by itself.",
            lambda x, a, w_ax, w_aa, b: torch.softmax(a @ w_aa.T + x @ w_ax.T + b, dim=1),
        ),
    ),
    hints=(
        "A layer like those of the lesson `layers`, with two inputs instead of one: x, and the state a.",
        "Each of the two times its own matrix, transposed (x @ w_ax.T is (B, h)), and one bias.",
        "torch.tanh of a @ w_aa.T + x @ w_ax.T + b.",
    ),
    alternatives=(
        _cell_of_joined,
        lambda x, a, w_ax, w_aa, b: torch.tanh(
            torch.nn.functional.linear(x, w_ax, b) + torch.nn.functional.linear(a, w_aa)
        ),
    ),
    gradients=(0, 1, 2, 3, 4),
    without=LIBRARY,
)

# --- a padded batch ------------------------------------------------------------------------------


def _batch_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)

    def batch(lengths: list[int], steps: int, n: int, h: int, pad: float = 0.0):
        x = torch.randn(len(lengths), steps, n, generator=g)
        for row, length in zip(x, lengths, strict=True):
            row[length:] = pad
        return (x, torch.tensor(lengths), *_weights(g, n, h, 0.7))

    return [
        Case(batch([4, 2, 3], 4, 3, 5), "lengths 4, 2 and 3"),
        Case(batch([3, 3], 3, 2, 4), "no padding"),
        Case(batch([2, 0, 3], 3, 3, 4), "a sequence of length 0"),
        Case(batch([1, 2], 6, 2, 3), "much padding"),
        Case(batch([2, 4], 5, 3, 3, pad=7.0), "padding that is not 0"),
        Case(batch([1], 1, 1, 1), "one of everything"),
        Case(batch([3, 2, 3], 3, 3, 3), "as many sequences as steps, inputs and units"),
    ]


def _gathered(x: Tensor, lengths: Tensor, w_ax: Tensor, w_aa: Tensor, b: Tensor) -> Tensor:
    a = torch.zeros(len(x), len(b))
    states = [a]
    for t in range(x.shape[1]):
        a = torch.tanh(a @ w_aa.T + x[:, t] @ w_ax.T + b)
        states.append(a)
    return torch.stack(states, dim=1)[torch.arange(len(x)), lengths]


def _inverted(x: Tensor, lengths: Tensor, w_ax: Tensor, w_aa: Tensor, b: Tensor) -> Tensor:
    a = torch.zeros(len(x), len(b))
    for t in range(x.shape[1]):
        new = torch.tanh(a @ w_aa.T + x[:, t] @ w_ax.T + b)
        a = torch.where((t < lengths)[:, None], a, new)
    return a


def _one_by_one(x: Tensor, lengths: Tensor, w_ax: Tensor, w_aa: Tensor, b: Tensor) -> Tensor:
    rows = []
    for row, length in zip(x, lengths.tolist(), strict=True):
        a = torch.zeros(1, len(b))
        for t in range(length):
            a = by_hand.rnn_cell(row[t : t + 1], a, w_ax, w_aa, b)
        rows.append(a)
    return torch.cat(rows)


def _with(
    x: Tensor,
    lengths: Tensor,
    w_ax: Tensor,
    w_aa: Tensor,
    b: Tensor,
    *,
    until: int = 0,
    forgets: bool = False,
    erases: bool = False,
    backwards: bool = False,
    total: bool = False,
    untransposed: bool = False,
    activation=torch.tanh,
) -> Tensor:
    """The answer with one thing done another way."""
    a = torch.zeros(len(x), len(b))
    w_aa = w_aa.T if untransposed else w_aa
    order = range(x.shape[1])
    for t in reversed(order) if backwards else order:
        before = torch.zeros_like(a) if forgets or total else a
        new = activation(before @ w_aa.T + x[:, t] @ w_ax.T + b)
        stays = torch.zeros_like(a) if erases else a
        a = torch.where((t < lengths + until)[:, None], a + new if total else new, stays)
    return a


def _first_input_only(x: Tensor, lengths: Tensor, *weights: Tensor) -> Tensor:
    return _with(x[:, :1].expand_as(x), lengths, *weights)


def _last_column(x: Tensor, lengths: Tensor, w_ax: Tensor, w_aa: Tensor, b: Tensor) -> Tensor:
    return _with(x, torch.full_like(lengths, x.shape[1]), w_ax, w_aa, b)


def _to_step(step: Callable[[Tensor], Any]) -> Callable[..., Tensor]:
    """An answer that reads all sequences to the same step."""
    return lambda x, lengths, *weights: _last_column(x[:, : int(step(lengths))], lengths, *weights)


def _counted_from_behind(
    x: Tensor, lengths: Tensor, w_ax: Tensor, w_aa: Tensor, b: Tensor
) -> Tensor:
    # Place -1, for a sequence of length 0, is the last one.
    return _gathered(x, torch.where(lengths == 0, x.shape[1], lengths), w_ax, w_aa, b)


LAST = Exercise(
    name="last_states",
    lesson="recurrent",
    title="Read a padded batch to each sequence's own end",
    reference=by_hand.last_states,
    cases=_batch_cases,
    mistakes=(
        Mistake(
            "last column",
            "These are the states after the last column. Where a sequence is shorter, the cell has "
            "gone on over padding: keep the old state once t has reached its length.",
            _last_column,
        ),
        Mistake(
            "one step too many",
            "Each sequence is read one step too far, into its padding. Steps count from 0: t is real "
            "as long as t < length.",
            lambda *args: _with(*args, until=1),
        ),
        Mistake(
            "one step too few",
            "The last real step of each sequence is left out: step t = length - 1 is still real.",
            lambda *args: _with(*args, until=-1),
        ),
        Mistake(
            "empty sequence read to the end",
            "All is right but for the sequence of length 0: place length - 1 is -1, which Python "
            "counts from behind. Nothing was read, so its state is still the zeros it began with.",
            _counted_from_behind,
        ),
        Mistake(
            "state never handed on",
            "Each step begins with a state of zeros, so only the last step is remembered. Hand the "
            "new state on to the next one.",
            lambda *args: _with(*args, forgets=True),
        ),
        Mistake(
            "state erased by padding",
            "At padding the state becomes 0. It has to stay what it was after the last real step.",
            lambda *args: _with(*args, erases=True),
        ),
        Mistake(
            "read backwards",
            "The sequences are read from their end to their beginning. Begin with x[:, 0].",
            lambda *args: _with(*args, backwards=True),
        ),
        Mistake(
            "steps added up",
            "This adds up what the cell gives for each step by itself: a bag, without order. The new "
            "state replaces the old one.",
            lambda *args: _with(*args, total=True),
        ),
        Mistake(
            "stopped at the shortest",
            "All sequences stop at the end of the shortest one. Go through all T columns, and keep the old "
            "state only of those that are over.",
            _to_step(lambda lengths: lengths.min()),
        ),
        Mistake(
            "stopped at the first one's end",
            "All sequences stop where the first one does. Each has a length of its own.",
            _to_step(lambda lengths: lengths[0]),
        ),
        Mistake(
            "all states kept",
            "These are the states at every step. Keep one for each sequence: after its last real step.",
            lambda x, lengths, w_ax, w_aa, b: torch.stack(
                [_with(x, lengths.clamp(max=t), w_ax, w_aa, b) for t in range(1, x.shape[1] + 1)], 1
            ),
        ),
        Mistake(
            "padding set to zero",
            "Padding was made 0, but the cell still goes on over it: its state and bias change a. Keep the "
            "old state there.",
            lambda x, lengths, *weights: _last_column(
                x * (torch.arange(x.shape[1]) < lengths[:, None])[:, :, None], lengths, *weights
            ),
        ),
        Mistake(
            "last input only",
            "The state is worked out from the last real input alone. Read the steps before it as well, "
            "each with the state of the one before.",
            lambda x, lengths, w_ax, w_aa, b: torch.tanh(
                x[torch.arange(len(x)), lengths - 1] @ w_ax.T + b
            ),
        ),
        Mistake(
            "first step again and again",
            "Every step reads the first column. Step t reads x[:, t].",
            _first_input_only,
        ),
        Mistake(
            "condition inverted",
            "The new state is taken at padding, and the old one at real steps: where t < lengths, take "
            "the new one.",
            lambda x, lengths, w_ax, w_aa, b: _inverted(x, lengths, w_ax, w_aa, b),
        ),
        Mistake(
            "state matrix not transposed",
            "w_aa is square, so the sizes fit either way, but its rows belong to the new units: "
            "a @ w_aa.T.",
            lambda *args: _with(*args, untransposed=True),
        ),
        Mistake(
            "no tanh",
            "The state never goes through tanh. Each step does, as in exercise 1.",
            lambda *args: _with(*args, activation=lambda new: new),
        ),
        Mistake(
            "no bias",
            "The bias is missing in the step: add b inside the tanh.",
            lambda x, lengths, w_ax, w_aa, b: _with(x, lengths, w_ax, w_aa, 0 * b),
        ),
        Mistake(
            "one step only",
            "Only the first step was done. Is the `return` inside the loop?",
            lambda x, lengths, *weights: _with(x, lengths.clamp(max=1), *weights),
        ),
    ),
    hints=(
        "Begin with a = zeros (B, h). A loop over the T columns x[:, t], with the step of exercise 1 "
        "in it.",
        "Work out the new state for all sequences, then keep it only where t < lengths; the others "
        "keep their old one. torch.where(condition, new, a) chooses.",
        "a = torch.where((t < lengths)[:, None], new, a): the condition needs a column of its own, "
        "(B, 1), to choose whole rows of (B, h).",
    ),
    alternatives=(_gathered, _one_by_one),
    gradients=(0, 2, 3, 4),
    without=LIBRARY,
)

EXERCISES = (CELL, LAST)
