"""Readings at any times made into a regular series."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Times = NDArray[np.int64]

MICROS = 1_000_000
# A bin at either end with less than this share of the usual readings is left out.
LEAST_FILLED = 0.5


def resample(micros: Times, values: Values, interval: float = 3600.0) -> tuple[int, Values]:
    """The mean of each interval, NaN where it has no reading, and when the first begins.

    Takes readings of shape (n,) in any order, times in microseconds since 1970. Bins lie
    on whole multiples of the interval, so the grid does not hang on the first reading.
    The first and the last bin are left out where they are half empty, since their mean is
    of another time of the hour. Raises ValueError for an interval of no length.

    >>> begins, means = resample(np.array([0, 1, 3]) * 3_600_000_000, np.array([1., 3., 5.]))
    >>> begins, means.tolist()
    (0, [1.0, 3.0, nan, 5.0])
    """
    width = round(interval * MICROS)
    if width <= 0:
        raise ValueError("interval must be above zero")
    good = np.isfinite(values)
    bins, values = micros[good] // width, values[good]
    if bins.size == 0:
        return 0, np.empty(0)
    first = int(bins.min())
    counts = np.bincount(bins - first)
    sums = np.bincount(bins - first, weights=values)
    means = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    few = LEAST_FILLED * float(np.median(counts[counts > 0]))
    head, tail = int(counts[0] < few), int(counts[-1] < few)
    return (first + head) * width, means[head : max(means.size - tail, head)]


def bridge(values: Values, most: int) -> Values:
    """A copy in which gaps of at most so many steps are filled by a straight line.

    Longer gaps, and those at either end, stay NaN: a line across a night is invented.

    >>> bridge(np.array([1.0, np.nan, 3.0, np.nan, np.nan, 6.0]), most=1).tolist()
    [1.0, 2.0, 3.0, nan, nan, 6.0]
    """
    filled = np.array(values, dtype=np.float64)
    seen = np.flatnonzero(np.isfinite(filled))
    lengths = np.diff(seen) - 1
    for at in np.flatnonzero((lengths > 0) & (lengths <= most)).tolist():
        left, right = seen[at], seen[at + 1]
        filled[left : right + 1] = np.linspace(filled[left], filled[right], right - left + 1)
    return filled
