"""The contract of forecasters: a regular series in, values ahead with honest bands out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from mlops.forecasting.conformal import LEVELS, radii
from mlops.forecasting.resampling import bridge

Values = NDArray[np.float64]
Origins = NDArray[np.int64]

MICROS = 1_000_000
DAY = 86_400
# Errors at moments that overlap say much the same; fewer of them say nothing of a tail.
LEAST_ERRORS = 20
# A gap up to this many steps is bridged by a line, a longer one by the season before.
BRIDGED = 3


class NotEnoughDataError(ValueError):
    """There is too little to forecast from. Says how much there is and is needed."""

    def __init__(self, steps: int, needed: int) -> None:
        super().__init__(f"{steps} steps of history, {needed} are needed")
        self.steps, self.needed = steps, needed


@dataclass(frozen=True, slots=True)
class Series:
    """Values of shape (n,), a fixed `interval` of seconds apart, oldest first.

    NaN says that there was no reading. `begins` is the time of the first value, in
    microseconds since 1970; it matters for the hour of day and the day of week only.
    """

    values: Values
    interval: float = 3600.0
    begins: int = 0

    @property
    def season(self) -> int:
        """Steps of a day; of a week where a step is a day; else 1, which is no season.

        >>> Series(np.zeros(3), interval=900.0).season
        96
        >>> Series(np.zeros(3), interval=86_400.0).season
        7
        """
        for span in (DAY, 7 * DAY):
            steps = round(span / self.interval)
            if steps > 1 and abs(steps * self.interval - span) < 1e-6 * span:
                return steps
        return 1

    def seconds_of_week(self, origins: Origins) -> Values:
        """Where in the week the first unknown step of each origin lies, in seconds."""
        # Whole microseconds first: a shift by weeks must not change the last digit.
        begins = self.begins % (7 * DAY * MICROS) / MICROS
        seconds: Values = np.mod(begins + origins * self.interval, 7.0 * DAY)
        return seconds


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the next steps will be; `point` has shape (h,), `low` and `high` (levels, h).

    A band of level .9 is meant to hold nine of ten values that come, each step for
    itself. `method` is the name of the forecaster.
    """

    method: str
    point: Values
    levels: tuple[float, ...]
    low: Values
    high: Values
    interval: float

    def band(self, level: float) -> tuple[Values, Values]:
        """The band of one level. KeyError where it was not forecast."""
        if level not in self.levels:
            raise KeyError(level)
        row = self.levels.index(level)
        return self.low[row], self.high[row]


class Forecaster(ABC):
    """Learns from a series, tries itself on the last part of it, forecasts what follows.

    The errors on that last part, which the trial did not learn from, make the bands; then
    it learns from all. An origin is a number of known steps: the forecast from origin i
    knows values[:i] and is for values[i : i + horizon].
    """

    name: ClassVar[str]

    def __init__(self, horizon: int = 24, calibration: float = 0.25) -> None:
        self.horizon = horizon
        self.calibration = calibration

    @abstractmethod
    def least(self, season: int) -> int:
        """Steps of history that it needs."""

    @abstractmethod
    def learn(self, series: Series, until: int) -> None:
        """Learn from values[:until], in which nothing is missing."""

    @abstractmethod
    def predict(self, series: Series, origins: Origins) -> Values:
        """Forecasts of shape (origins, horizon), each from what was before its origin."""

    def fit(self, series: Series) -> Self:
        """Raises ValueError for bad parameters, NotEnoughDataError for too little data."""
        if self.horizon < 1 or not 0 < self.calibration <= 0.5:
            raise ValueError("horizon must be at least 1, calibration in (0, .5]")
        steps = self._steps_of(series)
        whole = Series(bridged(series), series.interval, series.begins)
        trial = max(int(steps * self.calibration), min(7 * self.horizon, steps // 3))
        origins = np.arange(steps - trial, steps - self.horizon + 1)
        self.learn(whole, steps - trial)
        self.errors_ = ahead(series.values, origins, self.horizon) - self.predict(whole, origins)
        self._refuse_few_errors(steps)
        self.learn(whole, steps)
        self.point_ = self.predict(whole, np.array([steps]))[0]
        self.interval_ = series.interval
        return self

    def _refuse_few_errors(self, steps: int) -> None:
        """With a gap where the trial was, there is nothing to make bands of."""
        seen = int(np.isfinite(self.errors_).sum(axis=0).min())
        if seen < LEAST_ERRORS:
            raise NotEnoughDataError(steps, steps + LEAST_ERRORS - seen)

    def forecast(
        self, steps: int | None = None, aims: Mapping[float, float] | None = None
    ) -> Forecast:
        """The next steps, all of the horizon unless fewer are asked for.

        `aims` are levels that AdaptiveLevels corrected, by the level they stand for.
        """
        steps = self.horizon if steps is None else steps
        if not 1 <= steps <= self.horizon:
            raise ValueError(f"steps must be 1 to {self.horizon}")
        aimed = [(aims or {}).get(level, level) for level in LEVELS]
        widths = radii(self.errors_[:, :steps], aimed)
        point = self.point_[:steps]
        return Forecast(self.name, point, LEVELS, point - widths, point + widths, self.interval_)

    def _steps_of(self, series: Series) -> int:
        """Steps that the series has, if they are enough and not mostly missing."""
        seen = np.isfinite(series.values)
        steps = int(series.values.size)
        needed = max(self.least(series.season), 3 * (self.horizon + LEAST_ERRORS))
        if steps < needed:
            raise NotEnoughDataError(steps, needed)
        # A sensor that was silent for the last season, or half of all time, says too little.
        if 2 * seen.sum() < steps or not seen[-max(series.season, self.horizon) :].any():
            raise NotEnoughDataError(int(seen.sum()), needed)
        return steps


def ahead(values: Values, origins: Origins, horizon: int) -> Values:
    """What came after each origin, of shape (origins, horizon).

    >>> ahead(np.arange(5.0), np.array([1, 3]), 2)
    array([[1., 2.],
           [3., 4.]])
    """
    return np.lib.stride_tricks.sliding_window_view(values, horizon)[origins]


def bridged(series: Series) -> Values:
    """The values with no gap: short ones by a line, long ones by the season before.

    What is filled in is learnt from, but is never held to be the truth for the bands.
    """
    values = bridge(series.values, BRIDGED)
    missing = np.flatnonzero(np.isnan(values))
    if missing.size == 0:
        return values
    usual = float(np.median(values[np.isfinite(values)]))
    season = series.season
    for step in missing.tolist():
        values[step] = values[step - season] if step >= season else usual
    return values
