"""phrases: dates, times, amounts and numbers in English and French."""

from __future__ import annotations

import zipfile

import numpy as np

from archives import importable, pypi_archive
from files import zip_archive


def build() -> dict[str, bytes]:
    """Dates, times, amounts and numbers in English and in French: 8,000 exact pairs, split once.

    Dates, times and units come from CLDR by way of Babel, numbers in words from num2words. Two errors
    in French are corrected: the first of a month is 1er, not 1; and places lose their plural s
    (quatre-vingtième, not quatre-vingtsième). All is in lower case. Each phrase has one translation,
    both ways, so no phrase is in two parts.
    """
    wheels = (
        pypi_archive(
            "Babel==2.18.0",
            "babel-2.18.0-py3-none-any.whl",
            "e2b422b277c2b9a9630c1d7903c2a00d0830c409c59ac8cae9081c92f1aeba35",
        ),
        pypi_archive(
            "num2words==0.5.14",
            "num2words-0.5.14-py3-none-any.whl",
            "1c8e5b00142fc2966fd8d685001e36c4a9911e070d1b120e1beb721fa1edb33d",
        ),
    )
    with importable(*wheels):
        from phrase_pairs import draw_pairs

        pairs = draw_pairs()
    for side in (1, 2):
        if len({pair[side] for pair in pairs}) != len(pairs):
            raise SystemExit("phrases: got a phrase with two translations")
    if len(pairs) != 8000:
        raise SystemExit(f"phrases: got {len(pairs)} pairs, expected 8,000")
    generator = np.random.Generator(np.random.PCG64(2021))
    lines = ["\t".join(pairs[i]) + "\n" for i in generator.permutation(len(pairs))]
    parts = {"train": lines[:6500], "validation": lines[6500:7000], "test": lines[7000:]}
    files = {f"{part}.tsv": "".join(lines).encode() for part, lines in parts.items()}
    return {"phrases.zip": zip_archive(files, zipfile.ZIP_LZMA)}
