"""`gradient_descent`: slopes, steps, backpropagation and training, each against torch."""

import numpy as np
import pytest
import torch
from oracles import randn
from sources import run_cell, source_of
from torch import nn
from torch.nn import functional

from workshop.core.device import threads
from workshop.core.training import fit
from workshop.day1 import gradient_descent
from workshop.day1.gradient_descent import backprop, downhill, exercises
from workshop.figures import plots

ELEMENTWISE = [
    (downhill.valley, downhill.valley_slope),
    (downhill.two_valleys, downhill.two_valleys_slope),
]


@pytest.fixture(scope="module")
def source():
    return source_of("gradient_descent")


# --- slopes --------------------------------------------------------------------------------------


@pytest.mark.book("note-4")
@pytest.mark.parametrize(("f", "slope"), ELEMENTWISE, ids=lambda f: f.__name__)
@pytest.mark.parametrize("shape", [(), (7,), (2, 3)])
def test_derivative_by_calculus_equals_autograd(f, slope, shape):
    x = randn(*shape, seed=1)
    torch.testing.assert_close(slope(x), downhill.gradient(f, x))


@pytest.mark.book("note-4")
@pytest.mark.parametrize(("f", "slope"), ELEMENTWISE, ids=lambda f: f.__name__)
@pytest.mark.parametrize("x", [-2.5, -1.0, 0.0, 1.9])
def test_numerical_derivative_equals_calculus(f, slope, x):
    at = torch.tensor([x], dtype=torch.float64)
    tried = downhill.numerical_gradient(lambda x: f(x).sum(), at, 1e-5)
    torch.testing.assert_close(tried, slope(at), rtol=1e-8, atol=1e-8)


@pytest.mark.book("note-4")
def test_derivative_of_2x_is_2_everywhere():
    for x in (-3.0, 0.0, 0.7):
        at = torch.tensor([x], dtype=torch.float64)
        assert downhill.gradient(lambda x: 2 * x, at).item() == 2
        tried = downhill.numerical_gradient(lambda x: (2 * x).sum(), at, 0.1)
        assert tried.item() == pytest.approx(2, abs=1e-12)


def test_partial_derivatives_of_the_bowl():
    p = randn(5, 2, seed=2)
    by_autograd = downhill.gradient(downhill.bowl, p)
    torch.testing.assert_close(downhill.bowl_slope(p), by_autograd)
    for place, expected in zip(p, by_autograd, strict=True):
        tried = downhill.numerical_gradient(downhill.bowl, place, 1e-4)
        torch.testing.assert_close(tried, expected, rtol=1e-8, atol=1e-8)
        only_w = downhill.bowl(place + torch.tensor([1e-4, 0])) - downhill.bowl(
            place - torch.tensor([1e-4, 0])
        )
        assert (only_w / 2e-4).item() == pytest.approx(expected[0].item(), abs=1e-6)


@pytest.mark.parametrize("count", [1, 2, 6])
def test_numerical_gradient_equals_autograd_and_scipy(count):
    from scipy.optimize import approx_fprime

    x = randn(count, seed=count)
    tried = downhill.numerical_gradient(downhill.ripples, x, 1e-5)
    assert tried.shape == x.shape
    torch.testing.assert_close(tried, downhill.gradient(downhill.ripples, x), rtol=1e-7, atol=1e-8)

    def f(a):
        return downhill.ripples(torch.from_numpy(a)).item()

    np.testing.assert_allclose(tried, approx_fprime(x.numpy(), f, 1e-7), rtol=1e-4, atol=1e-4)


def test_central_difference_error_falls_with_h_squared():
    """The error of the central difference falls with h^2: a tenth of h, a hundredth of it."""
    x = torch.tensor([0.4, -1.0], dtype=torch.float64)
    exact = downhill.gradient(downhill.ripples, x)
    errors = [
        (downhill.numerical_gradient(downhill.ripples, x, h) - exact).abs().max().item()
        for h in (0.1, 0.01)
    ]
    assert errors[0] / errors[1] == pytest.approx(100, rel=0.05)


@pytest.mark.book("sec-1.6.2")
def test_gradient_is_the_direction_of_steepest_ascent(source):
    """Errata: not of descent. Also in the notebook's cell, to a degree."""
    here = torch.tensor([3.0, -1.0], dtype=torch.float64)
    angle = torch.linspace(-torch.pi, torch.pi, 721, dtype=torch.float64)
    around = torch.stack([angle.cos(), angle.sin()], dim=1)
    rise = downhill.bowl(here + 1e-4 * around) - downhill.bowl(here)
    g = downhill.gradient(downhill.bowl, here)
    up = functional.cosine_similarity(around[rise.argmax()], g, dim=0)
    down = functional.cosine_similarity(around[rise.argmin()], g, dim=0)
    assert up > 0.9999
    assert down < -0.9999
    names = {"torch": torch, "downhill": downhill, "plots": plots}
    shown = run_cell(source, "steepest up:", **names)[1]
    numbers = [
        int(part.split()[0].rstrip(";")) for part in shown.replace("to ", ": ").split(": ")[1:]
    ]
    up, down, gradient = numbers
    assert abs(up - gradient) <= 2
    assert abs(abs(down - gradient) - 180) <= 2


@pytest.mark.book("eq-1.25", "note-5")
@pytest.mark.parametrize("x", [-3.0, -0.5, 1e-3, 1.0, 20.0, 1e4])
def test_chain_rule_for_log_of_x_squared(x):
    at = torch.tensor([x], dtype=torch.float64)
    by_rule = downhill.log_square_slope(at)
    torch.testing.assert_close(by_rule, 2 / at)
    torch.testing.assert_close(by_rule, downhill.gradient(lambda x: torch.log(x**2), at))
    h = 1e-5 * abs(x)
    tried = downhill.numerical_gradient(lambda x: torch.log(x**2).sum(), at, h)
    torch.testing.assert_close(tried, by_rule, rtol=1e-6, atol=0)


# --- steps ---------------------------------------------------------------------------------------


@pytest.mark.book("eq-1.22")
@pytest.mark.parametrize("lr", [0.0, 0.01, 0.09])
@pytest.mark.parametrize(
    ("f", "slope", "start"),
    [
        (downhill.valley, downhill.valley_slope, torch.tensor(-1.0)),
        (downhill.two_valleys, downhill.two_valleys_slope, torch.tensor([0.3, -2.5, 2.9])),
        (downhill.bowl, downhill.bowl_slope, torch.tensor([-4.5, 1.5])),
    ],
    ids=["valley", "two valleys", "bowl"],
)
def test_descend_equals_torch_sgd_step_for_step(f, slope, start, lr):
    before = start.clone()
    ours = downhill.descend(slope, start, lr, 30)
    theirs = downhill.descend_with_torch(f, start, lr, 30)
    assert ours.shape == (31, *start.shape)
    torch.testing.assert_close(ours, theirs)
    assert torch.equal(ours[0], before)
    assert torch.equal(start, before)
    assert torch.equal(ours[-1], before) == (lr == 0)


@pytest.mark.book("fig-1.14")
def test_descent_is_drawn_from_the_start_to_the_minimum(source):
    path = downhill.descend(downhill.valley_slope, torch.tensor(-1.0), 0.3, 12)
    assert downhill.valley_slope(path[0]) < 0  # the book: at x_1 the slope is negative
    assert (path.diff() > 0).all()  # so it walks to the right
    heights = downhill.valley(path)
    assert (heights.diff() < 0).all()
    assert abs(path[-1] - 2) < 0.05
    figure = plots.descent(downhill.valley, (-2, 6), path)
    (ax,) = figure.axes
    drawn = [line for line in ax.lines if len(line.get_xdata()) == len(path)]
    np.testing.assert_allclose(drawn[0].get_xdata(), path)
    np.testing.assert_allclose(drawn[0].get_ydata(), heights, rtol=1e-6)
    curve = ax.lines[0]
    lowest = curve.get_xdata()[curve.get_ydata().argmin()]
    assert lowest == pytest.approx(2, abs=0.02)
    assert "downhill.descend(downhill.valley_slope, start, lr=0.3, steps=12)" in source


@pytest.mark.book("sec-1.6.2")
def test_descents_are_animated(source):
    assert source.count("plots.animate_descent(") == 2
    paths = {
        f"from {x}": downhill.descend(downhill.two_valleys_slope, torch.tensor(x), 0.05, 40)
        for x in (0.0, 0.3)
    }
    page = plots.animate_descent(downhill.two_valleys, (-3, 3), paths).to_jshtml()
    assert len(page) < 1_500_000
    assert page.count("data:image/png;base64") > 10


def test_start_decides_which_local_minimum_is_found():
    real = np.roots([1, 0, -4, 0.5])  # where the slope x^3 - 4x + 1/2 is zero
    left, top, right = sorted(real.real)
    for start, expected in ((0.0, left), (top - 0.01, left), (top + 0.01, right), (0.3, right)):
        start = torch.tensor(start, dtype=torch.float64)
        end = downhill.descend(downhill.two_valleys_slope, start, 0.05, 400)[-1]
        assert end.item() == pytest.approx(expected, abs=1e-9)
        assert downhill.gradient(downhill.two_valleys, end).abs() < 1e-8
        tried = downhill.numerical_gradient(
            lambda x: downhill.two_valleys(x).sum(), end[None], 1e-4
        )
        assert tried.abs() < 1e-6
        for side in (-0.1, 0.1):
            assert downhill.two_valleys(end + side) > downhill.two_valleys(end)
    deep, shallow = (downhill.two_valleys(torch.tensor(x)) for x in (left, right))
    assert deep < shallow - 1  # a local minimum need not be the lowest


@pytest.mark.book("sec-1.6.2")
@pytest.mark.parametrize(("lr", "grows"), [(0.02, False), (0.5, False), (1.9, False), (2.05, True)])
def test_descent_diverges_beyond_two_over_the_curvature(lr, grows):
    path = downhill.descend(downhill.valley_slope, torch.tensor(-1.0), lr, 12)
    assert (downhill.valley(path[-1]) > downhill.valley(path[0])).item() == grows


# --- backpropagation -----------------------------------------------------------------------------


def mlp(D, H, C, B, *, seed, size=1.0, dtype=torch.float64):
    params = [
        size * randn(*s, seed=seed + i, dtype=dtype)
        for i, s in enumerate(((H, D), (H,), (C, H), (C,)))
    ]
    y = torch.randint(C, (B,), generator=torch.Generator().manual_seed(seed))
    return randn(B, D, seed=seed + 9, dtype=dtype), y, params


SHAPES = [(3, 4, 2, 5), (1, 1, 1, 1), (4, 1, 3, 2), (5, 5, 5, 5), (784, 128, 10, 32)]


@pytest.mark.book("sec-backprop")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("sizes", SHAPES, ids=str)
def test_backward_equals_autograd_to_1e_6(sizes, dtype):
    x, y, params = mlp(*sizes, seed=3, size=0.3, dtype=dtype)
    model = backprop.as_module(params)
    functional.cross_entropy(model(x), y).backward()
    loss, ours = backprop.loss_and_gradients(x, y, params)
    torch.testing.assert_close(loss, functional.cross_entropy(model(x), y).detach())
    assert any(g.abs().max() > 1e-3 for g in ours) or sizes[2] == 1  # one class: nothing to learn
    for mine, parameter in zip(ours, model.parameters(), strict=True):
        torch.testing.assert_close(mine, parameter.grad, rtol=1e-5, atol=1e-6)
        assert mine.dtype == dtype
        assert (mine - parameter.grad).abs().max() < 1e-6


@pytest.mark.book("sec-backprop")
@pytest.mark.parametrize("size", [1e-3, 30.0, 1000.0])
def test_backward_stays_finite_with_large_logits(size):
    x, y, params = mlp(3, 4, 3, 6, seed=5, size=size)
    model = backprop.as_module(params)
    functional.cross_entropy(model(x), y).backward()
    for mine, parameter in zip(backprop.backward(x, y, *params), model.parameters(), strict=True):
        assert mine.isfinite().all()
        torch.testing.assert_close(mine, parameter.grad)


@pytest.mark.book("sec-backprop")
def test_backward_takes_the_slope_of_relu_at_0_as_0():
    x, y, params = mlp(3, 4, 2, 5, seed=6)
    params[0].zero_()
    params[1].zero_()  # z1 is exactly 0 everywhere
    dW1, db1, _, _ = backprop.backward(x, y, *params)
    assert not dW1.any()
    assert not db1.any()
    model = backprop.as_module(params)
    functional.cross_entropy(model(x), y).backward()
    assert not model[0].weight.grad.any()


def test_backward_equals_finite_differences():
    x, y, params = mlp(3, 4, 2, 6, seed=7)
    sizes = [p.numel() for p in params]

    def loss_of(flat):
        parts = [n.view_as(p) for n, p in zip(flat.split(sizes), params, strict=True)]
        return backprop.loss_and_gradients(x, y, parts)[0]

    tried = downhill.numerical_gradient(loss_of, torch.cat([p.flatten() for p in params]), 1e-6)
    by_hand = torch.cat([g.flatten() for g in backprop.backward(x, y, *params)])
    torch.testing.assert_close(by_hand, tried, rtol=1e-6, atol=1e-8)


# --- the training procedure ----------------------------------------------------------------------


@pytest.mark.book("alg-1")
def test_weights_start_at_random_and_biases_at_0():
    one, again, other = (backprop.initialise((7, 5, 3), seed) for seed in (1, 1, 2))
    assert [tuple(p.shape) for p in one] == [(5, 7), (5,), (3, 5), (3,)]
    for mine, same, different, inputs in zip(one, again, other, (7, 0, 5, 0), strict=True):
        assert torch.equal(mine, same)
        if inputs:
            assert not torch.equal(mine, different)
            assert len(mine.unique()) == mine.numel()
            assert mine.abs().max() <= inputs**-0.5
        else:
            assert not mine.any()
    wide = backprop.initialise((400, 300), 0)[0]  # uniform within 1 / 20, as nn.Linear has it
    assert wide.std().item() == pytest.approx(nn.Linear(400, 300).weight.std().item(), rel=0.02)
    assert abs(wide.mean().item()) < 1e-3


@pytest.mark.book("alg-1", "eq-1.23", "eq-1.24")
@pytest.mark.parametrize(
    ("batch_size", "epochs"), [(8, 4), (7, 3), (50, 5), (64, 2)], ids=lambda n: str(n)
)
def test_train_by_hand_equals_fit(batch_size, epochs):
    """The same start and order: the same weights after every epoch, also where N is no multiple."""
    x, y, _ = mlp(6, 5, 4, 50, seed=8)
    for so_far in range(1, epochs + 1):
        ours = backprop.train_by_hand(x, y, (6, 5, 4), 0.3, so_far, batch_size, 3)
        start = [p.double() for p in backprop.initialise((6, 5, 4), 3)]
        model = backprop.as_module(start)
        # With all examples in one batch the loop may leave their order alone: the sum is the same.
        fit(
            model,
            (x, y),
            loss_fn=nn.CrossEntropyLoss(),
            epochs=so_far,
            batch_size=batch_size,
            optimizer=torch.optim.SGD(model.parameters(), lr=0.3),
            seed=3,
        )
        for mine, theirs, first in zip(ours, model.parameters(), start, strict=True):
            torch.testing.assert_close(mine, theirs.detach(), rtol=1e-10, atol=1e-12)
            assert (mine - first).abs().max() > 1e-3


@pytest.mark.book("eq-1.23", "eq-1.24")
def test_one_update_by_hand_equals_sgd():
    x, y, params = mlp(6, 5, 4, 20, seed=9)
    model = backprop.as_module(params)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.7)
    functional.cross_entropy(model(x), y).backward()
    optimizer.step()
    _, gradients = backprop.loss_and_gradients(x, y, params)
    for p, g, theirs in zip(params, gradients, model.parameters(), strict=True):
        torch.testing.assert_close(p - 0.7 * g, theirs.detach())


@pytest.mark.book("alg-1")
def test_an_epoch_is_every_example_once_in_many_updates(monkeypatch):
    """Errata: an epoch is no other word for an iteration."""
    seen, real = [], backprop.loss_and_gradients

    def noted(x, y, params):
        seen.append(x[:, 0].tolist())
        return real(x, y, params)

    monkeypatch.setattr(backprop, "loss_and_gradients", noted)
    x = torch.arange(50.0)[:, None]
    backprop.train_by_hand(x, torch.zeros(50).long(), (1, 2, 2), 0.0, 3, 8, 0)
    assert len(seen) == 3 * 7  # 50 examples by 8: seven updates an epoch
    epochs = [[x for batch in seen[i : i + 7] for x in batch] for i in (0, 7, 14)]
    assert all(sorted(epoch) == list(range(50)) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]


def test_units_that_start_alike_stay_alike():
    x, y, _ = mlp(3, 4, 2, 6, seed=10)
    same = [torch.full((4, 3), 0.5), torch.zeros(4), torch.full((2, 4), 0.5), torch.zeros(2)]
    same[2][1] = -0.5
    params = [p.double() for p in same]
    for _ in range(20):
        _, gradients = backprop.loss_and_gradients(x, y, params)
        params = [p - 0.3 * g for p, g in zip(params, gradients, strict=True)]
    assert (params[0] - same[0]).abs().max() > 0.01
    torch.testing.assert_close(params[0], params[0][:1].expand(4, 3))


def test_as_module_copies_the_parameters_and_takes_any_depth():
    params = backprop.initialise((5, 4, 3, 2), 0)
    model = backprop.as_module(params)
    assert [type(part) for part in model] == [nn.Linear, nn.ReLU, nn.Linear, nn.ReLU, nn.Linear]
    with torch.no_grad():
        model[0].weight.add_(1)
    assert torch.equal(params[0], backprop.initialise((5, 4, 3, 2), 0)[0])


def test_mlp_beats_the_linear_model_over_five_seeds():
    """The claim 'A beats B' of the issue: the mean difference over five paired seeds, held out."""
    config, data = gradient_descent.Config(), gradient_descent.flat_mnist()
    gains = []
    with threads(1):
        for seed in range(5):
            right = []
            for sizes, lr in (((784, 10), config.linear_lr), ((784, 128, 10), config.lr)):
                model = backprop.as_module(backprop.initialise(sizes, seed))
                _, score = gradient_descent.train(
                    model,
                    data.development,
                    data.test,
                    lr=lr,
                    epochs=12,
                    batch_size=config.batch_size,
                    seed=seed,
                )
                right.append(score.sums["accuracy"])
            gains.append((right[1] - right[0]) / score.total)
    assert np.mean(gains) >= 0.01, gains


def test_a_diverged_network_is_scored_too():
    """The control's rate may make the loss infinite on another machine: that is no crash."""
    x, y, params = mlp(6, 5, 4, 50, seed=11, size=100.0, dtype=torch.float32)
    data = gradient_descent.Split(x * 1e20, y)
    history, score = gradient_descent.train(
        backprop.as_module(params), data, data, lr=1e30, epochs=3, batch_size=8
    )
    assert len(history) == 0  # it stopped in the first epoch
    assert score.total == 50
    assert 0 <= score.sums["accuracy"] <= 50


# --- the exercise that trains --------------------------------------------------------------------


def own_start(change):
    """Training with a start and an order of one's own, and one thing wrong: no seed to compare."""

    def train(x, y, sizes, lr, epochs, batch_size, seed):
        D, H, C = sizes
        params = [
            randn(H, D, seed=99).float() / D**0.5,
            torch.zeros(H),
            randn(C, H, seed=98).float() / H**0.5,
            torch.zeros(C),
        ]
        if change == "twins":
            params[0][:], params[2][:] = 0.1, 0.1
        for _ in range(epochs):
            for rows in torch.randperm(len(x)).split(batch_size):
                _, grads = backprop.loss_and_gradients(x[rows], y[rows], params)
                steps = [(lr if change != "uphill" else -lr) * g for g in grads]
                if change == "biases":
                    steps[1], steps[3] = 0, 0
                params = [p - s for p, s in zip(params, steps, strict=True)]
            if change == "early":
                break
        return params

    return train


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("", None),
        ("uphill", exercises.UPHILL),
        ("twins", exercises.TWINS),
        ("biases", exercises.NO_BIASES),
        ("early", "It learns too little"),
    ],
)
def test_training_from_another_start_is_judged_by_accuracy(change, message):
    cases = exercises.TRAIN.cases(5)
    shown = exercises.TRAIN.judge(cases, [own_start(change)(*case.args) for case in cases])
    assert shown == message if message is None else shown.startswith(message)


@pytest.mark.parametrize(
    "wrong", [3.0, torch.zeros(2), [torch.zeros(2)], [torch.zeros(1)] * 4, ["W1"] * 4, [None] * 4]
)
def test_judge_names_the_shapes_of_the_four_parameters(wrong):
    cases = exercises.TRAIN.cases(5)
    shown = exercises.TRAIN.judge(cases, [wrong] * len(cases))
    assert shown.startswith("Return the four tensors [W1, b1, W2, b2] of shapes [(24, 2), (24,)")


def test_judge_refuses_weights_that_are_nan():
    cases = exercises.TRAIN.cases(5)
    values = [[p * float("nan") for p in backprop.initialise(c.args[2], 0)] for c in cases]
    assert exercises.TRAIN.judge(cases, values) == exercises.UPHILL


# --- prose ---------------------------------------------------------------------------------------


def test_notebook_shows_the_loop_and_the_errata(source):
    assert "show_source(train_epochs)" in source
    assert "show_source(backprop.train_by_hand)" in source
    prose = " ".join(line[2:] for line in source.splitlines() if line.startswith("# "))
    for words in (
        "one pass over all training examples",
        "one **iteration**",
        "steepest ascent",
        "**local minimum**",
        "**partial derivative**",
        "**chain rule**",
        "**backpropagation**",
        "{Lesson:design}",
    ):
        assert words in prose, words
    assert source.count("climb.add(") == 1
    assert '"linear model"' in source
    assert '"MLP, plain SGD"' in source
