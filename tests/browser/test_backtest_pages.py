"""Asking for back-tests, and what came of them, as an engineer sees it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.core.cache import cache
from django.urls import reverse
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from mlops.backtesting.requests import carry_out
from mlops.models import Backtest
from sensors.models import Asset
from tests.browser.pictures import look
from tests.factories import (
    MINUTE,
    NOON,
    make_asset,
    make_backtest,
    make_history,
    make_sensor,
    make_user,
)
from tests.mlops.pumps import broken, make_pump, sensors_of

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 300


def of_sensor(**fields: Any) -> Backtest:
    """A sensor that is too warm for a while, on a machine that stands twice."""
    asset = make_asset(name="Feed pump B")
    gate = make_sensor(asset=asset, code=f"{asset.tag}_RPM", kind="speed", unit="rpm")
    sensor = make_sensor(asset=asset, code=f"{asset.tag}_TEMP", gate=gate, runs_above=100.0)
    values = np.random.default_rng(1).normal(60, 1, 2_000).clip(56, 64)
    speed = np.full(2_000, 1_480.0)
    values[1_200:1_260] = 75.0
    values[900:1_000], speed[900:1_000] = 20.0, 0.0
    values[1_600:1_640], speed[1_600:1_640] = 20.0, 0.0
    make_history(sensor, values.tolist())
    make_history(gate, speed.tolist())
    label = {"from": str(NOON - 800 * MINUTE), "to": str(NOON - 740 * MINUTE)}
    return make_backtest(
        asset.site,
        sensor,
        start=NOON - 1_500 * MINUTE,
        detector="seasonal_baseline",
        labels=[label | {"verdict": "confirmed"}],
        **fields,
    )


def of_pump() -> Backtest:
    """A pump whose flow stops following its speed."""
    pump: Asset = make_pump(tag="P-101", name="Feed pump A")
    for sensor, values in zip(sensors_of(pump), broken(ROWS), strict=True):
        make_history(sensor, values.tolist(), until=NOON + ROWS * MINUTE)
    return make_backtest(
        pump.site,
        *sensors_of(pump),
        asset=pump,
        detector="level_and_pattern",
        start=NOON,
        end=NOON + timedelta(minutes=ROWS),
        train_start=NOON - timedelta(days=1),
        train_end=NOON,
    )


def log_in(browser: Chrome, url: str) -> None:
    make_user(username="engineer", is_staff=True, is_superuser=True)
    browser.get(url)
    browser.find_element(By.NAME, "username").send_keys("engineer")
    browser.find_element(By.NAME, "password").send_keys("correct horse")
    browser.find_element(By.CSS_SELECTOR, "[type=submit]").click()


def open_page(browser: Chrome, url: str, picture: str) -> None:
    browser.get(url)
    browser.find_element(By.CSS_SELECTOR, "#backtest_form")
    look(browser, picture)


def test_back_tests_are_seen_on_a_screen_and_on_a_phone(browser: Chrome, live_server: Any) -> None:
    cache.clear()
    settings = [{}, {"level_step": 0.005}, {"shift_step": 0.3}]
    asked = {
        "backtest-sensor": of_sensor(),
        "backtest-settings": of_sensor(parameters=settings),
        "backtest-asset": of_pump(),
    }
    log_in(browser, live_server.url + reverse("admin:mlops_backtest_add"))
    open_page(browser, browser.current_url, "backtest-add")

    for picture, row in asked.items():
        carry_out(row.pk)
        page = reverse("admin:mlops_backtest_change", args=[row.pk])
        open_page(browser, live_server.url + page, picture)
        assert browser.find_elements(By.CSS_SELECTOR, ".chart .band")
