"""`optimizers`: by hand against torch.optim, schedules against torch's, the book's figures."""

import math
from functools import partial

import pytest
import torch
from torch import nn

from workshop.core.data import Data, Split
from workshop.core.training import fit
from workshop.day1.gradient_descent import flat_mnist
from workshop.day2.optimizers import batches, common, plateaus, rates, schedules, steps
from workshop.figures import plots

TORCH = {
    "SGD": lambda p, lr: torch.optim.SGD(p, lr=lr),
    "momentum": lambda p, lr: torch.optim.SGD(p, lr=lr, momentum=0.9),
    "RMSprop": lambda p, lr: torch.optim.RMSprop(p, lr=lr, alpha=0.99, eps=1e-8),
    "Adam": lambda p, lr: torch.optim.Adam(p, lr=lr, betas=(0.9, 0.999), eps=1e-8),
    "AdamW": lambda p, lr: torch.optim.AdamW(p, lr=lr, betas=(0.9, 0.999), weight_decay=0.01),
}


@pytest.fixture(scope="module")
def data():
    return flat_mnist()


@pytest.fixture(scope="module")
def few():
    """40 made-up digits."""
    g = torch.Generator().manual_seed(0)
    return Split(torch.rand(40, 784, generator=g), torch.arange(40) % 10)


@pytest.mark.book("sec-momentum")
@pytest.mark.parametrize("name", TORCH)
@pytest.mark.parametrize("scale", [1.0, 1e-6, 1e4])
@pytest.mark.parametrize("shape", [(1,), (3, 4)])
def test_each_step_equals_torch_over_50_updates(name, scale, shape):
    start = torch.randn(shape, dtype=torch.float64)
    ours, theirs = start.clone().requires_grad_(), start.clone().requires_grad_()
    by_hand, torchs = steps.ByHand([ours], name, lr=0.01), TORCH[name]([theirs], 0.01)
    for update in range(50):
        gradient = scale * torch.randn(shape, dtype=torch.float64)
        gradient[..., 0] = 0.0 if update % 2 else gradient[..., 0]  # no gradient: 0 / (0 + eps)
        ours.grad, theirs.grad = gradient.clone(), gradient.clone()
        by_hand.step()
        torchs.step()
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-12)
    assert not torch.equal(ours, start)


@pytest.mark.book("sec-adam")
@pytest.mark.parametrize("name", TORCH)
def test_a_network_trained_by_hand_is_torch_s(name, few):
    assert steps.difference(few, name, updates=50, seed=3) < 1e-4


@pytest.mark.book("sec-adam")
def test_without_the_correction_it_is_another_optimizer(few):
    far = steps.difference(few, "Adam, uncorrected", against="Adam", updates=50, seed=3)
    assert far > 0.01


@pytest.mark.book("sec-adam")
def test_the_first_step_is_lr_whatever_the_gradient_s_size():
    g = torch.tensor([1e-3, 1.0, -1e3])
    w, _, _ = steps.adam_step(torch.zeros(3), g, torch.zeros(3), torch.zeros(3), 1, lr=0.01)
    torch.testing.assert_close(w, torch.tensor([-0.01, -0.01, 0.01]), rtol=1e-4, atol=0)


def test_by_hand_optimizers_fit_the_loop_and_know_their_rules(few):
    model = common.mlp((8,))
    optimizer = steps.ByHand(model.parameters(), "Adam", lr=0.01)
    history = fit(model, few, loss_fn=nn.CrossEntropyLoss(), optimizer=optimizer, epochs=20)
    assert history["loss"][-1] < history["loss"][0] - 0.5
    assert history["lr"][-1] == 0.01
    with pytest.raises(KeyError, match=r"no rule 'Adamm'.*Did you mean 'Adam'"):
        steps.ByHand(model.parameters(), "Adamm", lr=0.1)


@pytest.mark.book("fig-2.5")
def test_momentum_gets_further_down_an_ill_conditioned_bowl():
    hessian = torch.autograd.functional.hessian(steps.bowl, torch.zeros(2))
    assert torch.linalg.cond(hessian).item() == pytest.approx(100)
    lr, beta = steps.Config().bowl_lr, steps.Config().bowl_momentum
    plain = steps.walk(partial(steps.sgd_step, lr=lr), 60)
    step = partial(steps.momentum_step, lr=lr, beta=beta)
    heavy = steps.walk(step, 60, torch.zeros(2))
    # Each coordinate of plain descent shrinks by 1 - lr * curvature, step by step.
    factors = 1 - lr * hessian.diag()
    expected = torch.tensor(steps.START) * factors[None] ** torch.arange(61)[:, None]
    torch.testing.assert_close(plain, expected, rtol=1e-3, atol=1e-4)
    assert steps.bowl(heavy[-1]) < steps.bowl(plain[-1]) / 1000
    limits, paths = ((-11.0, 3.0), (-1.5, 1.5)), {"without": plain, "with": heavy}
    figure = plots.descent(steps.bowl, limits, paths, xlabel="x", ylabel="y")
    ax = figure.axes[0]
    lines = {line.get_label(): line.get_xydata() for line in ax.lines}
    assert lines["without"] == pytest.approx(plain.numpy())
    assert lines["with"] == pytest.approx(heavy.numpy())
    assert (ax.get_xlim(), ax.get_ylim()) == limits
    assert "with goes from (−10, 1) (height 100) to" in plots.alt_text(figure)
    page = plots.animate_descent(steps.bowl, limits, paths, frames=3).to_jshtml()
    assert page.count("data:image/png") == 3
    with pytest.raises(ValueError, match=r"flat: got shape \(3,\), expected \(T, 2\)"):
        plots.descent(steps.bowl, limits, {"flat": torch.zeros(3)})


@pytest.mark.book("sec-2.2.1")
@pytest.mark.parametrize("size", [1, 7, 20, 64, 200, 500])
def test_updates_are_counted_as_a_data_loader_counts_batches(size):
    examples = torch.utils.data.TensorDataset(torch.zeros(200))
    loader = torch.utils.data.DataLoader(examples, batch_size=size)
    assert batches.count_updates(200, size, epochs=3) == 3 * len(loader)


@pytest.mark.book("sec-2.2.1")
def test_an_epoch_sees_every_example_once_at_any_batch_size():
    """A batch of all is the mean of the single gradients, so one step of it is known exactly."""
    points = batches.line_data(50)
    path = batches.line_path(points, None, 1, lr=0.1)
    x, y = points
    error = -1.0 * x + 2.0 - y
    gradient = torch.stack([2 * (error * x).mean(), 2 * error.mean()])
    torch.testing.assert_close(path[1], path[0] - 0.1 * gradient)
    # With a tiny rate 50 steps of one are one step of 50, if none comes twice.
    singles = batches.line_path(points, 1, 50, lr=1e-5)
    whole = batches.line_path(points, 50, 1, lr=50e-5)
    torch.testing.assert_close(singles[-1] - singles[0], whole[-1] - whole[0], rtol=2e-2, atol=0)
    assert batches.line_loss(torch.stack([path[0], path[0]]), points).shape == (2,)


@pytest.mark.book("note-11")
def test_powers_of_two_are_timed_between_their_neighbours(few):
    assert batches.POWERS == (63, 64, 65, 127, 128, 129)
    taken = batches.seconds_per_example(few, (3, 4, 5), updates=2, rounds=2)
    assert list(taken) == [3, 4, 5]
    assert all(0 < seconds < 10 for seconds in taken.values())


@pytest.mark.book("sec-2.2.2", "fig-2.6")
def test_three_rates_diverge_update_by_update(data):
    ends = {}
    for lr in (0.01, 0.5, 3.0):
        at = torch.full((165,), lr)
        losses = rates.losses_with(data.train, partial(torch.optim.SGD, lr=lr), at)
        assert losses.shape == (165,)
        ends[lr] = losses[-30:].mean().item()
    assert ends[0.5] < 0.5 < 1.5 < ends[0.01] < math.log(10)  # right; too low: it crawls
    assert not ends[3.0] < 2.0  # too high: no better than guessing, or lost


@pytest.mark.book("note-13")
def test_a_range_test_finds_the_edge_with_the_rates_it_reports(data):
    swept, losses = rates.range_test(data.train, partial(torch.optim.SGD, lr=0.0), seed=1)
    assert swept.shape == losses.shape
    ratios = swept[1:] / swept[:-1]
    torch.testing.assert_close(ratios, ratios[:1].expand_as(ratios))
    assert swept[0].item() == pytest.approx(1e-4)
    assert losses[0].item() == pytest.approx(math.log(10), abs=0.2)
    assert 0.05 < rates.suggest_rate(swept, losses).item() < 1.0
    # The first update is made with the lowest rate: with the same seed it is the same loss.
    first = rates.losses_with(data.train, partial(torch.optim.SGD, lr=9.0), swept[:2], seed=1)
    assert losses[0].item() == pytest.approx(first[0].item(), rel=1e-5)
    with pytest.raises(ValueError, match=r"got rates from 1 to 0\.1 and 100 updates"):
        rates.range_test(data.train, partial(torch.optim.SGD, lr=0.0), low=1, high=0.1)
    with pytest.raises(ValueError, match="9 updates; expected"):
        rates.range_test(data.train, partial(torch.optim.SGD, lr=0.0), updates=9)


@pytest.mark.book("note-13")
def test_a_range_test_ends_where_the_loss_is_lost(few, monkeypatch):
    lost = torch.tensor([2.0] * 5 + [1.0] * 5 + [float("nan")] * 10)
    monkeypatch.setattr(rates, "losses_with", lambda *args, **options: lost)
    swept, losses = rates.range_test(few, None, updates=20)
    assert len(swept) == len(losses) == 10
    assert losses.isfinite().all()
    lowest = rates.suggest_rate(torch.tensor([0.3, 3.0, 9.0]), torch.tensor([2.0, 1.0, math.nan]))
    assert lowest.item() == pytest.approx(1.0)


@pytest.mark.book("note-13")
def test_smoothing_is_a_weighted_mean():
    losses = torch.rand(30)
    weights = 0.9 ** torch.arange(29, -1, -1.0)
    assert rates.smooth(losses)[-1].item() == pytest.approx(
        ((weights * losses).sum() / weights.sum()).item(), rel=1e-5
    )
    torch.testing.assert_close(rates.smooth(torch.full((5,), 3.0)), torch.full((5,), 3.0))


@pytest.mark.book("note-12", "fig-2.7")
def test_on_the_plateau_gradient_and_loss_hardly_change(data):
    ways = plateaus.ways_off(plateaus.Config())
    runs = {}
    for name, activation in {"sgd": nn.Sigmoid, "adam": nn.Sigmoid, "relu": nn.ReLU}.items():
        make = ways.get(name, ways["sgd"])
        run = plateaus.train_on_plateau(data.train, make, epochs=4, activation=activation)
        *_, (_, runs[name]) = run
    flat = runs["sgd"]
    assert max(flat["loss"]) - min(flat["loss"]) < 0.05
    assert abs(flat["loss"][-1] - math.log(10)) < 0.05  # that of guessing
    assert max(flat["first_gradient"]) < min(runs["relu"]["first_gradient"]) / 5
    assert runs["adam"]["loss"][-1] < 1.0
    figure = plots.curves(runs, ("loss", "first_gradient"))
    assert [ax.get_ylabel() for ax in figure.axes] == ["loss", "first gradient"]


@pytest.mark.book("note-12")
def test_the_gradient_is_that_of_the_first_weights(few):
    model = common.mlp((5,), nn.Sigmoid)
    nn.functional.cross_entropy(model(few.x), few.y).backward()
    expected = model[0].weight.grad.norm().item()
    assert plateaus.first_gradient(model, few) == pytest.approx(expected, rel=1e-5)


TOTAL = 200
SCHEDULERS = torch.optim.lr_scheduler
TWINS = {
    "constant": partial(SCHEDULERS.LambdaLR, lr_lambda=lambda t: 1.0),
    "step": partial(SCHEDULERS.MultiStepLR, milestones=[120, 170], gamma=0.1),
    "cosine": partial(SCHEDULERS.CosineAnnealingLR, T_max=TOTAL),
    "one_cycle": partial(
        SCHEDULERS.OneCycleLR, max_lr=0.5, total_steps=TOTAL, cycle_momentum=False
    ),
}


@pytest.mark.parametrize("name", schedules.SCHEDULES)
def test_each_schedule_equals_torch_s(name):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
    twin = TWINS[name](optimizer)
    for t in range(TOTAL):
        expected = optimizer.param_groups[0]["lr"]
        got = 0.5 * schedules.SCHEDULES[name](t, TOTAL)
        assert got == pytest.approx(expected, rel=1e-6, abs=1e-12), t
        optimizer.step()
        if t < TOTAL - 1:
            twin.step()


@pytest.mark.parametrize("name", schedules.SCHEDULES)
@pytest.mark.parametrize("total", [1, 2, 3, 7, 275])
def test_schedules_stay_between_0_and_1_also_in_short_runs(name, total):
    # LambdaLR asks once more after the last update.
    factors = [schedules.SCHEDULES[name](t, total) for t in range(total + 1)]
    assert all(-1e-12 <= factor <= 1 + 1e-12 for factor in factors)


def test_a_schedule_changes_the_rate_at_every_update(few):
    _, history = common.train(
        few,
        partial(torch.optim.SGD, lr=0.1),
        epochs=4,
        batch_size=15,
        hidden=(4,),
        schedule=schedules.cosine,
    )
    # Three updates an epoch, twelve in all: after epoch e the rate is that of update 3 e.
    expected = [0.1 * schedules.cosine(3 * epoch, 12) for epoch in (1, 2, 3, 4)]
    assert history["lr"] == pytest.approx(expected, abs=1e-9)


def test_schedules_are_chosen_without_the_test_digits(few):
    closed = Split(few.x[:0], few.y[:0])
    config = schedules.Config(rates=(0.01, 0.1), epochs=1, tries=1, pairs=2)
    made_up = Data(few, few, closed, name="made up")
    tried, scheduled, constant = schedules.choose_schedules(made_up, config, seed=0)
    assert set(tried) == {(name, lr) for name in schedules.SCHEDULES for lr in (0.01, 0.1)}
    assert tried[constant] == max(tried["constant", lr] for lr in (0.01, 0.1))
    assert constant[0] == "constant" != scheduled[0]
    assert tried[scheduled] == max(score for key, score in tried.items() if key[0] != "constant")
    # The same schedule twice is paired with itself: the same weights, the same batches.
    opened = Data(few, few, few, name="made up")
    ours, theirs = schedules.compare_on_test(opened, (scheduled, scheduled), config, seed=0)
    assert ours == theirs
    assert len(ours) == 2


def test_a_rate_that_diverges_ends_the_training_with_a_score(few):
    model, history = common.train(few, partial(torch.optim.SGD, lr=1e30), epochs=3, batch_size=10)
    assert len(history) < 3
    assert common.score(model, few)["accuracy"] <= 0.3
