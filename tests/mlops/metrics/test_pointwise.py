from __future__ import annotations

import numpy as np
import pytest

from mlops.metrics.pointwise import Pointwise

LABELS = np.array([False, True, True, False, False, True, True, False, False, False])


def test_perfect_alarms():
    counts = Pointwise.of(LABELS, LABELS)

    assert (counts.precision, counts.recall, counts.f1) == (1, 1, 1)
    assert (counts.false_alarm_rate, counts.missed_alarm_rate) == (0, 0)


def test_no_alarms():
    counts = Pointwise.of(np.zeros_like(LABELS), LABELS)

    assert (counts.precision, counts.recall, counts.f1) == (0, 0, 0)
    assert (counts.false_alarm_rate, counts.missed_alarm_rate) == (0, 1)


def test_all_alarms():
    counts = Pointwise.of(np.ones_like(LABELS), LABELS)

    assert (counts.precision, counts.recall) == (0.4, 1)
    assert counts.f1 == pytest.approx(2 * 0.4 / 1.4)
    assert (counts.false_alarm_rate, counts.missed_alarm_rate) == (1, 0)


def test_three_right_one_wrong_one_missed():
    alarms = np.array([True, True, True, False, False, True, False, False, False, False])

    counts = Pointwise.of(alarms, LABELS)

    assert counts == Pointwise(true_alarms=3, false_alarms=1, missed=1, quiet=5)
    assert counts.f1 == 6 / 8
    assert counts.false_alarm_rate == 1 / 6
    assert counts.missed_alarm_rate == 1 / 4


def test_files_are_pooled_and_not_averaged():
    pooled = Pointwise(1, 0, 0, 0) + Pointwise(0, 0, 9, 0)

    assert pooled.recall == 0.1


def test_rows_that_do_not_match_are_refused():
    with pytest.raises(ValueError, match="labels"):
        Pointwise.of(LABELS[:1], LABELS)
