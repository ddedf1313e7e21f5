"""Diagrams of the two gated cells: what flows where, through which gate (fig-2.20, fig-2.21)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib import rc_context

from workshop.core.checks import expect
from workshop.figures.diagrams import UNIT, box, canvas, line, node
from workshop.figures.style import ORANGE, STYLE, YELLOW, finish

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GATE, CANDIDATE = YELLOW, UNIT


def _box(ax: Axes, x: float, y: float, text: str, name: str, fill: str) -> None:
    """A layer of weights with an activation: `text` is the activation, `name` what comes out."""
    box(ax, x, y, (0.84, 0.56), fill, text, fontsize=15)
    ax.text(x + 0.12, y + 0.4, name, ha="left", va="bottom", zorder=4, fontsize=15)


@rc_context(STYLE)
def cell(kind: str) -> Figure:
    """One step of a 'gru' (fig-2.20) or an 'lstm' (fig-2.21), in the book's letters.

    Raises:
        ValueError: another kind.
    """
    expect(kind in ("gru", "lstm"), "kind", repr(kind), "'gru' or 'lstm'")
    name = "A GRU" if kind == "gru" else "An LSTM"
    figure, ax = canvas(-1.3, 11.1, -0.9, 4.7, 0.77, f"{name}, one step")
    line(ax, (0, 4), (10, 4), color=ORANGE, linewidth=4)  # the memory runs straight through
    ax.text(-0.15, 4, "$c^{<t-1>}$", ha="right", va="center", fontsize=16)
    ax.text(10.15, 4, "$c^{<t>}$", ha="left", va="center", fontsize=16)
    ax.text(1.3, -0.75, "$x^{<t>}$", ha="center", va="center", fontsize=16)
    line(ax, (1.3, -0.5), (1.3, 0.3), arrow=False)
    says = _gru(ax) if kind == "gru" else _lstm(ax)
    return finish(figure, None, f"{name}, one step: {says} The memory runs straight through above.")


def _gru(ax: Axes) -> str:
    line(ax, (0.7, 4), (0.7, 0.3), arrow=False)
    line(ax, (0.7, 0.3), (4.7, 0.3), arrow=False)
    line(ax, (1.3, -0.15), (7.0, -0.15), (7.0, 0.95))  # x alone: the candidate's memory is reset
    for x, text, name, fill in (
        (2.9, "$\\sigma$", "$\\Gamma_u$", GATE),
        (4.7, "$\\sigma$", "$\\Gamma_r$", GATE),
    ):
        line(ax, (x, 0.3), (x, 0.95))
        _box(ax, x, 1.25, text, name, fill)
    _box(ax, 7.0, 1.25, "tanh", "", CANDIDATE)
    ax.text(7.6, 1.32, "$\\tilde{c}$", ha="left", va="bottom", fontsize=15)
    line(ax, (2.9, 1.6), (2.9, 3.74))
    ax.text(2.8, 3.5, "$1-\\Gamma_u$", ha="right", va="center", fontsize=14)
    line(ax, (2.9, 3.0), (8.3, 3.0), (8.74, 3.0))
    line(ax, (4.7, 1.6), (4.7, 2.06))
    line(ax, (0.7, 2.3), (4.46, 2.3))
    line(ax, (4.94, 2.3), (7.0, 2.3), (7.0, 1.62))
    line(ax, (7.5, 1.25), (9.0, 1.25), (9.0, 2.74))
    line(ax, (9.0, 3.24), (9.0, 3.74))
    line(ax, (9.6, 4), (9.6, 0.3), (10, 0.3))
    ax.text(10.15, 0.3, "$a^{<t>}$", ha="left", va="center", fontsize=16)
    for x, y, text in ((2.9, 4, "×"), (9.0, 4, "+"), (4.7, 2.3, "×"), (9.0, 3.0, "×")):
        node(ax, x, y, text)
    return (
        "input and memory go into two gates, each a sigmoid. The reset gate multiplies the memory "
        "on its way into the candidate, a tanh. The update gate multiplies the candidate, one minus "
        "it the old memory; the sum is the new memory, and the state."
    )


def _lstm(ax: Axes) -> str:
    ax.text(-0.15, 0.3, "$a^{<t-1>}$", ha="right", va="center", fontsize=16)
    line(ax, (0, 0.3), (7.4, 0.3), arrow=False)
    for x, text, name, fill in (
        (2.2, "$\\sigma$", "$\\Gamma_f$", GATE),
        (4.0, "$\\sigma$", "$\\Gamma_u$", GATE),
        (5.6, "tanh", "$\\tilde{c}$", CANDIDATE),
        (7.4, "$\\sigma$", "$\\Gamma_o$", GATE),
    ):
        line(ax, (x, 0.3), (x, 0.95))
        _box(ax, x, 1.25, text, name, fill)
    line(ax, (2.2, 1.6), (2.2, 3.74))
    line(ax, (4.0, 1.6), (4.0, 2.6), (5.34, 2.6))
    line(ax, (5.6, 1.6), (5.6, 2.34))
    line(ax, (5.6, 2.86), (5.6, 3.74))
    line(ax, (7.4, 1.6), (7.4, 2.2), (8.54, 2.2))
    line(ax, (8.8, 4), (8.8, 2.46))
    _box(ax, 8.8, 3.2, "tanh", "", CANDIDATE)
    line(ax, (8.8, 1.96), (8.8, 0.3), (10, 0.3))
    ax.text(10.15, 0.3, "$a^{<t>}$", ha="left", va="center", fontsize=16)
    for x, y, text in ((2.2, 4, "×"), (5.6, 4, "+"), (5.6, 2.6, "×"), (8.8, 2.2, "×")):
        node(ax, x, y, text)
    return (
        "input and last state go into three gates, each a sigmoid, and a candidate, a tanh. The "
        "forget gate multiplies the old memory, the update gate the candidate; their sum is the new "
        "memory. The output gate multiplies the tanh of the memory, which makes the new state."
    )
