"""The task: what is on this photo? Cut-outs pasted on backgrounds, and splits that keep apart.

    scene = mask * colour + (1 - mask) * background

Two things would flatter a model: the same photo on both sides of a split, and the same background.
So a photo is in training or in the test, never in both, however often it is pasted; training
scenes get the left part of a landscape or textures of ours, test scenes its right part or other
textures. Letters: N photos, V views of each, S pixels a side.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional as F

from workshop.core.checks import expect
from workshop.day2.transfer.pictures import CutOut, cut_outs, landscape


def paste(colour: Tensor, mask: Tensor, background: Tensor, top: int, left: int) -> Tensor:
    """Lay a cut-out on a background, its first row and column at (top, left).

    colour (3, h, w), mask (h, w): 1 on the thing, 0 beside it, between at its edge; background
    (3, H, W) -> a new picture (3, H, W).
    """
    h, w = mask.shape
    scene = background.clone()
    under = background[:, top : top + h, left : left + w]
    scene[:, top : top + h, left : left + w] = mask * colour + (1 - mask) * under
    return scene


def texture(size: int, generator: torch.Generator) -> Tensor:
    """A background of ours, (3, size, size) in [0, 1]: clouds, stripes or a shade, in two colours."""
    kind = int(torch.randint(3, (1,), generator=generator))
    one, other = torch.rand(2, 3, 1, 1, generator=generator)
    ramp = torch.linspace(-1, 1, size)
    angle = 6.28 * torch.rand(1, generator=generator)
    across = ramp[:, None] * angle.sin() + ramp * angle.cos()
    if kind == 0:  # noise on several scales, the coarse ones stronger
        amount = torch.zeros(size, size)
        for cells in (3, 6, 12, 24, 48):
            noise = torch.rand(1, 1, cells, cells, generator=generator)
            amount += (
                2 * F.interpolate(noise, size=(size, size), mode="bilinear")[0, 0] / cells**0.7
            )
        amount = (amount - amount.min()) / (amount.max() - amount.min())
    elif kind == 1:
        waves = 3 + 12 * torch.rand(1, generator=generator)
        amount = (waves * across).sin().mul(4).sigmoid()
    else:
        amount = (across + 1.5) / 3
    grain = 0.04 * torch.randn(3, size, size, generator=generator)
    return (one + (other - one) * amount + grain).clamp(0, 1)


def scene(photo: CutOut, size: int, land: Tensor, generator: torch.Generator) -> Tensor:
    """A photo at a random size and place, perhaps mirrored, on a random background: (3, S, S).

    land (3, H, W) bytes: half of the backgrounds are cut from it.
    """
    if torch.rand(1, generator=generator) < 0.5:
        background = texture(size, generator)
    else:
        cut = int(torch.randint(60, 201, (1,), generator=generator))
        top, left = (
            int(torch.randint(side - cut + 1, (1,), generator=generator)) for side in land.shape[1:]
        )
        background = resize(land[:, top : top + cut, left : left + cut], size, size)
    h, w = photo.mask.shape
    share = 0.5 + 0.45 * torch.rand(1, generator=generator).item()
    h, w = (max(round(side * share * size / max(h, w)), 1) for side in (h, w))
    colour, mask = resize(photo.colour, h, w), resize(photo.mask[None], h, w)[0]
    if torch.rand(1, generator=generator) < 0.5:
        colour, mask = colour.flip(2), mask.flip(1)
    top, left = (int(torch.randint(size - side + 1, (1,), generator=generator)) for side in (h, w))
    return paste(colour, mask, background, top, left)


def resize(image: Tensor, h: int, w: int) -> Tensor:
    """Bytes (C, H, W) -> floats (C, h, w) in [0, 1]."""
    x = image[None].float() / 255
    return F.interpolate(x, size=(h, w), mode="bilinear", antialias=True)[0].clamp(0, 1)


@dataclass(frozen=True, eq=False)
class Scenes:
    """Every photo, pasted V times for training and once for the test.

    train (N, V, 3, S, S), test (N, 3, S, S) in [0, 1]; y (N,), the place of its kind in KINDS.
    """

    train: Tensor
    test: Tensor
    y: Tensor
    names: tuple[str, ...]

    def to(self, device: str | torch.device) -> Scenes:
        """The same on `device`."""
        train, test, y = (part.to(device) for part in (self.train, self.test, self.y))
        return replace(self, train=train, test=test, y=y)


def make_scenes(*, size: int, views: int, seed: int) -> Scenes:
    """Paste all photos; each view of each photo on a background of its own."""
    generator = torch.Generator().manual_seed(seed)
    photos, land = cut_outs(), landscape()
    # 40 columns between the two parts are left out, so that not even neighbours are shared.
    left, right = land[:, :, :300], land[:, :, 340:]
    train = [
        torch.stack([scene(photo, size, left, generator) for _ in range(views)]) for photo in photos
    ]
    test = torch.stack([scene(photo, size, right, generator) for photo in photos])
    y = torch.tensor([photo.y for photo in photos])
    return Scenes(torch.stack(train), test, y, tuple(photo.name for photo in photos))


def folds(y: Tensor, count: int, *, seed: int) -> list[tuple[Tensor, Tensor]]:
    """Split photos `count` times in two: (training, test), each photo in the test exactly once.

    y (N,) kinds; each kind is split evenly. Returns the numbers of the photos, both sorted.

    Raises:
        ValueError: a kind has fewer photos than there are folds, or one fold alone.
    """
    smallest = int(y.bincount().min())
    expect(2 <= count <= smallest, "folds", count, f"2 to {smallest}, the photos of a kind")
    generator = torch.Generator().manual_seed(seed)
    place, start = torch.empty_like(y), 0
    for kind in y.unique():
        members = (y == kind).nonzero()[:, 0]
        members = members[torch.randperm(len(members), generator=generator)]
        # The next kind goes on where this one stopped, so that the folds are of one size.
        place[members] = (torch.arange(len(members)) + start) % count
        start += len(members)
    return [((place != k).nonzero()[:, 0], (place == k).nonzero()[:, 0]) for k in range(count)]
