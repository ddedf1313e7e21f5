"""`neuron`: the by-hand pieces against torch and scikit-learn, and the book's numbers."""

import math
import re
import time

import numpy as np
import pytest
import torch
from oracles import assert_equal_with_gradients
from sources import run_cell, source_of
from torch import nn

from workshop.core.data import Split, load
from workshop.core.device import seed_everything, threads
from workshop.core.training import Diverged
from workshop.day1 import neuron
from workshop.figures import plots


@pytest.fixture(scope="module")
def source():
    return source_of("neuron")


@pytest.fixture
def batch():
    g = torch.Generator().manual_seed(3)
    x = torch.randn(7, 4, generator=g, dtype=torch.float64)
    return x, torch.randn(4, generator=g, dtype=torch.float64), torch.tensor(0.3).double()


@pytest.mark.book("eq-1.1", "eq-1.2")
def test_weighted_sum_equals_the_loop(batch):
    x, w, b = batch
    z = neuron.weighted_sum(x, w, b)
    for row, expected in zip(x, z, strict=True):
        torch.testing.assert_close(neuron.weighted_sum_loop(row, w, b), expected)


@pytest.mark.book("eq-1.2")
def test_weighted_sum_equals_nn_linear_with_gradients(batch):
    x, w, b = (t.clone().requires_grad_() for t in batch)
    theirs = nn.functional.linear(x, w[None], b[None]).squeeze(1)
    assert_equal_with_gradients(neuron.weighted_sum(x, w, b), theirs, (x, w, b))


@pytest.mark.book("eq-1.2")
@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (6, 1), (3, 3)])
def test_weighted_sum_of_one_example_or_feature_equals_numpy(shape):
    g = torch.Generator().manual_seed(1)
    x, w = torch.randn(shape, generator=g).double(), torch.randn(shape[1], generator=g).double()
    b = torch.tensor(-2.0).double()
    z = neuron.weighted_sum(x, w, b)
    np.testing.assert_allclose(z, x.numpy() @ w.numpy() - 2)
    assert z.shape == shape[:1]


@pytest.mark.book("eq-1.1")
def test_weighted_sum_loop_refuses_weights_that_do_not_fit():
    with pytest.raises(ValueError, match=r"shorter|longer"):
        neuron.weighted_sum_loop(torch.ones(3), torch.ones(2), torch.tensor(0.0))


@pytest.mark.book("note-1")
def test_loop_and_product_agree_and_their_ratio_is_shown(source):
    names, printed = run_cell(source, "def plain_loop", torch=torch, neuron=neuron, time=time)
    product = neuron.weighted_sum(names["many"], names["weights"], names["bias"])
    torch.testing.assert_close(torch.tensor(names["plain_loop"]()), product, rtol=1e-3, atol=1e-3)
    looped = neuron.weighted_sum_loop(names["many"][0], names["weights"], names["bias"])
    torch.testing.assert_close(looped, product[0], rtol=1e-3, atol=1e-3)
    ratios = re.findall(r"([\d,]+) times as long as the product", printed)
    assert len(ratios) == 2  # how large they are is no verdict
    for name in ("over_tensors", "over_numbers", "product"):
        assert names[name] > 0


@pytest.mark.book("fig-1.5")
def test_a_neuron_is_drawn_from_its_weights():
    names = ["age", "income", "balance"]
    figure = plots.neuron(
        neuron.LOAN_W, neuron.LOAN_B, x=neuron.LOAN_X, names=names, activation="sigmoid"
    )
    texts = [text.get_text() for text in figure.axes[0].texts]
    for expected in (
        "age = 29",
        "income = 4000",
        "balance = 10000",
        "$w_{1}$ = 0.1",
        "$w_{2}$ = 0.02",
        "$w_{3}$ = 0.01",
        "$b$ = −180",
        "$z$ = 2.9",
        "$a$ = 0.9478",
    ):
        assert expected in texts


@pytest.mark.book("ex-1", "eq-1.4", "eq-1.5", "eq-1.6", "eq-1.7", "eq-1.8", "eq-1.9", "eq-1.10")
def test_loan_term_by_term():
    """eq-1.4, eq-1.5, eq-1.6, eq-1.7, eq-1.8, eq-1.9, eq-1.10: 2.9 + 80 + 100 - 180 = 2.9."""
    assert neuron.LOAN_X.tolist() == [29, 4000, 10000]
    x, w, b = neuron.LOAN_X.double(), neuron.LOAN_W.double(), neuron.LOAN_B.double()
    torch.testing.assert_close(
        x * w, torch.tensor([2.9, 80.0, 100.0]).double(), rtol=1e-6, atol=1e-6
    )
    assert b == -180
    for z in (neuron.weighted_sum_loop(x, w, b), neuron.weighted_sum(x[None], w, b)[0]):
        assert z.item() == pytest.approx(2.9, abs=1e-5)


@pytest.mark.book("eq-1.12")
def test_loan_probability_is_0_94785():
    exact = neuron.sigmoid(torch.tensor(2.9, dtype=torch.float64)).item()
    assert f"{exact:.5f}" == "0.94785"
    assert math.floor(exact * 1000) / 1000 == 0.947  # the book cuts
    a = neuron.neuron(neuron.LOAN_X[None], neuron.LOAN_W, neuron.LOAN_B)
    assert a.item() == pytest.approx(exact, abs=1e-5)


@pytest.mark.book("ex-1")
def test_more_income_raises_the_loan_probability(source):
    _, printed = run_cell(
        source, "for income in", torch=torch, neuron=neuron, w=neuron.LOAN_W, b=neuron.LOAN_B
    )
    probabilities = [float(line.split()[-1]) for line in printed.splitlines()]
    assert len(probabilities) == 5
    assert probabilities == sorted(set(probabilities))
    assert probabilities[3] == 0.948


@pytest.mark.book("eq-1.3")
def test_activation_is_the_sigmoid_of_the_sum(batch):
    torch.testing.assert_close(neuron.neuron(*batch), torch.sigmoid(batch[0] @ batch[1] + batch[2]))


@pytest.mark.book("eq-1.11")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_sigmoid_equals_torch_even_at_1000(dtype):
    z = torch.cat([torch.linspace(-60, 60, 241), torch.tensor([-1000.0, -0.0, 0.0, 1000.0])])
    z = z.to(dtype).requires_grad_()
    assert_equal_with_gradients(neuron.sigmoid(z), torch.sigmoid(z), z)


@pytest.mark.book("eq-1.11")
@pytest.mark.parametrize("shape", [(), (1,), (2, 3), (2, 1, 4)])
def test_sigmoid_of_any_shape_equals_scipy(shape):
    from scipy.special import expit

    z = 3 * torch.randn(shape, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    np.testing.assert_allclose(neuron.sigmoid(z), expit(z.numpy()))
    assert torch.autograd.gradcheck(neuron.sigmoid, z.requires_grad_())


@pytest.mark.book("eq-1.11")
def test_short_sigmoid_has_no_gradient_at_minus_1000():
    """Why the library's is longer, as the notebook shows."""
    z = torch.tensor(-1000.0, requires_grad=True)
    (1 / (1 + torch.exp(-z))).backward()
    assert z.grad.isnan()


@pytest.mark.parametrize("constant", [0.1, 3.0, -1e4])
def test_standardize_equals_scikit_learn(constant):
    from sklearn.preprocessing import StandardScaler

    g = torch.Generator().manual_seed(5)
    scale = torch.tensor([1.0, 1000.0, 0.01, 0.0])
    train = 5 * scale + scale * torch.randn(40, 4, generator=g)
    new = 5 * scale + scale * torch.randn(3, 4, generator=g)
    train[:, 3], new[:, 3] = constant, constant
    scaler = StandardScaler().fit(train.double().numpy())
    for x in (train, new, new[:1]):
        expected = torch.from_numpy(scaler.transform(x.double().numpy())).float()
        torch.testing.assert_close(neuron.standardize(x, train), expected, rtol=1e-3, atol=1e-3)


def test_standardize_equals_data_standardized():
    raw = load("breast_cancer")
    scaled = raw.standardized()
    for part in ("train", "validation", "test"):
        ours = neuron.standardize(getattr(raw, part).x.double(), raw.train.x.double())
        torch.testing.assert_close(ours.float(), getattr(scaled, part).x)


def test_without_one_scale_the_loss_ends_far_higher():
    """The notebook's second curve."""
    raw = load("breast_cancer")
    config = neuron.Config(epochs=200)
    for seed in range(3):
        seed_everything(seed)
        with threads(1):
            _, good = neuron.train(raw.standardized().development, config, seed=seed)
            try:
                _, bad = neuron.train(raw.development, config, seed=seed)
            except Diverged:
                continue
        assert bad["loss"][-1] > 10 * good["loss"][-1]


@pytest.mark.book("note-logistic")
@pytest.mark.parametrize("l2", [0.3, 0.01])
@pytest.mark.parametrize("features", [1, 3])
def test_trained_neuron_equals_logistic_regression(features, l2):
    """At equal L2, weights, bias and probabilities, on classes that overlap."""
    from sklearn.linear_model import LogisticRegression

    g = torch.Generator().manual_seed(features)
    x = torch.randn(120, features, generator=g)
    y = (x.sum(dim=1) + 1 + torch.randn(120, generator=g) > 0).long()
    seed_everything(0)
    with threads(1):
        model, history = neuron.train(Split(x, y), neuron.Config(l2=l2, epochs=800), seed=0)
    theirs = LogisticRegression(C=1 / (120 * l2), tol=1e-10, max_iter=10_000).fit(x, y)
    w, b = neuron.sklearn_weights(Split(x, y), l2)
    np.testing.assert_allclose(w, theirs.coef_[0], atol=1e-5)
    ours = model.linear
    np.testing.assert_allclose(ours.weight.detach()[0], theirs.coef_[0], atol=1e-3)
    np.testing.assert_allclose(ours.bias.item(), theirs.intercept_[0], atol=1e-3)
    assert b.item() == pytest.approx(theirs.intercept_[0], abs=1e-5)
    with torch.no_grad():
        np.testing.assert_allclose(
            torch.sigmoid(model(x)), theirs.predict_proba(x)[:, 1], atol=1e-3
        )
    assert history["loss"][-1] < history["loss"][0]


@pytest.mark.book("note-logistic")
def test_notebook_boundary_equals_scikit_learn(source):
    data = load("breast_cancer").standardized()
    names = {"torch": torch, "neuron": neuron, "plots": plots, "Split": Split}
    names |= {"known": data.development, "config": neuron.Config()}
    with threads(1):
        names, _ = run_cell(source, "radius, texture = 20, 21", **names)
    assert [data.feature_names[k] for k in (20, 21)] == ["worst radius", "worst texture"]
    _, printed = run_cell(source, "the neuron's line:", **names)
    ours, theirs = (re.findall(r"-?\d+\.\d+", line) for line in printed.splitlines())
    assert len(ours) == 3
    np.testing.assert_allclose(np.float64(ours), np.float64(theirs), atol=0.005)


@pytest.mark.book("note-logistic")
def test_boundary_x2_passes_gradcheck():
    args = (
        torch.linspace(-1, 1, 3).double(),
        torch.tensor([0.5, -2.0]).double(),
        torch.tensor(0.7).double(),
    )
    args = tuple(arg.requires_grad_() for arg in args)
    assert torch.autograd.gradcheck(neuron.boundary_x2, args)


def test_boundary_is_where_the_neuron_says_one_half():
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


def test_without_l2_the_weights_grow_without_end():
    """Breast cancer is linearly separable: no finite weights are best."""
    known = load("breast_cancer").standardized().development
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
