from __future__ import annotations

from typing import Self

import numpy as np

from mlops.detectors.base import Block, NotEnoughHistoryError, Values
from mlops.detectors.gating import Gate

# The part of the gap on either side of which it switches: the outer thirds.
OUTER = 1 / 3
# Readings in passing from one state to the other do not fill a gap.
IN_PASSING = 0.01


class OperatingState(Gate):
    """A gate that finds by itself where off ends and running begins.

    The levels of its sensor fall into states where a wide span of values is nearly empty.
    The lowest gap that is at least `widest` of the whole range, with at least `rarest` of
    the readings on either side, parts off from running. k-means and Otsu's threshold find
    two classes in anything, also in one broad state; and they cut a machine with a varied
    load in the middle of its load. A gap is there or not.

    Where there is none, `clear_` is False and the machine counts as running at all times.

    References: Otsu, A Threshold Selection Method from Gray-Level Histograms, IEEE SMC
    9(1), 1979, and Wainer and Schacht, Gapping, Psychometrika 43, 1978, for gaps.
    """

    least_rows = 100

    def __init__(
        self, settle_seconds: float = 0.0, widest: float = 0.15, rarest: float = 0.05
    ) -> None:
        self.settle_seconds = settle_seconds
        self.widest = widest
        self.rarest = rarest

    def fit(self, history: Block | None = None) -> Self:
        """Learn from readings of the gate, of which all columns are taken together."""
        if not 0 < self.widest < 1 or not 0 < self.rarest < 0.5:
            raise ValueError("widest must be between 0 and 1, rarest between 0 and 0.5")
        if self.settle_seconds < 0:
            raise ValueError("settle_seconds must not be below zero")
        values = np.empty(0) if history is None else history.values
        levels = np.sort(values[~np.isnan(values)])
        if levels.size < self.least_rows:
            raise NotEnoughHistoryError(levels.size, self.least_rows)
        gap = self._gap(levels)
        self.clear_ = gap is not None
        low, high = gap or (-np.inf, -np.inf)
        self.off_ = low + OUTER * (high - low) if gap else -np.inf
        self.on_ = high - OUTER * (high - low) if gap else -np.inf
        return self

    def _gap(self, levels: Values) -> tuple[float, float] | None:
        """The lowest gap that is wide enough, None if there is none. `levels` are sorted."""
        passing = max(int(IN_PASSING * levels.size), 1)
        least = max(int(self.rarest * levels.size), 1)
        inner = levels[least - 1 : levels.size - least + 1]
        whole = float(inner[-1] - inner[0])
        widths = inner[passing:] - inner[:-passing]
        wide = np.flatnonzero(widths >= self.widest * whole)
        if whole == 0 or not wide.size:
            return None
        # Neighbouring spans over one gap: the widest of them is the gap.
        first = int(wide[0])
        best = first + int(np.argmax(widths[first : first + passing + 1]))
        return float(inner[best]), float(inner[best + passing])
