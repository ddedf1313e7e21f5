"""Lesson 4, `activations`: by hand against torch, and the book's numbers."""

import pytest
import torch
from torch import nn

from workshop.day1 import activations

Z = torch.cat([torch.linspace(-9, 9, 37), torch.tensor([-1000.0, 1000.0])]).double()


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
def test_eq_1_18_1_20_each_activation_equals_torch_in_value_and_gradient(ours, theirs):
    a, b = Z.clone().requires_grad_(), Z.clone().requires_grad_()
    ramp = torch.linspace(-1, 2, len(Z)).double()
    (ours(a) * ramp).sum().backward()
    (theirs(b) * ramp).sum().backward()
    torch.testing.assert_close(ours(a), theirs(b))
    torch.testing.assert_close(a.grad, b.grad)
    assert a.grad.isfinite().all()


def test_fig_1_12_softmax_to_eight_digits():
    expected = [0.16115195, 0.74422819, 0.01491471, 0.00100235, 0.05310907, 0.02559374]
    got = activations.softmax(activations.SCORES)
    assert [f"{p:.8f}" for p in got.tolist()] == [f"{p:.8f}" for p in expected]
    assert got.sum().item() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 3, 4), (4, 1)])
def test_fig_1_12_softmax_of_any_shape_even_at_1000(shape):
    z = 1000 * torch.randn(shape, dtype=torch.float64)
    torch.testing.assert_close(activations.softmax(z), z.softmax(dim=-1))


def test_eq_1_17_linear_layers_collapse_into_one():
    model = nn.Sequential(nn.Linear(4, 6), nn.Linear(6, 3), nn.Linear(3, 2)).double()
    w, b = activations.collapse([(layer.weight, layer.bias) for layer in model])
    x = torch.randn(10, 4, dtype=torch.float64)
    torch.testing.assert_close(x @ w.T + b, model(x))


def test_eq_1_17_with_the_affine_activation_too():
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


def test_eq_1_19_four_relus_at_the_printed_points():
    x = torch.tensor([0.0, 1, 2, 4, 5, 6, 7])
    assert activations.four_relus(x).tolist() == [0, 5, 10, 24, 36, 48, 60]
    assert torch.equal(activations.four_relus(-x), activations.four_relus(x))


def test_fig_1_10_the_largest_error_is_12_at_6():
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
