"""Where the alarm line lies, from scores of normal rows that the model did not see.

Scores of the rows of the fit are too low, most of all where there are few rows for many
sensors: a line drawn from them alarms all day.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from scipy.special import ndtri, stdtrit

from mlops.detectors.base import Values
from mlops.detectors.effective_samples import effective_samples

WEEK_SECONDS = 7 * 24 * 3600.0
# What is promised of an asset's sensors together: one false alarm in three weeks. Simulated
# machines with a row a minute keep it within about a factor of three, from 500 rows on.
FALSE_ALARMS_PER_WEEK = 0.3
# Two points of the held-out scores that even a short history shows well.
MIDDLE, UPPER = 0.5, 0.9
LEAST_TAIL, MOST_TAIL = 1e-9, 0.1
# White noise is worth this many times less after exponential smoothing with a weight of 0.2.
SMOOTHED_TOGETHER = 9
ALLOWANCE = 3


def held_out_slices(rows: int, folds: int) -> Iterator[slice]:
    """Cut rows in order of time into `folds` slices, of which each is held out once.

    Slices and not random rows: neighbours in time are alike, and a row whose neighbours
    were in the fit is not held out.

    >>> [(s.start, s.stop) for s in held_out_slices(10, 3)]
    [(0, 3), (3, 6), (6, 10)]
    """
    edges = [fold * rows // folds for fold in range(folds + 1)]
    for start, stop in pairwise(edges):
        yield slice(start, stop)


def likely_quantile(scores: Values, tail: float) -> float:
    """The score that a normal row passes with probability `tail`, as likely as not.

    `scores` have shape (n,): quadratic statistics of held-out normal rows, 0 or above. A
    quantile as far out as the one asked for cannot be read off a few hundred rows, and the
    highest score of them is a matter of luck. The cube root of such a statistic is close
    to normal, so the line is drawn through its median and its 90 % quantile and followed
    outwards. What is beyond the upper tenth does not move the line: a few odd days among
    the normal ones do no harm.

    >>> scores = np.random.default_rng(1).chisquare(8, size=20_000)
    >>> bool(abs(likely_quantile(scores, 0.001) / 26.12 - 1) < 0.03)  # 26.12 is the true one
    True

    References: Wilson and Hilferty, The Distribution of Chi-Square, PNAS 17 (1931).
    """
    return _above(np.cbrt(scores), float(-ndtri(tail)))


def alarm_line(scores: Values, tail: float) -> float:
    """As likely_quantile, but so high that a new row passes it with probability `tail`.

    Where the line was drawn too low by luck there are many false alarms, where too high
    there are none: together more than asked for. So the normal distribution is replaced by
    Student's t, which allows for a spread that is itself an estimate. It is given a third
    of the freedom that the independent scores would give to the spread alone: what the
    statistics learnt of the sensors is an estimate too. A third is from simulated machines,
    see mlops/evaluation/false_alarms.py.

    How many scores are independent is known badly from few rows, so it is taken half way,
    as ratios go, to what smoothing alone would leave of the rows.

    >>> scores = np.random.default_rng(1).chisquare(8, size=400)
    >>> alarm_line(scores, 0.001) > likely_quantile(scores, 0.001)
    True

    References: Hahn and Meeker, Statistical Intervals, 1991, for prediction bounds.
    """
    roots = np.cbrt(scores)
    middle, upper = np.quantile(roots, [MIDDLE, UPPER])
    # As far above the upper tenth as that is above the middle: odd days look like memory.
    worth = effective_samples(np.minimum(roots, 2 * upper - middle))
    independent = np.sqrt(worth * len(roots) / SMOOTHED_TOGETHER)
    freedom = max(independent / ALLOWANCE, 1.0)
    # The median is an estimate too: it varies as a score does, by pi / 2 and their number.
    deviations = -stdtrit(freedom, tail) * np.sqrt(1 + np.pi / 2 / independent)
    return _above(roots, float(deviations))


def _above(roots: Values, deviations: float) -> float:
    """The square that lies so many deviations of its cube root above the middle."""
    middle, upper = np.quantile(roots, [MIDDLE, UPPER])
    line = float(middle + deviations * (upper - middle) / ndtri(UPPER)) ** 3
    return max(line, float(np.finfo(float).tiny))


def tail_for_rate(
    alarms_per_week: float, interval: float, refractory: float, cluster: float = 1.0
) -> float:
    """The tail of a single row that keeps false alarms to a stated rate.

    `interval` is the time between rows and `refractory` the time after an alarm in which
    there is no second one, both in seconds. Normal rows pass the line in clusters of
    `cluster` rows, for smoothed scores are alike from row to row; a cluster is one alarm.
    The mean time from alarm to alarm is the refractory time and then the wait for the next
    cluster. A rate that the refractory time alone keeps asks for no more than MOST_TAIL.

    >>> round(tail_for_rate(1, interval=60, refractory=3600), 7)
    9.98e-05
    >>> tail_for_rate(1000, interval=60, refractory=3600)
    0.1
    """
    if alarms_per_week <= 0 or interval <= 0 or refractory < 0 or cluster < 1:
        raise ValueError("rate and interval must be above zero, cluster must be at least one")
    wait = WEEK_SECONDS / alarms_per_week - refractory
    if wait <= 0:
        return MOST_TAIL
    return float(np.clip(interval * cluster / wait, LEAST_TAIL, MOST_TAIL))
