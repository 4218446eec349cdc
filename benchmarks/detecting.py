"""The detect stage: from stored readings to anomalies, in one run, database included."""

from __future__ import annotations

import statistics
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from django.core.management import call_command
from django.db import transaction

from agents.detect import detect
from agents.models import PipelineRun
from benchmarks.figures import Figure, Figures
from sensors.history.windows import micros_of
from sensors.intake.spans import spans_by_batch
from sensors.models import Asset, Reading, ReadingBatch, Sensor, Site
from sensors.store.writing import Rows, write_readings

SENSORS = 1000
SIZE = 50  # Readings of each sensor in a run
HISTORY = 200
REPEATS = 5
NAIVE_SENSORS = 100
STEP = timedelta(seconds=10)


def measure(size: str = "") -> dict[str, Any]:
    """By itself: `python -m benchmarks.alone detecting`."""
    call_command("migrate", verbosity=0)
    return {name: figure.as_json() for name, figure in detect_stage().items()}


def detect_stage() -> Figures:
    """`detect_stage`: readings a second of a run over a thousand sensors. The best of a
    few, for both."""
    # A site of its own each time: its sensors are new to the detectors.
    site = Site.objects.create(code=f"detecting-{Site.objects.count()}", name="Detecting")
    asset = Asset.objects.create(site=site, tag="P-1", name="Pump 1")
    sensors = Sensor.objects.bulk_create(
        Sensor(site=site, asset=asset, code=f"S{n}", warning_high=90, alarm_high=95)
        for n in range(SENSORS)
    )
    clock = datetime.now(UTC) - timedelta(days=1)
    store(sensors, clock, HISTORY)
    clock += STEP * HISTORY
    # The first run teaches every sensor from its history.
    seconds = []
    for _ in range(REPEATS + 1):
        seconds.append(stage(store(sensors, clock, SIZE)))
        clock += STEP * SIZE
    slow = min(naive(sensors[:NAIVE_SENSORS], clock) for _ in range(REPEATS))
    return {
        "detect_stage": Figure(
            SENSORS * SIZE / min(seconds[1:]),
            "readings/s",
            "≥ 50 000 /s",
            NAIVE_SENSORS * SIZE / slow,
            "a query and a z-score for each sensor",
            {"first_run_s": round(seconds[0], 2), "last_runs_s": round(max(seconds[1:]), 2)},
        )
    }


def store(sensors: list[Sensor], begin: datetime, size: int) -> ReadingBatch:
    """A stored batch with `size` readings of each sensor from `begin` on."""
    batch = ReadingBatch.objects.create(
        site_id=sensors[0].site_id,
        source="bench",
        correlation_id="bench",
        digest="",
        status=ReadingBatch.Status.STORED,
        accepted=len(sensors) * size,
        stored=len(sensors) * size,
    )
    ids = np.repeat([sensor.pk for sensor in sensors], size)
    steps = np.tile(np.arange(size), len(sensors))
    micros = micros_of(begin) + steps * (STEP // timedelta(microseconds=1))
    values = np.random.default_rng(size + batch.pk).normal(70, 2, ids.size)
    zeros = np.zeros(ids.size, dtype=np.int16)
    batches = np.full(ids.size, batch.pk)
    with transaction.atomic():
        write_readings(Rows(ids, micros, values, zeros, batches))
    batch.spans = spans_by_batch(batches, ids, micros)[batch.pk]
    batch.save(update_fields=["spans"])
    return batch


def stage(batch: ReadingBatch) -> float:
    """Seconds that the agent takes for a run over the batch."""
    with transaction.atomic():
        run = PipelineRun.objects.begin([batch], stage=PipelineRun.Stage.VALIDATED)
    began = time.perf_counter()
    detect(run.pk)
    seconds = time.perf_counter() - began
    run.delete()
    return seconds


def naive(sensors: list[Sensor], until: datetime) -> float:
    """Seconds of what one would write first: each sensor's last readings, and how far the
    newest of them are from the mean of those before."""
    began = time.perf_counter()
    for sensor in sensors:
        found = Reading.objects.filter(sensor=sensor, taken_at__lt=until).order_by("-taken_at")
        values = list(found.values_list("value", flat=True)[: HISTORY + SIZE])
        past = values[SIZE:]
        mean, spread = statistics.fmean(past), statistics.stdev(past)
        [value for value in values[:SIZE] if abs(value - mean) > 5 * spread]
    return time.perf_counter() - began
