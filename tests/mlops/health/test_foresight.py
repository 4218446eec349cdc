"""Which limit of an asset comes first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import time_machine
from django.core.cache import cache

from agents.decide import decide
from agents.models import PipelineRun
from maintenance.models import WorkOrder
from mlops.health.foresight import SoonestLimit
from sensors.models import Asset, Sensor
from tests.factories import (
    MINUTE,
    NOON,
    make_anomaly,
    make_asset,
    make_batch,
    make_history,
    make_run,
    make_sensor,
)

pytestmark = pytest.mark.django_db

HOUR = 60 * MINUTE


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[Any]:
    cache.clear()
    with time_machine.travel(NOON, tick=False):
        yield


def rising(until: Any = NOON, **fields: Any) -> Sensor:
    """One more each two hours, 80 by now."""
    sensor = make_sensor(**fields)
    values = 80 - 0.5 * np.arange(24 * 10)[::-1] + np.random.default_rng(1).normal(0, 0.2, 240)
    make_history(sensor, values.tolist(), until=until, every=HOUR)
    return sensor


def test_the_limit_that_comes_first_is_told() -> None:
    asset = make_asset()
    rising(asset=asset, code="T1", alarm_high=100)
    rising(asset=asset, code="T2", warning_high=81, alarm_high=90)
    rising(asset=asset, code="T3", alarm_low=0)

    found = SoonestLimit()(asset)

    assert found is not None
    assert (found.sensor, found.limit, found.unit) == ("T2", 90, "°C")
    assert abs(found.after - 20 * HOUR) < 2 * HOUR
    assert found.latest is not None
    assert found.earliest <= found.after <= found.latest


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"warning_high": 90},
        {"alarm_high": 70},
        {"alarm_high": 5000},
        {"alarm_high": 90, "retired_at": NOON},
        {"alarm_high": 90, "until": NOON - 10 * HOUR},
    ],
)
def test_nothing_is_foreseen(fields: dict[str, Any]) -> None:
    sensor = rising(**fields)

    assert SoonestLimit()(sensor.asset) is None


def test_sensors_that_nobody_has_placed_do_not_hurry_each_other() -> None:
    asset = make_asset(tag=Asset.UNASSIGNED)
    rising(asset=asset, alarm_high=90)

    assert SoonestLimit()(asset) is None


def test_sensors_without_limits_cost_nothing() -> None:
    asset = make_asset()
    for _ in range(3):
        make_sensor(asset=asset)
    make_sensor(alarm_high=90)

    with patch("mlops.health.foresight.prognosis_of") as prognosis_of:
        SoonestLimit()(asset)

    assert not prognosis_of.called


def test_a_run_looks_at_so_many_sensors_and_no_more() -> None:
    assets = [make_asset() for _ in range(3)]
    for asset in assets:
        for _ in range(2):
            make_sensor(asset=asset, alarm_high=90)
    soonest = SoonestLimit(most=3)

    with patch("mlops.health.foresight.prognosis_of") as prognosis_of:
        prognosis_of.return_value.limits = ()
        for asset in assets:
            soonest(asset)

    assert prognosis_of.call_count == 3


def test_sensors_with_symptoms_are_looked_at_first() -> None:
    asset = make_asset()
    sensors = [make_sensor(asset=asset, alarm_high=90) for _ in range(3)]
    make_anomaly(sensors[2])

    with patch("mlops.health.foresight.prognosis_of") as prognosis_of:
        prognosis_of.return_value.limits = ()
        SoonestLimit(most=1)(asset)

    assert prognosis_of.call_args.args[0] == sensors[2]


def test_the_decide_agent_sets_the_date_by_it() -> None:
    sensor = rising(code="T1", alarm_high=90)
    make_anomaly(sensor, severity_worst=2)
    run = make_run(make_batch(sensor.site), stage=PipelineRun.Stage.DETECTED)

    decide(run.pk)

    order = WorkOrder.objects.get()
    assert abs(order.due_at - (NOON + 0.75 * 20 * HOUR)) < timedelta(hours=2)
    assert any("alarm limit of 90 °C expected in" in rule for rule in order.decision["rules"])
