"""Sentences of Wikipedia with names: what is in the file, and that gold is what was committed."""

import re
from pathlib import Path

from workshop.core import data
from workshop.day2.recurrent.entities.data import (
    CLASSES,
    TAGS,
    cased_tokens,
    entities,
    token_places,
)

FOLDER = Path(__file__).parents[3] / "data"


def test_sizes_are_the_manifest_s_and_no_article_is_shared():
    parts = entities()
    row = next(row for row in data.manifest() if row["name"] == "entities")
    assert {name: len(getattr(parts, name)) for name in row["splits"]} == row["splits"]
    articles = [{s.article for s in part} for part in parts]
    assert len(set.union(*articles)) == sum(map(len, articles)) == 97
    texts = [{s.tokens for s in part} for part in parts]
    assert len(set.union(*texts)) == sum(map(len, texts)) == row["examples"]
    notice = (FOLDER / "licenses/CC-BY-SA-3.0-Wikipedia.txt").read_text(encoding="utf-8")
    notice = " ".join(notice.split())
    assert all(f"{title} (" in notice for title in set.union(*articles))


def test_every_token_has_a_tag_and_tags_are_well_formed():
    parts = entities()
    for part in (*parts, parts.test_silver):
        for tokens, tags, article in part:
            assert len(tokens) == len(tags) >= 5
            assert set(tags) <= set(TAGS)
            assert article
            assert all(tokens)
            for before, tag in zip(("O", *tags), tags, strict=False):
                assert tag[0] != "I" or before[2:] == tag[2:]


def test_gold_is_what_was_read_sentence_by_sentence():
    lines = (FOLDER / "entities/gold.tsv").read_text(encoding="utf-8").splitlines()
    test = entities().test
    assert len(lines) == len(test) == 300
    changed = 0
    for line, sentence, silver in zip(lines, test, entities().test_silver, strict=True):
        article, _, text = line.partition("\t")
        plain = re.sub(r"\[(?:PER|ORG|LOC|MISC) ([^\]]+)\]", r"\1", text)
        assert (article, tuple(plain.split())) == (sentence.article, sentence.tokens)
        assert text.count("[") == sum(tag[0] == "B" for tag in sentence.tags)
        assert sentence[::2] == silver[::2]
        changed += sentence.tags != silver.tags
    assert changed == 106  # as the manifest says
    kinds = [tag[2:] for s in test for tag in s.tags if tag[0] == "B"]
    assert len(kinds) == 345
    assert set(kinds) == set(CLASSES)


def test_the_second_reading_agrees_with_the_gold_tags():
    gold = (FOLDER / "entities/gold.tsv").read_text(encoding="utf-8").splitlines()
    for line in (FOLDER / "entities/second_reading.tsv").read_text(encoding="utf-8").splitlines():
        number, _, rest = line.partition("\t")
        assert rest == gold[int(number) - 1]  # after the corrections


def test_tokens_lie_where_they_are_said_to_lie():
    text = (
        "In 1842, J. S. Bach's U.S.-based heirs (c. 1,300 of them) didn't pay 19th-century taxes."
    )
    places = token_places(text)
    assert [text[a:b] for a, b in places] == cased_tokens(text)
    assert "".join(cased_tokens(text)) == text.replace(" ", "")
    assert all(a < b <= c for (a, b), (c, _) in zip(places, places[1:], strict=False))
    assert token_places("") == []
