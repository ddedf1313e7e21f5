"""The cell: by hand it equals torch's, padding changes nothing, the first step is felt."""

import pytest
import torch
from oracles import assert_equal_with_gradients
from torch import nn
from torch.autograd.functional import jacobian

from workshop.day2.recurrent import cell as by_hand
from workshop.day2.recurrent import figures
from workshop.figures.style import alt_text

SIZES = [(4, 3, 5), (1, 1, 1), (2, 7, 1), (3, 1, 6)]  # B, n, h
LENGTHS = torch.tensor([4, 0, 6, 1, 6])


def random_layer(kind, n, h, scale=1.0, **options):
    layer = kind(n, h, **options)
    with torch.no_grad():
        for p in layer.parameters():
            p.copy_(scale * torch.randn_like(p))
    return layer


def padded(pad=0.0, n=3, grad=False):
    x = torch.randn(len(LENGTHS), 6, n)
    x = torch.where(by_hand.real_steps(LENGTHS, 6)[:, :, None], x, torch.tensor(pad))
    return x.requires_grad_(grad)


# --- one step ------------------------------------------------------------------------------------


@pytest.mark.book("fig-2.15", "eq-2.10")
@pytest.mark.parametrize("scale", [1.0, 30.0])
@pytest.mark.parametrize(("B", "n", "h"), SIZES)
def test_the_cell_is_rnncell(B, n, h, scale):
    cell = random_layer(nn.RNNCell, n, h, scale)
    x, a = torch.randn(B, n, requires_grad=True), torch.randn(B, h, requires_grad=True)
    ours = by_hand.rnn_cell(x, a, *by_hand.weights_of(cell))
    assert_equal_with_gradients(ours, cell(x, a), [x, a, *cell.parameters()])


@pytest.mark.book("eq-2.10")
def test_one_step_in_plain_numbers():
    one = [torch.tensor([[v]]) for v in (2.0, -1.0, 0.5, 3.0)]
    state = by_hand.rnn_cell(*one, torch.tensor([1.5]))
    assert state.item() == pytest.approx(torch.tensor(3.0 * -1 + 0.5 * 2 + 1.5).tanh().item())


@pytest.mark.book("eq-2.11")
@pytest.mark.parametrize("shape", [(5,), (2, 5), (2, 6, 5)])
def test_the_output_layer_is_linear(shape):
    layer, a = nn.Linear(5, 3), torch.randn(shape, requires_grad=True)
    ours = by_hand.read_out(a, layer.weight, layer.bias)
    assert_equal_with_gradients(ours, layer(a), [a, *layer.parameters()])


def test_weights_of_another_layer_are_refused():
    with pytest.raises(ValueError, match=r"layer: got GRU, expected nn\.RNN"):
        by_hand.weights_of(nn.GRU(2, 3))


# --- a batch of sequences ------------------------------------------------------------------------


@pytest.mark.book("fig-2.14")
def test_unrolled_packed_and_padded_are_the_same():
    """By hand, nn.RNN on a packed batch, nn.RNN on each sequence by itself."""
    layer = random_layer(nn.RNN, 3, 5, batch_first=True)
    x, weights = padded(grad=True), by_hand.weights_of(layer)
    states = by_hand.unroll(x, LENGTHS, *weights)
    last = by_hand.last_states(x, LENGTHS, *weights)
    packed, packed_last = by_hand.read_packed(layer, x, LENGTHS)
    inputs = [x, *layer.parameters()]
    assert_equal_with_gradients(states, packed, inputs)
    assert_equal_with_gradients(last, packed_last, inputs)
    for row, length in enumerate(LENGTHS.tolist()):
        if not length:
            assert states[row].abs().max() == last[row].abs().max() == 0
            continue
        alone, alone_last = layer(x[row : row + 1, :length])
        torch.testing.assert_close(states[row, :length], alone[0], rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(last[row], alone_last[0, 0], rtol=1e-5, atol=1e-5)
    assert states[~by_hand.real_steps(LENGTHS, 6)].abs().max() == 0


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU])
@pytest.mark.parametrize("both", [False, True])
def test_padding_changes_nothing(kind, both):
    layer = random_layer(kind, 3, 4, batch_first=True, bidirectional=both)
    x = padded()
    real = by_hand.real_steps(LENGTHS, 6)[:, :, None]
    states, last = by_hand.read_packed(layer, x, LENGTHS)
    for pad in (1e6, float("nan")):
        other = torch.where(real, x, torch.tensor(pad))
        wide = torch.cat([other, torch.full((5, 9, 3), pad)], dim=1)
        # A sequence of length 0 is read from its padding, then blotted out: not with nan in it.
        wide[1] = 0
        more, more_last = by_hand.read_packed(layer, wide, LENGTHS)
        torch.testing.assert_close(more[:, :6], states)
        torch.testing.assert_close(more_last, last)
        assert more[:, 6:].abs().max() == 0
    assert states.shape == (5, 6, 4 * (1 + both))
    assert last.shape == (5, 4 * (1 + both))


def test_padding_changes_no_last_state_and_no_gradient():
    weights = [w.detach().requires_grad_() for w in by_hand.weights_of(nn.RNN(3, 4))]
    x = padded(pad=50.0, grad=True)
    last = by_hand.last_states(x, LENGTHS, *weights)
    real = by_hand.real_steps(LENGTHS, 6)
    clean = by_hand.last_states(x * real[:, :, None], LENGTHS, *weights)
    torch.testing.assert_close(last, clean)
    (of_x,) = torch.autograd.grad(last.square().sum(), [x])
    assert of_x[~real].abs().max() == 0
    assert of_x[2].abs().min() > 0


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU])
def test_a_batch_of_nothing_but_empty_sequences_gives_zeros(kind):
    layer = random_layer(kind, 3, 4, batch_first=True)
    states, last = by_hand.read_packed(layer, torch.randn(2, 3, 3), torch.tensor([0, 0]))
    assert states.abs().max() == last.abs().max() == 0


def test_ten_thousand_steps_are_right_and_finite():
    layer = nn.RNN(2, 3, batch_first=True)
    x, lengths = torch.randn(2, 10_000, 2), torch.tensor([10_000, 1])
    weights = [w.detach() for w in by_hand.weights_of(layer)]
    with torch.no_grad():
        states, last = by_hand.read_packed(layer, x, lengths)
    ours = by_hand.unroll(x, lengths, *weights)
    assert ours.isfinite().all()
    torch.testing.assert_close(ours, states, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(ours[0, -1], last[0], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(ours[1, 0], last[1], rtol=1e-4, atol=1e-5)


BAD = [
    (torch.randn(2, 3), torch.tensor([1, 1]), r"x: got shape \(2, 3\), expected \(B, T, 4\)"),
    (torch.randn(2, 3, 5), torch.tensor([1, 1]), r"x: got shape \(2, 3, 5\)"),
    (torch.randn(2, 0, 4), torch.tensor([0, 0]), r"x: got shape \(2, 0, 4\)"),
    (torch.randn(0, 3, 4), torch.zeros(0).long(), r"x: got shape \(0, 3, 4\)"),
    (torch.randn(2, 3, 4), torch.tensor([1]), r"lengths: got shape \(1,\), expected \(2,\)"),
    (torch.randn(2, 3, 4), torch.tensor([1, 4]), r"lengths: got 1 to 4, expected 0 to 3"),
    (torch.randn(2, 3, 4), torch.tensor([-1, 3]), r"lengths: got -1 to 3, expected 0 to 3"),
]


@pytest.mark.parametrize(("x", "lengths", "message"), BAD)
def test_what_is_no_padded_batch_is_refused(x, lengths, message):
    layer = nn.RNN(4, 2, batch_first=True)
    with pytest.raises(ValueError, match=message):
        by_hand.unroll(x, lengths, *by_hand.weights_of(layer))
    with pytest.raises(ValueError, match=message):
        by_hand.read_packed(layer, x, lengths)


# --- back through time ---------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 3, 4, 7, 100])
def test_truncated_backpropagation_is_a_run_chunk_by_chunk(size):
    weights = [torch.randn(s, requires_grad=True) for s in ((4, 3), (4, 4), (4,))]
    x = torch.randn(2, 7, 3, requires_grad=True)
    ours = by_hand.unroll_in_chunks(x, size, *weights)
    torch.testing.assert_close(ours, by_hand.unroll(x, torch.tensor([7, 7]), *weights))
    share, inputs = torch.randn_like(ours), [x, *weights]
    gradients = torch.autograd.grad((ours * share).sum(), inputs)
    a, expected = torch.zeros(2, 4), [torch.zeros_like(t) for t in inputs]
    for begin in range(0, 7, size):  # each chunk for itself, from a state that is just numbers
        states = []
        for t in range(begin, min(begin + size, 7)):
            a = torch.tanh(a @ weights[1].T + x[:, t] @ weights[0].T + weights[2])
            states.append(a)
        loss = (torch.stack(states, dim=1) * share[:, begin : begin + size]).sum()
        for total, part in zip(expected, torch.autograd.grad(loss, inputs), strict=True):
            total += part
        a = a.detach()
    for one, other in zip(gradients, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_the_gradient_stops_where_the_chunk_begins():
    weights = by_hand.weights_of(nn.RNN(3, 4))
    x = torch.randn(1, 7, 3, requires_grad=True)
    (cut,) = torch.autograd.grad(by_hand.unroll_in_chunks(x, 3, *weights)[:, 5].sum(), [x])
    (whole,) = torch.autograd.grad(by_hand.unroll_in_chunks(x, 7, *weights)[:, 5].sum(), [x])
    assert cut[0, :3].abs().max() == 0 < whole[0, :3].abs().max()
    torch.testing.assert_close(cut[0, 3:], whole[0, 3:])


def test_a_state_can_be_handed_from_one_call_to_the_next():
    weights = by_hand.weights_of(nn.RNN(3, 4))
    x = torch.randn(2, 6, 3)
    first = by_hand.unroll_in_chunks(x[:, :2], 2, *weights)
    rest = by_hand.unroll_in_chunks(x[:, 2:], 2, *weights, a=first[:, -1])
    whole = by_hand.unroll_in_chunks(x, 2, *weights)
    torch.testing.assert_close(torch.cat([first, rest], dim=1), whole)
    with pytest.raises(ValueError, match="size: got 0, expected 1 step or more"):
        by_hand.unroll_in_chunks(x, 0, *weights)


def test_influence_is_the_norm_of_the_jacobian():
    weights = [w.detach() for w in by_hand.weights_of(nn.RNN(3, 5))]
    x = torch.randn(2, 8, 3)
    ours = by_hand.influence(x, *weights)
    for row in range(2):

        def states(first, row=row):
            rest = torch.cat([first, x[row : row + 1, 1:]], dim=1)
            return by_hand.unroll(rest, torch.tensor([8]), *weights)[0]

        whole = jacobian(states, x[row : row + 1, :1])  # (T, h, 1, 1, n)
        torch.testing.assert_close(ours[row], whole.flatten(start_dim=1).norm(dim=1))
    assert (ours > 0).all()


def test_without_state_weights_the_first_step_has_no_influence():
    """The control: a state that carries nothing."""
    w_ax, w_aa, b = (w.detach() for w in by_hand.weights_of(nn.RNN(3, 5)))
    ours = by_hand.influence(torch.randn(2, 8, 3), w_ax, torch.zeros_like(w_aa), b)
    assert (ours[:, 0] > 0).all()
    assert (ours[:, 1:] == 0).all()


@pytest.mark.book("sec-2.6.1-cost")
def test_any_length_takes_the_same_weights():
    """Its time is measured in `gated`."""
    layer = nn.RNN(3, 5, batch_first=True)
    count = sum(p.numel() for p in layer.parameters())
    for T in (1, 10, 1000):
        states, _ = by_hand.read_packed(layer, torch.randn(1, T, 3), torch.tensor([T]))
        assert states.shape == (1, T, 5)
    assert count == sum(p.numel() for p in layer.parameters()) == 5 * 3 + 5 * 5 + 2 * 5


# --- the pictures --------------------------------------------------------------------------------


def texts_of(figure):
    return [text.get_text() for ax in figure.axes for text in ax.texts]


@pytest.mark.book("fig-2.14")
def test_unrolled_has_a_column_for_each_token():
    figure = figures.unrolled(["a", "good", "film"])
    texts = texts_of(figure)
    for t, word in enumerate(("a", "good", "film"), start=1):
        assert texts.count(word) == 1
        for letter in "axy":
            assert texts.count(f"${letter}^{{<{t}>}}$") == 1
    assert "$a^{<4>}$" not in texts
    assert "3 copies of the cell" in alt_text(figure)
    for tokens in ([], ["x"] * 8):
        with pytest.raises(ValueError, match=f"tokens: got {len(tokens)} of them, expected 1 to 7"):
            figures.unrolled(tokens)


@pytest.mark.book("fig-2.15")
def test_the_cell_is_drawn_with_all_its_parts():
    figure = figures.cell()
    texts = texts_of(figure)
    for part in (
        "$W_{aa}$",
        "$W_{ax}$",
        "$b_a$",
        "tanh",
        "$W_{ya}$, $b_y$",
        "$a^{<t-1>}$",
        "$a^{<t>}$",
        "$x^{<t>}$",
        "$y^{<t>}$",
    ):
        assert texts.count(part) == 1, part
    assert "tanh and is the new state" in alt_text(figure)


@pytest.mark.book("sec-2.6", "fig-2.16", "fig-2.18", "fig-2.19")
def test_the_four_types_have_their_inputs_and_outputs():
    """As a map; each is trained in its own part."""
    figure = figures.types()
    titles = [ax.get_title() for ax in figure.axes]
    kinds = ("Many to one", "One to many", "Many to many", "Encoder-decoder")
    for title, kind in zip(titles, kinds, strict=True):
        assert title.startswith(kind)
    heights = [
        [text.get_position()[1] > 0 for text in ax.texts if text.get_text()] for ax in figure.axes
    ]
    shown = [sum(above) for above in heights]
    read = [len(above) - sum(above) for above in heights]
    assert list(zip(read, shown, strict=True)) == [(4, 1), (1, 4), (4, 4), (3, 3)]
    assert "after the last" in alt_text(figure)
