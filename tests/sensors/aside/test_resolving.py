"""Two values for one moment: a person says which is right, once, and the rest follows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction

from sensors.aside.resolving import ResolvingError, resolve_conflicts
from sensors.intake.storing import store_readings
from sensors.intake.validation import grade_readings
from sensors.models import Reading, ReadingBatch, ReadingConflict, Sensor
from sensors.store.upkeep import refresh_hours
from tests.factories import MINUTE, NOON, make_batch, make_sensor, reading

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sleeping_agents")]

KEEP, TAKE = ReadingConflict.Resolution
Quality, Flag = Reading.Quality, Reading.Flag


def stored(sensor: Sensor, *values: tuple[float, datetime], **fields: Any) -> ReadingBatch:
    """A stored and graded batch, received a minute past noon."""
    batch = make_batch(sensor.site, [reading(sensor, v, at, **fields) for v, at in values])
    ReadingBatch.objects.filter(pk=batch.pk).update(received_at=NOON + MINUTE)
    batch.refresh_from_db()
    store_readings([batch])
    grade_readings([batch])
    return batch


def contradicted(sensor: Sensor, *offers: float, **fields: Any) -> list[ReadingConflict]:
    """20 is stored at noon, then each of the offers is sent for the same moment."""
    stored(sensor, (20.0, NOON))
    for value in offers:
        stored(sensor, (value, NOON), **fields)
    return list(ReadingConflict.objects.order_by("pk"))


def resolve(choice: str, *conflicts: ReadingConflict, note: str = "") -> int:
    ids = [conflict.pk for conflict in conflicts]
    return resolve_conflicts(ids=ids, choice=choice, by="erika", note=note)


def series(sensor: Sensor) -> list[tuple[float, int, int]]:
    """Values, qualities and flags in order of time."""
    rows = sensor.readings.order_by("taken_at")
    return list(rows.values_list("value", "quality", "flags"))


def test_keeping_leaves_the_reading_and_says_who_decided() -> None:
    sensor = make_sensor()
    (conflict,) = contradicted(sensor, 30.0)

    with time_machine.travel(NOON + 5 * MINUTE, tick=False):
        assert resolve(KEEP, conflict, note="gateway replayed") == 1

    conflict.refresh_from_db()
    assert (conflict.resolution, conflict.resolved_by) == (KEEP, "erika")
    assert (conflict.resolved_at, conflict.note) == (NOON + 5 * MINUTE, "gateway replayed")
    assert conflict.replaced_value is None
    assert series(sensor) == [(20.0, 0, 0)]


def test_taking_stores_the_offered_value_and_keeps_the_old_as_evidence() -> None:
    sensor = make_sensor()
    (conflict,) = contradicted(sensor, 30.0, quality="uncertain")
    first = Reading.objects.get().batch

    resolve(TAKE, conflict)

    row = Reading.objects.get()
    assert (row.value, row.quality, row.batch) == (30.0, Quality.UNCERTAIN, first)
    conflict.refresh_from_db()
    assert (conflict.stored_value, conflict.offered_value) == (20.0, 30.0)
    assert conflict.replaced_value == 20.0


def test_receipts_stay_as_they_were() -> None:
    sensor = make_sensor()
    conflicts = contradicted(sensor, 30.0)
    before = list(ReadingBatch.objects.order_by("pk").values())

    resolve(TAKE, *conflicts)

    assert list(ReadingBatch.objects.order_by("pk").values()) == before


def test_a_conflict_is_resolved_once() -> None:
    first, other = contradicted(make_sensor(), 30.0, 40.0)
    resolve(KEEP, first)

    with pytest.raises(ResolvingError) as caught:
        resolve(TAKE, other, first)

    assert (caught.value.code, caught.value.ids) == ("already_resolved", [first.pk])
    other.refresh_from_db()
    assert other.resolution == ""
    assert Reading.objects.get().value == 20.0


def test_the_same_offer_made_again_is_settled_with_it() -> None:
    first, other, again = contradicted(make_sensor(), 30.0, 40.0, 30.0)

    assert resolve(KEEP, first) == 2

    assert list(ReadingConflict.objects.open()) == [other]
    again.refresh_from_db()
    assert (again.resolution, again.resolved_by) == (KEEP, "erika")


def test_another_offer_for_the_moment_stays_open_and_may_be_taken_later() -> None:
    first, other = contradicted(make_sensor(), 30.0, 40.0)
    resolve(TAKE, first)

    resolve(TAKE, other)

    other.refresh_from_db()
    assert (other.stored_value, other.replaced_value) == (20.0, 30.0)
    assert Reading.objects.get().value == 40.0


def test_two_offers_for_one_moment_are_not_taken_together() -> None:
    conflicts = contradicted(make_sensor(), 30.0, 40.0)

    with pytest.raises(ResolvingError) as caught:
        resolve(TAKE, *conflicts)

    assert caught.value.code == "several_offers"
    assert ReadingConflict.objects.open().count() == 2
    assert resolve(KEEP, *conflicts) == 2


def test_a_reading_that_was_dropped_by_age_cannot_be_replaced() -> None:
    sensor = make_sensor()
    conflicts = contradicted(sensor, 30.0)
    sensor.readings.all()._raw_delete(using="default")

    with pytest.raises(ResolvingError) as caught:
        resolve(TAKE, *conflicts)

    assert caught.value.code == "reading_gone"
    assert resolve(KEEP, *conflicts) == 1


def test_an_outlier_that_is_replaced_takes_its_marks_with_it() -> None:
    sensor = make_sensor(largest_jump=5, plausible_high=100)
    moments = [NOON - MINUTE * i for i in (3, 2, 1)]
    stored(sensor, *zip([20.0, 999.0, 21.0], moments, strict=True))
    jump, bad = Flag.JUMP.value, Flag.JUMP.value + Flag.OUT_OF_RANGE.value
    assert series(sensor) == [(20, 0, 0), (999, 2, bad), (21, 1, jump)]
    stored(sensor, (20.5, moments[1]))

    resolve(TAKE, *ReadingConflict.objects.all())

    assert series(sensor) == [(20, 0, 0), (20.5, 0, 0), (21, 0, 0)]


def test_a_value_that_is_worse_is_marked_and_so_is_what_follows() -> None:
    sensor = make_sensor(largest_jump=5, plausible_high=100)
    moments = [NOON - MINUTE * i for i in (3, 2, 1)]
    stored(sensor, *zip([20.0, 20.5, 21.0], moments, strict=True))
    stored(sensor, (999.0, moments[1]))

    resolve(TAKE, *ReadingConflict.objects.all())

    assert [(quality, flags) for _, quality, flags in series(sensor)] == [
        (0, 0),
        (Quality.BAD, Flag.JUMP + Flag.OUT_OF_RANGE),
        (Quality.UNCERTAIN, Flag.JUMP),
    ]


def test_a_quality_that_the_sender_declared_is_not_lifted() -> None:
    sensor = make_sensor(largest_jump=5)
    contradicted(sensor, 20.5)
    stored(sensor, (20.0, NOON + MINUTE), quality="bad")

    resolve(TAKE, *ReadingConflict.objects.all())

    assert series(sensor)[1] == (20.0, Quality.BAD, 0)


def long_run(values: Sequence[float]) -> list[tuple[float, datetime]]:
    return [(value, NOON - MINUTE * (len(values) - i)) for i, value in enumerate(values)]


def test_a_run_of_equal_values_ends_or_begins_with_the_value_taken() -> None:
    sensor = make_sensor(stuck_after=3)
    stored(sensor, *long_run([1, 1, 1, 1, 1, 1]))
    stuck = [flags for _, _, flags in series(sensor)]
    assert stuck == [0, 0, 2, 2, 2, 2]
    stored(sensor, (7.0, NOON - MINUTE * 4))

    resolve(TAKE, *ReadingConflict.objects.all())
    assert [flags for _, _, flags in series(sensor)] == [0, 0, 0, 0, 0, 2]

    stored(sensor, (1.0, NOON - MINUTE * 4))
    resolve(TAKE, *ReadingConflict.objects.open())
    assert [flags for _, _, flags in series(sensor)] == stuck


def test_the_hourly_rollup_follows() -> None:
    sensor = make_sensor()
    conflicts = contradicted(sensor, 30.0)
    refresh_hours()

    resolve(TAKE, *conflicts)

    for _ in ("marked", "kept"):
        with connection.cursor() as cursor:
            cursor.execute("SELECT readings, average FROM sensors_hourly")
            assert cursor.fetchall() == [(1, 30.0)]
        refresh_hours()


def test_many_are_resolved_together() -> None:
    first, second = make_sensor(), make_sensor()
    for sensor in (first, second):
        stored(sensor, *((1.0, NOON - MINUTE * i) for i in range(3)))
        stored(sensor, *((2.0, NOON - MINUTE * i) for i in range(3)))

    assert resolve(TAKE, *ReadingConflict.objects.all()) == 6

    assert set(Reading.objects.values_list("value", flat=True)) == {2.0}


def test_the_database_asks_who_resolved_and_what_was_replaced() -> None:
    (conflict,) = contradicted(make_sensor(), 30.0)
    row = ReadingConflict.objects.filter(pk=conflict.pk)

    for claim in ({"resolution": KEEP}, {"resolved_by": "erika"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            row.update(**claim)
    with pytest.raises(IntegrityError), transaction.atomic():
        row.update(resolution=TAKE, resolved_by="erika", resolved_at=NOON)
