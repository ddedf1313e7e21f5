"""How long the workshop takes to start, beside Python itself.

    python -m benchmarks.start [--repeats 9] [--json FILE]

Wall seconds of a whole process, the median, in turns. `workshop list` must stay under 0.5 s, which
it does as long as nothing on its way imports torch. Exit code 1 above the limit.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

LIMIT = 0.5
COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "import workshop": ["-c", "import workshop"],
    "workshop --help": ["-m", "workshop", "--help"],
    "workshop list": ["-m", "workshop", "list"],
}


def seconds(arguments: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for arguments in COMMANDS.values():  # warm: bytecode and the disk's cache
        seconds(arguments)
    for _ in range(options.repeats):
        for name, arguments in COMMANDS.items():
            times[name].append(seconds(arguments))
    bare = statistics.median(times["python -c pass"])
    print(f"Python {sys.version.split()[0]}, median of {options.repeats}, limit {LIMIT} s")
    print(f"{'command':18} {'seconds':>8} {'over Python':>12} {'least':>8}")
    rows = []
    for name, seen in times.items():
        median = statistics.median(seen)
        rows.append({"command": name, "seconds": median, "over_python": median - bare})
        print(f"{name:18} {median:8.3f} {median - bare:12.3f} {min(seen):8.3f}")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return int(any(row["seconds"] > LIMIT for row in rows))


if __name__ == "__main__":
    sys.exit(main())
