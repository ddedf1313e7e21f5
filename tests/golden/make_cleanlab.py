"""Write cleanlab.json: what cleanlab 2.9.0 says of the same probabilities and labels.

    python -m venv /tmp/v && /tmp/v/bin/pip install cleanlab==2.9.0
    /tmp/v/bin/python tests/golden/make_cleanlab.py

Run once, by hand; cleanlab is no dependency. The inputs are made here with NumPy's PCG64, rounded
to 4 digits, and kept beside the answers.
"""

import json
from pathlib import Path

import cleanlab
import numpy as np
from cleanlab.count import compute_confident_joint, get_confident_thresholds
from cleanlab.filter import find_label_issues


def problem(seed: int, n: int, classes: int, sharp: float) -> dict:
    rng = np.random.Generator(np.random.PCG64(seed))
    truth = rng.integers(classes, size=n)
    logits = rng.normal(size=(n, classes)) + sharp * np.eye(classes)[truth]
    p = np.round(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True), 4)
    p /= p.sum(axis=1, keepdims=True)
    labels = np.where(rng.random(n) < 0.3, rng.integers(classes, size=n), truth)
    labels[:classes] = np.arange(classes)
    p = np.round(p, 6)
    joint = compute_confident_joint(labels, p, calibrate=False)
    issues = find_label_issues(labels, p, filter_by="confident_learning", n_jobs=1)
    return {
        "p": p.tolist(),
        "labels": labels.tolist(),
        "thresholds": get_confident_thresholds(labels, p).tolist(),
        "joint": joint.tolist(),
        "issues": np.flatnonzero(issues).tolist(),
    }


made = [
    problem(0, 40, 3, 2.0),
    problem(1, 60, 5, 1.0),
    problem(2, 80, 10, 3.0),
    problem(3, 30, 2, 0.5),
]
content = {"made_with": {"cleanlab": cleanlab.__version__}, "problems": made}
Path(__file__).with_name("cleanlab.json").write_text(json.dumps(content) + "\n")
