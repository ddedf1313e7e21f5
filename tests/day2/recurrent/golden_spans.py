"""Makes golden_spans.json with seqeval 1.2.2: `python golden_spans.py golden_spans.json`.

seqeval is needed for nothing else, so it is no dependency; the tests compare with what it gave.
"""

import json
import random
import sys

from seqeval.metrics import classification_report, f1_score, precision_score, recall_score
from seqeval.metrics.sequence_labeling import get_entities

KINDS = ("PER", "ORG", "LOC", "MISC")
TAGS = ("O", *(f"{place}-{name}" for name in KINDS for place in "BI"))

draw = random.Random(3)
cases = []
for _ in range(1000):
    tags = [draw.choice(TAGS) if draw.random() < 0.7 else "O" for _ in range(draw.randint(1, 12))]
    names = [[start, end + 1, kind] for kind, start, end in get_entities(tags)]
    cases.append(("".join(str(TAGS.index(tag)) for tag in tags), names))

wanted = [[TAGS[int(c)] for c in tags] for tags, _ in cases[:500]]
found = [list(tags) for tags in wanted]
draw = random.Random(5)
for tags in found:
    for i in range(len(tags)):
        if draw.random() < 0.1:
            tags[i] = draw.choice(TAGS)
report = classification_report(wanted, found, output_dict=True)
scores = {
    "all": [float(score(wanted, found)) for score in (precision_score, recall_score, f1_score)]
}
for kind in KINDS:
    scores[kind] = [float(report[kind][name]) for name in ("precision", "recall", "f1-score")]
with open(sys.argv[1], "w") as file:
    content = {"made_with": "seqeval 1.2.2: golden_spans.py", "cases": cases, "scores": scores}
    json.dump(content, file, separators=(",", ":"))
