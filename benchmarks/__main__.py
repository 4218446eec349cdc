"""`make bench`: measure, and print one JSON object as the last line.

Each figure stands beside a baseline from the same run, because machines differ and are
shared: the ratio is what may be compared.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from typing import Any

from benchmarks.memory import watched
from benchmarks.stack import Stack, stack

MOST_MEMORY = "< 300 MB"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m benchmarks")
    parser.add_argument("--millions", default="1,4,16", help="rows of other sensors, in steps")
    parser.add_argument("--lasting", type=float, default=60, help="seconds of even posting")
    options = parser.parse_args()
    with stack() as running, watched(running.pids) as peaks:
        figures = measured(running, options)
        for name in peaks.keys() & {"web", "worker"}:
            figures[f"memory_{name}"] = memory(peaks, name)
    for name, figure in figures.items():
        sys.stdout.write(f"{name}: {figure}\n")
    sys.stdout.write(json.dumps(figures, ensure_ascii=False) + "\n")


def measured(running: Stack, options: argparse.Namespace) -> dict[str, Any]:
    asked = {
        "url": running.url,
        "naive_url": running.naive_url,
        "millions": [int(part) for part in options.millions.split(",")],
        "lasting": options.lasting,
    }
    command = [sys.executable, "-m", "benchmarks.against_stack", json.dumps(asked)]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(answer.stdout.splitlines()[-1]))


def memory(peaks: dict[str, float], name: str) -> dict[str, Any]:
    """`memory_web` and `memory_worker`, beside the naive web server's."""
    figure = {"value": round(peaks[name]), "unit": "MB", "goal": MOST_MEMORY}
    baseline = peaks.get("naive")
    if baseline:
        figure |= {"baseline": round(baseline), "baseline_is": "the naive web server"}
        figure["ratio"] = round(peaks[name] / baseline, 2)
    return figure


if __name__ == "__main__":
    main()
