"""The cells, equation by equation: one gate, the GRU (both forms), the LSTM, and the plain cell.

    gate = sigmoid(W_a a + W_x x + b)      new memory = write * candidate + keep * old memory

Book 2.6.3 and 2.6.4. Shapes: B sequences, T steps, n numbers in a step, h units; x (B, n), memory and
state (B, h). torch stacks the matrices of a cell: `w_ih` (k h, n), `w_hh` (k h, h), `b_ih` and `b_hh`
(k h,), with k = 1 for nn.RNN, 3 (r, z, candidate) for nn.GRU, 4 (i, f, candidate, o) for nn.LSTM.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from workshop.core.checks import expect


class Weights(NamedTuple):
    """The weights of a cell, stacked as in torch: w_ih (k h, n), w_hh (k h, h), biases (k h,)."""

    w_ih: Tensor
    w_hh: Tensor
    b_ih: Tensor
    b_hh: Tensor

    @classmethod
    def of(cls, layer: nn.Module) -> Weights:
        """Those of a cell (nn.GRUCell, ...) or of the first layer of nn.RNN, nn.GRU, nn.LSTM."""
        end = "" if isinstance(layer, nn.RNNCellBase) else "_l0"
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        return cls(*(getattr(layer, name + end) for name in names))


def gate(x: Tensor, a: Tensor, w_x: Tensor, w_a: Tensor, b: Tensor) -> Tensor:
    """How far each unit's gate is open, 0 to 1 (eq-2.13, eq-2.14, eq-2.17, eq-2.19).

    x (B, n), a (B, h), w_x (h, n), w_a (h, h), b (h,) -> (B, h).
    """
    return torch.sigmoid(x @ w_x.T + a @ w_a.T + b)


def rnn_step(
    x: Tensor, a: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor
) -> Tensor:
    """The plain cell (eq-2.10): x (B, n), a (B, h) -> the new a (B, h), as nn.RNNCell."""
    return torch.tanh(x @ w_ih.T + b_ih + a @ w_hh.T + b_hh)


def gru_step(
    x: Tensor, a: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor
) -> Tensor:
    """One step of a GRU as torch has it (Cho et al. 2014): x (B, n), a (B, h) -> the new a (B, h).

    The weights of r, z and the candidate lie below one another. z keeps the old state, so the book's
    update gate is 1 - z (eq-2.15); the reset gate r comes after the matrix and its bias (eq-2.12).
    """
    x_r, x_z, x_n = (x @ w_ih.T + b_ih).chunk(3, dim=1)
    a_r, a_z, a_n = (a @ w_hh.T + b_hh).chunk(3, dim=1)
    r = torch.sigmoid(x_r + a_r)  # eq-2.13
    z = torch.sigmoid(x_z + a_z)  # eq-2.14 has 1 - z
    candidate = torch.tanh(x_n + r * a_n)  # eq-2.12
    return (1 - z) * candidate + z * a  # eq-2.15


def gru_step_book(
    x: Tensor, c: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor
) -> Tensor:
    """One step of a GRU as the book has it: reset before the matrix, G_u writes the new (eq-2.12 on).

    Takes the stacked weights of `gru_step`, in the order G_r, G_u, candidate; the two biases of each
    are only ever added up. x (B, n), c (B, h) -> the new c (B, h), which is a as well (eq-2.16).
    """
    w_rx, w_ux, w_cx = w_ih.chunk(3)
    w_ra, w_ua, w_cc = w_hh.chunk(3)
    b_r, b_u, b_c = (b_ih + b_hh).chunk(3)
    g_r = gate(x, c, w_rx, w_ra, b_r)  # eq-2.13
    g_u = gate(x, c, w_ux, w_ua, b_u)  # eq-2.14
    candidate = torch.tanh((g_r * c) @ w_cc.T + x @ w_cx.T + b_c)  # eq-2.12
    return g_u * candidate + (1 - g_u) * c  # eq-2.15


def lstm_step(
    x: Tensor, a: Tensor, c: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor
) -> tuple[Tensor, Tensor]:
    """One step of an LSTM as torch has it (Hochreiter and Schmidhuber 1997; forget gate: Gers 2000).

    The weights of the update, forget, candidate and output parts lie below one another.
    x (B, n), a and c (B, h) -> the new a and the new c, (B, h) each.
    """
    u, f, n, o = (x @ w_ih.T + b_ih + a @ w_hh.T + b_hh).chunk(4, dim=1)
    candidate = torch.tanh(n)  # sec-2.6.4: as in the GRU, without a reset gate
    c = torch.sigmoid(u) * candidate + torch.sigmoid(f) * c  # eq-2.17, eq-2.18
    a = torch.sigmoid(o) * torch.tanh(c)  # eq-2.19, eq-2.20
    return a, c


def memory_bias(span: Tensor) -> Tensor:
    """The bias with which a gate keeps a memory for about `span` steps (Tallec and Ollivier 2018).

    A gate that keeps the share s each step has forgotten all but 1/e after about 1 / (1 - s) steps;
    s = sigmoid(bias). span (h,), each more than 1 -> (h,).
    """
    keep = 1 - 1 / span
    return torch.log(keep / (1 - keep))


def gates_of(layer: nn.GRU | nn.LSTM, x: Tensor) -> dict[str, Tensor]:
    """The value of each gate of a layer at every step of x (B, T, n): name -> (B, T, h).

    Names are the book's: reset and update for a GRU; update, forget, output for an LSTM. 'memory' is
    what is kept after each step.
    """
    names = ("reset", "update") if isinstance(layer, nn.GRU) else ("update", "forget", "output")
    expect(isinstance(layer, (nn.GRU, nn.LSTM)), "layer", type(layer).__name__, "nn.GRU or nn.LSTM")
    weights, h = Weights.of(layer), layer.hidden_size
    a = c = x.new_zeros(len(x), h)
    seen: dict[str, list[Tensor]] = {name: [] for name in (*names, "memory")}
    for t in range(x.shape[1]):
        z = x[:, t] @ weights.w_ih.T + weights.b_ih + a @ weights.w_hh.T + weights.b_hh
        if isinstance(layer, nn.GRU):
            r, u, _ = z.sigmoid().chunk(3, dim=1)
            # torch's z keeps, the book's update gate writes.
            values: tuple[Tensor, ...] = (r, 1 - u)
            a = c = gru_step(x[:, t], a, *weights)
        else:
            u, f, _, o = z.sigmoid().chunk(4, dim=1)
            values = (u, f, o)
            a, c = lstm_step(x[:, t], a, c, *weights)
        for name, value in zip(seen, (*values, c), strict=True):
            seen[name].append(value)
    return {name: torch.stack(values, dim=1) for name, values in seen.items()}


def unroll(step: Callable[..., Tensor], x: Tensor, a: Tensor, weights: Weights) -> Tensor:
    """Walk along x (B, T, n) from the state a (B, h): the states after each step, (B, T, h).

    Raises:
        ValueError: x has no step, or another shape than (B, T, n).
    """
    check_sequence(x, weights.w_ih.shape[1])
    states = []
    for t in range(x.shape[1]):
        a = step(x[:, t], a, *weights)
        states.append(a)
    return torch.stack(states, dim=1)


def check_sequence(x: Tensor, features: int) -> None:
    """Refuse what is no batch of sequences (B, T, features) with at least one step.

    Raises:
        ValueError: with the shape that came and the one that is expected.
    """
    fits = x.ndim == 3 and x.shape[2] == features
    expect(fits, "x", f"shape {tuple(x.shape)}", f"(B, T, {features})")
    expect(
        min(x.shape) > 0, "x", f"shape {tuple(x.shape)}: an empty sequence or batch", "T and B > 0"
    )


def count_parameters(layer: nn.Module) -> int:
    """How many weights a layer has, biases included (note-19: 1 : 3 : 4 for nn.RNN, nn.GRU, nn.LSTM)."""
    return sum(p.numel() for p in layer.parameters())
