from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pytest

from maintenance.models import Anomaly, Symptom
from mlops.detectors.base import Block
from mlops.registry import sensor_suite
from sensors.models import Sensor


def test_sensors_are_watched_with_their_own_limits() -> None:
    sensors = [
        Sensor(warning_high=80, alarm_high=90),
        Sensor(warning_low=4, alarm_low=2),
        Sensor(),
    ]
    suite = sensor_suite(sensors)
    block = Block(np.zeros((1, 1), dtype=np.int64), np.array([[85.0, 3.0, 1e9]]))

    sights, _ = suite.score(block, suite.begin(3))

    seen = {sight.member.kind: sight.alarms.ravel().tolist() for sight in sights}
    assert seen["high_limit"] == [1.5, 0, 0]
    assert seen["low_limit"] == [0, 1.5, 0]
    assert seen["deviation"] == [0, 0, 0]


def test_a_label_names_the_detector_and_its_version() -> None:
    labels = {member.kind: member.label for member in sensor_suite([Sensor()]).members}

    assert labels["deviation"].startswith("seasonal_baseline#")
    assert labels["high_limit"] == labels["low_limit"] == "limits#1"


def test_changing_a_limit_leaves_what_was_learnt() -> None:
    assert sensor_suite([Sensor()]).layout == sensor_suite([Sensor(alarm_high=3)]).layout


def alarms(sensor: Sensor, values: Sequence[float], minutes: float = 1) -> dict[str, list[int]]:
    """Rows at which each kind alarms, of readings that many minutes apart."""
    suite = sensor_suite([sensor])
    micros = (np.arange(len(values)) * minutes * 60_000_000).astype(np.int64)
    block = Block(micros[:, None], np.array(values)[:, None])
    sights, _ = suite.score(block, suite.begin(1))
    return {s.member.kind: np.flatnonzero(s.alarms[:, 0] >= 1).tolist() for s in sights}


def alarms_of(kind: str, sensor: Sensor, values: Sequence[float], minutes: float = 1) -> list[int]:
    return alarms(sensor, values, minutes)[kind]


NOISE = np.round(np.random.default_rng(1).normal(50, 1, 1000), 2).tolist()


def test_a_rate_is_held_against_what_is_set_only() -> None:
    slow_and_fast = [20.0, 21.0, 31.0]

    assert alarms_of("rate", Sensor(), slow_and_fast, minutes=60) == []
    assert alarms_of("rate", Sensor(warning_rate=5), slow_and_fast, minutes=60) == [2]
    assert alarms_of("rate", Sensor(alarm_rate=11), slow_and_fast, minutes=60) == []


def test_a_value_that_stands_still_is_stuck_where_equal_values_are_doubted() -> None:
    stuck = [*NOISE, *([50.0] * 40)]

    assert alarms_of("stuck", Sensor(), stuck) == list(range(1030, 1040))
    assert alarms_of("stuck", Sensor(stuck_after=0), stuck) == []


def test_a_stated_time_to_stand_still_needs_no_history() -> None:
    sensor = Sensor(stuck_for=timedelta(minutes=10), stuck_after=0)

    assert alarms_of("stuck", sensor, [5.0] * 13) == [10, 11, 12]


def test_lost_noise_is_noticed_unless_it_is_turned_off() -> None:
    smooth = [*NOISE, *np.linspace(50, 51, 100)]

    assert alarms_of("noise_gone", Sensor(), smooth)
    assert alarms_of("noise_gone", Sensor(detect_noise_gone=False), smooth) == []


@pytest.mark.parametrize(
    "values",
    [
        NOISE,
        [0.0, 1.0] * 500,
        ([0.0] * 100 + [1.0] * 50 + NOISE[:100]) * 4,
        np.repeat(np.arange(40.0), 25).tolist(),
    ],
    ids=["noisy", "a switch", "rests", "few digits"],
)
def test_ordinary_sensors_that_nobody_has_set_up_are_calm(values: list[float]) -> None:
    found = alarms(Sensor(), values)

    for kind in ("rate", "stuck", "noise_gone", "jump", "no_data"):
        assert [row for row in found[kind] if row > 300] == [], kind


def test_a_reading_after_a_gap_is_no_silence() -> None:
    sensor = Sensor(expected_interval=timedelta(minutes=1))

    assert alarms_of("no_data", sensor, [1.0, 2.0, 3.0], minutes=90) == []


def test_a_span_that_makes_no_sense_stops_no_other_sensor() -> None:
    sensors = [Sensor(expected_interval=timedelta(seconds=-5)), Sensor(stuck_after=0)]

    assert sensor_suite(sensors).begin(2).shape[0] == 2


def test_every_kind_of_the_suite_can_be_stored() -> None:
    kinds = {member.kind for member in sensor_suite([]).members}

    assert kinds <= set(Symptom.Kind.values)
    assert kinds <= set(Anomaly.Kind.values)
    assert max(map(len, kinds)) <= 12
