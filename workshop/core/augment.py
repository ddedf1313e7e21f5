"""Random affine changes of whole batches of images: turned, moved and scaled, each its own way.

A thousand images at once cost little more than one: torchvision's transforms, which the lessons
show too, change one image at a time.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def random_affine(
    x: Tensor,
    generator: torch.Generator | None = None,
    degrees: float = 10.0,
    translate: float = 0.08,
    scale: float = 0.1,
) -> Tensor:
    """Turn, move and scale every image of a batch at random, each in its own way.

    Args:
        x: (B, C, H, W) floats, on any device.
        generator: of the random numbers, on the CPU, so that a seed means the same on every device;
            None takes torch's own.
        degrees: images are turned by at most so many degrees, either way.
        translate: they are moved by at most this share of their height and of their width.
        scale: their size is changed by a factor between 1 - scale and 1 + scale.

    Returns:
        (B, C, H, W): what comes in from outside of the image is 0; between pixels, values are
        interpolated.

    Raises:
        ValueError: x of another shape, or numbers out of range.
    """
    if x.ndim != 4 or not x.is_floating_point():
        raise ValueError(
            f"x: got {x.dtype} of shape {tuple(x.shape)}, expected floats (B, C, H, W)"
        )
    _check(degrees, translate, scale)
    count, _, height, width = x.shape
    angle, right, down, size = (2 * torch.rand(4, count, generator=generator) - 1).unbind()
    angle, size = math.radians(degrees) * angle, 1 + scale * size
    # The matrix says from where each place of the new image is taken, in units of half the image.
    # In these units a turn of an image that is not square is not a turn: hence the ratios.
    cos, sin = angle.cos() / size, angle.sin() / size
    rows = [cos, sin * height / width, 2 * translate * right,
            -sin * width / height, cos, 2 * translate * down]  # fmt: skip
    theta = torch.stack(rows, dim=1).reshape(count, 2, 3).to(x.device, x.dtype)
    grid = F.affine_grid(theta, list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def _check(degrees: float, translate: float, scale: float) -> None:
    limits = {"degrees": (degrees, 180), "translate": (translate, 1), "scale": (scale, 0.99)}
    for name, (value, most) in limits.items():
        if not 0 <= value <= most:
            raise ValueError(f"{name}: got {value}, expected 0 to {most}")


class RandomAffine(nn.Module):
    """`random_affine` as a layer: it acts in training mode only, like dropout.

    Put it before a model, nn.Sequential(RandomAffine(seed=0), model), and `fit` augments every batch
    while `evaluate` leaves the images as they are.
    """

    def __init__(
        self, *, seed: int, degrees: float = 10.0, translate: float = 0.08, scale: float = 0.1
    ) -> None:
        """Keep the ranges, and a generator of its own; see `random_affine`."""
        super().__init__()
        _check(degrees, translate, scale)
        self.ranges = {"degrees": degrees, "translate": translate, "scale": scale}
        self.generator = torch.Generator().manual_seed(seed)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C, H, W)."""
        return random_affine(x, self.generator, **self.ranges) if self.training else x
