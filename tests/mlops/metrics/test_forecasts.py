"""Figures that can be checked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.metrics.forecasts import coverage, interval_width, mase, naive_error, pinball

HISTORY = np.array([1.0, 5.0, 2.0, 7.0, 4.0, 6.0])


def test_the_naive_error_is_that_of_a_season_before() -> None:
    # Steps of 4, 3, 5, 3, 2, and over two of them 1, 2, 2, 1.
    assert naive_error(HISTORY, season=1) == pytest.approx(3.4)
    assert naive_error(HISTORY, season=2) == pytest.approx(1.5)


def test_steps_that_were_not_read_are_left_out_of_the_naive_error() -> None:
    # Over two steps 1 and 2 are left.
    history = np.array([1.0, np.nan, 2.0, 7.0, 4.0, np.nan])

    assert naive_error(history, season=2) == pytest.approx(1.5)


def test_a_history_shorter_than_a_season_has_no_naive_error() -> None:
    assert np.isnan(naive_error(HISTORY, season=6))
    assert np.isnan(mase(np.ones(2), np.ones(2), HISTORY, season=6))


def test_a_season_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="season"):
        naive_error(HISTORY, season=0)


def test_a_perfect_forecast_has_no_error() -> None:
    assert mase(HISTORY, HISTORY, HISTORY, season=2) == 0.0


def test_an_error_of_the_naive_size_is_one() -> None:
    assert mase(np.array([3.0, 8.0]), np.array([4.5, 6.5]), HISTORY, season=2) == pytest.approx(
        1.0
    )


def test_what_was_not_read_does_not_count() -> None:
    actual = np.array([3.0, np.nan])

    assert mase(actual, np.array([6.0, 1e9]), HISTORY, season=2) == pytest.approx(2.0)
    assert np.isnan(mase(np.array([np.nan]), np.array([1.0]), HISTORY, season=2))


def test_a_history_that_repeats_itself_has_no_yardstick() -> None:
    day = np.tile([1.0, 2.0], 5)

    assert np.isnan(mase(np.array([1.0]), np.array([2.0]), day, season=2))
    assert np.isnan(mase(np.array([0.0]), np.array([2.0]), np.zeros(9), season=2))
    assert np.isnan(mase(np.array([0.0]), np.array([2.0]), np.array([]), season=2))


@given(st.floats(1e-3, 1e3), st.floats(-1e3, 1e3))
def test_the_unit_does_not_matter(factor: float, shift: float) -> None:
    actual, point = np.array([3.0, 8.0]), np.array([4.0, 5.0])

    plain = mase(actual, point, HISTORY, season=2)
    scaled = mase(actual * factor + shift, point * factor + shift, HISTORY * factor + shift, 2)

    assert scaled == pytest.approx(plain, rel=1e-4)


def test_cover_counts_the_edges_and_leaves_out_what_was_not_read() -> None:
    actual = np.array([0.0, 1.0, 1.1, -0.1, np.nan])

    assert coverage(actual, np.zeros(5), np.ones(5)) == pytest.approx(0.5)
    assert coverage(actual, np.full(5, -9.0), np.full(5, 9.0)) == 1.0
    assert coverage(actual, np.full(5, 8.0), np.full(5, 9.0)) == 0.0
    assert np.isnan(coverage(np.array([np.nan]), np.zeros(1), np.ones(1)))


def test_width_is_the_mean_distance() -> None:
    assert interval_width(np.array([0.0, 1.0]), np.array([2.0, 5.0])) == 3.0


def test_pinball_weighs_what_is_above_and_below() -> None:
    # 2 above at .9, 1 below at .1: (1.8 + .1) / 2.
    assert pinball(np.array([4.0, 1.0]), np.array([2.0, 2.0]), 0.9) == pytest.approx(0.95)
    assert pinball(np.array([2.0]), np.array([2.0]), 0.9) == 0.0


def test_pinball_is_least_at_the_quantile() -> None:
    actual = np.arange(101.0)

    losses = [pinball(actual, np.full(101, quantile), 0.9) for quantile in (80.0, 90.0, 100.0)]

    assert losses[1] == min(losses)


def test_pinball_of_no_level_is_refused() -> None:
    with pytest.raises(ValueError, match="level"):
        pinball(HISTORY, HISTORY, 1.1)
