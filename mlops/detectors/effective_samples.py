"""How many independent readings a series is worth."""

from __future__ import annotations

import numpy as np
from numpy.fft import irfft, rfft

from mlops.detectors.base import Values


def effective_samples(series: Values) -> float:
    """The count of independent readings that know the mean of `series` as well as it does.

    `series` has shape (n,) and no NaN. White noise is worth n readings; a level that
    wanders slowly is worth a handful, however often it was read. The correlations are
    summed in pairs until a pair is not positive any more: a plain sum of all lags is mostly
    noise. A constant series is worth one.

    >>> rng = np.random.default_rng(1)
    >>> steps = rng.normal(size=400)
    >>> effective_samples(steps) > 200 and effective_samples(np.cumsum(steps)) < 10
    True

    References: Geyer, Practical Markov Chain Monte Carlo, Statistical Science 7 (1992).
    """
    size = len(series)
    if size < 2 or (series == series[0]).all():
        return 1.0
    centred = series - series.mean()
    # Twice the length, so that the end of the series does not meet its beginning.
    length = 1 << (2 * size - 1).bit_length()
    covariance = irfft(np.abs(rfft(centred, length)) ** 2, length)[:size]
    correlation = covariance[1 : size - size % 2] / covariance[0]
    pairs = correlation[: correlation.size // 2 * 2].reshape(-1, 2).sum(axis=1)
    falling = np.flatnonzero(pairs <= 0)
    until = falling[0] if falling.size else pairs.size
    return float(min(size / max(1 + 2 * pairs[:until].sum(), 1.0), size))
