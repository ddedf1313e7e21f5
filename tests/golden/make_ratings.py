"""Write ratings.json: how often single raters contradict the mean, counted over all ratings.

    python tests/golden/make_ratings.py vaderSentiment-3.3.2.tar.gz

data/reviews.npz keeps number, sum and sum of squares of each sentence's ratings, which lesson practice
estimates the disagreement from. The source archive (PyPI, vaderSentiment 3.3.2) has every rating.
"""

import io
import itertools
import json
import sys
import tarfile
from pathlib import Path

import numpy as np

with tarfile.open(sys.argv[1]) as outer:
    name = "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz"
    inner = io.BytesIO(outer.extractfile(name).read())
with tarfile.open(fileobj=inner) as files:
    text = files.extractfile("hutto_ICWSM_2014/movieReviewSnippets_anonDataRatings.txt").read()
ratings = [np.array(json.loads(line.split("\t")[3])) for line in text.decode("ascii").splitlines()]
polar = [r for r in ratings if r.sum() != 0]
mean = np.array([abs(r.mean()) for r in polar])
# Who says 0 is taken to toss a coin.
against = np.array([(r * np.sign(r.sum()) < 0).mean() + (r == 0).mean() / 2 for r in polar])
edges = [0.0, 0.5, 1.0, 1.5, 2.0, 4.1]
content = {
    "sentences": len(polar),
    "against": against.mean(),
    "by_mean": [
        [low, high, against[(mean >= low) & (mean < high)].mean()]
        for low, high in itertools.pairwise(edges)
    ],
}
Path(__file__).with_name("ratings.json").write_text(json.dumps(content, indent=1) + "\n")
