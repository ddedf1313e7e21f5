"""`losses`: by hand against torch and scipy, and the book's numbers."""

import math

import pytest
import torch
from oracles import assert_equal_with_gradients, randn
from scipy.stats import wasserstein_distance
from torch import nn

from workshop.core.data import Split, load
from workshop.core.training import fit
from workshop.day1 import losses
from workshop.day1.layers import disease_progression, flat_digits
from workshop.day1.losses import converter, critic, kinds


def assert_equal_losses(ours, theirs, prediction, y):
    prediction = prediction.clone().requires_grad_()
    assert_equal_with_gradients(ours(prediction, y), theirs(prediction, y), prediction)


# --- the unit converter --------------------------------------------------------------------------


@pytest.mark.book("ex-2", "tab-1.1")
def test_trial_and_error_makes_the_printed_guesses():
    assert converter.TABLE.x.tolist() == [0, 100]
    assert converter.TABLE.y.tolist() == [0, pytest.approx(62.137)]
    first, second, third, *_, last = converter.trial_and_error(100, 62.137)
    assert first == pytest.approx((0.5, 50, 12.137))
    assert second == pytest.approx((0.6, 60, 2.137))
    assert third == pytest.approx((0.7, 70, -7.863))  # overshot, as the book warns
    assert last[0] == pytest.approx(0.62137, abs=1e-5)


@pytest.mark.book("ex-2")
@pytest.mark.parametrize(("x", "y"), [(100, -40), (3, 7), (0.01, 2), (5, 0)])
def test_trial_and_error_finds_any_weight(x, y):
    tried = converter.trial_and_error(x, y)
    assert abs(tried[-1][2]) <= 1e-3
    for w, yhat, error in tried:
        assert yhat == pytest.approx(w * x)
        assert error == pytest.approx(y - w * x)


@pytest.mark.book("ex-2")
def test_a_nudge_follows_the_sign_of_the_error():
    tried = converter.trial_and_error(100, 62.137)
    for (w, _, error), (after, _, _) in zip(tried, tried[1:], strict=False):
        assert (after > w) == (error > 0)


def test_trial_and_error_refuses_x_of_0():
    with pytest.raises(ValueError, match=r"got x = 0, nudge = 0.1, .* expected all above 0"):
        converter.trial_and_error(0, 1)


def test_train_by_hand_equals_fit_step_for_step():
    path = converter.train_by_hand(*converter.TABLE, 0.5, lr=2e-5, epochs=30)
    table = Split(converter.TABLE.x[:, None], converter.TABLE.y[:, None])
    model = converter.converter(0.5)
    optimizer = torch.optim.SGD(model.parameters(), lr=2e-5)
    for w in path[1:]:
        fit(model, table, loss_fn=nn.MSELoss(), optimizer=optimizer, epochs=1)
        assert model.weight.item() == pytest.approx(w, abs=1e-6)
    assert abs(path[-1] - 0.62137) < abs(path[0] - 0.62137) / 100


@pytest.mark.book("fig-1.13")
def test_converter_is_a_neuron_with_one_weight():
    model = converter.converter(0.62137)
    assert [tuple(p.shape) for p in model.parameters()] == [(1, 1)]
    assert model(torch.tensor([[100.0]])).item() == pytest.approx(62.137, abs=1e-3)


@pytest.mark.parametrize("typos", [0, 3, 5])
def test_road_signs_have_as_many_errors_as_asked_for(typos):
    signs = converter.road_signs(typos, seed=1)
    wrong = (signs.y / signs.x - converter.MILES_PER_KM).abs() > 1e-3
    assert wrong.sum() == typos
    assert torch.equal(signs.y, converter.road_signs(typos, seed=1).y)
    # Where least squares must end up: sum of x y over sum of x^2.
    w, _ = converter.train(signs, losses.mse, start=0.5, lr=0.1, epochs=500)
    assert w == pytest.approx(((signs.x * signs.y).sum() / signs.x.square().sum()).item(), abs=1e-5)


# --- the losses ----------------------------------------------------------------------------------


@pytest.mark.book("eq-mse", "eq-2.4")
@pytest.mark.parametrize("shape", [(7,), (1,), (5, 1), (4, 3)])
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(losses.mse, nn.MSELoss()), (losses.mae, nn.L1Loss())],
    ids=["mse", "mae"],
)
def test_squared_and_absolute_error_equal_torch(ours, theirs, shape):
    assert_equal_losses(ours, theirs, randn(*shape), randn(*shape, seed=1))


@pytest.mark.book("eq-2.5")
@pytest.mark.parametrize("shape", [(9,), (1,), (5, 1), (4, 3)])
def test_binary_cross_entropy_equals_torch(shape):
    y = (randn(*shape, seed=1) > 0).double()
    p, z = randn(*shape).sigmoid(), 3 * randn(*shape)
    assert_equal_losses(losses.binary_cross_entropy, nn.BCELoss(), p, y)
    assert_equal_losses(losses.bce_with_logits, nn.BCEWithLogitsLoss(), z, y)
    torch.testing.assert_close(
        losses.bce_with_logits(z, y), losses.binary_cross_entropy(z.sigmoid(), y)
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("y", [0.0, 1.0, 0.25])
@pytest.mark.parametrize("p", [0.0, 1.0, 1e-45, 1 - 1e-7])
def test_logarithm_is_clamped_where_torch_clamps_it(p, y, dtype):
    p, y = torch.tensor([p], dtype=dtype, requires_grad=True), torch.tensor([y], dtype=dtype)
    loss = losses.binary_cross_entropy(p, y)
    torch.testing.assert_close(loss, nn.BCELoss()(p.detach(), y))
    loss.backward()
    assert p.grad.isfinite().all()


def test_bce_of_certain_and_wrong_is_100():
    assert losses.binary_cross_entropy(torch.tensor([0.0]), torch.tensor([1.0])) == 100
    assert losses.binary_cross_entropy(torch.tensor([1.0]), torch.tensor([0.0])) == 100
    assert losses.binary_cross_entropy(torch.tensor([1.0]), torch.tensor([1.0])) == 0


def test_bce_as_printed_without_the_bracket_is_below_0():
    p, y = torch.tensor([0.9, 0.9]), torch.tensor([1.0, 0.0])
    as_printed = (-y * p.log()).mean() + ((1 - y) * (1 - p).log()).mean()
    assert as_printed < 0 < losses.binary_cross_entropy(p, y)


@pytest.mark.parametrize("size", [0.0, 40.0, 1000.0])
def test_bce_with_logits_is_finite_at_large_logits(size):
    z, y = torch.tensor([size, -size, size, -size]), torch.tensor([1.0, 1.0, 0.0, 0.0])
    assert_equal_losses(losses.bce_with_logits, nn.BCEWithLogitsLoss(), z, y)


@pytest.mark.book("alg-2")
@pytest.mark.parametrize(("n", "c"), [(6, 4), (1, 1), (3, 3), (1, 10), (5, 2)])
def test_cce_by_loops_without_loops_and_by_torch_agree(n, c):
    logits, ids = 2 * randn(n, c), torch.arange(n) % c
    p, onehot = logits.softmax(dim=1), nn.functional.one_hot(ids, c).double()
    theirs = nn.CrossEntropyLoss()
    torch.testing.assert_close(losses.cce_loops(p, onehot), theirs(logits, ids))
    torch.testing.assert_close(losses.cce(p, onehot), losses.cce_loops(p, onehot))
    assert_equal_losses(losses.cce_loops, losses.cce, p, onehot)
    assert_equal_losses(losses.cross_entropy, theirs, logits, ids)
    assert_equal_losses(losses.soft_cross_entropy, theirs, logits, onehot)
    soft = randn(n, c, seed=2).softmax(dim=1)
    assert_equal_losses(losses.soft_cross_entropy, theirs, logits, soft)


@pytest.mark.book("eq-2.6")
def test_cross_entropy_is_finite_at_large_scores():
    logits, ids = torch.tensor([[1000.0, -1000.0], [500.0, 0.0]]), torch.tensor([0, 1])
    assert_equal_losses(losses.cross_entropy, nn.CrossEntropyLoss(), logits, ids)
    assert losses.cross_entropy(logits, ids) == 250


@pytest.mark.book("eq-2.6")
def test_cce_with_two_classes_is_bce():
    z, y = randn(8), torch.arange(8) % 2
    logits = torch.stack([torch.zeros_like(z), z], dim=1)
    torch.testing.assert_close(
        losses.cross_entropy(logits, y), losses.bce_with_logits(z, y.double())
    )


@pytest.mark.parametrize(
    "loss",
    [
        losses.mse,
        losses.mae,
        losses.binary_cross_entropy,
        losses.bce_with_logits,
        losses.cce,
        losses.soft_cross_entropy,
        losses.misses,
        losses.wasserstein_1d,
    ],
    ids=lambda f: f.__name__,
)
def test_a_column_beside_a_row_is_refused(loss):
    with pytest.raises(ValueError, match=r"got shapes \(3, 1\) and \(3,\), expected one shape"):
        loss(torch.rand(3, 1), torch.rand(3))


# --- mean and median -----------------------------------------------------------------------------


def test_mse_finds_the_mean_and_mae_the_median():
    y = torch.tensor([1.0, 2.0, 3.0, 4.0, 90.0])
    grid = torch.linspace(0, 100, 10001)
    for loss, expected in ((losses.mse, y.mean()), (losses.mae, y.median())):
        values = torch.stack([loss(c.expand(5), y) for c in grid])
        assert grid[values.argmin()] == pytest.approx(expected.item(), abs=0.011)


# --- two samples of numbers ----------------------------------------------------------------------


@pytest.mark.book("sec-1.6.1-losses")
@pytest.mark.parametrize(("n", "m"), [(6, 6), (1, 1), (4, 7), (6, 4), (1, 9), (50, 31)])
def test_wasserstein_equals_scipy(n, m):
    a, b = randn(n), 0.5 + 2 * randn(m, seed=1)
    expected = wasserstein_distance(a, b)
    assert losses.wasserstein(a, b).item() == pytest.approx(expected, abs=1e-12)
    if n == m:
        assert losses.wasserstein_1d(a, b).item() == pytest.approx(expected, abs=1e-12)


def test_wasserstein_with_equal_numbers_and_repeated_ones():
    a, b = torch.tensor([1.0, 1, 2, 5, 5, 5]).double(), torch.tensor([5.0, 1, 1, 2]).double()
    assert losses.wasserstein(a, b).item() == pytest.approx(wasserstein_distance(a, b))
    assert losses.wasserstein(a, a.flip(0)) == 0


@pytest.mark.parametrize(("n", "m"), [(5, 5), (4, 6)])
def test_wasserstein_passes_gradcheck(n, m):
    a, b = randn(n).requires_grad_(), randn(m, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(losses.wasserstein, (a, b))
    if n == m:
        assert torch.autograd.gradcheck(losses.wasserstein_1d, (a, b))


def test_wasserstein_refuses_tables_and_empty_samples():
    with pytest.raises(ValueError, match=r"got shapes \(2, 2\) and \(3,\), expected \(N,\)"):
        losses.wasserstein(torch.ones(2, 2), torch.ones(3))
    with pytest.raises(ValueError, match="N, M > 0"):
        losses.wasserstein(torch.ones(0), torch.ones(3))


@pytest.mark.book("sec-1.6.1-losses")
def test_critic_approaches_the_distance_from_below():
    real, fake = critic.radii_and_forgeries(400, seed=3)
    exact = wasserstein_distance(real, fake)
    curve, reported, _ = critic.train_critic(real, fake)
    assert 0.97 * exact < reported <= exact * (1 + 1e-5)
    x = torch.linspace(real.min(), real.max(), 999)[:, None]
    with torch.no_grad():
        steps = curve(x).diff() / x[:, 0].diff()
    assert steps.abs().max() <= 1 + 1e-3  # nowhere steeper than 1


@pytest.mark.book("sec-1.6.1-losses")
def test_a_critic_without_limits_measures_nothing():
    real, fake = critic.radii_and_forgeries(400, seed=3)
    exact = wasserstein_distance(real, fake)
    short = critic.train_critic(real, fake, critic.Config(epochs=100), clip=False)[1]
    longer = critic.train_critic(real, fake, critic.Config(epochs=200), clip=False)[1]
    assert longer == pytest.approx(2 * short, rel=0.01)  # it goes on and on
    assert short > 3 * exact


def test_forgeries_have_the_mean_and_deviation_of_the_real():
    real, fake = critic.radii_and_forgeries(700, seed=0)
    assert (len(real), len(fake)) == (569, 700)
    assert fake.mean().item() == pytest.approx(real.mean().item(), abs=1e-4)
    assert fake.std(correction=0).item() == pytest.approx(real.std(correction=0).item(), abs=1e-4)
    with pytest.raises(ValueError, match="got low = 2, high = 1, expected low < high"):
        critic.Critic(2, 1, 3)


# --- a metric is no loss -------------------------------------------------------------------------


@pytest.mark.book("q-3")
def test_accuracy_has_gradient_0_and_cross_entropy_has_not():
    z, y = randn(20), (randn(20, seed=1) > 0).double()
    a, b = z.clone().requires_grad_(), z.clone().requires_grad_()
    share = losses.misses(a, y)
    assert share.item() == pytest.approx(((z > 0) != (y > 0.5)).double().mean().item())
    share.backward()
    losses.bce_with_logits(b, y).backward()
    assert torch.equal(a.grad, torch.zeros(20, dtype=torch.float64))
    assert (b.grad != 0).all()
    # Not only autograd says so: a small change of any logit changes no decision.
    for i in range(20):
        moved = z.clone()
        moved[i] += 1e-6
        assert losses.misses(moved, y) == share


# --- the four tasks ------------------------------------------------------------------------------


def test_pictures_of_two_places_hold_what_their_labels_say():
    digits = flat_digits()
    x, y = kinds.two_places(digits.train, 300, seed=5)
    assert (x.shape, y.shape) == ((300, 128), (300, 10))
    known = {
        tuple(row): label
        for row, label in zip(digits.train.x.tolist(), digits.train.y.tolist(), strict=True)
    }
    counts = set()
    for picture, labels in zip(x.reshape(-1, 8, 16), y, strict=True):
        places = [picture[:, :8].flatten(), picture[:, 8:].flatten()]
        there = {known[tuple(place.tolist())] for place in places if place.any()}
        assert there == set(labels.nonzero()[:, 0].tolist())
        counts.add(len(there))
    assert counts == {0, 1, 2}
    again = kinds.two_places(digits.train, 300, seed=5)
    assert torch.equal(again.x, x)
    assert torch.equal(again.y, y)


def test_no_development_digit_is_in_the_test_pictures():
    parts = load("digits")
    for a, b in ((parts.development, parts.test), (parts.train, parts.validation)):
        seen = {tuple(x.flatten().tolist()) for x in a.x}
        assert not seen & {tuple(x.flatten().tolist()) for x in b.x}


def test_several_labels_count_only_when_all_are_right():
    y = torch.tensor([[1.0, 0, 1], [0, 0, 0], [0, 1, 0]])
    logits = torch.tensor([[2.0, -1, 3], [-1, -1, 1], [-2, 1, -3]])
    assert kinds.count_exact(logits, y) == 2
    assert kinds.count_shares(torch.tensor([[5.0, 0, 5], [0, 0, 0], [0, 9, 0]]), y) == 2
    with pytest.raises(ValueError, match=r"got logits \(3, 1\) and y \(3, 3\), expected both"):
        kinds.count_exact(logits[:, :1], y)


def test_no_softmax_finds_two_labels():
    shares = 100 * randn(1000, 10).softmax(dim=1)
    two = torch.zeros(1000, 10)
    two[:, :2] = 1
    assert kinds.count_shares(shares, two) == 0


def test_a_number_rounds_to_the_nearest_class():
    yhat, y = torch.tensor([[0.24], [0.26], [0.92], [-0.04]]), torch.tensor([[2], [2], [9], [0]])
    assert kinds.count_nearest(yhat, y) == 3


@pytest.mark.book("eq-1.21")
def test_gradient_descent_ends_at_least_squares():
    data = disease_progression().train
    model, _ = kinds.train((10, 1), data, losses.mse, lr=0.1, epochs=6000, seed=0)
    ones = torch.ones(len(data), 1)
    best = torch.linalg.lstsq(torch.cat([data.x, ones], dim=1).double(), data.y.double()).solution
    found = torch.cat([model[0].weight[0], model[0].bias]).detach().double()
    torch.testing.assert_close(found, best[:, 0], atol=2e-2, rtol=0)
    assert losses.mse(model(data.x), data.y).item() == pytest.approx(
        losses.mse(data.x.double() @ best[:10] + best[10], data.y.double()).item(), rel=1e-3
    )
    assert math.isfinite(found.sum())
