"""Asking for back-tests, and what came of them, as an engineer sees it."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
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


def gated() -> Backtest:
    """A sensor that is too warm for a while, on a machine that stands twice."""
    asset = make_asset(tag="P-102", name="Feed pump B")
    gate = make_sensor(asset=asset, code="P-102_RPM", kind="speed", unit="rpm")
    sensor = make_sensor(asset=asset, code="P-102_TEMP", gate=gate, runs_above=100.0)
    values = np.random.default_rng(1).normal(60, 1, 2_000).clip(56, 64)
    speed = np.full(2_000, 1_480.0)
    values[1_200:1_260] = 75.0
    values[900:1_000], speed[900:1_000] = 20.0, 0.0
    values[1_600:1_640], speed[1_600:1_640] = 20.0, 0.0
    make_history(sensor, values.tolist())
    make_history(gate, speed.tolist())
    settings = [{}, {"tail": 1e-3}, {"level_step": 0.05}]
    fields: dict[str, Any] = {"start": NOON - 1_500 * MINUTE, "detector": "seasonal_baseline"}
    label = {"verdict": "confirmed", "from": str(NOON - 800 * MINUTE)}
    fields["labels"] = [label | {"to": str(NOON - 740 * MINUTE)}]
    single = make_backtest(asset.site, sensor, **fields)
    several = make_backtest(asset.site, sensor, **fields | {"parameters": usable(settings)})
    for asked in (single, several):
        carry_out(asked.pk)
    return several


def usable(settings: list[dict[str, float]]) -> list[dict[str, float]]:
    from mlops.chosen_detectors import defaults_of
    from mlops.registry import DETECTORS

    known = defaults_of(DETECTORS["seasonal_baseline"])
    return [setting for setting in settings if setting.keys() <= known.keys()]


def of_pump() -> Backtest:
    """A pump whose flow stops following its speed."""
    pump: Asset = make_pump(tag="P-101", name="Feed pump A")
    for sensor, values in zip(sensors_of(pump), broken(ROWS), strict=True):
        make_history(sensor, values.tolist(), until=NOON + ROWS * MINUTE)
    asked = make_backtest(
        pump.site,
        *sensors_of(pump),
        asset=pump,
        detector="level_and_pattern",
        start=NOON,
        end=NOON + timedelta(minutes=ROWS),
        train_start=NOON - timedelta(days=1),
        train_end=NOON,
    )
    carry_out(asked.pk)
    return asked
