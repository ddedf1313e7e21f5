"""Convolution and pooling by hand, and the sizes that come out.

Letters: B images, C channels in, F filters (channels out), H and W rows and columns, k the kernel's
size, s stride, p padding, d dilation, g groups.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

# Figure 2.12: an image of 7 by 7 pixels and a kernel of 3 by 3.
IMAGE = torch.tensor(
    [
        [0.0, 1, 1, 1, 0, 0, 0],
        [0, 0, 1, 1, 1, 0, 0],
        [0, 0, 0, 1, 1, 1, 0],
        [0, 0, 0, 1, 1, 0, 0],
        [0, 0, 1, 1, 0, 0, 0],
        [0, 1, 1, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 0, 0],
    ]
)
KERNEL = torch.tensor([[1.0, 0, 1], [0, 1, 0], [1, 0, 1]])


def correlate(image: Tensor, kernel: Tensor) -> Tensor:
    """Slide a kernel over an image, multiply and sum at each place (fig-2.12, ex-5).

    image (H, W), kernel (k, l) -> feature map (H - k + 1, W - l + 1).
    """
    k, l = kernel.shape  # noqa: E741
    height, width = image.shape[0] - k + 1, image.shape[1] - l + 1
    places = [
        (image[row : row + k, column : column + l] * kernel).sum()
        for row in range(height)
        for column in range(width)
    ]
    return torch.stack(places).reshape(height, width)


def true_convolution(image: Tensor, kernel: Tensor) -> Tensor:
    """What mathematics calls a convolution (note-16): the kernel is turned by half a turn first.

    image (H, W), kernel (k, l) -> (H - k + 1, W - l + 1).
    """
    return correlate(image, kernel.flip(dims=(0, 1)))


def output_size(size: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    """At how many places a kernel fits along one side of an image (ex-5).

    size: pixels of that side; kernel: its cells along it; stride: pixels from one place to the next;
    padding: zeros at both ends; dilation: pixels from one cell of the kernel to the next.
    """
    covered = dilation * (kernel - 1) + 1  # pixels from its first cell to its last
    return (size + 2 * padding - covered) // stride + 1


def convolve(x: Tensor, weight: Tensor, bias: Tensor, stride: int, padding: int) -> Tensor:
    """A convolution layer (ex-5): each filter looks through all channels at once, and adds up.

    x (B, C, H, W), weight (F, C, k, l), bias (F,) -> (B, F, H', W'), H' and W' as in `output_size`.
    """
    x = F.pad(x, (padding, padding, padding, padding))  # zeros: left, right, above, below
    k, l = weight.shape[2:]  # noqa: E741
    maps = []
    for row in range(0, x.shape[2] - k + 1, stride):
        for column in range(0, x.shape[3] - l + 1, stride):
            patch = x[:, None, :, row : row + k, column : column + l]  # (B, 1, C, k, l)
            maps.append((patch * weight).sum(dim=(2, 3, 4)) + bias)  # (B, F)
    columns = (x.shape[3] - l) // stride + 1
    return torch.stack(maps, dim=2).reshape(x.shape[0], len(weight), -1, columns)


def conv2d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    *,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    groups: int = 1,
) -> Tensor:
    """All that F.conv2d does, in a loop over the k * k cells of the kernel instead of the places.

    x (B, C, H, W), weight (F, C / groups, k, l), bias (F,) -> (B, F, H', W'). With groups,
    each group of filters sees its own part of the channels.

    Raises:
        ValueError: the shapes do not fit together, or the kernel does not fit into the image.
    """
    _check_conv(x, weight, stride, padding, dilation, groups)
    (k, l), sizes = weight.shape[2:], x.shape[2:]  # noqa: E741
    height, width = (
        output_size(size, cells, stride, padding, dilation)
        for size, cells in zip(sizes, (k, l), strict=True)
    )
    if height < 1 or width < 1:
        raise ValueError(
            f"x: got {sizes[0]} by {sizes[1]} pixels, padded by {padding}; expected room for a kernel "
            f"that covers {dilation * (k - 1) + 1} by {dilation * (l - 1) + 1}"
        )
    x = F.pad(x, (padding,) * 4).unflatten(1, (groups, -1))  # (B, g, C / g, H, W)
    filters = weight.unflatten(0, (groups, -1))  # (g, F / g, C / g, k, l)
    total = x.new_zeros(())
    for row in range(k):
        for column in range(l):
            top, left = row * dilation, column * dilation
            seen = x[
                ...,
                top : top + stride * (height - 1) + 1 : stride,
                left : left + stride * (width - 1) + 1 : stride,
            ]  # what this cell of the kernel sees at all places: (B, g, C / g, H', W')
            total = total + torch.einsum("bgchw,gfc->bgfhw", seen, filters[..., row, column])
    total = total.flatten(1, 2)
    return total if bias is None else total + bias[:, None, None]


def _check_conv(
    x: Tensor, weight: Tensor, stride: int, padding: int, dilation: int, groups: int
) -> None:
    if x.ndim != 4 or weight.ndim != 4:
        raise ValueError(
            f"got x {tuple(x.shape)} and weight {tuple(weight.shape)}, expected (B, C, H, W) and "
            f"(F, C / groups, k, l)"
        )
    if min(stride, dilation, groups) < 1 or padding < 0:
        raise ValueError(
            f"got stride {stride}, dilation {dilation}, groups {groups}, padding {padding}; expected "
            f"1 or more, padding 0 or more"
        )
    if x.shape[1] != groups * weight.shape[1] or weight.shape[0] % groups:
        raise ValueError(
            f"got {x.shape[1]} channels, {weight.shape[0]} filters of {weight.shape[1]} channels and "
            f"{groups} groups; expected channels = {weight.shape[1]} * groups, and as many filters in "
            f"each group"
        )


def max_pool(x: Tensor, size: int) -> Tensor:
    """The largest number of each size-by-size square (sec-2.4.3): (B, C, H, W) -> smaller H and W.

    The squares lie side by side; rows and columns that do not fill one are left out.
    """
    rows, columns = x.shape[2] // size, x.shape[3] // size
    squares = x[:, :, : rows * size, : columns * size]
    squares = squares.reshape(x.shape[0], x.shape[1], rows, size, columns, size)
    return squares.amax(dim=(3, 5))


def avg_pool(x: Tensor, size: int) -> Tensor:
    """The average of each size-by-size square (sec-2.4.3): as `max_pool` otherwise."""
    return x.unfold(2, size, size).unfold(3, size, size).mean(dim=(4, 5))


def receptive_field(layers: list[tuple[int, int]]) -> int:
    """How many input pixels, along one side, a unit behind these layers looks at.

    layers: (kernel, stride) of each convolution and each pooling, from the first to the last.
    """
    field, step = 1, 1  # step: input pixels between two neighbours in the current map
    for kernel, stride in layers:
        field += (kernel - 1) * step
        step *= stride
    return field
