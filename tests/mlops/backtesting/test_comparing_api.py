"""Several settings of a detector side by side, as clients ask for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest.mock import ANY

import pytest
from rest_framework.test import APIClient

from mlops.backtesting import history
from sensors.models import Sensor, Site
from tests.factories import make_history, make_sensor
from tests.mlops.backtesting.test_api import LABEL, URL, body

pytestmark = pytest.mark.django_db


@pytest.fixture
def sensor(site: Site) -> Sensor:
    sensor = make_sensor(site=site, code="T1", warning_high=80)
    make_history(sensor, [20.0, 20, 85, 20, 20, 20, 20, 20])
    return sensor


def test_settings_are_compared_and_held_against_labels(
    curator: APIClient, sensor: Sensor, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    settings = [{}, {"warning_high": 90, "alarm_high": 95}]

    with django_capture_on_commit_callbacks(execute=True):
        asked = curator.post(URL, body(parameters=settings, labels=[LABEL]), format="json")

    assert asked.json()["labels"] == [LABEL | {"from": ANY, "to": ANY}]
    answer = curator.get(asked.headers["Location"]).json()
    assert (answer["parameters"], answer["alarm_count"]) == (settings, None)
    shipped, changed = answer["result"]["compared"]
    assert (shipped["total"]["alarms"], changed["total"]["alarms"]) == (1, 0)
    assert (shipped["judgement"]["precision"], shipped["judgement"]["recall"]) == (1.0, 1.0)
    assert (changed["judgement"]["precision"], changed["judgement"]["recall"]) == (None, 0.0)
    assert changed["parameters"] == settings[1]


def test_each_setting_counts_for_what_can_be_gone_through(
    curator: APIClient, sensor: Sensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "MOST_READINGS", 20)
    thrice = body(parameters=[{}, {}, {}], warm_up=0)

    answer = curator.post(URL, thrice, format="json")

    assert (answer.status_code, answer.json()["code"]) == (400, "too_many_readings")
    assert answer.json()["readings"] == 24
    assert (
        curator.post(URL, body(parameters=[{}, {}], warm_up=0), format="json").status_code == 202
    )
