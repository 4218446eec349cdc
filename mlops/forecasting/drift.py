"""A straight line that stray readings do not turn."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from mlops.forecasting.base import Forecaster, Origins, Series, Values


class Drift(Forecaster):
    """The last level, and the median slope of the last seasons, run on.

    For what wears, clogs or fills: the others hardly leave the range that they have seen.
    The level is the median of the last season, the slope the median of those between all
    pairs of the last `seasons` of them; the slope between single readings would be that of
    their noise.

    References: Theil, A rank-invariant method of linear regression, 1950; Sen, Estimates of
    the regression coefficient based on Kendall's tau, JASA 1968.
    """

    name: ClassVar[str] = "drift"

    def __init__(self, horizon: int = 24, calibration: float = 0.25, seasons: int = 14) -> None:
        super().__init__(horizon, calibration)
        self.seasons = seasons

    def least(self, season: int) -> int:
        return 5 * max(season, 2) + self.horizon

    def learn(self, series: Series, until: int) -> None:
        if self.seasons < 2:
            raise ValueError("seasons must be at least 2")
        # With no season, a few steps stand in for it.
        self.period_ = series.season if series.season > 1 else 5
        self.depth_ = max(min(self.seasons, until // self.period_ - 1), 2)

    def predict(self, series: Series, origins: Origins) -> Values:
        levels = self._levels(series, origins)
        # The median of a season is its level half a season ago.
        seasons = (np.arange(self.horizon) + (self.period_ + 1) / 2) / self.period_
        predicted: Values = levels[:, -1:] + self._slopes(levels)[:, None] * seasons
        return predicted

    def _levels(self, series: Series, origins: Origins) -> Values:
        """The medians of the seasons before each origin, of shape (origins, depth), the last
        one last."""
        ends = np.arange(self.depth_ - 1, -1, -1) * self.period_
        first = int(origins.min()) - int(ends[0])
        known = series.values[first - self.period_ : int(origins.max())]
        seasons = np.lib.stride_tricks.sliding_window_view(known, self.period_)
        levels: Values = np.median(seasons, axis=1)[origins[:, None] - ends - first]
        return levels

    def _slopes(self, levels: Values) -> Values:
        """Change for each season: the median of the slopes between all pairs of seasons."""
        early, late = np.triu_indices(levels.shape[1], k=1)
        slopes: Values = np.median((levels[:, late] - levels[:, early]) / (late - early), axis=1)
        return slopes


class SeasonalDrift(Drift):
    """The usual course of a day, on a level that goes on as it went.

    For wear under the load of the day: a profile alone stays where it is, and a line alone
    is wrong by the swing of the day, so that each by itself hides the other. The profile is
    the median of how the last seasons went about their levels.
    """

    name: ClassVar[str] = "seasonal_drift"

    def predict(self, series: Series, origins: Origins) -> Values:
        levels = self._levels(series, origins)
        back = self.period_ * np.arange(self.depth_, 0, -1)
        moments = origins[:, None] + np.arange(self.period_)
        about = series.values[moments[:, :, None] - back] - levels[:, None, :]
        profile = np.median(about, axis=2)
        steps = np.arange(self.horizon)
        seasons = steps // self.period_ + 1
        line = levels[:, -1:] + self._slopes(levels)[:, None] * seasons
        predicted: Values = line + profile[:, steps % self.period_]
        return predicted
