"""The index of an asset, from what stands in the database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
import time_machine
from django.core.cache import cache

from mlops.health.assets import AssetHealth, health_of
from mlops.health.index import Kind
from mlops.watching.sensors import watch
from sensors.models import Asset, Reading, Sensor
from tests.factories import (
    MINUTE,
    NOON,
    make_anomaly,
    make_asset,
    make_history,
    make_sensor,
    make_stored,
    make_symptom,
    make_work_order,
    reading,
)

pytestmark = pytest.mark.django_db

HOUR = 60 * MINUTE


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[Any]:
    cache.clear()
    with time_machine.travel(NOON, tick=False):
        yield


def took(found: AssetHealth, kind: Kind) -> list[float]:
    return [round(t.points, 2) for t in found.health.taken if t.maker.kind == kind]


def rising(sensor: Sensor, until: Any = NOON) -> None:
    """One more each two hours, 80 by now."""
    values = 80 - 0.5 * np.arange(24 * 10)[::-1] + np.random.default_rng(1).normal(0, 0.2, 240)
    make_history(sensor, values.tolist(), until=until, every=HOUR)


def test_nothing_known_is_unknown_and_not_healthy() -> None:
    found = health_of(make_asset())

    assert found.health.index is None
    assert found.health.taken == ()


def test_an_open_anomaly_takes_away() -> None:
    anomaly = make_anomaly(make_sensor(code="T1"))
    make_anomaly(make_sensor(asset=anomaly.asset), ended_at=NOON)
    make_anomaly()

    found = health_of(anomaly.asset)

    # High, score 2.5: 0.4 + 0.3 x (1 - 1 / 2.5).
    assert found.health.index == pytest.approx(42)
    assert [t.maker.reason for t in found.health.taken] == [
        "high high_limit of T1, score 2.5",
    ]


def test_symptoms_of_one_anomaly_are_one_maker_the_worst() -> None:
    anomaly = make_anomaly(make_sensor(code="T1"))
    make_symptom(anomaly, kind="deviation", score=1.5)
    make_symptom(anomaly, kind="low_limit", score=9.0, ended_at=NOON)

    assert took(health_of(anomaly.asset), Kind.ANOMALY) == [58.0]


def test_the_time_to_an_alarm_limit_takes_away() -> None:
    near, far = (make_sensor(alarm_high=limit) for limit in (83, 200))
    for sensor in (near, far):
        rising(sensor)

    index, other = (health_of(sensor.asset).health.index for sensor in (near, far))

    # Six hours of a week.
    assert index == pytest.approx(100 * (1 - 7 / (7 + 6 / 24)), abs=1)
    assert other == 100


def test_a_value_beyond_an_alarm_limit_takes_everything() -> None:
    sensor = make_sensor(alarm_high=70)
    rising(sensor)

    assert health_of(sensor.asset).health.index == 0


def test_the_past_of_a_silent_sensor_foresees_nothing() -> None:
    sensor = make_sensor(alarm_high=83)
    rising(sensor, until=NOON - 7 * HOUR)

    assert took(health_of(sensor.asset), Kind.LIMIT) == []


def test_warning_limits_are_not_looked_at() -> None:
    sensor = make_sensor(warning_high=83)
    rising(sensor)

    assert took(health_of(sensor.asset), Kind.LIMIT) == []


def test_overdue_work_takes_away_only_beside_what_is_known() -> None:
    asset = make_asset()
    order = make_work_order(asset=asset, due_at=NOON - timedelta(days=30))
    make_work_order(asset=asset, origin="corrective", due_at=NOON + HOUR)
    make_work_order(asset=asset, origin="request", state="closed", due_at=NOON - HOUR)
    unknown = health_of(asset)
    make_anomaly(make_sensor(asset=asset))

    found = health_of(asset)

    assert unknown.health.index is None
    assert [t.maker.reason for t in unknown.health.taken] == [f"{order.number} is 30 days overdue"]
    # A quarter of 0.25, of what the anomaly has left.
    assert took(found, Kind.OVERDUE) == [pytest.approx(42 * 0.25 * 0.25, abs=0.01)]


def test_bad_readings_and_silence_are_poor_data() -> None:
    asset = make_asset()
    fine, bad, silent, _unheard = (make_sensor(asset=asset) for _ in range(4))
    for sensor in (fine, bad):
        make_history(sensor, [1.0] * 100)
    bad.readings.filter(taken_at__lt=NOON - 50 * MINUTE).update(quality=Reading.Quality.BAD)
    make_history(silent, [1.0], until=NOON - 48 * HOUR)

    (data,) = (t.maker for t in health_of(asset).health.taken if t.maker.kind == Kind.DATA)

    assert data.reason == "50% of its readings are good"


def test_a_sensor_that_its_detectors_know_makes_health_known() -> None:
    asset = make_asset()
    learnt, new = make_sensor(asset=asset), make_sensor(asset=asset)
    rng = np.random.default_rng(3)
    make_history(learnt, rng.normal(50, 1, 3000).tolist(), until=NOON - MINUTE)
    learning = health_of(asset)
    batch = make_stored(
        asset.site,
        reading(learnt, 50.0, NOON - MINUTE),
        reading(new, 50.0, NOON - MINUTE),
    )
    watch([batch], {sensor.pk: sensor for sensor in (learnt, new)})

    found = health_of(asset)

    assert learning.health.index is None
    assert (found.learning.learnt, found.learning.sensors) == (1, 2)
    assert found.health.index == 100


def test_retired_sensors_are_left_out() -> None:
    sensor = make_sensor(alarm_high=70, retired_at=NOON)
    rising(sensor)

    found = health_of(sensor.asset)

    assert found.health.taken == ()
    assert found.learning.sensors == 0


def test_costs_do_not_grow_with_what_is_not_looked_at(
    django_assert_max_num_queries: Any,
) -> None:
    asset: Asset = make_asset()
    for _ in range(30):
        make_anomaly(make_sensor(asset=asset))
        make_work_order(asset=asset, origin="corrective", due_at=NOON - HOUR)

    with django_assert_max_num_queries(9):
        health_of(asset)
