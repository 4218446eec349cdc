"""Whoever looks at a sensor is told what watches it and what is still being learnt."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from agents.detect import record_anomalies
from mlops.health.assets import learnt_of
from mlops.learning.progress import in_words, progress_of
from mlops.models import SensorState
from sensors.models import ReadingBatch, Sensor
from tests.factories import MINUTE, NOON, make_key, make_sensor, make_stored, make_user, reading

pytestmark = pytest.mark.django_db


def read(sensor: Sensor, count: int) -> SensorState:
    rows = [reading(sensor, 20 + i * 7 % 5, NOON + MINUTE * i) for i in range(count)]
    batch = make_stored(sensor.site, *rows)
    record_anomalies([ReadingBatch.objects.located().get(pk=batch.pk)])
    return SensorState.objects.get(sensor=sensor)


def phases(sensor: Sensor, state: SensorState | None) -> dict[str, str]:
    return {p.kind: p.phase.value for p in progress_of(sensor, state)}


def test_a_new_sensor_learns_and_what_nobody_set_is_off() -> None:
    assert phases(make_sensor(), None) == {
        "deviation": "learning",
        "high_limit": "off",
        "low_limit": "off",
        "rate": "off",
        "stuck": "learning",
        "jump": "off",
        "noise_gone": "learning",
        "no_data": "learning",
    }


def test_what_is_set_watches_from_the_first_reading_on() -> None:
    sensor = make_sensor(
        warning_high=80, alarm_rate=5, stuck_for=timedelta(hours=1), expected_interval=MINUTE
    )

    found = phases(sensor, None)

    watching = {kind for kind, phase in found.items() if phase == "watching"}
    assert watching == {"high_limit", "rate", "stuck", "no_data"}


def test_what_has_seen_enough_watches() -> None:
    sensor = make_sensor()

    found = progress_of(sensor, read(sensor, 120))

    by_kind = {p.kind: p for p in found}
    assert by_kind["stuck"].phase == by_kind["no_data"].phase == "watching"
    assert (by_kind["noise_gone"].learnt, by_kind["noise_gone"].needed) == (120, 200)
    assert in_words(found) == "learning (120 of 200)"


def test_a_state_of_other_detectors_counts_as_none() -> None:
    sensor = make_sensor()
    state = read(sensor, 120)
    state.layout = "of long ago"

    assert in_words(progress_of(sensor, state)) == "learning (0 of 200)"


def test_the_api_says_how_far_each_detector_is() -> None:
    sensor = make_sensor(code="T1")
    read(sensor, 30)
    client = APIClient(headers={"X-API-Key": make_key(site=sensor.site)[1]})

    body = client.get(f"/api/v1/sensors/{sensor.pk}/detectors").json()

    assert body["sensor_id"] == "T1"
    assert body["gate"] is None
    assert body["usual_silence_seconds"] == pytest.approx(300)
    assert body["detectors"][0] == {
        "kind": "deviation",
        "detector": "seasonal_baseline#2",
        "phase": "learning",
        "learnt": 30,
        "needed": 200,
        "note": "",
    }


def test_the_api_says_by_what_a_sensor_is_gated() -> None:
    gate = make_sensor(code="RPM")
    sensor = make_sensor(asset=gate.asset, gate=gate, runs_above=100)
    client = APIClient(headers={"X-API-Key": make_key(site=sensor.site)[1]})

    body = client.get(f"/api/v1/sensors/{sensor.pk}/detectors").json()

    levels = {"starts_above": 100, "stops_below": 100, "is_learnt": False}
    assert body["gate"] == {"sensor_id": "RPM"} | levels
    assert client.get(f"/api/v1/sensors/{sensor.pk}").json()["gate"] == "RPM"


def test_the_admin_shows_it_on_the_list_and_on_the_page(client: Client) -> None:
    sensor = make_sensor()
    read(sensor, 30)
    client.force_login(make_user(is_staff=True, is_superuser=True))

    listed = client.get(reverse("admin:sensors_sensor_changelist")).content.decode()
    page = client.get(reverse("admin:sensors_sensor_change", args=[sensor.pk])).content.decode()
    new = client.get(reverse("admin:sensors_sensor_add"))

    assert "learning (30 of 200)" in listed
    assert "Deviation: learning (30 of 200)" in page
    assert "Stuck: learning (30 of 100)" in page
    assert new.status_code == 200


def test_health_knows_of_sensors_of_which_some_detectors_are_off() -> None:
    sensor = make_sensor(detect_noise_gone=False)
    read(sensor, 250)
    fresh = make_sensor(asset=sensor.asset)

    assert learnt_of([fresh, sensor]) == [False, True]
