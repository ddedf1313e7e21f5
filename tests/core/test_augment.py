"""Random affine changes of a batch: against torchvision, by hand, and what they never do."""

import pytest
import torch
from torch import nn

from workshop.core.augment import RandomAffine, random_affine
from workshop.core.data import load


class Fixed:
    """Stands in for torch.rand: the four random numbers of every image, -1 to 1."""

    def __init__(self, angle=0.0, right=0.0, down=0.0, size=0.0):
        self.values = torch.tensor([angle, right, down, size])

    def __call__(self, four, count, generator=None):
        return (self.values[:, None].repeat(1, count) + 1) / 2


def test_without_any_range_nothing_changes():
    x = torch.rand(3, 2, 9, 7)
    torch.testing.assert_close(random_affine(x, None, 0.0, 0.0, 0.0), x)


@pytest.mark.parametrize(("right", "down"), [(1, 0), (0, 1), (-1, 1)])
def test_moving_by_whole_pixels_moves_by_whole_pixels(monkeypatch, right, down):
    x = torch.zeros(1, 1, 10, 20)
    x[0, 0, 4, 9] = 1
    monkeypatch.setattr(torch, "rand", Fixed(right=right, down=down))
    got = random_affine(x, None, 0.0, 0.1, 0.0)  # a tenth: 1 of 10 rows, 2 of 20 columns
    # The grid says where each pixel comes from, so a step to the right moves the image to the left.
    assert got[0, 0, 4 - down, 9 - 2 * right].item() == pytest.approx(1, abs=1e-4)
    assert got.sum().item() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize(("height", "width"), [(28, 28), (20, 32)])
@pytest.mark.parametrize("angle", [-30.0, 12.0, 90.0])
def test_turning_and_scaling_equal_torchvision(monkeypatch, height, width, angle):
    from torchvision.transforms.v2 import functional as tv

    x = torch.rand(2, 3, height, width)
    for size in (0.0, 0.5, -0.5):
        monkeypatch.setattr(torch, "rand", Fixed(angle=angle / 180, size=size))
        got = random_affine(x, None, 180.0, 0.0, 0.4)
        expected = tv.affine(
            x, angle=angle, translate=[0, 0], scale=1 + 0.4 * size, shear=[0.0, 0.0],
            interpolation=tv.InterpolationMode.BILINEAR,
        )  # fmt: skip
        torch.testing.assert_close(got, expected, atol=2e-3, rtol=0)


def test_every_image_its_own_way_and_a_seed_means_the_same_again():
    x = load("mnist5k").validation.x[:1].repeat(6, 1, 1, 1)
    first = random_affine(x, torch.Generator().manual_seed(4))
    again = random_affine(x, torch.Generator().manual_seed(4))
    other = random_affine(x, torch.Generator().manual_seed(5))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert len({image.numpy().tobytes() for image in first}) == 6
    assert first.shape == x.shape
    assert first.min() >= 0
    assert first.max() <= 1 + 1e-6


def test_what_is_drawn_stays_within_the_ranges():
    """A dot at the middle moves by at most the share that was allowed, and in all directions."""
    x = torch.zeros(500, 1, 21, 21)
    x[:, :, 10, 10] = 1
    moved = random_affine(x, torch.Generator().manual_seed(0), 0.0, 0.2, 0.0)
    places = torch.arange(21.0)
    rows, columns = ((moved.sum(dim=(1, dim)) * places).sum(dim=1) - 10 for dim in (3, 2))
    for distance in (rows, columns):
        assert distance.abs().max() <= 0.2 * 21 + 1e-3
        assert distance.min() < -3.8
        assert distance.max() > 3.8


@pytest.mark.parametrize(
    ("x", "ranges", "message"),
    [
        (torch.zeros(1, 28, 28), {}, r"of shape \(1, 28, 28\), expected floats"),
        (torch.zeros(1, 1, 8, 8, dtype=torch.uint8), {}, r"got torch\.uint8"),
        (torch.zeros(1, 1, 8, 8), {"degrees": -1}, "degrees: got -1, expected 0 to 180"),
        (torch.zeros(1, 1, 8, 8), {"translate": 2}, "translate: got 2"),
        (torch.zeros(1, 1, 8, 8), {"scale": 1.0}, r"scale: got 1\.0"),
    ],
)
def test_bad_input_is_refused(x, ranges, message):
    with pytest.raises(ValueError, match=message):
        random_affine(x, **ranges)


def test_as_a_layer_it_acts_in_training_only_and_lets_gradients_through():
    layer, x = RandomAffine(seed=0), torch.rand(4, 1, 8, 8, requires_grad=True)
    model = nn.Sequential(layer, nn.Flatten(), nn.Linear(64, 2))
    model.eval()
    assert torch.equal(layer(x), x)
    model.train()
    changed = layer(x)
    assert not torch.equal(changed, x)
    assert not torch.equal(changed, layer(x))  # anew every time
    changed.sum().backward()
    assert x.grad.abs().sum() > 0
    assert torch.equal(RandomAffine(seed=0).train()(x), changed)
    with pytest.raises(ValueError, match="degrees: got 200"):
        RandomAffine(seed=0, degrees=200)
