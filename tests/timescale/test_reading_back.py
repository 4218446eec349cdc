"""Buckets and tags over the API are the same on either engine."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from sensors.models import Reading, Sensor
from tests.factories import make_key, make_sensor
from tests.timescale.database import refresh, store, store_from

pytestmark = pytest.mark.usefixtures("each_engine")


@pytest.fixture
def sensor(each_engine: None) -> Sensor:
    return make_sensor()


def read(sensor: Sensor, *, tag: str = "", **query: Any) -> Any:
    _, secret = make_key(site=sensor.site)
    headers = {"X-API-Key": secret} | ({"If-None-Match": tag} if tag else {})
    return APIClient(headers=headers).get("/api/v1/readings", {"sensor": sensor.code, **query})


def buckets_of(sensor: Sensor, width: timedelta) -> list[tuple[Any, ...]]:
    """What buckets have to say, by going through the readings one by one."""
    found: dict[float, list[Reading]] = {}
    for reading in sensor.readings.order_by("taken_at"):
        seconds = reading.taken_at.timestamp()
        found.setdefault(seconds - seconds % width.total_seconds(), []).append(reading)
    rows = []
    for _, readings in sorted(found.items()):
        values = [r.value for r in readings if r.quality < Reading.Quality.BAD]
        average = pytest.approx(sum(values) / len(values))
        rows.append((len(readings), min(values), max(values), average))
    return rows


@pytest.mark.parametrize(
    ("resolution", "width"),
    [
        ("1m", timedelta(minutes=1)),
        ("10m", timedelta(minutes=10)),
        ("1h", timedelta(hours=1)),
        ("1d", timedelta(days=1)),
    ],
)
def test_buckets_are_those_of_the_readings(sensor: Sensor, resolution: str, width: timedelta):
    store(sensor, days=2, values=range(150))
    store(sensor, days=1, values=range(100, 170))
    Reading.objects.filter(sensor=sensor, value=5).update(quality=Reading.Quality.UNCERTAIN)
    # On TimescaleDB the hours of late readings wait for it.
    refresh()

    results = read(sensor, resolution=resolution, limit=5000).json()["results"]

    rows = [(row["count"], row["min"], row["max"], row["average"]) for row in results]
    assert rows == buckets_of(sensor, width)


@pytest.mark.parametrize("resolution", ["raw", "10m", "1d"])
def test_a_tag_holds_until_a_late_reading_and_its_hours_are_in(sensor: Sensor, resolution: str):
    store(sensor, days=5)
    refresh()
    span = {"from": (timezone.now() - timedelta(days=9)).isoformat(), "resolution": resolution}
    first = read(sensor, **span)
    again = read(sensor, tag=first.headers["ETag"], **span)

    store_from(sensor, timezone.now() - timedelta(days=4), [7.0])
    late = read(sensor, tag=first.headers["ETag"], **span)
    refresh()
    refreshed = read(sensor, tag=late.headers["ETag"], **span)

    assert again.status_code == 304
    assert late.status_code == 200
    # TimescaleDB takes a late reading into its hours at the next refresh.
    final = refreshed if refreshed.status_code == 200 else late
    rows = final.json()["results"]
    assert sum(row.get("count", 1) for row in rows) == 4
