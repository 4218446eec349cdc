"""Simpler methods for single telemetry channels. Each scores the test part, 1 the alarm line."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from sklearn.ensemble import IsolationForest

from mlops.detectors.base import Values

# From the training and the test part to scores of the test part.
Baseline = Callable[[Values, Values], Values]

LAGS = 10
QUANTILE = 0.99


def static_z(training: Values, test: Values) -> Values:
    """Distance from the mean of the training part; three deviations are the alarm line."""
    spread = max(float(np.std(training)), 1e-9)
    return np.abs(test - np.mean(training)) / (3 * spread)


def smoothed_z(training: Values, test: Values) -> Values:
    """The mean of static z over the last 50 readings: what smoothing alone is worth."""
    rows = np.cumsum(static_z(training, np.concatenate([training[-50:], test])))
    return (rows[50:] - rows[:-50]) / 50


def isolation_forest(training: Values, test: Values) -> Values:
    """Isolation forest on single values."""
    return _forest(training[:, None], test[:, None])


def isolation_forest_on_lags(training: Values, test: Values) -> Values:
    """Isolation forest on the last ten readings."""
    before = np.concatenate([training[-LAGS + 1 :], test])
    return _forest(sliding_window_view(training, LAGS), sliding_window_view(before, LAGS))


def _forest(training: Values, test: Values) -> Values:
    held_out = len(training) * 3 // 4
    forest = IsolationForest(random_state=0).fit(training[:held_out])
    line = np.quantile(-forest.score_samples(training[held_out:]), QUANTILE)
    return np.asarray(-forest.score_samples(test) / line, dtype=np.float64)


def random_scores(training: Values, test: Values) -> Values:
    """Noise: what the metric gives for nothing."""
    return np.random.default_rng(0).random(test.size) / QUANTILE


def row_number(training: Values, test: Values) -> Values:
    """Later is worse, the readings unseen: anomalies that last to the end favour it."""
    return np.arange(test.size) / (QUANTILE * test.size)


BASELINES: Mapping[str, Baseline] = {
    "static z": static_z,
    "static z, mean of 50": smoothed_z,
    "IsolationForest": isolation_forest,
    "IsolationForest on 10 lags": isolation_forest_on_lags,
    "random scores": random_scores,
    "row number": row_number,
}
