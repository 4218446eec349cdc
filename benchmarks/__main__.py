"""`make bench`: measure, and print one JSON object as the last line.

Each figure stands beside a baseline from the same run, because machines differ and are
shared: the ratio is what may be compared.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from benchmarks.stack import stack

BENCHMARKS = ["idle_latency"]


def main() -> None:
    figures: dict[str, Any] = {}
    with stack() as url:
        for name in BENCHMARKS:
            sys.stderr.write(f"{name} …\n")
            command = [sys.executable, "-m", "benchmarks.one", name, url]
            answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            figures |= json.loads(answer.stdout.splitlines()[-1])
    for name, figure in figures.items():
        sys.stdout.write(f"{name}: {figure}\n")
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
