"""Simpler ways to watch one sensor, with the same alarm line and the same alarm rules.

Each learns from the first part of a series, as somebody would who sets a threshold once,
and calls 1 what it takes for one in a thousand there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from sklearn.ensemble import IsolationForest

from mlops.detectors.tails import TWO_SIDED
from mlops.evaluation.univariate_series import Floats, Series

DAY = 86_400_000_000  # Microseconds

Baseline = Callable[[Series, int], Floats]


def static_z(one: Series, learn: int) -> Floats:
    """Distance from the mean of the first `learn` readings, in their deviations."""
    return _distance(one.values, one.values[:learn])


def seasonal_naive(one: Series, learn: int) -> Floats:
    """Distance from the value of a day before, or at first from the reading before."""
    before = np.searchsorted(one.micros, one.micros - DAY)
    rows = np.arange(one.values.size)
    early = one.micros - DAY < one.micros[0]
    before = np.where(early, np.maximum(rows - 1, 0), np.minimum(before, rows))
    residuals = one.values - one.values[before]
    return _distance(residuals, residuals[:learn])


def isolation_forest(one: Series, learn: int) -> Floats:
    """How soon random cuts leave a value alone, over the same for the first readings."""
    values = one.values[:, None]
    forest = IsolationForest(random_state=0).fit(values[:learn])
    oddness = -forest.score_samples(values)
    usual, rare = np.quantile(oddness[:learn], [0.5, 0.999])
    return np.asarray(np.maximum((oddness - usual) / max(rare - usual, 1e-9), 0.0))


BASELINES: Mapping[str, Baseline] = {
    "static z-score": static_z,
    "seasonal naive residual": seasonal_naive,
    "isolation forest": isolation_forest,
}


def _distance(values: Floats, usual: Floats) -> Floats:
    spread = max(float(np.std(usual)), 1e-9 * float(np.abs(usual).max()), 1e-300)
    return np.asarray(np.abs(values - np.mean(usual)) / spread / TWO_SIDED)
