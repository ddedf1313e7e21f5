"""What every figure is made with: colours, style, empty axes, and its content in words.

The colours are those of Okabe and Ito (2008), which colour-blind people tell apart; line styles and
markers say the same once more.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import rc_context
from torch import Tensor

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, RED, GREEN, PURPLE, ORANGE, SKY, BLACK, YELLOW = COLOURS = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#000000",
    "#F0E442",
)
UNIT = "#CFE5F5"  # what stands for a unit, or for a state, of a network
HIGHLIGHT = RED  # a marked point, a path on a map, what is crossed out
LINES = ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)), (0, (8, 3)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*", "<", ">")
SIGNED = "PuOr_r"  # for numbers on both sides of 0: purple below, white at 0, orange above
STYLE: dict[Any, Any] = {
    "font.size": 13,
    "axes.titlesize": 14,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "figure.titlesize": 15,
    "figure.facecolor": "white",
    "figure.constrained_layout.h_pad": 0.08,
    "figure.constrained_layout.w_pad": 0.08,
    "legend.fontsize": 12,
    "legend.framealpha": 0.9,
    "lines.linewidth": 2,
    "mathtext.fontset": "cm",
    "savefig.facecolor": "white",
}
Limits = tuple[float, float]


def alt_text(figure: Figure) -> str:
    """The figure in words, for those who do not see it."""
    return str(figure.get_label())


def as_array(values: Any) -> np.ndarray:
    """Of a tensor (on any device, with or without gradient), an array, a list or a number."""
    if isinstance(values, Tensor):
        return values.detach().cpu().numpy()
    if isinstance(values, (list, tuple)):
        return np.array([as_array(value) for value in values])
    return np.asarray(values)


def new_axes(
    count: int = 1,
    *,
    columns: int = 3,
    grid: bool = True,
    title: str = "",
    sizes: Sequence[Limits] = ((7.0, 4.2), (5.0, 3.9), (3.6, 3.4)),
    **options: Any,
) -> tuple[Figure, list[Axes]]:
    """A figure with `count` panels; sizes: inches of a panel when 1, 2, 3 or more share a row."""
    from matplotlib.figure import Figure

    columns = min(columns, count)
    rows = -(-count // columns)
    width, height = sizes[min(columns, len(sizes)) - 1]
    # No wider than a notebook's cell, which would shrink it and its letters.
    figure = Figure(figsize=(width * columns, height * rows), layout="constrained")
    axes = list(figure.subplots(rows, columns, squeeze=False, **options).flat)
    for ax in axes:
        # Ticks are made when they are drawn, after STYLE is gone: what they need is kept with them.
        ax.tick_params(labelsize=12, grid_alpha=0.3)
        ax.grid(visible=grid)
    for ax in axes[count:]:
        ax.remove()
    if title:
        figure.suptitle(title) if count > 1 else axes[0].set_title(title)
    return figure, axes[:count]


def finish(figure: Figure, alt: str | None, described: str) -> Figure:
    """Give the figure its alt text: `alt`, or else what is `described` of its content.

    As the value of a notebook's cell it then shows itself with that text.
    """
    figure.set_label(alt or described.replace("$", "").replace("\n", " "))
    vars(figure)["_repr_mimebundle_"] = partial(_for_notebook, figure)
    return figure


def _for_notebook(figure: Figure, **_: Any) -> tuple[dict[str, str], dict[str, Any]]:
    """A page, the picture, plain words: JupyterLab has a place for the words in the first only."""
    file, words = io.BytesIO(), alt_text(figure)
    with rc_context(STYLE):
        figure.savefig(file, format="png", dpi=144)  # sharp on dense screens too
    picture = base64.b64encode(file.getvalue()).decode()
    width, height = (round(96 * inches) for inches in figure.get_size_inches())
    page = (
        f'<img alt="{html.escape(words)}" width="{width}" style="max-width: 100%; height: auto"'
        f' src="data:image/png;base64,{picture}">'
    )
    size = {"width": width, "height": height, "alt": words}
    return {"text/html": page, "image/png": picture, "text/plain": words}, {"image/png": size}


def number(value: float, digits: int = 3) -> str:
    """With a real minus sign, which is also read aloud."""
    return f"{value:.{digits}g}".replace("-", "−")


def count_of(number: int, what: str) -> str:
    """Such as '1 step', '2 steps'."""
    return f"{number} {what}{'' if number == 1 else 's'}"
