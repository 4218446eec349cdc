"""From how far out something lies to how unlikely that is, and to a score."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

Floats = NDArray[np.float64]

# The alarm line: once in a thousand readings by chance.
ALARM_PROBABILITY = 1e-3
_ALARM_LOG = float(np.log(ALARM_PROBABILITY))


def tail_score(deviations: Floats, sides: int = 1) -> Floats:
    """The score of what lies so many spreads out: 0 for nothing odd, 1 at p = 1e-3.

    It is log p over log 1e-3, p being the tail of a normal distribution, of one or of two
    sides: a score of 2 is one in a million. The logarithm is taken of the tail itself, so
    that it neither underflows nor loses digits far out.

    >>> tail_score(np.array([0.0, 3.09, 4.753])).round(2)
    array([0.1, 1. , 2. ])
    >>> float(tail_score(np.array([3.2905]), sides=2).round(3))
    1.0
    """
    tails = log_ndtr(-np.asarray(deviations, dtype=np.float64)) + np.log(sides)
    return np.maximum(np.divide(tails, _ALARM_LOG, out=tails), 0.0, out=tails)


def probability(score: float) -> float:
    """The probability that a score stands for.

    >>> round(probability(2.0), 9)
    1e-06
    """
    return float(ALARM_PROBABILITY**score)
