"""Requests to score readings that are large, wrong, or not for the asker."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pytest
from rest_framework.test import APIClient

from mlops.api import detection
from sensors.models import Sensor, Site
from tests.factories import make_history, make_member, make_sensor, make_site
from tests.mlops.detecting import URL, given, ordinary, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def sensor(site: Site) -> Sensor:
    return make_sensor(site=site, code="T1", warning_high=80, alarm_high=90)


def test_ten_thousand_readings_can_be_asked_about_and_no_more(
    gateway: APIClient, sensor: Sensor
) -> None:
    body = [{"sensor_id": "T1", "value": 20}] * 10_001

    assert len(told(gateway, body[1:])["results"]) == 10_000
    answer = gateway.post(URL, body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "too_many_readings")


def test_a_hundred_sensors_can_be_asked_about_and_no_more(
    gateway: APIClient, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detection, "MOST_SENSORS", 2)
    body = []
    for number in range(3):
        make_sensor(site=site, code=f"M{number}")
        body += given(20, code=f"M{number}")

    assert told(gateway, body[1:])
    answer = gateway.post(URL, body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "too_many_sensors")


@pytest.mark.parametrize("value", [1e308, -1e308, 5e-324, 0])
def test_huge_values_are_answered_with_numbers(
    gateway: APIClient, sensor: Sensor, value: float
) -> None:
    make_history(sensor, ordinary(300))

    results = told(gateway, given(value, -value, value, 20))["results"]

    numbers = [row[name] for row in results for name in ("score", "expected", "low", "high")]
    assert all(number is None or np.isfinite(number) for number in numbers)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("{", "unparseable"),
        ("[" * 100_000, "unparseable"),
        ('{"readings": ' + "[" * 100_000, "unparseable"),
        ("[]", "empty_upload"),
        ('{"readings": []}', "empty_upload"),
        ('{"readings": 3}', "invalid_readings"),
        ('{"readings": [], "form": 3}', "invalid_upload"),
        ('{"readings": [], "detector": 3}', "invalid_upload"),
        ('{"readings": [], "parameters": []}', "invalid_upload"),
        ('{"readings": [{"sensor_id": "T1"}]}', "invalid_readings"),
        ('[{"sensor_id": "T1", "value": 1}, {"sensor_id": "T1", "value": 1e999}]', None),
        ('{"readings": [{"sensor_id": "T1", "value": 1}], "parameters": {"a": 1}}', None),
        ('{"readings": [{"sensor_id": "T1", "value": 1}], "detector": "crystal_ball"}', None),
    ],
)
def test_a_body_that_makes_no_sense_is_refused_as_a_whole(
    gateway: APIClient, sensor: Sensor, body: str, code: str | None
) -> None:
    answer = gateway.post(URL, body, content_type="application/json")

    assert answer.status_code == 400
    expected = {"invalid_readings", "parameters_of_what", "unknown_detector"}
    assert answer.json()["code"] in ({code} if code else expected)


def test_wrong_readings_are_named(gateway: APIClient, sensor: Sensor) -> None:
    answer = gateway.post(URL, [*given(1), {"sensor_id": "T1"}], format="json").json()

    assert answer["code"] == "invalid_readings"
    assert answer["rejected"] == 1
    assert (answer["rejections"][0]["index"], answer["rejections"][0]["code"]) == (
        1,
        "missing_value",
    )


def test_a_body_may_be_compressed_and_has_to_be_json(gateway: APIClient, sensor: Sensor) -> None:
    packed = gzip.compress(json.dumps(given(20)).encode())

    answer = gateway.post(
        URL, packed, content_type="application/json", headers={"Content-Encoding": "gzip"}
    )
    assert answer.status_code == 200
    assert gateway.post(URL, "a,b", content_type="text/csv").status_code == 415


def test_limits_that_do_not_go_with_the_sensors_own_are_refused(
    gateway: APIClient, sensor: Sensor
) -> None:
    body = {"readings": given(20), "detector": "limits", "parameters": {"alarm_high": 70}}

    answer = gateway.post(URL, body, format="json")

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")


def test_a_sensor_of_another_site_tells_nothing(site: Site, sensor: Sensor) -> None:
    stranger = APIClient()
    stranger.force_login(make_member(make_site(), role="viewer"))

    row = told(stranger, given(85))["results"][0]

    assert row["code"] == "unknown_sensor"
    assert "score" not in row
