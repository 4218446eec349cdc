from __future__ import annotations

import numpy as np
import pytest

from mlops.detectors.base import Block
from mlops.detectors.rate_of_change import RateOfChange
from tests.mlops.detectors.columns import alarms, column, explained, scores_of


def test_a_change_is_held_against_the_time_it_took():
    rate = RateOfChange(rise=10, fall=20)

    scores = scores_of(rate, column([0, 5, 15, 5, 5], step=3600))

    np.testing.assert_allclose(scores.score[:, 0], [np.nan, 0.5, 1, 0.5, 0])
    assert scores.channel[:, 0].tolist() == [0, 0, 0, 1, 0]


def test_the_band_is_what_the_last_reading_allows():
    scores = scores_of(RateOfChange(rise=10, fall=20), column([100, 100], step=1800))

    assert (scores.low[1, 0], scores.expected[1, 0], scores.high[1, 0]) == (90, 100, 105)


def test_after_a_gap_more_may_have_changed():
    assert not alarms(RateOfChange(rise=10), column([0, 90], times=[0, 36_000])).any()


@pytest.mark.parametrize("seconds", [0, 1e-6, 0.001, 1, 59])
def test_noise_over_a_tiny_interval_is_no_rate(seconds):
    # 60 an hour are one a minute, the shortest time that counts.
    assert not alarms(RateOfChange(rise=60), column([20, 20.9], times=[0, seconds])).any()


@pytest.mark.parametrize("step", [1, 7, 30, 60, 600])
def test_a_steep_ramp_is_seen_however_often_it_is_read(step):
    ramp = np.arange(0, 3600, step) * 2 / 60  # 2 a minute

    assert alarms(RateOfChange(rise=60), column(ramp, step)).any()
    assert not alarms(RateOfChange(rise=180), column(ramp, step)).any()


def test_a_jump_is_seen_among_quick_readings():
    assert alarms(RateOfChange(rise=60), column([20] * 30 + [25] * 5, step=1)).any()


def test_a_side_without_a_limit_may_change_at_will():
    assert not alarms(RateOfChange(rise=1), column([100, 0], step=60)).any()


def test_each_series_has_its_own_rates():
    rate = RateOfChange(rise=[10, 1000])

    scores = scores_of(rate, column([[0, 0], [100, 100]], step=3600))

    assert scores.score[1].tolist() == [10, 0.1]


@pytest.mark.parametrize("bad", [{"rise": 0}, {"fall": -1}, {"rise": 1, "shortest_seconds": 0}])
def test_rates_that_are_none_are_refused(bad):
    with pytest.raises(ValueError, match="above zero"):
        RateOfChange(**bad).fit(column([]))


def test_both_rates_are_named():
    explanation = explained(RateOfChange(fall=10), column([50, 20], step=3600))

    assert explanation.reason == ("It fell from 50 to 20, at 30 an hour; 10 an hour is the limit")
    assert explanation.evidence["rate"] == 30


def test_it_is_two_at_the_alarm_and_a_line_between() -> None:
    detector = RateOfChange(rise=10, fall=10, alarm_rise=20, alarm_fall=20)
    hours = np.arange(7) * 3_600_000_000
    block = Block(hours[:, None], np.array([[0.0], [5], [15], [30], [50], [90], [75]]))

    scores, _ = detector.fit(block).score(block, detector.begin(1))

    assert scores.score[1:, 0].tolist() == [0.5, 1.0, 1.5, 2.0, 3.0, 1.5]
    assert "10 an hour is the limit" in detector.explain(block, scores, 3, 0).reason
    assert "at 15 an hour" in detector.explain(block, scores, 3, 0).reason


def test_an_alarm_without_a_warning_is_a_step() -> None:
    detector = RateOfChange(alarm_rise=20)
    block = Block(np.arange(3)[:, None] * 3_600_000_000, np.array([[0.0], [19], [39]]))

    scores, _ = detector.fit(block).score(block, detector.begin(1))

    assert scores.score[1:, 0].tolist() == [0.95, 2.0]


def test_an_alarm_below_the_warning_is_refused() -> None:
    with pytest.raises(ValueError, match="beyond"):
        RateOfChange(rise=10, alarm_rise=5).fit(Block(np.empty((0, 1), int), np.empty((0, 1))))
