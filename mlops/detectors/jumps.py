from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray

from mlops.detectors.base import Block, Explanation, Scores, State, Values
from mlops.detectors.explaining import evidence_of
from mlops.detectors.parameters import PerSeries, of_series, per_series
from mlops.detectors.stepwise import Stepwise, Verdict

VALUE = 0
# The largest number below the alarm line: a jump as large as may be is allowed.
JUST_BELOW = np.nextafter(1.0, 0.0)


class Jumps(Stepwise):
    """A value that moves further from one reading to the next than it can.

    No heat, mass or pressure moves so fast: what jumps is a sensor, a wire or a converter.
    The score is the step over the `largest` that is possible, whatever the time between,
    where RateOfChange asks how fast the machine may change. A series without `largest` has
    no score.

    References: Sharma, Golubchik and Govindan, Sensor Faults: Detection Methods and
    Prevalence in Real-World Datasets, ACM TOSN 6(3), 2010, on short faults.
    """

    channels = ("jump",)
    min_history = 1
    blank = (np.nan,)

    def __init__(self, largest: PerSeries = None) -> None:
        self.largest = largest

    def fit(self, history: Block) -> Self:
        """Check the largest jump; there is nothing to learn."""
        self.largest_ = per_series(self.largest, "largest")
        if (self.largest_ < 0).any():
            raise ValueError("largest must not be below zero")
        return self

    def _step(self, memory: Values, micros: Values, values: Values) -> Verdict:
        before = memory[VALUE].copy()
        step = np.abs(values - before)
        too_far = step > self.largest_
        # Where no jump is possible at all, any is one too many.
        ratio = np.where(self.largest_ > 0, step / self.largest_, 2.0)
        score = np.where(too_far, np.maximum(ratio, 1.0), np.minimum(ratio, JUST_BELOW))
        score = np.where(too_far | (self.largest_ > 0), score, 0.0)
        memory[VALUE] = np.where(np.isnan(values), before, values)
        known = ~np.isnan(values) & ~np.isnan(before) & ~np.isnan(self.largest_)
        return Verdict(
            score=np.where(known, score, np.nan),
            expected=before,
            low=before - self.largest_,
            high=before + self.largest_,
        )

    def learnt(self, state: State) -> NDArray[np.int64]:
        return (~np.isnan(state[:, VALUE])).astype(np.int64)

    def explain(self, block: Block, scores: Scores, row: int, series: int) -> Explanation:
        evidence = evidence_of(block, scores, row, series)
        value, before = evidence["value"], evidence["expected"]
        if value is None or before is None:
            return Explanation("There is no earlier reading to compare with", evidence)
        largest = of_series(self.largest_, series)
        reason = f"It jumped from {before:.4g} to {value:.4g}"
        if np.isnan(largest):
            return Explanation(f"{reason}, for which there is no limit", evidence)
        reason += f"; {largest:.4g} is the most that is possible from one reading to the next"
        return Explanation(reason, evidence | {"limit": largest})
