from __future__ import annotations

import numpy as np

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
