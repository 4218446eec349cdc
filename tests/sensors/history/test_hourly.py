"""The hourly rollup on plain PostgreSQL says what the readings say, at any moment."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from pytest_django import Settings

from sensors.intake.storing import store_readings
from sensors.models import Reading, Sensor
from sensors.store.upkeep import prune_readings, refresh_hours
from tests.factories import MINUTE, NOON, make_batch, make_sensor, reading

pytestmark = pytest.mark.django_db

PLAIN = """
    SELECT sensor_id, date_trunc('hour', taken_at, 'UTC'), count(*),
        count(*) FILTER (WHERE quality = 2),
        avg(value) FILTER (WHERE quality < 2), min(value) FILTER (WHERE quality < 2),
        max(value) FILTER (WHERE quality < 2),
        (array_agg(value ORDER BY taken_at DESC) FILTER (WHERE quality < 2))[1],
        sum(value) FILTER (WHERE quality < 2), regr_sxx(value, value) FILTER (WHERE quality < 2)
    FROM sensors_reading GROUP BY 1, 2 ORDER BY 1, 2
"""


def rows(sql: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def rollup() -> list[Any]:
    return rows("SELECT * FROM sensors_hourly ORDER BY 1, 2")


def marked() -> int:
    return len(rows("SELECT FROM sensors_hourly_changed"))


def store(sensor: Sensor, *, hours: int, value: float = 1.0, minute: int = 0) -> None:
    moments = [
        NOON + timedelta(hours=h) + MINUTE * (minute + m) for h in range(hours) for m in range(3)
    ]
    store_readings(
        [make_batch(sensor.site, [reading(sensor, value + i, at) for i, at in enumerate(moments)])]
    )


def test_it_is_true_before_it_is_refreshed() -> None:
    store(make_sensor(), hours=3)

    assert rollup() == rows(PLAIN)
    assert marked() == 3


def test_it_is_true_after_it_is_refreshed() -> None:
    store(make_sensor(), hours=3)

    assert refresh_hours() == 3

    assert rollup() == rows(PLAIN)
    assert marked() == 0


def test_late_readings_change_an_hour_that_was_kept() -> None:
    sensor = make_sensor()
    store(sensor, hours=2)
    refresh_hours()

    store(sensor, hours=1, value=50.0, minute=30)

    assert rollup() == rows(PLAIN)
    assert refresh_hours() == 1
    assert rollup() == rows(PLAIN)


def test_a_reading_found_bad_leaves_the_averages() -> None:
    sensor = make_sensor()
    store(sensor, hours=1)
    refresh_hours()

    Reading.objects.filter(sensor=sensor, value=3.0).update(quality=Reading.Quality.BAD)

    (hour,) = rollup()
    assert (hour[2], hour[3], hour[6]) == (3, 1, 2.0)
    assert rollup() == rows(PLAIN)


def test_hours_outlive_the_readings(settings: Settings) -> None:
    settings.KEEP_READINGS_FOR = timedelta(days=180)
    store(make_sensor(), hours=2)
    before = rollup()

    with time_machine.travel(NOON + timedelta(days=180, minutes=59), tick=False):
        pruned = prune_readings()

    assert pruned == 3
    assert Reading.objects.count() == 3
    assert rollup() == before


def test_the_largest_number_there_is_does_not_stop_it() -> None:
    sensor = make_sensor()
    store(sensor, hours=1)
    odd = [
        reading(sensor, value, NOON + MINUTE * 10 * i) for i, value in enumerate([1e308] * 5, 1)
    ]

    store_readings([make_batch(sensor.site, odd)])
    refresh_hours()

    (hour,) = rollup()
    assert hour[2:7] == (8, 5, 2.0, 1.0, 3.0)


def test_a_small_spread_on_a_large_level_is_kept() -> None:
    sensor = make_sensor()
    store(sensor, hours=1, value=1e9)

    (hour,) = rollup()

    assert hour[9] == 2.0
