"""`layers`: by hand against torch, shapes, and counts."""

import numpy as np
import pytest
import torch
from oracles import assert_equal_with_gradients
from sources import source_of
from torch import nn

from workshop.core.data import load
from workshop.core.device import seed_everything, threads
from workshop.core.training import count_correct, evaluate
from workshop.day1 import layers
from workshop.figures import plots


@pytest.fixture(scope="module")
def source():
    return source_of("layers")


@pytest.fixture
def linear():
    return nn.Linear(5, 3, dtype=torch.float64)


@pytest.mark.book("eq-1.13", "eq-1.14")
def test_each_unit_is_a_row_of_the_layer(linear):
    x = torch.randn(5, dtype=torch.float64)
    whole = torch.sigmoid(linear(x))
    for row in range(3):
        one = layers.unit(x, linear.weight[row], linear.bias[row])
        torch.testing.assert_close(one, whole[row])
    by_unit = layers.layer_unit_by_unit(x, linear.weight, linear.bias)
    torch.testing.assert_close(by_unit, whole)


@pytest.mark.book("eq-1.15", "eq-1.16")
@pytest.mark.parametrize("examples", [1, 4])
def test_layer_equals_nn_linear_in_value_and_gradient(linear, examples):
    x = torch.randn(examples, 5, dtype=torch.float64, requires_grad=True)
    inputs = (x, linear.weight, linear.bias)
    assert_equal_with_gradients(layers.layer(*inputs), linear(x), inputs)


@pytest.mark.book("fig-1.7")
@pytest.mark.parametrize("sizes", [(3, 2), (4, 5, 3, 2), (2, 1, 1)])
def test_forward_equals_mlp_and_its_parameters_are_counted(sizes):
    model = layers.MLP(sizes).double()
    x = torch.randn(6, sizes[0], dtype=torch.float64)
    weights = [part.weight for part in model.layers]
    biases = [part.bias for part in model.layers]
    torch.testing.assert_close(layers.forward(x, weights, biases), model(x))
    assert layers.count_parameters(list(sizes)) == sum(p.numel() for p in model.parameters())


@pytest.mark.book("fig-1.7")
def test_gradients_of_forward_equal_those_of_mlp():
    model = layers.MLP((3, 4, 2)).double()
    x = torch.randn(5, 3, dtype=torch.float64)
    parameters = list(model.parameters())
    ours = layers.forward(x, parameters[::2], parameters[1::2])
    assert_equal_with_gradients(ours, model(x), parameters)


@pytest.mark.book("fig-1.7")
def test_mlp_is_its_layers_with_sigmoids_between():
    model = layers.MLP((4, 5, 3, 2))
    x = torch.randn(6, 4)
    f1, f2, f3 = model.layers
    torch.testing.assert_close(f3(torch.sigmoid(f2(torch.sigmoid(f1(x))))), model(x))


def test_forward_refuses_a_missing_bias():
    with pytest.raises(ValueError, match=r"shorter|longer"):
        layers.forward(torch.ones(1, 2), [torch.ones(2, 2)] * 3, [torch.ones(2)] * 2)


@pytest.mark.book("fig-1.6")
def test_networks_are_drawn_from_real_weights():
    torch.manual_seed(4)
    real = nn.Linear(3, 2)
    figure = plots.network([3, 2], weights=[real.weight], biases=[real.bias])
    texts = [text.get_text().replace("−", "-") for text in figure.axes[0].texts]
    for value in (*real.weight.flatten().tolist(), *real.bias.tolist()):
        assert f"{value:.3g}" in texts
    model = layers.MLP((4, 5, 3, 2))
    figure = plots.network([4, 5, 3, 2], weights=[part.weight for part in model.layers])
    assert len(figure.axes[0].lines) == 4 * 5 + 5 * 3 + 3 * 2


@pytest.mark.book("sec-1.3.2-input")
def test_inputs_of_784_pixels_and_of_7_columns():
    image = load("mnist5k").train.x[:1].flatten(1)
    table = load("breast_cancer").train.x[:1, :7]
    for example, inputs in ((image, 784), (table, 7)):
        assert example.shape == (1, inputs)
        assert layers.MLP((inputs, 3, 1))(example).shape == (1, 1)
        with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
            layers.MLP((inputs + 1, 3, 1))(example)


@pytest.mark.book("sec-1.3.2-hidden")
@pytest.mark.parametrize(
    ("sizes", "expected"),
    [([64, 10], 650), ([64, 16, 10], 1210), ([784, 128, 64, 10], 109_386), ([3, 1], 4), ([5], 0)],
)
def test_parameters_are_counted(sizes, expected):
    assert layers.count_parameters(sizes) == expected
    if len(sizes) > 1:
        model = layers.MLP(tuple(sizes))
        assert sum(p.numel() for p in model.parameters()) == expected


@pytest.mark.book("sec-1.3.2-hidden")
def test_widths_and_depths_do_what_the_notebook_says():
    """One unit is too few, four read, 16 read better; three hidden layers of sigmoids learn nothing."""
    digits = layers.flat_digits()
    right = {}
    for hidden in ((1,), (4,), (16,), (64, 64, 64)):
        seed_everything(1)
        with threads(1):
            model, _ = layers.train(
                digits.train, (64, *hidden, 10), nn.CrossEntropyLoss(), lr=0.5, epochs=30, seed=1
            )
        score = evaluate(model, digits.validation, metrics={"accuracy": count_correct})
        right[hidden] = score["accuracy"]
    assert right[(64, 64, 64)] < 0.2
    assert right[(1,)] < 0.5 < 0.75 < right[(4,)] < right[(16,)]


@pytest.mark.book("q-1")
def test_hidden_units_sort_the_digits_better_than_pixels(source):
    (cell,) = [c for c in source.split("\n# %%") if "def sorted_by_digit" in c]
    names = {"torch": torch}
    exec(cell.partition("\n")[2].partition("\n\n\nwith")[0], names)
    ratio = names["sorted_by_digit"]
    two = torch.tensor([[0.0], [1.0], [10.0], [11.0]])
    assert ratio(two, torch.tensor([0, 0, 1, 1])) == pytest.approx(1 / 10)
    assert ratio(two, torch.tensor([0, 1, 0, 1])) > 1
    digits = layers.flat_digits()
    seed_everything(2)
    with threads(1):
        model, _ = layers.train(
            digits.train, (64, 64, 10), nn.CrossEntropyLoss(), lr=0.5, epochs=20, seed=2
        )
    x, y = digits.validation
    with torch.no_grad():
        hidden = torch.sigmoid(model.layers[0](x))
    assert ratio(hidden, y) < ratio(x, y) - 0.05


@pytest.mark.book("sec-1.3.2-output")
@pytest.mark.parametrize(
    ("outputs", "loss_fn", "y"),
    [
        (10, nn.CrossEntropyLoss(), torch.tensor([0, 9, 3])),
        (1, nn.BCEWithLogitsLoss(), torch.tensor([[0.0], [1.0], [1.0]])),
        (1, nn.MSELoss(), torch.tensor([[0.3], [2.0], [-1.0]])),
        (4, nn.MSELoss(), torch.rand(3, 4)),
    ],
    ids=["ten classes", "yes or no", "a number", "a box"],
)
def test_a_head_of_each_kind_takes_its_loss(outputs, loss_fn, y):
    model = layers.MLP((6, 5, outputs))
    logits = model(torch.randn(3, 6))
    assert logits.shape == (3, outputs)
    loss_fn(logits, y).backward()
    assert all(p.grad.isfinite().all() and p.grad.abs().sum() > 0 for p in model.parameters())


@pytest.mark.book("sec-1.3.2-output")
def test_r2_equals_scikit_learn():
    from sklearn.metrics import r2_score

    y, guess = torch.randn(2, 30, 1, generator=torch.Generator().manual_seed(0))
    np.testing.assert_allclose(layers.r2(guess, y, y), r2_score(y, guess), rtol=1e-4)
    known = y + 1
    mean = known.mean().expand_as(y)
    assert layers.r2(mean, y, known) == pytest.approx(0, abs=1e-6)
    assert layers.r2(y, y, known) == 1


@pytest.mark.book("note-2")
@pytest.mark.parametrize("sizes", [(3, 4, 5), (1, 4, 2), (4, 1, 1), (2, 3, 3)])
def test_residual_equals_the_module_in_value_and_gradient(sizes):
    examples, width, hidden = sizes
    block = layers.Residual(width, hidden).double()
    x = torch.randn(examples, width, dtype=torch.float64, requires_grad=True)
    first, second = block.inside.layers
    inputs = (x, first.weight, first.bias, second.weight, second.bias)
    ours = layers.residual(*inputs)
    torch.testing.assert_close(ours - x, block.inside(x))
    assert_equal_with_gradients(ours, block(x), inputs)


@pytest.mark.book("note-2")
def test_residual_blocks_keep_what_plain_layers_lose():
    for seed in range(3):
        torch.manual_seed(seed)
        plain = blocks = pair = torch.randn(2, 16)
        for _ in range(10):
            plain = torch.sigmoid(nn.Linear(16, 16)(plain))
            blocks = layers.Residual(16, 16)(blocks)
        apart = (pair[0] - pair[1]).norm()
        assert (plain[0] - plain[1]).norm() < 1e-4 * apart
        assert (blocks[0] - blocks[1]).norm() > 0.3 * apart


def test_a_network_needs_two_sizes():
    with pytest.raises(ValueError, match="two numbers or more"):
        layers.MLP((3,))
