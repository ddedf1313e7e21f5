"""What the sets are written with: the same bytes on every run."""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path

import numpy as np

DATA = Path(__file__).resolve().parents[1]


def npz(arrays: dict[str, np.ndarray], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """The bytes of a compressed .npz without pickles, with no date and no platform in it.

    The same on every run; another zlib (Python's is not the same on every platform) may pack the
    same arrays into other bytes, which is why `unpacked` compares what is inside.
    """
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method, compresslevel=9) as zipped:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, np.ascontiguousarray(array), allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = method
            info.create_system = 3  # the same on Windows
            zipped.writestr(info, content.getvalue())
    return file.getvalue()


def stored(files: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """The bytes of a zip archive without dates; pictures need no compression: they are packed."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as zipped:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = method
            info.create_system = 3
            zipped.writestr(info, content)
    return file.getvalue()


def unpacked(content: bytes) -> bytes | dict[str, bytes]:
    """What is inside: the members of a zip archive, or the content as it is."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as zipped:
            return {name: zipped.read(name) for name in zipped.namelist()}
    except (zipfile.BadZipFile, zlib.error):
        return content


def refuse_shared(parts: dict[str, np.ndarray]) -> None:
    """Stop if one example (N, ...) is in two parts: a test that was trained on proves nothing."""
    where: dict[bytes, str] = {}
    for part, examples in parts.items():
        for example in examples:
            first = where.setdefault(example.tobytes(), part)
            if first != part:
                raise SystemExit(f"the same example is in {first} and in {part}")


def as_bytes(lines) -> np.ndarray:
    """Lines as one array of bytes: no pickle, and no strings padded to one width."""
    return np.frombuffer("\n".join(lines).encode(), np.uint8)
