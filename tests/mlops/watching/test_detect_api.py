"""Readings scored and not stored."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from agents.detect import record_anomalies
from maintenance.models import Anomaly
from mlops.models import SensorCheckpoint, SensorState
from sensors.models import Reading, ReadingBatch, Sensor, Site
from tests.factories import (
    MINUTE,
    NOON,
    make_history,
    make_member,
    make_sensor,
    make_stored,
    reading,
)
from tests.mlops.detecting import at, given, ordinary, told

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_one() -> Any:
    with time_machine.travel(NOON + 60 * MINUTE, tick=False):
        yield


@pytest.fixture
def sensor(site: Site) -> Sensor:
    return make_sensor(site=site, code="T1", warning_high=80, alarm_high=90)


def bring(sensor: Sensor, values: list[float], start: datetime) -> None:
    """Live readings, one a minute, stored and gone through."""
    readings = [reading(sensor, value, start + n * MINUTE) for n, value in enumerate(values)]
    batch = make_stored(sensor.site, *readings)
    record_anomalies([ReadingBatch.objects.located().get(pk=batch.pk)])


def test_a_reading_past_a_limit_is_an_alarm_with_its_reason(
    gateway: APIClient, sensor: Sensor
) -> None:
    answer = told(gateway, given(20, 85))

    calm, alarm = answer["results"]
    assert (calm["score"], calm["alarm"], calm["reason"]) == (0.0, False, None)
    assert alarm == {
        "index": 1,
        "sensor_id": "T1",
        "timestamp": "2026-06-01T12:01:00Z",
        "value": 85.0,
        "code": None,
        "score": 1.5,
        "expected": None,
        "low": None,
        "high": 80.0,
        "channel": "high",
        "alarm": True,
        "reason": "85 is at or above the warning limit of 80",
        "detector": "limits#1",
    }
    assert answer["sensors"] == [
        {
            "sensor_id": "T1",
            "code": None,
            "known_until": None,
            "learning": {"learnt": 2, "of": answer["sensors"][0]["learning"]["of"]},
        }
    ]


def test_it_goes_on_from_what_is_known_as_live_readings_would(
    gateway: APIClient, sensor: Sensor
) -> None:
    bring(sensor, ordinary(400), NOON - 400 * MINUTE)
    before = bytes(SensorState.objects.get().state)

    answer = told(gateway, given(20, 60, 60))

    assert answer["sensors"][0]["known_until"] == "2026-06-01T11:59:00Z"
    odd = answer["results"][2]
    assert (odd["alarm"], odd["channel"]) == (True, "spike")
    assert odd["low"] < odd["expected"] < odd["high"] < 60
    assert odd["detector"].startswith("seasonal_baseline#")
    # The same again: nothing of it was kept.
    assert told(gateway, given(20, 60, 60)) == answer
    assert bytes(SensorState.objects.get().state) == before
    bring(sensor, [20.0, 60.0, 60.0], NOON)
    symptom = Anomaly.objects.get().symptoms.get(detector=odd["detector"])
    assert (symptom.score_worst, symptom.reason) == (odd["score"], odd["reason"])


def test_nothing_is_stored(gateway: APIClient, sensor: Sensor) -> None:
    with CaptureQueriesContext(connection) as queries:
        told(gateway, given(20, 85))

    for model in (Reading, ReadingBatch, SensorState, SensorCheckpoint, Anomaly):
        assert not model._default_manager.exists()
    writing = ("INSERT", "UPDATE", "DELETE")
    assert not [q["sql"] for q in queries if q["sql"].lstrip().startswith(writing)]


def test_a_sensor_that_detectors_do_not_know_is_learnt_from_its_history(
    gateway: APIClient, sensor: Sensor
) -> None:
    make_history(sensor, ordinary(400))

    answer = told(gateway, given(60, start=1))

    assert answer["sensors"][0]["learning"] is None
    assert answer["results"][0]["alarm"] is True


def test_it_says_how_far_it_has_learnt(gateway: APIClient, sensor: Sensor) -> None:
    make_history(sensor, ordinary(40))

    answer = told(gateway, {"readings": given(20, 21), "detector": "stuck"})

    assert answer["sensors"][0]["learning"] == {"learnt": 42, "of": 100}
    assert answer["results"][1]["score"] is None


def test_a_chosen_detector_goes_on_from_its_part_of_the_state(
    gateway: APIClient, sensor: Sensor
) -> None:
    bring(sensor, ordinary(400), NOON - 400 * MINUTE)
    Reading.objects.all().delete()
    shipped = told(gateway, given(20, 60))

    chosen = told(gateway, {"readings": given(20, 60), "detector": "seasonal_baseline"})

    assert chosen["sensors"] == shipped["sensors"]
    assert chosen["results"][1] == shipped["results"][1]


def test_parameters_change_what_it_says(gateway: APIClient, sensor: Sensor) -> None:
    answer = told(
        gateway,
        {"readings": given(85), "detector": "limits", "parameters": {"warning_high": 88}},
    )

    assert answer["results"][0]["alarm"] is False


def test_readings_that_cannot_be_scored_say_why(gateway: APIClient, sensor: Sensor) -> None:
    bring(sensor, [20.0] * 5, NOON - 5 * MINUTE)
    make_sensor(code="ELSEWHERE")
    odd = [
        {"sensor_id": "T1", "value": 20, "timestamp": at(-1)},
        {"sensor_id": "T1", "value": 20, "timestamp": at(1)},
        {"sensor_id": "T1", "value": 21, "timestamp": at(1)},
        {"sensor_id": "T1", "value": 20, "timestamp": "1999-12-31T23:59:59Z"},
        {"sensor_id": "T1", "value": 20, "timestamp": "2026-06-03T00:00:00Z"},
        {"sensor_id": "T1", "value": 20, "timestamp": at(2), "quality": "bad"},
        {"sensor_id": "NEW", "value": 20},
        {"sensor_id": "ELSEWHERE", "value": 20},
    ]

    answer = told(gateway, odd)

    assert [row["code"] for row in answer["results"]] == [
        "already_gone_past",
        None,
        "same_moment",
        "impossible_time",
        "impossible_time",
        "not_believed",
        "unknown_sensor",
        "unknown_sensor",
    ]
    assert {row["sensor_id"]: row["code"] for row in answer["sensors"]} == {
        "T1": None,
        "NEW": "unknown_sensor",
        "ELSEWHERE": "unknown_sensor",
    }


def test_readings_are_taken_in_order_of_time_and_answered_in_theirs(
    gateway: APIClient, sensor: Sensor
) -> None:
    readings = given(20, 21, 22, 85)

    forwards = told(gateway, readings)["results"]
    backwards = told(gateway, readings[::-1])["results"]

    assert [row["value"] for row in backwards] == [85, 22, 21, 20]
    assert [row | {"index": 3 - row["index"]} for row in backwards[::-1]] == forwards


def test_readings_without_times_are_of_now_and_keep_their_order(
    gateway: APIClient, sensor: Sensor
) -> None:
    answer = told(gateway, [{"sensor_id": "T1", "value": value} for value in (1, 2)])

    assert [row["timestamp"] for row in answer["results"]] == [
        "2026-06-01T13:00:00Z",
        "2026-06-01T13:00:00.000001Z",
    ]
    assert [row["code"] for row in answer["results"]] == [None, None]


def test_a_code_of_several_sites_needs_one_named(site: Site, sensor: Sensor) -> None:
    make_sensor(code="T1", warning_high=10)
    client = APIClient()
    client.force_login(make_member(site, is_superuser=True))

    assert told(client, given(20))["results"][0]["code"] == "ambiguous_sensor"
    assert told(client, given(20), f"?site={site.code}")["results"][0]["alarm"] is False


def test_sensors_are_answered_as_each_would_be_alone(gateway: APIClient, site: Site) -> None:
    for number in range(4):
        make_history(
            make_sensor(site=site, code=f"M{number}"), ordinary(250 * number, seed=number)
        )
    bodies = [given(20, 40, 60, code=f"M{number}") for number in range(4)]

    together = told(gateway, [row for body in bodies for row in body])

    alone = [told(gateway, body) for body in bodies]
    assert together["sensors"] == [one["sensors"][0] for one in alone]
    rows = [row for one in alone for row in one["results"]]
    assert [row | {"index": n} for n, row in enumerate(rows)] == together["results"]


def test_many_sensors_take_as_many_queries_as_one(
    gateway: APIClient, site: Site, django_assert_max_num_queries: Any
) -> None:
    body = []
    for number in range(30):
        make_history(make_sensor(site=site, code=f"M{number}"), ordinary(20))
        body += given(20, code=f"M{number}")

    with django_assert_max_num_queries(8):
        told(gateway, body)
