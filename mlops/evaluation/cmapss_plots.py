"""Pictures of remaining life: the forecasts of all units, and one unit's whole way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from mlops.remaining_life.histories import History, Values
from mlops.remaining_life.model import RemainingLife


def plot_forecasts(path: Path, left: Values, forecasts: Values, cap: float) -> Path:
    """Forecasts with their widest intervals against the life left, units sorted by it.

    `forecasts` are life, low and high, of shape (3, units).
    """
    order = np.argsort(left, kind="stable")
    life, low, high = forecasts[:, order]
    places = np.arange(len(order))
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.subplots()
    axes.vlines(places, low, high, color="#9ab8d8", linewidth=2, label="90 % interval")
    axes.plot(places, life, ".", color="#1f4e8c", label="forecast")
    axes.plot(places, np.minimum(left[order], cap), color="#c0392b", label="true, capped")
    axes.set(xlabel="test units, nearest to failure first", ylabel="cycles left")
    axes.legend(loc="upper left")
    return saved(figure, path)


def plot_life(path: Path, model: RemainingLife, history: History, left: float) -> Path:
    """What would have been forecast for one unit at each cycle of its life."""
    forecast = model.path(history)
    cycles = np.arange(1, history.rows + 1)
    true = np.minimum(left + history.rows - cycles, model.cap)
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.subplots()
    for row in np.argsort(model.covers)[::-1]:
        # The wider, the paler; the narrower lie on top.
        shade = str(1 - 0.5 * (1.3 - model.covers[row]))
        label = f"{model.covers[row]:.0%} interval"
        low, high = forecast.low[row], forecast.high[row]
        axes.fill_between(cycles, low, high, color=shade, linewidth=0, label=label)
    axes.plot(cycles, forecast.life, color="#1f4e8c", label="forecast")
    axes.plot(cycles, true, color="#c0392b", label="true, capped")
    axes.set(xlabel="cycle", ylabel="cycles left")
    axes.legend(loc="lower left")
    return saved(figure, path)


def saved(figure: Figure, path: Path) -> Path:
    figure.savefig(path, format="png", dpi=110)
    return path
