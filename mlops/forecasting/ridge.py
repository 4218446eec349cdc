"""A linear forecast from the last two days and the calendar."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from mlops.forecasting.base import DAY, Forecaster, Origins, Series, Values, ahead

# For a normal distribution the quartiles are this many sigma apart.
IQR_TO_SIGMA = 1.349


class Ridge(Forecaster):
    """Ridge regression on the last lags and the time of day and week, one per step ahead.

    Direct, a regression for each step ahead, since a forecast fed back into itself adds
    its errors up. The values go through asinh of robust z-scores, so that spikes neither
    rule the fit nor the features, and ordinary values stay as they are. `penalty` is per
    row of the fit: a share of the unit variance that every feature has. A forecast may
    leave the range that was seen by half of it, no further.

    References: Ben Taieb et al., A review and comparison of strategies for multi-step
    ahead time series forecasting, 2012; Hoerl and Kennard, Ridge Regression, 1970.
    """

    name: ClassVar[str] = "ridge"

    def __init__(
        self,
        horizon: int = 24,
        calibration: float = 0.25,
        lags: int = 48,
        penalty: float = 0.05,
        harmonics: int = 4,
    ) -> None:
        super().__init__(horizon, calibration)
        self.lags = lags
        self.penalty = penalty
        self.harmonics = harmonics

    def least(self, season: int) -> int:
        return 4 * (self.lags + self.horizon)

    def learn(self, series: Series, until: int) -> None:
        if self.lags < 1 or self.penalty <= 0 or self.harmonics < 0:
            raise ValueError("lags and penalty must be above zero, harmonics not below")
        self._learn_scale(series.values[:until])
        # A week that was not seen twice cannot be told from a trend.
        self.weekly_ = until * series.interval >= 14 * DAY
        origins = np.arange(self.lags, until - self.horizon + 1)
        features = self._features(series, origins)
        targets = ahead(self._squeezed(series.values), origins, self.horizon)
        self.means_, self.spreads_ = features.mean(axis=0), features.std(axis=0)
        self.spreads_[self.spreads_ < 1e-9] = 1.0
        rows = (features - self.means_) / self.spreads_
        self.intercepts_ = targets.mean(axis=0)
        gram = rows.T @ rows
        gram[np.diag_indices_from(gram)] += self.penalty * len(rows)
        self.weights_ = np.linalg.solve(gram, rows.T @ (targets - self.intercepts_))

    def predict(self, series: Series, origins: Origins) -> Values:
        rows = (self._features(series, origins) - self.means_) / self.spreads_
        squeezed = rows @ self.weights_ + self.intercepts_
        # Clipped before sinh, which would turn a large number into infinity.
        low, high = self._squeezed(np.array([self.low_, self.high_]))
        return np.sinh(np.clip(squeezed, low, high)) * self.scale_ + self.centre_

    def _learn_scale(self, values: Values) -> None:
        low, quarter, centre, three_quarters, high = np.quantile(values, [0, 0.25, 0.5, 0.75, 1])
        # A series that mostly rests has no quartiles apart: then its deviation has to do.
        scale = (three_quarters - quarter) / IQR_TO_SIGMA or float(np.std(values))
        self.centre_, self.scale_ = float(centre), float(scale) or 1.0
        reach = (high - low) / 2
        self.low_, self.high_ = float(low - reach), float(high + reach)

    def _squeezed(self, values: Values) -> Values:
        return np.arcsinh((values - self.centre_) / self.scale_)

    def _features(self, series: Series, origins: Origins) -> Values:
        lagged = ahead(self._squeezed(series.values), origins - self.lags, self.lags)
        return np.hstack([lagged, self._calendar(series, origins)])

    def _calendar(self, series: Series, origins: Origins) -> NDArray[np.float64]:
        """Waves of the day and, of a longer history, of the week."""
        seconds = series.seconds_of_week(origins)
        terms = [(DAY, k) for k in range(1, self.harmonics + 1)]
        terms += [(7 * DAY, k) for k in (1, 2) if self.weekly_]
        # Nothing faster than two steps can be seen.
        cycles = [k / period for period, k in terms if k * series.interval * 2 <= period]
        angles = 2 * np.pi * seconds[:, None] * np.array(cycles)
        return np.hstack([np.sin(angles), np.cos(angles)])
