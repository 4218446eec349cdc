"""How long one reading takes from the post to the end of its run on an idle machine.

The baseline is a bare chain of as many tasks that do nothing, on the same worker and
broker: what Celery itself costs. The ratio says how much the work adds to it.
"""

from __future__ import annotations

import statistics
import time
import uuid
from datetime import datetime

from celery import chain
from django.conf import settings
from django.core.cache import cache

from benchmarks.celery_with_baseline import stop_clock, walk
from benchmarks.figures import Figure, Figures
from benchmarks.plant import Plant
from sensors.sample.streaming import Gateway

REPEATS = 20
AGENTS = 6  # The nudge and the five agents
# Seconds between two, so that the machine is idle and no message goes round.
PAUSE = settings.GATHER_FOR + 0.1


def idle_latency(plant: Plant) -> Figures:
    with Gateway(plant.url, plant.key) as gateway:
        seconds = [one_reading(gateway) for _ in range(REPEATS + 2)][2:]
    return {
        "idle_latency": Figure(
            statistics.median(seconds),
            "s",
            "< 1 s",
            statistics.median([one_chain() for _ in range(REPEATS)]),
            "a chain of as many tasks without work",
            {"worst": round(max(seconds), 4)},
        )
    }


def one_reading(gateway: Gateway) -> float:
    """Seconds from just before the post to `notified`, by the clock of one machine."""
    time.sleep(PAUSE)
    began = time.time()
    batch = gateway.post_readings([{"sensor_id": "P-101_VIB", "value": 2.2}])["batch_id"]
    while True:
        run = gateway.get(f"batches/{batch}")["run"]
        if run and run["finished_at"]:
            return datetime.fromisoformat(run["finished_at"]).timestamp() - began
        time.sleep(0.01)


def one_chain() -> float:
    key, began = f"bench:{uuid.uuid4()}", time.time()
    chain(*[walk.si() for _ in range(AGENTS - 1)], stop_clock.si(key)).apply_async()
    while (stopped := cache.get(key)) is None:
        time.sleep(0.005)
    return float(stopped) - began
