from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray

from mlops.detectors.base import Block, Explanation, Scores, State, Values
from mlops.detectors.explaining import evidence_of, micros_at, spoken
from mlops.detectors.parameters import PerSeries, per_series, positive
from mlops.detectors.stepwise import MICROS_PER_SECOND, Stepwise, Verdict

# Time of the last reading; the middle and the spread of the intervals, in logarithms of
# seconds; how many readings there were.
LAST, MIDDLE, SPREAD, READINGS = range(4)
# The first steps of learning are long, so that a first interval that was none is mended.
LONGEST_STEP, SHORTEST_STEP = 4.0, 0.05
SPREAD_STEP = 0.02


class Silence(Stepwise):
    """No reading for longer than `times` the interval that is expected.

    A row whose value is NaN asks at its time whether the sensor is overdue, so that a
    sensor that never sends again is found; that changes nothing. A reading is asked as
    well how long it was waited for.

    `interval_seconds` is the stated interval. Where it is not stated it is learnt: middle
    and mean deviation of the logarithms of the intervals, in steps of a bounded length,
    so that a gap teaches little. Where intervals vary by nature the line is `deviations`
    of those mean deviations above the middle, if that is longer: readings at random, as
    with sensors that report on change, rarely alarm.

    References: Huber, Robust Estimation of a Location Parameter, Annals of Mathematical
    Statistics 35, 1964, for learning in bounded steps.
    """

    channels = ("silence",)
    min_history = 20
    blank = (np.nan, np.nan, 0.0, 0.0)

    def __init__(
        self,
        interval_seconds: PerSeries = None,
        times: float = 5.0,
        deviations: float = 4.0,
    ) -> None:
        self.interval_seconds = interval_seconds
        self.times = times
        self.deviations = deviations

    def fit(self, history: Block) -> Self:
        """Check the parameters; intervals are learnt from reading to reading."""
        self.interval_seconds_ = per_series(self.interval_seconds, "interval_seconds")
        if (self.interval_seconds_ <= 0).any():
            raise ValueError("interval_seconds must be above zero")
        if not self.times > 1:
            raise ValueError("times must be above one")
        positive(deviations=self.deviations)
        return self

    def _step(self, memory: Values, micros: Values, values: Values) -> Verdict:
        seconds = (micros - memory[LAST]) / MICROS_PER_SECOND
        read = ~np.isnan(values)
        stated = ~np.isnan(self.interval_seconds_)
        allowed = np.where(stated, self.interval_seconds_ * self.times, self._usual(memory))
        self._learn(memory, seconds, read & (seconds > 0))
        memory[READINGS] += read
        memory[LAST] = np.where(read, np.fmax(memory[LAST], micros), memory[LAST])
        return Verdict(np.maximum(seconds, 0.0) / allowed)

    def usual(self, state: State) -> Values:
        """How many seconds without a reading its own past allows, of shape (series,).

        NaN while that is being learnt. What is stated is not looked at.
        """
        with np.errstate(all="ignore"):
            return self._usual(state.T)

    def _usual(self, memory: Values) -> Values:
        ready = memory[READINGS] >= self.min_history
        irregular = np.where(ready, np.exp(self.deviations * memory[SPREAD]), np.nan)
        return np.exp(memory[MIDDLE]) * np.maximum(irregular, self.times)

    def _learn(self, memory: Values, seconds: Values, where: NDArray[np.bool_]) -> None:
        """Take an interval into account, where there was one."""
        longest = np.maximum(LONGEST_STEP / np.maximum(memory[READINGS], 1.0), SHORTEST_STEP)
        off = np.log(seconds) - memory[MIDDLE]
        first = np.isnan(off)
        middle = memory[MIDDLE] + np.minimum(np.maximum(off, -longest), longest)
        memory[MIDDLE] = np.where(where, np.where(first, np.log(seconds), middle), memory[MIDDLE])
        # A mean, not a bounded step: of the deviations the long ones are what matters.
        step = np.maximum(1.0 / np.maximum(memory[READINGS], 1.0), SPREAD_STEP)
        spread = memory[SPREAD] + step * (np.where(first, 0.0, np.abs(off)) - memory[SPREAD])
        memory[SPREAD] = np.where(where, spread, memory[SPREAD])

    def learnt(self, state: State) -> NDArray[np.int64]:
        return np.minimum(state[:, READINGS], self.min_history).astype(np.int64)

    def explain(self, block: Block, scores: Scores, row: int, series: int) -> Explanation:
        evidence = evidence_of(block, scores, row, series)
        score = evidence["score"]
        if score is None:
            return Explanation("It is not known yet how often this sensor reads", evidence)
        earlier = np.flatnonzero(~np.isnan(block.values[:row, series]))
        begin = int(earlier[-1]) if earlier.size else 0
        span = micros_at(block, row, series) - micros_at(block, begin, series)
        seconds = max(span / MICROS_PER_SECOND, 0.0)
        # Without an earlier reading in the block, it is at least as long as the block.
        least = "" if earlier.size else "at least "
        reason = (
            f"There was no reading for {least}{spoken(seconds)}: "
            f"{score:.2g} times as long as it may be"
        )
        return Explanation(reason, evidence | {"seconds": seconds})
