"""Readings that are late, extreme or somebody else's must not harm what goes on beside."""

from __future__ import annotations

from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from agents.models import PipelineRun
from agents.nudge import start_runs
from maintenance.models import Anomaly, Notification, Symptom, WorkOrder
from maintenance.orders import suspecting
from mlops.registry import sensor_suite
from sensors.history.windows import windows_of
from sensors.models import Asset, Sensor
from tests.factories import (
    MINUTE,
    NOON,
    make_anomaly,
    make_asset,
    make_batch,
    make_history,
    make_key,
    make_sensor,
    make_site,
    reading,
)

pytestmark = pytest.mark.django_db
CALM = [20.0, 20.4, 19.6, 20.2, 19.8] * 60


def watched(**fields: object) -> Sensor:
    sensor = make_sensor(**fields)
    make_history(sensor, CALM)
    return sensor


def send(sensor: Sensor, *values: float, minute: int = 0, request: str = "req-1") -> None:
    """Live readings, one a minute, carried through all agents."""
    rows = [reading(sensor, v, NOON + MINUTE * (minute + i)) for i, v in enumerate(values)]
    make_batch(sensor.site, rows, correlation_id=request)
    start_runs()


def test_the_largest_number_there_is_does_not_stop_the_pipeline() -> None:
    sensor, other = watched(), watched(warning_high=80)
    _, secret = make_key(site=sensor.site)

    send(sensor, 1.7e308, -1.7e308, 1.7e308)
    send(other, 95.0, 95.0, 95.0)

    assert not PipelineRun.objects.exclude(failed_at=None).exists()
    assert Anomaly.objects.filter(sensor=sensor).exists()
    assert WorkOrder.objects.filter(asset=other.asset).exists()
    gateway = APIClient(headers={"X-API-Key": secret})
    assert gateway.get("/api/v1/anomalies").status_code == 200


def test_an_asset_that_cannot_be_decided_about_holds_up_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    odd, sound = make_sensor(alarm_high=90), make_sensor(alarm_high=90)
    finding = suspecting.finding_of

    def fail_for_odd(symptom: Symptom, anomaly: Anomaly | None) -> object:
        if symptom.sensor == odd:
            raise ValueError("odd")
        return finding(symptom, anomaly)

    monkeypatch.setattr("maintenance.orders.suspecting.finding_of", fail_for_odd)
    send(odd, 95.0)
    send(sound, 95.0)

    assert [order.asset for order in WorkOrder.objects.all()] == [sound.asset]
    assert Anomaly.objects.get(sensor=odd).decision_pending


def test_an_order_names_the_detector_and_its_version() -> None:
    sensor = watched()
    labels = {member.label for member in sensor_suite([sensor]).members}

    send(sensor, 95.0, 96.0)

    seen = [one["detector"] for one in WorkOrder.objects.get().decision["anomalies"]]
    assert seen and set(seen) <= labels
    assert all(label.rpartition("#")[2].isdigit() for label in seen)


def test_an_old_reading_does_not_hide_a_fault_of_now() -> None:
    sensor = watched()
    old = reading(sensor, 20.0, NOON - timedelta(days=30))
    now = [reading(sensor, 99.0, NOON + MINUTE * i) for i in range(5)]

    make_batch(sensor.site, [old, *now])
    start_runs()

    assert Anomaly.objects.get().started_at == NOON


def test_an_old_reading_does_not_bring_the_years_between_along() -> None:
    sensor = watched()
    old = reading(sensor, 20.0, NOON - timedelta(days=9000))
    batch = make_batch(sensor.site, [old, reading(sensor, 20.0, NOON)])
    start_runs()
    batch.refresh_from_db()

    windows = windows_of([batch], before=4)

    assert [len(window.values) for window in windows] == [1, 5]
    assert [int(window.is_new.sum()) for window in windows] == [1, 1]


def test_calm_readings_that_come_late_do_not_end_an_alarm() -> None:
    sensor = make_sensor(warning_high=80)
    send(sensor, 95.0)

    send(sensor, *[20.0] * 6, minute=-60)

    assert Anomaly.objects.get().is_active


def test_a_fault_that_stays_does_not_become_normal() -> None:
    sensor = watched()

    for minute in range(0, 400, 100):
        send(sensor, *[30.0, 30.4, 29.6, 30.2, 29.8] * 20, minute=minute)

    assert Anomaly.objects.get().is_active


def test_a_level_that_holds_for_long_is_learned_at_last() -> None:
    sensor = watched()

    send(sensor, *[30.0, 30.4, 29.6, 30.2, 29.8] * 250)

    assert not Anomaly.objects.get().is_active


def test_what_one_site_sent_is_not_named_at_another() -> None:
    ours, theirs = make_sensor(alarm_high=90), make_sensor(alarm_high=90)
    make_batch(theirs.site, [reading(theirs, 20.0)], correlation_id="theirs")

    send(ours, 95.0, request="ours")

    assert PipelineRun.objects.get().batches.count() == 2
    assert Anomaly.objects.get().correlation_ids == ["ours"]
    assert WorkOrder.objects.get().decision["correlation_ids"] == ["ours"]
    assert Notification.objects.get().correlation_ids == ["ours"]


def test_sensors_that_nobody_placed_do_not_confirm_each_other() -> None:
    asset = make_asset(site=make_site(), tag=Asset.UNASSIGNED)
    for _ in range(2):
        make_anomaly(make_sensor(asset=asset), severity=1, severity_worst=1)

    send(watched(), 20.0)

    assert not WorkOrder.objects.exists()
