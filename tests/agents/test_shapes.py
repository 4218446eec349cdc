"""What is odd about a signal is found by night, once, however often somebody looks."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
import time_machine
from django.conf import settings as configured

from agents import shapes
from agents.shapes import look_at_shapes, look_for_odd_shapes, record_odd_shapes
from maintenance.models import Anomaly, Symptom
from mlops import artifacts
from mlops.detectors.base import Block
from mlops.detectors.subsequences import Subsequences
from mlops.learning.shapes import unfitted
from mlops.models import ModelVersion, ShapeLook
from mlops.registry import SHAPES
from sensors.history.windows import micros_of
from sensors.models import Asset, ReadingBatch, Sensor
from tests.factories import MINUTE, NOON, make_anomaly, make_sensor, make_version
from tests.mlops.waves import HISTORY, PERIOD, bring, make_watched, move, odd, waves
from tests.races import race

pytestmark = pytest.mark.django_db

DAY = 400  # Minutes that are looked at at once here
FIRST, LAST = 150, 230


@pytest.fixture(autouse=True)
def directory(settings: Any, tmp_path: Path) -> None:
    settings.ARTIFACTS_DIR = str(tmp_path / "artifacts")


def at(minute: int) -> datetime:
    return NOON + MINUTE * minute


def night(minute: int) -> datetime:
    """When all up to a minute past noon has settled."""
    return at(minute) + timedelta(hours=1)


@cache
def fitted() -> Subsequences:
    """What is learnt of the waves up to noon: the same for all, and fitted once."""
    micros = micros_of(NOON) + np.arange(-HISTORY, 0) * 60_000_000
    return unfitted(PERIOD).fit(Block(micros[:, None], waves(HISTORY, start=-HISTORY)[:, None]))


def learnt(**fields: Any) -> Sensor:
    """A sensor the shapes of which are known up to noon."""
    sensor = make_watched(history=100, **fields)
    parameters = {n: v for n, v in vars(fitted()).items() if not n.endswith("_")}
    make_version(
        sensor=sensor,
        kind=SHAPES,
        code=Subsequences.version,
        parameters={"detector": parameters},
        columns=[sensor.code],
        artifact_digest=artifacts.save(fitted().arrays()),
        created_at=NOON,
    )
    ShapeLook.objects.create(
        sensor=sensor, until=at(-1), learnt=1_000, needed=1_000, tried_at=NOON
    )
    return sensor


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


def test_history_that_is_filled_in_raises_no_alarm() -> None:
    sensor = learnt()
    bring(sensor, odd(DAY, FIRST, LAST), mode=ReadingBatch.Mode.BACKFILL)

    assert not record_odd_shapes(sensor.pk, night(DAY))
    assert not Symptom.objects.exists()


def test_a_gap_is_no_odd_shape() -> None:
    sensor = learnt()
    bring(sensor, waves(DAY, seed=5))
    move(sensor, range(FIRST, DAY), by=PERIOD // 2)

    assert not record_odd_shapes(sensor.pk, night(DAY + PERIOD))


def test_what_is_missing_without_a_gap_is_one() -> None:
    sensor = learnt()
    values = waves(DAY, seed=5)
    bring(sensor, np.delete(values, np.s_[FIRST : FIRST + PERIOD // 2]))

    assert record_odd_shapes(sensor.pk, night(DAY))


def test_while_the_machine_stands_nothing_is_odd() -> None:
    gate = make_sensor()
    sensor = learnt(asset=gate.asset, gate=gate, runs_above=0.5)
    bring(sensor, odd(DAY, FIRST, LAST))
    rests = np.ones(DAY)
    rests[FIRST:LAST] = 0
    bring(gate, rests)

    assert not record_odd_shapes(sensor.pk, night(DAY))


def test_readings_that_nothing_can_be_computed_with_are_passed_over() -> None:
    sensor = learnt()
    values = waves(DAY, seed=5)
    values[FIRST] = 1e300
    bring(sensor, values)

    assert not record_odd_shapes(sensor.pk, night(DAY))
    assert ShapeLook.objects.get().until == at(DAY - 1)


def test_what_comes_within_the_hour_finds_its_place() -> None:
    sensor = learnt()
    values = odd(DAY, FIRST, LAST)
    bring(sensor, values[: FIRST + 10])
    record_odd_shapes(sensor.pk, at(FIRST + 10))
    before = ShapeLook.objects.get().until

    bring(sensor, values[FIRST + 10 :], first=FIRST + 10)

    assert before == at(FIRST + 10 - 61)
    assert record_odd_shapes(sensor.pk, night(DAY))


def test_what_is_older_than_some_days_is_no_news() -> None:
    sensor = learnt()
    bring(sensor, odd(DAY, FIRST, LAST))
    days = timedelta(days=3)

    assert not record_odd_shapes(sensor.pk, at(DAY) + days)
    assert record_odd_shapes(sensor.pk, at(FIRST) + days)


def test_a_look_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlops.watching.shapes.MOST_READINGS", DAY - LAST - PERIOD)
    sensor = learnt()
    bring(sensor, odd(DAY, FIRST, LAST))

    assert not record_odd_shapes(sensor.pk, night(DAY))
    assert ShapeLook.objects.get().until == at(DAY - 1)


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

    with django_assert_max_num_queries(22):
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
