"""photos: animals, food and flowers, cut out of their backgrounds."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

from archives import debian_archive, debian_members
from files import DATA, unpacked, zip_archive

# The folders of the package that are used, and the class of the photos in each.
CLASSES = {
    "animals/birds": "bird",
    "animals/mammals": "mammal",
    "food/fruit": "fruit or vegetable",
    "food/nuts": "fruit or vegetable",
    "food/vegetables": "fruit or vegetable",
    "plants/flowers": "flower",
}
# Parts of paths: what in these folders is not a photo of a living thing.
LEFT_OUT = ("/cartoon/", "/toys/", "/plastic/", "/hedgehog.png", "/echidna.png")


def build() -> dict[str, bytes]:
    """169 photos of Tux Paint, cut out: for each a JPEG of its colours and a PNG of its mask.

    The longer side is 128 pixels at most. Left out are cartoons, a toy (edward_bear), a plastic
    flower, a drawing (hedgehog) and a black silhouette (echidna).
    """
    package = debian_archive(
        "tuxpaint-stamps-default=2022.06.04-1",
        "tuxpaint-stamps-default_2022.06.04-1_all.deb",
        "6db6c1bfc870a47f1499d6203b083522eacb57c5f9c87d468f2e92eb6d9d5f34",
    )
    stamps = "./usr/share/tuxpaint/stamps/"
    pictures = {}
    for path, content in debian_members(package, stamps, ".png").items():
        name = path.removeprefix(stamps)
        kind = next((kind for start, kind in CLASSES.items() if name.startswith(f"{start}/")), None)
        if kind is not None and not any(part in name for part in LEFT_OUT):
            stem = f"{kind.replace(' ', '_')}/{Path(name).stem}"
            pictures[f"{stem}.jpg"], pictures[f"{stem}.png"] = cut_out(content)
    if len(pictures) != 2 * 169:
        raise SystemExit(f"photos: got {len(pictures) / 2:g}, expected 169")
    file = "tuxpaint/photos.zip"
    return {file: committed_if_similar(DATA / file, zip_archive(pictures))}


def cut_out(png: bytes) -> tuple[bytes, bytes]:
    """A picture with transparency -> its colours as JPEG, its mask as PNG (0: outside, 255: inside)."""
    with Image.open(io.BytesIO(png)) as image:
        # "RGBa" is colours times opacity: resizing then mixes no transparent pixels into the edge.
        image = image.convert("RGBA").convert("RGBa")
        box = image.getchannel("a").getbbox()
        image = image.crop(box)
        scale = min(128 / max(image.size), 1)
        size = tuple(max(round(side * scale), 1) for side in image.size)
        image = image.resize(size, Image.Resampling.LANCZOS).convert("RGBA")
    pixels = np.array(image)
    colour, mask = pixels[..., :3].copy(), pixels[..., 3]
    # One colour for all that is masked out: JPEG blurs a sharp edge there into the visible pixels.
    colour[mask < 32] = colour[mask >= 128].mean(axis=0).round()
    files = io.BytesIO(), io.BytesIO()
    Image.fromarray(colour).save(files[0], "JPEG", quality=88, subsampling=0)
    Image.fromarray(mask).save(files[1], "PNG", optimize=True)
    return files[0].getvalue(), files[1].getvalue()


def committed_if_similar(path: Path, content: bytes) -> bytes:
    """The committed file, if its pictures differ from the new ones by a few grey levels at most.

    Another libjpeg may round differently, and another zlib compress the same mask differently.
    """
    new, old = unpacked(content), unpacked(path.read_bytes()) if path.is_file() else {}
    if not isinstance(old, dict) or list(old) != list(new):
        return content
    for name in new:
        a, b = (np.array(Image.open(io.BytesIO(files[name]))).astype(float) for files in (old, new))
        if a.shape != b.shape or np.abs(a - b).mean() > 1.5 or np.abs(a - b).max() > 40:
            return content
    return path.read_bytes()
