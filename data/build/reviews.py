"""reviews: sentences of film reviews, rated by people."""

from __future__ import annotations

import html
import json
import zipfile

import numpy as np

from archives import pypi_archive, tar_member
from files import npz, text_array


def build() -> dict[str, bytes]:
    """10,605 sentences of film reviews and how people rated them, -4 to 4; split once, at random.

    Nothing in the source says which review or film a sentence is from, so the split is by sentence;
    sentences that differ only in punctuation, spaces or capitals are in one part. Each part has the
    sentences and, for each, the number of raters, the sum of their ratings and the sum of the
    squares: whole numbers that give mean and standard deviation exactly.
    """
    source = pypi_archive(
        "vaderSentiment==3.3.2",
        "vaderSentiment-3.3.2.tar.gz",
        "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9",
    )
    inner = tar_member(source, "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz")
    folder = "hutto_ICWSM_2014/movieReviewSnippets_"
    text_file = tar_member(inner, f"{folder}GroundTruth.txt").decode()
    rating_file = tar_member(inner, f"{folder}anonDataRatings.txt").decode("ascii")
    texts = [line.split("\t") for line in text_file.splitlines()]  # (id, mean rating, sentence)
    rows = [line.split("\t") for line in rating_file.splitlines()]  # (id, ..., ratings as JSON)
    if [row[0] for row in texts] != [row[0] for row in rows] or len(rows) != 10_605:
        raise SystemExit(
            f"reviews: got {len(rows)} ratings of {len(texts)}, expected 10,605 of each"
        )
    ratings = [np.array(json.loads(row[3])) for row in rows]
    if any(abs(r.mean() - float(text[1])) > 1e-6 for r, text in zip(ratings, texts, strict=True)):
        raise SystemExit("reviews: got ratings whose mean is not the one in the file of sentences")
    sentences = [html.unescape(row[2]).strip() for row in texts]

    generator = np.random.Generator(np.random.PCG64(2021))
    same: dict[str, list[int]] = {}  # letters and digits -> the sentences that have just these
    for i, sentence in enumerate(sentences):
        same.setdefault("".join(filter(str.isalnum, sentence.lower())), []).append(i)
    groups = list(same.values())
    order = [i for k in generator.permutation(len(groups)) for i in groups[k]]
    parts = {"train": order[:7_405], "validation": order[7_405:8_505], "test": order[8_505:]}
    distinct = [{sentences[i] for i in members} for members in parts.values()]
    if len(set().union(*distinct)) < sum(map(len, distinct)):
        raise SystemExit("reviews: got a sentence in two parts")
    arrays = {}
    for part, members in parts.items():
        arrays |= {
            f"{part}_text": text_array(sentences[i] for i in members),
            f"{part}_raters": np.array([len(ratings[i]) for i in members], np.uint8),
            f"{part}_sum": np.array([ratings[i].sum() for i in members], "<i2"),
            f"{part}_squares": np.array([(ratings[i] ** 2).sum() for i in members], "<i2"),
        }
    return {"reviews.npz": npz(arrays, zipfile.ZIP_LZMA)}
