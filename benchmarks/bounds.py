"""What a lesson reaches over several seeds, and the bound that follows from it.

    python -m benchmarks.bounds LESSON [--seeds 8] [--json FILE]

The rule: the worst seed, less the larger of 0.005 and two standard deviations (for an upper bound:
plus). It stands beside the bound that lesson.toml declares, which may be stricter only where the
worst seed still keeps it. Exit code 1 where a seed misses a declared bound.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

from workshop import syllabus
from workshop.core.results import Bound

MARGIN = 0.005


def prescribed(values: Sequence[float]) -> tuple[float, float]:
    """The rule's bounds for what was seen over the seeds: (at_least, at_most)."""
    margin = max(MARGIN, 2 * statistics.stdev(values))
    return min(values) - margin, max(values) + margin


def describe(name: str, values: Sequence[float], bound: Bound | None) -> str:
    """One line of the table."""
    at_least, at_most = prescribed(values)
    sides = {"at least": (min(values), at_least), "at most": (max(values), at_most)}
    if bound is not None:  # only the side that is bound
        sides.pop("at most" if bound.at_least is not None else "at least")
    worst = " / ".join(f"{value:.5g}" for value, _ in sides.values())
    rule = ", ".join(f"{side} {value:.4f}" for side, (_, value) in sides.items())
    message = f"{bound.kind} {bound}" if bound else "none"
    mean, sd = statistics.fmean(values), statistics.stdev(values)
    return f"{name:32} {worst:>19} {mean:10.5g} {sd:9.2g}  {rule:36} {message}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("lesson")
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    if options.seeds < 5:
        parser.error("a bound needs at least 5 seeds")
    lesson = syllabus.get(options.lesson)
    module, values = lesson.module(), {}
    for seed in range(options.seeds):
        for metric in module.run(module.Config(), seed=seed).metrics:
            values.setdefault(metric.name, []).append(metric.value)
    declared = {bound.name: bound for bound in lesson.bounds}
    print(f"{lesson.name}, seeds 0 to {options.seeds - 1}, CPU")
    print(f"{'metric':32} {'worst':>19} {'mean':>10} {'sd':>9}  {'the rule':36} declared")
    for name, seen in values.items():
        print(describe(name, seen, declared.get(name)))
    if options.json:
        options.json.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    missed = [
        f"{bound.name}, seed {seed}: {value:.5g}, declared {bound}"
        for bound in lesson.bounds
        for seed, value in enumerate(values.get(bound.name, [float("nan")]))
        if not bound.holds(value)
    ]
    print("\n".join(f"MISSED {line}" for line in missed) or "every seed keeps every bound")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
