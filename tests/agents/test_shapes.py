"""What is odd about a signal is found by night, once, however often somebody looks."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import time_machine
from django.conf import settings as configured

from agents import shapes
from agents.shapes import look_at_shapes, look_for_odd_shapes, record_odd_shapes
from maintenance.models import Anomaly, Symptom
from mlops.models import ModelVersion, ShapeLook
from sensors.models import Asset, Sensor
from tests.factories import NOON, make_anomaly, make_sensor
from tests.mlops.waves import (
    DAY,
    FIRST,
    LAST,
    PERIOD,
    at,
    bring,
    learnt,
    make_watched,
    night,
    odd,
    waves,
)
from tests.races import race

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def directory(settings: Any, tmp_path: Path) -> None:
    settings.ARTIFACTS_DIR = str(tmp_path / "artifacts")


def found(sensor: Sensor) -> list[dict[str, Any]]:
    names = ("started_at", "last_seen_at", "ended_at", "peak_at", "score_worst", "reason")
    symptoms = Symptom.objects.filter(sensor=sensor, kind=Symptom.Kind.ODD_SHAPE)
    return list(symptoms.order_by("started_at").values(*names))


def test_a_stretch_in_the_wrong_order_is_an_anomaly() -> None:
    sensor = learnt()
    bring(sensor, odd(DAY, FIRST, LAST), correlation_id="upload-7")

    assert record_odd_shapes(sensor.pk, night(DAY))

    symptom, anomaly = Symptom.objects.get(), Anomaly.objects.get()
    assert symptom.kind == "odd_shape"
    assert symptom.detector == "subsequences#1"
    assert at(FIRST) <= symptom.started_at <= at(LAST)
    assert symptom.ended_at and symptom.ended_at < at(LAST + 2 * PERIOD)
    assert "look like nothing in the history" in symptom.reason
    assert symptom.evidence.keys() == {"value", "score", "expected", "readings"}
    assert symptom.correlation_ids == ["upload-7"]
    assert anomaly.kind == Anomaly.Kind.DEVIATION
    assert anomaly.contributions == {sensor.code: 1.0}
    assert anomaly.is_joint


def test_every_value_of_it_alone_is_ordinary() -> None:
    values = odd(DAY, FIRST, LAST)

    assert sorted(values) == sorted(waves(DAY, seed=2))


def test_the_usual_course_is_no_anomaly() -> None:
    sensor = learnt()
    bring(sensor, waves(DAY, seed=5))

    assert not record_odd_shapes(sensor.pk, night(DAY))

    assert not Symptom.objects.exists()
    assert ShapeLook.objects.get().until == at(DAY - 1)


def test_what_was_looked_at_is_not_looked_at_again() -> None:
    sensor = learnt()
    bring(sensor, odd(DAY, FIRST, LAST))
    record_odd_shapes(sensor.pk, night(DAY))
    Anomaly.objects.all().delete()

    assert not record_odd_shapes(sensor.pk, night(DAY))
    assert not record_odd_shapes(sensor.pk, night(DAY + 600))


def test_a_look_that_dies_and_is_begun_again_finds_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sensor, other = learnt(), learnt()
    for one in (sensor, other):
        bring(one, odd(DAY, FIRST, LAST))
    record_odd_shapes(other.pk, night(DAY))

    with monkeypatch.context() as dying:
        dying.setattr(shapes, "record_episodes", Mock(side_effect=MemoryError))
        with pytest.raises(MemoryError):
            record_odd_shapes(sensor.pk, night(DAY))
    assert ShapeLook.objects.get(sensor=sensor).until == at(-1)
    record_odd_shapes(sensor.pk, night(DAY))
    record_odd_shapes(sensor.pk, night(DAY))

    assert found(sensor) == found(other) != []


@pytest.mark.parametrize("cut", [FIRST + 5, 190, LAST])
def test_where_the_night_falls_does_not_matter(cut: int) -> None:
    sensor, other = learnt(), learnt()
    for one in (sensor, other):
        bring(one, odd(DAY, FIRST, LAST))

    record_odd_shapes(other.pk, night(DAY))
    record_odd_shapes(sensor.pk, night(cut))
    record_odd_shapes(sensor.pk, night(DAY))

    assert found(sensor) == found(other) != []


def test_it_joins_what_deviates_at_the_same_time() -> None:
    sensor = learnt()
    elsewhere = make_sensor(asset=sensor.asset)
    anomaly = make_anomaly(
        elsewhere, kind="deviation", is_joint=True, started_at=at(100), last_seen_at=at(200)
    )
    bring(sensor, odd(DAY, FIRST, LAST))

    record_odd_shapes(sensor.pk, night(DAY))

    assert Anomaly.objects.get() == anomaly
    assert set(anomaly.symptoms.values_list("kind", flat=True)) == {"deviation", "odd_shape"}


def test_a_sensor_that_nobody_has_placed_has_it_for_itself() -> None:
    deviating = make_anomaly(learnt(asset=unplaced()), kind="deviation")
    bring(deviating.sensor, odd(DAY, FIRST, LAST))

    record_odd_shapes(deviating.sensor.pk, night(DAY))

    assert set(Anomaly.objects.values_list("kind", flat=True)) == {"deviation", "odd_shape"}


def unplaced() -> Asset:
    return Asset.objects.unassigned(make_sensor().site_id)


@pytest.mark.parametrize("change", ["retired", "not asked for", "not learnt", "off duty"])
def test_nobody_looks_at_a_sensor_that_is(change: str) -> None:
    sensor = learnt()
    bring(sensor, odd(DAY, FIRST, LAST))
    if change == "retired":
        Sensor.objects.update(retired_at=NOON)
    if change == "not asked for":
        Sensor.objects.update(detect_odd_shapes=False)
    if change == "not learnt":
        ShapeLook.objects.update(until=None)
    if change == "off duty":
        ModelVersion.objects.update(is_active=False)

    assert not record_odd_shapes(sensor.pk, night(DAY))
    assert not Symptom.objects.exists()


def test_a_look_takes_few_queries(django_assert_max_num_queries: Any) -> None:
    sensor = learnt()
    bring(sensor, odd(DAY, FIRST, LAST))

    with django_assert_max_num_queries(36):
        record_odd_shapes(sensor.pk, night(DAY))


@pytest.mark.usefixtures("sleeping_agents")
@pytest.mark.django_db(transaction=True)
def test_two_who_look_at_once_find_it_once() -> None:
    sensor = learnt()
    bring(sensor, odd(DAY, FIRST, LAST))

    told = race(*[partial(record_odd_shapes, sensor.pk, night(DAY))] * 2)

    assert sorted(told) == [False, True]
    assert len(found(sensor)) == 1


def test_a_night_looks_decides_and_then_learns(monkeypatch: pytest.MonkeyPatch) -> None:
    sensor, other = learnt(), make_watched()
    make_sensor()
    bring(sensor, odd(DAY, FIRST, LAST))
    monkeypatch.setattr(look_at_shapes, "delay", look_at_shapes)

    with time_machine.travel(night(DAY), tick=False):
        look_for_odd_shapes()

    assert [symptom.sensor for symptom in Symptom.objects.all()] == [sensor]
    assert not Anomaly.objects.undecided().exists()
    assert ModelVersion.objects.get(sensor=other).learnt_until == at(-1)


def test_a_sensor_that_is_gone_is_passed_over() -> None:
    look_at_shapes(4_711)

    assert not ShapeLook.objects.exists()


def test_a_look_is_taken_where_there_is_time_to_compute() -> None:
    assert configured.CELERY_TASK_ROUTES["agents.look_at_shapes"] == {"queue": "training"}
