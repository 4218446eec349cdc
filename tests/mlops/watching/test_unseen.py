"""What nobody can see the end of does not stay open for ever."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from maintenance.models import Anomaly, Symptom
from mlops.models import ModelVersion
from mlops.watching.unseen import give_up_unseen
from sensors.models import Asset, Sensor
from tests.factories import (
    MINUTE,
    NOON,
    make_anomaly,
    make_asset,
    make_sensor,
    make_symptom,
    make_version,
)
from tests.races import race

pytestmark = pytest.mark.django_db

LATER = NOON + timedelta(hours=1)


@pytest.fixture(autouse=True)
def a_week(settings: Any) -> None:
    settings.UNSEEN_AFTER = timedelta(days=7)


def broken_relation() -> tuple[Asset, Anomaly]:
    """An asset with a model of two sensors and an open anomaly that the model sees."""
    asset = make_asset()
    first, _ = (make_sensor(asset=asset, code=f"{asset.tag}-{n}") for n in "AB")
    make_version(asset, columns=[sensor.code for sensor in asset.sensors.order_by("code")])
    anomaly = make_anomaly(
        first,
        kind=Anomaly.Kind.DEVIATION,
        is_joint=True,
        detector="level_and_pattern#1",
        evidence={"contributions": {first.code: 1.0}},
    )
    anomaly.symptoms.update(sensor=None, kind=Symptom.Kind.RELATION)
    return asset, anomaly


def ended(anomaly: Anomaly) -> Anomaly:
    anomaly.refresh_from_db()
    return anomaly


def test_what_can_still_be_seen_stays_open() -> None:
    _, anomaly = broken_relation()

    assert give_up_unseen(LATER) == 0
    assert ended(anomaly).is_active


def test_without_a_model_on_duty_it_is_given_up() -> None:
    _, anomaly = broken_relation()
    ModelVersion.objects.update(is_active=False)

    assert give_up_unseen(LATER) == 1

    symptom = anomaly.symptoms.get()
    assert symptom.ended_at == ended(anomaly).ended_at == LATER
    assert anomaly.evidence["given_up"] == "no model of the asset is on duty any more"
    assert "contributions" in anomaly.evidence
    assert symptom.last_seen_at == NOON


@pytest.mark.parametrize("change", ["retired", "moved"])
def test_without_its_sensors_it_is_given_up(change: str) -> None:
    asset, anomaly = broken_relation()
    one = Sensor.objects.filter(pk=asset.sensors.order_by("code")[1].pk)
    if change == "retired":
        one.update(retired_at=NOON)
    else:
        one.update(asset=make_asset(site=asset.site))

    give_up_unseen(LATER)

    assert "too few are still there" in ended(anomaly).evidence["given_up"]


def test_one_of_three_sensors_may_retire() -> None:
    asset, anomaly = broken_relation()
    third = make_sensor(asset=asset, code=f"{asset.tag}-C", retired_at=NOON)
    columns = [sensor.code for sensor in asset.sensors.order_by("code")]
    assert third.code in columns
    ModelVersion.objects.update(columns=columns)

    assert give_up_unseen(LATER) == 0
    assert ended(anomaly).is_active


def test_when_nothing_comes_for_long_it_is_given_up() -> None:
    _, anomaly = broken_relation()
    week = timedelta(days=7)

    assert give_up_unseen(NOON + week) == 0
    assert give_up_unseen(NOON + week + MINUTE) == 1

    assert ended(anomaly).evidence["given_up"].startswith("nothing came for 7 days")


def test_what_was_seen_of_a_retired_sensor_is_given_up_whatever_it_was() -> None:
    sensor = make_sensor()
    high, stuck = (make_anomaly(sensor, kind=kind) for kind in ("high_limit", "stuck"))
    other = make_anomaly()
    Sensor.objects.filter(pk=sensor.pk).update(retired_at=NOON)

    assert give_up_unseen(LATER) == 2

    assert not ended(high).is_active and not ended(stuck).is_active
    assert ended(other).is_active


def test_a_silent_sensor_keeps_what_was_seen_of_it() -> None:
    anomaly = make_anomaly()

    assert give_up_unseen(NOON + timedelta(days=99)) == 0
    assert ended(anomaly).is_active


def test_odd_shapes_that_nobody_looks_for_any_more_are_given_up() -> None:
    asked, unasked = make_sensor(detect_odd_shapes=True), make_sensor()
    still, over = (make_anomaly(s, kind=Symptom.Kind.ODD_SHAPE) for s in (asked, unasked))

    assert give_up_unseen(LATER) == 1

    assert ended(still).is_active
    assert not ended(over).is_active


def test_an_anomaly_goes_on_with_the_symptoms_that_can_be_seen() -> None:
    _, anomaly = broken_relation()
    seen = make_symptom(anomaly, sensor=anomaly.sensor, kind=Symptom.Kind.DEVIATION)
    ModelVersion.objects.update(is_active=False)

    give_up_unseen(LATER)

    assert ended(anomaly).is_active
    seen.refresh_from_db()
    assert seen.ended_at is None
    assert Symptom.objects.get(kind=Symptom.Kind.RELATION).ended_at == LATER


def test_a_second_look_changes_nothing() -> None:
    broken_relation()
    ModelVersion.objects.update(is_active=False)
    give_up_unseen(LATER)

    assert give_up_unseen(LATER + MINUTE) == 0
    assert Symptom.objects.get().ended_at == LATER


@pytest.mark.usefixtures("sleeping_agents")
@pytest.mark.django_db(transaction=True)
def test_two_looks_at_once_give_up_once() -> None:
    broken_relation()
    ModelVersion.objects.update(is_active=False)

    assert sorted(race(*[partial(give_up_unseen, LATER)] * 2)) == [0, 1]
