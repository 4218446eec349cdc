from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from mlops.detectors.asset_detector import AssetDetector
from mlops.detectors.base import Values
from mlops.detectors.statistic import Statistic


class IsolationStatistic(Statistic):
    """How few random cuts part a row from the normal ones, from 0 to 1."""

    def __init__(self, smoothing: float, trees: int, sample: int, seed: int) -> None:
        super().__init__(lags=1, level=1.0, smoothing=smoothing)
        self.trees = trees
        self.sample = sample
        self.seed = seed

    def learn(self, features: Values) -> None:
        from sklearn.ensemble import IsolationForest as Forest  # Late: tens of MB.

        self.mean_ = features.mean(axis=0)
        self.forest_ = Forest(
            n_estimators=self.trees,
            max_samples=min(self.sample, len(features)),
            random_state=self.seed,
        ).fit(features)

    def measure(self, features: Values) -> Values:
        # Cubed, for the line is drawn through cube roots and this is no sum of squares.
        return np.asarray(-self.forest_.score_samples(features)) ** 3

    def parts(self, features: Values) -> Values:
        """A forest has no reconstruction: the squared deviations of the sensors."""
        return (features - self.mean_) ** 2


class IsolationForest(AssetDetector):
    """Isolation forest over the sensors of an asset, to compare with.

    It wants no covariance and takes any shape of normal, but it cuts along one sensor at a
    time and so hardly sees sensors that fall out of step; asked one row at a time it costs
    milliseconds. Its trees are not arrays, so it cannot be taken apart by `arrays`. It
    can be kept as its history and its seed, and grown again: the same trees come out.

    References: Liu, Ting and Zhou, Isolation Forest, ICDM 2008.
    """

    def __init__(
        self,
        smoothing: float = 0.2,
        trees: int = 100,
        sample: int = 256,
        seed: int = 0,
        tail: float = 2e-3,
        folds: int = 10,
        carry: int = 5,
        clip: float = 20.0,
        min_samples: float = 10.0,
    ) -> None:
        self.smoothing = smoothing
        self.trees = trees
        self.sample = sample
        self.seed = seed
        self.tail = tail
        self.folds = folds
        self.carry = carry
        self.clip = clip
        self.min_samples = min_samples

    def statistics(self) -> list[Statistic]:
        if self.trees < 1 or self.sample < 2:
            raise ValueError("there must be a tree and a sample of two rows")
        return [IsolationStatistic(self.smoothing, self.trees, self.sample, self.seed)]

    def arrays(self) -> dict[str, NDArray]:
        raise NotImplementedError("keep the history and the seed, and fit again")

    @classmethod
    def from_arrays(cls, parameters: Mapping[str, Any], arrays: Mapping[str, NDArray]) -> Self:
        raise NotImplementedError("keep the history and the seed, and fit again")
