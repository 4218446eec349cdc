from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import lfilter
from scipy.stats import chi2

from mlops.detectors.calibration import (
    MOST_TAIL,
    WEEK_SECONDS,
    alarm_line,
    held_out_slices,
    likely_quantile,
    tail_for_rate,
)


@pytest.mark.parametrize(("rows", "folds"), [(100, 10), (7, 3), (5, 5)])
def test_every_row_is_held_out_once(rows, folds):
    held = np.concatenate([np.arange(rows)[piece] for piece in held_out_slices(rows, folds)])

    assert held.tolist() == list(range(rows))


@pytest.mark.parametrize("freedom", [3, 8, 52])
@pytest.mark.parametrize("tail", [1e-2, 1e-4])
def test_the_line_is_near_the_true_quantile_of_a_quadratic_statistic(freedom, tail):
    scores = np.random.default_rng(1).chisquare(freedom, size=50_000)

    true = pytest.approx(chi2.isf(tail, freedom), rel=0.06)
    assert likely_quantile(scores, tail) == true
    assert alarm_line(scores, tail) == true


def test_a_few_odd_days_do_not_move_the_line():
    scores = np.random.default_rng(1).chisquare(8, size=5_000)
    odd = scores.copy()
    odd[:50] = 1e6

    assert alarm_line(odd, 1e-4) == pytest.approx(alarm_line(scores, 1e-4), rel=0.05)


def test_the_line_scales_with_the_scores():
    scores = np.random.default_rng(1).chisquare(8, size=500)

    assert alarm_line(1000 * scores, 1e-4) == pytest.approx(1000 * alarm_line(scores, 1e-4))


def test_the_less_is_known_the_higher_the_line():
    scores = np.random.default_rng(1).chisquare(8, size=4_000)
    remembering = lfilter([0.02], [1, -0.98], scores)

    def height(of: np.ndarray) -> float:
        return alarm_line(of, 1e-4) / likely_quantile(of, 1e-4)

    assert 1 < height(scores) < height(scores[:400]) < height(scores[:100])
    assert height(scores[:400]) < height(remembering[-400:])


def test_new_rows_pass_the_line_no_more_often_than_asked_however_few_it_is_drawn_through():
    rng = np.random.default_rng(1)
    beyond = {
        line: np.mean([chi2.sf(line(rng.chisquare(8, size=100), 1e-3), 8) for _ in range(300)])
        for line in (likely_quantile, alarm_line)
    }

    assert beyond[alarm_line] < 1e-3 < 1.5e-3 < beyond[likely_quantile]


def test_scores_that_are_all_alike_have_a_line_above_zero():
    assert alarm_line(np.zeros(100), 1e-4) > 0


def test_rows_beyond_the_tail_come_as_often_as_stated():
    # Once a week, from rows a minute apart, with an hour of rest after each alarm.
    tail = tail_for_rate(1, interval=60, refractory=3600)
    alone = np.random.default_rng(2).random((200, int(WEEK_SECONDS // 60))) < tail

    alarms = 0
    for week in alone:
        rest = -60
        for row in np.flatnonzero(week).tolist():
            if row - rest >= 60:
                alarms, rest = alarms + 1, row

    assert alarms / 200 == pytest.approx(1, abs=0.2)


def test_clusters_allow_more_rows_beyond_the_line():
    single = tail_for_rate(1, interval=60, refractory=0)

    assert tail_for_rate(1, interval=60, refractory=0, cluster=10) == pytest.approx(10 * single)


def test_a_rate_that_rest_alone_keeps_asks_for_no_more():
    assert tail_for_rate(200, interval=60, refractory=3600) == MOST_TAIL


@pytest.mark.parametrize(("rate", "interval"), [(0, 60), (1, 0), (-1, 60)])
def test_a_rate_or_interval_of_nothing_is_refused(rate, interval):
    with pytest.raises(ValueError, match="must"):
        tail_for_rate(rate, interval=interval, refractory=0)
