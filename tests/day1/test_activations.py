"""`activations`: by hand against torch, and the book's numbers."""

import re

import numpy as np
import pytest
import torch
from oracles import assert_equal_with_gradients
from sources import run_cell, source_of
from torch import nn

from workshop.core.device import threads
from workshop.core.training import fit
from workshop.day1 import activations
from workshop.figures import plots

Z = torch.cat([torch.linspace(-9, 9, 37), torch.tensor([-1000.0, 1000.0])]).double()


@pytest.fixture(scope="module")
def source():
    return source_of("activations")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (activations.relu, nn.ReLU()),
        (activations.tanh, nn.Tanh()),
        (activations.sigmoid, nn.Sigmoid()),
        (activations.identity, nn.Identity()),
        (activations.softmax, nn.Softmax(dim=-1)),
    ],
    ids=lambda f: getattr(f, "__name__", ""),
)
def test_activations_equal_torch_in_value_and_gradient(ours, theirs):
    z = Z.clone().requires_grad_()
    assert_equal_with_gradients(ours(z), theirs(z), z)


@pytest.mark.book("eq-1.18")
def test_relu_and_its_slope_at_0_equal_torch():
    z = torch.tensor([-1.0, -0.0, 0.0, 1e-30, 2.0], requires_grad=True)
    activations.relu(z).sum().backward()
    assert activations.relu(z).tolist() == torch.relu(z).tolist()
    assert z.grad.tolist() == [0, 0, 0, 1, 1]


@pytest.mark.book("fig-1.9", "fig-1.11")
def test_relu_and_sigmoid_are_drawn_with_their_slopes(source):
    names, _ = run_cell(source, "drawn = []", torch=torch, activations=activations, plots=plots)
    drawn = {name: (z, lines) for name, z, lines in names["drawn"]}
    z, lines = drawn["ReLU"]
    torch.testing.assert_close(lines["g(z)"], z.relu())
    torch.testing.assert_close(lines["its slope"], (z > 0).float())
    z, lines = drawn["sigmoid"]
    torch.testing.assert_close(lines["g(z)"], z.sigmoid())
    torch.testing.assert_close(lines["its slope"], z.sigmoid() * (1 - z.sigmoid()))
    assert lines["its slope"].max().item() == pytest.approx(0.25, abs=1e-3)


@pytest.mark.book("eq-1.20")
def test_sigmoid_only_approaches_0_and_1():
    z = torch.linspace(-30, 30, 601, dtype=torch.float64)
    a = activations.sigmoid(z)
    assert ((a > 0) & (a < 1)).all()
    assert (a.diff() > 0).all()
    assert a[0] < 1e-12
    assert a[-1] > 1 - 1e-12


@pytest.mark.book("q-2")
def test_relu_is_not_linear_although_both_its_pieces_are(source):
    _, printed = run_cell(source, "two, minus_two", torch=torch, activations=activations)
    apart, together = (float(line.split("=")[1]) for line in printed.splitlines())
    assert (apart, together) == (2, 0)
    x = torch.linspace(0, 5, 6)
    torch.testing.assert_close(activations.relu(x + 1), activations.relu(x) + 1)
    assert activations.relu(-x).abs().sum() == 0


@pytest.mark.book("note-3")
def test_only_a_linear_output_can_be_any_number(source):
    with threads(1):
        names, _ = run_cell(
            source, '"linear": nn.Identity()', torch=torch, nn=nn, fit=fit, plots=plots
        )
    lines = names["lines"]
    torch.testing.assert_close(lines["linear output"], lines["y = 3x"], atol=1e-3, rtol=0)
    for bent in ("sigmoid output", "ReLU output"):
        assert lines[bent].min() >= 0
        assert (lines[bent] - lines["y = 3x"]).abs().max() > 1


@pytest.mark.book("fig-1.12")
def test_softmax_of_the_book_scores_to_eight_digits():
    expected = [0.16115195, 0.74422819, 0.01491471, 0.00100235, 0.05310907, 0.02559374]
    got = activations.softmax(activations.SCORES)
    assert [f"{p:.8f}" for p in got.tolist()] == [f"{p:.8f}" for p in expected]
    assert got.sum().item() == pytest.approx(1, abs=1e-12)


@pytest.mark.book("fig-1.12")
@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 3, 4), (4, 1)])
def test_softmax_of_any_shape_even_at_1000(shape):
    z = 1000 * torch.randn(shape, dtype=torch.float64)
    torch.testing.assert_close(activations.softmax(z), z.softmax(dim=-1))


@pytest.mark.book("fig-1.12")
def test_softmax_equals_scipy_and_passes_gradcheck():
    from scipy.special import softmax

    z = torch.randn(3, 5, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    np.testing.assert_allclose(activations.softmax(z), softmax(z.numpy(), axis=-1))
    assert torch.autograd.gradcheck(activations.softmax, z.requires_grad_())


def test_softmax_ignores_a_shift_and_of_two_is_a_sigmoid():
    z = torch.randn(4, 3, dtype=torch.float64)
    torch.testing.assert_close(activations.softmax(z + 10), activations.softmax(z))
    pairs = torch.stack([Z, torch.zeros_like(Z)], dim=1)
    torch.testing.assert_close(activations.softmax(pairs)[:, 0], torch.sigmoid(Z))
    assert (pairs.exp() / pairs.exp().sum(dim=1, keepdim=True)).isnan().any()  # without the shift


@pytest.mark.book("fig-1.8")
def test_tower_without_activation_is_drawn_and_is_one_layer(source):
    names, _ = run_cell(source, "tower = nn.Sequential", torch=torch, nn=nn, plots=plots)
    tower = names["tower"]
    assert [type(part) for part in tower] == [nn.Linear] * 3
    _, printed = run_cell(
        source,
        "W, b = activations.collapse([(layer",
        torch=torch,
        activations=activations,
        tower=tower,
    )
    tall, flat = (re.findall(r"-?\d\.\d{4}", line) for line in printed.splitlines())
    assert len(tall) == 5
    np.testing.assert_allclose(np.float64(tall), np.float64(flat), atol=2e-4)


@pytest.mark.book("eq-1.17")
@pytest.mark.parametrize("sizes", [(3, 2), (1, 1, 1, 1), (4, 1, 3), (2, 5, 5, 5, 2)])
def test_any_stack_collapses_in_value_and_gradient(sizes):
    model = activations.network(sizes, nn.Identity).double()
    linear = [part for part in model if isinstance(part, nn.Linear)]
    w, b = activations.collapse([(part.weight, part.bias) for part in linear])
    assert w.shape == (sizes[-1], sizes[0])
    x = torch.randn(7, sizes[0], dtype=torch.float64)
    assert_equal_with_gradients(x @ w.T + b, model(x), list(model.parameters()))


@pytest.mark.book("eq-1.17")
def test_linear_layers_collapse_into_one():
    model = nn.Sequential(nn.Linear(4, 6), nn.Linear(6, 3), nn.Linear(3, 2)).double()
    w, b = activations.collapse([(layer.weight, layer.bias) for layer in model])
    x = torch.randn(10, 4, dtype=torch.float64)
    torch.testing.assert_close(x @ w.T + b, model(x))


@pytest.mark.book("eq-1.17")
def test_layers_with_an_affine_activation_collapse():
    """g(z) = z / 2 + 5 between the layers is one more linear layer."""
    first, second = nn.Linear(3, 4).double(), nn.Linear(4, 2).double()
    half = (torch.eye(4).double() / 2, torch.full((4,), 5.0).double())
    layers = [(first.weight, first.bias), half, (second.weight, second.bias)]
    w, b = activations.collapse(layers)
    x = torch.randn(8, 3, dtype=torch.float64)
    torch.testing.assert_close(x @ w.T + b, second(first(x) / 2 + 5))


def test_collapse_says_which_layer_does_not_fit():
    with pytest.raises(ValueError, match=r"layer 2: got W \(2, 5\), expected 3 columns"):
        activations.collapse([(torch.ones(3, 2), torch.ones(3)), (torch.ones(2, 5), torch.ones(2))])
    with pytest.raises(ValueError, match="no layers"):
        activations.collapse([])


@pytest.mark.book("eq-1.19")
def test_four_relus_at_the_printed_points():
    x = torch.tensor([0.0, 1, 2, 4, 5, 6, 7])
    assert activations.four_relus(x).tolist() == [0, 5, 10, 24, 36, 48, 60]
    assert torch.equal(activations.four_relus(-x), activations.four_relus(x))


@pytest.mark.book("eq-1.19")
@pytest.mark.parametrize(("points", "units"), [(9, 4), (1, 3), (5, 1), (4, 4)])
def test_sum_of_relus_equals_nn_in_value_and_gradient(points, units):
    first, second = nn.Linear(1, units).double(), nn.Linear(units, 1, bias=False).double()
    x = torch.randn(points, dtype=torch.float64)
    w, b, v = first.weight[:, 0], first.bias, second.weight[0]
    ours = activations.sum_of_relus(x, w, b, v)
    theirs = second(torch.relu(first(x[:, None])))[:, 0]
    assert_equal_with_gradients(ours, theirs, (first.weight, first.bias, second.weight))


@pytest.mark.book("eq-1.19")
def test_four_relus_are_a_sum_of_relus():
    x = torch.linspace(-7, 7, 57)
    w, b = torch.tensor([5.0, -5, 7, -7]), torch.tensor([0.0, 0, -24, -24])
    ours = activations.sum_of_relus(x, w, b, torch.ones(4))
    torch.testing.assert_close(ours, activations.four_relus(x))


@pytest.mark.book("fig-1.10")
def test_trained_relus_beat_the_book_and_more_do_better():
    """Four trained ReLUs beat the book's on [-5, 5], and the error falls with every doubling."""
    errors = []
    for hidden in (4, 8, 16, 32):
        with threads(1):
            _, x, y = activations.fit_square(
                activations.curve_model(hidden), epochs=150, lr=0.3, seed=1
            )
        errors.append((y - x**2).abs().max().item())
    assert errors[0] < (activations.four_relus(x) - x**2).abs().max() / 5
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 0.4


@pytest.mark.book("sec-1.5")
def test_relus_approximate_a_wave_and_squares_do_not(source):
    """Universal approximation asks for an activation that is no polynomial (Leshno et al. 1993)."""
    _, printed = run_cell(
        source, "torch.linalg.pinv", torch=torch, activations=activations, plots=plots
    )
    errors = {}
    for line in printed.splitlines():
        units, name, *_, error = line.split()
        errors[name, int(units)] = float(error)
    assert errors["ReLUs", 3] > errors["ReLUs", 10] > errors["ReLUs", 100]
    assert errors["ReLUs", 100] < 0.1
    assert errors["squares", 100] > 0.8
    assert errors["squares", 100] == pytest.approx(errors["squares", 3], abs=1e-3)
    x = torch.linspace(-1, 1, 401, dtype=torch.float64)
    w, b = torch.randn(2, 100, dtype=torch.float64)
    assert torch.linalg.matrix_rank((x[:, None] * w + b).square()) == 3  # 1, x and x^2


@pytest.mark.book("fig-1.10")
def test_largest_error_of_four_relus_is_12_at_6():
    x = torch.linspace(-7, 7, 14001)
    error = (activations.four_relus(x) - x**2).abs()
    assert error.max().item() == pytest.approx(12, abs=0.01)
    assert abs(x[error.argmax()].item()) == pytest.approx(6, abs=0.01)


def test_the_curve_model_starts_flat_with_its_bends_spread():
    model = activations.curve_model(9)
    bends = -model[0].bias / model[0].weight[:, 0]
    torch.testing.assert_close(bends.sort().values, torch.linspace(-1, 1, 11)[1:-1])
    outputs = model(torch.linspace(-1, 1, 5)[:, None])
    assert outputs.std() == 0
