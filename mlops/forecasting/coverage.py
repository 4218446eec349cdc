"""Do the bands hold what they promise? Counted on what came true."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from maintenance.figures.estimates import wilson
from mlops.forecasting.base import Forecast

Values = NDArray[np.float64]

# With fewer the Wilson interval is so wide that it finds nothing.
LEAST_FORECASTS = 20


class Verdict(StrEnum):
    """What the cover of a level says of its bands."""

    KEPT = "as promised"
    TOO_NARROW = "too narrow"
    TOO_WIDE = "too wide"
    NOT_ENOUGH_DATA = "not enough data"


@dataclass(frozen=True, slots=True)
class Cover:
    """How many values came inside the bands of one level, out of how many forecasts."""

    level: float
    inside: int = 0
    values: int = 0
    forecasts: int = 0

    @property
    def share(self) -> float | None:
        return self.inside / self.values if self.values else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Where the true share lies, as if each forecast were one value.

        The steps of a forecast miss together, so to count them one by one would make a
        bad day look like proof.
        """
        return None if self.share is None else wilson(self.share, self.forecasts)

    @property
    def verdict(self) -> Verdict:
        if self.interval is None or self.forecasts < LEAST_FORECASTS:
            return Verdict.NOT_ENOUGH_DATA
        low, high = self.interval
        if high < self.level:
            return Verdict.TOO_NARROW
        return Verdict.TOO_WIDE if low > self.level else Verdict.KEPT

    def plus(self, inside: int, values: int) -> Cover:
        """With one more forecast, of which so many values came, so many of them inside."""
        if not values:
            return self
        return Cover(self.level, self.inside + inside, self.values + values, self.forecasts + 1)


@dataclass(frozen=True, slots=True)
class CoverageMonitor:
    """The cover of every level, over forecasts that came true. Forecasts may not overlap."""

    covers: Mapping[float, Cover] = field(default_factory=dict)

    def seen(self, forecast: Forecast, actual: Values) -> CoverageMonitor:
        """With one more forecast and what came, of shape (h,); NaN where nothing was read.

        Of a forecast that is not over yet, give the steps that there are.
        """
        covers = dict(self.covers)
        came = np.isfinite(actual)
        for level in forecast.levels:
            low, high = (edge[: actual.size] for edge in forecast.band(level))
            inside = int(((low <= actual) & (actual <= high))[came].sum())
            covers[level] = covers.get(level, Cover(level)).plus(inside, int(came.sum()))
        return CoverageMonitor(covers)
