"""Data sets in full size, where their files are on this machine; none is needed by a lesson.

`load("fashion_mnist")` of `workshop.core.data` is the part that comes with the workshop. The full
70,000 images are read from where torchvision or Debian's package `dataset-fashion-mnist` put them.
"""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from workshop.core.data import CLOTHES, Data, DataError, Split

DEBIAN = Path("/usr/share/datasets/fashion-mnist")
FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
OFFLINE = "offline, take the 6,000 images that come with the workshop: load('fashion_mnist')"


def cache_dir() -> Path:
    """The folder for downloads: `datasets` beside torch's other caches (TORCH_HOME moves them)."""
    return Path(torch.hub.get_dir()).parent / "datasets"


def places(folder: str | Path | None = None) -> list[Path]:
    """Where the four files are looked for: in `folder` or below it, else in cache and Debian's."""
    if folder is not None:
        return [Path(folder), Path(folder) / "FashionMNIST" / "raw"]
    return [cache_dir() / "FashionMNIST" / "raw", DEBIAN]


def find_fashion_mnist(folder: str | Path | None = None) -> Path | None:
    """The first of `places(folder)` that has all four files, packed or not; None where none has."""
    return next((p for p in places(folder) if len(_files(p)) == len(FILES)), None)


def load_fashion_mnist(folder: str | Path | None = None, *, download: bool = False) -> Data:
    """All of Fashion-MNIST: x (N, 1, 28, 28) in [0, 1], y 0 to 9; 55,000 / 5,000 / 10,000 examples.

    The last 5,000 of the original training images are the validation part.

    Args:
        folder: where the files are, if not in torch's cache or in the place of Debian's package.
        download: let torchvision fetch them (30 MB), into `folder` or torch's cache.

    Raises:
        DataError: the files are not there, cannot be fetched, or are damaged.
    """
    place = find_fashion_mnist(folder)
    if place is None and download:
        _download(Path(folder) if folder is not None else cache_dir())
        place = find_fashion_mnist(folder)
    if place is None:
        looked = ", ".join(map(str, places(folder)))
        raise DataError(
            f"The full Fashion-MNIST is not on this machine: looked for {FILES[0]} and its three "
            f"companions, .gz or not, in {looked}",
            f"{OFFLINE}. With a network, download=True fetches them; on Debian and Ubuntu so does "
            f"`apt install dataset-fashion-mnist`",
        )
    x, y, test_x, test_y = map(_idx, _files(place))
    for images, labels, count in ((x, y, 60_000), (test_x, test_y, 10_000)):
        got = tuple(images.shape), tuple(labels.shape)
        if got != ((count, 28, 28), (count,)) or labels.max() > 9:
            raise DataError(
                f"{place}: got arrays of shapes {got}, labels up to {int(labels.max())}; expected "
                f"({count}, 28, 28) and ({count},), labels up to 9",
                "delete the files and get them anew",
            )
    x, test_x = (images.float().div(255)[:, None] for images in (x, test_x))
    y, test_y = y.long(), test_y.long()
    return Data(
        Split(x[:55_000], y[:55_000]),
        Split(x[55_000:], y[55_000:]),
        Split(test_x, test_y),
        name="fashion_mnist, all of it",
        class_names=CLOTHES,
    )


def _download(folder: Path) -> None:
    from torchvision.datasets import FashionMNIST

    try:
        FashionMNIST(os.fspath(folder), download=True)
    except (OSError, RuntimeError) as error:  # no network, no such host, damaged, a full disk
        raise DataError(
            f"The full Fashion-MNIST could not be fetched into {folder} ({type(error).__name__}: "
            f"{error})",
            OFFLINE,
        ) from None


def _files(place: Path) -> list[Path]:
    """Those of FILES that are in this folder, in their order, plain or .gz."""
    found = ([f for f in (place / name, place / f"{name}.gz") if f.is_file()] for name in FILES)
    return [files[0] for files in found if files]


def _idx(path: Path) -> Tensor:
    """Two zeros, the type (8: bytes), the number of sizes, each size in 4 bytes, then the bytes."""
    try:
        content = path.read_bytes()
        content = gzip.decompress(content) if path.suffix == ".gz" else content
        if content[:3] != b"\0\0\x08":
            raise ValueError(f"it begins with {content[:3]!r}, no IDX file of bytes")
        sizes = np.frombuffer(content, ">i4", count=content[3], offset=4)
        array = np.frombuffer(content, np.uint8, offset=4 + 4 * content[3]).reshape(sizes)
    except (OSError, EOFError, ValueError, IndexError) as error:
        raise DataError(
            f"{path} cannot be read ({type(error).__name__}: {error})",
            f"delete it and get it anew; {OFFLINE}",
        ) from None
    return torch.from_numpy(array.copy())
