"""A straight line that stray readings do not turn."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from mlops.forecasting.base import Forecaster, Origins, Series, Values


class Drift(Forecaster):
    """The last level, and the median slope of the last seasons, run on.

    For what wears, clogs or fills: the others hardly leave the range that they have seen.
    The level is the median of the last season, the slope that between a season and the
    one before, in the median over `seasons` of them; the slope between single readings
    would be that of their noise.

    References: Theil, A rank-invariant method of linear regression, 1950, in the idea of a
    median of slopes.
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
        ends = np.arange(self.depth_ - 1, -1, -1) * self.period_
        first = int(origins.min()) - int(ends[0])
        known = series.values[first - self.period_ : int(origins.max())]
        seasons = np.lib.stride_tricks.sliding_window_view(known, self.period_)
        levels = np.median(seasons, axis=1)[origins[:, None] - ends - first]
        slopes = np.median(np.diff(levels, axis=1), axis=1) / self.period_
        # The median of a season is its level half a season ago.
        steps = np.arange(self.horizon) + (self.period_ + 1) / 2
        predicted: Values = levels[:, -1:] + slopes[:, None] * steps
        return predicted
