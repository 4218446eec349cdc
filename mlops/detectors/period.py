"""How many readings does a repetitive signal take to come round again?"""

from __future__ import annotations

import numpy as np

from mlops.detectors.base import Values

ROWS = 20_000
LAGS = 400
SHORTEST, LONGEST = 6, 303


def dominant_period(values: Values, default: int = 100, settled: bool = True) -> int:
    """Lag, in readings, of the highest local maximum of the autocorrelation.

    `default` where there is none, where it lies outside 6 to 303 readings, and for a
    series that does not vary. With `settled`, maxima count only after the autocorrelation
    has once been below zero: a slow signal with a little noise has small ones before,
    that say nothing. Without it this is the rule of the TSB benchmarks, whose limits and
    first 20 000 rows are kept in both cases. NaN is not allowed.

    >>> dominant_period(np.sin(np.arange(600) * 2 * np.pi / 24))
    24
    >>> dominant_period(np.full(600, 3.0))
    100

    References: Paparrizos et al., TSB-UAD, PVLDB 15(8), 2022.
    """
    if values.size < SHORTEST or np.ptp(values) == 0:
        return default
    centred = values[:ROWS] - values[:ROWS].mean()
    # Padding to twice the length keeps the end from meeting the beginning.
    power = np.abs(np.fft.rfft(centred, 2 * centred.size)) ** 2
    similarity = np.fft.irfft(power)[: min(LAGS + 1, centred.size)]
    before, inner, behind = similarity[:-2], similarity[1:-1], similarity[2:]
    peaks = 1 + np.flatnonzero((inner > before) & (inner > behind))
    # Zero stands for "never below": then no maximum counts.
    below = int(np.argmax(similarity < 0)) or similarity.size
    peaks = peaks[peaks > (below if settled else 3)]
    if not peaks.size:
        return default
    best = int(peaks[np.argmax(similarity[peaks])])
    return best if SHORTEST <= best <= LONGEST else default


def steadiness(values: Values, period: int, parts: int = 4) -> float:
    """How alike a series is to itself a period later: the correlation of the two, in the
    part of the series where it is lowest.

    Near 1 for what repeats itself all the time and 0 for what does not; noise of the same
    size as what repeats leaves a half. A part that does not vary, or is shorter than two
    periods, counts as 0. In parts, for in a whole series a few long rests or one slow
    drift look alike to anything. NaN is not allowed.

    >>> wave = np.sin(np.arange(600) * 2 * np.pi / 24)
    >>> round(steadiness(wave, 24), 2), round(steadiness(wave, 12), 2)
    (1.0, -1.0)
    """
    return min(_likeness(part, period) for part in np.array_split(values, parts))


def _likeness(values: Values, period: int) -> float:
    if values.size < 2 * period:
        return 0.0
    now, later = values[:-period], values[period:]
    spread = float(now.std() * later.std())
    return float(np.mean((now - now.mean()) * (later - later.mean())) / spread) if spread else 0.0
