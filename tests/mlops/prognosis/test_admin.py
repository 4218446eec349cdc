"""Forecasts and health on the pages of sensors and assets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from mlops.models import ForecastCover
from sensors.models import Asset, Sensor
from tests.factories import (
    NOON,
    make_anomaly,
    make_asset,
    make_history,
    make_member,
    make_sensor,
    make_site,
)

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[Any]:
    cache.clear()
    with time_machine.travel(NOON, tick=False):
        yield


def page_of(client: Client, row: Sensor | Asset) -> str:
    name = f"admin:sensors_{row._meta.model_name}_change"
    answer = client.get(reverse(name, args=[row.pk]))
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def rising(**fields: Any) -> Sensor:
    """One more each two hours, 80 by now."""
    sensor = make_sensor(**fields)
    values = 80 - 0.5 * np.arange(24 * 10)[::-1] + np.random.default_rng(1).normal(0, 0.2, 240)
    make_history(sensor, values.tolist(), every=HOUR)
    return sensor


def test_the_page_of_a_sensor_shows_what_lies_ahead(admin_client: Client) -> None:
    sensor = rising(
        code="T1", site=make_site(time_zone="Europe/Berlin"), warning_high=90, alarm_high=500
    )

    page = page_of(admin_client, sensor)

    assert "T1: forecast of 24 h" in page
    assert page.count('class="ribbon"') == 3
    assert 'class="ahead"' in page
    assert "has not been measured yet" in page
    # Twenty hours from 11:30, on the clocks of Berlin.
    assert "<time>2026-06-02 0" in page
    assert 'class="pill pill-high">expected<' in page
    assert 'class="pill pill-good">no crossing foreseen<' in page


def test_the_cover_is_shown_as_measured(admin_client: Client) -> None:
    sensor = rising()
    for method in ("ridge", "drift", "last_value", "seasonal_naive", "seasonal_profile"):
        ForecastCover.objects.create(
            sensor=sensor, method=method, level=0.9, inside=218, total=240, forecasts=10, aim=0.9
        )

    assert "Held so far: 90% band 0.91 of 240." in page_of(admin_client, sensor)


def test_the_page_of_a_new_sensor_says_that_there_is_not_enough(admin_client: Client) -> None:
    sensor = make_sensor(alarm_high=90)

    page = page_of(admin_client, sensor)

    assert "Forecast: not enough data." in page
    assert 'class="pill pill-quiet">not enough data<' in page


def test_the_page_of_an_asset_shows_its_health(admin_client: Client) -> None:
    asset = make_asset()
    anomaly = make_anomaly(make_sensor(asset=asset, code="<T1>"))

    page = page_of(admin_client, anomaly.asset)

    assert 'class="pill pill-critical">42 of 100<' in page
    assert '<th scope="row">anomaly</th><td class="number">58.0</td>' in page
    assert "high high_limit of &lt;T1&gt;, score 2.5" in page
    assert "0 of 1 sensors are known well enough" in page


def test_an_asset_of_which_nothing_is_known_is_not_healthy(admin_client: Client) -> None:
    assert 'class="pill pill-quiet">unknown<' in page_of(admin_client, make_asset())


def test_a_new_sensor_can_still_be_added(admin_client: Client) -> None:
    for name in ("sensor", "asset"):
        assert admin_client.get(reverse(f"admin:sensors_{name}_add")).status_code == 200


def test_another_site_sees_none_of_it(client: Client) -> None:
    sensor = rising(code="T1")
    client.force_login(make_member(make_site(), "sensors.view_sensor", "sensors.view_asset"))

    for row in (sensor, sensor.asset):
        name = f"admin:sensors_{row._meta.model_name}_change"
        assert client.get(reverse(name, args=[row.pk])).status_code == 302
