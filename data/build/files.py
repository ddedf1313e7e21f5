"""The files that a build writes: the same content gives the same bytes on every run."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np

DATA = Path(__file__).resolve().parents[1]


def npz(arrays: dict[str, np.ndarray], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """The bytes of a compressed .npz without pickles.

    Another zlib (Python's is not the same on every platform) may compress the same arrays into
    other bytes, which is why `unpacked` compares what is inside.
    """
    members = {}
    for name, array in arrays.items():
        content = io.BytesIO()
        np.lib.format.write_array(content, np.ascontiguousarray(array), allow_pickle=False)
        members[f"{name}.npy"] = content.getvalue()
    return zip_archive(members, method)


def zip_archive(files: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """The bytes of a zip archive that says nothing of when and on which platform it was written."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = method
            info.create_system = 3  # Unix, also on Windows
            archive.writestr(info, content)
    return file.getvalue()


def unpacked(content: bytes) -> bytes | dict[str, bytes]:
    """The members of a zip archive by name; what is no zip archive comes back as it is."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, zlib.error):
        return content


def text_array(lines: Iterable[str]) -> np.ndarray:
    """Lines as one array of bytes: no pickle, and no strings padded to one width."""
    return np.frombuffer("\n".join(lines).encode(), np.uint8)


def check_disjoint(parts: dict[str, np.ndarray]) -> None:
    """Stop if one example (N, ...) is in two parts: a test that was trained on proves nothing."""
    where: dict[bytes, str] = {}
    for part, examples in parts.items():
        for example in examples:
            first = where.setdefault(example.tobytes(), part)
            if first != part:
                raise SystemExit(f"the same example is in {first} and in {part}")
