from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from sensors.intake.storing import store_readings
from sensors.intake.validation import grade_readings
from sensors.models import Reading, ReadingBatch, Sensor
from tests.factories import MINUTE, NOON, make_batch, make_sensor, reading

Flag, Quality = Reading.Flag, Reading.Quality


def bring(sensor: Sensor, values: list[float], start: datetime = NOON, **fields: Any) -> None:
    """Store and grade values of one sensor, a minute apart, in one batch."""
    rows = [reading(sensor, v, start + MINUTE * i, **fields) for i, v in enumerate(values)]
    batch = make_batch(sensor.site, rows)
    received_at = start + MINUTE * len(values)
    ReadingBatch.objects.filter(pk=batch.pk).update(received_at=received_at)
    batch.refresh_from_db()
    store_readings([batch])
    grade_readings([batch])


def grades(sensor: Sensor) -> list[tuple[int, int]]:
    """Flags and quality of all readings, in order of time."""
    return list(sensor.readings.order_by("taken_at").values_list("flags", "quality"))


GOOD = (0, Quality.GOOD)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "values", "last"),
    [
        ({}, [1, 2], GOOD),
        ({"plausible_high": 10}, [1, 11], (Flag.OUT_OF_RANGE, Quality.BAD)),
        ({"plausible_low": 0}, [1, -1], (Flag.OUT_OF_RANGE, Quality.BAD)),
        ({"largest_jump": 5}, [1, 7], (Flag.JUMP, Quality.UNCERTAIN)),
        ({"stuck_after": 3}, [1, 1, 1], (Flag.STUCK, Quality.UNCERTAIN)),
        ({"stuck_after": 0}, [1, 1, 1], GOOD),
        ({"expected_interval": timedelta(seconds=10)}, [1, 2], (Flag.AFTER_GAP, Quality.GOOD)),
        (
            {"plausible_high": 10, "largest_jump": 5},
            [1, 11],
            (Flag.OUT_OF_RANGE + Flag.JUMP, Quality.BAD),
        ),
    ],
)
def test_a_flag_is_written_and_the_quality_lowered(
    fields: dict[str, Any], values: list[float], last: tuple[int, int]
) -> None:
    sensor = make_sensor(**fields)

    bring(sensor, values)

    assert grades(sensor) == [GOOD] * (len(values) - 1) + [last]


@pytest.mark.django_db
@pytest.mark.parametrize(("early", "flag"), [(5, 0), (6, Flag.FUTURE)])
def test_a_reading_from_the_future_is_doubted(early: int, flag: int) -> None:
    sensor = make_sensor()
    batch = make_batch(sensor.site, [reading(sensor, 1, NOON + MINUTE * early)])
    batch.received_at = NOON
    batch.save()

    store_readings([batch])
    grade_readings([batch])

    assert grades(sensor) == [(flag, Quality.UNCERTAIN if flag else Quality.GOOD)]


@pytest.mark.django_db
def test_the_quality_a_client_sent_is_never_raised() -> None:
    sensor = make_sensor(largest_jump=5)

    bring(sensor, [1, 1, 9], quality="bad")

    assert [quality for _, quality in grades(sensor)] == [Quality.BAD] * 3


@pytest.mark.django_db
def test_nothing_is_dropped_and_no_value_changes() -> None:
    sensor = make_sensor(plausible_high=10, stuck_after=2, largest_jump=1)
    values = [1.0, 1.0, 100.0, -5.0, 7.25]

    bring(sensor, values)

    assert list(sensor.readings.order_by("taken_at").values_list("value", flat=True)) == values


@pytest.mark.django_db
def test_the_readings_before_are_looked_at_but_left_alone() -> None:
    sensor = make_sensor(largest_jump=5)
    bring(sensor, [1, 1])
    sensor.largest_jump = 0.5
    sensor.save()

    bring(sensor, [2], NOON + MINUTE * 2)

    assert grades(sensor) == [GOOD, GOOD, (Flag.JUMP, Quality.UNCERTAIN)]


@pytest.mark.django_db
def test_grading_twice_changes_nothing() -> None:
    sensor = make_sensor(plausible_high=10)
    bring(sensor, [1, 11])
    before = grades(sensor)

    grade_readings(list(ReadingBatch.objects.all()))

    assert grades(sensor) == before


@pytest.mark.django_db
def test_a_batch_of_which_nothing_was_stored_is_no_error() -> None:
    sensor = make_sensor()
    bring(sensor, [1])
    batch = make_batch(sensor.site, [reading("UNKNOWN", 1)])
    store_readings([batch])

    grade_readings([batch])

    assert grades(sensor) == [GOOD]


@pytest.mark.django_db
def test_its_queries_do_not_grow_with_the_readings() -> None:
    few, many = (make_sensor(plausible_high=10) for _ in range(2))

    def queries(sensor: Sensor, values: list[float]) -> int:
        batch = make_batch(
            sensor.site, [reading(sensor, v, NOON - MINUTE * i) for i, v in enumerate(values)]
        )
        store_readings([batch])
        with CaptureQueriesContext(connection) as captured:
            grade_readings([batch])
        return len(captured)

    assert queries(many, [11] * 300) == queries(few, [11, 12])


class GradingInPartsTest(TestCase):
    @settings(max_examples=25, deadline=None)
    @given(st.lists(st.integers(0, 3), min_size=1, max_size=10), st.data())
    def test_one_by_one_is_the_same_as_in_one_batch(
        self, raw: list[int], data: st.DataObject
    ) -> None:
        cut = data.draw(st.integers(0, len(raw)))
        fields = {"plausible_high": 2.5, "largest_jump": 1.5, "stuck_after": 3}
        whole, single, halves = (make_sensor(**fields) for _ in range(3))
        values = [float(value) for value in raw]

        bring(whole, values)
        for index, value in enumerate(values):
            bring(single, [value], NOON + MINUTE * index)
        for part, start in ((values[:cut], 0), (values[cut:], cut)):
            bring(halves, part, NOON + MINUTE * start)

        assert grades(single) == grades(whole) == grades(halves)
