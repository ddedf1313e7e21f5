"""reviews: 10,605 rated sentences of film reviews."""

from __future__ import annotations

import html
import json
import zipfile

import numpy as np

from archives import archive, tar_member
from files import npz


def build() -> dict[str, bytes]:
    """10,605 sentences of film reviews and how people rated them, -4 to 4; split once, at random.

    The ids count through the file and do not say which review or film a sentence is from, so the
    split is by sentence; sentences of the same words stay on one side. In each part: sentences, and of
    each the number of its raters, the sum of their ratings and the sum of the squares, which are whole
    numbers and give mean and spread exactly.
    """
    source = archive(
        "vaderSentiment==3.3.2",
        "vaderSentiment-3.3.2.tar.gz",
        "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9",
    )
    inner = tar_member(source, "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz")
    folder = "hutto_ICWSM_2014/movieReviewSnippets_"
    told = tar_member(inner, f"{folder}GroundTruth.txt").decode()
    rated = tar_member(inner, f"{folder}anonDataRatings.txt").decode("ascii")
    texts = [line.split("\t") for line in told.splitlines()]
    rows = [line.split("\t") for line in rated.splitlines()]
    if [row[0] for row in texts] != [row[0] for row in rows] or len(rows) != 10_605:
        raise SystemExit(
            f"reviews: got {len(rows)} ratings of {len(texts)}, expected 10,605 of each"
        )
    ratings = [np.array(json.loads(row[3])) for row in rows]
    if any(abs(r.mean() - float(text[1])) > 1e-6 for r, text in zip(ratings, texts, strict=True)):
        raise SystemExit("reviews: got ratings whose mean is not the one in the file of sentences")
    sentences = [html.unescape(row[2]).strip() for row in texts]

    generator = np.random.Generator(np.random.PCG64(2021))
    same: dict[str, list[int]] = {}  # sentences of the same letters
    for i, sentence in enumerate(sentences):
        same.setdefault("".join(filter(str.isalnum, sentence.lower())), []).append(i)
    groups = list(same.values())
    order = [i for place in generator.permutation(len(groups)) for i in groups[place]]
    arrays = {}
    for part, members in zip(
        ("train", "validation", "test"), np.split(np.array(order), [7_405, 8_505]), strict=True
    ):
        text = "\n".join(sentences[i] for i in members)
        arrays |= {
            f"{part}_text": np.frombuffer(text.encode(), np.uint8),
            f"{part}_raters": np.array([len(ratings[i]) for i in members], np.uint8),
            f"{part}_sum": np.array([ratings[i].sum() for i in members], "<i2"),
            f"{part}_squares": np.array([(ratings[i] ** 2).sum() for i in members], "<i2"),
        }
    parts = [set(arrays[f"{part}_text"].tobytes().split(b"\n")) for part in ("train", "test")]
    if parts[0] & parts[1]:
        raise SystemExit("reviews: got a sentence in two parts")
    return {"reviews.npz": npz(arrays, zipfile.ZIP_LZMA)}
