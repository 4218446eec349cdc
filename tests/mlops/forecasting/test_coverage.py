from __future__ import annotations

import numpy as np
import pytest

from maintenance.figures.estimates import wilson
from mlops.forecasting.base import Forecast, Values
from mlops.forecasting.coverage import Cover, CoverageMonitor, Verdict


def forecast(width: float = 1.0, steps: int = 4) -> Forecast:
    """Zero, with bands of half the width and of the width."""
    point = np.zeros(steps)
    widths = np.array([[width / 2], [width]]) + point
    return Forecast("last_value", point, (0.5, 0.9), -widths, widths, 3600.0)


def after(times: int, actual: Values) -> CoverageMonitor:
    monitor = CoverageMonitor()
    for _ in range(times):
        monitor = monitor.seen(forecast(), actual)
    return monitor


def test_values_inside_are_counted_by_level_and_nan_is_not() -> None:
    monitor = after(1, np.array([0.2, -0.7, 5.0, np.nan]))

    half, nine = monitor.covers[0.5], monitor.covers[0.9]
    assert (half.inside, half.values, half.forecasts) == (1, 3, 1)
    assert (nine.inside, nine.values, nine.forecasts) == (2, 3, 1)


def test_a_forecast_that_is_not_over_counts_so_far() -> None:
    assert after(1, np.array([0.0, 0.0])).covers[0.9].values == 2


def test_a_forecast_of_which_nothing_came_does_not_count() -> None:
    cover = after(30, np.full(4, np.nan)).covers[0.9]

    assert (cover.forecasts, cover.share, cover.interval) == (0, None, None)
    assert cover.verdict is Verdict.NOT_ENOUGH_DATA


def test_few_forecasts_are_not_enough_however_many_their_values() -> None:
    assert after(19, np.full(4, 9.0)).covers[0.9].verdict is Verdict.NOT_ENOUGH_DATA


@pytest.mark.parametrize(
    ("actual", "verdict"),
    [
        ([0.9, 0.9, 9.0, 9.0], Verdict.TOO_NARROW),
        ([0.9] * 4, Verdict.TOO_WIDE),
    ],
)
def test_bands_of_ninety_percent_are_judged(actual: list[float], verdict: Verdict) -> None:
    assert after(60, np.array(actual)).covers[0.9].verdict is verdict


def test_bands_that_hold_what_they_promise_keep_it() -> None:
    assert Cover(0.9, inside=360, values=400, forecasts=100).verdict is Verdict.KEPT


def test_the_interval_is_as_wide_as_forecasts_are_few() -> None:
    assert Cover(0.9, 90, 100, forecasts=10).interval == wilson(0.9, 10)
    assert Cover(0.9, 90, 100, forecasts=100).interval == wilson(0.9, 100)


def test_wilson_is_right_at_the_ends() -> None:
    assert wilson(0.0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert wilson(1.0, 10) == pytest.approx((0.7225, 1.0), abs=1e-4)
    assert wilson(0.5, 0) == (0.0, 1.0)


def test_a_level_that_was_not_forecast_has_no_band() -> None:
    with pytest.raises(KeyError):
        forecast().band(0.8)
