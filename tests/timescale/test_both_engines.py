"""What holds on either engine: the same tests run on plain PostgreSQL and TimescaleDB."""

from __future__ import annotations

import numpy as np
import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from sensors.models import Reading, ReadingBatch, Sensor
from sensors.store.writing import Refused, Rows, write_readings
from tests.factories import make_sensor
from tests.timescale.database import hours_of_readings, refresh, rollup, store, store_from

pytestmark = pytest.mark.usefixtures("each_engine")
SECOND = 1_000_000  # Microseconds


def write(sensor: Sensor, *rows: tuple[int, float]) -> list[Refused]:
    """Write rows of (second, value), counted from a moment long ago."""
    seconds, values = zip(*rows, strict=True)
    columns = Rows(
        sensor_ids=np.full(len(rows), sensor.pk),
        micros=np.array(seconds) * SECOND + 1_700_000_000 * SECOND,
        values=np.array(values, dtype=np.float64),
        quality=np.zeros(len(rows), dtype=np.int16),
        batch_ids=np.ones(len(rows), dtype=np.int64),
    )
    with transaction.atomic():
        return write_readings(columns)


def values(sensor: Sensor) -> list[float]:
    return list(sensor.readings.order_by("taken_at").values_list("value", flat=True))


def test_new_readings_are_written():
    sensor = make_sensor()

    assert write(sensor, (2, 20), (0, 0.5), (1, -1e300)) == []

    assert values(sensor) == [0.5, -1e300, 20]


def test_what_is_there_stays_and_the_rest_comes_back_with_it():
    sensor = make_sensor()
    write(sensor, (0, 1), (1, 2))

    refused = write(sensor, (2, 3), (0, 1), (1, 9))

    assert refused == [Refused(1, kept=1), Refused(2, kept=2)]
    assert values(sensor) == [1, 2, 3]


def test_the_first_of_a_moment_within_a_batch_is_kept():
    sensor = make_sensor()

    refused = write(sensor, (0, 1), (0, 2), (1, 5), (0, 1))

    assert refused == [Refused(1, kept=1), Refused(3, kept=1)]
    assert values(sensor) == [1, 5]


def test_many_readings_in_one_batch_come_back_as_they_are():
    sensor = make_sensor()
    rows = [(i * 977 % 86_400, float(i)) for i in range(2_000)]

    assert write(sensor, *rows) == []
    assert len(write(sensor, *rows)) == 2_000

    assert values(sensor) == [value for _, value in sorted(rows)]


def test_the_receipt_counts_what_became_of_each_reading():
    sensor = make_sensor()
    store(sensor, days=3)

    batch = store(sensor, days=3, values=[1, 9, 3, 4])

    assert (batch.stored, batch.duplicates, batch.conflicts) == (1, 2, 1)


@pytest.mark.parametrize("days", [0, 5, 100])
def test_the_hours_are_those_of_the_readings(days: int):
    sensor = make_sensor()
    store(sensor, days, values=range(150))
    store(make_sensor(), days)
    Reading.objects.filter(sensor=sensor, value=5).update(quality=Reading.Quality.BAD)

    refresh()

    assert rollup() == hours_of_readings()
    assert len(rollup()) == 4


def test_new_readings_are_in_the_hours_before_a_refresh():
    sensor = make_sensor()
    store(sensor, days=5)
    refresh()

    store_from(sensor, timezone.now(), [1, 2, 3])

    assert rollup() == hours_of_readings()


def test_late_and_regraded_readings_are_in_the_hours_after_a_refresh():
    sensor = make_sensor()
    store(sensor, days=5)
    store(sensor, days=2)
    refresh()

    store(sensor, days=5, values=range(90))
    Reading.objects.filter(value=2).update(quality=Reading.Quality.BAD)
    refresh()

    assert rollup() == hours_of_readings()
    assert sum(readings for _, _, (readings, *_) in rollup()) == 93


def test_the_sample_plant_is_seeded_once():
    call_command("seed_plant", readings=100)
    call_command("seed_plant", readings=100)
    refresh()

    assert Reading.objects.count() == 2_400
    assert ReadingBatch.objects.filter(status="stored").count() == 24
    assert rollup() == hours_of_readings()
