"""Pictures of one series: what was expected, what came, what was labelled, what was said."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from mlops.detectors.base import ALARM_LINE, Scores
from mlops.evaluation.univariate_series import Series


def draw(
    path: Path,
    one: Series,
    scores: Scores,
    flags: NDArray[np.bool_],
    windows: Sequence[tuple[int, int]] = (),
) -> Path:
    """Write a picture of values, band, windows (first and last row) and alarms."""
    figure = Figure(figsize=(12, 6), layout="constrained")
    FigureCanvasAgg(figure)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    times = one.micros.astype("datetime64[us]")
    above.fill_between(times, scores.low, scores.high, color="0.85", label="expected")
    above.plot(times, one.values, color="tab:blue", linewidth=0.7, label="value")
    for first, last in windows:
        above.axvspan(times[first], times[last], color="tab:orange", alpha=0.25)
    above.plot(times[flags], one.values[flags], "v", color="tab:red", label="alarm")
    low, high = np.nanquantile(one.values, [0, 1])
    margin = 0.1 * (high - low) or 1.0
    above.set_ylim(low - margin, high + margin)
    above.set_title(one.name)
    above.legend(loc="upper left")
    below.plot(times, scores.score, color="tab:gray", linewidth=0.7)
    below.axhline(ALARM_LINE, color="tab:red", linewidth=0.8)
    below.set_ylim(0, 4)
    below.set_ylabel("score")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=100)
    return path
