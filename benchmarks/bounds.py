"""What a lesson reaches over several seeds, and the bound that follows from it.

`python benchmarks/bounds.py LESSON [--seeds 8]`. The rule: the worst seed, less the larger of 0.005
and two standard deviations (for an upper bound: plus).
"""

import argparse
import statistics

from workshop import syllabus


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lesson")
    parser.add_argument("--seeds", type=int, default=8)
    options = parser.parse_args()
    lesson = syllabus.get(options.lesson)
    module, values = lesson.module(), {}
    for seed in range(options.seeds):
        for metric in module.run(module.Config(), seed=seed).metrics:
            values.setdefault(metric.name, []).append(metric.value)
    declared = {bound.name: bound for bound in lesson.bounds}
    print(f"{lesson.name}, {options.seeds} seeds")
    for name, seen in values.items():
        margin = max(0.005, 2 * statistics.stdev(seen))
        print(
            f"{name:32} min {min(seen):.5g}  mean {statistics.fmean(seen):.5g}  max {max(seen):.5g}"
            f"  at_least {min(seen) - margin:.4f}  at_most {max(seen) + margin:.4f}"
            f"  declared {declared.get(name, 'none')}"
        )


if __name__ == "__main__":
    main()
