from __future__ import annotations

import numpy as np
import pytest

from mlops.metrics.batadal import attack_score, false_alarm_starts

# Ten rows each: quiet, attack, quiet, attack.
WINDOWS = [(10, 19), (30, 39)]
LABELS = np.repeat([False, True, False, True], 10)


def test_perfect_alarms():
    result = attack_score(LABELS, LABELS, WINDOWS)

    assert (result.score, result.time_to_detection, result.detected) == (1, 1, 2)


def test_no_alarms():
    result = attack_score(np.zeros_like(LABELS), LABELS, WINDOWS)

    assert (result.score, result.time_to_detection, result.detected) == (0.25, 0, 0)


def test_all_alarms():
    result = attack_score(np.ones_like(LABELS), LABELS, WINDOWS)

    assert (result.score, result.classification, result.detected) == (0.75, 0.5, 2)


def test_one_attack_found_half_way_and_one_missed():
    alarms = np.zeros_like(LABELS)
    alarms[15:20] = True

    result = attack_score(alarms, LABELS, WINDOWS)

    assert result.time_to_detection == pytest.approx(1 - (0.5 + 1) / 2)
    assert result.classification == pytest.approx((5 / 20 + 1) / 2)
    assert result.detected == 1


def test_an_alarm_that_began_before_the_attack_is_no_false_start_within_it():
    alarms = np.zeros_like(LABELS)
    alarms[5:15] = True
    alarms[32:35] = True

    assert false_alarm_starts(alarms, LABELS) == 1
