"""`design`: by hand against torch and scikit-learn, and the book's numbers."""

import math

import pytest
import torch
from torch import nn

from workshop.core.data import load
from workshop.core.training import History
from workshop.day1 import activations, losses
from workshop.day2 import design
from workshop.day2.design import (
    chooser,
    degradation,
    dying,
    heads,
    parity,
    vanishing,
    width,
)


def same_value_and_gradient(ours, theirs, *inputs):
    """Both functions of the same inputs, the first of which gets a gradient."""
    a, b = (inputs[0].detach().clone().requires_grad_() for _ in range(2))
    got, want = ours(a, *inputs[1:]), theirs(b, *inputs[1:])
    torch.testing.assert_close(got, want)
    ramp = torch.linspace(-1, 2, got.numel(), dtype=got.dtype).reshape(got.shape)
    (got * ramp).sum().backward()
    (want * ramp).sum().backward()
    torch.testing.assert_close(a.grad, b.grad)
    assert a.grad.isfinite().all()


# --- depth ---------------------------------------------------------------------------------------


@pytest.mark.book("note-6")
@pytest.mark.parametrize(("inputs", "outputs"), [(784, 10), (1, 1), (3, 7)])
def test_parameters_of_dense_layers(inputs, outputs):
    layer = nn.Linear(inputs, outputs)
    assert width.dense_parameters(inputs, outputs) == sum(p.numel() for p in layer.parameters())


@pytest.mark.book("note-6")
@pytest.mark.parametrize(("into", "out", "kernel"), [(1, 8, 3), (3, 1, 1), (4, 6, 5)])
def test_parameters_of_convolutions(into, out, kernel):
    layer = nn.Conv2d(into, out, kernel)
    expected = sum(p.numel() for p in layer.parameters())
    assert width.convolution_parameters(into, out, kernel) == expected


@pytest.mark.book("sec-2.1.2")
@pytest.mark.parametrize("bits", [2, 4, 8, 16])
def test_folding_is_right_on_every_pattern(bits):
    x, y = parity.patterns(bits)
    assert len(x) == 2**bits
    assert torch.equal(y, ((x > 0).sum(dim=1) % 2).float())
    assert torch.equal(parity.parity_by_folding(x), y)


@pytest.mark.book("sec-2.1.2")
def test_folding_takes_two_units_for_each_halving():
    assert [parity.folding_units(n) for n in (2, 4, 8, 1024)] == [2, 4, 6, 20]
    with pytest.raises(ValueError, match="got 6 bits, expected a power of two"):
        parity.parity_by_folding(torch.ones(1, 6))


@pytest.mark.book("sec-2.1.2")
def test_deep_and_shallow_have_as_many_parameters():
    pair = parity.equal_pair(parity.Config())
    deep, shallow = map(parity.numbers_per_net, pair.values())
    assert deep == 99
    assert abs(deep - shallow) <= 5
    x, _ = parity.patterns(8)
    for model in pair.values():
        assert model(x).shape == (256, parity.Config().restarts)


def test_each_restart_is_a_network_of_its_own():
    """A restart computes what the same numbers do in torch.nn, and its loss moves no other."""
    model = parity.Pairs(4, hidden=3, restarts=2)
    x, y = parity.patterns(4)
    for r in range(2):
        z = x
        for p in model.levels:
            first, second = nn.Linear(2, 3), nn.Linear(3, 1)
            with torch.no_grad():
                first.weight.copy_(p["w1"][r].T)
                first.bias.copy_(p["b1"][r, 0])
                second.weight.copy_(p["w2"][r].T)
                second.bias.copy_(p["b2"][r, 0])
            pairs = [z[:, k : k + 2] for k in range(0, z.shape[1], 2)]
            z = torch.cat([second(torch.relu(first(pair))) for pair in pairs], dim=1)
        torch.testing.assert_close(model(x)[:, r], z[:, 0])
    both = parity.loss_fn(model(x), y)
    each = [nn.functional.binary_cross_entropy_with_logits(model(x)[:, r], y) for r in range(2)]
    torch.testing.assert_close(both, sum(each))


def test_parity_s_halves_share_no_pattern():
    known, new = parity.halves(8, seed=3)
    rows = {tuple(row) for part in (known, new) for row in part.x.tolist()}
    assert (len(known), len(new), len(rows)) == (128, 128, 256)


@pytest.mark.book("note-7")
@pytest.mark.parametrize("size", [(4, 3), (1, 1), (5, 5)])
def test_residual_block_equals_the_module(size):
    examples, units = size
    block = vanishing.Block(units, nn.ReLU, norm=False, skip=True).double()
    x = torch.randn(examples, units, dtype=torch.float64)
    first, second = block.inside[0], block.inside[2]
    weights = [p.detach() for p in (first.weight, first.bias, second.weight, second.bias)]
    same_value_and_gradient(lambda x: vanishing.residual_block(x, *weights), lambda x: block(x), x)


@pytest.mark.book("note-7")
def test_a_skip_passes_on_what_comes_in_and_the_gradient():
    x = torch.rand(3, 4, requires_grad=True)
    zero = (torch.zeros(4, 4), torch.zeros(4))
    out = vanishing.residual_block(x, *zero, *zero)
    torch.testing.assert_close(out, x)
    out.sum().backward()
    assert torch.equal(x.grad, torch.ones(3, 4))


@pytest.mark.book("fig-2.1")
@pytest.mark.parametrize("depth", [2, 10, 20, 56])
@pytest.mark.parametrize("skip", [False, True])
def test_deep_networks_have_their_layers_norms_and_start(depth, skip):
    model = vanishing.deep_network(196, 32, depth, norm=True, skip=skip)
    linear = [m for m in model.modules() if isinstance(m, nn.Linear)]
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm1d)]
    assert (len(linear), len(norms)) == (depth, depth - 1)
    for layer in linear[:-1]:
        assert layer.weight.std().item() == pytest.approx(
            math.sqrt(2 / layer.in_features), rel=0.15
        )
    assert all(layer.bias.eq(0).all() for layer in linear)


def test_deep_networks_come_in_even_depths():
    with pytest.raises(ValueError, match="got 7, expected an even number"):
        vanishing.deep_network(4, 4, 7)


@pytest.mark.book("fig-2.1")
def test_plain_and_residual_differ_in_the_skip_only():
    torch.manual_seed(0)
    plain = vanishing.deep_network(196, 8, 6, norm=True)
    torch.manual_seed(0)
    residual = vanishing.deep_network(196, 8, 6, norm=True, skip=True)
    ours, theirs = plain.state_dict(), residual.state_dict()
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    x = torch.rand(4, 196)
    assert not torch.allclose(plain(x), residual(x))


def test_half_size_is_the_mean_of_each_square():
    small, data = degradation.half_size(load("mnist5k")), load("mnist5k")
    assert small.test.x.shape == (1000, 1, 14, 14)
    squares = data.test.x.reshape(1000, 1, 14, 2, 14, 2)
    torch.testing.assert_close(small.test.x, squares.mean(dim=(3, 5)))
    assert torch.equal(small.test.y, data.test.y)


# --- gradients -----------------------------------------------------------------------------------


@pytest.mark.book("ex-3", "eq-2.1", "eq-2.2")
def test_chain_rule_and_update_give_the_book_s_numbers():
    gradient, w = vanishing.one_update(w=1.0, dj_dz=0.3, dz_dw=0.5, lr=0.1)
    assert gradient == pytest.approx(0.15)
    assert 1.0 - w == pytest.approx(0.015)
    weight = torch.tensor(1.0, requires_grad=True)
    (0.3 * (0.5 * weight)).backward()
    assert weight.grad.item() == pytest.approx(gradient)


@pytest.mark.book("fig-2.3")
def test_the_sigmoid_s_slope_is_at_most_a_quarter():
    z = torch.linspace(-9, 9, 1801, dtype=torch.float64, requires_grad=True)
    activations.sigmoid(z).sum().backward()
    assert z.grad.max().item() == pytest.approx(0.25)
    assert z[z.grad.argmax()].item() == pytest.approx(0, abs=1e-9)
    assert z.grad[[0, -1]].max() < 2e-4


@pytest.mark.book("sec-vanishing")
def test_gradient_norms_are_autograd_s_and_leave_no_trace():
    model = vanishing.deep_network(6, 5, 4, classes=3, norm=True)
    model.eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    x, y = torch.randn(8, 6), torch.randint(0, 3, (8,))
    norms = vanishing.gradient_norms(model, x, y)
    assert not model.training
    assert all(p.grad is None for p in model.parameters())
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    model.train()
    nn.functional.cross_entropy(model(x), y).backward()
    expected = [m.weight.grad.norm().item() for m in model.modules() if isinstance(m, nn.Linear)]
    assert norms == pytest.approx(expected)


@pytest.mark.book("sec-vanishing")
def test_gradients_fade_through_sigmoids_not_kaiming_relus():
    x, y = torch.rand(64, 784), torch.randint(0, 10, (64,))
    faded = {}
    for name, options in vanishing.VARIANTS.items():
        norms = vanishing.gradient_norms(vanishing.deep_network(784, 64, 10, **options), x, y)
        faded[name] = norms[0] / norms[-1]
    assert faded["sigmoid"] < 1e-4
    assert faded["sigmoid"] < faded["relu"] < 0.1
    assert min(faded[name] for name in ("kaiming", "batchnorm", "residual", "both")) > 0.1


# --- dead units ----------------------------------------------------------------------------------


@pytest.mark.book("eq-2.3")
@pytest.mark.parametrize("slope", [0.01, 0.3, 0.0])
def test_leaky_relu_equals_torch(slope):
    z = torch.cat([torch.linspace(-5, 5, 21), torch.tensor([-1000.0, 1000.0])]).double()
    z = z[z != 0]  # at 0 the slope is a matter of taste
    same_value_and_gradient(
        lambda z: dying.leaky_relu(z, slope), lambda z: nn.LeakyReLU(slope)(z), z
    )


@pytest.mark.book("note-10")
def test_a_dead_unit_gets_no_gradient_and_a_leaky_one_does():
    x, y = load("mnist5k").train.x[:200], load("mnist5k").train.y[:200]
    for activation, silent in ((nn.ReLU, True), (nn.LeakyReLU, False)):
        model = dying.network(16, activation)
        dying.kill(model, -3.0)
        assert dying.count_dead(model, x) == 16
        nn.functional.cross_entropy(model(x), y).backward()
        assert bool(model[1].weight.grad.eq(0).all()) is silent
        assert bool(model[1].bias.grad.eq(0).all()) is silent


@pytest.mark.book("note-10")
def test_dead_is_off_for_every_example():
    z = torch.tensor([[-1.0, 2.0, 0.0, -3.0], [-2.0, -1.0, 0.0, 1e-9]])
    assert dying.dead_units(z).tolist() == [True, False, True, False]


@pytest.mark.book("note-10")
def test_a_rate_far_too_high_kills():
    data = load("mnist5k").train
    assert dying.dead_after(0.1, data, seed=0, updates=30) <= 5
    assert dying.dead_after(5.0, data, seed=0, updates=30) >= 30


# --- outputs, labels and losses ------------------------------------------------------------------


@pytest.mark.book("sec-2.1.4", "tab-2.1")
def test_output_activation_of_each_task():
    z = torch.randn(5, 3)
    for task, expected in (
        ("regression", z),
        ("binary", z.sigmoid()),
        ("multi-label", z.sigmoid()),
        ("multi-class", z.softmax(dim=1)),
    ):
        torch.testing.assert_close(heads.head_for(task).activation(z), expected)


@pytest.mark.book("tab-2.3")
def test_label_formats_as_printed_with_6_6_corrected():
    def labels(task, plain):
        return heads.head_for(task).labels(plain)

    torch.testing.assert_close(
        labels("regression", [1.3, 5.7, 6.6]), torch.tensor([[1.3], [5.7], [6.6]])
    )
    assert labels("binary", [0, 1]).tolist() == [[0], [1]]
    assert labels("multi-label", [[1, 2], [0, 2]]).tolist() == [[0, 1, 1], [1, 0, 1]]
    ids = labels("multi-class", [0, 1])
    assert ids.dtype == torch.long
    assert heads.one_hot(ids, 3).tolist() == [[1, 0, 0], [0, 1, 0]]
    assert heads.multi_hot([[]]).tolist() == [[0, 0, 0]]


@pytest.mark.book("tab-2.3")
@pytest.mark.parametrize("head", heads.HEADS, ids=lambda head: head.task)
def test_each_loss_takes_logits_and_its_own_label_format(head):
    plain = {
        "regression": [1.3, 5.7],
        "binary": [0, 1],
        "multi-class": [2, 0],
        "multi-label": [[1, 2], [0]],
    }[head.task]
    z = torch.randn(2, 1 if head.task in ("regression", "binary") else 3)
    y = head.labels(plain)
    by_hand = {
        "regression": losses.mse,
        "binary": losses.binary_cross_entropy,
        "multi-label": losses.binary_cross_entropy,
        "multi-class": lambda p, y: losses.cce_loops(p, heads.one_hot(y, 3)),
    }[head.task]
    torch.testing.assert_close(by_hand(head.activation(z), y), head.loss(z, y))
    assert head.label_format
    assert head.metric


def test_an_unknown_task_gets_the_nearest_name():
    with pytest.raises(KeyError, match="Did you mean 'multi-label'"):
        heads.head_for("multilabel")


@pytest.mark.book("eq-2.4")
@pytest.mark.parametrize("shape", [(7,), (4, 3), (1, 1)])
def test_mse_and_mae_equal_torch(shape):
    p, y = torch.randn(2, *shape, dtype=torch.float64)
    same_value_and_gradient(losses.mse, nn.MSELoss(), p, y)
    same_value_and_gradient(losses.mae, nn.L1Loss(), p, y)


@pytest.mark.book("eq-2.5")
@pytest.mark.parametrize("shape", [(7,), (4, 3), (1, 1)])
def test_bce_equals_torch_on_probabilities_and_logits(shape):
    z = 3 * torch.randn(shape, dtype=torch.float64)
    y = (torch.rand(shape) > 0.5).double()
    same_value_and_gradient(losses.binary_cross_entropy, nn.BCELoss(), z.sigmoid(), y)
    torch.testing.assert_close(
        losses.binary_cross_entropy(z.sigmoid(), y), nn.BCEWithLogitsLoss()(z, y)
    )


@pytest.mark.book("eq-2.5")
def test_the_logarithm_stops_at_minus_100_as_in_nn_bceloss():
    p, y = torch.tensor([0.0, 1.0, 0.0, 1.0]), torch.tensor([1.0, 0.0, 0.0, 1.0])
    ours = [losses.binary_cross_entropy(p[i : i + 1], y[i : i + 1]).item() for i in range(4)]
    assert ours == [100, 100, 0, 0]
    torch.testing.assert_close(losses.binary_cross_entropy(p, y), nn.BCELoss()(p, y))


@pytest.mark.book("fig-2.4")
def test_each_label_has_a_curve_of_its_own():
    for p in (0.1, 0.5, 0.9):
        q = torch.tensor([p], dtype=torch.float64)
        one = losses.binary_cross_entropy(q, torch.ones(1, dtype=torch.float64)).item()
        zero = losses.binary_cross_entropy(q, torch.zeros(1, dtype=torch.float64)).item()
        assert (one, zero) == pytest.approx((-math.log(p), -math.log(1 - p)))


@pytest.mark.book("eq-2.6", "alg-2")
@pytest.mark.parametrize("shape", [(6, 4), (1, 3), (3, 1)])
def test_two_loops_equal_nn_crossentropyloss(shape):
    z = 4 * torch.randn(shape)
    ids = torch.randint(0, shape[1], shape[:1])
    labels = heads.one_hot(ids, shape[1])
    soft = torch.randn(shape).softmax(dim=1)

    def ours(z, y):
        return losses.cce_loops(z.softmax(dim=1), y)

    same_value_and_gradient(ours, nn.CrossEntropyLoss(), z, labels)
    same_value_and_gradient(ours, nn.CrossEntropyLoss(), z, soft)
    torch.testing.assert_close(ours(z, labels), nn.CrossEntropyLoss()(z, ids))


@pytest.mark.book("alg-2")
def test_probability_0_costs_nothing_where_the_label_is_0():
    p = torch.tensor([[1.0, 0.0], [0.25, 0.75]])
    y = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    assert losses.cce_loops(p, y).item() == pytest.approx(-math.log(0.75) / 2)


@pytest.mark.book("note-8", "fig-2.2")
@pytest.mark.parametrize("most", [1, 3])
def test_composed_images_show_what_their_labels_say(most):
    """Each quarter is empty or holds a digit of the part, and the labels name just these."""
    digits = load("digits")
    data = chooser.compose(digits.test, 60, most=most, seed=4)
    known = {tuple(x.flatten().tolist()): int(y) for x, y in zip(*digits.test, strict=True)}
    counts = set()
    for image, labels in zip(*data, strict=True):
        quarters = [image[:, t : t + 8, s : s + 8].flatten() for t in (0, 8) for s in (0, 8)]
        there = sorted(known[tuple(q.tolist())] for q in quarters if q.any())
        message = [digit for digit, y in zip(chooser.CLASSES, labels, strict=True) if y]
        assert there == message
        counts.add(len(message))
    assert counts == set(range(1, most + 1))


@pytest.mark.book("fig-2.2")
def test_no_handwriting_is_on_both_sides():
    known, new = chooser.composed(50, most=3, seed=0)

    def pieces(data):
        return {
            tuple(x[0, t : t + 8, s : s + 8].flatten().tolist())
            for x in data.x
            for t in (0, 8)
            for s in (0, 8)
            if x[0, t : t + 8, s : s + 8].any()
        }

    assert not pieces(known) & pieces(new)


@pytest.mark.book("tab-2.1")
def test_metrics_equal_scikit_learn():
    from sklearn.metrics import f1_score, r2_score

    p, y = torch.rand(50, 3), (torch.rand(50, 3) > 0.6).float()
    assert chooser.f1(p, y) == pytest.approx(f1_score(y, p > 0.5, average="micro"))
    assert chooser.f1(torch.zeros(2, 3), torch.zeros(2, 3)) == 0
    model = nn.Linear(4, 1)
    part = type(load("digits").train)
    new = part(torch.randn(30, 4), torch.randn(30, 1))
    with torch.no_grad():
        expected = r2_score(new.y, model(new.x))
    assert chooser.r2(model, new, new) == pytest.approx(expected, abs=1e-5)


def test_softmax_over_one_output_is_1_without_gradient():
    z = torch.randn(6, 1, requires_grad=True)
    assert torch.equal(z.softmax(dim=1), torch.ones(6, 1))
    nn.CrossEntropyLoss()(z, (torch.rand(6, 1) > 0.5).float()).backward()
    assert z.grad.eq(0).all()


# --- width, and the lesson as a whole ------------------------------------------------------------


@pytest.mark.book("sec-2.1.3")
def test_two_units_cannot_fit_what_64_can():
    data = width.few_digits(200)
    assert (len(data.train), len(data.validation), len(data.test)) == (200, 500, 1000)
    scores = width.sweep(data, width.Config(widths=(2, 64), epochs=40, lr=0.2), seed=0)
    assert scores[2][0] < 0.9
    assert scores[64][0] == 1.0
    assert scores[64][1] > scores[2][1]


def test_settings_of_a_task_reach_it():
    from workshop.core.settings import override

    config = override(design.Config, ["parity.epochs=3", "width.widths=2,4"])
    assert (config.parity.epochs, config.width.widths) == (3, (2, 4))
    with pytest.raises(ValueError, match="depth: got 3, expected"):
        design.run(
            override(
                design.Config,
                [
                    "parity.epochs=1",
                    "parity.restarts=1",
                    "degradation.epochs=1",
                    "degradation.deep=2",
                    "degradation.shallow=2",
                    "vanishing.depth=3",
                ],
            )
        )


def test_a_task_has_a_history_for_each_network():
    config = parity.Config(epochs=2, restarts=1)
    result = parity.run(config, seed=0, device=torch.device("cpu"), progress=False)
    histories = result.histories
    assert set(histories) == {"deep", "shallow"}
    assert all(isinstance(history, History) for history in histories.values())
