"""The texts that come with the workshop: film reviews with ratings, and plays."""

import re
from pathlib import Path

import pytest
import torch

from workshop.core import data

FOLDER = Path(__file__).parents[2] / "data"


def row(name):
    return next(row for row in data.manifest() if row["name"] == name)


def test_the_reviews_are_as_many_as_manifest_and_paper_say():
    parts = data.reviews()
    assert {name: len(getattr(parts, name)) for name in row("reviews")["splits"]} == (
        row("reviews")["splits"]
    )
    everything = parts.development + parts.test
    assert len(everything) == len(everything.mean) == len(everything.spread) == 10_605
    assert len(everything.beyond(1)) == 9_023
    assert int((everything.beyond(1).mean > 0).sum()) == 4_539


def test_ratings_are_those_of_the_file():
    parts = data.reviews()
    everything = parts.development + parts.test
    known = {  # mean and deviation as the authors' own file gives them
        "Effective but too tepid biopic": (-0.6, 0.8),
        "If you sometimes like to go to the movies to have fun, Wasabi is a good place to start.": (
            1.466666667,
            0.49889,
        ),
    }
    for text, (mean, spread) in known.items():
        at = everything.texts.index(text)
        assert everything.mean[at].item() == pytest.approx(mean, abs=1e-6)
        assert everything.spread[at].item() == pytest.approx(spread, abs=1e-5)
    assert everything.mean.abs().max() <= 4
    assert everything.spread.isfinite().all()


def test_no_sentence_is_in_two_parts_in_any_spelling():
    parts = data.reviews()
    seen = [
        {re.sub(r"\W", "", text.lower()) for text in part.texts}
        for part in (parts.train, parts.validation, parts.test)
    ]
    assert len(set.union(*seen)) == sum(map(len, seen))
    assert not any("&amp;" in text or "\r" in text for text in parts.train.texts)


def test_beyond_leaves_the_middle_out():
    part = data.reviews().validation
    polar = part.beyond(2.5)
    assert 0 < len(polar) < len(part)
    assert (polar.mean.abs() > 2.5).all()
    assert all(part.mean[part.texts.index(text)].abs() > 2.5 for text in polar.texts)


def test_the_plays_have_speakers_and_no_stage_directions():
    speeches = data.plays()
    assert len(speeches) == row("plays")["examples"]
    assert len({speech.play for speech in speeches}) == 27
    assert ("Hamlet", "BERNARDO", "Who's there?") in speeches
    hamlet = [speech for speech in speeches if speech[:2] == ("Hamlet", "HAMLET")]
    assert any("To be, or not to be: that is the question:\n" in text for *_, text in hamlet)
    assert not any(set(text) & set("_*[]|\\\t") for *_, text in speeches)
    assert all(play and who and text for play, who, text in speeches)


@pytest.mark.parametrize(("file", "load"), [("reviews", data.reviews), ("plays", data.plays)])
def test_a_missing_or_damaged_file_is_named(tmp_path, monkeypatch, file, load):
    (tmp_path / "MANIFEST.toml").write_bytes((FOLDER / "MANIFEST.toml").read_bytes())
    monkeypatch.setenv("WORKSHOP_DATA", str(tmp_path))
    with pytest.raises(data.DataError, match=rf"{file}\.npz is missing\. To fix it: "):
        load()
    content = bytearray((FOLDER / f"{file}.npz").read_bytes())
    content[100_000] ^= 8
    (tmp_path / f"{file}.npz").write_bytes(content)
    with pytest.raises(data.DataError, match=rf"{file}\.npz cannot be read"):
        load()


def test_each_call_gives_fresh_tensors():
    data.reviews().train.mean.fill_(7)
    assert not torch.equal(data.reviews().train.mean, torch.full((7405,), 7.0))
