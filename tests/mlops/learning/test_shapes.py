"""Whose shapes can be learnt, from what, and what is said where they cannot."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from mlops import artifacts
from mlops.learning.progress import all_progress_of
from mlops.learning.shapes import learn_shapes
from mlops.models import ModelVersion, ShapeLook
from mlops.registry import shape_detector
from sensors.models import Reading, Sensor
from tests.factories import (
    MINUTE,
    NOON,
    make_anomaly,
    make_history,
    make_key,
    make_sensor,
    make_user,
)
from tests.mlops.waves import HISTORY, PERIOD, make_watched, waves
from tests.races import race

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
# What came in the last hour is left for the next night.
NIGHT = NOON + HOUR
NEXT = NIGHT + timedelta(days=1)


@pytest.fixture(autouse=True)
def directory(settings: Any, tmp_path: Path) -> None:
    settings.ARTIFACTS_DIR = str(tmp_path / "artifacts")


def said(sensor: Sensor) -> str:
    progress = all_progress_of(Sensor.objects.get(pk=sensor.pk), None)
    return next(str(one) for one in progress if one.kind == "odd_shape")


def test_a_version_tells_what_it_was_taught() -> None:
    sensor = make_watched()

    version = learn_shapes(sensor, NIGHT)

    assert version == ModelVersion.objects.get()
    assert (str(version), version.is_active, version.sensor) == ("subsequences#1", True, sensor)
    assert (version.asset, version.columns, version.rows) == (None, [sensor.code], HISTORY)
    assert version.parameters["detector"]["period"] == PERIOD
    assert version.learnt_until == ShapeLook.objects.get().until == NOON - MINUTE
    assert version.metrics["steadiness"] > 0.9
    assert said(sensor) == "Odd Shape: watching"


def test_what_was_learnt_is_what_is_loaded() -> None:
    sensor = make_watched()
    version = learn_shapes(sensor, NIGHT)

    known = shape_detector(sensor.pk)

    assert known is not None
    assert known[0] == version
    assert known[1].longest == PERIOD


def test_with_too_little_history_it_goes_on_learning() -> None:
    sensor = make_watched(history=760)

    assert learn_shapes(sensor, NIGHT) is None

    assert not ModelVersion.objects.exists()
    assert said(sensor) == "Odd Shape: learning (760 of 1000)"


def test_a_slow_signal_has_to_come_round_often_enough() -> None:
    sensor = make_sensor(detect_odd_shapes=True)
    make_history(sensor, np.sin(np.arange(1_200) * 2 * np.pi / 100).tolist())

    learn_shapes(sensor, NIGHT)

    assert said(sensor) == "Odd Shape: learning (1200 of 2000)"


@pytest.mark.parametrize("what", ["noise", "constant", "wandering"])
def test_what_does_not_repeat_itself_is_not_learnt_and_says_so(what: str) -> None:
    noise = np.random.default_rng(1).normal(20, 1, HISTORY)
    values = {"noise": noise, "constant": 0 * noise, "wandering": noise.cumsum()}[what]
    sensor = make_sensor(detect_odd_shapes=True)
    make_history(sensor, values.tolist())

    assert learn_shapes(sensor, NIGHT) is None

    wanted = "Odd Shape: learning (0 of 1000), its readings do not repeat themselves"
    assert said(sensor) == wanted


def test_readings_with_gaps_everywhere_are_not_learnt() -> None:
    sensor = make_watched(history=2_000)
    kept = [NOON - MINUTE * n for n in range(1, 2_001) if n % PERIOD > 6]
    Reading.objects.exclude(taken_at__in=kept).delete()

    assert learn_shapes(sensor, NIGHT) is None
    assert said(sensor) == "Odd Shape: learning (0 of 1000), its readings have too many gaps"


def test_what_nobody_asked_for_is_off() -> None:
    assert said(make_sensor()) == "Odd Shape: off"
    assert said(make_sensor(detect_odd_shapes=True)) == "Odd Shape: learning (0 of 1000)"


def test_anomalies_and_what_is_impossible_are_left_out() -> None:
    sensor = make_watched()
    elsewhere = make_sensor(asset=sensor.asset)
    make_anomaly(sensor, started_at=NOON - 90 * MINUTE, ended_at=NOON - 61 * MINUTE)
    make_anomaly(elsewhere, started_at=NOON - 300 * MINUTE, ended_at=NOON - 200 * MINUTE)
    together = {"started_at": NOON - 420 * MINUTE, "ended_at": NOON - 411 * MINUTE}
    make_anomaly(elsewhere, kind="deviation", is_joint=True, **together)
    Reading.objects.filter(taken_at=NOON - 500 * MINUTE).update(value=1e300)

    version = learn_shapes(sensor, NIGHT)

    # Thirty minutes, ten minutes and five on either side of both; not what another sensor
    # has for itself.
    assert version is not None
    assert version.metrics["left_out_readings"] == 40 + 20 + 1
    assert version.rows == HISTORY - 61


def test_a_machine_that_stands_still_teaches_nothing() -> None:
    gate = make_sensor()
    sensor = make_watched(asset=gate.asset, gate=gate, runs_above=0.5)
    make_history(gate, [1.0] * 1_100 + [0.0] * 100)

    version = learn_shapes(sensor, NIGHT)

    assert version is not None
    assert version.rows == 1_100


def test_what_is_younger_than_an_hour_waits() -> None:
    sensor = make_watched(history=1_300)

    version = learn_shapes(sensor, NOON)

    assert version is not None
    assert version.learnt_until == NOON - 61 * MINUTE


def test_it_is_learnt_anew_when_it_is_old_or_was_little(settings: Any) -> None:
    settings.REFIT_MODELS_AFTER = timedelta(days=7)
    sensor = make_watched()
    learn_shapes(sensor, NIGHT)

    soon = learn_shapes(sensor, NIGHT + 19 * HOUR)
    little = learn_shapes(sensor, NIGHT + 21 * HOUR)
    ModelVersion.objects.update(rows=10_000)
    recent = learn_shapes(sensor, NIGHT + timedelta(days=7))
    old = learn_shapes(sensor, NIGHT + timedelta(days=9))

    assert soon is recent is None
    assert little and little.number == 2
    assert old and old.number == 3
    assert [version.number for version in ModelVersion.objects.active()] == [3]


def test_what_no_longer_repeats_itself_keeps_what_is_on_duty() -> None:
    sensor = make_watched()
    first = learn_shapes(sensor, NIGHT)
    Reading.objects.all().delete()
    make_history(sensor, np.random.default_rng(1).normal(size=HISTORY).tolist())

    assert learn_shapes(sensor, NEXT) is None

    assert ModelVersion.objects.get() == first
    assert said(sensor) == "Odd Shape: watching, its readings do not repeat themselves"


@pytest.mark.parametrize("damage", ["damaged", "missing"])
def test_a_damaged_file_is_learnt_anew(damage: str) -> None:
    sensor = make_watched()
    version = learn_shapes(sensor, NIGHT)
    assert version is not None
    path = artifacts.path_of(version.artifact_digest)
    path.write_bytes(b"PK") if damage == "damaged" else path.unlink()

    again = learn_shapes(sensor, NIGHT)

    assert again is not None
    assert again.artifact_digest == version.artifact_digest
    assert shape_detector(sensor.pk) is not None


@pytest.mark.usefixtures("sleeping_agents")
@pytest.mark.django_db(transaction=True)
def test_two_who_learn_at_once_make_one_version() -> None:
    sensor = make_watched()

    found = race(*[partial(learn_shapes, sensor, NIGHT)] * 2)

    assert ModelVersion.objects.count() == 1
    assert sorted(version is None for version in found) == [False, True]


def test_the_api_and_the_admin_say_how_far_it_is(client: Client) -> None:
    sensor = make_watched(history=760)
    learn_shapes(sensor, NIGHT)
    api = APIClient(headers={"X-API-Key": make_key(site=sensor.site)[1]})
    client.force_login(make_user(is_staff=True, is_superuser=True))

    body = api.get(f"/api/v1/sensors/{sensor.pk}/detectors").json()
    page = client.get(reverse("admin:sensors_sensor_change", args=[sensor.pk])).content.decode()

    assert body["detectors"][-1] == {
        "kind": "odd_shape",
        "detector": "subsequences#1",
        "phase": "learning",
        "learnt": 760,
        "needed": 1000,
        "note": "",
    }
    assert api.get(f"/api/v1/sensors/{sensor.pk}").json()["detect_odd_shapes"] is True
    assert "Odd Shape: learning (760 of 1000)" in page
    assert "By night, look for stretches" in page


def test_the_list_of_sensors_takes_as_many_queries_however_many_are_watched(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    client.force_login(make_user(is_staff=True, is_superuser=True))
    for _ in range(5):
        sensor = make_sensor(detect_odd_shapes=True)
        ShapeLook.objects.create(sensor=sensor, learnt=3, needed=1_000, tried_at=NOON)

    with django_assert_max_num_queries(12):
        listed = client.get(reverse("admin:sensors_sensor_changelist")).content.decode()

    assert listed.count("learning (3 of 1000)") == 5


def test_only_those_of_ones_site_see_a_version_of_a_sensor() -> None:
    sensor = make_watched()
    version = learn_shapes(sensor, NIGHT)

    mine = ModelVersion.objects.at_sites([sensor.site_id])
    others = ModelVersion.objects.at_sites([sensor.site_id + 1])

    assert list(mine) == [version]
    assert not others.exists()


def test_the_page_of_a_version_names_its_sensor(client: Client) -> None:
    sensor = make_watched()
    version = learn_shapes(sensor, NIGHT)
    assert version is not None
    client.force_login(make_user(is_staff=True, is_superuser=True))

    url = reverse("admin:mlops_modelversion_change", args=[version.pk])

    assert sensor.code in client.get(url).content.decode()


def test_the_waves_of_these_tests_go_on_in_phase() -> None:
    before, after = waves(400, seed=1, start=-400), waves(400, seed=1)

    assert abs(before[-PERIOD:] - after[-PERIOD:]).max() < 1e-9
