"""Reading back a month of one sensor, and rows to make the table large."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from django.db import connection

from benchmarks.figures import Figure, Figures
from benchmarks.plant import Plant
from sensors.models import Asset, Sensor
from sensors.store.upkeep import refresh_hours

MONTH = timedelta(days=30)
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
REPEATS = 15
MILLION = 1_000_000
# The other sensors of the table: as many rows each as ten days of one every ten seconds.
OTHERS = 200

FILL = """
    INSERT INTO sensors_reading (sensor_id, taken_at, value, quality, flags, batch_id)
    SELECT %s, %s::timestamptz + i * interval '1 second' * %s,
        50 + 10 * sin(i / 500.0) + (i %% 7) * 0.1, 0, 0, 0
    FROM generate_series(%s::bigint, %s::bigint - 1) AS i
"""


def fill(plant: Plant, sensor: Sensor, *, start: int, end: int, step: timedelta) -> None:
    """Rows number `start` to `end` of a sensor, straight into the table."""
    with connection.cursor() as cursor:
        cursor.execute(FILL, [sensor.pk, BEGIN, step.total_seconds(), start, end])


def add_month(plant: Plant) -> Sensor:
    """A sensor with 30 days at 1 Hz: 2.6 million rows."""
    sensor = _sensor(plant, "MONTH")
    fill(plant, sensor, start=0, end=30 * 86_400, step=timedelta(seconds=1))
    settle()
    return sensor


def grow(plant: Plant, *, millions: int, to: int) -> None:
    """From so many million rows of other sensors to so many."""
    each = MILLION // OTHERS
    for number in range(OTHERS):
        sensor = _sensor(plant, f"FILL-{number:03}")
        fill(plant, sensor, start=millions * each, end=to * each, step=timedelta(seconds=10))
    settle()


def settle() -> None:
    """Let the store do what its upkeep would have done in the meantime."""
    refresh_hours()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE sensors_reading")


def _sensor(plant: Plant, code: str) -> Sensor:
    asset = Asset.objects.unassigned(plant.site.pk)
    sensor, _ = Sensor.objects.get_or_create(site=plant.site, code=code, defaults={"asset": asset})
    return sensor


def read_month(plant: Plant) -> Figures:
    """`read_30d_auto`: the median of a few requests over HTTP."""
    span = {"sensor": "MONTH", "from": BEGIN.isoformat(), "to": (BEGIN + MONTH).isoformat()}
    ours = f"/api/v1/readings?{urlencode(span | {'resolution': 'auto'})}"
    with plant.ours.connected() as connection, plant.naive.connected() as naive:
        seconds = [_timed(connection.get, ours) for _ in range(REPEATS)]
        baseline = [_timed(naive.get, f"/series?{urlencode(span)}") for _ in range(3)]
    return {
        "read_30d_auto": Figure(
            statistics.median(seconds) * 1e3,
            "ms",
            "< 100 ms, flat as the table grows",
            statistics.median(baseline) * 1e3,
            "hourly aggregate over the readings themselves",
            {"worst": round(max(seconds) * 1e3, 1)},
        )
    }


def _timed(get: Callable[[str], bytes], path: str) -> float:
    began = time.perf_counter()
    get(path)
    return time.perf_counter() - began
