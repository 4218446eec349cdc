"""Sensors that say nothing are found by looking."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from agents.detect import record_anomalies
from agents.silence import look_for_silence, record_silences, seen_until
from maintenance.models import Anomaly, Symptom, WorkOrder
from mlops.models import SensorState
from mlops.watching import silences
from sensors.models import ReadingBatch, Sensor, Site
from tests.factories import (
    MINUTE,
    NOON,
    make_asset,
    make_batch,
    make_sensor,
    make_site,
    make_stored,
    reading,
)

pytestmark = pytest.mark.django_db


def bring(sensor: Sensor, minutes: range, *, upload: int = 1, **fields: Any) -> None:
    """A reading a minute, in uploads of so many, each of which comes as its last is taken."""
    bring_all([sensor], minutes, upload=upload, **fields)


def bring_all(
    sensors: Sequence[Sensor], minutes: range, *, upload: int = 1, **fields: Any
) -> None:
    """As bring, of some sensors of a site in the same uploads."""
    for start in range(minutes.start, minutes.stop, upload):
        part = range(start, min(start + upload, minutes.stop))
        rows = [reading(s, 20 + m * 7 % 5, NOON + MINUTE * m) for m in part for s in sensors]
        batch = make_stored(sensors[0].site, *rows, **fields)
        ReadingBatch.objects.filter(pk=batch.pk).update(received_at=NOON + MINUTE * part[-1])
        record_anomalies([ReadingBatch.objects.located().get(pk=batch.pk)])


def at(minute: int) -> datetime:
    return NOON + MINUTE * minute


def silent() -> list[Anomaly]:
    return list(Anomaly.objects.filter(kind="no_data").order_by("pk"))


def test_a_sensor_that_falls_silent_is_an_anomaly_of_its_own() -> None:
    sensor = make_sensor(site=make_site())
    bring(sensor, range(30))

    record_silences(at(33))
    before = silent()
    record_silences(at(35))

    assert not before
    (anomaly,) = silent()
    assert anomaly.sensor == sensor
    assert anomaly.detector == "silence#1"
    assert anomaly.started_at == at(35)
    assert anomaly.reason.startswith("There was no reading for 6 min; 5 min is the most")
    assert anomaly.peak_value == 20 + 29 * 7 % 5


def test_it_ends_with_the_next_reading() -> None:
    sensor = make_sensor()
    bring(sensor, range(30))
    record_silences(at(60))

    bring(sensor, range(61, 62))

    assert [a.ended_at for a in silent()] == [at(61)]


def test_a_gap_that_is_over_when_readings_come_is_no_anomaly() -> None:
    sensor = make_sensor()
    bring(sensor, range(30))

    bring(sensor, range(90, 120))

    assert not silent()


def test_a_stated_interval_counts_from_the_first_reading_on() -> None:
    stated = make_sensor(expected_interval=timedelta(minutes=10))
    learning = make_sensor()
    for sensor in (stated, learning):
        bring(sensor, range(3))

    record_silences(at(50))
    early = silent()
    record_silences(at(60))

    assert not early
    assert [a.sensor for a in silent()] == [stated]


def test_what_is_uploaded_once_an_hour_is_not_missed_after_five_minutes() -> None:
    sensor = make_sensor()
    bring(sensor, range(180), upload=60)

    for minute in (190, 230, 290):
        record_silences(at(minute))
    early = silent()
    record_silences(at(310))

    assert not early
    assert len(silent()) == 1


def test_a_long_break_is_not_usual_from_then_on() -> None:
    sensor = make_sensor()
    bring(sensor, range(30))
    bring(sensor, range(1000, 1060))

    record_silences(at(1080))

    assert len(silent()) == 1


@pytest.mark.parametrize("case", ["retired", "backfilled", "still read, if wrong"])
def test_nobody_is_missed_who(case: str) -> None:
    sensor = make_sensor(expected_interval=MINUTE, plausible_high=30)
    if case == "backfilled":
        make_stored(sensor.site, reading(sensor, 20), mode="backfill")
    else:
        bring(sensor, range(30))
    if case == "retired":
        Sensor.objects.update(retired_at=NOON)
    if case == "still read, if wrong":
        make_stored(sensor.site, reading(sensor, 99, at(70)))

    assert not record_silences(at(75))


def plant(site: Site, sensors: int) -> list[Sensor]:
    found = [make_sensor(asset=make_asset(site=site)) for _ in range(sensors)]
    bring_all(found, range(30), upload=3)
    return found


def test_one_stands_for_a_site_from_which_nothing_comes() -> None:
    first, *_ = plant(make_site(), 3)

    for minute in (40, 41, 42):
        record_silences(at(minute))

    (anomaly,) = silent()
    assert anomaly.sensor == first
    assert anomaly.reason.endswith("Nothing has come from its site: 2 more are silent")


def test_each_is_named_once_its_site_goes_on_without_it() -> None:
    first, second, third = plant(make_site(), 3)
    record_silences(at(40))

    bring(third, range(40, 60))
    record_silences(at(60))

    assert {a.sensor for a in silent() if a.is_active} == {first, second}


def test_a_long_silence_is_an_order_to_check_the_sensor_and_never_urgent() -> None:
    sensor = make_sensor(asset=make_asset(criticality=4))
    bring(sensor, range(30))

    look_for_silence()

    order = WorkOrder.objects.get()
    assert order.recommendation.startswith("Check the sensor")
    assert order.priority == "P2"
    assert silent()[0].severity_worst == 2


def test_what_goes_on_is_written_down_again_only_when_it_is_graded_as_worse() -> None:
    sensor = make_sensor()
    bring(sensor, range(30))

    found = [record_silences(at(minute)) for minute in (36, 40, 45, 46)]

    assert found == [1, 0, 1, 0]
    assert Symptom.objects.get(kind="no_data").score_worst == pytest.approx(16 / 5)


def test_it_does_not_join_what_deviates_on_the_machine() -> None:
    sensor = make_sensor()
    bring(sensor, range(30))

    record_silences(at(60))

    assert not silent()[0].is_joint


def test_what_waits_to_be_gone_through_is_not_missed() -> None:
    sensor = make_sensor()
    batch = make_batch(sensor.site, [reading(sensor, 20)])
    ReadingBatch.objects.filter(pk=batch.pk).update(received_at=NOON)

    assert seen_until() == NOON


def test_history_that_waits_holds_up_nothing() -> None:
    make_batch(make_site(), mode="backfill")

    assert timezone.now() - seen_until() < timedelta(minutes=1)


def test_a_look_takes_as_many_queries_however_many_are_silent(
    django_assert_max_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    *silent_ones, other = plant(make_site(), 12)
    bring(other, range(30, 60))

    with django_assert_max_num_queries(34):
        assert record_silences(at(60)) == len(silent_ones)


def test_a_look_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    *_, other = plant(make_site(), 4)
    bring(other, range(30, 60))

    assert len(silences.overdue(at(60), most=2)) == 2
    assert SensorState.objects.count() == 4
