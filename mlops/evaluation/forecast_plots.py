"""Pictures of forecasts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mlops.evaluation.rolling import Outcome
from mlops.forecasting.base import Series

SHOWN = 6
DAYS_BEFORE = 4


def plot_forecasts(
    outcomes: Mapping[str, Sequence[Outcome]], series: Mapping[str, Series], folder: Path
) -> tuple[Path, ...]:
    """The last forecast of a few series with its bands, and the error of every series."""
    folder.mkdir(parents=True, exist_ok=True)
    told = {name: each for name, each in outcomes.items() if each}
    if not told:
        return ()
    return (_last_days(told, series, folder), _errors(told, folder))


def _last_days(
    outcomes: Mapping[str, Sequence[Outcome]], series: Mapping[str, Series], folder: Path
) -> Path:
    names = list(outcomes)[:: max(1, len(outcomes) // SHOWN)][:SHOWN]
    figure = Figure(figsize=(11, 2.2 * len(names)), layout="constrained")
    for axes, name in zip(figure.subplots(len(names), 1, squeeze=False)[:, 0], names, strict=True):
        _last_day(axes, outcomes[name][-1], series[name])
        axes.set_title(name, fontsize=9, loc="left")
    return _written(figure, folder / "forecast_days.png")


def _last_day(axes: Axes, outcome: Outcome, series: Series) -> None:
    forecast, origin = outcome.forecast, outcome.origin
    before = np.arange(max(0, origin - 24 * DAYS_BEFORE), origin)
    ahead = np.arange(origin, origin + forecast.point.size)
    for row in reversed(range(len(forecast.levels))):
        axes.fill_between(ahead, forecast.low[row], forecast.high[row], color="C0", alpha=0.2)
    axes.plot(before, series.values[before], color="0.5", linewidth=1)
    axes.plot(ahead, outcome.actual, color="black", linewidth=1.2, label="came")
    axes.plot(ahead, forecast.point, color="C0", linewidth=1.2, label=forecast.method)
    axes.legend(fontsize=7, loc="upper left")


def _errors(outcomes: Mapping[str, Sequence[Outcome]], folder: Path) -> Path:
    means = {name: float(np.mean([o.mase for o in each])) for name, each in outcomes.items()}
    names = sorted((name for name in means if np.isfinite(means[name])), key=lambda n: means[n])
    figure = Figure(figsize=(8, 1 + 0.22 * len(names)), layout="constrained")
    axes = figure.subplots()
    axes.barh(names, [means[name] for name in names], color="C0")
    axes.axvline(1.0, color="black", linewidth=1, linestyle=":")
    axes.set_xlabel("MASE; at 1, no better than yesterday's value within the history")
    axes.tick_params(axis="y", labelsize=6)
    return _written(figure, folder / "forecast_mase.png")


def _written(figure: Figure, path: Path) -> Path:
    FigureCanvasAgg(figure)
    figure.savefig(path, dpi=110)
    return path
