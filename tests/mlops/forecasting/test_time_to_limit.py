from __future__ import annotations

import numpy as np
import pytest

from mlops.forecasting.base import Series
from mlops.forecasting.choosing import candidates
from mlops.forecasting.seasonal_naive import LastValue
from mlops.forecasting.time_to_limit import (
    Outlook,
    crossing_times,
    first_crossing,
    time_to_limit,
)
from tests.mlops.forecasting.series import daily

DAY = 86_400.0


def rising(days: int = 180, slope: float = 1.0, noise: float = 0.5, seed: int = 1) -> Series:
    """A value a day, of no week, that climbs."""
    rough = np.random.default_rng(seed).normal(0, noise, days)
    return Series(slope * np.arange(days) + rough, DAY)


def test_a_line_reaches_its_limit_when_it_does() -> None:
    series = rising(noise=0.0)

    ahead = time_to_limit(series, 189.0, candidates(30))

    assert ahead.outlook is Outlook.CROSSING
    assert ahead.seconds == pytest.approx(10 * DAY)
    assert ahead.low == pytest.approx(10 * DAY)
    assert ahead.high == pytest.approx(10 * DAY)
    assert ahead.chance == 1.0
    assert ahead.method == "drift"


def test_noise_opens_the_interval_around_the_crossing() -> None:
    ahead = time_to_limit(rising(noise=2.0), 194.0, candidates(30))

    assert ahead.low is not None and ahead.seconds is not None and ahead.high is not None
    assert ahead.low < ahead.seconds < ahead.high
    assert ahead.low < 15 * DAY
    assert ahead.high > 12 * DAY


def test_the_crossing_is_inside_its_interval_as_often_as_promised() -> None:
    inside = []
    for seed in range(40):
        whole = rising(days=210, noise=2.0, seed=seed)
        ahead = time_to_limit(Series(whole.values[:180], DAY), 195.0, candidates(30))
        crossed = crossing_times(whole.values[None, 180:], whole.values[179], 195.0)[0] * DAY
        assert ahead.low is not None and ahead.high is not None
        inside.append(ahead.low <= crossed <= ahead.high)

    assert 0.8 <= np.mean(inside) <= 1.0


def test_a_slow_rise_is_seen_below_the_swing_of_the_day() -> None:
    days, inside = 30, []
    for seed in range(10):
        wave = daily(days + 7, noise=0.5, seed=seed).values
        whole = wave + 0.5 * np.arange(wave.size) / 24
        until = days * 24
        limit = whole[:until].max() + 1.0
        ahead = time_to_limit(Series(whole[:until]), limit, candidates(168))
        crossed = crossing_times(whole[None, until:], whole[until - 1], limit)
        assert ahead.method == "seasonal_drift"
        assert ahead.low is not None and ahead.high is not None
        inside.append(ahead.low <= crossed[0] * 3600 <= ahead.high)

    assert np.mean(inside) >= 0.7


def test_a_calm_series_foresees_no_crossing() -> None:
    ahead = time_to_limit(daily(noise=0.5), 100.0, candidates())

    assert ahead.outlook is Outlook.NOT_FORESEEN
    assert (ahead.seconds, ahead.low, ahead.high, ahead.chance) == (None, None, None, 0.0)
    assert ahead.within == DAY


def test_a_limit_within_the_daily_wave_is_crossed_within_the_day() -> None:
    ahead = time_to_limit(daily(), 24.0, candidates())

    # 20 + 5 sin reaches 24 at 3.54 hours after midnight, and the last value is of 23 h.
    assert ahead.outlook is Outlook.CROSSING
    assert ahead.seconds == pytest.approx(4.55 * 3600, abs=360)


@pytest.mark.parametrize(
    ("limit", "side"), [(19.0, "high"), (18.5, "high"), (19.0, "low"), (25.0, "low")]
)
def test_what_is_at_or_beyond_its_limit_is_beyond_it_now(limit: float, side: str) -> None:
    ahead = time_to_limit(Series(np.array([22.0, 19.0, np.nan])), limit, [], side)  # type: ignore[arg-type]

    assert ahead.outlook is Outlook.NOW
    assert (ahead.seconds, ahead.low, ahead.high, ahead.chance) == (0.0, 0.0, 0.0, 1.0)


@pytest.mark.parametrize("values", [[], [np.nan] * 900, [1.0] * 30])
def test_too_little_data_is_said(values: list[float]) -> None:
    ahead = time_to_limit(Series(np.array(values)), 50.0, candidates())

    assert ahead.outlook is Outlook.NOT_ENOUGH_DATA
    assert (ahead.seconds, ahead.low, ahead.high, ahead.chance) == (None, None, None, None)


def test_a_low_limit_mirrors_a_high_one() -> None:
    series = rising(noise=2.0)

    up = time_to_limit(series, 194.0, candidates(30))
    down = time_to_limit(Series(-series.values, DAY), -194.0, candidates(30), side="low")

    assert down.outlook == up.outlook
    assert (down.seconds, down.low, down.high) == pytest.approx((up.seconds, up.low, up.high))


def test_another_unit_is_the_same_time() -> None:
    series = rising(noise=2.0)

    plain = time_to_limit(series, 194.0, candidates(30))
    other = time_to_limit(Series(series.values * 1000 + 7, DAY), 194_007.0, candidates(30))

    assert other.outlook == plain.outlook
    assert (other.seconds, other.low) == pytest.approx((plain.seconds, plain.low), rel=1e-6)


def test_where_few_courses_cross_the_chance_is_told_and_no_time() -> None:
    forecaster = LastValue(horizon=2)
    forecaster.point_, forecaster.interval_ = np.array([1.0, 1.0]), 60.0
    forecaster.errors_ = np.array([[0.0, 0.0]] * 7 + [[4.0, 4.0]] * 3)

    ahead = first_crossing(forecaster, last=1.0, limit=3.0, level=0.8)

    assert ahead.outlook is Outlook.NOT_FORESEEN
    assert ahead.chance == 0.3
    assert ahead.seconds is None
    assert ahead.low == pytest.approx(30.0)


def test_where_most_cross_but_not_all_the_late_end_is_open() -> None:
    forecaster = LastValue(horizon=2)
    forecaster.point_, forecaster.interval_ = np.array([1.0, 1.0]), 60.0
    forecaster.errors_ = np.array([[0.0, 0.0]] * 3 + [[4.0, 4.0]] * 7 + [[np.nan, 0.0]] * 9)

    ahead = first_crossing(forecaster, last=1.0, limit=3.0, level=0.8)

    assert ahead.outlook is Outlook.CROSSING
    assert (ahead.low, ahead.seconds) == pytest.approx((30.0, 30.0))
    assert ahead.high is None
    assert ahead.chance == 0.7


def test_a_path_that_starts_beyond_crosses_at_once() -> None:
    paths = np.array([[2.0, 5.0]])

    assert crossing_times(paths, last=6.0, limit=4.0).tolist() == [0.0]
    assert crossing_times(paths, last=6.0, limit=4.0, side="low").tolist() == [0.5]
