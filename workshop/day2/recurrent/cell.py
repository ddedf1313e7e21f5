"""The plain recurrent cell, step by step: one layer, used again at every step.

    a<t> = tanh(W_aa a<t-1> + W_ax x<t> + b_a)        logits<t> = W_ya a<t> + b_y

Book 2.6 and 2.6.1. Shapes: B sequences, T steps, n numbers in a step, h units, C classes; x (B, T, n),
lengths (B,): how many of the T steps are real, the rest is padding; state a (B, h). The weights are
w_ax (h, n), w_aa (h, h) and b (h,), in this order. Control: with W_aa = 0 nothing is carried along, and
the first step has no influence on what follows.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from workshop.core.checks import expect


def rnn_cell(x: Tensor, a: Tensor, w_ax: Tensor, w_aa: Tensor, b: Tensor) -> Tensor:
    """One step (eq-2.10): x (B, n) and the state so far a (B, h) -> the new state (B, h)."""
    return torch.tanh(a @ w_aa.T + x @ w_ax.T + b)


def read_out(a: Tensor, w_ya: Tensor, b_y: Tensor) -> Tensor:
    """What is said at a step (eq-2.11): a (..., h), w_ya (C, h), b_y (C,) -> logits (..., C).

    The book's g_2, a softmax or a sigmoid, comes after: it is part of the loss.
    """
    return a @ w_ya.T + b_y


def unroll(x: Tensor, lengths: Tensor, w_ax: Tensor, w_aa: Tensor, b: Tensor) -> Tensor:
    """The cell at every step, from a state of zeros: (B, T, n) -> the states (B, T, h), 0 at padding.

    Raises:
        ValueError: shapes that do not fit, or a length that is not between 0 and T.
    """
    check_batch(x, lengths, w_ax.shape[1])
    a, states = x.new_zeros(len(x), len(b)), []
    for t in range(x.shape[1]):
        a = rnn_cell(x[:, t], a, w_ax, w_aa, b)
        states.append(a)
    # What comes after the last real step is worked out as well, and no one looks at it.
    return torch.stack(states, dim=1) * real_steps(lengths, x.shape[1])[:, :, None]


def last_states(x: Tensor, lengths: Tensor, w_ax: Tensor, w_aa: Tensor, b: Tensor) -> Tensor:
    """The state after the last real step of each sequence: (B, T, n), (B,) -> (B, h).

    A sequence of length 0 still has the state it began with: zeros.
    """
    a = torch.zeros(len(x), len(b), device=x.device)
    for t in range(x.shape[1]):
        new = torch.tanh(a @ w_aa.T + x[:, t] @ w_ax.T + b)
        a = torch.where((t < lengths)[:, None], new, a)
    return a


def real_steps(lengths: Tensor, steps: int) -> Tensor:
    """The mask (B, T) of a padded batch: True at steps that are real."""
    return torch.arange(steps, device=lengths.device) < lengths[:, None]


def read_packed(layer: nn.RNN | nn.GRU, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """An nn.RNN or nn.GRU (batch_first) over a packed batch: padding costs nothing and counts nothing.

    Args:
        layer: one layer, in one direction or in both.
        x: (B, T, n).
        lengths: (B,), 0 to T. torch refuses to pack a sequence of length 0; here its states are 0.

    Returns:
        The states (B, T, h), 0 at padding, and each sequence's last state (B, h); with both
        directions (B, T, 2 h) and (B, 2 h).

    Raises:
        ValueError: shapes that do not fit, or a length that is not between 0 and T.
    """
    check_batch(x, lengths, layer.input_size)
    packed = pack_padded_sequence(
        x, lengths.clamp(min=1).cpu(), batch_first=True, enforce_sorted=False
    )
    states, last = layer(packed)
    states, _ = pad_packed_sequence(states, batch_first=True, total_length=x.shape[1])
    last = last.transpose(0, 1).flatten(start_dim=1)  # (directions, B, h) -> (B, directions * h)
    some = (lengths > 0)[:, None]
    return states * some[:, :, None], last * some


def unroll_in_chunks(
    x: Tensor, size: int, w_ax: Tensor, w_aa: Tensor, b: Tensor, *, a: Tensor | None = None
) -> Tensor:
    """Truncated backpropagation: the state goes on, its gradient stops after `size` steps.

    x (B, T, n) from the state a (B, h), zeros if not given -> the states (B, T, h). Source: Williams
    and Peng: An Efficient Gradient-Based Algorithm for On-Line Training of Recurrent Network
    Trajectories, 1990.

    Raises:
        ValueError: a chunk of no step, or shapes that do not fit.
    """
    expect(size > 0, "size", size, "1 step or more")
    check_batch(x, torch.full((len(x),), x.shape[1]), w_ax.shape[1])
    a, states = x.new_zeros(len(x), len(b)) if a is None else a, []
    for t in range(x.shape[1]):
        if t % size == 0:
            a = a.detach()  # the same numbers, but no way back to the chunk before
        a = rnn_cell(x[:, t], a, w_ax, w_aa, b)
        states.append(a)
    return torch.stack(states, dim=1)


@torch.no_grad()
def influence(x: Tensor, w_ax: Tensor, w_aa: Tensor, b: Tensor) -> Tensor:
    """How much each state depends on the first step: x (B, T, n) -> (B, T), the size of da<t>/dx<1>.

    The chain rule, by hand: each step multiplies by W_aa and by the slope of its tanh, 1 - a^2.
    """
    check_batch(x, torch.full((len(x),), x.shape[1]), w_ax.shape[1])
    a, sizes = x.new_zeros(len(x), len(b)), []
    way = None  # da<t>/dx<1>, (B, h, n)
    for t in range(x.shape[1]):
        a = rnn_cell(x[:, t], a, w_ax, w_aa, b)
        way = (1 - a**2)[:, :, None] * (w_ax if way is None else w_aa @ way)
        sizes.append(way.flatten(start_dim=1).norm(dim=1))
    return torch.stack(sizes, dim=1)


def weights_of(layer: nn.RNNCell | nn.RNN) -> tuple[Tensor, Tensor, Tensor]:
    """w_ax, w_aa and b of a torch cell, or of the first layer of an nn.RNN.

    torch has two biases, which are only ever added up; the book has one.

    Raises:
        ValueError: a layer of another kind.
    """
    expect(isinstance(layer, (nn.RNNCell, nn.RNN)), "layer", type(layer).__name__, "nn.RNN(Cell)")
    end = "" if isinstance(layer, nn.RNNCell) else "_l0"
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    w_ax, w_aa, *biases = (getattr(layer, name + end) for name in names)
    return w_ax, w_aa, biases[0] + biases[1]


def check_batch(x: Tensor, lengths: Tensor, features: int) -> None:
    """Refuse what is no padded batch: x (B, T, features), lengths (B,) of 0 to T.

    Raises:
        ValueError: with what came and what is expected.
    """
    fits = x.ndim == 3 and x.shape[2] == features and min(x.shape) > 0
    expect(fits, "x", f"shape {tuple(x.shape)}", f"(B, T, {features}) with B and T of 1 or more")
    fits = lengths.shape == x.shape[:1]
    expect(fits, "lengths", f"shape {tuple(lengths.shape)}", f"({len(x)},), one for each sequence")
    low, high = int(lengths.min()), int(lengths.max())
    expect(low >= 0 and high <= x.shape[1], "lengths", f"{low} to {high}", f"0 to {x.shape[1]}")
