from __future__ import annotations

from mlops.detectors.asset_detector import AssetDetector
from mlops.detectors.lagged_pca import ResidualStatistic
from mlops.detectors.statistic import Statistic
from mlops.detectors.t_squared import TSquaredStatistic


class LevelAndPattern(AssetDetector):
    """The mean of T² of the smoothed sensors and T² of the last rows together.

    The first knows small shifts that last, the second fast disturbance and a wrong course;
    each misses what the other finds, and neither is best on every asset. Smoothed sensors
    have fewer independent rows to learn a covariance from, so theirs is shrunk more. Where
    loads come that the history does not hold, `residual_lags` above zero adds Q over so
    many rows as a third.

    References: see TSquared and LaggedPCA.
    """

    def __init__(
        self,
        lags: int = 3,
        level: float = 0.2,
        smoothing: float = 0.2,
        level_shrinkage: float = 0.3,
        shrinkage: float = 0.05,
        residual_lags: int = 0,
        tail: float = 2e-3,
        folds: int = 10,
        carry: int = 5,
        clip: float = 20.0,
        min_samples: float = 10.0,
    ) -> None:
        self.lags = lags
        self.level = level
        self.smoothing = smoothing
        self.level_shrinkage = level_shrinkage
        self.shrinkage = shrinkage
        self.residual_lags = residual_lags
        self.tail = tail
        self.folds = folds
        self.carry = carry
        self.clip = clip
        self.min_samples = min_samples

    def statistics(self) -> list[Statistic]:
        if not (0 < self.shrinkage <= 1 and 0 < self.level_shrinkage <= 1):
            raise ValueError("shrinkage must be above 0 and at most 1")
        members: list[Statistic] = [
            TSquaredStatistic(1, self.level, self.smoothing, self.level_shrinkage),
            TSquaredStatistic(self.lags, 1.0, self.smoothing, self.shrinkage),
        ]
        if self.residual_lags:
            members.append(ResidualStatistic(self.residual_lags, 1.0, self.smoothing, 0.9))
        return members
