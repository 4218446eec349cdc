from __future__ import annotations

import numpy as np

from mlops.detectors.asset_detector import AssetDetector
from mlops.detectors.base import Values
from mlops.detectors.statistic import Statistic

# A part of the mean variance, so that sensors that say the same do not break the inverse.
JITTER = 1e-9


class TSquaredStatistic(Statistic):
    """Hotelling's T²: squared distance from the mean in units of the covariance.

    The covariance is shrunk by `shrinkage` towards its own diagonal. Without, directions
    that hardly moved in the history weigh without bounds; one per cent is too little and
    a third makes the sensors all but independent.
    """

    learns = ("mean", "whitener")

    def __init__(self, lags: int, level: float, smoothing: float, shrinkage: float) -> None:
        super().__init__(lags, level, smoothing)
        self.shrinkage = shrinkage

    def learn(self, features: Values) -> None:
        self.mean_ = features.mean(axis=0)
        centred = features - self.mean_
        covariance = centred.T @ centred / max(len(features) - 1, 1)
        variance = np.diag(covariance).copy()
        covariance *= 1 - self.shrinkage
        ridge = JITTER * variance.mean() if variance.any() else 1.0
        covariance[np.diag_indices_from(covariance)] = variance + ridge
        # The square of the whitened rows is T², and one product is all it costs.
        self.whitener_ = np.linalg.inv(np.linalg.cholesky(covariance)).T

    def measure(self, features: Values) -> Values:
        white = (features - self.mean_) @ self.whitener_
        return np.einsum("ij,ij->i", white, white)

    def parts(self, features: Values) -> Values:
        precision = self.whitener_ @ self.whitener_.T
        pulled = (features - self.mean_) @ precision
        return pulled**2 / np.diag(precision)


class TSquared(AssetDetector):
    """How far the sensors of an asset are, together, from where they usually are.

    Sensors that move together are judged together: pressure may fall and flow may rise,
    but flow that rises while pressure stays is far from normal although each value alone
    is not. With `level` below 1 it looks at exponential means of the sensors (an MEWMA
    chart), which shows small shifts that last; with `lags` above 1 at the last rows
    together, which shows a wrong course of values that are right.

    References: Hotelling, Multivariate Quality Control, 1947; Lowry et al., A Multivariate
    EWMA Control Chart, Technometrics 34 (1992); contributions by reconstruction: Alcala and
    Qin, Reconstruction-based contribution for process monitoring, Automatica 45 (2009).
    """

    def __init__(
        self,
        lags: int = 3,
        level: float = 1.0,
        smoothing: float = 0.2,
        shrinkage: float = 0.05,
        tail: float = 2e-3,
        folds: int = 10,
        carry: int = 5,
        clip: float = 20.0,
        min_samples: float = 10.0,
    ) -> None:
        self.lags = lags
        self.level = level
        self.smoothing = smoothing
        self.shrinkage = shrinkage
        self.tail = tail
        self.folds = folds
        self.carry = carry
        self.clip = clip
        self.min_samples = min_samples

    def statistics(self) -> list[Statistic]:
        if not 0 < self.shrinkage <= 1:
            raise ValueError("shrinkage must be above 0 and at most 1")
        return [TSquaredStatistic(self.lags, self.level, self.smoothing, self.shrinkage)]
