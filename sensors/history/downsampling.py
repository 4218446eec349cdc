"""Fewer points that draw the same curve. Plain functions over arrays: no database, no clock.

References: S. Steinarsson, "Downsampling Time Series for Visual Representation", MSc thesis,
University of Iceland, 2013 (largest triangle three buckets).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def largest_triangles(times: Floats, values: Floats, points: int) -> NDArray[np.int64]:
    """Indices of at most `points` (3 or more) points to draw, in order.

    `times` (any unit) and `values`, both of shape (n,), are in order of time. The first and
    the last point stay. What is between falls into buckets of as many points each; of every
    bucket the point stays that makes the largest triangle with the one kept before it and
    with the mean of the next bucket, so a peak of one reading is kept where an average
    would flatten it. Takes O(n) time.

    >>> largest_triangles(np.arange(7.0), np.array([0, 0, 9.0, 0, 0, 0, 0]), 4).tolist()
    [0, 2, 3, 6]
    """
    count = times.size
    if points < 3:
        raise ValueError("a curve is drawn with 3 points or more")
    if count <= points:
        return np.arange(count)
    edges = np.linspace(1, count - 1, points - 1).astype(np.int64)
    # Areas are compared only, so the scale is free; this one keeps large numbers in range.
    x, y = _scaled(times), _scaled(values)
    next_x, next_y = _means(x, edges), _means(y, edges)
    kept = np.empty(points, dtype=np.int64)
    kept[0], kept[-1] = 0, count - 1
    for i in range(points - 2):
        begin, end, last = edges[i], edges[i + 1], kept[i]
        areas = np.abs(
            (x[last] - next_x[i + 1]) * (y[begin:end] - y[last])
            - (x[last] - x[begin:end]) * (next_y[i + 1] - y[last])
        )
        kept[i + 1] = begin + np.argmax(areas)
    return kept


def _scaled(numbers: Floats) -> Floats:
    """The same numbers between 0 and 1. Halves first: the range itself might overflow."""
    least, most = numbers.min() / 2, numbers.max() / 2
    return (numbers / 2 - least) / ((most - least) or 1.0)


def _means(numbers: Floats, edges: NDArray[np.int64]) -> Floats:
    """The mean of each bucket, and after the last of them the last point of all."""
    sums = np.add.reduceat(numbers[: edges[-1]], edges[:-1])
    return np.r_[sums / np.diff(edges), numbers[-1]]
