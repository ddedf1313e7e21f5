"""Figures from arrays. Every function returns a matplotlib Figure and leaves no state behind.

Figures are made without pyplot: nothing is shown twice, nothing stays in memory. The colours are
those of Okabe and Ito, which colour-blind people tell apart; line styles and markers say the same
once more. `alt_text(figure)` gives each figure in words.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from matplotlib import rc_context
from torch import Tensor

from workshop.core.training import History

if TYPE_CHECKING:
    from matplotlib.animation import FuncAnimation
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, RED, PURPLE, SKY, YELLOW, BLACK = COLOURS = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442", "#000000",
)  # fmt: skip
LINES = ("-", "--", "-.", ":")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*", "<", ">")
STYLE = {
    "font.size": 13,
    "axes.titlesize": 14,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "lines.linewidth": 2,
    "legend.frameon": False,
    "figure.facecolor": "white",
}


def alt_text(figure: Figure) -> str:
    """The figure in words, for those who do not see it."""
    return figure.get_label()


def _axes(
    columns: int = 1, rows: int = 1, *, size: tuple[float, float] = (6.0, 4.0), **options: Any
) -> tuple[Figure, list[Axes]]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(size[0] * columns, size[1] * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, **options)
    return figure, list(axes.flat)


def _array(values: Any) -> np.ndarray:
    if isinstance(values, Tensor):
        values = values.detach().cpu().numpy()
    return np.asarray(values)


def _describe(figure: Figure, text: str) -> Figure:
    figure.set_label(text)
    return figure


# --- training ------------------------------------------------------------------------------------


@rc_context(STYLE)
def curves(
    histories: Mapping[str, History] | History,
    keys: Sequence[str] = ("loss",),
    *,
    logy: bool = False,
    title: str = "",
) -> Figure:
    """Columns of one or several histories over the epochs, a panel per key, validation dashed."""
    if isinstance(histories, History):
        histories = {"": histories}
    figure, axes = _axes(len(keys))
    said = []
    for ax, key in zip(axes, keys, strict=True):
        for i, (label, history) in enumerate(histories.items()):
            for prefix, line in (("", "-"), ("val_", "--")):
                if not history.rows or prefix + key not in history.rows[0]:
                    continue
                values = history[prefix + key]
                name = " ".join(part for part in (label, "validation" if prefix else "") if part)
                ax.plot(
                    history["epoch"], values, line, color=COLOURS[i % 8], label=name or "training",
                    marker="o" if len(values) < 3 else None,
                )  # fmt: skip
                said.append(f"{name or 'training'} {key} {values[0]:.3g} to {values[-1]:.3g}")
        ax.set(xlabel="epoch", ylabel=key, title=title)
        if logy:
            ax.set_yscale("log")
        if ax.get_legend_handles_labels()[1] not in ([], ["training"]):
            ax.legend()
    return _describe(figure, f"{title or 'Training curves'}: " + "; ".join(said) + ".")


def live(run: Iterable[History], keys: Sequence[str] = ("loss",), **options: Any) -> History:
    """Train while a notebook shows the curve: `live(train_epochs(model, ...))`.

    Outside a notebook it just trains. Redraws at most twice a second, and once at the end.
    """
    from IPython import get_ipython
    from IPython.display import display

    in_notebook = getattr(get_ipython(), "kernel", None) is not None
    history, handle, drawn = History(), None, 0.0
    for history in run:
        if in_notebook and time.monotonic() - drawn > 0.5:
            figure = curves(history, keys, **options)
            if handle is None:
                handle = display(figure, display_id=True)
            else:
                handle.update(figure)
            drawn = time.monotonic()
    if handle is not None:
        handle.update(curves(history, keys, **options))
    return history


# --- points and functions ------------------------------------------------------------------------


def boundary(
    predict: Callable[[Tensor], Tensor],
    x: Any,
    y: Any,
    *,
    title: str = "",
    limits: tuple[tuple[float, float], tuple[float, float]] | None = None,
) -> Figure:
    """Points x (N, 2) of classes y (N,) over what `predict` says; see `boundaries`."""
    return boundaries({title: predict}, x, y, limits=limits)


@rc_context(STYLE)
def boundaries(
    models: Mapping[str, Callable[[Tensor], Tensor]],
    x: Any,
    y: Any,
    *,
    limits: tuple[tuple[float, float], tuple[float, float]] | None = None,
) -> Figure:
    """A panel per model: points x (N, 2) of classes y (N,) over the shaded prediction.

    A model takes (M, 2) and returns (M,) probabilities of class 1, or (M, C) scores.
    """
    points, labels = _array(x), _array(y).astype(int)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"x: got shape {points.shape}, expected (N, 2)")
    if limits is None:
        low, high = points.min(axis=0), points.max(axis=0)
        margin = 0.1 * (high - low) + 1e-6
        limits = tuple(zip(low - margin, high + margin, strict=True))
    xs, ys = (np.linspace(*limit, 150) for limit in limits)
    grid = torch.tensor(np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2), dtype=torch.float32)
    figure, axes = _axes(len(models), size=(5.0, 4.4))
    said = []
    for ax, (title, predict) in zip(axes, models.items(), strict=True):
        with torch.no_grad():
            scores, at_points = predict(grid), predict(torch.tensor(points).float())
        if scores.ndim == 2 and scores.shape[1] == 2:
            scores, at_points = scores.softmax(dim=1)[:, 1], at_points.softmax(dim=1)[:, 1]
        several = scores.ndim == 2
        shade = _array(scores.argmax(dim=1) if several else scores).reshape(len(ys), len(xs))
        guess = _array(at_points.argmax(dim=1) if several else at_points > 0.5)
        if several:
            ax.contourf(xs, ys, shade, levels=np.arange(scores.shape[1] + 1) - 0.5,
                        colors=COLOURS[: scores.shape[1]], alpha=0.25)  # fmt: skip
        else:
            shade = np.clip(shade.astype(float), 0, 1)
            ax.contourf(xs, ys, shade, levels=np.linspace(0, 1, 11), cmap="PuOr_r", alpha=0.7)
            if shade.min() < 0.5 < shade.max():
                ax.contour(xs, ys, shade, levels=[0.5], colors="black", linewidths=2)
        for label in np.unique(labels):
            chosen = labels == label
            ax.scatter(
                *points[chosen].T, s=40, marker=MARKERS[label % len(MARKERS)], edgecolor="white",
                linewidth=0.6, color=("#2D004B", "#7F3B08")[label % 2] if not several
                else COLOURS[label % 8], label=f"class {label}",
            )  # fmt: skip
        ax.set(title=title, xlabel="$x_1$", ylabel="$x_2$", xlim=limits[0], ylim=limits[1])
        said.append(
            f"{title or 'the model'} is right on {(guess == labels).sum()} of {len(labels)}"
        )
    axes[0].legend(loc="upper left", framealpha=0.8, frameon=True)
    return _describe(figure, "Points of each class over the predicted class: " + "; ".join(said))


def functions(
    x: Any,
    lines: Mapping[str, Any],
    *,
    points: Sequence[tuple[float, float, str]] = (),
    title: str = "",
    xlabel: str = "z",
    ylabel: str = "",
) -> Figure:
    """Curves over x (N,), each with a label; `points` (x, y, text) are marked."""
    return panels([(title, x, lines)], points=points, xlabel=xlabel, ylabel=ylabel)


@rc_context(STYLE)
def panels(
    plots: Sequence[tuple[str, Any, Mapping[str, Any]]],
    *,
    points: Sequence[tuple[float, float, str]] = (),
    columns: int = 3,
    xlabel: str = "z",
    ylabel: str = "",
) -> Figure:
    """Several small plots (title, x, {label: y}) side by side."""
    columns = min(columns, len(plots))
    rows = -(-len(plots) // columns)
    size = (7.0, 4.2) if len(plots) == 1 else (4.6, 3.6)
    figure, axes = _axes(columns, rows, size=size)
    said = []
    for ax, (title, x, lines) in zip(axes, plots, strict=False):
        for i, (label, values) in enumerate(lines.items()):
            at, values = _array(x), _array(values)
            if at.shape != values.shape:
                raise ValueError(f"{label}: got {values.shape} values for x {at.shape}")
            ax.plot(at, values, LINES[i % 4], color=COLOURS[i % 8], label=label)
            said.append(f"{label} from {values[0]:.3g} at {at[0]:.3g} to {values[-1]:.3g} "
                        f"at {at[-1]:.3g}")  # fmt: skip
        for px, py, text in points:
            ax.plot(px, py, "o", color=RED, markersize=9)
            ax.annotate(text, (px, py), xytext=(8, -18), textcoords="offset points")
        ax.set(title=title, xlabel=xlabel, ylabel=ylabel)
        if len(lines) > 1 or len(plots) == 1:
            ax.legend()
    for ax in axes[len(plots) :]:
        ax.remove()
    return _describe(figure, f"{plots[0][0] or 'Curves'}: " + "; ".join(said) + ".")


@rc_context(STYLE)
def scatter(x: Any, y: Any, *, line: tuple[Any, Any] | None = None, title: str = "",
            xlabel: str = "x", ylabel: str = "y") -> Figure:  # fmt: skip
    """Points (x, y), both (N,), with an optional curve (xs, ys) through them."""
    figure, (ax,) = _axes(size=(7.0, 4.2))
    ax.plot(_array(x), _array(y), "o", color=BLUE, alpha=0.7)
    if line is not None:
        ax.plot(_array(line[0]), _array(line[1]), "-", color=RED)
    ax.set(title=title, xlabel=xlabel, ylabel=ylabel)
    return _describe(
        figure, f"{title or 'Scatter'}: {len(_array(x))} points of {ylabel} over {xlabel}."
    )


@rc_context(STYLE)
def bars(
    values: Mapping[str, float],
    *,
    errors: Mapping[str, float] | None = None,
    title: str = "",
    ylabel: str = "",
    line: tuple[float, str] | None = None,
) -> Figure:
    """One labelled bar per value, with its number on it; `line` (height, text) is drawn across."""
    figure, (ax,) = _axes(size=(max(5.0, 1.7 * len(values) + 1), 4.0))
    spread = [errors.get(name, 0) for name in values] if errors else None
    drawn = ax.bar(
        list(values), list(values.values()), yerr=spread, capsize=5,
        color=[COLOURS[i % 8] for i in range(len(values))],
    )  # fmt: skip
    ax.bar_label(drawn, fmt="%.3g", padding=3)
    if line:
        ax.axhline(line[0], color=BLACK, linestyle="--", linewidth=1)
        ax.annotate(
            line[1], (1, line[0]), xycoords=("axes fraction", "data"), ha="right", va="bottom"
        )
    ax.margins(y=0.15)
    ax.grid(visible=False, axis="x")
    ax.set(title=title, ylabel=ylabel)
    said = ", ".join(f"{name} {value:.3g}" for name, value in values.items())
    return _describe(figure, f"{title or 'Bars'}: {said}.")


@rc_context(STYLE)
def histogram(
    values: Mapping[str, Any], *, bins: int = 30, title: str = "", xlabel: str = ""
) -> Figure:
    """How often values occur, a step line per label."""
    figure, (ax,) = _axes(size=(7.0, 4.0))
    for i, (label, sample) in enumerate(values.items()):
        ax.hist(_array(sample).ravel(), bins=bins, histtype="stepfilled", alpha=0.45,
                color=COLOURS[i % 8], label=label, edgecolor=BLACK, linestyle=LINES[i % 4])  # fmt: skip
    ax.set(title=title, xlabel=xlabel, ylabel="count")
    ax.legend()
    said = "; ".join(
        f"{label}: mean {_array(v).mean():.3g}, from {_array(v).min():.3g} to {_array(v).max():.3g}"
        for label, v in values.items()
    )
    return _describe(figure, f"{title or 'Histogram'}: {said}.")


# --- images --------------------------------------------------------------------------------------


@rc_context(STYLE)
def images(
    x: Any, *, titles: Sequence[Any] | None = None, columns: int = 8, values: bool = False,
    signed: bool = False, title: str = "",
) -> Figure:  # fmt: skip
    """Grey images (N, H, W) or (N, 1, H, W) in a grid; `values` writes the numbers into the pixels.

    `signed` colours values below 0 orange and above it purple, for weights.
    """
    pictures = _array(x)
    pictures = pictures[:, 0] if pictures.ndim == 4 and pictures.shape[1] == 1 else pictures
    if pictures.ndim != 3:
        raise ValueError(f"x: got shape {_array(x).shape}, expected (N, H, W) or (N, 1, H, W)")
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    figure, axes = _axes(columns, rows, size=(5.0, 5.0) if values else (1.6, 1.8))
    limit = float(np.abs(pictures).max()) or 1.0
    for i, ax in enumerate(axes):
        ax.axis("off")
        if i >= len(pictures):
            continue
        if signed:
            ax.imshow(pictures[i], cmap="PuOr_r", vmin=-limit, vmax=limit)
        else:
            ax.imshow(pictures[i], cmap="gray_r")
        if titles is not None:
            ax.set_title(str(titles[i]), fontsize=13)
        if values:
            middle = (pictures[i].min() + pictures[i].max()) / 2
            for (r, c), value in np.ndenumerate(pictures[i]):
                ax.text(c, r, f"{value:g}", ha="center", va="center", fontsize=12,
                        color="white" if value > middle else "black")  # fmt: skip
    if title:
        figure.suptitle(title)
    named = f": {', '.join(map(str, titles))}" if titles is not None else ""
    return _describe(figure, f"{title or f'{len(pictures)} images'}{named}.")


# --- networks ------------------------------------------------------------------------------------


@rc_context(STYLE)
def neuron(
    w: Any, b: Any, *, x: Any = None, names: Sequence[str] | None = None, activation: str = "g"
) -> Figure:
    """One neuron with its inputs, weights (n,), bias and both stages (fig-1.5)."""
    from matplotlib.patches import Circle

    weights, bias = _array(w), float(_array(b))
    figure, (ax,) = _axes(size=(9.0, max(3.2, 1.1 * len(weights) + 0.8)))
    ax.axis("off")
    heights = np.linspace(len(weights) - 1, 0, len(weights)) if len(weights) > 1 else np.zeros(1)
    middle = heights.mean()
    largest = float(np.abs(weights).max()) or 1.0
    for i, (height, weight) in enumerate(zip(heights, weights, strict=True)):
        colour = BLUE if weight >= 0 else RED
        ax.annotate("", (3.55, middle), (0.36, height), arrowprops={
            "arrowstyle": "-|>", "color": colour, "shrinkB": 2,
            "linewidth": 1 + 3 * abs(weight) / largest})  # fmt: skip
        ax.add_patch(Circle((0, height), 0.34, facecolor="white", edgecolor=BLACK, linewidth=2))
        ax.text(0, height, f"$x_{i + 1}$", ha="center", va="center")
        side = (names[i] if names else "") + (f" = {_array(x)[i]:g}" if x is not None else "")
        ax.text(-0.5, height, side, ha="right", va="center")
        at = 0.42
        ax.text(0.35 + at * 3.25, height + at * (middle - height),
                f"$w_{i + 1}$ = {weight:.4g}", color=colour, ha="center", va="center",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5})  # fmt: skip
    for place, text in ((3.95, "$\\Sigma$"), (6.0, f"${activation}$")):
        ax.add_patch(
            Circle((place, middle), 0.42, facecolor="#DDEEFF", edgecolor=BLACK, linewidth=2)
        )
        ax.text(place, middle, text, ha="center", va="center", fontsize=18)
    ax.annotate("", (5.55, middle), (4.4, middle), arrowprops={"arrowstyle": "-|>", "linewidth": 2})
    ax.annotate("", (7.2, middle), (6.45, middle), arrowprops={"arrowstyle": "-|>", "linewidth": 2})
    ax.text(4.97, middle + 0.12, "z", ha="center", style="italic")
    ax.text(7.3, middle, "a = g(z)", va="center")
    ax.annotate(f"b = {bias:.4g}", (3.95, middle - 0.42), (3.95, middle - 1.15), ha="center",
                arrowprops={"arrowstyle": "-|>", "color": ORANGE, "linewidth": 2})  # fmt: skip
    ax.set(xlim=(-2.6, 8.4), ylim=(min(-0.6, middle - 1.4), len(weights) - 0.4), aspect="equal")
    return _describe(figure, f"A neuron: inputs {', '.join(names) if names else len(weights)}, weights "
                     f"{', '.join(f'{v:.4g}' for v in weights)}, bias {bias:.4g}.")  # fmt: skip


@rc_context(STYLE)
def network(
    sizes: Sequence[int],
    *,
    weights: Sequence[Any] | None = None,
    biases: bool = False,
    labels: Sequence[str] | None = None,
    title: str = "",
) -> Figure:
    """Units as circles, weights as lines: blue above 0, red and dashed below, thick when large.

    weights: one (out, in) table per pair of layers; thin grey lines without. biases: draw the bias
    units in yellow. Layers of more than 8 units are drawn in part.
    """
    from matplotlib.patches import Circle

    if weights is not None:
        got = [_array(w).shape for w in weights]
        expected = [(b, a) for a, b in pairwise(sizes)]
        if got != expected:
            raise ValueError(f"weights: got shapes {got}, expected {expected}")
    most = 8
    shown = [list(range(s)) if s <= most else [*range(3), *range(s - 3, s)] for s in sizes]
    tallest = max(min(s, most) for s in sizes) + (1 if biases else 0)
    figure, (ax,) = _axes(size=(2.4 * len(sizes) + 1.5, 0.75 * tallest + 1.6))
    ax.axis("off")

    def heights(layer: int) -> dict[int, float]:
        count = len(shown[layer])
        gap = 1 if sizes[layer] > most else 0
        spots = [-(i + (gap if i >= 3 and gap else 0)) for i in range(count)]
        centre = (spots[0] + spots[-1]) / 2
        return {unit: spot - centre for unit, spot in zip(shown[layer], spots, strict=True)}

    wide = 2.6
    for layer in range(len(sizes) - 1):
        table = None if weights is None else _array(weights[layer])
        largest = 1.0 if table is None else float(np.abs(table).max()) or 1.0
        for j, to in heights(layer + 1).items():
            for i, start in heights(layer).items():
                value = None if table is None else table[j, i]
                ax.plot(
                    [wide * layer, wide * (layer + 1)], [start, to], zorder=1,
                    color="#999999" if value is None else BLUE if value >= 0 else RED,
                    linewidth=0.8 if value is None else 0.4 + 3 * abs(value) / largest,
                    linestyle="--" if value is not None and value < 0 else "-",
                )  # fmt: skip
        if biases:
            low = min(heights(layer).values()) - 1.0
            for to in heights(layer + 1).values():
                ax.plot(
                    [wide * layer, wide * (layer + 1)], [low, to], color=ORANGE, zorder=1, lw=1.2
                )
            ax.add_patch(
                Circle((wide * layer, low), 0.3, facecolor=YELLOW, edgecolor=BLACK, zorder=2)
            )
            ax.text(wide * layer, low, "1", ha="center", va="center", zorder=3)
    bottom = min(min(heights(layer).values()) for layer in range(len(sizes))) - (
        1.5 if biases else 0.6
    )
    top = max(max(heights(layer).values()) for layer in range(len(sizes)))
    for layer, size in enumerate(sizes):
        for height in heights(layer).values():
            ax.add_patch(Circle((wide * layer, height), 0.3, facecolor="#DDEEFF", edgecolor=BLACK,
                                linewidth=1.5, zorder=2))  # fmt: skip
        if size > most:
            ax.text(wide * layer, 0, "$\\vdots$", ha="center", va="center", fontsize=20)
        name = labels[layer] if labels else ""
        ax.text(wide * layer, top + 0.55, f"{name}\n{size} unit{'s' if size > 1 else ''}".strip(),
                ha="center", va="bottom")  # fmt: skip
    ax.set(xlim=(-1.2, wide * (len(sizes) - 1) + 1.2), ylim=(bottom, top + 1.8), title=title)
    ax.set_aspect("equal")
    return _describe(
        figure, f"{title or 'A network'} of layers with {', '.join(map(str, sizes))} units."
    )


# --- going downhill ------------------------------------------------------------------------------


@rc_context(STYLE)
def surface(
    values: Any, xs: Any, ys: Any, *, path: Any = None, minimum: tuple[float, float] | None = None,
    title: str = "", xlabel: str = "w", ylabel: str = "b",
) -> Figure:  # fmt: skip
    """Contour lines of values (len(ys), len(xs)), a path (T, 2) over them, the minimum marked."""
    table, xs, ys = _array(values), _array(xs), _array(ys)
    if table.shape != (len(ys), len(xs)):
        raise ValueError(f"values: got {table.shape}, expected {(len(ys), len(xs))}")
    figure, (ax,) = _axes(size=(6.5, 5.0))
    # Logarithmic steps, so that the bottom of the valley is seen too.
    floor = table.min()
    drawn = ax.contourf(
        xs, ys, np.log10(table - floor + 1e-3 * (table.max() - floor)), 14, cmap="cividis"
    )
    figure.colorbar(drawn, ax=ax, label="log of the loss above its minimum")
    said = ""
    if path is not None:
        steps = _array(path)
        ax.plot(*steps.T, "o-", color="white", markeredgecolor=BLACK, markersize=5, label="path")
        said = (
            f" A path of {len(steps) - 1} steps ends at ({steps[-1][0]:.3g}, {steps[-1][1]:.3g})."
        )
    if minimum is not None:
        ax.plot(*minimum, "*", color=ORANGE, markeredgecolor=BLACK, markersize=18, label="minimum")
        said += f" The minimum is at ({minimum[0]:.3g}, {minimum[1]:.3g})."
    if ax.get_legend_handles_labels()[0]:
        ax.legend(frameon=True)
    ax.set(title=title, xlabel=xlabel, ylabel=ylabel)
    return _describe(figure, f"{title or 'A loss over two parameters'}.{said}")


@rc_context(STYLE)
def descent(
    f: Callable[[Tensor], Tensor], limits: tuple[float, float],
    paths: Mapping[str, Any], *, title: str = "", xlabel: str = "x", ylabel: str = "f(x)",
) -> Figure:  # fmt: skip
    """A function of one number and the steps of gradient descent on it (fig-1.14)."""
    figure, _ = _descent(f, limits, paths, title, xlabel, ylabel)
    return figure


@rc_context(STYLE)
def animate_descent(
    f: Callable[[Tensor], Tensor], limits: tuple[float, float],
    paths: Mapping[str, Any], *, title: str = "", frames: int = 30,
) -> FuncAnimation:  # fmt: skip
    """The same, step by step; show it with `HTML(animation.to_jshtml())`, which needs no network."""
    from matplotlib.animation import FuncAnimation

    figure, drawn = _descent(f, limits, paths, title, "x", "f(x)")
    figure.set_dpi(70)
    longest = max(len(_array(path)) for path in paths.values())
    ends = np.unique(np.linspace(1, longest, min(frames, longest)).astype(int))

    def show(frame: int) -> list[Any]:
        for line, xs, ys in drawn:
            line.set_data(xs[: ends[frame]], ys[: ends[frame]])
        return [line for line, _, _ in drawn]

    return FuncAnimation(figure, show, frames=len(ends), interval=200, blit=False)


def _descent(f, limits, paths, title, xlabel, ylabel):
    figure, (ax,) = _axes(size=(7.0, 4.4))
    xs = torch.linspace(*limits, 400)
    ax.plot(_array(xs), _array(f(xs)), color=BLACK)
    drawn, said = [], []
    for i, (label, path) in enumerate(paths.items()):
        steps = _array(path).astype(float)
        heights = _array(f(torch.tensor(steps, dtype=torch.float32)))
        (line,) = ax.plot(steps, heights, LINES[i % 4], marker=MARKERS[i], label=label,
                          color=COLOURS[i], markersize=7, linewidth=1)  # fmt: skip
        ax.plot(steps[0], heights[0], MARKERS[i], color=COLOURS[i], markersize=13, fillstyle="none")
        drawn.append((line, steps, heights))
        said.append(f"{label} starts at {steps[0]:.3g} and ends at {steps[-1]:.3g}")
    ax.set(title=title, xlabel=xlabel, ylabel=ylabel)
    ax.legend()
    return _describe(figure, f"{title or 'Gradient descent'}: " + "; ".join(said) + "."), drawn
