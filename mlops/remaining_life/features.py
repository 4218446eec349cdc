"""Causal windows over sensors: a row's features know its past and nothing else."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlops.remaining_life.histories import Values

Features = NDArray[np.float32]
# A slope through fewer rows says nothing.
SLOPE_ROWS = 5
START = 20


def window_features(values: Values, windows: tuple[int, ...]) -> Features:
    """Level, slope and spread of each column over the last rows, and how it began.

    Levels over every window, slopes over all from 20 rows on (a shorter slope is noise),
    spread over the middle one. How it began is the mean of the first 20 rows: units differ
    from the first day, and it is the way gone since then that wears.
    """
    middle = windows[len(windows) // 2]
    columns = [
        *(levels(values, window) for window in windows),
        *(slopes(values, window) for window in windows if window >= START),
        spreads(values, middle),
        beginnings(values, START),
    ]
    return np.hstack(columns).astype(np.float32)


def levels(values: Values, window: int) -> Values:
    """Mean of the last `window` rows, or of all while there are fewer.

    >>> levels(np.array([[1.0], [3.0], [5.0]]), 2).ravel().tolist()
    [1.0, 2.0, 4.0]
    """
    sums, since, count = _running(values, window)
    return (sums[1:] - sums[since]) / count


def spreads(values: Values, window: int) -> Values:
    """Standard deviation within the last `window` rows."""
    variance = levels(values**2, window) - levels(values, window) ** 2
    return np.sqrt(np.maximum(variance, 0))


def slopes(values: Values, window: int) -> Values:
    """Slope per row of the least-squares line through the last `window` rows.

    >>> slopes(np.arange(12.0)[:, None] * 2, 6).ravel()[-1].item()
    2.0
    """
    sums, since, count = _running(values, window)
    index = np.arange(len(values), dtype=np.float64)[:, None]
    weighted, _, _ = _running(values * index, window)
    centre = (index + since[:, None]) / 2
    covariance = (weighted[1:] - weighted[since]) - centre * (sums[1:] - sums[since])
    variance = count * (count**2 - 1) / 12
    return np.where(count >= SLOPE_ROWS, covariance / np.maximum(variance, 1), 0.0)


def beginnings(values: Values, rows: int) -> Values:
    """Mean of the first `rows` rows, or of those there were by then."""
    first = levels(values, rows)
    first[rows:] = first[min(rows, len(values)) - 1]
    return first


def smoothed(values: Values, weight: float) -> Values:
    """Exponentially weighted mean, without a pull to zero in the first rows.

    >>> smoothed(np.array([[4.0], [4.0]]), 0.1).ravel().round(9).tolist()
    [4.0, 4.0]
    """
    from scipy.signal import lfilter  # Late: tens of MB.

    kept = 1 - weight
    total = lfilter([weight], [1, -kept], values, axis=0)
    return total / (1 - kept ** np.arange(1, len(values) + 1))[:, None]


def _running(values: Values, window: int) -> tuple[Values, NDArray[np.int64], Values]:
    """Cumulative sums, where each row's window begins, and how many rows it has."""
    sums = np.vstack([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    ends = np.arange(1, len(values) + 1)
    since = np.maximum(0, ends - window)
    return sums, since, (ends - since)[:, None].astype(np.float64)
