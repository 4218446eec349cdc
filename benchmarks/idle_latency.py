"""How long one reading takes from the post to the end of its run on an idle machine.

The baseline is a bare chain of as many tasks that do nothing, on the same worker and
broker: what Celery itself costs. The ratio says how much the work adds to it.
"""

from __future__ import annotations

import statistics
import time
import uuid
from datetime import datetime
from typing import Any

from celery import chain
from django.core.cache import cache

from benchmarks.celery_with_baseline import stop_clock, walk
from sensors.models import ApiKey
from sensors.sample_plant import create_plant
from sensors.streaming import Gateway

REPEATS = 20
AGENTS = 6  # The nudge and the five agents
PAUSE = 0.2  # Seconds between two, so that the machine is idle again


def measure(url: str) -> dict[str, Any]:
    site = create_plant()
    _, secret = ApiKey.objects.issue(site=site, name="bench")
    with Gateway(url, secret) as gateway:
        seconds = [one_reading(gateway) for _ in range(REPEATS + 2)][2:]
    baseline = statistics.median([one_chain() for _ in range(REPEATS)])
    value = statistics.median(seconds)
    return {
        "idle_latency": {
            "value": round(value, 4),
            "unit": "s",
            "baseline": round(baseline, 4),
            "ratio": round(value / baseline, 2),
            "worst": round(max(seconds), 4),
            "goal": "< 1 s",
        }
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
    time.sleep(PAUSE)
    key, began = f"bench:{uuid.uuid4()}", time.time()
    chain(*[walk.si() for _ in range(AGENTS - 1)], stop_clock.si(key)).apply_async()
    while (stopped := cache.get(key)) is None:
        time.sleep(0.005)
    return float(stopped) - began
