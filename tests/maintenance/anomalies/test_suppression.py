"""What keeps quiet is recorded and counted, but not told and not decided about."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.tend import tend_anomalies
from maintenance.anomalies.acknowledging import acknowledge
from maintenance.anomalies.refreshing import refresh_suppression
from maintenance.anomalies.windows import move_windows_on
from maintenance.decision import decide_undecided
from maintenance.models import Anomaly, AnomalyLog, WorkOrder
from maintenance.recording import record_episodes
from sensors.models import Sensor
from tests.factories import (
    NOON,
    make_anomaly,
    make_asset,
    make_sensor,
    make_window,
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


def acts_of(anomaly: Anomaly) -> list[str]:
    return list(anomaly.log.values_list("act", flat=True))


def test_what_opens_worsens_and_ends_is_told_once_each() -> None:
    sensor = make_sensor()
    with heard() as told:
        for start, scores in enumerate([[1.2], [1.3], [2.5], [2.4], CALM]):
            anomaly = record(sensor, scores, start=start)

    assert told == [
        ("opened", anomaly.pk, ""),
        ("worse", anomaly.pk, "3"),
        ("cleared", anomaly.pk, at(8).isoformat()),
    ]


def test_an_episode_that_begins_and_ends_in_one_run_is_told_of() -> None:
    with heard() as told:
        record(make_sensor(), [2.5, *CALM])

    assert words_of(told) == ["opened", "cleared"]


def test_severity_now_falls_again_and_the_worst_stays() -> None:
    sensor = make_sensor()

    anomaly = record(sensor, [3.5, 2.1, 1.1])

    assert (anomaly.severity, anomaly.severity_worst) == (1, 4)


@pytest.mark.parametrize("where", ["asset", "parent", "site"])
def test_a_window_keeps_an_asset_and_its_parts_quiet(where: str) -> None:
    parent = make_asset()
    sensor = make_sensor(asset=make_asset(parent=parent, site=parent.site))
    asset = {"asset": sensor.asset, "parent": parent, "site": None}[where]
    make_window(sensor.site, asset=asset)
    elsewhere = make_sensor()

    with heard() as told:
        anomaly = record(sensor, [2.5])
        other = record(elsewhere, [2.5])

    assert told == [("opened", other.pk, "")]
    assert (anomaly.suppression, anomaly.suppressed_at) == ("window", at(1))
    assert anomaly.credibility is not None
    assert acts_of(anomaly) == ["suppressed"]


def test_what_is_suppressed_waits_for_a_decision_until_it_is_heard(clock: Any) -> None:
    sensor = make_sensor()
    make_window(sensor.site)
    anomaly = record(sensor, [2.5])
    decide_undecided()
    assert not WorkOrder.objects.exists()

    clock.move_to(NOON + timedelta(hours=2))
    with heard() as told:
        tend_anomalies()
        tend_anomalies()

    anomaly.refresh_from_db()
    assert told == [("opened", anomaly.pk, (NOON + timedelta(hours=2)).isoformat())]
    assert (anomaly.suppression, anomaly.decision_pending) == ("", False)
    assert anomaly.work_order == WorkOrder.objects.get()
    assert acts_of(anomaly) == ["suppressed", "unsuppressed"]


def test_what_is_over_before_it_is_heard_is_counted_and_never_told(clock: Any) -> None:
    sensor = make_sensor()
    make_window(sensor.site)
    with heard() as told:
        record(sensor, [2.5])
        record(sensor, CALM, start=1)
        clock.move_to(NOON + timedelta(hours=3))
        tend_anomalies()

    anomaly = Anomaly.objects.get()
    assert told == []
    assert (anomaly.suppression, anomaly.decision_pending) == ("window", False)
    assert not WorkOrder.objects.exists()


def test_what_another_order_is_about_is_not_made_wider_by_it() -> None:
    sensor = make_sensor()
    shelved = make_anomaly(make_sensor(asset=sensor.asset), suppression="shelved")
    record(sensor, [2.5])

    decide_undecided()

    assert shelved not in WorkOrder.objects.get().anomalies.all()


def test_a_worsening_in_a_window_is_not_told_and_the_end_of_it_brings_it_back(
    clock: Any,
) -> None:
    sensor = make_sensor()
    record(sensor, [1.2])
    make_window(sensor.site, starts_at=at(10), duration=timedelta(minutes=30))

    clock.move_to(at(20))
    with heard() as told:
        record(sensor, [3.5], start=20)
    assert told == []

    clock.move_to(at(41))
    with heard() as told:
        refresh_suppression(at(41))
    assert words_of(told) == ["opened"]
    assert Anomaly.objects.get().announced_severity == 4


def test_whoever_acknowledged_it_is_not_told_again(clock: Any) -> None:
    sensor = make_sensor()
    window = make_window(sensor.site)
    anomaly = record(sensor, [2.5])
    acknowledge(anomaly.pk, by=worker(sensor.site_id))

    with heard() as told:
        refresh_suppression(window.starts_at + window.duration)

    assert told == []
    assert suppressed(sensor) == ""


def test_a_window_that_comes_again_keeps_quiet_each_time(clock: Any) -> None:
    sensor = make_sensor()
    window = make_window(sensor.site, rrule="FREQ=DAILY")

    for day in range(3):
        clock.move_to(NOON + timedelta(days=day, hours=3))
        tend_anomalies()
        window.refresh_from_db()
        assert window.next_start == NOON + timedelta(days=day + 1)
        clock.move_to(window.next_start + timedelta(minutes=30))
        minute = 24 * 60 * (day + 1) + 30
        assert record(sensor, [2.5, *CALM], start=minute).suppression == "window"


def test_windows_that_are_over_are_done_with() -> None:
    window = make_window()

    assert move_windows_on(NOON + timedelta(hours=2)) == 1
    assert move_windows_on(NOON + timedelta(hours=2)) == 0
    window.refresh_from_db()
    assert window.next_end is None


def test_looking_at_all_takes_as_many_queries_however_many_there_are() -> None:
    def queries(count: int) -> int:
        for _ in range(count):
            sensor = make_sensor(asset=make_asset(parent=make_asset()))
            make_window(sensor.site)
            make_anomaly(sensor)
        with CaptureQueriesContext(connection) as captured:
            refresh_suppression(at(5))
        return len(captured)

    assert queries(1) == queries(9)


def test_recording_of_what_only_goes_on_asks_nothing_more() -> None:
    sensors = [make_sensor() for _ in range(5)]
    record_episodes([scored(sensor, [2.5]) for sensor in sensors])

    with CaptureQueriesContext(connection) as captured:
        record_episodes([scored(sensor, [2.4], start=1) for sensor in sensors])

    assert len(captured) == 6
    assert not any("maintenancewindow" in query["sql"] for query in captured)


def test_the_log_says_what_rules_did_and_who_did_the_rest() -> None:
    sensor = make_sensor()
    make_window(sensor.site)
    anomaly = record(sensor, [2.5])
    acknowledge(anomaly.pk, by=worker(sensor.site_id), note="On my way")

    rows = list(AnomalyLog.objects.values_list("act", "by", "at", "words"))

    assert rows == [
        ("suppressed", "", at(1), "Maintenance window"),
        ("acknowledged", "erika", at(1), "On my way"),
    ]
