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
    The score is the change over what the limit allows in the time that has passed. With
    `alarm_rise` and `alarm_fall`, which lie beyond, it is 2 at those, as with Limits; where
    there is only one of the two, there is only its step.

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
        alarm_rise: PerSeries = None,
        alarm_fall: PerSeries = None,
    ) -> None:
        self.rise = rise
        self.fall = fall
        self.alarm_rise = alarm_rise
        self.alarm_fall = alarm_fall
        self.shortest_seconds = shortest_seconds

    def fit(self, history: Block) -> Self:
        """Check the limits; there is nothing to learn."""
        self.rise_ = per_series(self.rise, "rise")
        self.fall_ = per_series(self.fall, "fall")
        self.alarm_rise_ = per_series(self.alarm_rise, "alarm_rise")
        self.alarm_fall_ = per_series(self.alarm_fall, "alarm_fall")
        for first, second in ((self.rise_, self.alarm_rise_), (self.fall_, self.alarm_fall_)):
            if (first <= 0).any() or (second <= 0).any():
                raise ValueError("rise and fall must be above zero")
            if (second < first).any():
                raise ValueError("the alarms must lie beyond rise and fall")
        # What the change is held against first.
        self.least_rise_ = np.fmin(self.rise_, self.alarm_rise_)
        self.least_fall_ = np.fmin(self.fall_, self.alarm_fall_)
        positive(shortest_seconds=self.shortest_seconds)
        return self

    def _step(self, memory: Values, micros: Values, values: Values) -> Verdict:
        seconds = (micros - memory[MICROS]) / MICROS_PER_SECOND
        hours = np.maximum(seconds, self.shortest_seconds) / SECONDS_PER_HOUR
        before = memory[VALUE].copy()
        change = values - before
        rise = _graded(np.maximum(change, 0.0) / hours, self.rise_, self.alarm_rise_)
        fall = _graded(np.maximum(-change, 0.0) / hours, self.fall_, self.alarm_fall_)
        # Not the reading before but one that is old enough to measure a rate by.
        move = ~np.isnan(values) & ~(seconds < self.shortest_seconds)
        memory[VALUE] = np.where(move, values, before)
        memory[MICROS] = np.where(move, micros, memory[MICROS])
        read = ~np.isnan(values)
        return Verdict(
            score=np.where(read, np.fmax(rise, fall), np.nan),
            expected=before,
            low=before - self.least_fall_ * hours,
            high=before + self.least_rise_ * hours,
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
        limit = of_series(self.least_rise_ if side == "rise" else self.least_fall_, series)
        verb = "rose" if side == "rise" else "fell"
        reason = f"It {verb} from {before:.4g} to {value:.4g}"
        if np.isnan(limit):
            return Explanation(f"{reason}, for which there is no limit", evidence)
        edge = evidence["high" if side == "rise" else "low"]
        allowed = abs(edge - before) if edge is not None else 0.0
        # The edge may be as near as rounding, or too far to be a number.
        rate = limit * abs(value - before) / allowed if allowed else score * limit
        reason += f", at {rate:.4g} an hour; {limit:.4g} an hour is the limit"
        return Explanation(reason, evidence | {"rate": rate, "limit": limit})


def _graded(rate: Values, first: Values, second: Values) -> Values:
    """1 at the first limit and 2 at the second, where it is set; NaN where neither is."""
    single = rate / first
    alone = rate / second
    line = 1.0 + np.maximum(rate - first, 0.0) / (second - first)
    both = np.where(rate < first, single, np.where(rate < second, line, 1.0 + alone))
    score = np.where(np.isnan(second), single, both)
    return np.where(np.isnan(first), np.where(alone >= 1, 1.0 + alone, alone), score)
