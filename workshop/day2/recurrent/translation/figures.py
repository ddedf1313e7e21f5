"""Diagrams of translation: the two networks unrolled (fig-2.19), and where attention looks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from matplotlib import rc_context

from workshop.core.checks import expect
from workshop.figures.diagrams import UNIT, box, canvas, line
from workshop.figures.style import ORANGE, STYLE, YELLOW, as_array, finish, new_axes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ENCODER, DECODER = UNIT, YELLOW
MAX_CELLS = 12  # cells that fit across a notebook's cell


@rc_context(STYLE)
def encoder_decoder(source: Sequence[str], target: Sequence[str], *, title: str = "") -> Figure:
    """The encoder over T_x words, then the decoder over T_y words and <eos> (fig-2.19).

    Raises:
        ValueError: no words, or more cells than can be read.
    """
    t_x, t_y = len(source), len(target) + 1
    expect(
        t_x > 0 and t_y > 1 and t_x + t_y <= MAX_CELLS,
        "source, target",
        f"{t_x} and {t_y - 1} words",
        f"words on both sides, {MAX_CELLS - 1} at most together",
    )
    cells = t_x + t_y
    wide = 10.6 / (cells + 0.95)
    title = title or f"Encoder and decoder: {t_x} words in, {t_y - 1} words and <eos> out"
    figure, ax = canvas(-1.05, cells - 0.1, -2.0, 1.65, wide, title)
    size = 14 if cells < 9 else 12
    message, given = [*target, "<eos>"], ["<sos>", *target]
    line(ax, (-0.75, 0), (-0.36, 0))
    ax.text(-0.8, 0, "$a^{<0>}$", ha="right", va="center", fontsize=16)
    for i in range(cells):
        encoder = i < t_x
        state = f"$a^{{<{i + 1}>}}$" if encoder else f"$d^{{<{i - t_x + 1}>}}$"
        fill, fontsize = ENCODER if encoder else DECODER, 18 if cells < 9 else 13
        box(ax, i, 0, (0.6, 0.6), fill, state, fontsize=fontsize)
        below = source[i] if encoder else given[i - t_x]
        ax.text(i, -1.02, below, ha="center", va="top", fontsize=size, rotation=25 * (cells > 8))
        line(ax, (i, -0.95), (i, -0.38))
        if not encoder:
            ax.text(
                i,
                1.0,
                message[i - t_x],
                ha="center",
                va="bottom",
                fontsize=size,
                weight="bold",
                rotation=25 * (cells > 8),
            )
            line(ax, (i, 0.38), (i, 0.95))
        if i + 1 < cells:
            bridge = i == t_x - 1
            style: dict[str, Any] = {"color": ORANGE, "linewidth": 4} if bridge else {}
            line(ax, (i + 0.36, 0), (i + 0.64, 0), **style)
        if t_x <= i < cells - 1:  # its output is the next input
            feedback = (i + 0.08, 0.8), (i + 0.5, 0.8), (i + 0.5, -0.72), (i + 0.92, -0.72)
            line(ax, *feedback, arrow=False, color="#888888", linewidth=1.2, linestyle="--")
    for middle, length in (
        ((t_x - 1) / 2, f"$T_x = {t_x}$"),
        (t_x + (t_y - 1) / 2, f"$T_y = {t_y}$"),
    ):
        ax.text(middle, -1.9, length, ha="center", va="bottom", fontsize=17)
    ax.text(
        (t_x - 1) / 2,
        1.0,
        "the encoder reads\nand says nothing",
        ha="center",
        va="bottom",
        fontsize=13,
    )
    return finish(
        figure,
        None,
        f"{title}: T_x = {t_x}, T_y = {t_y}. The encoder reads {' '.join(source)}, a cell for each word. Its last "
        f"state, a thick arrow, is all that the decoder begins with. The decoder is given <sos> and "
        f"then what it said itself, step by step, and says {' '.join(message)}.",
    )


@rc_context(STYLE)
def attention_map(
    weights: Any,
    source: Sequence[str],
    target: Sequence[str],
    *,
    title: str = "",
    axes: tuple[str, str] = ("read", "said"),
) -> Figure:
    """Where attention looks: a row for each word that is said, a column for each that is read.

    weights (U, T), white at 0, dark at 1; source T words, target U words, <eos> among them; axes: what
    is written below and at the side.
    """
    table = as_array(weights)
    expect(
        table.shape == (len(target), len(source)),
        "weights",
        f"shape {table.shape}",
        f"{(len(target), len(source))}: a row for each target, a column for each source word",
    )
    side = min(0.62, 9.0 / max(len(source), 1), 7.5 / max(len(target), 1))
    longest = max(map(len, target))
    size = (side * len(source) + 0.13 * longest + 1.6, side * len(target) + 1.9)
    figure, (ax,) = new_axes(
        sizes=((max(size[0], 0.115 * len(title) + 1, 4.5), size[1]),), grid=False, title=title
    )
    drawn = ax.imshow(table, cmap="Blues", vmin=0, vmax=1)
    for (row, column), value in [
        ((r, c), table[r, c]) for r in range(len(target)) for c in range(len(source))
    ]:
        if value >= 0.1 and side > 0.45:
            ax.text(
                column,
                row,
                f"{value:.1f}",
                ha="center",
                va="center",
                fontsize=11,
                color="white" if value > 0.55 else "black",
            )
    ax.set_xticks(
        range(len(source)), source, rotation=60, ha="right", rotation_mode="anchor", fontsize=13
    )
    ax.set_yticks(range(len(target)), target, fontsize=13)
    ax.set(xlabel=axes[0], ylabel=axes[1])
    ax.spines[:].set_visible(True)
    figure.colorbar(drawn, ax=ax, shrink=0.7, aspect=14).ax.tick_params(labelsize=11)
    rows = [
        f"{word} looks most at {source[column]} ({table[row, column]:.2f})"
        for row, (word, column) in enumerate(zip(target, table.argmax(axis=1), strict=True))
    ]
    return finish(figure, None, f"{title or 'Where attention looks'}: {'; '.join(rows)}.")
