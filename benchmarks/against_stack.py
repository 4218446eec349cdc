"""`python -m benchmarks.against_stack JSON`: all figures, against a running stack.

A process of its own, for Django must know the stack's stores before it is imported.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import django

django.setup()

from benchmarks.accepting import accept_batches, single_posts  # noqa: E402
from benchmarks.detecting import detect_stage  # noqa: E402
from benchmarks.figures import Figures  # noqa: E402
from benchmarks.idle_latency import idle_latency  # noqa: E402
from benchmarks.plant import Plant, stored  # noqa: E402
from benchmarks.reading import add_month, grow, read_month  # noqa: E402
from benchmarks.storing import ingest_stage  # noqa: E402

WARM_UP = 50  # Posts; also the past that detectors learn from


def say(words: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {words}\n")


def measure(plant: Plant, *, lasting: float) -> Figures:
    figures: Figures = {}
    for name, benchmark in (
        ("accept_batch1000", accept_batches),
        ("ingest_stage", ingest_stage),
        ("read_30d_auto", read_month),
        ("detect_stage", lambda _: detect_stage()),
    ):
        say(f"  {name} …")
        figures |= benchmark(plant)
    say(f"  single posts, {lasting:.0f} s of them at an even pace …")
    return figures | single_posts(plant, lasting=lasting)


def main() -> None:
    asked = json.loads(sys.argv[1])
    plant = Plant(asked["url"], asked["naive_url"])
    figures = idle_latency(plant)
    plant.ours.saturate(plant.lists(WARM_UP, size=len(plant.sensors) * 10))
    plant.drain()
    say("30 days of one sensor at 1 Hz …")
    add_month(plant)
    grown: dict[str, Figures] = {}
    filled = 0
    for millions in asked["millions"]:
        say(f"{millions} million rows of other sensors …")
        grow(plant, millions=filled, to=millions)
        filled = millions
        grown[f"{stored() / 1e6:.1f} M rows"] = measure(plant, lasting=asked["lasting"])
    sys.stdout.write(json.dumps(summed_up(figures, grown)) + "\n")


def summed_up(figures: Figures, grown: dict[str, Figures]) -> dict[str, Any]:
    """The figures at the largest size, and beside each how it came there."""
    result = {name: figure.as_json() for name, figure in figures.items()}
    for size, measured in grown.items():
        for name, figure in measured.items():
            before = result.get(name, {}).get("growth", {})
            now = figure.as_json()
            growth = before | {size: {"value": now["value"], "ratio": now["ratio"]}}
            result[name] = now | {"growth": growth}
    return result


if __name__ == "__main__":
    main()
