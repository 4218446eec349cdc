from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mlops.registry import active_detectors
from sensors.models import Sensor


@pytest.mark.parametrize(
    ("limits", "kinds"),
    [
        ({}, ["deviation"]),
        ({"warning_high": 80}, ["deviation", "high_limit"]),
        ({"alarm_high": 0}, ["deviation", "high_limit"]),
        ({"alarm_low": 0}, ["deviation", "low_limit"]),
        ({"warning_low": 1, "alarm_high": 90}, ["deviation", "high_limit", "low_limit"]),
    ],
)
def test_a_sensor_is_watched_where_it_has_limits(limits: dict[str, Any], kinds: list[str]) -> None:
    assert [active.kind for active in active_detectors(Sensor(**limits))] == kinds


def test_a_label_names_the_detector_and_its_version() -> None:
    labels = [active.label for active in active_detectors(Sensor(alarm_high=90))]

    assert labels == ["robust_zscore#1", "fixed_limit#1"]


def test_a_low_limit_is_passed_downwards() -> None:
    _, low = active_detectors(Sensor(warning_low=4, alarm_low=2))

    scores = low.detector.fit(np.empty(0)).score(np.array([6.0, 4, 3, 2, 0]))

    assert scores.tolist() == [0, 1, 1.5, 2, 3]
    assert low.detector.explain(2).reason == "2 is at or below the alarm limit of 2"
