"""A day ahead, hour by hour: how near, and how often inside the bands?

Rolling origins: at each the forecaster that ships is chosen and fitted on what was before,
forecasts 24 hours, and is held against what came. Bands are corrected by how earlier ones
of the same series did, as they are on duty. Before the first origin of a series lie at
least four weeks; shorter series are forecast from a fortnight on, and told apart.

MASE is the mean absolute error in units of that of the seasonal naive forecast of 24 hours
on the history before the origin (Hyndman and Koehler 2006), the mean over the origins of a
series, and then over the series, each with the same weight.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mlops.evaluation.base import Figures, Result
from mlops.evaluation.forecast_plots import plot_forecasts
from mlops.evaluation.hourly import all_series, is_flat
from mlops.forecasting.base import Forecast, Forecaster, NotEnoughDataError, Series, Values
from mlops.forecasting.choosing import candidates, choose
from mlops.forecasting.conformal import LEVELS, AdaptiveLevels
from mlops.forecasting.seasonal_naive import LastValue, SeasonalNaive
from mlops.metrics.forecasts import coverage, interval_width, mase, naive_error, pinball

DAY = 24
MOST_ERROR = 0.85
LEAST_COVER, MOST_COVER = 0.87, 0.93
FOUR_WEEKS, FORTNIGHT = 28 * DAY, 14 * DAY - DAY
ORIGINS = 20
# Tags of the first set and files of the second.
WHOLE_SETS = 43 + 58

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
    fit_ms: float
    forecast_ms: float


def shipped(series: Series) -> Forecaster:
    """What is on duty: the forecaster that the series' own past speaks for."""
    return choose(series, candidates(DAY)).forecaster


BASELINES: dict[str, Making] = {
    "seasonal naive, 24 h": lambda series: SeasonalNaive(DAY).fit(series),
    "seasonal naive, 168 h": lambda series: SeasonalNaive(DAY, seasons=7).fit(series),
    "last value": lambda series: LastValue(DAY).fit(series),
}


def evaluate(folder: Path, pictures: Path | None = None) -> Result:
    """Forecasts of every series that is neither flat nor shorter than a fortnight."""
    found = all_series(folder)
    rolling = {name: each for name, each in found.items() if not is_flat(each.values)}
    long = {n: s for n, s in rolling.items() if s.values.size >= FOUR_WEEKS + DAY}
    short = {n: s for n, s in rolling.items() if n not in long}
    outcomes = {name: roll(series, shipped, FOUR_WEEKS) for name, series in long.items()}
    figures = summary(list(outcomes.values()))
    few = summary([roll(series, shipped, FORTNIGHT) for series in short.values()])
    by_baseline = {
        name: summary([roll(series, making, FOUR_WEEKS) for series in long.values()])
        for name, making in BASELINES.items()
    }
    error, cover = figures["mase"], figures["cover90"]
    met = None not in (error, cover) and error <= MOST_ERROR  # type: ignore[operator]
    return Result(
        score=float("nan") if error is None else float(error),
        goal=f"MASE ≤ {MOST_ERROR} and cover of the 90 % band {LEAST_COVER}–{MOST_COVER}",
        met=met and LEAST_COVER <= float(cover or 0) <= MOST_COVER,
        figures={**figures, **{f"short_{k}": few[k] for k in ("series", "mase", "median_mase", "cover90")}},
        baselines=by_baseline,
        files=len(found),
        of=WHOLE_SETS,
        plots=plot_forecasts(outcomes, long, pictures) if pictures else (),
        notes=(
            f"{len(found) - len(rolling)} series left out: constant, or with two values only",
            f"{len(short)} series shorter than four weeks and a day are in short_ figures only",
            "MASE in units of the seasonal naive error (24 h) on the history before each origin",
        ),
    )


def origins(steps: int, first: int) -> list[int]:
    """Moments to forecast at: a day apart, or further where there are many days.

    The last one is a day before the end; they hit all hours of the day.

    >>> origins(24 * 30, first=24 * 28)
    [672, 696]
    """
    last = steps - DAY
    if last < first:
        return []
    count = min(ORIGINS, (last - first) // DAY + 1)
    return [int(step) for step in np.linspace(first, last, count)]


def roll(series: Series, making: Making, first: int) -> list[Outcome]:
    """Forecast after forecast through a series, each from what was before it."""
    levels = AdaptiveLevels()
    outcomes = []
    for origin in origins(series.values.size, first):
        history = Series(series.values[:origin], series.interval, series.begins)
        actual = series.values[origin : origin + DAY]
        started = time.perf_counter()
        try:
            forecaster = making(history)
        except NotEnoughDataError:
            continue
        fitted = time.perf_counter()
        forecast = forecaster.forecast(aims=levels.aims)
        costs = (fitted - started, time.perf_counter() - fitted)
        outcomes.append(_outcome(origin, forecast, history.values, actual, costs))
        # Origins are a day apart at least: by the next one this day has come true.
        levels = levels.seen(outcomes[-1].covers)
    return outcomes


def _outcome(
    origin: int, forecast: Forecast, history: Values, actual: Values, costs: tuple[float, float]
) -> Outcome:
    covers = {level: coverage(actual, *forecast.band(level)) for level in LEVELS}
    low, high = forecast.band(0.9)
    error = mase(actual, forecast.point, history, DAY)
    unit = naive_error(history, DAY) if np.isfinite(error) else float("nan")
    loss = (pinball(actual, low, 0.05) + pinball(actual, high, 0.95)) / 2
    width = interval_width(low, high) / unit
    fit_ms, forecast_ms = (1e3 * cost for cost in costs)
    return Outcome(
        origin, forecast, actual, error, covers, width, loss / unit, fit_ms, forecast_ms
    )


def summary(outcomes: Sequence[Sequence[Outcome]]) -> Figures:
    """Figures over all series, each with the same weight; None where there is nothing.

    Origins at which the yardstick is 0 say nothing and are left out, of cover too.
    """
    told = [[o for o in each if np.isfinite(o.mase)] for each in outcomes]
    told = [each for each in told if each]
    everything = [outcome for each in told for outcome in each]

    def mean(what: Callable[[Outcome], float]) -> float | None:
        return float(np.mean([np.mean([what(o) for o in each]) for each in told])) if told else None

    errors = [float(np.mean([o.mase for o in each])) for each in told]
    return {
        "mase": mean(lambda outcome: outcome.mase),
        "median_mase": float(np.median(errors)) if errors else None,
        **{f"cover{level:.0%}"[:-1]: mean(lambda o, level=level: o.covers[level]) for level in LEVELS},
        "width90": mean(lambda outcome: outcome.width),
        "pinball90": mean(lambda outcome: outcome.pinball),
        "ms_per_fit": mean(lambda outcome: outcome.fit_ms),
        "ms_per_forecast": mean(lambda outcome: outcome.forecast_ms),
        "series": len(told),
        "forecasts": len(everything),
    }
