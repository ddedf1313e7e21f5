"""Diagrams of recurrent networks: unrolled (fig-2.14), the cell (fig-2.15), the types (fig-2.16 to 2.19)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from matplotlib import rc_context

from workshop.core.checks import expect
from workshop.figures.diagrams import UNIT, box, canvas, line, node
from workshop.figures.style import (
    BLACK,
    BLUE,
    ORANGE,
    STYLE,
    YELLOW,
    as_array,
    finish,
    new_axes,
    number,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INPUT, STATE, OUTPUT, DECODER = "white", UNIT, YELLOW, "#FBE3B5"
STATES: dict[str, Any] = {"color": BLUE, "linewidth": 2.6}  # lines along which the state goes
LAYER_GAP = 1.35  # from an input up to the cell, and from there to the output


def _box(ax: Axes, x: float, y: float, text: str, fill: str, half: float = 0.36) -> None:
    box(ax, x, y, (2 * half, 0.5), fill, text, fontsize=13)


@rc_context(STYLE)
def unrolled(tokens: Sequence[str]) -> Figure:
    """A network that reads `tokens`: folded up at the left, one cell a step at the right (fig-2.14).

    Raises:
        ValueError: no token, or more than fit.
    """
    expect(0 < len(tokens) <= 7, "tokens", f"{len(tokens)} of them", "1 to 7")
    last = 3.6 + 1.8 * (len(tokens) - 1)
    figure, ax = canvas(-1.1, last + 1.5, -2.15, 2.0, 0.83, "One cell, used again at every step")
    _column(ax, 0.0, "", "$x$", "$y$")
    # Folded up: the state goes back into the same cell.
    line(ax, (0.42, 0), (0.95, 0), (0.95, 0.62), (-0.85, 0.62), (-0.85, 0), (-0.42, 0), **STATES)
    ax.text(1.38, 0, "=", ha="center", va="center", fontsize=24)
    line(ax, (2.6, 0), (3.17, 0), **STATES)
    ax.text(2.55, 0, "$a^{<0>}$", ha="right", va="center", fontsize=13)
    for t, token in enumerate(tokens, start=1):
        x = 3.6 + 1.8 * (t - 1)
        _column(ax, x, f"$a^{{<{t}>}}$", f"$x^{{<{t}>}}$", f"$y^{{<{t}>}}$", under=token)
        if t < len(tokens):
            line(ax, (x + 0.42, 0), (x + 1.37, 0), **STATES)
    return finish(
        figure,
        None,
        f"A recurrent network, folded up, with its state going back into itself, equals "
        f"{len(tokens)} copies of the cell in a row. Copy number t reads one token and the state of "
        f"the copy before it, and gives an output: {', '.join(tokens)}.",
    )


def _column(ax: Axes, x: float, state: str, below: str, above: str, *, under: str = "") -> None:
    """Input, cell and output of one step, and a word below."""
    _box(ax, x, 0, state, STATE)
    line(ax, (x, 0.29 - LAYER_GAP), (x, -0.3))
    _box(ax, x, -LAYER_GAP, below, INPUT)
    line(ax, (x, 0.3), (x, LAYER_GAP - 0.3))
    _box(ax, x, LAYER_GAP, above, OUTPUT)
    ax.text(x, -LAYER_GAP - 0.6, under, ha="center", va="center", fontsize=13, style="italic")


@rc_context(STYLE)
def cell() -> Figure:
    """One step of the plain cell, in the book's letters (fig-2.15)."""
    figure, ax = canvas(-1.2, 8.3, -1.5, 3.2, 0.86, "The recurrent cell, one step")
    for height, text in ((1.3, "$W_{aa}$"), (0.0, "$W_{ax}$")):
        _box(ax, 1.4, height, text, "white", 0.45)
    line(ax, (-0.3, 1.3), (0.88, 1.3), **STATES)
    line(ax, (1.9, 1.3), (2.9, 1.3), (2.9, 1.3), **STATES)
    line(ax, (0.2, -1.05), (0.2, 0), (0.88, 0))
    line(ax, (1.9, 0), (3.15, 0), (3.15, 1.04))
    line(ax, (3.15, 2.2), (3.15, 1.56))
    ax.text(3.15, 2.28, "$b_a$", ha="center", va="bottom", fontsize=15)
    line(ax, (3.4, 1.3), (4.0, 1.3), **STATES)
    _box(ax, 4.55, 1.3, "tanh", STATE, 0.45)
    line(ax, (5.07, 1.3), (7.3, 1.3), **STATES)
    line(ax, (6.0, 1.3), (6.0, 1.75))
    _box(ax, 6.0, 2.05, "$W_{ya}$, $b_y$", OUTPUT, 0.62)
    line(ax, (6.0, 2.35), (6.0, 2.75))
    node(ax, 3.15, 1.3, "+")
    for x, y, text, side in (
        (-0.35, 1.3, "$a^{<t-1>}$", "right"),
        (0.2, -1.3, "$x^{<t>}$", "center"),
        (7.4, 1.3, "$a^{<t>}$", "left"),
        (6.0, 3.0, "$y^{<t>}$", "center"),
    ):
        ax.text(x, y, text, ha=side, va="center", fontsize=16)
    return finish(
        figure,
        None,
        "The recurrent cell, one step: the state before, times the matrix W_aa, and the input, times "
        "W_ax, are added up with the bias b_a. The sum goes through tanh and is the new state. It "
        "goes on to the next step, and through W_ya and b_y to the output.",
    )


@rc_context(STYLE)
def types() -> Figure:
    """The four types of recurrent networks, a panel each (fig-2.16, fig-2.17, fig-2.18, fig-2.19)."""
    figure, axes = new_axes(
        4,
        columns=2,
        sizes=((5.0, 3.0),) * 2,
        grid=False,
        title="Four types: what is read, and when something is said",
    )
    panels = (
        ("Many to one: sentiment", ("a", "lovely", "little", "film"), ("", "", "", "liked")),
        ("One to many: music", ("start", "", "", ""), ("G", "A", "B", "end")),
        (
            "Many to many: named entities",
            ("Ada", "lives", "in", "Paris"),
            ("person", "–", "–", "place"),
        ),
        (
            "Encoder-decoder: translation",
            ("two", "days", "start", "", ""),
            ("", "", "deux", "jours", "end"),
        ),
    )
    for ax, (name, read, message) in zip(axes, panels, strict=True):
        ax.axis("off")
        ax.set_title(name)
        ax.set(xlim=(-0.9, 6.6), ylim=(-1.85, 1.85), aspect="equal")
        gap = 5.6 / (len(read) - 1)
        for t, (below, above) in enumerate(zip(read, message, strict=True)):
            _box(ax, gap * t, 0, "", DECODER if name[0] == "E" and t > 1 else STATE)
            if below:
                line(ax, (gap * t, 0.25 - LAYER_GAP), (gap * t, -0.3))
            if above:
                line(ax, (gap * t, 0.3), (gap * t, LAYER_GAP - 0.25))
            for height, word in ((-LAYER_GAP, below), (LAYER_GAP, above)):
                ax.text(gap * t, height, word, ha="center", va="center", fontsize=13)
            if t + 1 < len(read):
                way = STATES if name[0] != "E" or t != 1 else STATES | {"color": ORANGE}
                line(ax, (gap * t + 0.42, 0), (gap * (t + 1) - 0.43, 0), **way)
                # What was said is what is read next.
                if above and not read[t + 1]:
                    middle = gap * (t + 0.5)
                    line(
                        ax,
                        (gap * t + 0.42, LAYER_GAP),
                        (middle, LAYER_GAP),
                        (middle, -0.8),
                        (gap * (t + 1), -0.8),
                        (gap * (t + 1), -0.3),
                        linestyle=":",
                        color="#555555",
                    )
    return finish(
        figure,
        None,
        "Four recurrent networks, unrolled. Many to one: four words are read, and something is said "
        "after the last. One to many: from a start, a note is said at each step and read at the next, "
        "until the end is said. Many to many: something is said at every word. Encoder-decoder: two "
        "words are read, then the last state goes to a second network, which says words until it "
        "says end.",
    )


@rc_context(STYLE)
def probabilities(
    readings: Mapping[str, tuple[Sequence[str], Sequence[int], Any]], *, title: str = ""
) -> Figure:
    """The probability of positive after each word of a text, a panel for each text.

    readings: panel title -> (tokens, steps, probabilities), as `sentiment.as_read` gives them.
    """
    figure, axes = new_axes(len(readings), columns=1, sizes=((9.0, 3.4),), title=title)
    curves = []
    for ax, (name, (tokens, steps, chances)) in zip(axes, readings.items(), strict=True):
        values = as_array(chances)
        ax.plot(range(len(steps)), values, color=BLUE, marker="o")
        ax.axhline(0.5, color=BLACK, linewidth=1, linestyle="--")
        ax.set(ylim=(-0.03, 1.03), ylabel="positive")
        ax.set_title(_short(name, 70), fontsize=13)
        words = ["(nothing)" if not step else _short(tokens[step - 1]) for step in steps]
        every = -(-len(steps) // 30)  # with more, only every so many words can be written down
        ax.set_xticks(range(0, len(steps), every), words[::every], rotation=40, ha="right")
        curves.append(
            f"{name or 'a text'}: "
            + ", ".join(
                f"{word} {number(value, 2)}" for word, value in zip(words, values, strict=True)
            )
        )
    alt = f"{title or 'Probability of positive'} after each word that is read. "
    return finish(figure, None, alt + "; ".join(curves) + ".")


def _short(word: str, longest: int = 14) -> str:
    """Cut a very long word, which would leave no room for the curve, and escape dollar signs."""
    word = word.replace("$", r"\$")
    return word if len(word) <= longest else word[: longest - 1] + "\u2026"
