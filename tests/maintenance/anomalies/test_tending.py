"""What happens because time goes by: acknowledgements and what nothing confirms."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.tend import tend_anomalies
from maintenance.anomalies.acknowledging import acknowledge, take_back_acknowledgements
from maintenance.anomalies.clearing import clear_unconfirmed
from maintenance.anomalies.shelving import shelve
from maintenance.models import Anomaly
from tests.factories import NOON, make_anomaly, make_sensor
from tests.maintenance.anomalies.recorded import CALM, at, heard, record, words_of, worker

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


def acknowledged(**fields: Any) -> Anomaly:
    sensor = make_sensor(**fields)
    anomaly = record(sensor, [2.5])
    return acknowledge(anomaly.pk, by=worker(sensor.site_id))


@pytest.mark.parametrize(("own", "after"), [(None, DAY), (HOUR, HOUR), (2 * DAY, 2 * DAY)])
def test_what_is_still_active_has_to_be_acknowledged_again(
    own: timedelta | None, after: timedelta, clock: Any
) -> None:
    anomaly = acknowledged(re_alarm_after=own)

    clock.move_to(NOON + after - timedelta(seconds=1))
    tend_anomalies()
    anomaly.refresh_from_db()
    assert anomaly.status == "ACTIVE_ACK"

    clock.move_to(NOON + after)
    with heard() as told:
        tend_anomalies()
        tend_anomalies()
    anomaly.refresh_from_db()
    assert (anomaly.status, anomaly.acknowledged_by) == ("ACTIVE_UNACK", None)
    assert told == [("opened", anomaly.pk, (NOON + after).isoformat())]
    assert anomaly.log.latest("pk").act == "re_alarmed"


def test_never_is_a_time_too(settings: Any) -> None:
    assert acknowledged(re_alarm_after=timedelta(0)).re_alarm_at is None
    settings.RE_ALARM_AFTER = timedelta(0)
    assert acknowledged().re_alarm_at is None


def test_what_has_ended_stays_acknowledged() -> None:
    anomaly = acknowledged()
    record(anomaly.sensor, CALM, start=1)

    assert take_back_acknowledgements(NOON + 2 * DAY) == 0
    anomaly.refresh_from_db()
    assert anomaly.status == "CLEARED_ACK"


def test_what_keeps_quiet_does_so_when_it_alarms_again() -> None:
    anomaly = acknowledged()
    shelve(anomaly.pk, by=worker(anomaly.asset.site_id), until=NOON + 3 * DAY, reason="Known")

    with heard() as told:
        take_back_acknowledgements(NOON + 2 * DAY)

    assert told == []
    anomaly.refresh_from_db()
    assert anomaly.acknowledged_at is None


def test_many_are_taken_back_with_as_many_queries_as_one() -> None:
    def queries(count: int) -> int:
        for _ in range(count):
            make_anomaly(acknowledged_at=NOON, re_alarm_at=NOON)
        with CaptureQueriesContext(connection) as captured:
            assert take_back_acknowledgements(NOON + DAY) == count
        return len(captured)

    assert queries(1) == queries(5)


@pytest.mark.parametrize(("own", "after"), [(None, 7 * DAY), (HOUR, HOUR)])
def test_what_no_reading_confirms_is_over(own: Any, after: timedelta) -> None:
    sensor = make_sensor(auto_clear_after=own)
    record(sensor, [2.5, 0.95])  # Within the deadband: neither confirmed nor calm.

    assert clear_unconfirmed(NOON + after - timedelta(seconds=1)) == 0
    with heard() as told:
        assert clear_unconfirmed(NOON + after) == 1

    anomaly = sensor.anomalies.get()
    assert (anomaly.ended_at, words_of(told)) == (NOON + after, ["cleared"])
    assert "no reading has confirmed it since" in anomaly.symptoms.get().evidence["given_up"]
    assert anomaly.log.latest("pk").act == "auto_cleared"


def test_what_is_confirmed_goes_on() -> None:
    sensor = make_sensor(auto_clear_after=HOUR)
    record(sensor, [2.5])
    record(sensor, [1.0], start=50)

    assert clear_unconfirmed(at(100)) == 0


def test_a_silence_is_never_over_because_nothing_came(settings: Any) -> None:
    record(make_sensor(), [2.5], kind="no_data")

    assert clear_unconfirmed(NOON + 100 * DAY) == 0


def test_it_can_be_turned_off(settings: Any) -> None:
    record(make_sensor(auto_clear_after=timedelta(0)), [2.5])
    settings.AUTO_CLEAR_AFTER = timedelta(0)
    record(make_sensor(), [2.5])

    assert clear_unconfirmed(NOON + 100 * DAY) == 0


def test_many_are_cleared_with_as_many_queries_as_one() -> None:
    def queries(count: int) -> int:
        for _ in range(count):
            record(make_sensor(), [2.5])
        with CaptureQueriesContext(connection) as captured:
            assert clear_unconfirmed(NOON + 8 * DAY) == count
        return len(captured)

    assert queries(1) == queries(5)
