"""More data from the data there are: every epoch sees each digit a little turned, moved, resized.

    new(u) = old(A^-1 (u - t)),   A = scale * rotation     for every pixel u, measured from the middle

Book 2.3.2 (fig-2.10). Shapes: B images of one channel, H rows, W columns; x (B, 1, H, W), angles and
scales (B,), shifts (B, 2). The label must survive the change: the control mirrors digits.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workshop.core.checks import expect


def affine(x: Tensor, degrees: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    """Turn, resize and move each image of a batch in its own way, all in one go.

    torchvision's v2.functional.affine does the same to one image, or in one way to a whole batch.

    Args:
        x: images (B, C, H, W), 0 where there is nothing.
        degrees: clockwise turn of each, (B,).
        shift: pixels to the right and down, (B, 2).
        scale: factor of size, (B,).

    Returns:
        Images (B, C, H, W); what comes in from outside is 0.

    Raises:
        ValueError: shapes do not fit.
    """
    expect(x.ndim == 4, "x", f"shape {tuple(x.shape)}", "(B, C, H, W)")
    B, _, H, W = x.shape
    for name, got, shape in (
        ("degrees", degrees, (B,)),
        ("shift", shift, (B, 2)),
        ("scale", scale, (B,)),
    ):
        expect(tuple(got.shape) == shape, name, f"shape {tuple(got.shape)}", str(shape))
    angle = torch.deg2rad(degrees)
    cos, sin = angle.cos() / scale, angle.sin() / scale
    back = torch.stack([cos, sin, -sin, cos], dim=1).reshape(B, 2, 2)  # A^-1: where it came from
    start = -back @ shift[:, :, None]  # (B, 2, 1)
    # affine_grid counts from -1 to 1 across the image, whatever its size: W / 2 pixels are 1.
    half = torch.tensor([W / 2, H / 2], device=x.device)
    theta = torch.cat([back * half, start], dim=2) / half[:, None]  # (B, 2, 3)
    grid = F.affine_grid(theta, list(x.shape), align_corners=False)  # (B, H, W, 2)
    return F.grid_sample(x, grid, align_corners=False)


class Augment(nn.Module):
    """The first layer of a network: each image at random, another way each time it is seen.

    In evaluation mode it does nothing, like dropout. Random numbers come from torch's generator on
    the CPU, so that every device sees the same images.
    """

    def __init__(
        self, degrees: float = 12.0, shift: float = 0.08, scale: float = 0.12, mirror: bool = False
    ) -> None:
        """Turn up to `degrees` either way, move up to `shift` of the size, resize by 1 +- `scale`.

        mirror: also swap left and right, every other time.

        Raises:
            ValueError: a limit below 0, or a scale of 1 or more.
        """
        super().__init__()
        expect(min(degrees, shift, scale) >= 0, "limits", (degrees, shift, scale), "0 or more")
        expect(scale < 1, "scale", scale, "less than 1")
        self.degrees, self.shift, self.scale, self.mirror = degrees, shift, scale, mirror

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C, H, W)."""
        if not self.training:
            return x
        u = (2 * torch.rand(len(x), 5) - 1).to(x.device)  # -1 to 1, five of them for each image
        if self.mirror:
            x = torch.where(u[:, 4, None, None, None] > 0, x.flip(3), x)
        pixels = self.shift * torch.tensor([x.shape[3], x.shape[2]], device=x.device)
        return affine(x, self.degrees * u[:, 0], pixels * u[:, 1:3], 1 + self.scale * u[:, 3])


# --- with torchvision ----------------------------------------------------------------------------


def photo(size: int = 192) -> Tensor:
    """A flower in colour, (3, size, size) in [0, 1], from scikit-learn's samples.

    "flower.jpg", from flickr.com/photos/vultilion, Creative Commons BY 2.0.
    """
    from sklearn.datasets import load_sample_image
    from torchvision.transforms import v2

    pixels = torch.from_numpy(load_sample_image("flower.jpg").copy()).permute(2, 0, 1)
    square = v2.functional.center_crop(pixels.float() / 255, [400, 400])
    return v2.functional.resize(square, [size, size], antialias=True).clamp(0, 1)


def gallery(image: Tensor, *, seed: int = 0) -> dict[str, Tensor]:
    """What torchvision.transforms.v2 can make of one image in colour (fig-2.10).

    image (3, H, W) in [0, 1] -> name -> (3, H, W), the first as it was.
    """
    from torchvision.transforms import v2

    size = list(image.shape[1:])
    transforms = {
        "as it was": v2.Identity(),
        "mirrored": v2.RandomHorizontalFlip(p=1),
        "turned": v2.RandomRotation((20, 40)),
        "a part, resized": v2.RandomResizedCrop(size, scale=(0.3, 0.5), antialias=True),
        "other colours": v2.ColorJitter(hue=(0.3, 0.5)),
        "brightness, contrast": v2.ColorJitter(brightness=(1.3, 1.5), contrast=(1.4, 1.6)),
        "no colours": v2.RandomGrayscale(p=1),
        "blurred": v2.GaussianBlur(15, sigma=(3.0, 4.0)),
        "a piece erased": v2.RandomErasing(p=1, scale=(0.1, 0.2)),
        "sheared": v2.RandomAffine(0, shear=(15, 30)),
    }
    with torch.random.fork_rng(devices=[]):  # leave the global generator where it was
        torch.manual_seed(seed)
        return {name: transform(image) for name, transform in transforms.items()}
