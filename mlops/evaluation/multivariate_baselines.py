"""Simpler methods for whole assets, held against the same rule for the line."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from mlops.detectors.asset_detector import AssetDetector
from mlops.detectors.base import Detector, Values
from mlops.detectors.isolation_forest import IsolationForest
from mlops.detectors.lagged_pca import LaggedPCA
from mlops.detectors.level_and_pattern import LevelAndPattern
from mlops.detectors.statistic import Statistic
from mlops.detectors.t_squared import TSquared

Make = Callable[[], Detector]


class LargestDeviation(Statistic):
    """The largest squared deviation among the sensors of a row, each for itself."""

    def __init__(self) -> None:
        super().__init__(lags=1, level=1.0, smoothing=1.0)

    def learn(self, features: Values) -> None:
        self.mean_ = features.mean(axis=0)

    def measure(self, features: Values) -> Values:
        return np.asarray((self.parts(features)).max(axis=1))

    def parts(self, features: Values) -> Values:
        return (features - self.mean_) ** 2


class StaticZ(AssetDetector):
    """Each sensor against its own mean and deviation; the farthest speaks for all."""

    def __init__(
        self,
        tail: float = 2e-3,
        folds: int = 10,
        carry: int = 5,
        clip: float = 1e6,
        min_samples: float = 0.0,
    ) -> None:
        self.tail = tail
        self.folds = folds
        self.carry = carry
        self.clip = clip
        self.min_samples = min_samples

    def statistics(self) -> list[Statistic]:
        return [LargestDeviation()]


def classic_t_squared() -> Detector:
    """T² of single rows, of all sensors that move."""
    return TSquared(lags=1, smoothing=1.0, min_samples=0.0)


def isolation_forest() -> Detector:
    """An isolation forest on all sensors that move."""
    return IsolationForest(trees=50, folds=4, min_samples=0.0)


# What is measured: the frozen setting for all sets.
SHIPPED: Make = LevelAndPattern

BASELINES: Mapping[str, Make] = {
    "T²": classic_t_squared,
    "residual Q over ten lags": LaggedPCA,
    "static z": StaticZ,
    "isolation forest": isolation_forest,
}
