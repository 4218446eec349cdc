"""From how far out something lies to how unlikely that is, and to a score."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtri

Floats = NDArray[np.float64]

# The alarm line: once in a thousand readings by chance.
ALARM_PROBABILITY = 1e-3
# How many spreads out that is, for a normal distribution: 3.09 and 3.29.
ONE_SIDED = -float(ndtri(ALARM_PROBABILITY))
TWO_SIDED = -float(ndtri(ALARM_PROBABILITY / 2))


def line_score(lines: Floats, both_sides: NDArray[np.bool_]) -> Floats:
    """The score of what lies so many alarm lines out: log p over log 1e-3.

    p is the tail of a normal distribution, of one or of both sides, so that 1 is p = 1e-3
    and 2 is one in a million. The logarithm is taken of the tail itself: it neither
    underflows nor loses digits far out. Never below 0; NaN stays NaN.

    >>> line_score(np.array([-3.0, 1.0, 1.5382]), np.array([False, False, False])).round(3)
    array([0., 1., 2.])
    >>> line_score(np.array([1.0]), np.array([True])).round(3)
    array([1.])
    """
    spreads = lines * np.where(both_sides, TWO_SIDED, ONE_SIDED)
    tails = log_ndtr(-spreads) + np.where(both_sides, np.log(2.0), 0.0)
    return np.asarray(np.maximum(tails / np.log(ALARM_PROBABILITY), 0.0))


def probability(score: float) -> float:
    """The probability that a score stands for.

    >>> round(probability(2.0), 9)
    1e-06
    """
    return float(ALARM_PROBABILITY**score)
