"""Forecasts and health as a planner sees them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from sensors.models import Sensor
from tests.browser.pictures import look
from tests.factories import (
    make_anomaly,
    make_asset,
    make_history,
    make_sensor,
    make_user,
    make_work_order,
)

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)


@pytest.fixture
def sensor() -> Sensor:
    """A bearing that grows warmer from day to day and will pass its limits."""
    cache.clear()
    asset = make_asset(tag="P-101", name="Feed pump A")
    sensor = make_sensor(asset=asset, code="P-101_TEMP", warning_high=75, alarm_high=82)
    hours = np.arange(24 * 21)
    noise = np.random.default_rng(5).normal(0, 0.3, hours.size)
    values = 72 + 0.2 * (hours - hours[-1]) + np.sin(2 * np.pi * hours / 24) + noise
    make_history(sensor, values.tolist(), until=timezone.now(), every=HOUR)
    make_anomaly(sensor, kind="deviation", severity=2, score=2.1, reason="warmer than usual")
    make_work_order(asset=asset, origin="preventive", due_at=timezone.now() - 240 * HOUR)
    return sensor


def open_page(browser: Chrome, url: str, picture: str) -> None:
    browser.get(url)
    if browser.title.startswith("Log in"):
        browser.find_element(By.NAME, "username").send_keys("planner")
        browser.find_element(By.NAME, "password").send_keys("correct horse")
        browser.find_element(By.CSS_SELECTOR, "[type=submit]").click()
    browser.find_element(By.CSS_SELECTOR, ".panel")
    look(browser, picture)


def test_forecast_and_health_are_seen_on_a_screen_and_on_a_phone(
    sensor: Sensor, browser: Chrome, live_server: Any
) -> None:
    make_user(username="planner", is_staff=True, is_superuser=True)

    url = live_server.url + reverse("admin:sensors_sensor_change", args=[sensor.pk])
    open_page(browser, url, "forecast")
    chart = browser.find_element(By.CSS_SELECTOR, "#forecast svg[role=img]")
    assert chart.size["width"] > 600
    assert "forecast from" in (chart.get_attribute("aria-label") or "")

    url = live_server.url + reverse("admin:sensors_asset_change", args=[sensor.asset.pk])
    open_page(browser, url, "health")
    assert "of 100" in browser.find_element(By.CSS_SELECTOR, "#health caption").text
