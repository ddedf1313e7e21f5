"""`cnn`: by hand against torch and scipy, the book's figures, shifts, what units see."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from workshop.core.data import load
from workshop.core.training import count_correct, evaluate
from workshop.day2 import cnn
from workshop.day2.cnn import by_hand, invariance, model
from workshop.day2.cnn.full_size import find_fashion_mnist

# --- convolution ---------------------------------------------------------------------------------

FIG_2_12 = [[1, 4, 3, 4, 1], [1, 2, 4, 3, 3], [1, 2, 3, 4, 1], [1, 3, 3, 1, 1], [3, 3, 1, 1, 0]]


@pytest.mark.book("fig-2.12")
def test_the_7_by_7_image_gives_the_book_s_feature_map():
    assert by_hand.IMAGE.int().tolist() == [
        [int(cell) for cell in row]
        for row in ("0111000", "0011100", "0001110", "0001100", "0011000", "0110000", "1100000")
    ]
    assert by_hand.KERNEL.tolist() == [[1, 0, 1], [0, 1, 0], [1, 0, 1]]
    assert by_hand.correlate(by_hand.IMAGE, by_hand.KERNEL).tolist() == FIG_2_12
    image, kernel = by_hand.IMAGE[None, None], by_hand.KERNEL[None, None]
    assert by_hand.convolve(image, kernel, torch.zeros(1), 1, 0)[0, 0].tolist() == FIG_2_12
    assert by_hand.conv2d(image, kernel)[0, 0].tolist() == FIG_2_12


CONVOLUTIONS = [  # x, weight, stride, padding, dilation, groups
    ((1, 1, 5, 5), (1, 1, 3, 3), 1, 0, 1, 1),
    ((2, 3, 8, 6), (4, 3, 3, 3), 1, 1, 1, 1),
    ((2, 3, 9, 7), (4, 3, 3, 2), 2, 1, 1, 1),
    ((2, 2, 11, 9), (3, 2, 3, 3), 1, 0, 3, 1),
    ((2, 4, 7, 7), (6, 2, 3, 3), 1, 2, 1, 2),
    ((2, 4, 7, 7), (8, 1, 3, 3), 2, 1, 1, 4),  # depthwise: each channel by itself
    ((3, 6, 10, 11), (9, 2, 2, 4), 3, 3, 2, 3),  # all at once
    ((1, 5, 1, 1), (2, 5, 1, 1), 1, 0, 1, 1),  # a single pixel
    ((2, 1, 4, 4), (1, 1, 4, 4), 1, 0, 1, 1),  # a single place
]


@pytest.mark.book("ex-5")
@pytest.mark.parametrize(
    ("shape", "kernels", "stride", "padding", "dilation", "groups"), CONVOLUTIONS
)
@pytest.mark.parametrize("with_bias", [True, False])
def test_convolutions_equal_conv2d_in_value_and_gradient(
    shape, kernels, stride, padding, dilation, groups, with_bias
):
    x, weight = (torch.randn(s, dtype=torch.float64, requires_grad=True) for s in (shape, kernels))
    bias = torch.randn(kernels[0], dtype=torch.float64, requires_grad=True) if with_bias else None
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    expected = F.conv2d(x, weight, bias, **options)
    ours = [by_hand.conv2d(x, weight, bias, **options)]
    if with_bias and dilation == groups == 1:
        ours.append(by_hand.convolve(x, weight, bias, stride, padding))
    inputs = [x, weight, *([bias] if with_bias else [])]
    pull = torch.randn_like(expected)
    wanted = torch.autograd.grad((expected * pull).sum(), inputs)
    for got in ours:
        torch.testing.assert_close(got, expected)
        torch.testing.assert_close(torch.autograd.grad((got * pull).sum(), inputs), wanted)
    sizes = [
        by_hand.output_size(size, k, stride, padding, dilation)
        for size, k in zip(shape[2:], kernels[2:], strict=True)
    ]
    assert list(expected.shape[2:]) == sizes


@pytest.mark.book("ex-5")
def test_the_size_formula_is_right_for_every_small_case():
    line = torch.zeros(1, 1, 12)
    for k, stride, padding, dilation in (
        (k, s, p, d)
        for k in range(1, 5)
        for s in range(1, 5)
        for p in range(4)
        for d in range(1, 4)
    ):
        if dilation * (k - 1) + 1 <= 12 + 2 * padding:
            made = F.conv1d(line, torch.zeros(1, 1, k), None, stride, padding, dilation).shape[2]
            assert by_hand.output_size(12, k, stride, padding, dilation) == made


@pytest.mark.book("ex-5")
@pytest.mark.parametrize("k", [1, 3, 5, 7])
def test_padding_keeps_the_size_for_odd_kernels_at_stride_1(k):
    assert by_hand.output_size(28, k, 1, (k - 1) // 2, 1) == 28
    assert by_hand.output_size(28, k + 1, 1, k // 2, 1) != 28  # an even kernel: never
    assert by_hand.output_size(28, k, 2, (k - 1) // 2, 1) == 14


@pytest.mark.book("note-16")
@pytest.mark.parametrize(
    ("image", "kernel"), [((7, 9), (3, 3)), ((5, 6), (2, 4)), ((3, 3), (1, 1))]
)
def test_cross_correlation_flipped_is_convolution(image, kernel):
    from scipy import signal

    image, kernel = (torch.randn(s, dtype=torch.float64) for s in (image, kernel))
    across = signal.correlate2d(image.numpy(), kernel.numpy(), mode="valid")
    turned = signal.convolve2d(image.numpy(), kernel.numpy(), mode="valid")
    torch.testing.assert_close(by_hand.correlate(image, kernel), torch.from_numpy(across))
    torch.testing.assert_close(by_hand.true_convolution(image, kernel), torch.from_numpy(turned))


@pytest.mark.book("fig-2.12", "note-16")
def test_the_book_s_kernel_is_its_own_flip_so_it_cannot_tell():
    assert torch.equal(by_hand.KERNEL, by_hand.KERNEL.flip(dims=(0, 1)))
    asymmetric = torch.tensor([[1.0, 2, 0], [0, 1, 0], [0, 0, 3]])
    across = by_hand.correlate(by_hand.IMAGE, asymmetric)
    assert not torch.equal(across, by_hand.true_convolution(by_hand.IMAGE, asymmetric))


def test_convolutions_that_do_not_fit_say_what_they_got():
    x, weight = torch.zeros(1, 4, 5, 5), torch.zeros(6, 4, 3, 3)
    for options, message in (
        ((x[0], weight), r"got x \(4, 5, 5\)"),
        ((x, weight[:, :3]), "got 4 channels, 6 filters of 3 channels and 1 groups"),
        ((x[..., :2], weight), "got 5 by 2 pixels.*covers 3 by 3"),
    ):
        with pytest.raises(ValueError, match=message):
            by_hand.conv2d(*options)
    with pytest.raises(ValueError, match="expected channels = 4"):
        by_hand.conv2d(x, weight, groups=4)
    with pytest.raises(ValueError, match="stride 0"):
        by_hand.conv2d(x, weight, stride=0)


# --- pooling, receptive field --------------------------------------------------------------------


@pytest.mark.book("sec-2.4.3")
@pytest.mark.parametrize(
    ("shape", "size"), [((2, 3, 6, 6), 2), ((1, 2, 7, 9), 3), ((1, 1, 1, 1), 1)]
)
def test_pooling_equals_torch_in_value_and_gradient(shape, size):
    x = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    for ours, theirs in (
        (by_hand.max_pool, nn.MaxPool2d(size)),
        (by_hand.avg_pool, nn.AvgPool2d(size)),
    ):
        got, expected = ours(x, size), theirs(x)
        torch.testing.assert_close(got, expected)
        pull = torch.randn_like(expected)
        torch.testing.assert_close(
            torch.autograd.grad((got * pull).sum(), x),
            torch.autograd.grad((expected * pull).sum(), x),
        )


@pytest.mark.book("fig-2.11")
def test_relu_and_maximum_pooling_commute():
    x = torch.randn(2, 3, 8, 8)
    assert torch.equal(by_hand.max_pool(x.relu(), 2), by_hand.max_pool(x, 2).relu())
    assert not torch.equal(by_hand.avg_pool(x.relu(), 2), by_hand.avg_pool(x, 2).relu())


@pytest.mark.book("sec-2.4.2")
def test_without_a_detector_two_convolutions_are_one():
    from scipy import signal

    image, one, two = (torch.randn(n, n, dtype=torch.float64) for n in (9, 3, 3))
    both = torch.from_numpy(signal.convolve2d(one.numpy(), two.numpy()))
    single = by_hand.correlate(image, both)
    torch.testing.assert_close(by_hand.correlate(by_hand.correlate(image, one), two), single)
    bent = by_hand.correlate(by_hand.correlate(image, one).relu(), two)
    assert not torch.allclose(bent, single)


@pytest.mark.parametrize("layers", [[(3, 1)], [(3, 1), (2, 2)], [(5, 1), (2, 2), (3, 2), (3, 1)]])
def test_the_receptive_field_is_what_the_gradients_reach(layers):
    parts = [nn.Conv2d(1, 1, kernel, stride) for kernel, stride in layers]
    for part in parts:
        nn.init.constant_(part.weight, 1.0)
    field = by_hand.receptive_field(layers)
    x = torch.zeros(1, 1, field, field, requires_grad=True)
    out = nn.Sequential(*parts)(x)
    assert out.shape[2:] == (1, 1)  # one unit, and nothing to spare
    (gradient,) = torch.autograd.grad(out.sum(), x)
    assert (gradient > 0).all()


def test_a_unit_sees_as_many_pixels_as_the_formula_says():
    torch.manual_seed(0)
    net = model.CNN(width=4).eval()
    for blocks, row in ((1, 5), (2, 3), (3, 1)):
        field = by_hand.receptive_field([(3, 1), (2, 2)] * blocks)
        seen = invariance.pixels_seen(net.blocks[:blocks], 28, row, row)
        rows = seen.any(dim=1).nonzero()[:, 0]
        assert len(rows) == rows[-1] - rows[0] + 1 == field
        assert seen.sum() == field**2


# --- shifts --------------------------------------------------------------------------------------


@pytest.mark.book("fig-2.13")
def test_an_l_one_pixel_down_gives_the_same_pooled_map():
    found, detected, pooled = invariance.find_corner(invariance.letter_l())
    moved_found, moved_detected, moved_pooled = invariance.find_corner(invariance.letter_l(row=2))
    assert detected.sum() == moved_detected.sum() == 1  # found once, in one place
    assert found.max() == moved_found.max() == 1
    assert torch.equal(moved_detected, invariance.shift(detected, 1, 0))  # equivariant
    assert torch.equal(pooled, moved_pooled)  # invariant
    assert pooled.sum() == 1


@pytest.mark.book("note-17")
def test_the_invariance_ends_at_the_edge_of_the_square():
    def pooled(row, pool=2):
        return invariance.find_corner(invariance.letter_l(row=row), pool)[2]

    assert not torch.equal(pooled(1), pooled(3))  # two pixels: the pooled map moves along
    assert torch.equal(pooled(3), invariance.shift(pooled(1), 1, 0))
    assert not torch.equal(pooled(2), pooled(3))  # one pixel, but across an edge
    assert all(torch.equal(pooled(1, 8), pooled(row, 8)) for row in range(7))  # one square for all


@pytest.mark.book("sec-2.4")
@pytest.mark.parametrize(("down", "right"), [(0, 0), (1, 0), (-2, 3), (4, -5)])
def test_a_convolution_is_equivariant(down, right):
    x = torch.zeros(2, 3, 20, 20)
    x[:, :, 7:13, 7:13] = torch.randn(2, 3, 6, 6)
    weight = torch.randn(4, 3, 3, 3)
    of_moved = F.conv2d(invariance.shift(x, down, right), weight, padding=1)
    moved = invariance.shift(F.conv2d(x, weight, padding=1), down, right)
    torch.testing.assert_close(of_moved, moved)


def test_shift_drops_what_leaves_and_refuses_to_lose_all():
    x = torch.arange(1.0, 10).reshape(1, 1, 3, 3)
    assert invariance.shift(x, 1, 0)[0, 0].tolist() == [[0, 0, 0], [1, 2, 3], [4, 5, 6]]
    assert invariance.shift(x, 0, -2)[0, 0].tolist() == [[3, 0, 0], [6, 0, 0], [9, 0, 0]]
    assert torch.equal(invariance.shift(x, 0, 0), x)
    with pytest.raises(ValueError, match="got a shift by 3 and 0"):
        invariance.shift(x, 3, 0)
    with pytest.raises(ValueError, match="got row 7, column 2; expected 0 to 6"):
        invariance.letter_l(row=7)


def test_shifted_scores_count_all_four_ways():
    test = load("mnist5k").test
    scores = invariance.score_shifted(model.mlp(), test, 2)
    assert scores.total == 4 * len(test)


def test_pixels_are_shuffled_in_one_order_for_all_images():
    test = load("mnist5k").test
    mixed = invariance.shuffle_pixels(test, seed=3)
    assert mixed.x.shape == test.x.shape
    assert torch.equal(mixed.y, test.y)
    assert torch.equal(mixed.x.flatten(1).sort(dim=1).values, test.x.flatten(1).sort(dim=1).values)
    places = torch.arange(784.0).reshape(1, 1, 28, 28).repeat(2, 1, 1, 1)
    orders = invariance.shuffle_pixels(type(test)(places, test.y[:2]), seed=3).x.flatten(1)
    assert torch.equal(orders[0], orders[1])
    assert not torch.equal(orders[0], torch.arange(784.0))
    assert torch.equal(mixed.x.flatten(1)[5], test.x.flatten(1)[5][orders[0].long()])


# --- the networks --------------------------------------------------------------------------------


def test_the_cnn_is_its_parts_by_hand():
    """Block by block, in evaluation mode, with the convolution and the pooling of by_hand.py."""
    torch.manual_seed(1)
    net = model.CNN(width=2).eval()
    for norm in (part for part in net.modules() if isinstance(part, nn.BatchNorm2d)):
        norm.running_mean.normal_()
        norm.running_var.uniform_(0.5, 2)
        nn.init.normal_(norm.weight, 1.0)
        nn.init.normal_(norm.bias)
    x = torch.randn(3, 1, 28, 28)
    with torch.no_grad():
        expected, z = net(x), x
        for conv, _, norm, _ in net.blocks:
            z = by_hand.max_pool(by_hand.conv2d(z, conv.weight, padding=1), 2)
            mean, var = (m[:, None, None] for m in (norm.running_mean, norm.running_var))
            z = (z - mean) / (var + norm.eps).sqrt()
            z = torch.relu(z * norm.weight[:, None, None] + norm.bias[:, None, None])
        torch.testing.assert_close(net.head(z.flatten(1)), expected, rtol=1e-4, atol=1e-4)
    assert expected.shape == (3, 10)


def test_build_augments_in_training_only():
    net, x = model.build("cnn", width=2, augment=True), torch.rand(4, 1, 28, 28)
    net.eval()
    assert torch.equal(net[0](x), x)
    net.train()
    assert not torch.equal(net[0](x), x)
    with pytest.raises(ValueError, match="got 'rnn', expected 'cnn' or 'mlp'"):
        model.build("rnn")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": 0}, "epochs: got 0"),
        ({"shift": 30}, "shift: got 30"),
        ({"lr": 0.0}, "lr: got 0"),
    ],
)
def test_config_refuses_what_cannot_be_trained(settings, message):
    with pytest.raises(ValueError, match=message):
        cnn.Config(**settings)


def test_twenty_augmented_epochs_reach_980_of_1000_digits():
    """`workshop run cnn --set epochs=20 --set augment=true`, its CNN."""
    digits = load("mnist5k")
    net = model.build("cnn", seed=0, augment=True)
    model.train(net, digits.development, epochs=20, lr=cnn.Config().lr, seed=0)
    assert evaluate(net, digits.test, metrics={"accuracy": count_correct})["accuracy"] >= 0.980


@pytest.mark.skipif(find_fashion_mnist() is None, reason="the full Fashion-MNIST is not here")
def test_the_full_fashion_mnist_is_learned_where_its_files_are():
    result = cnn.run(cnn.Config(epochs=1, full=True))
    assert result["full_fashion_accuracy"] >= 0.905
