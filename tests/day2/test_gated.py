"""The gated cells equal torch's, and what the notebook shows of them is so."""

import math

import pytest
import torch
from oracles import assert_equal_with_gradients
from torch import nn

from workshop.core.training import count_correct, evaluate
from workshop.day2 import gated
from workshop.day2.gated import by_hand, cost, figures, memory, small
from workshop.figures.style import alt_text

SIZES = [(4, 3, 5), (1, 1, 1), (2, 7, 1), (3, 1, 6)]  # B, n, h
CELLS = {"rnn": nn.RNNCell, "gru": nn.GRUCell, "lstm": nn.LSTMCell}


def random_cell(kind, n, h, scale=1.0):
    cell = CELLS[kind](n, h)
    with torch.no_grad():
        for p in cell.parameters():
            p.copy_(scale * torch.randn_like(p))
    return cell


# --- the cells -----------------------------------------------------------------------------------


@pytest.mark.book("eq-2.10")
@pytest.mark.parametrize("scale", [1.0, 30.0])
@pytest.mark.parametrize(("B", "n", "h"), SIZES)
def test_the_plain_cell_is_rnncell(B, n, h, scale):
    cell = random_cell("rnn", n, h, scale)
    x, a = torch.randn(B, n, requires_grad=True), torch.randn(B, h, requires_grad=True)
    ours = by_hand.rnn_step(x, a, *by_hand.Weights.of(cell))
    assert_equal_with_gradients(ours, cell(x, a), [x, a, *cell.parameters()])


@pytest.mark.book("eq-2.12", "eq-2.16")
@pytest.mark.parametrize("scale", [1.0, 30.0])
@pytest.mark.parametrize(("B", "n", "h"), SIZES)
def test_the_gru_is_grucell(B, n, h, scale):
    cell = random_cell("gru", n, h, scale)
    x, a = torch.randn(B, n, requires_grad=True), torch.randn(B, h, requires_grad=True)
    ours = by_hand.gru_step(x, a, *by_hand.Weights.of(cell))
    assert_equal_with_gradients(ours, cell(x, a), [x, a, *cell.parameters()])


@pytest.mark.book("sec-2.6.4-candidate", "eq-2.17", "eq-2.18", "eq-2.20")
@pytest.mark.parametrize("scale", [1.0, 30.0])
@pytest.mark.parametrize(("B", "n", "h"), SIZES)
def test_the_lstm_is_lstmcell(B, n, h, scale):
    cell = random_cell("lstm", n, h, scale)
    x, a, c = (torch.randn(B, k, requires_grad=True) for k in (n, h, h))
    ours = by_hand.lstm_step(x, a, c, *by_hand.Weights.of(cell))
    assert_equal_with_gradients(ours, cell(x, (a, c)), [x, a, c, *cell.parameters()])


def numbers(*values):
    return [torch.tensor([[v]]) for v in values]


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


@pytest.mark.book("eq-2.13", "eq-2.14", "eq-2.17", "eq-2.19")
def test_a_gate_is_a_sigmoid_of_input_and_state():
    x, a, w_x, w_a = numbers(2.0, -1.0, 0.5, 3.0)
    got = by_hand.gate(x, a, w_x, w_a, torch.tensor([0.25]))
    assert got.item() == pytest.approx(sigmoid(0.5 * 2.0 - 3.0 + 0.25), abs=1e-6)
    shut_and_open = by_hand.gate(*numbers(1000.0, 0.0), *numbers(1.0, 1.0), torch.zeros(1))
    assert shut_and_open.item() == 1.0
    assert by_hand.gate(*numbers(-1000.0, 0.0), *numbers(1.0, 1.0), torch.zeros(1)).item() == 0.0


@pytest.mark.book("eq-2.12")
def test_the_book_s_gru_in_plain_numbers():
    """One unit, one input, with math alone: reset before the matrix, G_u writes the new."""
    x, c = 0.7, -0.4
    w_ih, w_hh = (0.3, -0.8, 1.1), (0.9, 0.2, -1.3)
    b_ih, b_hh = (0.1, -0.2, 0.4), (0.05, 0.3, -0.6)
    g_r, g_u = (sigmoid(w_ih[k] * x + w_hh[k] * c + b_ih[k] + b_hh[k]) for k in (0, 1))
    candidate = math.tanh(w_hh[2] * (g_r * c) + w_ih[2] * x + b_ih[2] + b_hh[2])
    expected = g_u * candidate + (1 - g_u) * c
    column = [torch.tensor(w).reshape(3, 1) for w in (w_ih, w_hh)]
    got = by_hand.gru_step_book(*numbers(x, c), *column, torch.tensor(b_ih), torch.tensor(b_hh))
    assert got.item() == pytest.approx(expected, abs=1e-6)


def with_update_turned(weights, h):
    sign = torch.cat([torch.ones(h), -torch.ones(h), torch.ones(h)])
    return by_hand.Weights(*(w * (sign if w.ndim == 1 else sign[:, None]) for w in weights))


@pytest.mark.book("eq-2.15")
def test_z_is_one_minus_the_book_s_update_gate():
    """With the reset gate open, the forms differ by the sign of the update gate's weights alone."""
    cell = random_cell("gru", 3, 5)
    with torch.no_grad():
        cell.weight_ih[:5] = cell.weight_hh[:5] = 0
        cell.bias_ih[:5] = 50.0
    weights, x, a = by_hand.Weights.of(cell), torch.randn(4, 3), torch.randn(4, 5)
    book = by_hand.gru_step_book(x, a, *with_update_turned(weights, 5))
    torch.testing.assert_close(book, cell(x, a))
    assert not torch.allclose(by_hand.gru_step_book(x, a, *weights), cell(x, a), atol=1e-2)


@pytest.mark.book("eq-2.12")
def test_both_forms_of_the_reset_gate_agree_for_one_unit_only():
    """For h = 1 the gate commutes with the matrix, so only the bias inside could tell them apart."""
    for h, same in ((5, False), (1, True)):
        cell = random_cell("gru", 3, h)
        nn.init.zeros_(cell.bias_hh)
        weights, x, a = by_hand.Weights.of(cell), torch.randn(4, 3), torch.randn(4, h)
        book = by_hand.gru_step_book(x, a, *with_update_turned(weights, h))
        assert torch.allclose(book, cell(x, a), atol=1e-6) == same


def test_two_biases_add_up_except_inside_the_reset():
    for kind, adds_up in (("rnn", True), ("lstm", True), ("gru", False)):
        cell, x = random_cell(kind, 3, 5), torch.randn(4, 3)
        first = cell(x)
        with torch.no_grad():
            cell.bias_ih += cell.bias_hh
            cell.bias_hh.zero_()
        second = cell(x)
        one, other = (out[0] if kind == "lstm" else out for out in (first, second))
        assert torch.allclose(one, other, atol=1e-6) == adds_up


@pytest.mark.parametrize("kind", ["gru", "rnn"])
def test_unrolled_steps_are_the_layer_of_torch(kind):
    layer = memory.KINDS[kind](3, 5, batch_first=True)
    x, a = torch.randn(2, 6, 3), torch.randn(2, 5)
    step = {"gru": by_hand.gru_step, "rnn": by_hand.rnn_step}[kind]
    states = by_hand.unroll(step, x, a, by_hand.Weights.of(layer))
    torch.testing.assert_close(states, layer(x, a[None])[0])


@pytest.mark.book("fig-2.20", "fig-2.21")
@pytest.mark.parametrize("kind", ["gru", "lstm"])
def test_gate_values_over_a_real_sequence(kind):
    layer = memory.KINDS[kind](8, 5, batch_first=True)
    x = small.rows()[1].x[:3]
    gates = by_hand.gates_of(layer, x)
    states, last = layer(x)
    kept = states if kind == "gru" else None
    for name, values in gates.items():
        assert values.shape == (3, 8, 5)
        if name != "memory":
            assert 0 < values.min() < values.max() < 1
    if kind == "gru":
        torch.testing.assert_close(gates["memory"], kept)
    else:
        torch.testing.assert_close(gates["memory"][:, -1], last[1][0])
        shown = gates["output"] * gates["memory"].tanh()  # eq-2.20
        torch.testing.assert_close(shown, states)
    with torch.no_grad():  # a gate that is forced says so, by its book name
        layer.bias_ih_l0[5:10] = 100.0
    forced = by_hand.gates_of(layer, x)
    if kind == "gru":  # z = 1 keeps: nothing is written
        assert forced["update"].abs().max() < 1e-6
        assert forced["memory"].abs().max() < 1e-6
    else:
        assert forced["forget"].min() > 1 - 1e-6
    with pytest.raises(ValueError, match=r"layer: got RNN, expected nn\.GRU or nn\.LSTM"):
        by_hand.gates_of(nn.RNN(8, 5), x)


@pytest.mark.book("fig-2.20", "fig-2.21")
def test_the_cells_are_drawn():
    gru, lstm = figures.cell("gru"), figures.cell("lstm")
    written = [{text.get_text() for text in figure.axes[0].texts} for figure in (gru, lstm)]
    assert {"$\\Gamma_r$", "$\\Gamma_u$", "$1-\\Gamma_u$", "tanh"} <= written[0]
    assert {"$\\Gamma_f$", "$\\Gamma_u$", "$\\Gamma_o$", "$c^{<t>}$", "$a^{<t-1>}$"} <= written[1]
    assert "$\\Gamma_r$" not in written[1]  # the reset gate belongs to the GRU
    assert "reset gate" in alt_text(gru)
    assert "forget gate" in alt_text(lstm)
    with pytest.raises(ValueError, match="kind: got 'rnn', expected 'gru' or 'lstm'"):
        figures.cell("rnn")


# --- memory --------------------------------------------------------------------------------------


def test_memory_bias_keeps_one_part_in_e_after_its_span():
    span = torch.tensor([50.0, 200.0, 1000.0])
    keep = by_hand.memory_bias(span).sigmoid()
    torch.testing.assert_close(keep, 1 - 1 / span)
    torch.testing.assert_close(keep**span, torch.full((3,), 1 / math.e), rtol=0.02, atol=0)


@pytest.mark.book("sec-2.6.3")
@pytest.mark.parametrize("kind", ["gru", "lstm"])
def test_a_long_memory_lasts_as_long_as_it_is_set(kind):
    """With no input and no other weights, 1/e of a memory of 40 steps is left after 40 steps."""
    cell = memory.KINDS[kind](2, 3, batch_first=True)
    for p in cell.parameters():
        nn.init.zeros_(p)
    memory.remember_long(cell, 40)
    start = torch.ones(1, 1, 3)
    _, last = cell(torch.zeros(1, 40, 2), start if kind == "gru" else (0 * start, start))
    left = last if kind == "gru" else last[1]
    torch.testing.assert_close(left, torch.full((1, 1, 3), (1 - 1 / 40) ** 40), rtol=1e-4, atol=0)


def test_remember_long_touches_its_gates_only():
    for kind, changed in (("gru", {1}), ("lstm", {0, 1})):
        plain, long = (memory.build(kind, long=long, hidden=4, seed=3) for long in (False, True))
        for name, before in plain.named_parameters():
            after = dict(long.named_parameters())[name]
            if "bias" in name and name.startswith("cell"):
                pairs = zip(
                    before.chunk(len(before) // 4), after.chunk(len(before) // 4), strict=True
                )
                assert {k for k, (a, b) in enumerate(pairs) if not torch.equal(a, b)} == changed
            else:
                assert torch.equal(before, after)
    with pytest.raises(ValueError, match=r"cell: got RNN, expected nn\.GRU or nn\.LSTM"):
        memory.remember_long(nn.RNN(2, 3), 10)
    with pytest.raises(ValueError, match="length: got 1, expected 2 steps or more"):
        memory.remember_long(nn.GRU(2, 3), 1)


def test_later_tokens_say_nothing_of_the_first():
    data = memory.first_token(4000, 5, seed=0)
    ids = data.x.argmax(dim=2)
    assert data.x.shape == (4000, 5, 8)
    assert torch.equal(ids[:, 0], data.y)
    assert torch.equal(data.x.sum(dim=2), torch.full((4000, 5), 4.0))
    for step in range(1, 5):  # 1 in 8 by chance; 4 standard deviations are 0.021
        assert (ids[:, step] == data.y).float().mean().item() == pytest.approx(1 / 8, abs=0.021)
    assert not torch.equal(memory.first_token(4000, 5, seed=1).y, data.y)
    with pytest.raises(ValueError, match="sizes: got"):
        memory.first_token(10, 0, seed=0)


@pytest.mark.parametrize("kind", list(memory.KINDS))
def test_reader_refuses_empty_and_misshapen_sequences(kind):
    model = memory.Reader(kind, inputs=3, hidden=4, classes=2)
    for shape in ((2, 0, 3), (0, 5, 3)):
        with pytest.raises(ValueError, match=r"an empty sequence or batch, expected T and B > 0"):
            model(torch.zeros(shape))
    for shape in ((2, 5, 4), (5, 3), (3,)):
        with pytest.raises(ValueError, match=r"x: got shape .*, expected \(B, T, 3\)"):
            model(torch.zeros(shape))
    assert model(torch.zeros(1, 1, 3)).shape == (1, 2)
    assert model(1e30 * torch.randn(2, 300, 3)).isfinite().all()
    with pytest.raises(ValueError, match="kind: got 'cnn', expected one of rnn, gru, lstm"):
        memory.Reader("cnn")


def test_unroll_refuses_an_empty_sequence():
    weights = by_hand.Weights.of(nn.GRUCell(3, 4))
    with pytest.raises(ValueError, match="an empty sequence"):
        by_hand.unroll(by_hand.gru_step, torch.zeros(2, 0, 3), torch.zeros(2, 4), weights)


@pytest.mark.book("sec-2.6.3")
def test_gradient_through_time_is_the_product_of_the_steps():
    """One unit, no bend worth the name: w to the power of the distance, exactly."""
    model = memory.Reader("rnn", inputs=1, hidden=1, classes=1)
    with torch.no_grad():
        for p in model.parameters():
            p.zero_()
        model.cell.weight_ih_l0.fill_(1e-4)  # tiny states, where tanh is a straight line
        model.cell.weight_hh_l0.fill_(0.5)
        model.head.weight.fill_(1.0)
    size = memory.gradient_through_time(model, torch.ones(1, 30, 1))
    expected = 0.5 ** torch.arange(29, -1, -1).float()
    torch.testing.assert_close(size, expected, rtol=1e-4, atol=0)


@pytest.mark.book("sec-2.6.3")
def test_only_a_long_memory_passes_the_gradient_at_first():
    x = memory.first_token(20, 100, seed=5).x
    for seed in range(3):
        first = {
            (kind, long): memory.gradient_through_time(memory.build(kind, long=long, seed=seed), x)[
                0
            ]
            for kind, long in (
                ("rnn", False),
                ("gru", False),
                ("lstm", False),
                ("gru", True),
                ("lstm", True),
            )
        }
        assert first["rnn", False] < 1e-15
        assert first["gru", False] < 1e-10
        assert first["lstm", False] < 1e-10
        assert first["gru", True] > 0.01
        assert first["lstm", True] > 0.01


def test_gradient_through_time_leaves_the_model_as_it_was():
    model = memory.build("gru")
    memory.gradient_through_time(model, memory.first_token(5, 10, seed=0).x)
    assert all(p.grad is None and p.dtype == torch.float32 for p in model.parameters())


@pytest.mark.parametrize("kind", ["gru", "lstm"])
def test_training_ends_when_fifty_tokens_are_learned(kind):
    train = memory.first_token(4000, 50, seed=20)
    model = memory.build(kind, long=True, length=50, seed=0)
    for history in memory.train(model, train, epochs=12, lr=0.02, batch_size=128):
        pass
    assert history["accuracy"][-1] >= 0.999
    assert max(history["accuracy"][:-1]) < 0.999
    test = memory.first_token(1000, 50, seed=21)
    assert evaluate(model, test, metrics={"accuracy": count_correct})["accuracy"] >= 0.99


# --- what it costs -------------------------------------------------------------------------------


@pytest.mark.book("note-19")
@pytest.mark.parametrize(("n", "h"), [(8, 32), (1, 1), (50, 7)])
def test_parameters_are_1_to_3_to_4(n, h):
    plain, gru, lstm = (by_hand.count_parameters(kind(n, h)) for kind in memory.KINDS.values())
    assert plain == h * n + h * h + 2 * h
    assert (gru, lstm) == (3 * plain, 4 * plain)


@pytest.mark.book("note-19")
def test_the_small_run_counts_every_draw_and_learns():
    config = small.Config(examples=20, epochs=60, draws=2)
    result = small.run(config, seed=0, device=torch.device("cpu"), progress=False)
    measured = {m.name: m for m in result.metrics}
    tests = len(small.rows()[1])
    for kind in memory.KINDS:
        seen, new = (measured[f"small_{kind}{end}"] for end in ("_train_accuracy", "_accuracy"))
        assert seen.total == 2 * 20
        assert new.total == 2 * tests
        assert seen.value > 0.8  # learned by heart ...
        assert (
            0.2 < new.value < seen.value - 0.1
        )  # ... far better than the 0.1 of guessing, not well


@pytest.mark.book("sec-2.6.1-cost")
def test_only_the_mlp_s_weights_grow_with_the_length():
    counts = {
        length: {name: by_hand.count_parameters(m) for name, m in cost.contestants(length).items()}
        for length in (10, 40)
    }
    assert counts[10]["RNN"] == counts[40]["RNN"]
    assert counts[10]["CNN"] == counts[40]["CNN"]
    assert counts[40]["MLP"] - counts[10]["MLP"] == 30 * 8 * 32


@pytest.mark.book("sec-2.6.1-cost")
def test_cost_is_the_fastest_of_the_timed_passes():
    ticks = iter([0.0, 9.0, 10.0, 13.0, 20.0, 22.0, 30.0, 37.0])  # the warm-up: 9; then 3, 2, 7
    model, x = cost.Convolution(2, 3, 4), torch.randn(1, 6, 2)
    assert cost.seconds_per_step(model, x, repeats=3, clock=lambda: next(ticks)) == 2.0
    times = cost.cost_by_length((3, 6))
    assert set(times) == {"RNN", "CNN", "MLP"}
    assert all(len(row) == 2 and min(row) > 0 for row in times.values())


def test_the_convolution_is_conv1d_and_a_maximum_over_time():
    model, x = cost.Convolution(2, 3, 4), torch.randn(5, 9, 2)
    window = model.window
    padded = torch.cat([torch.zeros(5, 2, 2), x, torch.zeros(5, 2, 2)], dim=1)
    maps = torch.stack(
        [torch.einsum("bkc,fck->bf", padded[:, t : t + 5], window.weight) for t in range(9)], dim=1
    )
    expected = model.head((maps + window.bias).relu().amax(dim=1))
    torch.testing.assert_close(model(x), expected, rtol=1e-4, atol=1e-5)


def test_run_gives_the_default_cells_as_long_as_their_twins():
    config = gated.Config(
        memory=memory.Config(length=5, epochs=8, examples=1000),
        small=small.Config(epochs=1, draws=2),
    )
    result = gated.run(config)
    epochs = {name: len(history) for name, history in result.histories.items()}
    assert epochs["memory_gru_default"] <= epochs["memory_gru"] <= 8
    assert epochs["memory_rnn"] <= max(epochs["memory_gru"], epochs["memory_lstm"])
    assert result["gru_accuracy"] >= 0.99  # five tokens are no task for gates,
    assert result["gru_default_faded"] < 5  # for hardly anything has faded
