"""Pictures of neurons and networks, drawn from their weights. Part of `workshop.figures.plots`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import rc_context

from workshop.core.checks import expect
from workshop.figures.style import (
    BLACK,
    BLUE,
    HIGHLIGHT,
    RED,
    STYLE,
    UNIT,
    YELLOW,
    Limits,
    as_array,
    count_of,
    finish,
    new_axes,
    number,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INPUT, BIAS = "white", YELLOW  # what a circle is filled with, beside UNIT
RADIUS = 0.33  # of a unit, where units stand 1 apart
MAX_UNITS = 12  # units drawn in a layer; a wider one shows its first and last four
SHAPES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "ReLU": lambda z: np.maximum(z, 0.0),
    "linear": lambda z: z,
    "step": lambda z: np.where(z > 0, 1.0, 0.0),
}


def canvas(
    left: float, right: float, low: float, high: float, scale: float, title: str
) -> tuple[Figure, Axes]:
    """Axes without a frame, in which one unit of length is `scale` inches."""
    size = (scale * (right - left) + 0.2, scale * (high - low) + 0.2 + 0.4 * bool(title))
    figure, (ax,) = new_axes(sizes=(size,), grid=False, title=title)
    ax.axis("off")
    ax.set(xlim=(left, right), ylim=(low, high), aspect="equal")
    return figure, ax


def _unit(
    ax: Axes,
    x: float,
    y: float,
    text: str,
    fill: str = UNIT,
    *,
    radius: float = RADIUS,
    fontsize: float = 13,
) -> None:
    from matplotlib.patches import Circle

    ax.add_patch(Circle((x, y), radius, facecolor=fill, edgecolor=BLACK, linewidth=1.5, zorder=3))
    ax.text(x, y, text, ha="center", va="center", zorder=4, fontsize=fontsize)


def line(ax: Axes, *points: Limits, arrow: bool = True, **style: Any) -> None:
    """A line through `points`, with an arrow head at its end; style: as for `Axes.plot`."""
    look: dict[str, Any] = {"color": BLACK, "linewidth": 1.8, **style}
    ax.plot(*zip(*points, strict=True), zorder=1, **look)
    if arrow:
        head = {"arrowstyle": "-|>", "color": look["color"], "shrinkA": 0, "shrinkB": 0}
        ax.annotate("", points[-1], points[-2], arrowprops=head, zorder=1)


def box(
    ax: Axes,
    x: float,
    y: float,
    size: Limits,
    fill: str,
    text: str,
    *,
    fontsize: float,
    pad: float = 0.05,
    linewidth: float = 1.5,
    drop: float = 0.0,
) -> None:
    """A rounded box of `size` (width, height) around (x, y); its text stands `drop` lower."""
    from matplotlib.patches import FancyBboxPatch

    width, height = size
    frame = FancyBboxPatch(
        (x - width / 2, y - height / 2),
        width,
        height,
        boxstyle=f"round,pad={pad}",
        facecolor=fill,
        edgecolor=BLACK,
        linewidth=linewidth,
        zorder=3,
    )
    ax.add_patch(frame)
    ax.text(x, y - drop, text, ha="center", va="center", zorder=4, fontsize=fontsize)


def node(
    ax: Axes,
    x: float,
    y: float,
    text: str,
    *,
    fill: str = "white",
    fontsize: float = 16,
    linewidth: float = 1.5,
) -> None:
    """A small circle in which numbers meet: `text` says how, by times or plus."""
    from matplotlib.patches import Circle

    ax.add_patch(
        Circle((x, y), 0.24, facecolor=fill, edgecolor=BLACK, linewidth=linewidth, zorder=3)
    )
    ax.text(x, y - 0.02, text, ha="center", va="center", zorder=4, fontsize=fontsize)


def _stroke(value: float | None, largest: float) -> dict[str, Any]:
    """How a weight is drawn: blue above 0, red and dashed below, thick when it is large."""
    if value is None:
        return {"color": "#888888", "linewidth": 0.9}
    return {
        "color": BLUE if value >= 0 else RED,
        "linewidth": 0.5 + 3 * abs(value) / (largest or 1.0),
        "linestyle": "-" if value >= 0 else (0, (4, 1.5)),
    }


def _arrow(ax: Axes, start: Limits, end: Limits, gaps: Limits, **style: Any) -> None:
    """From `start` to `end`, leaving `gaps` free at its ends: the radius of a unit."""
    a, b = np.array(start), np.array(end)
    step = (b - a) / np.linalg.norm(b - a)
    look: dict[str, Any] = {"color": BLACK, "linewidth": 1.8, **style}
    # The head is drawn apart from the line, which may be dashed.
    tip, neck = b - step * gaps[1], b - step * (gaps[1] + 0.12)
    ax.plot(*zip(a + step * gaps[0], neck, strict=True), solid_capstyle="butt", zorder=1, **look)
    head = {
        "arrowstyle": "-|>,head_length=0.55,head_width=0.28",
        "color": look["color"],
        "linewidth": 1,
        "shrinkA": 0,
        "shrinkB": 0,
    }
    ax.annotate("", tip, neck - 0.1 * step, arrowprops=head, zorder=2)


def _on_line(ax: Axes, start: Limits, end: Limits, at: float, text: str, colour: str) -> None:
    (x, y), (dx, dy) = start, np.subtract(end, start)
    paper = {"facecolor": "white", "edgecolor": "none", "pad": 1.2}
    ax.text(
        x + at * dx,
        y + at * dy,
        text,
        rotation=np.degrees(np.arctan2(dy, dx)),
        color=colour,
        ha="center",
        va="center",
        rotation_mode="anchor",
        bbox=paper,
        zorder=2,
        fontsize=12,
    )


@rc_context(STYLE)
def neuron(
    w: Any,
    b: Any,
    *,
    x: Any = None,
    names: Sequence[str] | None = None,
    activation: str = "g",
    title: str = "",
    alt: str | None = None,
) -> Figure:
    """One neuron with weights w (n,) and bias b (): inputs, weighted sum, activation (fig-1.5).

    x (n,) and names are written beside the inputs. activation: 'sigmoid', 'tanh', 'ReLU', 'linear'
    or 'step' is drawn, and with x the sum z and the output a are worked out; 'g' stays a letter.
    """
    weights, bias = as_array(w).astype(float), float(as_array(b).squeeze())
    expect(weights.ndim == 1 and weights.size > 0, "w", f"shape {weights.shape}", "(n,), n > 0")
    n, inputs = len(weights), None if x is None else as_array(x).astype(float)
    for name, got in (("x", inputs), ("names", None if names is None else np.array(names))):
        expect(
            got is None or got.shape == (n,),
            name,
            f"shape {None if got is None else got.shape}",
            f"({n},), like w",
        )
    known = activation in SHAPES
    expect(known or activation == "g", "activation", repr(activation), f"'g' or of {[*SHAPES]}")
    z_text, a_text, described = "$z$", "$a = g(z)$", ""
    if inputs is not None and known:
        z = float(inputs @ weights) + bias
        z_number, a_number = number(z, 4), number(float(SHAPES[activation](np.array(z))), 4)
        z_text, a_text = f"$z$ = {z_number}", f"$a$ = {a_number}"
        described = f" The weighted sum is {z_number}, the output {a_number}."

    sides = [names[i] if names else "" for i in range(n)]
    if inputs is not None:
        sides = [f"{s} = {v:g}" if s else f"{v:g}" for s, v in zip(sides, inputs, strict=True)]
    heights = 1.15 * ((n - 1) / 2 - np.arange(n))
    add, squash, one = (3.9, 0.0), (6.6, 0.0), (3.9, -1.7)
    left, right = -0.6 - 0.17 * max(map(len, sides)), 8.2 + 0.12 * max(len(a_text), 9)
    low, high = min(heights[-1] - 0.45, -2.05), max(heights[0] + 0.45, 1.0)
    figure, ax = canvas(left, right, low, high, 0.75, title)
    largest = np.abs(weights).max()
    for i, (height, weight) in enumerate(zip(heights, weights, strict=True)):
        style = _stroke(weight, largest)
        _arrow(ax, (0, height), add, (RADIUS, 0.5), **style)
        text = f"$w_{{{i + 1}}}$ = {number(weight, 4)}"
        _on_line(ax, (0, height), add, 0.42, text, style["color"])
        _unit(ax, 0, height, f"$x_{{{i + 1}}}$", INPUT, fontsize=15)
        ax.text(-0.5, height, sides[i], ha="right", va="center")
    style = _stroke(bias, 3 * abs(bias))
    _arrow(ax, one, add, (0.28, 0.5), **style)
    _unit(ax, *one, "1", BIAS, radius=0.28)
    ax.text(4.1, -1.0, f"$b$ = {number(bias, 4)}", color=style["color"], va="center", fontsize=12)
    _arrow(ax, add, squash, (0.5, 0.5))
    _arrow(ax, squash, (8.0, 0), (0.5, 0))
    _unit(ax, *add, "$\\Sigma$", radius=0.5, fontsize=24)
    _unit(ax, *squash, "" if known else "$g$", radius=0.5, fontsize=22)
    if known:
        t = np.linspace(-1, 1, 101)
        curve = SHAPES[activation](4 * t)
        curve = (curve - curve.min()) / np.ptp(curve) - 0.5
        ax.plot(squash[0] + 0.33 * t, 0.5 * curve, color=BLACK, linewidth=2.2, zorder=5)
    ax.text(add[0], 0.62, "weighted sum", ha="center", va="bottom", fontsize=12)
    ax.text(
        squash[0],
        0.62,
        activation if known else "activation",
        ha="center",
        va="bottom",
        fontsize=12,
    )
    ax.text((add[0] + squash[0]) / 2, 0.14, z_text, ha="center", va="bottom")
    ax.text(8.1, 0, a_text, ha="left", va="center")
    beside = f" ({', '.join(sides)})" if any(sides) else ""
    listed = ", ".join(number(v, 4) for v in weights)
    return finish(
        figure,
        alt,
        f"{title or 'A neuron'} with {count_of(n, 'input')}"
        f"{beside}, weights {listed}, bias "
        f"{number(bias, 4)} and the activation {activation}.{described}",
    )


@rc_context(STYLE)
def network(
    sizes: Sequence[int],
    *,
    weights: Sequence[Any] | None = None,
    biases: bool | Sequence[Any] = False,
    activations: Sequence[str] | None = None,
    labels: Sequence[str] | None = None,
    title: str = "",
    alt: str | None = None,
) -> Figure:
    """Units as circles, weights as lines: blue above 0, red and dashed below, thick when large.

    Args:
        sizes: units of each layer, the inputs first.
        weights: (out, in) for each pair of layers, up to 12 also as numbers; without, thin lines.
        biases: draw the bias units; (out,) for each layer after the first gives their lines a sign.
        activations: a name for each layer after the first ('' for none), written below.
        labels: a name for each layer, written above.
        title: of the figure.
        alt: the figure in words, if not made from the above.
    """
    pairs = list(pairwise(sizes))
    tables = None if weights is None else [as_array(w) for w in weights]
    shifts = None if isinstance(biases, bool) else [as_array(v) for v in biases]
    for name, got, expected in (
        ("weights", tables, [(out, into) for into, out in pairs]),
        ("biases", shifts, [(out,) for _, out in pairs]),
    ):
        shapes = None if got is None else [table.shape for table in got]
        expect(got is None or shapes == expected, name, f"shapes {shapes}", f"{expected}")
    expect(labels is None or len(labels) == len(sizes), "labels", labels, f"{len(sizes)} of them")
    fits = activations is None or len(activations) == len(pairs)
    expect(fits, "activations", activations, f"{len(pairs)} of them")

    spots, biased = [_heights(size) for size in sizes], biases is not False
    lows = [min(layer.values()) - 1.05 for layer in spots]
    bottom = min([low - 0.4 for low in lows[:-1] if biased] + [low + 0.6 for low in lows])
    top = max(max(layer.values()) for layer in spots) + 0.5
    scale = min(0.75, 5.0 / (top - bottom))
    numbers = sum(table.size for table in (tables or []) + (shifts or []))
    wide = (3.2 if tables and numbers <= 12 else 2.0) / scale
    head, foot = (0.6 if labels else 0.35) / scale, 0.3 / scale * bool(activations)
    figure, ax = canvas(
        -0.7 / scale, wide * len(pairs) + 0.7 / scale, bottom - foot, top + head, scale, title
    )
    for layer, (before, after) in enumerate(pairwise(spots)):
        table = None if tables is None else tables[layer]
        shift = None if shifts is None else shifts[layer]
        largest = max([float(np.abs(t).max()) for t in (table, shift) if t is not None], default=0)
        for j, height in after.items():
            lines = [(h, None if table is None else table[j, i]) for i, h in before.items()]
            if biased:
                lines.append((lows[layer], None if shift is None else shift[j]))
            for start, value in lines:
                ends = (wide * layer, start), (wide * (layer + 1), height)
                style = _stroke(value, largest)
                ax.plot(*zip(*ends, strict=True), zorder=1, **style)
                if tables and numbers <= 12 and value is not None:
                    at = 0.22 + 0.2 * (j % 2)  # where lines cross, their numbers stand apart
                    _on_line(ax, *ends, at, number(value), style["color"])
        if biased:
            _unit(ax, wide * layer, lows[layer], "1", BIAS, radius=0.28)
    for layer, (size, spot) in enumerate(zip(sizes, spots, strict=True)):
        power = f"^{{[{layer}]}}" if len(pairs) > 1 else ""  # of layer 1, 2, ...: the book's sign
        for unit, height in spot.items():
            text = f"$a{power}_{{{unit + 1}}}$" if layer else f"$x_{{{unit + 1}}}$"
            _unit(ax, wide * layer, height, text if scale > 0.55 else "", UNIT if layer else INPUT)
        for dot in (0.3, 0, -0.3) if len(spot) < size else ():
            _unit(ax, wide * layer, dot, "", BLACK, radius=0.05)
        above = (f"{labels[layer]}\n" if labels else "") + count_of(size, "unit")
        ax.text(wide * layer, top, above, ha="center", va="bottom", linespacing=1.2)
        if activations and layer:
            ax.text(
                wide * layer, bottom, activations[layer - 1], ha="center", va="top", style="italic"
            )
    described = f"layers of {', '.join(map(str, sizes))} units"
    described += f" ({', '.join(labels)})" if labels else ""
    if tables:
        values = np.concatenate([table.ravel() for table in tables])
        low, high = number(values.min()), number(values.max())
        described += f", {count_of(len(values), 'weight')} from {low} to {high}"
    described += ", a bias for every unit after the first layer" if biased else ""
    described += (
        f", activations {', '.join(a or 'none' for a in activations)}" if activations else ""
    )
    return finish(figure, alt, f"{title or 'A network'}: {described}.")


def _heights(size: int) -> dict[int, float]:
    """Where the drawn units of a layer stand, from top to bottom around 0: unit -> height."""
    if size <= MAX_UNITS:
        return {unit: (size - 1) / 2 - unit for unit in range(size)}
    return {u: 4.0 - u for u in range(4)} | {size - 4 + u: -1.0 - u for u in range(4)}


@rc_context(STYLE)
def thinned(
    networks: Sequence[Sequence[Any]],
    *,
    titles: Sequence[str] | None = None,
    columns: int = 4,
    title: str = "",
    alt: str | None = None,
) -> Figure:
    """Networks with units dropped, a panel each: crossed out, without lines (fig-2.8, fig-2.9).

    Args:
        networks: for each of them a mask (units,) per layer, inputs first: 0 is dropped.
        titles: one for each.
        columns: panels in a row.
        title: of the figure.
        alt: the figure in words, if not made from the above.
    """
    from matplotlib.patches import Circle

    drawn = [[as_array(mask).astype(bool) for mask in masks] for masks in networks]
    sizes = [len(mask) for mask in drawn[0]] if drawn else []
    for masks in drawn:
        got = [len(mask) for mask in masks]
        expect(got == sizes, "networks", f"layers of {got}", f"layers of {sizes}, as in the first")
    expect(
        len(sizes) > 1 and max(sizes) <= MAX_UNITS,
        "networks",
        f"layers of {sizes}",
        f"two layers or more, of up to {MAX_UNITS} units",
    )
    names = [""] * len(drawn) if titles is None else list(titles)
    expect(len(names) == len(drawn), "titles", f"{len(names)}", f"{len(drawn)}, one for each")
    wide, columns = 2.2, min(columns, len(drawn))
    scale = min(0.75, 10.4 / columns / (wide * (len(sizes) - 1) + 1.4))
    room = (scale * (wide * (len(sizes) - 1) + 1.4), scale * (max(sizes) + 0.4) + 0.4 * any(names))
    figure, axes = new_axes(len(drawn), columns=columns, sizes=(room,), grid=False)
    if title:
        figure.suptitle(title)
        figure.set_size_inches(
            max(figure.get_figwidth(), 0.125 * len(title)), figure.get_figheight() + 0.5
        )
    described = []
    for ax, masks, name in zip(axes, drawn, names, strict=True):
        ax.axis("off")
        ax.set(
            xlim=(-0.7, wide * (len(sizes) - 1) + 0.7),
            aspect="equal",
            ylim=(-max(sizes) / 2 - 0.2, max(sizes) / 2 + 0.2),
        )
        ax.set_title(name, fontsize=13)
        places = [[(wide * i, (n - 1) / 2 - u) for u in range(n)] for i, n in enumerate(sizes)]
        for (before, here), (after, there) in pairwise(zip(masks, places, strict=True)):
            for a, start in zip(before, here, strict=True):
                for b, end in zip(after, there, strict=True):
                    if a and b:
                        ax.plot(*zip(start, end, strict=True), zorder=1, **_stroke(None, 1.0))
        for layer, (mask, spots) in enumerate(zip(masks, places, strict=True)):
            for kept, (x, y) in zip(mask, spots, strict=True):
                if kept:
                    _unit(ax, x, y, "", UNIT if layer else INPUT)
                    continue
                ax.add_patch(
                    Circle(
                        (x, y),
                        RADIUS,
                        facecolor="white",
                        edgecolor="#AAAAAA",
                        linestyle="--",
                        zorder=3,
                    )
                )
                for sign in (1, -1):
                    ends = [x - 0.2, x + 0.2], [y - 0.2 * sign, y + 0.2 * sign]
                    ax.plot(*ends, color=HIGHLIGHT, linewidth=2.2, zorder=4)
        kept = ", ".join(f"{mask.sum()} of {len(mask)}" for mask in masks)
        described.append(f"{name or 'a network'} keeps {kept}")
    return finish(
        figure, alt, f"{title or 'Units dropped'}, layer by layer: {'; '.join(described)}."
    )
