"""What `check` says to answers of which somebody has written down what is wrong with them.

    python -m benchmarks.feedback ANSWERS.json [--json FILE]

ANSWERS.json is a list of {exercise, kind: "wrong" or "right", code, actual_mistake, ...}. Each answer
runs as it would in the exercise's notebook. FILE gets them again with what is said now; the counts are
printed: right answers that pass and wrong ones that do; what is generic ("not right yet", or an
error that is shown as it is), a planted mistake of the exercise, something that a probe or the
translation of an error found. Whether what is said is true, only a person can see.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from workshop.core.exercise import Exercise
from workshop.exercises import check_source, get
from workshop.exercises.verdict import Status, Verdict

IMPORTS = "import math\nimport torch\nfrom torch import Tensor, nn\nfrom torch.nn import functional as F\n"


def kind_of(exercise: Exercise, verdict: Verdict) -> str:
    """What sort of thing was said."""
    if verdict.status == Status.PASSED:
        return "passed"
    planted = {mistake.name for mistake in exercise.mistakes}
    if verdict.status == Status.WRONG and not verdict.mistake:
        return "generic"
    if verdict.status == Status.WRONG:
        return "planted" if verdict.mistake.partition("; ")[0] in planted else "recognised"
    return str(verdict.status)


def feedback_on(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer, with what is said to it now."""
    exercise = get(answer["exercise"])
    module = exercise.reference.__module__
    source = f"{IMPORTS}from {module} import *\n{answer['code']}"
    verdict = check_source(source, exercise.name)
    now = {"now": kind_of(exercise, verdict), **verdict.as_dict()}
    return {
        **answer,
        "verdict": {key: now[key] for key in now if key not in ("exercise", "lesson")},
    }


def main() -> None:
    """Read, run, write, count."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("answers", type=Path, metavar="ANSWERS.json")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    answers = json.loads(options.answers.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as home:
        os.environ["WORKSHOP_HOME"] = home
        results = [feedback_on(answer) for answer in answers]
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    for kind in ("right", "wrong"):
        counts = Counter(one["verdict"]["now"] for one in results if one["kind"] == kind)
        total = counts.total()
        shares = ", ".join(f"{name} {n} ({n / total:.0%})" for name, n in counts.most_common())
        print(f"{total} {kind} answers: {shares}")


if __name__ == "__main__":
    main()
