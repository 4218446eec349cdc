from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray

from mlops.detectors.base import Block, Explanation, Scores, State, Values
from mlops.detectors.explaining import evidence_of
from mlops.detectors.parameters import PerSeries, of_series, per_series, positive
from mlops.detectors.stepwise import MICROS_PER_SECOND, Stepwise, Verdict

SECONDS_PER_HOUR = 3600.0
VALUE, MICROS = range(2)


class RateOfChange(Stepwise):
    """A value that rises or falls faster than it can, or than it may.

    `rise` and `fall` are the fastest usual changes in units per hour, both above zero.
    The score is the change over what the limit allows in the time that has passed.

    The change is measured from a reading that is at least `shortest_seconds` old, or the
    time counts as that long: over a millisecond any noise is a tremendous rate. What is
    older than the last reading is not forgotten within that time, so that a steep ramp
    sampled often is seen as well as one sampled seldom.

    References: ISO 13373-1:2002, on trending; ISA-18.2-2016, on rate-of-change alarms.
    """

    channels = ("rise", "fall")
    min_history = 1
    blank = (np.nan, np.nan)

    def __init__(
        self,
        rise: PerSeries = None,
        fall: PerSeries = None,
        shortest_seconds: float = 60.0,
    ) -> None:
        self.rise = rise
        self.fall = fall
        self.shortest_seconds = shortest_seconds

    def fit(self, history: Block) -> Self:
        """Check the limits; there is nothing to learn."""
        self.rise_ = per_series(self.rise, "rise")
        self.fall_ = per_series(self.fall, "fall")
        if (self.rise_ <= 0).any() or (self.fall_ <= 0).any():
            raise ValueError("rise and fall must be above zero")
        positive(shortest_seconds=self.shortest_seconds)
        return self

    def _step(self, memory: Values, micros: Values, values: Values) -> Verdict:
        seconds = (micros - memory[MICROS]) / MICROS_PER_SECOND
        hours = np.maximum(seconds, self.shortest_seconds) / SECONDS_PER_HOUR
        before = memory[VALUE].copy()
        change = values - before
        rise = np.maximum(change, 0.0) / (self.rise_ * hours)
        fall = np.maximum(-change, 0.0) / (self.fall_ * hours)
        # Not the reading before but one that is old enough to measure a rate by.
        move = ~np.isnan(values) & ~(seconds < self.shortest_seconds)
        memory[VALUE] = np.where(move, values, before)
        memory[MICROS] = np.where(move, micros, memory[MICROS])
        read = ~np.isnan(values)
        return Verdict(
            score=np.where(read, np.fmax(rise, fall), np.nan),
            expected=before,
            low=before - self.fall_ * hours,
            high=before + self.rise_ * hours,
            channel=change < 0,
        )

    def learnt(self, state: State) -> NDArray[np.int64]:
        return (~np.isnan(state[:, VALUE])).astype(np.int64)

    def explain(self, block: Block, scores: Scores, row: int, series: int) -> Explanation:
        evidence = evidence_of(block, scores, row, series)
        value, before, score = (evidence[name] for name in ("value", "expected", "score"))
        if value is None or before is None or score is None:
            return Explanation("There is no earlier reading to compare with", evidence)
        side = self.channels[int(scores.channel[row, series])]
        limit = of_series(self.rise_ if side == "rise" else self.fall_, series)
        verb = "rose" if side == "rise" else "fell"
        reason = f"It {verb} from {before:.4g} to {value:.4g}"
        if np.isnan(limit):
            return Explanation(f"{reason}, for which there is no limit", evidence)
        reason += f", at {score * limit:.4g} an hour; {limit:.4g} an hour is the limit"
        return Explanation(reason, evidence | {"rate": score * limit, "limit": limit})
