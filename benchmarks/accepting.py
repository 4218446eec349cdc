"""Readings accepted over HTTP: authenticated, and committed before the answer."""

from __future__ import annotations

import statistics

from benchmarks.figures import Figure, Figures
from benchmarks.neighbours import watch_neighbours
from benchmarks.plant import Plant

SIZE = 1000
POSTS = 100
NAIVE_POSTS = 20
CONNECTIONS = 4
RATE = 103.0
SATURATING = 6000
NAIVE_SINGLES = 1500


def accept_batches(plant: Plant) -> Figures:
    """`accept_batch1000`: readings a second, in batches of a thousand."""
    ours = plant.ours.saturate(plant.lists(POSTS, size=SIZE), connections=CONNECTIONS)
    drained = plant.drain()
    naive = plant.naive.saturate(plant.lists(NAIVE_POSTS, size=SIZE), connections=CONNECTIONS)
    until_detected = POSTS * SIZE / (ours.lasted + drained)
    return {
        "accept_batch1000": Figure(
            ours.rate * SIZE,
            "readings/s",
            "≥ 10 × baseline",
            naive.rate * SIZE,
            "serializer with many=True and bulk_create",
            {"errors": len(ours.errors), "through_all_stages": round(until_detected)},
        )
    }


def single_posts(plant: Plant, *, lasting: float) -> Figures:
    """`single_103rps` and `single_saturated`: a reading a post."""
    count = int(RATE * lasting)
    bodies, stolen = plant.singles(count), watch_neighbours()
    offered = plant.ours.offer(bodies, rate=RATE)
    stolen_then = stolen()
    drained = plant.drain()
    naive = plant.naive.offer(plant.singles(int(RATE * min(lasting, 20))), rate=RATE)
    floor = plant.nothing.offer([b""] * int(RATE * min(lasting, 20)), rate=RATE)
    bodies, stolen = plant.singles(SATURATING), watch_neighbours()
    full = plant.ours.saturate(bodies)
    stolen_when_full = stolen()
    full_drained = plant.drain()
    floor_full = plant.nothing.saturate([b""] * NAIVE_SINGLES)
    naive_full = plant.naive.saturate(plant.singles(NAIVE_SINGLES))
    return {
        "single_103rps": Figure(
            offered.percentile(95) * 1e3,
            "ms, P95",
            "no errors, P95 < 5 ms, P99 < 15 ms",
            naive.percentile(95) * 1e3,
            "serializer and bulk_create of one row",
            {
                "answered_with_nothing": round(floor.percentile(95) * 1e3, 2),
                "p50": round(statistics.median(offered.seconds) * 1e3, 2),
                "p99": round(offered.percentile(99) * 1e3, 2),
                "errors": len(offered.errors),
                "drained_after_s": round(drained, 2),
                "stolen_percent": stolen_then,
            },
        ),
        "single_saturated": Figure(
            full.rate,
            "posts/s",
            "≥ 600 /s",
            naive_full.rate,
            "serializer and bulk_create of one row",
            {
                "answered_with_nothing": round(floor_full.rate),
                "errors": len(full.errors),
                "drained_after_s": round(full_drained, 2),
                "stolen_percent": stolen_when_full,
            },
        ),
    }
