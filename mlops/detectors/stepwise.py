from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, NamedTuple

import numpy as np

from mlops.detectors.base import Block, Detector, Scores, State, Values
from mlops.detectors.parameters import bounded

MICROS_PER_SECOND = 1e6


class Verdict(NamedTuple):
    """What there is to say of one row; each a number or an array of shape (series,)."""

    score: Values
    expected: Values | float = np.nan
    low: Values | float = np.nan
    high: Values | float = np.nan
    channel: Values | int = 0


class Stepwise(Detector):
    """A detector of sensors that goes through the rows and keeps a few numbers a series.

    What it knows of a reading depends on the one before, so rows cannot be taken at once;
    columns can. Cutting a block anywhere then makes no difference by construction.
    """

    # What is kept of a series before its first reading: a number for each thing kept.
    blank: ClassVar[tuple[float, ...]]

    def begin(self, series: int) -> State:
        return np.tile(np.array(self.blank), (series, 1))

    def score(self, block: Block, state: State) -> tuple[Scores, State]:
        shape = block.values.shape
        score, expected, low, high = (np.full(shape, np.nan) for _ in range(4))
        channel = np.zeros(shape, dtype=np.int8)
        memory = np.array(state.T, order="C")
        times = block.micros.astype(np.float64)  # Exact until the year 2255.
        with np.errstate(all="ignore"):
            for row in range(block.rows):
                said = self._step(memory, times[row], block.values[row])
                score[row] = said.score
                expected[row], low[row], high[row] = said.expected, said.low, said.high
                channel[row] = said.channel
        return Scores(bounded(score), expected, low, high, channel), np.array(memory.T, order="C")

    @abstractmethod
    def _step(self, memory: Values, micros: Values, values: Values) -> Verdict:
        """Judge one row and learn from it, in `memory` of shape (things kept, series).

        Where a value is NaN, `memory` has to stay as it is.
        """
