"""fashion_mnist: pieces of clothing."""

from __future__ import annotations

import gzip
import zipfile

import numpy as np

from archives import debian_archive, debian_member
from files import check_disjoint, npz


def build() -> dict[str, bytes]:
    """6,000 pieces of clothing: 450 / 50 a class out of the original 60,000, 100 out of its test.

    Drawn once, at random within each class; the seed was not chosen by any result. The originals
    have no image twice.
    """
    package = debian_archive(
        "dataset-fashion-mnist=0.0~git20200523.55506a9-1",
        "dataset-fashion-mnist_0.0~git20200523.55506a9-1_all.deb",
        "39e172fe32dd318ebb3e512220c3beea2fa47d7e20bab348fb4e0922d6beefc0",
    )
    folder = "./usr/share/datasets/fashion-mnist"
    x, y, test_x, test_y = (
        idx(gzip.decompress(debian_member(package, f"{folder}/{name}-ubyte.gz")))
        for name in (
            "train-images-idx3",
            "train-labels-idx1",
            "t10k-images-idx3",
            "t10k-labels-idx1",
        )
    )
    if x.shape != (60000, 28, 28) or np.bincount(y).tolist() != [6000] * 10:
        raise SystemExit(f"fashion_mnist: got {x.shape}, {np.bincount(y)}; expected 6,000 a class")
    if test_x.shape != (10000, 28, 28) or np.bincount(test_y).tolist() != [1000] * 10:
        raise SystemExit(f"fashion_mnist: got {test_x.shape}; expected 1,000 a class for the test")

    generator = np.random.Generator(np.random.PCG64(2021))
    rows: dict[str, list[int]] = {"train": [], "validation": [], "test": []}
    for label in range(10):
        shuffled = generator.permutation(np.flatnonzero(y == label))
        rows["train"] += shuffled[:450].tolist()
        rows["validation"] += shuffled[450:500].tolist()
        rows["test"] += generator.permutation(np.flatnonzero(test_y == label))[:100].tolist()
    arrays, images = {}, {}
    for part, members in rows.items():
        order = generator.permutation(members)
        source_x, source_y = (test_x, test_y) if part == "test" else (x, y)
        images[part] = source_x[order]
        arrays |= {f"{part}_x": source_x[order], f"{part}_y": source_y[order]}
    check_disjoint(images)
    # With LZMA the file is a sixth smaller than with DEFLATE.
    return {"fashion_mnist6k.npz": npz(arrays, zipfile.ZIP_LZMA)}


def idx(content: bytes) -> np.ndarray:
    """The array in a file of the IDX format.

    The format: two zero bytes, the type (8: unsigned bytes), the number of dimensions, the size of
    each as a big-endian 32-bit integer, then the values.
    """
    if content[:3] != b"\0\0\x08":
        raise SystemExit(f"got a file that begins with {content[:3]!r}, expected IDX with bytes")
    sizes = np.frombuffer(content, ">i4", count=content[3], offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * content[3]).reshape(sizes)
