"""Lesson 2, `neuron`: the by-hand pieces against torch and scikit-learn, and the book's numbers."""

import math

import pytest
import torch
from torch import nn

from workshop.core.data import load, standardize
from workshop.day1 import neuron


@pytest.fixture
def batch():
    g = torch.Generator().manual_seed(3)
    x = torch.randn(7, 4, generator=g, dtype=torch.float64)
    return x, torch.randn(4, generator=g, dtype=torch.float64), torch.tensor(0.3).double()


def test_eq_1_1_term_by_term_equals_eq_1_2_and_nn_linear(batch):
    x, w, b = batch
    linear = nn.Linear(4, 1, dtype=torch.float64)
    with torch.no_grad():
        linear.weight.copy_(w[None])
        linear.bias.copy_(b)
    z = neuron.weighted_sum(x, w, b)
    torch.testing.assert_close(z, linear(x).squeeze(1))
    for row, expected in zip(x, z, strict=True):
        torch.testing.assert_close(neuron.weighted_sum_loop(row, w, b), expected)


def test_eq_1_2_gradients_equal_those_of_nn_linear(batch):
    x, w, b = (t.clone().requires_grad_() for t in batch)
    neuron.weighted_sum(x, w, b).square().sum().backward()
    linear = nn.Linear(4, 1, dtype=torch.float64)
    with torch.no_grad():
        linear.weight.copy_(w[None])
        linear.bias.copy_(b)
    x2 = x.detach().clone().requires_grad_()
    linear(x2).square().sum().backward()
    torch.testing.assert_close(x.grad, x2.grad)
    torch.testing.assert_close(w.grad, linear.weight.grad[0])
    torch.testing.assert_close(b.grad, linear.bias.grad[0])


def test_ex_1_the_loan_term_by_term():
    """eq-1.4 to eq-1.10: 2.9 + 80 + 100 - 180 = 2.9."""
    x, w, b = neuron.LOAN_X.double(), neuron.LOAN_W.double(), neuron.LOAN_B.double()
    torch.testing.assert_close(
        x * w, torch.tensor([2.9, 80.0, 100.0]).double(), rtol=1e-6, atol=1e-6
    )
    assert b == -180
    for z in (neuron.weighted_sum_loop(x, w, b), neuron.weighted_sum(x[None], w, b)[0]):
        assert z.item() == pytest.approx(2.9, abs=1e-5)


def test_eq_1_12_the_loan_probability_is_0_94785():
    exact = neuron.sigmoid(torch.tensor(2.9, dtype=torch.float64)).item()
    assert f"{exact:.5f}" == "0.94785"
    assert math.floor(exact * 1000) / 1000 == 0.947  # the book cuts
    a = neuron.neuron(neuron.LOAN_X[None], neuron.LOAN_W, neuron.LOAN_B)
    assert a.item() == pytest.approx(exact, abs=1e-5)


def test_eq_1_3_the_activation_is_the_sigmoid_of_the_sum(batch):
    torch.testing.assert_close(neuron.neuron(*batch), torch.sigmoid(batch[0] @ batch[1] + batch[2]))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_eq_1_11_sigmoid_equals_torch_in_value_and_gradient_even_at_1000(dtype):
    z = torch.cat([torch.linspace(-60, 60, 241), torch.tensor([-1000.0, -0.0, 0.0, 1000.0])])
    ours = z.to(dtype).requires_grad_()
    theirs = z.to(dtype).requires_grad_()
    a, expected = neuron.sigmoid(ours), torch.sigmoid(theirs)
    a.sum().backward()
    expected.sum().backward()
    torch.testing.assert_close(a, expected)
    torch.testing.assert_close(ours.grad, theirs.grad)
    assert a.isfinite().all()
    assert ours.grad.isfinite().all()


def test_note_logistic_the_boundary_is_where_the_neuron_says_one_half():
    w, b, x1 = torch.tensor([1.5, -0.7]), torch.tensor(0.4), torch.linspace(-3, 3, 9)
    points = torch.stack([x1, neuron.boundary_x2(x1, w, b)], dim=1)
    torch.testing.assert_close(neuron.neuron(points, w, b), torch.full((9,), 0.5))
    slopes = points.diff(dim=0)  # a straight line: x2 changes evenly with x1
    torch.testing.assert_close(slopes[:, 1] / slopes[:, 0], torch.full((8,), 1.5 / 0.7))


def test_the_nn_twin_returns_logits_equal_weight_for_weight():
    model = neuron.Neuron(5)
    x = torch.randn(6, 5)
    w, b = model.linear.weight[0], model.linear.bias[0]
    assert model(x).shape == (6,)
    torch.testing.assert_close(model(x), neuron.weighted_sum(x, w, b))
    torch.testing.assert_close(torch.sigmoid(model(x)), neuron.neuron(x, w, b))


def test_note_logistic_without_the_pull_the_weights_grow_without_end():
    """Breast cancer is linearly separable: no finite weights are best."""
    known = standardize(load("breast_cancer")).development
    lengths, wrong = [], []
    for l2 in (1e-3, 1e-5, 1e-7):
        w, b = neuron.sklearn_weights(known, l2)
        lengths.append(w.norm().item())
        guess = neuron.weighted_sum(known.x.double(), w, b) > 0
        wrong.append((guess != known.y.bool()).sum().item())
    assert lengths[0] * 2 < lengths[1]
    assert lengths[1] * 2 < lengths[2]
    assert wrong[-1] == 0


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"lr": 0.0}, "lr: got 0.0"), ({"epochs": 0}, "epochs: got 0"), ({"l2": -1.0}, "l2: got -1")],
)
def test_config_refuses_what_cannot_be_trained(settings, message):
    with pytest.raises(ValueError, match=message):
        neuron.Config(**settings)
