"""What a reader says when its file is missing or damaged."""

import re
from pathlib import Path

import pytest

from workshop.core import data
from workshop.day2.recurrent.entities.data import entities
from workshop.day2.recurrent.music.tunes import tunes
from workshop.day2.recurrent.translation.phrases import phrases

FOLDER = Path(__file__).parents[3] / "data"


@pytest.mark.parametrize(
    ("file", "load", "at"),
    [
        ("entities.npz", entities, 100_000),
        ("phrases.zip", phrases, 20_000),
        ("tunes.npz", tunes, 30_000),
    ],
)
def test_a_missing_or_damaged_file_is_named(tmp_path, monkeypatch, file, load, at):
    (tmp_path / "MANIFEST.toml").write_bytes((FOLDER / "MANIFEST.toml").read_bytes())
    monkeypatch.setenv("WORKSHOP_DATA", str(tmp_path))
    with pytest.raises(data.DataError, match=rf"{re.escape(file)} is missing\. To fix it: "):
        load()
    content = bytearray((FOLDER / file).read_bytes())
    content[at] ^= 8
    (tmp_path / file).write_bytes(content)
    with pytest.raises(data.DataError, match=f"{re.escape(file)} cannot be read"):
        load()
