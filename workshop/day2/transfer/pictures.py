"""Photos: cut-outs of animals, food and flowers, a landscape to paste them on, and your own files."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from workshop.core.data import members

KINDS = ("bird", "mammal", "fruit or vegetable", "flower")


class PictureError(ValueError):
    """A file that is no picture, or one that cannot be used; the message says what would do."""


@dataclass(frozen=True, eq=False)
class CutOut:
    """A photo without its surroundings.

    colour (3, H, W) uint8, red, green and blue; mask (H, W) uint8, 0 outside, 255 on the thing;
    y, the place of its kind in KINDS.
    """

    name: str
    colour: Tensor
    mask: Tensor
    y: int


def cut_outs() -> list[CutOut]:
    """The 169 photos: 35 birds, 62 mammals, 48 fruits and vegetables, 24 flowers.

    The longer side is 128 pixels at most. Out of Tux Paint's stamps; data/tuxpaint/README.md says
    where they come from and under which licence (GPL-2.0-or-later).

    Raises:
        DataError: their file is missing or damaged.
    """
    files = members("tuxpaint/photos.zip")
    photos = []
    for name in (name for name in files if name.endswith(".jpg")):
        kind, stem = name.removesuffix(".jpg").split("/")
        mask = _decode(files[f"{kind}/{stem}.png"], "L")
        y = KINDS.index(kind.replace("_", " "))
        photos.append(CutOut(stem, _decode(files[name], "RGB").permute(2, 0, 1), mask, y))
    return photos


def landscape() -> Tensor:
    """A photo of a park with a temple, (3, 427, 640) uint8: scikit-learn's china.jpg."""
    from sklearn.datasets import load_sample_image

    return torch.from_numpy(load_sample_image("china.jpg").copy()).permute(2, 0, 1)


def read_image(file: str | Path | bytes, *, smallest: int = 16) -> Tensor:
    """A picture from a file, or from its bytes: (3, H, W) uint8, red, green and blue.

    Grey pictures and palettes are turned into colours; what is transparent is shown on white; a
    photo that was taken with the camera on its side is turned upright.

    Raises:
        PictureError: no picture, a damaged one, or one with a side of fewer than `smallest` pixels.
    """
    from PIL import Image, ImageOps

    name = "these bytes" if isinstance(file, bytes) else str(file)
    try:
        content = file if isinstance(file, bytes) else Path(file).read_bytes()
        with Image.open(io.BytesIO(content)) as opened:
            image = ImageOps.exif_transpose(opened).convert("RGBA")
    except FileNotFoundError:
        raise PictureError(f"there is no file {name}") from None
    except Exception as error:  # whatever a damaged file makes Pillow raise
        raise PictureError(
            f"{name}: got no picture that can be read ({type(error).__name__}); expected a JPEG, PNG, "
            f"GIF, BMP or WebP file. A picture of another kind, such as HEIC: export it as JPEG."
        ) from None
    if min(image.size) < smallest:
        width, height = image.size
        raise PictureError(
            f"{name}: got {width} x {height} pixels, expected at least {smallest} x {smallest}: there "
            f"is too little to see"
        )
    white = Image.new("RGBA", image.size, "white")
    return _tensor(Image.alpha_composite(white, image).convert("RGB")).permute(2, 0, 1)


def square(image: Tensor, size: int) -> Tensor:
    """The middle of a picture, (3, H, W) bytes or floats in [0, 1], as (3, size, size) floats.

    Raises:
        PictureError: another shape.
    """
    if image.ndim != 3 or image.shape[0] != 3 or 0 in image.shape:
        raise PictureError(
            f"got a picture of shape {tuple(image.shape)}, expected (3, height, width): red, green "
            f"and blue. read_image makes it of any file; a grey one: x.expand(3, -1, -1)."
        )
    x = image.float() / (1 if image.is_floating_point() else 255)
    side = min(x.shape[1:])
    top, left = (x.shape[1] - side) // 2, (x.shape[2] - side) // 2
    x = x[None, :, top : top + side, left : left + side]
    resized = torch.nn.functional.interpolate(x, size=(size, size), mode="bilinear", antialias=True)
    return resized[0].clamp(0, 1)


def _decode(content: bytes, mode: str) -> Tensor:
    from PIL import Image

    with Image.open(io.BytesIO(content)) as image:
        return _tensor(image.convert(mode))


def _tensor(image: Any) -> Tensor:
    return torch.from_numpy(np.array(image))  # a copy: Pillow's own memory is read-only
