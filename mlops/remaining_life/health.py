"""Health indices: all sensors of a row weighed into few figures that follow wear."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np

from mlops.remaining_life.features import Features, levels, slopes, smoothed, window_features
from mlops.remaining_life.histories import Values
from mlops.remaining_life.regimes import Labels

SHRINKAGE = 10.0
# Time constants of the targets, as shares of the cap: one index that follows the whole
# way down, and two that bend only near the end.
BENDS = (0.64, 0.24)


class HealthIndices:
    """Ridge regressions of the life left on the sensors of one row, one set per regime.

    Single sensors are mostly noise; their best weighted sum has several times the signal,
    and windows over the sum are worth more than windows over each sensor. Per regime, for
    wear moves a sensor more under one load than under another.

    References: Wang, Yu, Siegel and Lee, A similarity-based prognostics approach for
    remaining useful life estimation of engineered systems, 2008.
    """

    def __init__(self, cap: float) -> None:
        self.cap = cap

    def fit(self, scaled: Sequence[Values], labels: Sequence[Labels], left: Values) -> Self:
        """Learn from deviations and regimes of each unit, and the life left in all rows."""
        from sklearn.linear_model import Ridge  # Late: tens of MB.

        rows, regimes = np.vstack(scaled), np.concatenate(labels)
        bent = [-np.exp(-left / (bend * self.cap)) for bend in BENDS]
        targets = np.column_stack([left / self.cap, *bent])
        whole = Ridge(SHRINKAGE).fit(rows, targets)
        count = int(regimes.max()) + 1
        self.weights_ = np.repeat(whole.coef_[None], count, axis=0)
        self.offsets_ = np.repeat(whole.intercept_[None], count, axis=0)
        for regime in np.unique(regimes):
            own = regimes == regime
            line = Ridge(SHRINKAGE).fit(rows[own], targets[own])
            self.weights_[regime], self.offsets_[regime] = line.coef_, line.intercept_
        return self

    def transform(self, scaled: Values, labels: Labels) -> Values:
        """Indices of each row, of shape (rows, 3). Lower is more worn."""
        weights = self.weights_[np.minimum(labels, len(self.weights_) - 1)]
        offsets = self.offsets_[np.minimum(labels, len(self.offsets_) - 1)]
        indices: Values = np.einsum("rs,rts->rt", scaled, weights) + offsets
        return indices


def health_features(indices: Values, windows: tuple[int, ...]) -> Features:
    """Windows over health indices, and their slow exponential means."""
    slow = [smoothed(indices, 2 / (window + 1)) for window in windows[1:]]
    whole = levels(indices, len(indices)), slopes(indices, len(indices))
    return np.hstack([window_features(indices, windows), *slow, *whole]).astype(np.float32)
