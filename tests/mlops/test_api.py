"""Forecasts and health over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
import time_machine
from django.core.cache import cache
from rest_framework.test import APIClient

from mlops.models import ForecastCover
from sensors.models import Sensor, Site
from tests.factories import (
    MINUTE,
    NOON,
    make_anomaly,
    make_asset,
    make_history,
    make_key,
    make_member,
    make_sensor,
    make_site,
)

pytestmark = pytest.mark.django_db

HOUR = 60 * MINUTE


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[Any]:
    cache.clear()
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def sensor(site: Site) -> Sensor:
    """One more each two hours, 80 by now."""
    sensor = make_sensor(site=site, code="T1", warning_high=90, alarm_high=500, alarm_low=0)
    values = 80 - 0.5 * np.arange(24 * 10)[::-1] + np.random.default_rng(1).normal(0, 0.2, 240)
    make_history(sensor, values.tolist(), every=HOUR)
    return sensor


def forecast(client: APIClient, sensor: Sensor, query: str = "", **headers: str) -> Any:
    return client.get(f"/api/v1/sensors/{sensor.pk}/forecast{query}", headers=headers)


def health(client: APIClient, name: Any, query: str = "", **headers: str) -> Any:
    return client.get(f"/api/v1/assets/{quote(str(name))}/health{query}", headers=headers)


def test_a_forecast_has_steps_bands_and_limits(gateway: APIClient, sensor: Sensor) -> None:
    answer = forecast(gateway, sensor)

    body = answer.json()
    assert answer.status_code == 200
    assert (body["sensor_id"], body["unit"], body["state"]) == ("T1", "°C", "forecast")
    assert (body["from"], body["to"]) == ("2026-06-01T12:00:00Z", "2026-06-02T12:00:00Z")
    assert (body["resolution"], body["hours"]) == ("1h", 24)
    assert body["history"] == {"from": "2026-05-22T12:00:00Z", "steps": 240}
    assert (body["last_value_at"], round(body["last_value"])) == ("2026-06-01T11:00:00Z", 80)
    assert [step["timestamp"][11:13] for step in body["steps"][:2]] == ["12", "13"]
    assert len(body["steps"]) == 24
    for step in body["steps"]:
        low, high = step["bands"]["90"]
        inner = step["bands"]["50"]
        assert low <= inner[0] <= step["value"] <= inner[1] <= high
    warning, alarm = body["limits"][1:]
    assert [limit["limit"] for limit in body["limits"]] == [
        "alarm_low",
        "warning_high",
        "alarm_high",
    ]
    assert (warning["outlook"], alarm["outlook"]) == ("crossing foreseen", "no crossing foreseen")
    assert abs(warning["seconds"] / 3600 - 20) < 2
    assert warning["earliest"] <= warning["at"] <= warning["latest"]
    assert datetime.fromisoformat(warning["at"]) == NOON - HOUR + timedelta(
        seconds=warning["seconds"]
    )


def test_the_cover_is_told_as_it_was_measured(gateway: APIClient, sensor: Sensor) -> None:
    before = forecast(gateway, sensor).json()
    counts = {"inside": 218, "total": 240, "forecasts": 10, "aim": 0.9}
    ForecastCover.objects.create(sensor=sensor, method=before["method"], level=0.9, **counts)
    ForecastCover.objects.create(sensor=sensor, method="other", level=0.5, **counts)

    after = forecast(gateway, sensor).json()

    nothing = "not enough data"
    assert before["cover"] == {"50": nothing, "80": nothing, "90": nothing}
    assert after["cover"] == {"50": nothing, "80": nothing, "90": "0.91 of 240"}


def test_too_little_data_is_an_answer(gateway: APIClient, site: Site) -> None:
    sensor = make_sensor(site=site, alarm_high=90, warning_high=50)
    make_history(sensor, [60.0])

    body = forecast(gateway, sensor).json()

    assert body["state"] == "not enough data"
    assert body["steps"] is body["method"] is body["cover"] is None
    assert [limit["outlook"] for limit in body["limits"]] == ["beyond it now", "not enough data"]


@pytest.mark.parametrize("hours", [1, 168])
def test_the_horizon_may_be_chosen(gateway: APIClient, sensor: Sensor, hours: int) -> None:
    body = forecast(gateway, sensor, f"?hours={hours}").json()

    assert body["hours"] == hours
    # Ten days of history tell of two and a half.
    assert len(body["steps"]) == min(hours, 60)


@pytest.mark.parametrize(
    ("hours", "code"),
    [
        ("0", "min_value"),
        ("169", "max_value"),
        ("-1", "min_value"),
        ("9" * 400, "max_value"),
        ("x", "invalid"),
        ("1.5", "invalid"),
        ("NaN", "invalid"),
    ],
)
def test_a_wrong_horizon_is_refused(
    gateway: APIClient, sensor: Sensor, hours: str, code: str
) -> None:
    answer = forecast(gateway, sensor, f"?hours={hours}")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == code


def test_an_answer_holds_until_something_changes(gateway: APIClient, sensor: Sensor) -> None:
    asks: list[tuple[Any, Any]] = [(forecast, sensor), (health, sensor.asset.tag)]
    for ask, name in asks:
        first = ask(gateway, name)
        again = {"If-None-Match": first["ETag"]}
        assert ask(gateway, name, **again).status_code == 304

        Sensor.objects.filter(pk=sensor.pk).update(alarm_high=100 if ask is health else 95)

        assert ask(gateway, name, **again).status_code == 200


@pytest.mark.parametrize("pk", [0, 10**8, 10**30])
def test_a_sensor_that_is_not_there_is_not_found(gateway: APIClient, pk: int) -> None:
    assert gateway.get(f"/api/v1/sensors/{pk}/forecast").status_code == 404


def test_health_names_its_makers(gateway: APIClient, site: Site) -> None:
    asset = make_asset(site=site, tag="P-1")
    make_anomaly(make_sensor(asset=asset, code="T1"))

    body = health(gateway, "P-1").json()

    assert body.pop("remaining_life")["code"] == "no_type"
    assert body == {
        "asset": "P-1",
        "asset_id": asset.pk,
        "site": site.code,
        "state": "known",
        "index": 42.0,
        "makers": [
            {
                "kind": "anomaly",
                "took": 58.0,
                "wear": 0.58,
                "reason": "high high_limit of T1, score 2.5",
            }
        ],
        "sensors": 1,
        "sensors_learnt": 0,
    }


def test_an_asset_of_which_nothing_is_known_has_no_index(gateway: APIClient, site: Site) -> None:
    body = health(gateway, make_asset(site=site).tag).json()

    assert (body["state"], body["index"], body["makers"]) == ("unknown", None, [])


def test_an_asset_is_found_by_tag_before_id(gateway: APIClient, site: Site) -> None:
    plain = make_asset(site=site, tag="Line 1/P-1")
    named = make_asset(site=site, tag=str(plain.pk))

    assert health(gateway, "Line 1/P-1").json()["asset_id"] == plain.pk
    assert health(gateway, plain.pk).json()["asset_id"] == named.pk
    assert health(gateway, named.pk).json()["asset_id"] == named.pk


@pytest.mark.parametrize(
    "name", ["nope", "99999999", "9" * 40, "\x00", "a\x00b", "²", "٣", " ", "a/b"]
)
def test_an_unknown_asset_is_not_found(gateway: APIClient, name: str) -> None:
    answer = health(gateway, name)

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_asset")


def test_two_sites_may_use_one_tag() -> None:
    here, there, foreign = (make_asset(site=make_site(), tag="P-1") for _ in range(3))
    both = make_member(here.site)
    both.memberships.create(site=there.site, role="viewer")
    client = APIClient()
    client.force_login(both)

    ambiguous = health(client, "P-1")
    chosen = health(client, "P-1", f"?site={there.site.code}")
    elsewhere = health(client, "P-1", f"?site={foreign.site.code}")

    assert (ambiguous.status_code, ambiguous.json()["code"]) == (400, "ambiguous_asset")
    assert chosen.json()["asset_id"] == there.pk
    assert elsewhere.status_code == 404


def test_another_site_sees_neither(sensor: Sensor) -> None:
    other = APIClient(headers={"X-API-Key": make_key()[1]})

    assert forecast(other, sensor).status_code == 404
    assert health(other, sensor.asset.pk).status_code == 404
    assert health(other, sensor.asset.tag).status_code == 404
