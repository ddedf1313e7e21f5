"""Figures show the numbers they were given, say them in words, and leave nothing behind."""

import base64
import importlib
import math
import re
import subprocess
import sys

import matplotlib
import numpy as np
import pytest
import torch
from matplotlib._pylab_helpers import Gcf
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from matplotlib.text import Text
from torch import nn

from workshop.core.training import Diverged, History, train_epochs
from workshop.figures import plots
from workshop.figures import style as shared


def history(*losses, **columns):
    """One epoch for each loss; every further column is a list."""
    rows = [{"epoch": i, "lr": 0.1, "loss": loss} for i, loss in enumerate(losses, start=1)]
    for name, values in columns.items():
        for row, value in zip(rows, values, strict=True):
            row[name] = value
    return History(rows)


def right_half(grid):
    """A neuron whose boundary is x1 = 0.25."""
    return (8 * (grid[:, 0] - 0.25)).sigmoid()


CORNERS = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
Z = torch.linspace(-3, 3, 61)
DIGIT = torch.arange(64.0).reshape(1, 8, 8)
WEIGHTS = [torch.tensor([[1.0, -2.0, 0.5], [0.25, 0.0, -1.0]])]
TWO_RUNS = {"linear": history(2.0, 1.5, 1.25), "MLP": history(2.0, 1.0, 0.25)}

# One call of every function, and of the layouts that could cut or squeeze their text.
GALLERY = {
    "curves": lambda **k: plots.curves(history(2.0, 1.0, 0.5), **k),
    "curves_keys": lambda **k: plots.curves(
        {"a": history(2.0, 1.0, accuracy=[0.1, 0.9], val_accuracy=[0.1, 0.8])},
        ("loss", "accuracy"),
        title="Two panels",
        **k,
    ),
    "curves_log": lambda **k: plots.curves(TWO_RUNS, logy=True, title="Two runs", **k),
    "boundary": lambda **k: plots.boundary(right_half, CORNERS, [0, 0, 1, 1], title="One", **k),
    "boundaries": lambda **k: plots.boundaries(
        dict.fromkeys(("w = (1, 1), b = 0", "w = (1, -2), b = 0", "third"), right_half),
        CORNERS,
        [0, 0, 1, 1],
        limits=((-3, 3), (-3, 3)),
        names=["malignant", "benign"],
        **k,
    ),
    "functions": lambda **k: plots.functions(
        Z, {"tanh": Z.tanh()}, points=[(1.0, math.tanh(1.0), "here it is")], title="One", **k
    ),
    "panels": lambda **k: plots.panels(
        [(name, Z, {"g(z)": Z.relu(), "its slope": (Z > 0).float()}) for name in "abcd"],
        title="Four",
        ylabel="value",
        **k,
    ),
    "scatter": lambda **k: plots.scatter(Z, Z**2, line=(Z, Z), title="Points", **k),
    "bars": lambda **k: plots.bars(
        {"by hand,\nlinear": 0.5, "network": 0.75},
        errors={"network": 0.05},
        line=(0.1, "guessing"),
        title="Scores",
        ylabel="accuracy",
        **k,
    ),
    "histogram": lambda **k: plots.histogram({"a": Z, "b": 2 * Z}, title="Spread", **k),
    "images": lambda **k: plots.images(
        DIGIT.repeat(10, 1, 1), titles=range(10), title="Ten digits", **k
    ),
    "images_values": lambda **k: plots.images(DIGIT, values=True, titles=["picture"], **k),
    "images_wide": lambda **k: plots.images(torch.rand(1, 8, 64), title="A long title " * 5, **k),
    "weights_as_images": lambda **k: plots.weights_as_images(
        torch.randn(3, 64), (8, 8), title="Weights", **k
    ),
    "confusion": lambda **k: plots.confusion(
        [[5, 1], [2, 7]], ["malignant", "benign"], title="Confusion", **k
    ),
    "neuron": lambda **k: plots.neuron(
        [0.1, 0.02, 0.01],
        -180.0,
        x=[29, 4000, 10000],
        names=["age", "income", "balance"],
        activation="sigmoid",
        title="A loan",
        **k,
    ),
    "network": lambda **k: plots.network(
        [3, 2],
        weights=WEIGHTS,
        biases=True,
        labels=["inputs", "units"],
        activations=["ReLU"],
        title="A layer",
        **k,
    ),
    "network_wide": lambda **k: plots.network(
        [784, 64, 10],
        labels=["pixels", "hidden", "digit"],
        activations=["ReLU", "softmax"],
        biases=True,
        title="A digit",
        **k,
    ),
    "surface": lambda **k: plots.surface(
        Z[None] ** 2 + Z[:, None] ** 2,
        Z,
        Z,
        path=[(2, 2), (1, 1)],
        minimum=(0, 0),
        title="A bowl",
        **k,
    ),
    "descent": lambda **k: plots.descent(
        torch.square, (-3, 3), {"slow": [2, 1.6], "fast": [-2, 1.0]}, title="Down", **k
    ),
    "thinned": lambda **k: plots.thinned(
        [([1, 1], [1, 0, 1], [1]), ([1, 0], [0, 1, 1], [1])],
        titles=["one", "two"],
        title="Dropped",
        **k,
    ),
    "photos": lambda **k: plots.photos(
        np.full((2, 3, 4, 4), 0.5), titles=["one", "two"], title="Grey", **k
    ),
}


def texts(figure):
    """Everything that is written in a figure, once it has been drawn."""
    figure.draw_without_rendering()
    return [t for t in figure.findobj(Text) if t.get_text().strip() and t.get_visible()]


def words_of(figure):
    return [text.get_text() for text in texts(figure)]


def lines(ax):
    """(x, y) of the lines of a panel."""
    return [np.column_stack(line.get_data()).astype(float) for line in ax.lines]


# --- all of them ---------------------------------------------------------------------------------


@pytest.fixture(params=GALLERY)
def make(request):
    return GALLERY[request.param]


def test_a_figure_needs_no_pyplot_and_changes_no_settings(make):
    before = dict(matplotlib.rcParams)
    figure = make()
    figure._repr_mimebundle_()
    assert isinstance(figure, Figure)
    assert not Gcf.figs
    assert dict(matplotlib.rcParams) == before


def test_text_is_large_enough_and_nothing_is_cut_off(make):
    figure = make()
    with matplotlib.rc_context({"font.size": 5}):  # what a notebook sets does not matter
        shown = texts(figure)
        assert min(text.get_fontsize() for text in shown) >= 12
        page = figure.bbox.padded(1)
        # Matplotlib keeps tick labels beyond the ends of an axis, which it does not draw.
        ticks = {
            id(label)
            for ax in figure.axes
            for axis in (ax.xaxis, ax.yaxis)
            for tick in (*axis.majorTicks, *axis.minorTicks)
            for label in (tick.label1, tick.label2)
        }
        for text in shown:
            if id(text) not in ticks:
                box = text.get_window_extent()
                corners = [(box.x0, box.y0), (box.x1, box.y1)]
                assert all(page.contains(*corner) for corner in corners), text.get_text()


def test_figure_is_white_and_fits_into_a_notebook(make):
    figure = make()
    assert to_hex(figure.get_facecolor()) == "#ffffff"
    width, height = figure.get_size_inches()
    assert width <= 11
    assert height <= 8


def test_alt_text_is_made_from_the_data_or_given(make):
    told = plots.alt_text(make())
    assert re.search(r"\d", told)
    assert "$" not in told
    assert "\n" not in told
    assert plots.alt_text(make(alt="In my words.")) == "In my words."


def test_a_notebook_shows_the_picture_with_its_words():
    from IPython.core.formatters import DisplayFormatter

    figure, formatter = GALLERY["bars"](alt='0.5 < 0.75, and "more"'), DisplayFormatter()
    data, metadata = formatter.format(figure)
    assert data["text/plain"] == '0.5 < 0.75, and "more"'
    assert 'alt="0.5 &lt; 0.75, and &quot;more&quot;"' in data["text/html"]
    assert metadata["image/png"]["alt"] == '0.5 < 0.75, and "more"'
    picture = base64.b64decode(data["image/png"])
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    pixels = int.from_bytes(picture[16:20], "big")
    assert pixels == pytest.approx(1.5 * metadata["image/png"]["width"], abs=2)
    assert data["image/png"] in data["text/html"]

    formatter.formatters["image/png"].for_type(Figure, lambda _: b"what %matplotlib inline makes")
    assert formatter.format(figure)[0]["text/html"].startswith('<img alt="0.5 &lt; 0.75')


def test_importing_plots_loads_neither_pyplot_nor_ipython():
    code = "import sys, workshop.figures.plots; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "matplotlib" in loaded
    assert not loaded & {"matplotlib.pyplot", "matplotlib.figure", "IPython", "scipy", "sklearn"}


def test_colours_are_the_eight_of_okabe_and_ito():
    assert sorted(shared.COLOURS) == sorted(
        ["#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7"]
    )


@pytest.mark.parametrize(
    "values",
    [
        torch.tensor([1.0, 2.0], requires_grad=True),
        np.array([1.0, 2.0]),
        [1, 2],
        [torch.tensor(1.0, requires_grad=True), torch.tensor(2.0)],
        pytest.param(
            torch.tensor([1.0, 2.0], device="cuda" if torch.cuda.is_available() else "cpu"),
            marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA here"),
        ),
    ],
)
def test_any_kind_of_array_is_taken(values):
    (ax,) = plots.functions(values, {"f": values}).axes
    np.testing.assert_array_equal(lines(ax)[0], [[1, 1], [2, 2]])


# --- training ------------------------------------------------------------------------------------


def test_curves_has_a_panel_per_key_with_validation_dashed():
    run = history(2.0, 1.0, val_loss=[2.5, 1.5], accuracy=[0.25, 0.5], val_accuracy=[0.2, 0.4])
    figure = plots.curves({"MLP": run}, ("loss", "accuracy"))
    loss, accuracy = figure.axes
    np.testing.assert_array_equal(lines(loss)[0], [[1, 2.0], [2, 1.0]])
    np.testing.assert_array_equal(lines(loss)[1], [[1, 2.5], [2, 1.5]])
    np.testing.assert_array_equal(lines(accuracy)[1], [[1, 0.2], [2, 0.4]])
    assert [line.get_linestyle() for line in loss.lines] == ["-", "--"]
    assert (loss.get_ylabel(), accuracy.get_ylabel()) == ("loss", "accuracy")
    assert {"MLP", "MLP, validation"} <= set(words_of(figure))


def test_curves_tells_runs_apart_without_colour():
    (ax,) = plots.curves(TWO_RUNS).axes
    assert len({line.get_marker() for line in ax.lines}) == 2
    assert len({line.get_color() for line in ax.lines}) == 2


def test_curves_in_words():
    assert plots.alt_text(plots.curves(TWO_RUNS, title="Digits")) == (
        "Digits, 3 epochs: linear loss falls from 2 to 1.25; MLP loss falls from 2 to 0.25."
    )
    assert "training loss rises from 1 to 2" in plots.alt_text(plots.curves(history(1.0, 2.0)))


def test_curves_log_scale_and_whole_epochs():
    (ax,) = plots.curves(history(1.0, 0.1), logy=True).axes
    assert ax.get_yscale() == "log"
    assert all(float(tick).is_integer() for tick in ax.get_xticks())


def test_curves_of_a_column_that_is_not_there():
    with pytest.raises(KeyError, match="no column 'acuracy'"):
        plots.curves(TWO_RUNS, ("acuracy",))


def training(epochs, lr=0.1):
    model = nn.Linear(1, 1)
    x = torch.linspace(-1, 1, 8)[:, None]
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    return train_epochs(model, (x, 2 * x), loss_fn=nn.MSELoss(), optimizer=optimizer, epochs=epochs)


@pytest.fixture
def notebook(monkeypatch):
    """A kernel that keeps what it is shown: [first figure, update, update, ...]."""
    import IPython
    import IPython.display

    shown = []

    class Handle:
        update = staticmethod(shown.append)

    def display(figure, display_id):
        assert not shown, "a second output"
        assert display_id is True
        shown.append(figure)
        return Handle

    shell = type("Shell", (), {"kernel": object()})()
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    monkeypatch.setattr(IPython.display, "display", display)
    return shown


def test_live_without_ipython_trains_and_returns_the_history(monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython", None)
    result = plots.live(training(5))
    assert len(result) == 5
    assert result["loss"][-1] < result["loss"][0]


def test_live_in_a_plain_terminal_shows_nothing(notebook, monkeypatch):
    import IPython

    monkeypatch.setattr(IPython, "get_ipython", lambda: None)
    assert len(plots.live(training(3))) == 3
    assert notebook == []


def test_live_shows_one_output_and_ends_with_all_epochs(notebook):
    result = plots.live(training(300), logy=True)
    assert len(result) == 300
    assert 2 <= len(notebook) <= 6  # 300 epochs take a moment: not a redraw for each
    (ax,) = notebook[-1].axes
    np.testing.assert_array_equal(lines(ax)[0][:, 1], result["loss"])
    assert ax.get_yscale() == "log"


def ticking(monkeypatch, step):
    """Every look at the clock finds it `step` seconds later."""
    clock = iter(np.arange(10_000) * step)
    monkeypatch.setattr(plots.time, "monotonic", lambda: next(clock))


def epochs_shown(figures):
    return [len(lines(figure.axes[0])[0]) for figure in figures]


def test_live_redraws_at_most_twice_a_second(notebook, monkeypatch):
    ticking(monkeypatch, 1 / 64)
    plots.live(training(70))
    assert epochs_shown(notebook) == [1, 33, 65, 70]


def test_live_redraws_for_a_tenth_of_the_time(notebook, monkeypatch):
    ticking(monkeypatch, 1)  # a redraw lasts as long as an epoch
    plots.live(training(30))
    assert epochs_shown(notebook) == [1, 10, 19, 28, 30]


def test_live_every_waits_for_that_many_epochs(notebook, monkeypatch):
    ticking(monkeypatch, 1)
    plots.live(training(30), every=4)
    assert epochs_shown(notebook) == [4, 16, 28, 30]


def test_live_shows_how_far_it_came_when_training_fails(notebook):
    with pytest.raises(Diverged):
        plots.live(training(5000, lr=1e4))
    assert notebook
    assert lines(notebook[-1].axes[0])[0][-1, 1] > 1e3


def test_live_of_nothing(notebook):
    assert len(plots.live(iter(()))) == 0
    assert notebook == []


# --- points and functions ------------------------------------------------------------------------


def test_boundary_shades_probability_with_a_line_at_one_half():
    figure = plots.boundary(right_half, CORNERS, [0, 0, 1, 1], limits=((-1, 2), (-2, 3)))
    ax = figure.axes[0]
    (image,) = ax.images
    at = np.linspace(-1, 2, 200)
    np.testing.assert_allclose(image.get_array()[7], 1 / (1 + np.exp(-8 * (at - 0.25))), atol=1e-5)
    assert image.get_extent() == [-1, 2, -2, 3]
    (line,) = [c for c in ax.collections if type(c).__name__ == "QuadContourSet"]
    np.testing.assert_allclose(line.get_paths()[0].vertices[:, 0], 0.25, atol=1e-3)
    assert "4 points (class 0, class 1)" in plots.alt_text(figure)
    assert "right on 4 of 4" in plots.alt_text(figure)


def test_boundary_draws_each_class_with_its_own_marker():
    figure = plots.boundary(right_half, CORNERS, [0, 1, 1, 1], names=["no", "yes"])
    no, yes = [c for c in figure.axes[0].collections if type(c).__name__ == "PathCollection"]
    np.testing.assert_array_equal(no.get_offsets(), CORNERS[:1])
    np.testing.assert_array_equal(yes.get_offsets(), CORNERS[1:])
    assert len(no.get_paths()[0].vertices) != len(yes.get_paths()[0].vertices)  # circle, square
    assert {"no", "yes", "probability of yes"} <= set(words_of(figure))
    assert "right on 3 of 4" in plots.alt_text(figure)


def test_boundary_of_two_scores_is_their_softmax():
    scores = nn.Linear(2, 2)
    figure = plots.boundary(scores, CORNERS, [0, 0, 1, 1], limits=((0, 1), (0, 1)))
    with torch.no_grad():
        corner = scores(torch.zeros(1, 2)).softmax(dim=1)[0, 1].item()
    assert figure.axes[0].images[0].get_array()[0, 0] == pytest.approx(corner, abs=1e-6)


def test_boundary_of_three_classes_shows_the_largest_score():
    centres = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    figure = plots.boundary(
        lambda grid: -torch.cdist(grid, centres), CORNERS, [0, 2, 1, 1], limits=((0, 1), (0, 1))
    )
    shade = figure.axes[0].images[0].get_array()
    assert (shade[0, 0], shade[0, -1], shade[-1, 0]) == (0, 1, 2)
    assert "right on" in plots.alt_text(figure)
    assert len(figure.axes) == 1  # no bar of probabilities


def test_boundaries_has_a_panel_per_model_on_the_same_limits():
    wrong = {"good": right_half, "bad": lambda grid: 1 - right_half(grid)}
    figure = plots.boundaries(wrong, CORNERS, torch.tensor([0, 0, 1, 1]))
    good, bad = figure.axes[:2]
    assert (good.get_title(), bad.get_title()) == ("good", "bad")
    assert good.get_xlim() == bad.get_xlim() == pytest.approx((-0.1, 1.1), abs=1e-4)
    assert plots.alt_text(figure).endswith("good is right on 4 of 4; bad is right on 0 of 4.")


@pytest.mark.parametrize(
    ("predict", "x", "y", "message"),
    [
        (right_half, torch.zeros(4, 3), [0] * 4, r"x: got shape \(4, 3\), expected \(N, 2\)"),
        (right_half, CORNERS, [0, 1], r"y: got shape \(2,\), expected \(4,\)"),
        (right_half, CORNERS, [0, 1, 2, 3], "y: got class 3, expected less than 2"),
        (lambda g: g[:, 0] * 50, CORNERS, [0] * 4, "expected probabilities"),
        (lambda g: g[:3, 0], CORNERS, [0] * 4, r"predict: got shape \(3,\) for 40004 points"),
    ],
)
def test_boundary_refuses_what_does_not_fit(predict, x, y, message):
    with pytest.raises(ValueError, match=message):
        plots.boundary(predict, x, y)


def test_functions_draws_every_curve_in_a_style_of_its_own():
    figure = plots.functions(Z, {"z": Z, "z squared": Z**2}, xlabel="z", ylabel="g", title="Two")
    (ax,) = figure.axes
    np.testing.assert_allclose(lines(ax)[0], np.column_stack([Z, Z]))
    np.testing.assert_allclose(lines(ax)[1], np.column_stack([Z, Z**2]))
    assert len({line.get_linestyle() for line in ax.lines}) == 2
    assert (ax.get_title(), ax.get_xlabel(), ax.get_ylabel()) == ("Two", "z", "g")
    assert plots.alt_text(figure) == (
        "Two: z rises from −3 to 3 as z goes from −3 to 3; z squared begins and ends at 9 as z "
        "goes from −3 to 3, lowest 0 at 0."
    )


def test_functions_marks_points_and_shows_data():
    figure = plots.functions(
        Z, {"f": Z}, points=[(1.0, 2.0, "look")], data=([0.0, 1.0], [3.0, 4.0])
    )
    data, curve, mark = lines(figure.axes[0])
    np.testing.assert_array_equal(data, [[0, 3], [1, 4]])
    assert len(curve) == len(Z)
    np.testing.assert_array_equal(mark, [[1, 2]])
    assert {"look", "data", "f"} <= set(words_of(figure))
    assert "2 points of data" in plots.alt_text(figure)
    assert "marked at (1, 2): look" in plots.alt_text(figure)


@pytest.mark.parametrize(
    ("heights", "side"),
    [
        ([0, 0, 9], (1, -1)),  # the curve rises to the right of the point: room is below it
        ([0, 0, -9], (1, 1)),  # and above it where the curve falls
        ([9, 0, 0], (-1, -1)),
        ([-9, 0, 0], (-1, 1)),
    ],
)
def test_a_label_is_written_where_it_hides_no_curve(heights, side):
    at = np.linspace(-1, 1, 201)
    curve = np.interp(at, [-1, 0, 1], heights)
    blocked = np.where(at * side[0] < 0, 0.5, np.nan)  # the other side: a line through both corners
    lines_ = {"f": curve, "up": blocked, "down": -blocked}
    (ax,) = plots.functions(at, lines_).axes
    ax.set_ylim(-10, 10)
    assert plots._free_side(ax, 0.0, 0.0, "some words") == side


def test_panels_has_a_small_plot_for_each():
    figure = plots.panels([(name, Z, {"g": Z * i}) for i, name in enumerate("abcd")], columns=3)
    assert [ax.get_title() for ax in figure.axes] == list("abcd")
    np.testing.assert_allclose(lines(figure.axes[3])[0][:, 1], 3 * Z)
    assert "d, g rises from −9 to 9" in plots.alt_text(figure)


def test_a_curve_with_holes_is_told_by_what_it_has():
    x = torch.tensor([-1.0, 0.0, 1.0, 100.0])
    figure = plots.functions(x, {"log": x.log10(), "none": x * torch.nan}, xlabel="x")
    assert plots.alt_text(figure) == (
        "Curves: log rises from 0 to 2 as x goes from 1 to 100; none has no finite value."
    )


def test_functions_refuses_two_shapes():
    with pytest.raises(ValueError, match=r"f: got shape \(3,\) for x of \(61,\), expected one"):
        plots.functions(Z, {"f": [1, 2, 3]})
    with pytest.raises(ValueError, match=r"data: got shapes \(2,\) and \(3,\)"):
        plots.functions(Z, {"f": Z}, data=([1, 2], [1, 2, 3]))


def test_scatter_draws_points_and_a_line():
    figure = plots.scatter([1, 2], [3, 4], line=([0, 5], [6, 7]), label="fit")
    points, line = lines(figure.axes[0])
    np.testing.assert_array_equal(points, [[1, 3], [2, 4]])
    np.testing.assert_array_equal(line, [[0, 6], [5, 7]])
    assert len(lines(plots.scatter([1, 2], [3, 4]).axes[0])) == 1


def test_bars_have_the_height_and_the_number():
    figure = plots.bars(
        {"linear": 0.905, "MLP": torch.tensor(0.926)},
        errors={"MLP": 0.004},
        line=(0.1, "guessing"),
        title="Digits",
    )
    (ax,) = figure.axes
    assert [bar.get_height() for bar in ax.patches] == pytest.approx([0.905, 0.926])
    assert {"0.905", "0.926 ± 0.004", "guessing", "linear", "MLP"} <= set(words_of(figure))
    (spread,) = ax.containers[-1].lines[2] if ax.containers[-1].has_yerr else [None]
    np.testing.assert_allclose(spread.get_segments()[0][:, 1], [0.922, 0.930], atol=1e-6)
    assert lines(ax)[-1][0, 1] == 0.1
    assert plots.alt_text(figure) == (
        "Digits: linear 0.905; MLP 0.926 ± 0.004; line at 0.1: guessing."
    )


def test_bars_refuses_an_error_without_a_bar():
    with pytest.raises(ValueError, match=r"errors: got \['mlp'\], expected some of \['MLP'\]"):
        plots.bars({"MLP": 0.9}, errors={"mlp": 0.1})


def test_histogram_counts_both_on_the_same_steps():
    a, b = torch.tensor([[0.0, 0.1], [0.9, 1.0]]), torch.tensor([4.0])
    figure = plots.histogram({"a": a, "b": b}, bins=4)
    outlines = [patch.get_xy() for patch in figure.axes[0].patches]
    tops = [sorted({round(float(y)) for _, y in outline} - {0}) for outline in outlines]
    assert tops == [[1, 3], [1, 3], [1], [1]]  # each filled and outlined; steps of 1 from 0 to 4
    told = plots.alt_text(figure)
    assert "a: 4 values from 0 to 1, mean 0.5" in told
    assert "b: 1 value from 4 to 4" in told


# --- tables of numbers ---------------------------------------------------------------------------


def test_images_shows_each_on_one_scale():
    pictures = torch.stack([torch.zeros(2, 2), torch.eye(2)])[:, None]
    figure = plots.images(pictures, titles=["none", "two"], columns=1, title="Both")
    first, second = figure.axes
    np.testing.assert_array_equal(first.images[0].get_array(), np.zeros((2, 2)))
    np.testing.assert_array_equal(second.images[0].get_array(), np.eye(2))
    assert first.images[0].get_clim() == second.images[0].get_clim() == (0, 1)
    assert second.get_title() == "two"
    assert plots.alt_text(figure) == (
        "Both: 2 images of 2 by 2 pixels, values from 0 to 1: none, two."
    )


def test_fig_1_2_a_picture_beside_its_numbers():
    figure = plots.images(DIGIT, values=True)
    picture, table = figure.axes
    np.testing.assert_array_equal(picture.images[0].get_array(), DIGIT[0])
    written = {text.get_position(): text.get_text() for text in table.texts}
    assert len(written) == 64
    assert written[3, 2] == "19"  # column 3 of row 2
    assert not picture.texts


def test_weights_are_centred_at_zero_with_a_bar():
    weights = torch.tensor([[1.0, -4.0, 0.0, 2.0]], requires_grad=True)
    figure = plots.weights_as_images(weights, (2, 2))
    image = figure.axes[0].images[0]
    np.testing.assert_array_equal(image.get_array(), [[1, -4], [0, 2]])
    assert image.get_clim() == (-4, 4)
    assert image.cmap(0.5)[:3] == pytest.approx((1, 1, 1), abs=0.05)  # 0 is white
    assert len(figure.axes) == 2
    assert "from −4 to 2" in plots.alt_text(figure)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plots.images(torch.zeros(3, 3, 8, 8)), r"x: got shape \(3, 3, 8, 8\), expected"),
        (lambda: plots.images(torch.zeros(0, 8, 8)), r"x: got shape \(0, 8, 8\)"),
        (lambda: plots.images(DIGIT, titles=["a", "b"]), "titles: got 2, expected 1"),
        (lambda: plots.weights_as_images(torch.zeros(2, 9), (2, 4)), r"expected \(units, 2 \* 4\)"),
        (lambda: plots.confusion([[1, 2]], "ab"), r"matrix: got shape \(1, 2\), expected \(2, 2\)"),
    ],
)
def test_tables_refuse_what_does_not_fit(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_confusion_writes_the_counts():
    figure = plots.confusion(torch.tensor([[5, 0, 1], [0, 9, 0], [3, 0, 2]]), ["a", "b", "c"])
    written = {text.get_position(): text.get_text() for text in figure.axes[0].texts}
    assert written == {(0, 0): "5", (2, 0): "1", (1, 1): "9", (0, 2): "3", (2, 2): "2"}
    assert plots.alt_text(figure).endswith("16 of 20 right; most often c is taken for a, 3 times.")
    assert plots.alt_text(plots.confusion([[2, 0], [0, 2]], "ab")).endswith("4 of 4 right.")


# --- networks ------------------------------------------------------------------------------------


def circles(figure):
    return [patch for patch in figure.axes[0].patches if isinstance(patch, Circle)]


def test_fig_1_5_the_loan_neuron_is_worked_out():
    figure = GALLERY["neuron"]()
    written = set(words_of(figure))
    assert {
        "age = 29",
        "income = 4000",
        "balance = 10000",
        "$w_{1}$ = 0.1",
        "$b$ = −180",
    } <= written
    assert {"$z$ = 2.9", "$a$ = 0.9478", "sigmoid"} <= written
    assert len(circles(figure)) == 3 + 2 + 1  # inputs, sum and activation, bias
    assert "The weighted sum is 2.9, the output 0.9478." in plots.alt_text(figure)


def test_a_neuron_without_numbers_keeps_its_letters():
    figure = plots.neuron([0.5, -1.0], torch.tensor([2.0], requires_grad=True))
    assert {"$z$", "$a = g(z)$", "$w_{2}$ = −1", "$b$ = 2"} <= set(words_of(figure))
    assert plots.alt_text(figure) == (
        "A neuron with 2 inputs, weights 0.5, −1, bias 2 and the activation g."
    )


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "ReLU", "linear", "step"])
@pytest.mark.parametrize("z", [-2.0, 0.5])
def test_a_neuron_knows_the_activations(name, z):
    expected = {
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "ReLU": torch.relu,
        "linear": lambda v: v,
        "step": lambda v: (v > 0).float(),
    }[name](torch.tensor(z))
    figure = plots.neuron([1.0], 0.0, x=[z], activation=name)
    told = plots.alt_text(figure).replace("−", "-")
    output = float(re.search(r"the output (\S+)\.$", told)[1])
    assert output == pytest.approx(expected.item(), rel=1e-3)


def test_network_lines_say_sign_and_size():
    figure = plots.network([3, 2], weights=WEIGHTS)
    drawn = {tuple(line.get_ydata()): line for line in figure.axes[0].lines}
    assert len(drawn) == 6
    strong, weak = drawn[0.0, 0.5], drawn[-1.0, 0.5]  # x2 and x3 to a1: -2 and 0.5
    assert to_hex(strong.get_color()).upper() == shared.RED
    assert to_hex(weak.get_color()).upper() == shared.BLUE
    assert strong.get_linewidth() == pytest.approx(3.5)
    assert weak.get_linewidth() == pytest.approx(0.5 + 3 * 0.5 / 2)
    assert strong.is_dashed()
    assert not weak.is_dashed()
    assert {"−2", "0.5", "0.25", "$x_{3}$", "$a_{2}$", "3 units"} <= set(words_of(figure))


def test_network_has_a_circle_per_unit_and_yellow_ones_per_bias():
    figure = plots.network([2, 3, 1], biases=True, activations=["ReLU", ""])
    yellow = [c for c in circles(figure) if to_hex(c.get_facecolor()).upper() == shared.YELLOW]
    assert len(yellow) == 2
    assert len(circles(figure)) == 6 + 2
    assert len(figure.axes[0].lines) == (2 + 1) * 3 + (3 + 1) * 1
    assert "ReLU" in words_of(figure)
    assert plots.alt_text(figure) == (
        "A network: layers of 2, 3, 1 units, a bias for every unit after the first layer, "
        "activations ReLU, none."
    )


def test_network_draws_the_real_biases_too():
    figure = plots.network([3, 2], weights=WEIGHTS, biases=[torch.tensor([4.0, -0.75])])
    assert {"4", "−0.75"} <= set(words_of(figure))
    from_bias = [line for line in figure.axes[0].lines if line.get_ydata()[0] < -2]
    assert [to_hex(line.get_color()).upper() for line in from_bias] == [shared.BLUE, shared.RED]
    assert from_bias[0].get_linewidth() == pytest.approx(3.5)  # 4 is the largest of all


def test_fig_1_13_the_unit_converter_shows_its_weight():
    figure = plots.network([1, 1], weights=[[[0.62137]]], labels=["kilometres", "miles"])
    assert {"0.621", "kilometres\n1 unit", "miles\n1 unit"} <= set(words_of(figure))
    assert "1 weight from 0.621 to 0.621" in plots.alt_text(figure)


def test_a_wide_layer_is_drawn_in_part_and_says_so():
    figure = plots.network([12, 13])
    units = [c for c in circles(figure) if c.radius > 0.1]
    dots = [c for c in circles(figure) if c.radius <= 0.1]
    assert (len(units), len(dots)) == (12 + 8, 3)
    assert len(figure.axes[0].lines) == 12 * 8
    assert {"12 units", "13 units"} <= set(words_of(figure))


def test_a_wide_layer_shows_its_first_and_last_weights():
    weights = torch.zeros(1, 20)
    weights[0, 3], weights[0, 16], weights[0, 10] = 1.0, -1.0, 5.0
    figure = plots.network([20, 1], weights=[weights])
    drawn = {line.get_ydata()[0]: line for line in figure.axes[0].lines}
    assert drawn[1.0].get_linewidth() == pytest.approx(0.5 + 3 / 5)
    assert drawn[-1.0].is_dashed()
    assert len(drawn) == 8


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: plots.network([2, 3], weights=[torch.zeros(2, 3)]),
            r"weights: got shapes \[\(2, 3\)\], expected \[\(3, 2\)\]",
        ),
        (
            lambda: plots.network([2, 3], biases=[torch.zeros(2)]),
            r"biases: got shapes \[\(2,\)\], expected \[\(3,\)\]",
        ),
        (lambda: plots.network([2, 3], labels=["one"]), "labels: got .*expected 2 of them"),
        (lambda: plots.network([2, 3], activations="ab"), "activations: got ab, expected 1 of"),
        (lambda: plots.neuron(torch.zeros(1, 3), 0.0), r"w: got shape \(1, 3\), expected \(n,\)"),
        (lambda: plots.neuron([1.0, 2.0], 0.0, x=[1.0]), r"x: got shape \(1,\), expected \(2,\)"),
        (lambda: plots.neuron([1.0], 0.0, names=["a", "b"]), r"names: got shape \(2,\)"),
        (lambda: plots.neuron([1.0], 0.0, activation="relu"), "activation: got 'relu', expected"),
    ],
)
def test_networks_refuse_what_does_not_fit(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# --- going downhill ------------------------------------------------------------------------------


def test_surface_draws_the_loss_the_path_and_the_minimum():
    w, b = torch.linspace(-1, 2, 40), torch.linspace(-2, 2, 30)
    loss = (w[None] - 0.5) ** 2 + (b[:, None] + 1) ** 2
    path = torch.tensor([[2.0, 2.0], [1.0, 0.0], [0.5, -1.0]])
    figure = plots.surface(loss, w, b, path=path, minimum=(0.5, -1.0))
    ax = figure.axes[0]
    np.testing.assert_array_equal(lines(ax)[1], path)
    np.testing.assert_array_equal(lines(ax)[2], path[:1])
    np.testing.assert_array_equal(lines(ax)[3], [[0.5, -1.0]])
    # The lowest step of the map is around the minimum, (len(ys), len(xs)) the right way round.
    lowest = ax.collections[0].get_paths()[0].vertices.mean(axis=0)
    np.testing.assert_allclose(lowest, [0.5, -1.0], atol=0.1)
    assert {"path of 2 steps", "minimum", "start", "loss"} <= set(words_of(figure))
    told = plots.alt_text(figure)
    assert "a path of 2 steps goes from (2, 2) to (0.5, −1); the minimum is at (0.5, −1)" in told


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plots.surface(torch.zeros(3, 4), range(3), range(4)), r"got shape \(3, 4\), exp"),
        (
            lambda: plots.surface(torch.ones(3, 3), range(3), range(3)),
            "got 1 to 1, expected finite numbers",
        ),
        (
            lambda: plots.surface(torch.eye(3), range(3), range(3), path=[1, 2]),
            r"path: got shape \(2,\), expected \(T, 2\)",
        ),
        (
            lambda: plots.descent(torch.square, (-1, 1), [[0.0, 1.0]]),
            r"path: got shape \(1, 2\), expected \(T,\)",
        ),
        (
            lambda: plots.animate_descent(torch.square, (-1, 1), [1.0], frames=31),
            "expected 1 to 30",
        ),
    ],
)
def test_downhill_refuses_what_does_not_fit(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_fig_1_14_descent_marks_start_and_end_on_the_curve():
    figure = plots.descent(lambda x: (x - 1) ** 2, (-3, 5), [-2.0, 0.0, 0.5], title="Down")
    curve, walk, start, end, *_ = lines(figure.axes[0])
    np.testing.assert_allclose(curve[:, 1], (curve[:, 0] - 1) ** 2, atol=1e-5)
    np.testing.assert_allclose(walk, [[-2, 9], [0, 1], [0.5, 0.25]])
    np.testing.assert_allclose(start, [[-2, 9]])
    np.testing.assert_allclose(end, [[0.5, 0.25]])
    assert plots.alt_text(figure) == (
        "Down: path goes from −2 (height 9) to 0.5 (height 0.25) in 2 steps."
    )


def test_descent_of_several_paths_keeps_the_frame_of_the_curve():
    figure = plots.descent(torch.square, (-2, 2), {"good": [1.0, 0.5], "bad": [1.0, -3.0, 90.0]})
    assert {"good", "bad", "start", "end"} <= set(words_of(figure))
    assert figure.axes[0].get_xlim() == (-2, 2)
    assert figure.axes[0].get_ylim()[1] < 5
    assert "bad goes from 1 (height 1) to 90 (height 8.1e+03)" in plots.alt_text(figure)


def test_animation_shows_the_path_so_far():
    path = [2 * 0.8**k for k in range(101)]
    animation = plots.animate_descent(torch.square, (-2, 2), path, frames=5)
    counts = []
    for frame in range(5):
        animation._func(frame)
        trail, now = lines(animation._fig.axes[0])[1:3]
        counts.append(len(trail))
        np.testing.assert_allclose(now[0], trail[-1])
    assert counts == [1, 26, 51, 76, 101]
    np.testing.assert_allclose(trail[:, 0], path)
    assert animation._fig.axes[0].get_title(loc="right") == "step 100 of 100"
    assert "in 100 steps" in plots.alt_text(animation._fig)
    animation._draw_was_started = True  # or its end complains that nobody watched it


def test_animation_plays_without_a_network_and_stays_small():
    before = dict(matplotlib.rcParams)
    paths = {
        "one": [2 * math.cos(k) * 0.95**k for k in range(40)],
        "two": [0.97**k for k in range(40)],
    }
    animation = plots.animate_descent(
        lambda x: x**4 - x**2, (-2, 2), paths, frames=30, title="A < B"
    )
    page = animation._repr_html_()
    assert page == animation.to_jshtml()
    assert len(page) < 1_500_000
    assert page.count("data:image/png;base64") == 30
    assert not re.search(r"https?://|<link|fa-", page)
    assert page.count("▶</button>") == 1
    assert 'alt="A &lt; B, step by step: one goes from 2' in page
    assert not Gcf.figs
    assert dict(matplotlib.rcParams) == before


def test_photos_have_titles_of_several_lines_and_alt_text():
    figure = plots.photos(torch.rand(3, 3, 8, 8), titles=["a\n(b)", "c", "d"], title="Three")
    assert plots.alt_text(figure) == "Three: 3 pictures of 8 by 8 pixels: a (b), c, d."
    flat = plots.photos(torch.rand(3, 3, 8, 8), titles=["a", "c", "d"], title="Three")
    assert figure.get_figheight() > flat.get_figheight()
    with pytest.raises(ValueError, match=r"expected \(N, 3, H, W\)"):
        plots.photos(torch.rand(3, 8, 8))
    with pytest.raises(ValueError, match="one for each"):
        plots.photos(torch.rand(2, 3, 8, 8), titles=["a"])


def test_every_public_figure_is_in_the_gallery():
    figures = set(plots.__all__) - {"alt_text", "live", "animate_descent"}
    assert figures == {name.split("_")[0] if name not in figures else name for name in GALLERY}
    assert importlib.import_module("workshop.figures.plots").alt_text is shared.alt_text


def test_six_lines_of_a_panel_differ_by_more_than_their_colour():
    curves = {f"curve {i}": torch.arange(4.0) * i for i in range(6)}
    figure = plots.panels([("six", torch.arange(4.0), curves)], xlabel="x", ylabel="y")
    assert len({str(line._dash_pattern) for line in figure.axes[0].lines}) == 6
