"""How good was a forecast, and how honest were its bands?

NaN in `actual` is a step at which nothing was read: it is left out. All are NaN where
nothing is left.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


def naive_error(history: Values, season: int) -> float:
    """Mean absolute error of the seasonal naive forecast within the history.

    The yardstick of mase: of values[i] by values[i - season]. NaN where no two values are
    a season apart.

    >>> naive_error(np.array([1.0, 2.0, 3.0, 5.0]), season=2)
    2.5
    """
    if season < 1:
        raise ValueError("season must be at least 1")
    return _mean(np.abs(history[season:] - history[:-season]))


def mase(actual: Values, point: Values, history: Values, season: int) -> float:
    """Mean absolute error, in units of naive_error on the history before the forecast.

    Below 1 the forecast is better ahead than yesterday's value was, on average, within
    the history. No share of the value itself, as in MAPE, which has no meaning for values
    around zero. NaN where the history repeats itself to the digit: the yardstick is 0 then,
    or next to it beside the values.

    >>> mase(np.array([6.0]), np.array([5.0]), np.array([1.0, 2.0, 3.0, 5.0]), season=2)
    0.4

    References: Hyndman and Koehler, Another look at measures of forecast accuracy, 2006.
    """
    scale = naive_error(history, season)
    largest = float(np.nanmax(np.abs(history), initial=0.0))
    if not scale > 1e-9 * largest:
        return float("nan")
    return _mean(np.abs(actual - point)) / scale


def coverage(actual: Values, low: Values, high: Values) -> float:
    """Share of values inside the band, its edges included.

    >>> coverage(np.array([1.0, 2.0, 9.0, np.nan]), np.zeros(4), np.full(4, 2.0))
    0.6666666666666666
    """
    inside = (low <= actual) & (actual <= high)
    return _mean(np.where(np.isnan(actual), np.nan, inside))


def interval_width(low: Values, high: Values) -> float:
    """Mean width of a band, in the unit of the values. Read it beside the coverage."""
    return _mean(high - low)


def pinball(actual: Values, quantile: Values, level: float) -> float:
    """Mean pinball loss of a quantile: the true one has the least.

    >>> pinball(np.array([3.0, 1.0]), np.array([2.0, 2.0]), level=0.9)
    0.5

    References: Koenker and Bassett, Regression Quantiles, 1978.
    """
    if not 0 <= level <= 1:
        raise ValueError("level must be 0 to 1")
    miss = actual - quantile
    return _mean(np.maximum(level * miss, (level - 1) * miss))


def _mean(values: Values) -> float:
    kept = values[~np.isnan(values)]
    return float(kept.mean()) if kept.size else float("nan")
