"""Operating regimes: sensors compared with what is usual under the same settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mlops.remaining_life.histories import History, Values

Labels = NDArray[np.int64]
# Clusters found are believed from here on. A cloud without clusters has about 0.4.
CLEAR = 0.75
SAMPLE = 600
# A regime seen less often is an outlier, not a regime.
RAREST = 0.01


class Regimes:
    """Few distinct ways of operation, found by clustering the settings.

    The number of regimes is the one with the clearest clusters (silhouette); where no
    number gives clear clusters there is one regime. Settings without clusters of their own
    do not count. Not a regression of the sensors on
    the settings: under distinct regimes a sensor may answer to wear in another way.

    References: Rousseeuw, Silhouettes, 1987.
    """

    def __init__(self, most: int = 8, seed: int = 0) -> None:
        self.most = most
        self.seed = seed

    def fit(self, settings: Values) -> Self:
        sample = self._unrounded(settings[:: max(1, len(settings) // SAMPLE)])
        spread = sample.std(axis=0)
        moves = spread > 1e-9 * np.abs(sample).max(axis=0)
        self.scale_ = np.where(moves, spread, np.inf)
        # A setting that only jitters would blur the others once all have the same spread.
        for column in np.flatnonzero(moves):
            if len(self._centres(sample[:, [column]] / spread[column])) == 1:
                self.scale_[column] = np.inf
        self.centres_ = self._centres(sample / self.scale_)
        return self

    def labels(self, settings: Values) -> Labels:
        """The nearest regime of each row."""
        far = ((settings[:, None] / self.scale_ - self.centres_) ** 2).sum(axis=2)
        return far.argmin(axis=1)

    def _unrounded(self, sample: Values) -> Values:
        """Settings blurred by one step of their rounding, for rounding looks like clusters.

        A setting of few levels is left as it is: there the levels are the clusters.
        """
        rng, blurred = np.random.default_rng(self.seed), sample.copy()
        for column in blurred.T:
            levels = np.unique(column)
            if len(levels) > self.most:
                column += rng.uniform(-0.5, 0.5, len(column)) * np.median(np.diff(levels))
        return blurred

    def _centres(self, sample: Values) -> Values:
        """Centres of the clearest clusters, or the one centre of all."""
        from sklearn.cluster import KMeans  # Late: tens of MB.
        from sklearn.metrics import silhouette_score

        best, centres = CLEAR, sample.mean(axis=0, keepdims=True)
        distinct = len(np.unique(sample, axis=0))
        for count in range(2, min(self.most, distinct) + 1):
            found = KMeans(count, n_init=10, random_state=self.seed).fit(sample)
            if np.bincount(found.labels_).min() < max(2, RAREST * len(sample)):
                continue
            clarity = silhouette_score(sample, found.labels_)
            if clarity > best:
                best, centres = clarity, found.cluster_centers_
        return centres


class RegimeScaler:
    """Sensors as deviations from what is usual in their regime, in its own spread.

    A gap is bridged with the last deviation, for the last value may be of another regime;
    before the first reading a sensor is as usual. Sensors that never move are left out.
    """

    def __init__(self, most: int = 8, seed: int = 0) -> None:
        self.most = most
        self.seed = seed

    def fit(self, histories: Sequence[History]) -> Self:
        settings = np.vstack([history.settings for history in histories])
        sensors = np.vstack([history.sensors for history in histories])
        self.regimes_ = Regimes(self.most, self.seed).fit(settings)
        labels = self.regimes_.labels(settings)
        groups = [sensors[labels == k] for k in range(len(self.regimes_.centres_))]
        self.mean_ = np.array([_mean(group) for group in groups])
        spread = np.array([_spread(g - m) for g, m in zip(groups, self.mean_, strict=True)])
        moves = spread > 1e-9 * np.abs(self.mean_)
        self.spread_ = np.where(moves, spread, np.inf)
        self.used_ = np.flatnonzero(moves.any(axis=0))
        return self

    def transform(self, history: History) -> tuple[Values, Labels]:
        """Deviations of shape (rows, used sensors), and the regime of each row."""
        labels = self.regimes_.labels(history.settings)
        scaled = (history.sensors - self.mean_[labels]) / self.spread_[labels]
        return _bridged(scaled[:, self.used_]), labels


def _mean(values: Values) -> Values:
    known = np.isfinite(values)
    return np.where(known, values, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)


def _spread(deviations: Values) -> Values:
    return np.sqrt(_mean(deviations**2))


def _bridged(values: Values) -> Values:
    """Values with each NaN replaced by the last value before it, or zero."""
    rows = np.arange(len(values))[:, None]
    last = np.maximum.accumulate(np.where(np.isfinite(values), rows, -1), axis=0)
    bridged = np.take_along_axis(values, np.maximum(last, 0), axis=0)
    return np.where(last < 0, 0.0, bridged)
