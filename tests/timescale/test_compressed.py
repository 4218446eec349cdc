"""Readings in compressed chunks are read and written like any other."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sensors.intake.storing import store_readings
from sensors.intake.validation import grade_readings
from sensors.models import Reading, ReadingConflict, Sensor
from tests.factories import make_batch, make_sensor, reading
from tests.timescale.database import ask, chunks, hours_of_readings, rollup, run, store

pytestmark = pytest.mark.usefixtures("on_timescale")
FOUND = "SELECT sensor_id, taken_at, value FROM sensors_reading ORDER BY 1, 2"


@pytest.fixture
def sensor() -> Sensor:
    """A sensor with three readings, all in a compressed chunk."""
    sensor = make_sensor(plausible_high=100)
    store(sensor, days=20)
    before = ask(FOUND)
    run("compression")
    assert [compressed for *_, compressed in chunks()] == [True]
    assert ask(FOUND) == before
    return sensor


def test_late_readings_go_in_beside_them(sensor: Sensor):
    batch = store(sensor, days=20, values=[1, 2, 3, 4])

    assert (batch.stored, batch.duplicates) == (1, 3)
    assert sensor.readings.count() == 4


def test_a_moment_that_is_taken_stays_as_it_is(sensor: Sensor):
    batch = store(sensor, days=20, values=[1, 9])

    conflict = ReadingConflict.objects.get()
    assert (batch.stored, batch.duplicates, batch.conflicts) == (0, 1, 1)
    assert (conflict.stored_value, conflict.offered_value) == (2, 9)
    assert list(sensor.readings.order_by("taken_at").values_list("value", flat=True)) == [1, 2, 3]


def test_their_quality_can_be_lowered(sensor: Sensor):
    last = sensor.readings.latest("taken_at").taken_at
    batch = make_batch(sensor.site, [reading(sensor, 500, last + timedelta(minutes=1))])
    store_readings([batch])
    run("compression")

    grade_readings([batch])

    assert sensor.readings.get(value=500).quality == Reading.Quality.BAD
    run("refresh_continuous_aggregate")
    assert rollup() == hours_of_readings()
    assert [bad for _, _, (_, bad, *_) in rollup()] == [1]


def test_they_are_compressed_again_with_what_came_late(sensor: Sensor):
    store(sensor, days=20, values=[1, 2, 3, 4])
    before = ask(FOUND)

    run("compression")

    assert [compressed for *_, compressed in chunks()] == [True]
    assert ask(FOUND) == before
