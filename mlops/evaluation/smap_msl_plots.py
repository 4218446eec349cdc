from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mlops.detectors.base import ALARM_LINE, Values
from mlops.evaluation.telemetry import Channel


def plot_channels(
    path: Path, names: Sequence[str], volumes: Sequence[float], reference: Sequence[float]
) -> Path:
    """VUS-PR by channel, best first, with that of an isolation forest as dots."""
    order = np.argsort(volumes)[::-1]
    figure = Figure(figsize=(10, 4), layout="constrained")
    axes = figure.add_subplot()
    rows = np.arange(order.size)
    axes.bar(rows, np.take(volumes, order), color="tab:blue", label="sub-sequences")
    axes.plot(rows, np.take(reference, order), "k.", label="IsolationForest on 10 lags")
    axes.set_xticks(rows, np.take(names, order).tolist(), rotation=90, fontsize=7)
    axes.set(ylabel="VUS-PR", ylim=(0, 1), title="SMAP and MSL, by channel")
    axes.legend()
    return _saved(figure, path)


def plot_example(path: Path, channel: Channel, scores: Values) -> Path:
    """The telemetry of a channel and its scores, with the labelled ranges shaded."""
    figure = Figure(figsize=(10, 4), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True)
    upper.plot(channel.test, linewidth=0.6)
    upper.set(ylabel="telemetry", title=f"Channel {channel.name}, the middle one of all")
    lower.plot(scores, linewidth=0.6)
    lower.axhline(ALARM_LINE, color="k", linestyle="--", linewidth=0.8)
    lower.set(ylabel="score", xlabel="row")
    for axes in (upper, lower):
        for first, last in channel.ranges:
            axes.axvspan(first, last + 1, color="tab:red", alpha=0.2, linewidth=0)
    return _saved(figure, path)


def _saved(figure: Figure, path: Path) -> Path:
    FigureCanvasAgg(figure)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    return path
