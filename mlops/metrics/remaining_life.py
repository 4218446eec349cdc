"""How good were forecasts of the life left, and did their intervals keep their word?"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


def rmse(true: Values, predicted: Values) -> float:
    """Root mean squared error, in rows.

    >>> rmse(np.array([10.0, 20.0]), np.array([13.0, 17.0]))
    3.0
    """
    return float(np.sqrt(np.mean((predicted - true) ** 2)))


def phm08_score(true: Values, predicted: Values) -> float:
    """Sum of penalties, for which a forecast too long is worse than one too short.

    exp(d/10) - 1 for d rows too long, exp(d/13) - 1 for d rows too short. It grows with
    the number of units, and one bad unit can make most of it.

    References: Saxena, Goebel, Simon and Eklund, Damage propagation modeling for aircraft
    engine run-to-failure simulation, 2008.

    >>> round(phm08_score(np.array([50.0, 50.0]), np.array([60.0, 37.0])), 4)
    3.4366
    """
    late = predicted - true
    return float(np.sum(np.expm1(np.where(late < 0, -late / 13, late / 10))))


def cover(true: Values, low: Values, high: Values) -> float:
    """Share of true lives within their interval, ends included."""
    return float(np.mean((low <= true) & (true <= high)))


@dataclass(frozen=True, slots=True)
class BandCover:
    """Cover among the `count` units whose life left lies in [start, end)."""

    start: float
    end: float
    count: int
    cover: float


def cover_by_band(true: Values, low: Values, high: Values, edges: Values) -> list[BandCover]:
    """Cover per band of true life, of those bands that have any unit.

    The last band is closed at its end. An interval that is right on average may be too
    narrow exactly where units are about to fail; one figure over all would hide that.
    """
    bands = []
    for start, end in pairwise(edges):
        inside = (true >= start) & ((true < end) | ((end == edges[-1]) & (true == end)))
        if inside.any():
            within = cover(true[inside], low[inside], high[inside])
            bands.append(BandCover(float(start), float(end), int(inside.sum()), within))
    return bands
