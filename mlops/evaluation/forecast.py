"""A day ahead, hour by hour: how near, and how often inside the bands?

Rolling origins: at each the forecaster that ships is chosen and fitted on what was before,
forecasts 24 hours, and is held against what came. Bands are corrected by how earlier ones
of the same series did, as they are on duty. Before the first origin of a series lie at
least four weeks; shorter series are forecast from their tenth day on, and told apart.

MASE is the mean absolute error in units of that of the seasonal naive forecast of 24 hours
on the history before the origin (Hyndman and Koehler 2006), the mean over the origins of a
series, and then over the series, each with the same weight.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from mlops.evaluation.base import Figures, Result
from mlops.evaluation.forecast_plots import plot_forecasts
from mlops.evaluation.hourly import all_series, day_of, is_flat
from mlops.evaluation.rolling import Making, Outcome, roll
from mlops.forecasting.base import Forecaster, Series
from mlops.forecasting.choosing import candidates, choose
from mlops.forecasting.seasonal_naive import LastValue, SeasonalNaive

MOST_ERROR = 0.85
LEAST_COVER, MOST_COVER = 0.87, 0.93
# Days before the first origin, of long series and of short ones.
LONG, SHORT = 28, 10
SHORT_FIGURES = ("series", "mase", "median_mase", "cover90", "forecasts")
# Tags of the first set and files of the second.
WHOLE_SETS = 43 + 58


def shipped(series: Series) -> Forecaster:
    """What is on duty: the forecaster that the series' own past speaks for."""
    return choose(series, candidates(day_of(series))).forecaster


BASELINES: dict[str, Making] = {
    "seasonal naive, 24 h": lambda series: SeasonalNaive(day_of(series)).fit(series),
    "seasonal naive, 168 h": lambda series: SeasonalNaive(day_of(series), seasons=7).fit(series),
    "last value": lambda series: LastValue(day_of(series)).fit(series),
}


def evaluate(folder: Path, pictures: Path | None = None) -> Result:
    """Forecasts of every series that moves and is long enough."""
    found = all_series(folder)
    rolling = {n: s for n, s in found.items() if day_of(s) and not is_flat(s.values)}
    long = {n: s for n, s in rolling.items() if s.values.size >= (LONG + 1) * day_of(s)}
    short = [series for name, series in rolling.items() if name not in long]
    outcomes = {name: roll(series, shipped, LONG) for name, series in long.items()}
    figures = summary(list(outcomes.values()))
    few = summary([roll(series, shipped, SHORT) for series in short])
    return Result(
        score=math.nan if figures["mase"] is None else figures["mase"],
        goal=f"MASE ≤ {MOST_ERROR} and cover of the 90 % band {LEAST_COVER}–{MOST_COVER}",
        met=_met(figures),
        figures={**figures, **{f"short_{key}": few[key] for key in SHORT_FIGURES}},
        baselines={name: _baseline(long, making) for name, making in BASELINES.items()},
        files=len(found),
        of=WHOLE_SETS,
        plots=plot_forecasts(outcomes, long, pictures) if pictures else (),
        notes=(
            f"{len(found) - len(rolling)} series left out: constant, or of two values only",
            f"{len(short)} series shorter than four weeks and a day are in short_ figures only",
            "MASE in units of the seasonal naive error (24 h) on the history before each origin",
        ),
    )


def _baseline(series: Mapping[str, Series], making: Making) -> Figures:
    return summary([roll(each, making, LONG) for each in series.values()])


def _met(figures: Figures) -> bool:
    error, cover = figures["mase"], figures["cover90"]
    if error is None or cover is None:
        return False
    return error <= MOST_ERROR and LEAST_COVER <= cover <= MOST_COVER


def summary(outcomes: Sequence[Sequence[Outcome]]) -> Figures:
    """Figures over all series, each with the same weight; None where there is nothing.

    Origins at which the yardstick is 0 say nothing and are left out, of cover too.
    """
    told = [[o for o in each if np.isfinite(o.mase)] for each in outcomes]
    told = [each for each in told if each]
    means = [{key: _mean(each, key) for key in MEASURES} for each in told]
    figures = {key: _over_series(means, key) for key in MEASURES}
    errors = [each["mase"] for each in means]
    return {
        **figures,
        "median_mase": float(np.median(errors)) if errors else None,
        "series": len(told),
        "forecasts": sum(map(len, told)),
    }


def _mean(outcomes: Sequence[Outcome], key: str) -> float:
    return float(np.mean([MEASURES[key](outcome) for outcome in outcomes]))


def _over_series(means: Sequence[Mapping[str, float]], key: str) -> float | None:
    return float(np.mean([each[key] for each in means])) if means else None


MEASURES: dict[str, Callable[[Outcome], float]] = {
    "mase": lambda outcome: outcome.mase,
    "cover50": lambda outcome: outcome.covers[0.5],
    "cover80": lambda outcome: outcome.covers[0.8],
    "cover90": lambda outcome: outcome.covers[0.9],
    "width90": lambda outcome: outcome.width,
    "pinball90": lambda outcome: outcome.pinball,
    "ms_per_fit": lambda outcome: outcome.fit_ms,
    "ms_per_forecast": lambda outcome: outcome.forecast_ms,
}
