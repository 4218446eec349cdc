"""What is learnt from: without maintenance and anomalies, but with what was called normal."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from mlops.learning.histories import history_of
from mlops.learning.shapes import _readings
from sensors.models import Asset, Sensor
from tests.factories import (
    MINUTE,
    NOON,
    make_anomaly,
    make_asset,
    make_history,
    make_sensor,
    make_window,
)

pytestmark = pytest.mark.django_db

ROWS = 300
SPAN = {"started_at": NOON - 100 * MINUTE, "ended_at": NOON - 80 * MINUTE}


@pytest.fixture
def asset() -> Asset:
    asset = make_asset()
    for number in range(2):
        make_history(make_sensor(asset=asset), [20.0 + (i * 7 + number) % 5 for i in range(ROWS)])
    return asset


def left_out(asset: Asset) -> int:
    history = history_of(asset, NOON)
    assert history is not None
    return history.left_out


@pytest.mark.parametrize(
    ("verdict", "learnt"),
    [
        ("", False),
        ("confirmed", False),
        ("sensor_fault", False),
        ("inconclusive", False),
        ("duplicate", False),
        ("false_positive", True),
        ("expected_operation", True),
    ],
)
def test_only_what_was_called_normal_is_learnt_from(
    verdict: str, learnt: bool, asset: Asset
) -> None:
    make_anomaly(asset.sensors.first(), verdict=verdict, **SPAN)

    assert (left_out(asset) == 0) == learnt


def test_what_was_suppressed_is_left_out(asset: Asset) -> None:
    make_anomaly(asset.sensors.first(), suppression="order", **SPAN)

    assert left_out(asset) > 20


@pytest.mark.parametrize(
    ("fields", "rows"),
    [
        ({}, 30),
        ({"rrule": "FREQ=DAILY", "starts_at": NOON - timedelta(days=9, hours=2)}, 30),
        ({"starts_at": NOON + timedelta(hours=1)}, 0),
    ],
)
def test_time_of_maintenance_is_left_out(fields: Any, rows: int, asset: Asset) -> None:
    times = {"starts_at": NOON - timedelta(hours=2), "duration": 30 * MINUTE}
    make_window(asset.site, asset=asset, **times | fields)
    make_window(make_asset().site, **times)

    assert rows <= left_out(asset) <= rows + 12  # What leads up to it, too.


def test_shapes_are_learnt_without_it_as_well() -> None:
    sensor: Sensor = make_sensor()
    make_history(sensor, [20.0 + i % 5 for i in range(ROWS)])
    make_window(sensor.site, starts_at=NOON - timedelta(hours=2), duration=30 * MINUTE)
    make_anomaly(sensor, verdict="false_positive", **SPAN)

    assert 30 <= _readings(sensor, NOON).left_out.sum() <= 42
