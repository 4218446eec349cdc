"""What is an odd shape, and what only looks like one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.shapes import record_odd_shapes
from maintenance.models import Symptom
from mlops.models import ShapeLook
from sensors.models import ReadingBatch
from tests.factories import make_sensor
from tests.mlops.waves import DAY, FIRST, LAST, PERIOD, at, bring, learnt, night, odd, waves

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def directory(settings: Any, tmp_path: Path) -> None:
    settings.ARTIFACTS_DIR = str(tmp_path / "artifacts")


def test_history_that_is_filled_in_raises_no_alarm() -> None:
    sensor = learnt()
    bring(sensor, odd(DAY, FIRST, LAST), mode=ReadingBatch.Mode.BACKFILL)

    assert not record_odd_shapes(sensor.pk, night(DAY))
    assert not Symptom.objects.exists()


def test_a_gap_is_no_odd_shape() -> None:
    sensor = learnt()
    values, missed = waves(DAY, seed=5), PERIOD // 2
    bring(sensor, values[:FIRST])
    bring(sensor, values[FIRST + missed :], first=FIRST + missed)

    assert not record_odd_shapes(sensor.pk, night(DAY))


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
