"""What was a season ago: the yardstick of all forecasts, and the fallback."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from mlops.forecasting.base import Forecaster, Origins, Series, Values


class SeasonalNaive(Forecaster):
    """Each step is as it was a season before: yesterday, or with seasons=7 a week ago.

    Where the series has no season, a step being longer than a week or no even part of a
    day, it is the last value.

    References: Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 5.2.
    """

    name: ClassVar[str] = "seasonal_naive"

    def __init__(self, horizon: int = 24, calibration: float = 0.25, seasons: int = 1) -> None:
        super().__init__(horizon, calibration)
        self.seasons = seasons

    def least(self, season: int) -> int:
        return 2 * self.seasons * season + self.horizon

    def learn(self, series: Series, until: int) -> None:
        if self.seasons < 1:
            raise ValueError("seasons must be at least 1")
        self.period_ = self.seasons * series.season

    def predict(self, series: Series, origins: Origins) -> Values:
        back = self.period_ - np.arange(self.horizon) % self.period_
        return series.values[origins[:, None] - back]


class LastValue(Forecaster):
    """Everything stays as it is. Hard to beat for what wanders without a season."""

    name: ClassVar[str] = "last_value"

    def least(self, season: int) -> int:
        return 2 * self.horizon

    def learn(self, series: Series, until: int) -> None:
        pass

    def predict(self, series: Series, origins: Origins) -> Values:
        return np.repeat(series.values[origins - 1, None], self.horizon, axis=1)
