"""Lesson 3, `layers`: by hand against torch, shapes, and counts."""

import pytest
import torch
from torch import nn

from workshop.core.data import load
from workshop.day1 import layers


@pytest.fixture
def linear():
    return nn.Linear(5, 3, dtype=torch.float64)


def test_eq_1_13_1_14_each_unit_is_a_row_of_the_layer(linear):
    x = torch.randn(5, dtype=torch.float64)
    whole = torch.sigmoid(linear(x))
    for row in range(3):
        one = layers.unit(x, linear.weight[row], linear.bias[row])
        torch.testing.assert_close(one, whole[row])
    by_unit = layers.layer_unit_by_unit(x, linear.weight, linear.bias)
    torch.testing.assert_close(by_unit, whole)


@pytest.mark.parametrize("examples", [1, 4])
def test_eq_1_15_1_16_the_layer_equals_nn_linear_in_value_and_gradient(linear, examples):
    x = torch.randn(examples, 5, dtype=torch.float64, requires_grad=True)
    ours = layers.layer(x, linear.weight, linear.bias)
    inputs = (x, linear.weight, linear.bias)
    torch.testing.assert_close(ours, linear(x))
    got = torch.autograd.grad(ours.square().sum(), inputs)
    expected = torch.autograd.grad(linear(x).square().sum(), inputs)
    torch.testing.assert_close(got, expected)


@pytest.mark.parametrize("sizes", [(3, 2), (4, 5, 3, 2), (2, 1, 1)])
def test_fig_1_7_a_network_is_its_layers_one_after_the_other(sizes):
    model = layers.MLP(sizes).double()
    x = torch.randn(6, sizes[0], dtype=torch.float64)
    weights = [part.weight for part in model.layers]
    biases = [part.bias for part in model.layers]
    torch.testing.assert_close(layers.forward(x, weights, biases), model(x))
    assert layers.count_parameters(list(sizes)) == sum(p.numel() for p in model.parameters())


def test_sec_1_3_2_input_784_pixels_and_7_columns():
    assert load("mnist5k").train.x[0].numel() == 28 * 28 == 784
    assert layers.MLP((7, 3, 1))(torch.zeros(2, 7)).shape == (2, 1)


def test_note_2_a_residual_block_adds_its_input():
    block = layers.Residual(4)
    x = torch.randn(3, 4)
    torch.testing.assert_close(block(x) - x, block.inside(x))


def test_a_network_needs_two_sizes():
    with pytest.raises(ValueError, match="two numbers or more"):
        layers.MLP((3,))
