from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sensors.intake.decoding import ReadingIn
from sensors.intake.storing import store_readings
from sensors.models import (
    Asset,
    QuarantinedReading,
    Reading,
    ReadingBatch,
    ReadingConflict,
    Sensor,
)
from tests.factories import MINUTE, NOON, make_batch, make_sensor, make_site, reading

YEAR = timedelta(days=365)


def counts(batch: ReadingBatch) -> tuple[int, int, int, int]:
    """Stored, duplicates, conflicts and quarantined, as the database has them."""
    batch.refresh_from_db()
    assert batch.status == "stored"
    assert batch.payload is None
    return batch.stored, batch.duplicates, batch.conflicts, batch.quarantined


def stored(sensor: Sensor, *readings: ReadingIn, **fields: object) -> ReadingBatch:
    """The batch of these readings, received at noon and stored."""
    batch = received(make_batch(sensor.site, readings, **fields))
    store_readings([batch])
    return batch


def received(batch: ReadingBatch, at: object = NOON) -> ReadingBatch:
    ReadingBatch.objects.filter(pk=batch.pk).update(received_at=at)
    batch.refresh_from_db()
    return batch


def values(sensor: Sensor) -> list[float]:
    return list(sensor.readings.order_by("taken_at").values_list("value", flat=True))


@pytest.mark.django_db
def test_readings_are_stored_as_they_came() -> None:
    sensor = make_sensor()

    batch = stored(sensor, reading(sensor, 1.5, quality="uncertain"))

    row = Reading.objects.get()
    assert (row.sensor, row.taken_at, row.value) == (sensor, NOON, 1.5)
    assert (row.quality, row.flags, row.batch) == (Reading.Quality.UNCERTAIN, 0, batch)
    assert counts(batch) == (1, 0, 0, 0)


@pytest.mark.django_db
def test_the_receipt_says_where_the_readings_are() -> None:
    sensor = make_sensor()
    other = make_sensor(site=sensor.site)

    batch = stored(sensor, reading(other, 2, NOON - MINUTE), reading(sensor, 1, NOON))

    batch.refresh_from_db()
    assert batch.sensor_ids == {sensor.pk, other.pk}


@pytest.mark.django_db
def test_repeats_within_a_batch_are_counted_and_kept_once() -> None:
    sensor = make_sensor()

    batch = stored(sensor, *[reading(sensor, 1)] * 2, reading(sensor, 2), reading(sensor, 1))

    assert counts(batch) == (1, 2, 1, 0)
    assert values(sensor) == [1]


@pytest.mark.django_db
def test_repeats_across_batches_never_overwrite() -> None:
    sensor = make_sensor()
    stored(sensor, reading(sensor, 1))

    again = stored(
        sensor, reading(sensor, 1), reading(sensor, 2), reading(sensor, 3, NOON + MINUTE)
    )

    assert counts(again) == (1, 1, 1, 0)
    assert values(sensor) == [1, 3]
    conflict = ReadingConflict.objects.get()
    assert (conflict.batch, conflict.sensor, conflict.taken_at) == (again, sensor, NOON)
    assert (conflict.stored_value, conflict.offered_value) == (1, 2)


@pytest.mark.django_db
def test_the_first_of_several_batches_wins() -> None:
    sensor = make_sensor()
    batches = [make_batch(sensor.site, [reading(sensor, v)]) for v in (1, 2, 1)]

    store_readings([received(batch) for batch in batches])

    assert [counts(batch) for batch in batches] == [(1, 0, 0, 0), (0, 0, 1, 0), (0, 1, 0, 0)]
    assert values(sensor) == [1]


@pytest.mark.django_db
def test_sensors_of_two_sites_may_have_one_code() -> None:
    here, there = make_sensor(code="T1"), make_sensor(code="T1")
    batches = [make_batch(s.site, [reading("T1", v)]) for s, v in ((here, 1), (there, 2))]

    store_readings([received(batch) for batch in batches])

    assert [counts(batch) for batch in batches] == [(1, 0, 0, 0)] * 2
    assert (values(here), values(there)) == ([1], [2])


@pytest.mark.django_db
def test_a_sensor_of_another_site_is_unknown() -> None:
    elsewhere = make_sensor(code="T1")
    batch = received(make_batch(make_site(), [reading("T1", 1)]))

    store_readings([batch])

    assert counts(batch) == (0, 0, 0, 1)
    assert values(elsewhere) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "at", "unit", "reason"),
    [
        ({"retired_at": NOON}, NOON, None, "retired_sensor"),
        ({"retired_at": NOON + MINUTE}, NOON, None, None),
        ({"unit": "bar"}, NOON, "psi", "unit_mismatch"),
        ({"unit": "bar"}, NOON, "bar", None),
        ({"unit": "bar"}, NOON, None, None),
        ({"unit": ""}, NOON, "psi", None),
        ({}, NOON.replace(year=1970), None, "impossible_time"),
        ({}, NOON + timedelta(days=7), None, "impossible_time"),
        ({}, NOON + timedelta(days=1), None, "impossible_time"),
        ({}, NOON + timedelta(days=1) - MINUTE, None, None),
        ({}, NOON - 26 * YEAR, None, None),
        ({}, NOON - 27 * YEAR, None, "impossible_time"),
    ],
)
def test_what_cannot_be_believed_is_put_aside_with_the_reason(
    fields: dict[str, object], at: datetime, unit: str | None, reason: str | None
) -> None:
    sensor = make_sensor(**fields)

    batch = stored(sensor, reading(sensor, 1, at, unit=unit))

    assert counts(batch) == ((1, 0, 0, 0) if reason is None else (0, 0, 0, 1))
    aside = list(QuarantinedReading.objects.values_list("reason", flat=True))
    assert aside == ([] if reason is None else [reason])


@pytest.mark.django_db
@pytest.mark.parametrize("timestamp", ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59"])
def test_a_time_that_no_database_can_hold_is_put_aside(timestamp: str) -> None:
    sensor = make_sensor()
    at = datetime.fromisoformat(timestamp)

    batch = stored(sensor, reading(sensor, 1, at))

    assert counts(batch) == (0, 0, 0, 1)


@pytest.mark.django_db
@pytest.mark.parametrize("offset", ["+23:59", "-23:59", "+16:00", "+02:00"])
def test_a_time_with_an_unusual_offset_is_stored_as_the_moment_it_is(offset: str) -> None:
    sensor = make_sensor()
    at = datetime.fromisoformat(f"2026-05-20T12:00:00{offset}")

    batch = stored(sensor, reading(sensor, 1, at))

    assert counts(batch) == (1, 0, 0, 0)
    assert sensor.readings.get().taken_at == at


@pytest.mark.django_db
def test_the_quarantine_keeps_the_reading_as_it_came() -> None:
    site = make_site()
    batch = received(make_batch(site, [reading("T9", 1.5, unit="bar", location="Hall 2")]))

    store_readings([batch])

    aside = batch.quarantine.get()
    assert (aside.sensor_code, aside.reason) == ("T9", "unknown_sensor")
    assert aside.reading == {
        "sensor_id": "T9",
        "value": 1.5,
        "timestamp": NOON.isoformat(),
        "quality": "good",
        "sensor_type": None,
        "unit": "bar",
        "location": "Hall 2",
    }


@pytest.mark.django_db
def test_readings_without_a_time_keep_their_order_at_arrival() -> None:
    sensor = make_sensor()
    timeless = [ReadingIn(sensor.code, value) for value in (3.0, 1.0, 2.0)]

    batch = stored(sensor, *timeless)

    assert values(sensor) == [3, 1, 2]
    assert sensor.readings.order_by("taken_at")[0].taken_at == NOON
    assert counts(batch) == (3, 0, 0, 0)


@pytest.mark.django_db
def test_a_time_without_an_offset_is_utc() -> None:
    sensor = make_sensor()

    stored(sensor, reading(sensor, 1, NOON.replace(tzinfo=None)))

    assert sensor.readings.get().taken_at == NOON


@pytest.mark.django_db
def test_a_key_with_the_right_registers_sensors() -> None:
    site = make_site()
    first = reading("NEW-1", 1, sensor_type="vibration", unit="mm/s", location="Hall 2")
    batch = received(make_batch(site, [first, reading("NEW-2", 2)], may_register=True))

    store_readings([batch])

    named, plain = Sensor.objects.order_by("code")
    assert (named.kind, named.unit, named.location) == ("vibration", "mm/s", "Hall 2")
    assert (plain.kind, plain.unit, plain.location) == ("other", "", "")
    assert named.asset == plain.asset == Asset.objects.get(site=site, tag=Asset.UNASSIGNED)
    assert counts(batch) == (2, 0, 0, 0)


@pytest.mark.django_db
def test_the_right_to_register_is_that_of_the_batch() -> None:
    site = make_site()
    may = make_batch(site, [reading("NEW-1", 1)], may_register=True)
    may_not = make_batch(site, [reading("NEW-2", 2)])

    store_readings([received(may), received(may_not)])

    assert counts(may) == (1, 0, 0, 0)
    assert counts(may_not) == (0, 0, 0, 1)


@pytest.mark.django_db
def test_registering_leaves_known_sensors_alone() -> None:
    sensor = make_sensor(unit="bar")

    stored(sensor, reading(sensor, 1, sensor_type="flow", location="x"), may_register=True)

    sensor.refresh_from_db()
    assert (sensor.kind, sensor.unit, sensor.location) == ("temperature", "bar", "")


@pytest.mark.django_db
def test_its_queries_do_not_grow_with_the_readings() -> None:
    sensor = make_sensor()
    others = [make_sensor(asset=sensor.asset) for _ in range(5)]

    def queries(readings: Sequence[ReadingIn]) -> int:
        batch = received(make_batch(sensor.site, [*readings, reading("T9", 1)]))
        with CaptureQueriesContext(connection) as captured:
            store_readings([batch])
        return len(captured)

    few = queries([reading(sensor, 1), reading(sensor, 2)])
    many = queries([reading(s, i, NOON - MINUTE * (i // 2)) for i in range(200) for s in others])

    # Two more: a table to copy into, and the copy.
    assert many <= few + 2
