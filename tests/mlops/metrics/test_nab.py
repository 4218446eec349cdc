from __future__ import annotations

import numpy as np
import pytest

from mlops.metrics.nab import (
    LOW_FALSE_ALARMS,
    LOW_MISSES,
    STANDARD,
    Labelled,
    Profile,
    best_score,
    false_alarms,
    hits,
    score,
)

# 100 rows, 15 of them unscored, one window of ten rows.
SERIES = Labelled(100, ((50, 59),))


def at(*rows: int) -> np.ndarray:
    flags = np.zeros(100, dtype=bool)
    flags[list(rows)] = True
    return flags


@pytest.mark.parametrize("profile", [STANDARD, LOW_FALSE_ALARMS, LOW_MISSES])
def test_no_alarm_is_zero_and_the_earliest_in_the_window_a_hundred(profile: Profile) -> None:
    assert score([SERIES], [at()], profile) == 0
    assert score([SERIES], [at(50)], profile) == pytest.approx(100)


def test_further_alarms_in_a_window_neither_earn_nor_cost() -> None:
    assert score([SERIES], [at(50, 53, 59)], STANDARD) == pytest.approx(100)


def test_a_false_alarm_costs_its_weight() -> None:
    # A hit is worth 1, a miss costs 1: a false alarm takes 0.11 or 0.22 of these two,
    # or 0.11 of three where a miss costs 2.
    assert score([SERIES], [at(20)], STANDARD) == pytest.approx(-5.5)
    assert score([SERIES], [at(20)], LOW_FALSE_ALARMS) == pytest.approx(-11)
    assert score([SERIES], [at(20)], LOW_MISSES) == pytest.approx(-11 / 3)
    assert score([SERIES], [at(20, 30, 50)], STANDARD) == pytest.approx(100 - 11)


def test_an_alarm_shortly_after_a_window_costs_less() -> None:
    # A row after the window, at position 1/9: 2 / (1 + exp(5 / 9)) - 1 = -0.27086.
    assert score([SERIES], [at(60)], STANDARD) == pytest.approx(-5.5 * 0.27086, rel=1e-4)


def test_a_late_alarm_in_a_window_earns_less() -> None:
    # Its last row is at -1/10: 0.24492 of 0.98661, so 1.24824 of 2.
    assert score([SERIES], [at(59)], STANDARD) == pytest.approx(62.412, abs=0.001)


def test_alarms_all_the_time_cost_more_than_they_earn() -> None:
    everywhere = np.ones(100, dtype=bool)
    # All 35 scored rows ahead of the window cost 0.11 in full.
    assert score([SERIES], [everywhere], STANDARD) < 100 - 35 * 5.5


def test_rows_of_the_probation_are_not_scored() -> None:
    assert score([SERIES], [at(0, 14)], STANDARD) == 0
    assert false_alarms([SERIES], [at(0, 14, 15)]) == 1
    assert score([SERIES], [at(15)], STANDARD) < 0


def test_a_window_inside_the_probation_is_not_asked_for() -> None:
    series = Labelled(100, ((2, 8), (50, 59)))

    assert score([series], [at(50)], STANDARD) == pytest.approx(100)
    assert hits([series], [at(50)]) == (1, 1)


def test_windows_count_alike_whatever_the_length_of_their_series() -> None:
    long = Labelled(1000, ((500, 599),))

    half = score([SERIES, long], [at(50), np.zeros(1000, dtype=bool)], STANDARD)

    assert half == pytest.approx(50)


def test_without_a_window_there_is_no_score() -> None:
    assert np.isnan(score([Labelled(100, ())], [at(20)], STANDARD))


def test_the_best_threshold_leaves_the_false_alarm_below_it() -> None:
    scores = np.zeros(100)
    scores[50], scores[20] = 2.0, 1.5

    best, threshold = best_score([SERIES], [scores], STANDARD)

    assert best == pytest.approx(100)
    assert threshold == 2.0


def test_scores_that_are_nan_are_no_alarm() -> None:
    scores = np.full(100, np.nan)

    assert best_score([SERIES], [scores], STANDARD)[0] == 0
