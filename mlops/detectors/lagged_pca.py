from __future__ import annotations

import numpy as np

from mlops.detectors.asset_detector import AssetDetector
from mlops.detectors.base import Values
from mlops.detectors.statistic import Statistic


class ResidualStatistic(Statistic):
    """Q, the squared distance from the plane in which normal rows move.

    The plane is that of the first principal components that hold `variance` of the
    variance of normal rows over some lags.
    """

    learns = ("mean", "components")

    def __init__(self, lags: int, level: float, smoothing: float, variance: float) -> None:
        super().__init__(lags, level, smoothing)
        self.variance = variance

    def learn(self, features: Values) -> None:
        self.mean_ = features.mean(axis=0)
        centred = features - self.mean_
        eigenvalues, vectors = np.linalg.eigh(centred.T @ centred / len(features))
        held = np.cumsum(eigenvalues[::-1]) / max(eigenvalues.sum(), np.finfo(float).tiny)
        # One direction at least is left for the residual.
        count = min(int(np.searchsorted(held, self.variance)) + 1, len(held) - 1)
        self.components_ = vectors[:, ::-1][:, :count]

    def measure(self, features: Values) -> Values:
        residual = self._residual(features)
        return np.einsum("ij,ij->i", residual, residual)

    def parts(self, features: Values) -> Values:
        left = 1 - (self.components_**2).sum(axis=1)
        residual = self._residual(features)
        return np.where(left > 1e-9, residual**2 / np.maximum(left, 1e-9), 0.0)

    def _residual(self, features: Values) -> Values:
        centred = features - self.mean_
        return centred - (centred @ self.components_) @ self.components_.T


class LaggedPCA(AssetDetector):
    """How far the last rows of an asset are from any mixture of its usual movements.

    The first components of rows joined with the rows before them are the ways in which
    the asset moves when all is well, loads and seasons among them. What they cannot
    explain is Q. T² asks whether the asset is where it usually is, Q whether its sensors
    still belong together there: a load never seen is far for T² and near for Q.

    References: Jackson and Mudholkar, Control Procedures for Residuals Associated with
    Principal Component Analysis, Technometrics 21 (1979); over lags: Ku, Storer and
    Georgakis, Disturbance detection and isolation by dynamic PCA, 1995.
    """

    def __init__(
        self,
        lags: int = 10,
        variance: float = 0.9,
        smoothing: float = 0.2,
        tail: float = 2e-3,
        folds: int = 10,
        carry: int = 5,
        clip: float = 20.0,
        min_samples: float = 10.0,
    ) -> None:
        self.lags = lags
        self.variance = variance
        self.smoothing = smoothing
        self.tail = tail
        self.folds = folds
        self.carry = carry
        self.clip = clip
        self.min_samples = min_samples

    def statistics(self) -> list[Statistic]:
        if not 0 < self.variance < 1:
            raise ValueError("variance must be above 0 and below 1")
        return [ResidualStatistic(self.lags, 1.0, self.smoothing, self.variance)]
