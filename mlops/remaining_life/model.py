"""Remaining life of one type of asset: a number, and intervals around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from threadpoolctl import threadpool_limits

from mlops.remaining_life.conformal import LifeIntervals
from mlops.remaining_life.histories import (
    History,
    HistoryTooShortError,
    Values,
    check_histories,
    check_shape,
    in_canonical_order,
)
from mlops.remaining_life.judging import by_age_alone, covers_left_out, error_near_the_cap
from mlops.remaining_life.regimes import RegimeScaler
from mlops.remaining_life.regressor import Encoded, LifeRegressor, encode

COVERS = (0.5, 0.8, 0.9)


@dataclass(frozen=True, slots=True)
class Interval:
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class LifeForecast:
    """Rows left until failure, at most the cap, with an interval for each cover.

    An interval whose `high` is the cap is open: that or any longer.
    """

    life: float
    intervals: Mapping[float, Interval]


@dataclass(frozen=True, slots=True)
class LifePath:
    """Forecasts at every row of one unit: `low` and `high` have shape (covers, rows)."""

    life: Values
    low: Values
    high: Values


class RemainingLife:
    """How many rows a unit has left, learnt from units that ran to failure.

    The units are dealt into folds. Each fold's model learns from the other folds, and its
    errors on its own fold calibrate the intervals, so that every failure serves both ends:
    failures are few. The forecast is the mean of the models of all folds, a little better
    than the models that were calibrated, so the intervals err on the wide side.

    `cap` is the life left from which units look alike; windows are in rows, as the cap is.
    Fewer than `min_units` failures are refused: an interval of 90 % needs 19 units to have
    one in twenty beyond each end. After fit, `rmse_` is the error on units not learnt from,
    `rmse_by_age_` that of their age alone, and `covers_` what the intervals held of them.
    One thread is used: on busy cores the threads of the trees wait for each other.

    References: Barber, Candès, Ramdas and Tibshirani, Predictive inference with the
    jackknife+, 2021 (CV+); Saxena, Goebel, Simon and Eklund, Damage propagation modeling
    for aircraft engine run-to-failure simulation, 2008.
    """

    def __init__(
        self,
        cap: float = 125.0,
        windows: tuple[int, ...] = (5, 20, 80),
        folds: int = 8,
        trees: int = 200,
        train_rows: int = 10_000,
        min_units: int = 20,
        min_rows: int = 5,
        covers: tuple[float, ...] = COVERS,
        seed: int = 0,
    ) -> None:
        self.cap = cap
        self.windows = windows
        self.folds = folds
        self.trees = trees
        self.train_rows = train_rows
        self.min_units = min_units
        self.min_rows = min_rows
        self.covers = covers
        self.seed = seed

    def fit(self, histories: Sequence[History]) -> Self:
        """Learn from units that failed after their last row.

        Raises NotEnoughFailuresError for too few of them, HistoryTooShortError for a unit
        of too few rows, ValueError for bad parameters and for columns that do not match.
        """
        self._check_parameters()
        check_histories(histories, self.min_units, self.min_rows)
        histories = in_canonical_order(histories)
        self.columns_ = histories[0].settings.shape[1], histories[0].sensors.shape[1]
        self.units_ = len(histories)
        with threadpool_limits(limits=1):
            self.scaler_ = RegimeScaler(seed=self.seed).fit(histories)
            units = [encode(history, self.scaler_, self.windows) for history in histories]
            left = [history.remaining(self.cap) for history in histories]
            self.models_, unseen = self._fit_folds(units, left)
        self._judge(unseen, [history.remaining(np.inf) for history in histories])
        return self

    def _judge(self, unseen: Sequence[Values], left: Sequence[Values]) -> None:
        """Calibrate the intervals on units not learnt from, and say how good it all is."""
        full = [rows[self._warm] for rows in left]
        self.intervals_ = LifeIntervals(self.cap, self.covers).fit(unseen, full)
        self.rmse_ = error_near_the_cap(unseen, full, self.cap)
        self.covers_ = covers_left_out(unseen, full, self.intervals_, self.folds)
        by_age = [rows[self._warm] for rows in by_age_alone(left, self.cap, self.folds)]
        self.rmse_by_age_ = error_near_the_cap(by_age, full, self.cap)

    def predict(self, history: History) -> LifeForecast:
        """How long a unit that still runs has left after its last row.

        Raises HistoryTooShortError, and ValueError for columns that do not match.
        """
        life = self._lives(history, slice(-1, None))
        low, high = self.intervals_.predict(life)
        ends = zip(self.covers, low[:, 0], high[:, 0], strict=True)
        return LifeForecast(
            float(life[0]), {cover: Interval(float(a), float(b)) for cover, a, b in ends}
        )

    def path(self, history: History) -> LifePath:
        """What would have been forecast at each row, NaN before `min_rows`."""
        life = self._lives(history, self._warm)
        low, high = self.intervals_.predict(life)
        unknown = ((0, 0), (self.min_rows - 1, 0))
        return LifePath(
            np.pad(life, unknown[1], constant_values=np.nan),
            np.pad(low, unknown, constant_values=np.nan),
            np.pad(high, unknown, constant_values=np.nan),
        )

    @property
    def _warm(self) -> slice:
        return slice(self.min_rows - 1, None)

    def _lives(self, history: History, rows: slice) -> Values:
        if history.rows < self.min_rows:
            raise HistoryTooShortError(history.unit, history.rows, self.min_rows)
        check_shape(history, *self.columns_)
        unit = encode(history, self.scaler_, self.windows)
        with threadpool_limits(limits=1):
            lives = [model.predict(unit, rows) for model in self.models_]
        return np.mean(lives, axis=0)

    def _fit_folds(
        self, units: Sequence[Encoded], left: Sequence[Values]
    ) -> tuple[list[LifeRegressor], list[Values]]:
        """A model per fold, and for each unit what the model that did not see it says."""
        models, unseen = [], [np.empty(0)] * len(units)
        for fold in range(self.folds):
            # Units stand in order of their lives: each fold has short and long ones.
            kept = [n for n in range(len(units)) if n % self.folds != fold]
            model = LifeRegressor(
                cap=self.cap,
                windows=self.windows,
                train_rows=self.train_rows,
                trees=self.trees,
                first_row=self.min_rows - 1,
                seed=self.seed + fold,
            ).fit([units[n] for n in kept], [left[n] for n in kept])
            for n in range(fold, len(units), self.folds):
                unseen[n] = model.predict(units[n], self._warm)
            models.append(model)
        return models, unseen

    def _check_parameters(self) -> None:
        if self.cap <= 0 or self.trees < 1 or self.train_rows < 1 or self.min_rows < 2:
            raise ValueError("cap, trees, train_rows and min_rows must be above zero")
        if not 2 <= self.folds <= self.min_units:
            raise ValueError("there must be at least two folds, and a unit for each")
        if not self.windows or sorted(self.windows) != list(self.windows) or self.windows[0] < 2:
            raise ValueError("windows must be given from the shortest on, of two rows or more")
        if not all(0 < cover < 1 for cover in self.covers):
            raise ValueError("covers must lie between 0 and 1")
