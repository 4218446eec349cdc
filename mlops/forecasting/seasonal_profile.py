"""The usual course of a day."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from mlops.forecasting.base import Forecaster, Origins, Series, Values


class SeasonalProfile(Forecaster):
    """The median of the same step over the last seasons, a fortnight of days.

    The seasonal naive forecast carries yesterday's faults and noise over to tomorrow; a
    median of many days has neither. It gives up nothing but the news of the last day,
    which for pumps that switch by the clock is no loss.

    References: Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 5.2.
    """

    name: ClassVar[str] = "seasonal_profile"

    def __init__(self, horizon: int = 24, calibration: float = 0.25, seasons: int = 14) -> None:
        super().__init__(horizon, calibration)
        self.seasons = seasons

    def least(self, season: int) -> int:
        return 5 * season + self.horizon

    def learn(self, series: Series, until: int) -> None:
        if self.seasons < 1:
            raise ValueError("seasons must be at least 1")
        self.period_ = series.season
        self.depth_ = min(self.seasons, until // series.season)

    def predict(self, series: Series, origins: Origins) -> Values:
        # The median day of each moment once, not once for each origin that asks for it.
        first, period = int(origins.min()), self.period_
        moments = np.arange(first, int(origins.max()) + period)
        past = period * np.arange(1, self.depth_ + 1)
        usual = np.median(series.values[moments[:, None] - past], axis=1)
        return usual[origins[:, None] - first + np.arange(self.horizon) % period]
