"""Where pooling forgives a shift and where it does not, and what a CNN takes for granted.

A convolution is equivariant: where the image moves, the feature map moves along. Pooling adds
invariance, no change at all, but only to shifts that stay inside of its squares (note-17).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from workshop.core.data import Split
from workshop.core.training import Scores, count_correct, evaluate
from workshop.day2.cnn.by_hand import convolve, max_pool

# Figure 2.13: a kernel for the corner of an L: ink above and to the right, none between them.
CORNER = torch.tensor([[1.0, -1, -1], [1, -1, -1], [1, 1, 1]])
THRESHOLD = torch.tensor([-4.0])  # all five pixels of ink give 5, so what is left says 'here'


def letter_l(row: int = 1, column: int = 2, size: int = 10) -> Tensor:
    """The letter L, 4 pixels high and 3 wide, its upper end at (row, column): (1, 1, size, size)."""
    if not (0 <= row <= size - 4 and 0 <= column <= size - 3):
        raise ValueError(
            f"got row {row}, column {column}; expected 0 to {size - 4} and 0 to {size - 3}, so that "
            f"the L is inside of the {size} by {size} pixels"
        )
    image = torch.zeros(1, 1, size, size)
    image[0, 0, row : row + 4, column] = 1
    image[0, 0, row + 3, column : column + 3] = 1
    return image


def find_corner(image: Tensor, pool: int = 2) -> tuple[Tensor, Tensor, Tensor]:
    """The three stages on images (B, 1, H, W): feature map, what the detector leaves, pooled map."""
    found = convolve(image, CORNER[None, None], THRESHOLD, 1, 0)
    detected = torch.relu(found)
    return found, detected, max_pool(detected, pool)


def shift(x: Tensor, down: int, right: int) -> Tensor:
    """Move images (B, C, H, W) by whole pixels; what leaves is lost, what comes in is 0.

    Raises:
        ValueError: nothing would be left.
    """
    height, width = x.shape[-2:]
    if abs(down) >= height or abs(right) >= width:
        raise ValueError(f"got a shift by {down} and {right}, expected less than {height}, {width}")
    moved = torch.zeros_like(x)
    moved[..., max(down, 0) : height + min(down, 0), max(right, 0) : width + min(right, 0)] = x[
        ..., max(-down, 0) : height - max(down, 0), max(-right, 0) : width - max(right, 0)
    ]
    return moved


def score_shifted(model: nn.Module, data: Split, pixels: int) -> Scores:
    """Score `model` on data (B, C, H, W) moved by `pixels` up, down, left and right: four times."""
    ways = [(pixels, 0), (-pixels, 0), (0, pixels), (0, -pixels)]
    x = torch.cat([shift(data.x, down, right) for down, right in ways])
    return evaluate(model, (x, data.y.repeat(4)), metrics={"accuracy": count_correct})


def shuffle_pixels(data: Split, *, seed: int) -> Split:
    """The pixels of all images (N, C, H, W) in one new order, the same for each of them.

    Nothing is lost, and a fully connected layer would not notice; only who is whose neighbour
    changes.
    """
    places = data.x[0, 0].numel()
    order = torch.randperm(places, generator=torch.Generator().manual_seed(seed))
    return Split(data.x.flatten(2)[:, :, order.to(data.x.device)].reshape(data.x.shape), data.y)


def pixels_seen(layer: nn.Module, size: int, row: int, column: int) -> Tensor:
    """Which pixels unit (row, column) of the layer's maps depends on: (size, size), True or False.

    layer: (B, 1, size, size) -> (B, F, H, W). Measured with gradients: a pixel is seen if it can
    change the unit. Through a maximum only the winner can, so many random images are tried at once.
    """
    noise = torch.randn(512, 1, size, size, generator=torch.Generator().manual_seed(0))
    noise = noise.to(next(layer.parameters()).device).requires_grad_()
    unit = layer(noise)[:, :, row, column]
    (gradient,) = torch.autograd.grad(unit.square().sum(), noise)
    return gradient.abs().sum(dim=(0, 1)) > 0
