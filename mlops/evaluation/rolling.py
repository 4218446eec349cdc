"""Forecasts from one moment after another of a series, each held against what came."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mlops.evaluation.hourly import day_of
from mlops.forecasting.base import Forecast, Forecaster, NotEnoughDataError, Series, Values
from mlops.forecasting.conformal import LEVELS, AdaptiveLevels
from mlops.metrics.forecasts import coverage, interval_width, mase, naive_error, pinball

ORIGINS = 20

# How a forecaster is made and fitted.
Making = Callable[[Series], Forecaster]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One forecast and what came of it."""

    origin: int
    forecast: Forecast
    actual: Values
    # By the definition above; NaN where the history repeats itself to the digit.
    mase: float
    covers: dict[float, float]
    # Mean width of the 90 % band and its pinball loss, in units of the seasonal naive error.
    width: float
    pinball: float
    # Of processor time.
    fit_ms: float
    forecast_ms: float


def origins(steps: int, first: int, day: int) -> list[int]:
    """Moments to forecast a day from: a day apart, or further where there are many days.

    The last one is a day before the end; they hit all hours of the day.

    >>> origins(24 * 30, first=24 * 28, day=24)
    [672, 696]
    """
    last = steps - day
    if last < first:
        return []
    count = min(ORIGINS, (last - first) // day + 1)
    return [int(step) for step in np.linspace(first, last, count)]


def roll(series: Series, making: Making, days: int) -> list[Outcome]:
    """Forecast after forecast through a series, each from what was before it.

    Before the first of them lie so many days.
    """
    levels, day = AdaptiveLevels(), day_of(series)
    outcomes: list[Outcome] = []
    for origin in origins(series.values.size, days * day, day):
        history = Series(series.values[:origin], series.interval, series.begins)
        actual = series.values[origin : origin + day]
        started = time.process_time()
        try:
            forecaster = making(history)
        except NotEnoughDataError:
            continue
        fitted = time.process_time()
        forecast = forecaster.forecast(aims=levels.aims)
        costs = (fitted - started, time.process_time() - fitted)
        outcomes.append(_outcome(origin, forecast, history, actual, costs))
        # Origins are a day apart at least: by the next one this day has come true.
        levels = levels.seen(outcomes[-1].covers)
    return outcomes


def _outcome(
    origin: int, forecast: Forecast, history: Series, actual: Values, costs: tuple[float, float]
) -> Outcome:
    covers = {level: coverage(actual, *forecast.band(level)) for level in LEVELS}
    low, high = forecast.band(0.9)
    error = mase(actual, forecast.point, history.values, day_of(history))
    unit = naive_error(history.values, day_of(history)) if np.isfinite(error) else np.nan
    loss = (pinball(actual, low, 0.05) + pinball(actual, high, 0.95)) / 2
    return Outcome(
        origin=origin,
        forecast=forecast,
        actual=actual,
        mase=error,
        covers=covers,
        width=interval_width(low, high) / unit,
        pinball=loss / unit,
        fit_ms=1e3 * costs[0],
        forecast_ms=1e3 * costs[1],
    )
