"""Exercises of `gated`: a gate, the bias of a long memory, the GRU, the LSTM."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from workshop.core.exercise import Case, Exercise, Mistake
from workshop.day2.gated import by_hand

# --- one gate ------------------------------------------------------------------------------------


def _gate_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)

    def random(B: int, n: int, h: int, scale: float = 1.0) -> tuple[Tensor, ...]:
        shapes = ((B, n), (B, h), (h, n), (h, h), (h,))
        return tuple(scale * torch.randn(shape, generator=g) for shape in shapes)

    x, a, w_x, w_a, b = random(2, 3, 4)
    return [
        Case((x, a, w_x, w_a, b), "two sequences, four units"),
        Case(random(5, 4, 4), "as many inputs as units"),
        Case((x, torch.zeros_like(a), w_x, w_a, b), "the first step: a is 0"),
        Case(random(1, 1, 1), "one of everything"),
        Case(random(2, 3, 2, scale=4.0), "gates wide open and tightly closed"),
        Case(random(3, 3, 3), "as many sequences as inputs and units"),
    ]


def _gate_untransposed(x: Tensor, a: Tensor, w_x: Tensor, w_a: Tensor, b: Tensor) -> Tensor:
    return torch.sigmoid(x @ w_x.T + a @ w_a + b)


def _gate_of_concatenated(x: Tensor, a: Tensor, w_x: Tensor, w_a: Tensor, b: Tensor) -> Tensor:
    both = torch.cat([x, a], dim=1)
    return torch.sigmoid(both @ torch.cat([w_x, w_a], dim=1).T + b)


GATE = Exercise(
    name="gate",
    lesson="gated",
    title="One gate",
    reference=by_hand.gate,
    cases=_gate_cases,
    mistakes=(
        Mistake(
            "no sigmoid",
            "This is the sum inside the gate. A gate is a share between 0 and 1: put the sum "
            "through torch.sigmoid.",
            lambda x, a, w_x, w_a, b: x @ w_x.T + a @ w_a.T + b,
        ),
        Mistake(
            "tanh",
            "tanh goes from -1 to 1, and a gate from 0, closed, to 1, open: use torch.sigmoid.",
            lambda x, a, w_x, w_a, b: torch.tanh(x @ w_x.T + a @ w_a.T + b),
        ),
        Mistake(
            "no bias",
            "The bias is missing. It decides how far the gate is open when x and a are 0: add b.",
            lambda x, a, w_x, w_a, b: torch.sigmoid(x @ w_x.T + a @ w_a.T),
        ),
        Mistake(
            "input only",
            "This gate looks at the input only. It has to know the state as well: add a @ w_a.T.",
            lambda x, a, w_x, w_a, b: torch.sigmoid(x @ w_x.T + b),
        ),
        Mistake(
            "state matrix not transposed",
            "w_a is (h, h), so the sizes fit either way, but its rows belong to the gates, as those "
            "of w_x do: a @ w_a.T.",
            _gate_untransposed,
        ),
        Mistake(
            "one minus",
            "This gate is open where it should be closed: it is 1 minus the right one. Is there a "
            "sign too many before the sum?",
            lambda x, a, w_x, w_a, b: torch.sigmoid(-(x @ w_x.T + a @ w_a.T + b)),
        ),
        Mistake(
            "bias outside of the sigmoid",
            "The bias is added after the sigmoid, so the gate leaves 0 to 1. All three are added up "
            "first, then the sum goes through the sigmoid.",
            lambda x, a, w_x, w_a, b: torch.sigmoid(x @ w_x.T + a @ w_a.T) + b,
        ),
        Mistake(
            "state outside of the sigmoid",
            "The part that comes from the state is added after the sigmoid. Add up all three first.",
            lambda x, a, w_x, w_a, b: torch.sigmoid(x @ w_x.T + b) + a @ w_a.T,
        ),
        Mistake(
            "two sigmoids",
            "Input and state go through a sigmoid each. There is one sigmoid, around the sum.",
            lambda x, a, w_x, w_a, b: torch.sigmoid(x @ w_x.T + b) + torch.sigmoid(a @ w_a.T),
        ),
        Mistake(
            "state only",
            "This gate looks at the state only: add x @ w_x.T.",
            lambda x, a, w_x, w_a, b: torch.sigmoid(a @ w_a.T + b),
        ),
        Mistake(
            "softmax over the units",
            "A softmax makes the units share one 1 among them. Each gate is open or closed by itself: a "
            "sigmoid for each.",
            lambda x, a, w_x, w_a, b: torch.softmax(x @ w_x.T + a @ w_a.T + b, dim=1),
        ),
        Mistake(
            "softmax over the batch",
            "A softmax over the batch makes the sequences compete. Each number goes through a sigmoid by "
            "itself.",
            lambda x, a, w_x, w_a, b: torch.softmax(x @ w_x.T + a @ w_a.T + b, dim=0),
        ),
        Mistake(
            "multiplied with the state",
            "This is the state after the gate. Asked for is the gate itself, the share by which something "
            "will be multiplied.",
            lambda x, a, w_x, w_a, b: torch.sigmoid(x @ w_x.T + a @ w_a.T + b) * a,
        ),
        Mistake(
            "relu",
            "A relu has no upper end. A gate is a share between 0 and 1: torch.sigmoid.",
            lambda x, a, w_x, w_a, b: torch.relu(x @ w_x.T + a @ w_a.T + b),
        ),
        Mistake(
            "sigmoid twice",
            "The sigmoid is taken twice: the gate can no longer close. Once is enough.",
            lambda x, a, w_x, w_a, b: torch.sigmoid(torch.sigmoid(x @ w_x.T + a @ w_a.T + b)),
        ),
        Mistake(
            "bias subtracted",
            "The bias is subtracted. Add it.",
            lambda x, a, w_x, w_a, b: torch.sigmoid(x @ w_x.T + a @ w_a.T - b),
        ),
    ),
    hints=(
        "A gate is a layer like those of the lesson `layers`, with two inputs: x and the state a.",
        "Each input times its matrix (transposed, a row of numbers for each sequence), and the bias.",
        "torch.sigmoid of x @ w_x.T + a @ w_a.T + b.",
    ),
    alternatives=(
        lambda x, a, w_x, w_a, b: torch.nn.functional.linear(x, w_x, b).add(a @ w_a.T).sigmoid(),
        _gate_of_concatenated,
    ),
    gradients=(0, 1, 2, 3, 4),
)

# --- the GRU -------------------------------------------------------------------------------------


def _cell_cases(seed: int, parts: int, states: int) -> list[Case]:
    """Arguments (x, states, w_ih, w_hh, b_ih, b_hh) of a step, for `parts` stacked matrices."""
    g = torch.Generator().manual_seed(seed)

    def random(B: int, n: int, h: int, scale: float = 1.0) -> tuple[Tensor, ...]:
        k = parts * h
        shapes = ((B, n), *[(B, h)] * states, (k, n), (k, h), (k,), (k,))
        return tuple(scale * torch.randn(shape, generator=g) for shape in shapes)

    first = random(2, 3, 4)
    zero = tuple(torch.zeros_like(t) if 0 < i <= states else t for i, t in enumerate(first))
    return [
        Case(first, "two sequences, four units"),
        Case(random(5, 6, 6), "as many inputs as units, six"),
        Case(zero, "the first step: the state is 0"),
        Case(random(1, 1, 1), "one of everything"),
        Case(random(2, 3, 2, scale=3.0), "gates wide open and tightly closed"),
        Case(random(3, 3, 3), "as many sequences as inputs and units"),
    ]


def _gru(
    x: Tensor,
    a: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor,
    b_hh: Tensor,
    *,
    order: tuple[int, int, int] = (0, 1, 2),
    reset: str = "after",
    activation=torch.tanh,
    mix: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda z, new, old: (1 - z) * new + z * old,
    gate: Callable[[Tensor], Tensor] = torch.sigmoid,
    no_input: bool = False,
) -> Tensor:
    """A GRU with one thing done another way."""
    from_x = (x @ w_ih.T + b_ih).chunk(3, dim=1)
    from_a = (a @ w_hh.T + b_hh).chunk(3, dim=1)
    i, j, k = order
    r, z = gate(from_x[i] + from_a[i]), gate(from_x[j] + from_a[j])
    w_cc, b_cc = w_hh.chunk(3)[k], b_hh.chunk(3)[k]
    inside = {
        "after": lambda: r * from_a[k],
        "never": lambda: from_a[k],
        "before the matrix": lambda: (r * a) @ w_cc.T + b_cc,
        "without its bias": lambda: r * (a @ w_cc.T) + b_cc,
        "of everything": lambda: r * (from_x[k] + from_a[k]) - from_x[k],
        "by z": lambda: z * from_a[k],
        "no state": lambda: torch.zeros_like(a),
        "turned round": lambda: (1 - r) * from_a[k],
    }[reset]()
    candidate = activation(inside if no_input else from_x[k] + inside)
    return mix(z, candidate, a)


def _gru_with_slices(
    x: Tensor, a: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor
) -> Tensor:
    h = a.shape[1]
    gates = torch.sigmoid(x @ w_ih[: 2 * h].T + a @ w_hh[: 2 * h].T + (b_ih + b_hh)[: 2 * h])
    r, z = gates[:, :h], gates[:, h:]
    inside = r * (a @ w_hh[2 * h :].T + b_hh[2 * h :])
    candidate = torch.tanh(x @ w_ih[2 * h :].T + b_ih[2 * h :] + inside)
    return candidate + z * (a - candidate)


GRU = Exercise(
    name="gru_step",
    lesson="gated",
    title="One step of a GRU",
    reference=by_hand.gru_step,
    cases=lambda seed: _cell_cases(seed, parts=3, states=1),
    mistakes=(
        Mistake(
            "update turned round",
            "Here z writes the new, as the book's update gate does. torch's z keeps the old: "
            "(1 - z) * candidate + z * a.",
            lambda *args: _gru(*args, mix=lambda z, new, old: z * new + (1 - z) * old),
        ),
        Mistake(
            "reset before the matrix",
            "The reset gate is applied to the state before the matrix, which is the book's form. "
            "torch applies it after the matrix and its bias: r * (a @ w.T + b).",
            lambda *args: _gru(*args, reset="before the matrix"),
        ),
        Mistake(
            "bias outside of the reset",
            "The candidate's b_hh stands outside of the reset gate. In torch r multiplies the whole "
            "of a @ w.T + b_hh, its bias included.",
            lambda *args: _gru(*args, reset="without its bias"),
        ),
        Mistake(
            "no reset",
            "The reset gate is never used: in the candidate, multiply what comes from the state by r.",
            lambda *args: _gru(*args, reset="never"),
        ),
        Mistake(
            "gates in another order",
            "The first two parts have changed places: torch stacks reset, then update (z), then the "
            "candidate.",
            lambda *args: _gru(*args, order=(1, 0, 2)),
        ),
        Mistake(
            "candidate through a sigmoid",
            "The candidate is no gate but a new memory, which may be negative: tanh, not sigmoid.",
            lambda *args: _gru(*args, activation=torch.sigmoid),
        ),
        Mistake(
            "candidate without tanh",
            "The candidate is a bare sum. It goes through tanh, which keeps the state between -1 and 1.",
            lambda *args: _gru(*args, activation=lambda n: n),
        ),
        Mistake(
            "candidate returned",
            "This is the candidate. The new state mixes it with the old one: (1 - z) * candidate + z * a.",
            lambda *args: _gru(*args, mix=lambda z, new, old: new),
        ),
        Mistake(
            "old state added whole",
            "The old state is added as it is, without its gate: z * a.",
            lambda *args: _gru(*args, mix=lambda z, new, old: (1 - z) * new + old),
        ),
        Mistake(
            "candidate added whole",
            "The candidate is added as it is, without its share: (1 - z) * candidate.",
            lambda *args: _gru(*args, mix=lambda z, new, old: new + z * old),
        ),
        Mistake(
            "both with z",
            "Old and new are both multiplied by z. What is not kept is written: (1 - z) * candidate.",
            lambda *args: _gru(*args, mix=lambda z, new, old: z * new + z * old),
        ),
        Mistake(
            "old state forgotten",
            "The old state is not kept: add z * a.",
            lambda *args: _gru(*args, mix=lambda z, new, old: (1 - z) * new),
        ),
        Mistake(
            "tanh at the end",
            "The new state goes through a tanh once more. The mix itself is the state.",
            lambda *args: _gru(*args, mix=lambda z, new, old: torch.tanh((1 - z) * new + z * old)),
        ),
        Mistake(
            "reset gate over everything",
            "The reset gate multiplies what comes from x as well. It belongs to the part from the state: "
            "x_n + r * a_n.",
            lambda *args: _gru(*args, reset="of everything"),
        ),
        Mistake(
            "update gate for reset",
            "In the candidate stands z, the update gate. The reset gate r, the first part, belongs there.",
            lambda *args: _gru(*args, reset="by z"),
        ),
        Mistake(
            "reset turned round",
            "In the candidate stands 1 - r. The reset gate multiplies as it is: r.",
            lambda *args: _gru(*args, reset="turned round"),
        ),
        Mistake(
            "candidate without the state",
            "The candidate sees x only. Add what comes from the state, times r.",
            lambda *args: _gru(*args, reset="no state"),
        ),
        Mistake(
            "candidate without the input",
            "The candidate does not see x: add the third part of what comes from x.",
            lambda *args: _gru(*args, no_input=True),
        ),
        Mistake(
            "gates without sigmoid",
            "The gates are bare sums. r and z go through torch.sigmoid, which makes them shares.",
            lambda *args: _gru(*args, gate=lambda s: s),
        ),
        Mistake(
            "gates through tanh",
            "The gates go through tanh, so they may be negative. A gate is a sigmoid, 0 to 1.",
            lambda *args: _gru(*args, gate=torch.tanh),
        ),
        Mistake(
            "candidate first",
            "The three parts are taken in another order. torch stacks reset, update (z), candidate: the "
            "candidate comes last.",
            lambda *args: _gru(*args, order=(1, 2, 0)),
        ),
        Mistake(
            "candidate before update",
            "The last two parts have changed places: the second is the update gate z, the third the "
            "candidate.",
            lambda *args: _gru(*args, order=(0, 2, 1)),
        ),
        Mistake(
            "one bias only",
            "b_hh is not used. It is added to what comes from a, in all three parts.",
            lambda x, a, w_ih, w_hh, b_ih, b_hh: _gru(x, a, w_ih, w_hh, b_ih, 0 * b_hh),
        ),
        Mistake(
            "no bias from the input",
            "b_ih is not used. It is added to what comes from x, in all three parts.",
            lambda x, a, w_ih, w_hh, b_ih, b_hh: _gru(x, a, w_ih, w_hh, 0 * b_ih, b_hh),
        ),
    ),
    hints=(
        "Work out all that comes from x, (B, 3 h), and all that comes from a, (B, 3 h). Then split "
        "each into its three parts: reset, z, candidate.",
        "x_r, x_z, x_n = (x @ w_ih.T + b_ih).chunk(3, dim=1), and the same with a, w_hh and b_hh. "
        "r and z are the sigmoids of the sums of their two parts.",
        "The candidate is tanh(x_n + r * a_n); the new state is (1 - z) * candidate + z * a.",
    ),
    alternatives=(_gru_with_slices,),
    gradients=(0, 1, 2, 3, 4, 5),
    without=("torch.nn.GRUCell", "torch.nn.GRU", "torch.gru_cell"),
)

# --- the LSTM ------------------------------------------------------------------------------------


def _lstm(
    x: Tensor,
    a: Tensor,
    c: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor,
    b_hh: Tensor,
    *,
    order: tuple[int, int, int, int] = (0, 1, 2, 3),
    tied: bool = False,
    activation=torch.tanh,
    shown=torch.tanh,
    read_new: bool = True,
    gate: Callable[[Tensor], Tensor] = torch.sigmoid,
    forgets: bool = True,
    writes: bool = True,
    shows: bool = True,
    outer: Callable[[Tensor], Tensor] = lambda new: new,
) -> tuple[Tensor, Tensor]:
    """An LSTM with one thing done another way."""
    parts = (x @ w_ih.T + b_ih + a @ w_hh.T + b_hh).chunk(4, dim=1)
    u, f, n, o = (parts[i] for i in order)
    update = gate(u) if writes else 1
    forget = 1 - update if tied else gate(f) if forgets else 1
    new = outer(update * activation(n) + forget * c)
    return (gate(o) if shows else 1) * shown(new if read_new else c), new


def _lstm_with_slices(
    x: Tensor, a: Tensor, c: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor
) -> tuple[Tensor, Tensor]:
    h = a.shape[1]
    z = torch.cat([x, a], dim=1) @ torch.cat([w_ih, w_hh], dim=1).T + (b_ih + b_hh)
    s = torch.sigmoid(z)
    new = s[:, :h] * torch.tanh(z[:, 2 * h : 3 * h]) + s[:, h : 2 * h] * c
    return s[:, 3 * h :] * torch.tanh(new), new


LSTM = Exercise(
    name="lstm_step",
    lesson="gated",
    title="One step of an LSTM",
    reference=by_hand.lstm_step,
    cases=lambda seed: _cell_cases(seed, parts=4, states=2),
    mistakes=(
        Mistake(
            "forget tied to update",
            "The memory keeps 1 - update, as in a GRU. An LSTM has a forget gate of its own, the "
            "second part.",
            lambda *args: _lstm(*args, tied=True),
        ),
        Mistake(
            "memory shown bare",
            "The new state lets the memory out as it is. It goes through tanh first: "
            "output * tanh(c).",
            lambda *args: _lstm(*args, shown=lambda new: new),
        ),
        Mistake(
            "old memory shown",
            "The output gate multiplies the old memory. Work out the new c first, then "
            "output * tanh(new c).",
            lambda *args: _lstm(*args, read_new=False),
        ),
        Mistake(
            "candidate through a sigmoid",
            "The candidate, the third part, is no gate but new memory, which may be negative: tanh.",
            lambda *args: _lstm(*args, activation=torch.sigmoid),
        ),
        Mistake(
            "parts in another order",
            "The last two parts have changed places: torch stacks update (input), forget, "
            "candidate, output.",
            lambda *args: _lstm(*args, order=(0, 1, 3, 2)),
        ),
        Mistake(
            "update and forget swapped",
            "The first two parts have changed places: the first, update, is for the candidate, the "
            "second, forget, for the old memory.",
            lambda *args: _lstm(*args, order=(1, 0, 2, 3)),
        ),
        Mistake(
            "output before candidate",
            "The parts are taken in another order: forget, update, output, candidate. torch stacks update "
            "(input), forget, candidate, output.",
            lambda *args: _lstm(*args, order=(1, 0, 3, 2)),
        ),
        Mistake(
            "gates first, candidate last",
            "The candidate is taken from the fourth part and the output gate from the second. torch "
            "stacks update (input), forget, candidate, output.",
            lambda *args: _lstm(*args, order=(0, 2, 3, 1)),
        ),
        Mistake(
            "candidate before the output",
            "The candidate is taken from the first part. torch stacks update (input), forget, candidate, "
            "output: it is the third.",
            lambda *args: _lstm(*args, order=(1, 2, 0, 3)),
        ),
        Mistake(
            "candidate without tanh",
            "The candidate, the third part, is a bare sum. It goes through tanh.",
            lambda *args: _lstm(*args, activation=lambda n: n),
        ),
        Mistake(
            "sigmoid for tanh at the output",
            "The memory goes through a sigmoid on its way out. It is tanh: output * tanh(c).",
            lambda *args: _lstm(*args, shown=torch.sigmoid),
        ),
        Mistake(
            "gates without sigmoid",
            "The gates are bare sums. Update, forget and output go through torch.sigmoid.",
            lambda *args: _lstm(*args, gate=lambda s: s),
        ),
        Mistake(
            "gates through tanh",
            "The gates go through tanh. They are shares, 0 to 1: torch.sigmoid; only the candidate is a "
            "tanh.",
            lambda *args: _lstm(*args, gate=torch.tanh),
        ),
        Mistake(
            "no forget gate",
            "The old memory is added as it is. The forget gate, the second part, says how much of it "
            "stays.",
            lambda *args: _lstm(*args, forgets=False),
        ),
        Mistake(
            "old memory lost",
            "The old memory is not in the new one: add forget * c.",
            lambda x, a, c, *weights: _lstm(x, a, 0 * c, *weights),
        ),
        Mistake(
            "candidate without its gate",
            "The candidate is added whole. The update gate, the first part, says how much of it is "
            "written.",
            lambda *args: _lstm(*args, writes=False),
        ),
        Mistake(
            "no output gate",
            "The state is all of tanh(c). The output gate, the fourth part, says how much of it is shown.",
            lambda *args: _lstm(*args, shows=False),
        ),
        Mistake(
            "memory through tanh",
            "The memory c itself went through tanh. That is only for showing it, output * tanh(c); the "
            "memory stays as it is.",
            lambda *args: _lstm(*args, outer=torch.tanh, shown=lambda new: new),
        ),
        Mistake(
            "memory through tanh twice",
            "The memory c went through tanh before it was kept. Only what is shown does: output * tanh(c).",
            lambda *args: _lstm(*args, outer=torch.tanh),
        ),
        Mistake(
            "state for memory",
            "The forget gate multiplies the state a. It keeps the old memory: forget * c.",
            lambda x, a, c, w_ih, w_hh, b_ih, b_hh: (
                lambda u, f, n, o: (lambda new: (o.sigmoid() * new.tanh(), new))(
                    u.sigmoid() * n.tanh() + f.sigmoid() * a
                )
            )(*(x @ w_ih.T + b_ih + a @ w_hh.T + b_hh).chunk(4, dim=1)),
        ),
        Mistake(
            "no bias from the state",
            "b_hh is not used. There are two biases here, and both are added.",
            lambda x, a, c, w_ih, w_hh, b_ih, b_hh: _lstm(x, a, c, w_ih, w_hh, b_ih, 0 * b_hh),
        ),
        Mistake(
            "no bias from the input",
            "b_ih is not used. There are two biases here, and both are added to the sums.",
            lambda x, a, c, w_ih, w_hh, b_ih, b_hh: _lstm(x, a, c, w_ih, w_hh, 0 * b_ih, b_hh),
        ),
        Mistake(
            "no bias",
            "The biases are missing: b_ih and b_hh are both added.",
            lambda x, a, c, w_ih, w_hh, b_ih, b_hh: _lstm(x, a, c, w_ih, w_hh, 0 * b_ih, 0 * b_hh),
        ),
        Mistake(
            "state not used",
            "What comes from the state is missing in the gates: add a @ w_hh.T + b_hh.",
            lambda x, a, c, w_ih, w_hh, b_ih, b_hh: _lstm(x, 0 * a, c, w_ih, w_hh, b_ih, b_hh),
        ),
        Mistake(
            "returned the wrong way round",
            "The numbers are right and come in the wrong order: return the state a first, then the "
            "memory c.",
            lambda *args: _lstm(*args)[::-1],
        ),
    ),
    hints=(
        "All four parts at once: x @ w_ih.T + b_ih + a @ w_hh.T + b_hh is (B, 4 h). Split it.",
        "In the order update, forget, candidate, output. Three of them go through a sigmoid, the "
        "candidate through tanh.",
        "c = update * candidate + forget * c, then a = output * tanh(c); return a, c.",
    ),
    alternatives=(_lstm_with_slices,),
    gradients=(0, 1, 2, 3, 4, 5, 6),
    without=("torch.nn.LSTMCell", "torch.nn.LSTM", "torch.lstm_cell"),
)

# --- the bias of a long memory -------------------------------------------------------------------


def _bias_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)
    return [
        Case((torch.tensor([2.0, 10.0, 100.0]),), "2, 10 and 100 steps"),
        Case((torch.tensor([1000.0]),), "one unit with a very long memory"),
        Case((torch.tensor([1.01, 1.5]),), "hardly any memory"),
        Case((1.5 + 200 * torch.rand(6, generator=g),), "random spans"),
    ]


BIAS = Exercise(
    name="memory_bias",
    lesson="gated",
    title="A bias that remembers",
    reference=by_hand.memory_bias,
    cases=_bias_cases,
    mistakes=(
        Mistake(
            "the gate's value",
            "This is the share that the gate should keep, 1 - 1 / span. The question is for which "
            "bias the sigmoid gives it: undo the sigmoid.",
            lambda span: 1 - 1 / span,
        ),
        Mistake(
            "the share that is lost",
            "This bias makes the gate 1 / span, what is lost each step. The gate keeps 1 - 1 / span: "
            "the sign is the other one.",
            lambda span: -torch.log(span - 1),
        ),
        Mistake(
            "exponential for the share",
            "The share is exp(-1 / span), a decay that reaches 1/e exactly. Asked for is the share "
            "1 - 1 / span.",
            lambda span: torch.logit(torch.exp(-1 / span)),
        ),
        Mistake(
            "fraction without its logarithm",
            "This is s / (1 - s), how many times more is kept than lost. The bias is its logarithm.",
            lambda span: span - 1,
        ),
        Mistake(
            "sigmoid of the span",
            "The sigmoid of the span is a gate, not a bias. Which share has the gate to keep, and which "
            "bias gives it? Undo the sigmoid.",
            torch.sigmoid,
        ),
        Mistake(
            "share of what is lost",
            "This is 1 / span, what is lost at each step. The gate keeps the rest, 1 - 1 / span, and the "
            "bias is what the sigmoid makes that of.",
            lambda span: 1 / span,
        ),
        Mistake(
            "logarithm with base 10",
            "The logarithm has base 10. The sigmoid is made of exp: take the natural one, torch.log.",
            lambda span: torch.log10(span - 1),
        ),
        Mistake(
            "logarithm with base 2",
            "The logarithm has base 2. The sigmoid is made of exp: take the natural one, torch.log.",
            lambda span: torch.log2(span - 1),
        ),
        Mistake(
            "logarithm of the share, negative",
            "-log(s) is about 1 / span, the rate of decay. Undo the sigmoid: sigmoid(b) = s means "
            "b = log(s / (1 - s)).",
            lambda span: -torch.log(1 - 1 / span),
        ),
        Mistake(
            "logarithm of the share",
            "log undoes exp, not the sigmoid. sigmoid(b) = s means b = log(s / (1 - s)).",
            lambda span: torch.log(1 - 1 / span),
        ),
        Mistake(
            "logarithm of the span",
            "Near, but sigmoid(log(span)) is span / (span + 1), the memory of one step more.",
            lambda span: torch.log(span),
        ),
        Mistake(
            "sigmoid once more",
            "The share is put through the sigmoid again. Its inverse is wanted: log(s / (1 - s)).",
            lambda span: torch.sigmoid(1 - 1 / span),
        ),
    ),
    hints=(
        "Which share s must the gate keep each step, if its memory is to last `span` steps?",
        "s = 1 - 1 / span, and the gate is sigmoid(bias). Solve sigmoid(bias) = s for the bias.",
        "sigmoid(b) = s means b = log(s / (1 - s)).",
    ),
    alternatives=(
        lambda span: torch.log(span - 1),
        lambda span: torch.logit(1 - 1 / span),
    ),
    rtol=1e-3,
    gradients=(0,),
)

EXERCISES = (GATE, BIAS, GRU, LSTM)
