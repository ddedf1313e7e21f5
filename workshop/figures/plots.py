"""Figures from arrays. Every function returns a matplotlib Figure and leaves no state behind.

Figures are made without pyplot: nothing is shown twice, nothing stays in memory. Every figure
carries its content in words, made from the data or given as `alt`: `alt_text(figure)` returns them,
and a notebook gives them to those who do not see the figure. `figure.py` has what all share,
`diagrams.py` draws neurons and networks.

Arrays are tensors (on any device, with or without gradient), numpy arrays, lists or numbers. All
functions raise ValueError, with what they got and what they expected, when shapes do not fit.
"""

from __future__ import annotations

import html
import re
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from matplotlib import rc_context
from torch import Tensor

from workshop.core.checks import expect
from workshop.core.training import History
from workshop.figures.diagrams import network, neuron, thinned
from workshop.figures.style import (
    BLACK,
    BLUE,
    COLOURS,
    HIGHLIGHT,
    LINES,
    MARKERS,
    ORANGE,
    RED,
    SIGNED,
    STYLE,
    YELLOW,
    Limits,
    alt_text,
    as_array,
    count_of,
    finish,
    new_axes,
    number,
)

if TYPE_CHECKING:
    from matplotlib.animation import FuncAnimation
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "alt_text",
    "animate_descent",
    "bars",
    "boundaries",
    "boundary",
    "confusion",
    "curves",
    "descent",
    "functions",
    "histogram",
    "images",
    "live",
    "network",
    "neuron",
    "panels",
    "photos",
    "scatter",
    "surface",
    "thinned",
    "weights_as_images",
]
Path = Any  # the places of T - 1 steps, the start first: (T,) numbers or (T, 2) points


# --- training ------------------------------------------------------------------------------------


def _trend(values: Any) -> str:
    first, last = number(values[0]), number(values[-1])
    if first == last:
        return f"begins and ends at {first}"
    return f"{'falls' if values[-1] < values[0] else 'rises'} from {first} to {last}"


@rc_context(STYLE)
def curves(
    histories: Mapping[str, History] | History,
    keys: Sequence[str] = ("loss",),
    *,
    logy: bool = False,
    title: str = "",
    alt: str | None = None,
) -> Figure:
    """Columns of one or several histories over the epochs, a panel per key, validation dashed.

    Raises:
        KeyError: a history has no such column.
    """
    from matplotlib.ticker import MaxNLocator

    runs = {"": histories} if isinstance(histories, History) else histories
    figure, axes = new_axes(len(keys), title=title)
    described = []
    for ax, key in zip(axes, keys, strict=True):
        for i, (label, history) in enumerate(runs.items()):
            known = history.rows[0] if history.rows else {}
            for column in [c for c in (key, f"val_{key}") if c in known] or [key]:
                values, validation = history[column], column != key
                part = "validation" if validation else "" if label else "training"
                name = ", ".join(filter(None, (label, part)))
                several = len(runs) > 1
                ax.plot(
                    history["epoch"],
                    values,
                    "--" if validation else "-",
                    label=name,
                    color=COLOURS[i % 7] if several else RED if validation else BLUE,
                    marker=MARKERS[i % 10] if several or len(values) < 3 else None,
                    markevery=max(1, len(values) // 6),
                    fillstyle="none" if validation else "full",
                )
                described.append(f"{name} {key} {_trend(values)}")
        ax.set(xlabel="epoch", ylabel=key.replace("_", " "), yscale="log" if logy else "linear")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6, min_n_ticks=1))
        if len(ax.lines) > 1:
            ax.legend()
    epochs = count_of(max(map(len, runs.values())), "epoch")
    return finish(figure, alt, f"{title or 'Training curves'}, {epochs}: {'; '.join(described)}.")


def live(
    run: Iterable[History], keys: Sequence[str] = ("loss",), *, every: int = 1, **options: Any
) -> History:
    """Train while a notebook shows the curve: `live(train_epochs(model, ...))`.

    Outside a notebook it just trains. Redraws after each `every` epochs, but at most twice a second
    and for a tenth of the time, and once at the end, be it an error; options go to `curves`.
    Returns the last history.
    """
    notebook = _in_notebook()
    history, handle, next_time = History(), None, 0.0
    try:
        for history in run:
            start = time.monotonic()
            if notebook and start >= next_time and len(history) % every == 0:
                handle = _show(curves(history, keys, **options), handle)
                now = time.monotonic()
                next_time = now + max(0.5, 9 * (now - start))
    finally:
        if notebook and history.rows:
            _show(curves(history, keys, **options), handle)
    return history


def _in_notebook() -> bool:
    # Not imported for this: where nobody has loaded IPython, there is no notebook.
    ipython = sys.modules.get("IPython")
    return getattr(ipython and ipython.get_ipython(), "kernel", None) is not None


def _show(figure: Figure, handle: Any) -> Any:
    from IPython.display import display

    if handle is None:
        return display(figure, display_id=True)
    handle.update(figure)
    return handle


# --- points and functions ------------------------------------------------------------------------


def boundary(
    predict: Callable[[Tensor], Tensor], x: Any, y: Any, *, title: str = "", **options: Any
) -> Figure:
    """Points x (N, 2) of classes y (N,) over what `predict` says; see `boundaries`."""
    return boundaries({title: predict}, x, y, **options)


@rc_context(STYLE)
def boundaries(
    models: Mapping[str, Callable[[Tensor], Tensor]],
    x: Any,
    y: Any,
    *,
    limits: tuple[Limits, Limits] | None = None,
    names: Sequence[str] | None = None,
    alt: str | None = None,
) -> Figure:
    """A panel per model: points x (N, 2) of classes y (N,), ids from 0, over the prediction.

    A model takes (M, 2) and returns (M,) probabilities of class 1 or (M, C) scores (logits). With
    two classes the shade is the probability, and the line is where it is 0.5. limits: of both axes;
    names: of the classes.
    """
    from matplotlib.colors import Colormap, LinearSegmentedColormap, ListedColormap

    points, labels = as_array(x).astype(float), as_array(y).astype(int)
    expect(points.ndim == 2 and points.shape[1] == 2, "x", f"shape {points.shape}", "(N, 2)")
    expect(labels.shape == points.shape[:1], "y", f"shape {labels.shape}", f"({len(points)},)")
    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.1 * (high - low) + 1e-6
    xlim, ylim = limits or zip(low - margin, high + margin, strict=True)
    xs, ys = (np.linspace(left, right, 200) for left, right in (xlim, ylim))
    grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    device = x.device if isinstance(x, Tensor) else "cpu"
    asked = torch.tensor(np.concatenate([points, grid]), dtype=torch.float32, device=device)
    sizes = ((6.4, 4.8), (5.0, 4.4), (3.6, 3.6))
    figure, axes = new_axes(len(models), sizes=sizes, grid=False, sharex=True, sharey=True)
    described = []
    for ax, (title, predict) in zip(axes, models.items(), strict=True):
        with torch.no_grad():
            output = predict(asked)
        output = output[:, 0] if output.ndim == 2 and output.shape[1] == 1 else output
        expect(
            output.ndim in (1, 2) and len(output) == len(asked),
            "predict",
            f"shape {tuple(output.shape)} for {len(asked)} points",
            f"({len(asked)},) or ({len(asked)}, C)",
        )
        classes = 2 if output.ndim == 1 else output.shape[1]
        colours: Sequence[str] = COLOURS
        shades: Colormap
        if classes == 2:
            p = as_array(output.softmax(dim=1)[:, 1] if output.ndim == 2 else output).astype(float)
            expect(
                bool(p.min() >= 0 and p.max() <= 1),
                "predict",
                f"{p.min():.3g} to {p.max():.3g}",
                "probabilities (a sigmoid makes them) or (M, 2) scores",
            )
            guess, margins, colours = p > 0.5, [p - 0.5], (BLUE, ORANGE)
            shades = LinearSegmentedColormap.from_list("", (BLUE, "white", ORANGE))
        else:
            z = as_array(output)  # a class ends where its score is no longer above all others
            margins = [z[:, k] - np.delete(z, k, axis=1).max(axis=1) for k in range(classes)]
            guess = p = z.argmax(axis=1)
            shades = ListedColormap(COLOURS[:classes])
        expect(labels.max() < classes, "y", f"class {labels.max()}", f"less than {classes}")
        shade = p[len(points) :].reshape(len(ys), len(xs))
        drawn = ax.imshow(
            shade,
            extent=(*xlim, *ylim),
            origin="lower",
            aspect="auto",
            cmap=shades,
            vmin=0,
            vmax=classes - 1,
            alpha=0.55 if classes == 2 else 0.35,
            interpolation="bilinear" if classes == 2 else "nearest",
        )
        for edge in (m[len(points) :].reshape(shade.shape) for m in margins):
            if edge.min() < 0 < edge.max():
                ax.contour(xs, ys, edge, levels=[0], colors=BLACK, linewidths=1.6)
        for i in np.unique(labels):
            ax.scatter(
                points[labels == i, 0],
                points[labels == i, 1],
                s=44 if len(points) < 400 else 26,
                color=colours[i % 8],
                marker=MARKERS[i % 10],
                edgecolor=BLACK,
                linewidth=0.7,
                label=names[i] if names else f"class {i}",
            )
        ax.set(title=title, xlabel="$x_1$", xlim=xlim, ylim=ylim)
        right = (guess[: len(points)] == labels).sum()
        described.append(f"{title or 'the model'} is right on {right} of {len(labels)}")
    axes[0].set_ylabel("$x_2$")
    if classes == 2:
        label = f"probability of {names[1] if names else 'class 1'}"
        figure.colorbar(drawn, ax=axes, label=label, aspect=30).ax.tick_params(labelsize=12)
    handles, shown = axes[0].get_legend_handles_labels()
    figure.legend(handles, shown, loc="outside lower center", ncols=5)
    return finish(
        figure,
        alt,
        f"{count_of(len(labels), 'point')} ({', '.join(shown)}) over the "
        f"prediction: {'; '.join(described)}.",
    )


def functions(
    x: Any, lines: Mapping[str, Any], *, title: str = "", xlabel: str = "z", **options: Any
) -> Figure:
    """Curves over x (N,), each (N,) with its label, in one panel; options: see `panels`."""
    return panels([(title, x, lines)], xlabel=xlabel, **options)


def scatter(
    x: Any, y: Any, *, line: tuple[Any, Any] | None = None, label: str = "model", **options: Any
) -> Figure:
    """Measured points x (N,), y (N,) with an optional curve (xs, ys); options: see `panels`."""
    xs, lines = ((), {}) if line is None else (line[0], {label: line[1]})
    return functions(xs, lines, data=(x, y), **{"xlabel": "x", "ylabel": "y"} | options)


@rc_context(STYLE)
def panels(
    plots: Sequence[tuple[str, Any, Mapping[str, Any]]],
    *,
    points: Sequence[tuple[float, float, str]] = (),
    data: tuple[Any, Any] | None = None,
    columns: int = 3,
    title: str = "",
    xlabel: str = "z",
    ylabel: str = "",
    alt: str | None = None,
) -> Figure:
    """Several plots (title, x (N,), {label: y (N,)}) side by side, `columns` in a row.

    points: (x, y, text), marked in every panel; data: measured x (M,) and y (M,), as dots.
    """
    figure, axes = new_axes(len(plots), columns=columns, title=title)
    across = min(columns, len(plots))
    inches = figure.get_size_inches() * 0.85 / (across, -(-len(plots) // across))
    described = []
    for ax, (name, x, lines) in zip(axes, plots, strict=True):
        at = as_array(x).astype(float)
        if data is not None:
            xs, ys = map(as_array, data)
            expect(
                xs.ndim == 1 and xs.shape == ys.shape,
                "data",
                f"shapes {xs.shape} and {ys.shape}",
                "x and y of one shape (M,)",
            )
            ax.plot(xs, ys, "o", color="#777777", markersize=5, alpha=0.6, label="data")
            described.append(f"{count_of(len(xs), 'point')} of data")
        for i, (label, values) in enumerate(lines.items()):
            y = as_array(values).astype(float)
            expect(
                at.ndim == 1 and y.shape == at.shape,
                label,
                f"shape {y.shape} for x of {at.shape}",
                "one shape (N,) for both",
            )
            ax.plot(at, y, linestyle=LINES[i % len(LINES)], color=COLOURS[i % 7], label=label)
            described.append(f"{name}, {label}" if len(plots) > 1 else label)
            described[-1] += _describe_curve(xlabel, at[np.isfinite(y)], y[np.isfinite(y)])
        for px, py, text in points:
            ax.plot(px, py, "o", color=HIGHLIGHT, markersize=9, markeredgecolor=BLACK, zorder=4)
            right, up = _free_side(ax, inches, px, py, text)
            ax.annotate(
                text,
                (px, py),
                (9 * right, 7 * up),
                textcoords="offset points",
                fontsize=12,
                ha="left" if right > 0 else "right",
                va="bottom" if up > 0 else "top",
                bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1},
            )
            described.append(f"marked at ({number(px)}, {number(py)}): {text}")
        ax.set(xlabel=xlabel, ylabel=ylabel)
        if name:
            ax.set_title(name)
        if len(lines) > 1 or (lines and (data is not None or len(plots) == 1)):
            ax.legend()
    heading = title or ", ".join(plot[0] for plot in plots if plot[0]) or "Curves"
    return finish(figure, alt, f"{heading}: {'; '.join(described)}.")


def _describe_curve(xlabel: str, x: np.ndarray, y: np.ndarray) -> str:
    """A curve in words: its ends, and its extremes where they are not there."""
    if not len(y):
        return " has no finite value"
    described = f" {_trend(y)} as {xlabel} goes from {number(x[0])} to {number(x[-1])}"
    small = 1e-6 * np.abs([x, y]).max()  # beside the rest this is rounding error: say 0
    for name, i in (("lowest", int(np.argmin(y))), ("highest", int(np.argmax(y)))):
        if y[i] not in (y[0], y[-1]):
            value, place = (number(v if abs(v) > small else 0.0) for v in (y[i], x[i]))
            described += f", {name} {value} at {place}"
    return described


def _free_side(ax: Axes, inches: np.ndarray, x: float, y: float, text: str) -> tuple[int, int]:
    """(left -1 or right 1, down -1 or up 1): where a label of (x, y) hides least of the lines.

    inches: width and height of the panel.
    """
    low, high = np.transpose([ax.get_xlim(), ax.get_ylim()])
    here = (np.array([x, y]) - low) / (high - low) * inches
    drawn = [np.column_stack(line.get_data()) for line in ax.lines if np.size(line.get_xdata()) > 1]
    dots = (np.concatenate([*drawn, np.empty((0, 2))]) - low) / (high - low) * inches
    box = np.array([0.1 * len(text) + 0.2, 0.35])

    def hidden(side: tuple[int, int]) -> float:
        away = (dots - here) * side
        outside = np.any([here + side * box < 0, here + side * box > inches])
        return len(dots) * float(outside) + float(np.all((away > 0) & (away < box), axis=1).sum())

    return min(((1, -1), (1, 1), (-1, 1), (-1, -1)), key=hidden)


@rc_context(STYLE)
def bars(
    values: Mapping[str, float],
    *,
    errors: Mapping[str, float] | None = None,
    line: tuple[float, str] | None = None,
    title: str = "",
    ylabel: str = "",
    alt: str | None = None,
) -> Figure:
    """A bar for each value, its number on it.

    errors: label -> half an error bar, such as a standard deviation; line: (height, text), drawn
    across: chance level, say.
    """
    errors = errors or {}
    expect(set(errors) <= set(values), "errors", f"{list(errors)}", f"some of {list(values)}")
    width = min(10.8, max(5.5, 1.7 * len(values) + 1))
    figure, (ax,) = new_axes(sizes=((width, 4.2),), title=title)
    described = []
    for i, (name, value) in enumerate(values.items()):
        height, error = float(as_array(value)), float(errors.get(name, 0))
        ax.bar(name, height, width=0.65, edgecolor=BLACK, linewidth=0.8, color=COLOURS[i % 6])
        if error:
            ax.errorbar(i, height, error, color=BLACK, capsize=6)
        text = number(height) + (f" ± {error:.2g}" if error else "")
        ax.annotate(
            text,
            (i, max(height + error, 0)),
            (0, 5),
            textcoords="offset points",
            ha="center",
            va="bottom",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )
        described.append(f"{name} {text}")
    if line:
        ax.axhline(line[0], color=BLACK, linestyle="--", linewidth=1.5)
        ax.annotate(line[1], (1.01, line[0]), xycoords=("axes fraction", "data"), va="center")
        described.append(f"line at {number(line[0])}: {line[1]}")
    ax.margins(y=0.14)
    ax.grid(visible=False, axis="x")
    ax.set_ylabel(ylabel)
    return finish(figure, alt, f"{title or ylabel or 'Bars'}: {'; '.join(described)}.")


@rc_context(STYLE)
def histogram(
    values: Mapping[str, Any],
    bins: int = 30,
    *,
    title: str = "",
    xlabel: str = "value",
    alt: str | None = None,
) -> Figure:
    """How many values (of any shape) fall into each of `bins` equal steps, an outline per label."""
    samples = {label: as_array(sample).ravel() for label, sample in values.items()}
    edges = np.histogram_bin_edges(np.concatenate(list(samples.values())), bins).tolist()
    figure, (ax,) = new_axes(title=title)
    described = []
    for i, (label, v) in enumerate(samples.items()):
        colour = COLOURS[i % 7]
        ax.hist(v, edges, histtype="stepfilled", alpha=0.2, color=colour)
        ax.hist(
            v,
            edges,
            histtype="step",
            lw=2,
            color=colour,
            linestyle=LINES[i % len(LINES)],
            label=label,
        )
        low, high, mean, sd = map(number, (v.min(), v.max(), v.mean(), v.std()))
        described.append(
            f"{label}: {count_of(len(v), 'value')} from {low} to {high}, mean {mean}, "
            f"standard deviation {sd}"
        )
    ax.set(xlabel=xlabel, ylabel="count")
    if len(samples) > 1:
        ax.legend()
    return finish(figure, alt, f"{title or f'Histogram of {xlabel}'}: {'; '.join(described)}.")


# --- tables of numbers ---------------------------------------------------------------------------


@rc_context(STYLE)
def images(
    x: Any,
    *,
    titles: Sequence[Any] | None = None,
    columns: int = 8,
    values: bool = False,
    signed: bool = False,
    title: str = "",
    alt: str | None = None,
) -> Figure:
    """Grey images (N, H, W) or (N, 1, H, W) in a grid, on one scale from white (0) to black.

    titles: one for each; values: beside each picture its numbers (fig-1.2), for about 8 x 8 pixels;
    signed: purple below 0, orange above, with a colour bar.
    """
    pictures = as_array(x)
    pictures = pictures[:, 0] if pictures.ndim == 4 and pictures.shape[1] == 1 else pictures
    expect(
        pictures.ndim == 3 and pictures.size > 0,
        "x",
        f"shape {as_array(x).shape}",
        "(N, H, W) or (N, 1, H, W)",
    )
    count, height, width = pictures.shape
    names = ["" if titles is None else str(name) for name in titles or range(count)]
    expect(len(names) == count, "titles", f"{len(names)}", f"{count}, one for each image")
    top = float(np.nanmax(np.abs(pictures) if signed else pictures)) or 1.0
    bottom = -top if signed else min(0.0, float(np.nanmin(pictures)))
    scale: dict[str, Any] = {"vmin": bottom, "vmax": top, "cmap": SIGNED if signed else "gray_r"}
    if values:  # picture and numbers side by side; a single title is for both
        if count == 1 and not title:
            title, names = names[0], [""]
        figure, axes = new_axes(2 * count, columns=2, sizes=((4.6, 4.9),), grid=False, title=title)
        axes, tables = axes[::2], axes[1::2]
        for ax, picture in zip(tables, pictures, strict=True):
            ax.imshow(picture, alpha=0.25, **scale)
            for (row, column), value in np.ndenumerate(picture):
                ax.text(
                    column,
                    row,
                    f"{round(float(value), 2):g}".replace("-", "−"),
                    ha="center",
                    va="center",
                    fontsize=14 if width <= 8 else 12,
                )
    else:
        columns, tables = min(columns, count), []
        # A strip needs its length, and a photograph more room than a digit.
        side = min((10.8 - 0.9 * signed) / columns, max(1.8, width / height, width / 50))
        size = (side, side * height / width + 0.35 * (titles is not None))
        figure, axes = new_axes(count, columns=columns, sizes=(size,), grid=False)
        if title:
            figure.suptitle(title)
        wide, high = figure.get_size_inches()
        wide += 0.9 * signed
        figure.set_size_inches(max(wide, 0.125 * len(title)), high + 0.5 * bool(title))
    for ax, picture, name in zip(axes, pictures, names, strict=True):
        drawn = ax.imshow(picture, **scale)
        ax.set_title(name, fontsize=13)
    for ax in (*axes, *tables):
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set(visible=True, color="#BBBBBB")
    if signed:
        figure.colorbar(drawn, ax=[*axes, *tables], aspect=12).ax.tick_params(labelsize=12)
    listed = f": {', '.join(names)}" if any(names) else ""
    return finish(
        figure,
        alt,
        f"{title or 'Pictures'}: {count_of(count, 'image')} of {height} by {width} pixels, "
        f"values from {number(np.nanmin(pictures))} to {number(np.nanmax(pictures))}{listed}.",
    )


def weights_as_images(w: Any, shape: tuple[int, int], **options: Any) -> Figure:
    """Weights (units, H * W) as one signed picture (H, W) for each unit; options: see `images`."""
    table = as_array(w)
    fits = table.ndim >= 2 and table[0].size == shape[0] * shape[1]
    expect(fits, "w", f"shape {table.shape}", f"(units, {shape[0]} * {shape[1]})")
    return images(table.reshape(len(table), *shape), **{"signed": True} | options)


@rc_context(STYLE)
def confusion(
    matrix: Any, class_names: Sequence[Any], *, title: str = "", alt: str | None = None
) -> Figure:
    """Counts (C, C): how many of the class of each row were taken for the class of each column."""
    counts, names = as_array(matrix).astype(int), [str(name) for name in class_names]
    expect(
        counts.shape == (len(names), len(names)),
        "matrix",
        f"shape {counts.shape}",
        f"({len(names)}, {len(names)}), a row and a column for each class",
    )
    cell = max(0.6, 2.8 / len(names))
    figure, (ax,) = new_axes(sizes=((cell * len(names) + 1.4,) * 2,), grid=False, title=title)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    ax.imshow(share**0.5, cmap="Blues", vmin=0, vmax=1)  # the root, so that rare errors are seen
    for (row, column), count in np.ndenumerate(counts):
        if count:
            ax.text(
                column,
                row,
                count,
                ha="center",
                va="center",
                color="white" if share[row, column] > 0.35 else "black",
                weight="bold" if row == column else "normal",
            )
    ax.set(xlabel="predicted", ylabel="true")
    ax.set_xticks(range(len(names)), names, rotation=90 * (max(map(len, names)) * 0.11 > cell))
    ax.set_yticks(range(len(names)), names)
    ax.spines[:].set_visible(True)
    wrong = counts - np.diag(np.diag(counts))
    row, column = np.unravel_index(wrong.argmax(), wrong.shape)
    described = f"{np.trace(counts)} of {counts.sum()} right"
    if wrong.any():
        described += f"; most often {names[row]} is taken for {names[column]}, {wrong.max()} times"
    return finish(figure, alt, f"{title or 'True against predicted class'}: {described}.")


# --- going downhill ------------------------------------------------------------------------------


@rc_context(STYLE)
def surface(
    values: Any,
    xs: Any,
    ys: Any,
    *,
    path: Path = None,
    minimum: Limits | None = None,
    levels: int = 14,
    title: str = "",
    xlabel: str = "w",
    ylabel: str = "b",
    alt: str | None = None,
) -> Figure:
    """A loss over two parameters as a map: values (len(ys), len(xs)), a row for each of ys.

    path (T, 2) is drawn over it, the minimum (x, y) marked. The `levels` steps of the height grow
    by a factor, so that the bottom of the valley is seen too.
    """
    from matplotlib.colors import BoundaryNorm

    table, xs, ys = as_array(values), as_array(xs), as_array(ys)
    expect(
        table.shape == (len(ys), len(xs)),
        "values",
        f"shape {table.shape}",
        f"{(len(ys), len(xs))}: a row for each of ys, a column for each of xs",
    )
    low, high = float(table.min()), float(table.max())
    expect(
        -np.inf < low < high < np.inf,
        "values",
        f"{low:.3g} to {high:.3g}",
        "finite numbers that are not all the same",
    )
    steps = low + (high - low) * np.append(0, np.geomspace(2e-3, 1, levels))
    figure, (ax,) = new_axes(sizes=((7.0, 5.2),), grid=False, title=title)
    drawn = ax.contourf(xs, ys, table, steps, cmap="Blues", norm=BoundaryNorm(steps, 256))
    ax.contour(xs, ys, table, steps[1:-1], colors="white", linewidths=0.6, alpha=0.7)
    bar = figure.colorbar(drawn, ax=ax, label="loss", ticks=steps[::2])
    bar.ax.set_yticklabels([number(step) for step in steps[::2]], fontsize=12)
    described = f"from {number(low)} to {number(high)}"
    if path is not None:
        walk = as_array(path)
        expect(walk.ndim == 2 and walk.shape[1] == 2, "path", f"shape {walk.shape}", "(T, 2)")
        label = f"path of {count_of(len(walk) - 1, 'step')}"
        ax.plot(*walk.T, "-", color="white", linewidth=4)
        ax.plot(*walk.T, "o-", color=HIGHLIGHT, markersize=5, linewidth=1.5, label=label)
        ax.plot(*walk[0], "s", color="white", markeredgecolor=BLACK, markersize=10, label="start")
        start, end = (f"({number(w)}, {number(b)})" for w, b in (walk[0], walk[-1]))
        described += f"; a {label} goes from {start} to {end}"
    if minimum is not None:
        ax.plot(*minimum, "*", color=YELLOW, markeredgecolor=BLACK, markersize=19, label="minimum")
        described += f"; the minimum is at ({number(minimum[0])}, {number(minimum[1])})"
    if ax.get_legend_handles_labels()[0]:
        ax.legend()
    ax.set(xlabel=xlabel, ylabel=ylabel, xlim=(xs.min(), xs.max()), ylim=(ys.min(), ys.max()))
    return finish(figure, alt, f"{title or f'The loss over {xlabel} and {ylabel}'}: {described}.")


@rc_context(STYLE)
def descent(
    f: Callable[[Tensor], Tensor],
    limits: Limits | tuple[Limits, Limits],
    paths: Mapping[str, Path] | Path,
    *,
    title: str = "",
    xlabel: str = "x",
    ylabel: str = "f(x)",
    alt: str | None = None,
) -> Figure:
    """f, (N,) -> (N,), between `limits` and the steps of gradient descent on it (fig-1.14).

    paths: one path (T,), the start first, or label -> path. With two parameters, f is
    (..., 2) -> (...), limits are those of both axes, a path is (T, 2), and f is drawn as a map.
    """
    figure, ax, walks, described = _downhill(f, limits, paths, title, xlabel, ylabel)
    for i, (label, xs, ys) in enumerate(walks):
        ax.plot(xs, ys, **_walk(i), label=label)
        ax.plot(xs[0], ys[0], "o", color=COLOURS[i % 7], markersize=15, fillstyle="none")
        ax.plot(xs[-1], ys[-1], "*", color=COLOURS[i % 7], markersize=18, markeredgecolor=BLACK)
    ax.plot([], [], "o", color=BLACK, markersize=12, fillstyle="none", label="start")
    ax.plot([], [], "*", color="white", markeredgecolor=BLACK, markersize=14, label="end")
    ax.legend()
    return finish(figure, alt, f"{title or 'Gradient descent'}: {described}.")


@rc_context(STYLE)
def animate_descent(
    f: Callable[[Tensor], Tensor],
    limits: Limits | tuple[Limits, Limits],
    paths: Mapping[str, Path] | Path,
    *,
    title: str = "",
    xlabel: str = "x",
    ylabel: str = "f(x)",
    frames: int = 30,
    alt: str | None = None,
) -> FuncAnimation:
    """`descent` step by step; as the value of a cell it plays, without a network.

    At most `frames` (up to 30) pictures are spread over the longest path, so that the page,
    `animation.to_jshtml()`, stays under 1.5 MB.
    """
    from matplotlib.animation import FuncAnimation

    class Animation(FuncAnimation):
        """It shows itself in a notebook."""

        def to_jshtml(self, *args: Any, **options: Any) -> str:
            """The player and its pictures, on one page."""
            with rc_context(STYLE):
                return _without_network(super().to_jshtml(*args, **options), alt_text(figure))

        _repr_html_ = to_jshtml

    expect(1 <= frames <= 30, "frames", frames, "1 to 30")
    figure, ax, walks, described = _downhill(f, limits, paths, title, xlabel, ylabel)
    figure.set_dpi(80)
    drawn = []
    for i, (label, xs, ys) in enumerate(walks):
        (trail,) = ax.plot([], [], **_walk(i), label=label)
        (now,) = ax.plot([], [], "o", color=COLOURS[i % 7], markersize=14, markeredgecolor=BLACK)
        drawn.append((trail, now, xs, ys))
    last = max(len(xs) for _, xs, _ in walks) - 1
    steps = np.unique(np.linspace(0, last, min(frames, last + 1)).round().astype(int))

    counter = ax.set_title(f"step 0 of {last}", loc="right", fontsize=12)
    ax.legend(loc="upper center")
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # laid out once: doing it for every picture is slow

    def show(frame: int) -> list[Any]:
        step = int(steps[frame])
        for trail, now, xs, ys in drawn:
            trail.set_data(xs[: step + 1], ys[: step + 1])
            now.set_data(xs[: step + 1][-1:], ys[: step + 1][-1:])
        counter.set_text(f"step {step} of {last}")
        return [counter]

    finish(figure, alt, f"{title or 'Gradient descent'}, step by step: {described}.")
    return Animation(figure, show, frames=len(steps), interval=250, repeat=False)


def _downhill(
    f: Callable[[Tensor], Tensor],
    limits: Limits | tuple[Limits, Limits],
    paths: Mapping[str, Path] | Path,
    title: str,
    xlabel: str,
    ylabel: str,
) -> tuple[Figure, Axes, list[tuple[str, np.ndarray, np.ndarray]], str]:
    """The curve or map of f, every path as (label, x (T,), y (T,)), and the paths in words."""
    figure, (ax,) = new_axes(sizes=((7.0, 4.6),), title=title)
    wide = np.ndim(limits[0]) > 0  # a map over two parameters, else a curve over one
    shape = "(T, 2), start first" if wide else "(T,), start first"
    if wide:
        xlim, ylim = cast("tuple[Limits, Limits]", limits)
        axes = [torch.linspace(left, right, 200) for left, right in (xlim, ylim)]
        at = torch.stack(torch.meshgrid(*axes, indexing="xy"), dim=-1)
    else:
        left, right = cast("Limits", limits)
        at = torch.linspace(left, right, 400)
    walks, described = [], []
    with torch.no_grad():
        curve = as_array(f(at))
        for label, path in (paths if isinstance(paths, Mapping) else {"path": paths}).items():
            walk = as_array(path).astype(float)
            fits = walk.ndim == 1 + wide and len(walk) > 0 and (not wide or walk.shape[1] == 2)
            expect(fits, label, f"shape {walk.shape}", shape)
            heights = as_array(f(torch.tensor(walk, dtype=torch.float32))).astype(float)
            walks.append((label, *walk.T) if wide else (label, walk, heights))
            places = [", ".join(number(v) for v in np.atleast_1d(walk[i])) for i in (0, -1)]
            places = [f"({place})" if wide else place for place in places]
            ends = (f"{places[i]} (height {number(heights[i])})" for i in (0, -1))
            described.append(
                f"{label} goes from {' to '.join(ends)} in {count_of(len(walk) - 1, 'step')}"
            )
    if wide:
        low, high = float(curve.min()), float(curve.max())
        steps = low + (high - low) * np.geomspace(2e-3, 1, 12)
        ax.contour(*map(as_array, axes), curve, steps, colors="#999999", linewidths=0.9)
        ax.grid(visible=False)
        ax.set(xlabel=xlabel, ylabel=ylabel, xlim=xlim, ylim=ylim)
        return figure, ax, walks, "; ".join(described)
    ax.plot(as_array(at), curve, color=BLACK)
    margin = 0.08 * float(np.ptp(curve))  # the curve sets the frame: a path that flies off is cut
    ax.set(
        xlabel=xlabel, ylabel=ylabel, xlim=limits, ylim=(curve.min() - margin, curve.max() + margin)
    )
    return figure, ax, walks, "; ".join(described)


def _walk(i: int) -> dict[str, Any]:
    return {
        "color": COLOURS[i % 7],
        "linestyle": LINES[i % len(LINES)],
        "linewidth": 1.2,
        "marker": MARKERS[i % 10],
        "markersize": 6,
    }


def _without_network(page: str, words: str) -> str:
    """Matplotlib's player fetches its icons from the web: signs that fonts have replace them."""
    signs = {
        "minus": "−",
        "fast-backward": "|◀",
        "step-backward": "◁",
        "play": "▶",
        "pause": "❚❚",
        "step-forward": "▷",
        "fast-forward": "▶|",
        "plus": "+",
    }
    page = re.sub(r"<link\b[^>]*>", "", page)
    page = re.sub(
        r'<i class="fa fa-([\w-]+?)( fa-flip-horizontal)?"></i>',
        lambda icon: "◀" if icon[2] else signs.get(icon[1], icon[1]),
        page,
    )
    return page.replace('<img id="_anim_img', f'<img alt="{html.escape(words)}" id="_anim_img')


# --- pictures in colour --------------------------------------------------------------------------


@rc_context(STYLE)
def photos(
    x: Any,
    *,
    titles: Sequence[Any] | None = None,
    columns: int = 5,
    title: str = "",
    alt: str | None = None,
) -> Figure:
    """Images in colour (N, 3, H, W), red, green and blue in [0, 1], in a grid.

    titles: one for each, of one line or several.
    """
    pictures = as_array(x)
    expect(
        pictures.ndim == 4 and pictures.shape[1] == 3 and pictures.size > 0,
        "x",
        f"shape {pictures.shape}",
        "(N, 3, H, W)",
    )
    low, high = float(pictures.min()), float(pictures.max())
    expect(low >= -1e-3 and high <= 1 + 1e-3, "x", f"{low:.3g} to {high:.3g}", "numbers in [0, 1]")
    names = [""] * len(pictures) if titles is None else [str(name) for name in titles]
    expect(len(names) == len(pictures), "titles", f"{len(names)}", f"{len(pictures)}, one for each")
    columns = min(columns, len(pictures))
    lines = max(name.count("\n") + bool(name) for name in names)
    side = min(10.8 / columns, 2.7)
    size = (side, side * pictures.shape[2] / pictures.shape[3] + 0.3 * lines)
    figure, axes = new_axes(len(pictures), columns=columns, sizes=(size,), grid=False)
    if title:
        figure.suptitle(title)
        wide, high = figure.get_size_inches()
        figure.set_size_inches(max(wide, 0.125 * len(title)), high + 0.5)
    for ax, picture, name in zip(axes, pictures, names, strict=True):
        ax.imshow(picture.transpose(1, 2, 0).clip(0, 1))
        ax.set_title(name, fontsize=12)
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set(visible=True, color="#BBBBBB")
    what = (
        f"{count_of(len(pictures), 'picture')} of {pictures.shape[2]} by {pictures.shape[3]} pixels"
    )
    what = f"{title}: {what}" if title else what
    return finish(figure, alt, f"{what}: {', '.join(names)}." if any(names) else f"{what}.")


@rc_context(STYLE)
def words(
    groups: Mapping[str, Mapping[str, Any]], *, title: str = "", alt: str | None = None
) -> Figure:
    """Words at their places: group -> word -> (x, y); a colour and a marker for each group."""
    figure, (ax,) = new_axes(title=title, sizes=((9.0, 6.2),))
    described = []
    for i, (name, places) in enumerate(groups.items()):
        colour, points = COLOURS[i % 7], as_array(list(places.values())).astype(float)
        expect(points.ndim == 2 and points.shape[1] == 2, name, f"shape {points.shape}", "(N, 2)")
        ax.scatter(
            points[:, 0],
            points[:, 1],
            color=colour,
            marker=MARKERS[i % len(MARKERS)],
            s=36,
            label=name,
        )
        for word, at in zip(places, points, strict=True):
            ax.annotate(word, at, xytext=(5, 4), textcoords="offset points", color=colour)
        described.append(
            f"{name} ({', '.join(places)}) around {number(points[:, 0].mean())}, "
            f"{number(points[:, 1].mean())}"
        )
    ax.margins(0.12)
    ax.legend(loc="best")
    return finish(
        figure, alt, f"{title + ': ' if title else ''}words as points. {'; '.join(described)}."
    )
