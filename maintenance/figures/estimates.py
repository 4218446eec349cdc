"""How sure one can be of a share or of a mean time. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, sqrt

from scipy.special import gammaincinv

CONFIDENCE = 0.95
# Of the normal distribution, for both sides together.
Z = 1.959963984540054


def wilson(share: float, trials: int) -> tuple[float, float]:
    """Interval of 95 % for a share of so many trials; good near 0 and 1 and for few.

    >>> low, high = wilson(0.9, 100)
    >>> round(low, 3), round(high, 3)
    (0.826, 0.945)

    References: Wilson, Probable inference, the law of succession, and statistical
    inference, 1927.
    """
    if trials < 1:
        return 0.0, 1.0
    shrunk = 1 + Z**2 / trials
    centre = (share + Z**2 / (2 * trials)) / shrunk
    reach = Z / shrunk * sqrt(share * (1 - share) / trials + Z**2 / (4 * trials**2))
    return max(0.0, centre - reach), min(1.0, centre + reach)


def mean_time(hours: float, failures: int) -> tuple[float, float]:
    """Interval of 95 % for the mean of hours between failures, of which there was one at least.

    Exact, by chi-square, where failures come at a constant rate and the time of watching was
    set beforehand, which a month is. A normal approximation would promise negative hours.

    >>> low, high = mean_time(1_000, 10)
    >>> round(low, 1), round(high, 1)
    (54.4, 208.5)

    References: Epstein and Sobel, Life testing, 1953; IEC 60605-4.
    """
    tail = (1 - CONFIDENCE) / 2
    low = hours / gammaincinv(failures + 1, 1 - tail)
    high = hours / gammaincinv(failures, tail)
    return float(low), float(high)


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which a share of some values lies, drawn straight between neighbours.

    >>> quantile([3, 1, 2], 0.5), quantile([0, 10], 0.9)
    (2.0, 9.0)
    """
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below, above = ordered[floor(place)], ordered[ceil(place)]
    return float(below + (above - below) * (place - floor(place)))
