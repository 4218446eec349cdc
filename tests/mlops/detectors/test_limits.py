from __future__ import annotations

import numpy as np
import pytest

from mlops.detectors.limits import Limits
from tests.mlops.detectors.columns import column, explained, scores_of


def scored(limits, values):
    return scores_of(limits, column(values)).score[:, 0].tolist()


def test_a_straight_line_goes_through_warning_and_alarm():
    limits = Limits(warning_high=80, alarm_high=90)

    assert scored(limits, [70, 75, 80, 85, 90, 100]) == [0, 0.5, 1, 1.5, 2, 3]


def test_low_limits_are_the_mirror_of_high_ones():
    limits = Limits(warning_low=20, alarm_low=10)

    assert scored(limits, [30, 25, 20, 15, 10, 0]) == [0, 0.5, 1, 1.5, 2, 3]


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (Limits(warning_high=80), [0, 1, 1]),
        (Limits(alarm_high=80), [0, 2, 2]),
        (Limits(warning_high=80, alarm_high=80), [0, 2, 2]),
        (Limits(alarm_low=80), [2, 2, 0]),
    ],
)
def test_without_a_distance_the_score_is_a_step(limits, expected):
    assert scored(limits, [79, 80, 81]) == expected


def test_the_channel_is_the_side():
    scores = scores_of(Limits(alarm_high=90, alarm_low=10), column([95, 5]))

    assert scores.channel[:, 0].tolist() == [0, 1]
    assert scores.score[:, 0].tolist() == [2, 2]


def test_the_band_lies_between_the_inner_limits():
    limits = Limits(warning_high=80, alarm_high=90, alarm_low=10)

    scores = scores_of(limits, column([50]))

    assert (scores.low[0, 0], scores.high[0, 0]) == (10, 80)


def test_each_series_has_its_own_limits():
    limits = Limits(warning_high=[80, None, 30], alarm_high=np.array([90, np.nan, 40]))

    scores = scores_of(limits, column([[85, 85, 85]]))

    np.testing.assert_array_equal(scores.score, [[1.5, np.nan, 6.5]])


def test_without_limits_there_is_nothing_to_say():
    assert np.isnan(scored(Limits(), [1e9])).all()


def test_a_series_whose_limits_leave_nothing_between_them_does_not_stop_the_others():
    limits = Limits(alarm_low=[80, 0], alarm_high=[20, 100])

    assert scores_of(limits, column([[50, 50]])).score.tolist() == [[2, 0]]


@pytest.mark.parametrize(
    "bad",
    [
        {"warning_high": 90, "alarm_high": 80},
        {"warning_low": 10, "alarm_low": 20},
        {"alarm_high": [[1, 2]]},
        {"alarm_high": float("inf")},
    ],
)
def test_limits_that_contradict_each_other_are_refused(bad):
    with pytest.raises(ValueError, match="must"):
        Limits(**bad).fit(column([]))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (95, "95 is at or above the alarm limit of 90"),
        (85, "85 is at or above the warning limit of 80"),
        (5, "5 is at or below the alarm limit of 10"),
        (50, "50 is within its limits"),
    ],
)
def test_the_limit_that_was_passed_is_named(value, reason):
    limits = Limits(warning_high=80, alarm_high=90, alarm_low=10)

    explanation = explained(limits, column([value]))

    assert explanation.reason == reason
    assert explanation.evidence["alarm_high"] == 90
    assert explanation.evidence["warning_low"] is None
