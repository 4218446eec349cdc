"""Pictures of how detectors of whole assets did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mlops.detectors.base import ALARM_LINE, Values
from mlops.metrics.pointwise import Flags

HIGHEST = 4.0


@dataclass(frozen=True, slots=True)
class Panel:
    """A score over the rows of a run, with the rows that are labelled."""

    title: str
    score: Values
    labels: Flags


def plot_scores(path: Path, panels: Sequence[Panel]) -> Path:
    """Scores over time, one run below the other, labelled rows shaded."""
    figure = Figure(figsize=(10, 1.3 * len(panels) + 0.5), layout="constrained")
    FigureCanvasAgg(figure)
    rows = figure.subplots(len(panels), 1, squeeze=False)[:, 0]
    for axes, panel in zip(rows, panels, strict=True):
        numbers = np.arange(panel.score.size)
        axes.fill_between(numbers, 0, HIGHEST * panel.labels, step="mid", alpha=0.25, lw=0)
        axes.plot(numbers, np.minimum(panel.score, HIGHEST), lw=0.8)
        axes.axhline(ALARM_LINE, color="tab:red", lw=0.8)
        axes.set(xlim=(0, panel.score.size), ylim=(0, HIGHEST), ylabel=panel.title)
    rows[-1].set_xlabel("row; shaded: labelled anomalous; red: alarm line")
    figure.savefig(path, dpi=100)
    return path


def plot_detection(path: Path, rates: Mapping[str, Mapping[str, float]]) -> Path:
    """Detection rates by fault, a bar for each method."""
    figure = Figure(figsize=(10, 3.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    width = 0.8 / len(rates)
    for number, (method, by_fault) in enumerate(rates.items()):
        left = np.arange(len(by_fault)) + number * width
        axes.bar(left, list(by_fault.values()), width, label=method)
    faults = list(next(iter(rates.values())))
    axes.set_xticks(np.arange(len(faults)) + 0.4 - width / 2, faults)
    axes.set(ylim=(0, 1), ylabel="part of faulty rows found")
    axes.legend(loc="lower left", fontsize="small")
    figure.savefig(path, dpi=100)
    return path
