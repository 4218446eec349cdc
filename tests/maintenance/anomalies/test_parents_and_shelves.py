"""Alarms that keep quiet for another one, for work on the asset, or on the shelf."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from agents.tend import tend_anomalies
from maintenance.anomalies.refreshing import refresh_suppression
from maintenance.anomalies.shelving import shelve, unshelve
from maintenance.recording import record_episodes
from sensors.models import Sensor
from tests.factories import (
    NOON,
    make_asset,
    make_sensor,
    make_window,
    make_work_order,
)
from tests.maintenance.anomalies.recorded import (
    CALM,
    at,
    heard,
    record,
    scored,
    words_of,
    worker,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(at(1), tick=False) as clock:
        yield clock


def suppressed(sensor: Sensor) -> str:
    return sensor.anomalies.latest("pk").suppression


def test_a_parent_alarm_keeps_its_parts_quiet_while_it_lasts() -> None:
    pump = make_asset()
    seal = make_asset(parent=pump, site=pump.site)
    drive, leak = make_sensor(asset=pump), make_sensor(asset=seal)
    with heard() as told:
        above = record(drive, [2.5])
        below = record(leak, [2.5], start=1)
        worse = record(leak, [3.5], start=2)

    assert (below.suppression, worse.suppression) == ("parent", "")
    assert words_of(told) == ["opened", "opened"], "worse than the parent it is heard"
    assert {pk for _, pk, _ in told} == {above.pk, below.pk}


def test_parent_and_part_in_one_run_are_told_as_one() -> None:
    pump = make_asset()
    drive = make_sensor(asset=pump)
    leak = make_sensor(asset=make_asset(parent=pump, site=pump.site))

    with heard() as told:
        record_episodes([scored(leak, [0.0, 2.5]), scored(drive, [2.5])])

    assert (suppressed(leak), suppressed(drive)) == ("parent", "")
    assert len(told) == 1


def test_when_the_parent_is_well_again_its_parts_are_heard() -> None:
    pump = make_asset()
    drive = make_sensor(asset=pump)
    leak = make_sensor(asset=make_asset(parent=pump, site=pump.site))
    record(drive, [2.5])
    below = record(leak, [2.5], start=1)
    record(drive, CALM, start=2)

    with heard() as told:
        assert refresh_suppression(at(9)) == 1

    assert told == [("opened", below.pk, at(9).isoformat())]


def test_only_what_begins_while_somebody_works_on_the_asset_is_quiet() -> None:
    sensor = make_sensor()
    before = record(sensor, [2.5])
    make_work_order(
        asset=sensor.asset, origin="corrective", state="in_progress", started_at=at(0.5)
    )
    other = record(make_sensor(asset=sensor.asset), [2.5], start=1)

    refresh_suppression(at(2))

    before.refresh_from_db()
    assert (before.suppression, other.suppression) == ("", "order")


def test_an_order_on_hold_keeps_nothing_quiet() -> None:
    sensor = make_sensor()
    make_work_order(asset=sensor.asset, origin="corrective", state="on_hold", started_at=NOON)

    assert record(sensor, [2.5], start=1).suppression == ""


def test_shelving_is_of_the_alarm_and_not_of_one_episode() -> None:
    sensor = make_sensor()
    first = record(sensor, [2.5])
    shelve(first.pk, by=worker(sensor.site_id), until=at(60), reason="Known")

    with heard() as told:
        record(sensor, CALM, start=1)
        again = record(sensor, [2.5], start=10)
        other = record(sensor, [2.5], start=10, kind="low_limit")

    assert words_of(told) == ["opened"]
    assert (again.suppression, again.shelved_by, again.shelved_reason) == (
        "shelved",
        "erika",
        "Known",
    )
    assert other.suppression == ""


def test_an_episode_that_is_over_is_shelved_with_the_one_that_is_open() -> None:
    sensor = make_sensor()
    over = record(sensor, [2.5, *CALM])
    record(sensor, [2.5], start=10)

    shelve(over.pk, by=worker(sensor.site_id), until=at(60), reason="Known")

    assert suppressed(sensor) == "shelved"


def test_taking_it_off_the_shelf_frees_all_its_episodes_and_tells_of_it() -> None:
    sensor = make_sensor()
    first = record(sensor, [2.5])
    shelve(first.pk, by=worker(sensor.site_id), until=at(60), reason="Known")
    record(sensor, CALM, start=1)
    again = record(sensor, [2.5], start=10)

    with heard() as told:
        unshelve(first.pk, by=worker(sensor.site_id))
    record(sensor, CALM, start=20)

    assert told == [("opened", again.pk, at(1).isoformat())]
    assert record(sensor, [2.5], start=30).suppression == ""


def test_what_ended_before_it_was_shelved_is_no_longer_held_back_by_that(clock: Any) -> None:
    """Readings come late: the end is learnt of when the alarm is off the shelf again."""
    sensor = make_sensor()
    clock.move_to(at(30))
    anomaly = record(sensor, [2.5])
    shelve(anomaly.pk, by=worker(sensor.site_id), until=at(60), reason="Known")
    unshelve(anomaly.pk, by=worker(sensor.site_id))

    with heard() as told:
        over = record(sensor, CALM, start=1, before=[(0, 2.5)])

    assert (over.is_active, over.suppression) == (False, "")
    assert words_of(told) == ["cleared"]


def test_the_time_on_the_shelf_runs_out(clock: Any) -> None:
    sensor = make_sensor()
    anomaly = record(sensor, [2.5])
    shelve(anomaly.pk, by=worker(sensor.site_id), until=at(60), reason="Known")
    clock.move_to(at(60))

    with heard() as told:
        tend_anomalies()

    assert words_of(told) == ["opened"]
    assert suppressed(sensor) == ""


def test_behind_the_shelf_the_window_still_holds() -> None:
    sensor = make_sensor()
    make_window(sensor.site)
    anomaly = record(sensor, [2.5])
    shelve(anomaly.pk, by=worker(sensor.site_id), until=at(60), reason="Known")

    with heard() as told:
        unshelve(anomaly.pk, by=worker(sensor.site_id))

    assert told == []
    assert suppressed(sensor) == "window"
