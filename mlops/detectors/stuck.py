from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray

from mlops.detectors.base import Block, Explanation, Scores, State, Values
from mlops.detectors.explaining import evidence_of, micros_at, named, spoken
from mlops.detectors.parameters import PerSeries, per_series, positive
from mlops.detectors.stepwise import MICROS_PER_SECOND, Stepwise, Verdict

SECONDS_PER_HOUR = 3600.0
SECONDS_PER_DAY = 86_400.0
# The reading that a rest began with and its time, the readings since that repeated it, the
# longest rest that was usual, how many rests have ended, readings in all, time of the last.
VALUE, SINCE, REPEATS, LONGEST, ENDED, READINGS, LAST = range(7)


class Stuck(Stepwise):
    """A value that has not moved at all for longer than is usual for this sensor.

    Many sensors rest: a valve, a level at night, any value with few digits. So what counts
    is not how long a value stands still but how long the longest rest was that ended by
    itself; an alarm takes `factor` times as many equal readings, and `shortest` at least.
    Where that is None, only `hours` counts. Rests are counted in readings, not in hours, for
    a gap in the data is no rest. A rest that alarmed and then ended teaches that this sensor
    may rest, but by no more than the alarm line, so that one fault does not hide the next.
    Long rests are forgotten with a half-life. Until `ended` rests have ended (a moving value
    ends one with every reading)
    nothing is usual yet, and there is no score.

    `hours`, where it is stated, is the longest time that a sensor may stand still; it needs
    no history. `tolerance` is the distance that does not count as movement. The first rest
    of a sensor that had always moved alarms: nobody can know better.

    References: Sharma, Golubchik and Govindan, Sensor Faults: Detection Methods and
    Prevalence in Real-World Datasets, ACM TOSN 6(3), 2010, on constant faults.
    """

    channels = ("rest",)
    min_history = 100
    blank = (np.nan, np.nan, 0.0, 0.0, 0.0, 0.0, np.nan)

    def __init__(
        self,
        hours: PerSeries = None,
        factor: float = 3.0,
        shortest: PerSeries = 10,
        ended: int = 20,
        tolerance: PerSeries = 0.0,
        half_life_days: float = 28.0,
    ) -> None:
        self.hours = hours
        self.factor = factor
        self.shortest = shortest
        self.ended = ended
        self.tolerance = tolerance
        self.half_life_days = half_life_days

    def fit(self, history: Block) -> Self:
        """Check the parameters; what is usual is learnt from reading to reading."""
        positive(factor=self.factor, half_life_days=self.half_life_days)
        self.shortest_ = per_series(self.shortest, "shortest")
        self.hours_ = per_series(self.hours, "hours")
        self.tolerance_ = np.nan_to_num(per_series(self.tolerance, "tolerance"))
        if (self.hours_ <= 0).any() or (self.shortest_ <= 0).any() or (self.tolerance_ < 0).any():
            raise ValueError("hours and shortest must be above zero, and tolerance not below")
        return self

    def _step(self, memory: Values, micros: Values, values: Values) -> Verdict:
        value, since, repeats, _, ended, readings, _ = memory
        read = ~np.isnan(values)
        # As floats, for huge values: their difference is infinite, and that is a movement.
        same = np.abs(values - value) <= self.tolerance_
        self._forget(memory, np.where(read, micros, np.nan))
        allowed = np.maximum(self.factor * (memory[LONGEST] + 1), self.shortest_)
        usual = (ended >= self.ended) & (readings >= self.min_history)
        ends = read & ~same & ~np.isnan(value)
        rest = np.where(usual, np.fmin(repeats, allowed), repeats)
        memory[LONGEST] = np.where(ends, np.maximum(memory[LONGEST], rest), memory[LONGEST])
        memory[ENDED] = ended + ends
        memory[READINGS] = readings + read
        memory[REPEATS] = np.where(read, np.where(same, repeats + 1, 0), repeats)
        memory[VALUE] = np.where(read & ~same, values, value)
        memory[SINCE] = np.where(read & ~same, micros, since)
        by_count = np.where(usual, memory[REPEATS] / allowed, np.nan)
        hours = (micros - memory[SINCE]) / (MICROS_PER_SECOND * SECONDS_PER_HOUR)
        score = np.fmax(by_count, hours / self.hours_)
        return Verdict(np.where(read, score, np.nan))

    def _forget(self, memory: Values, micros: Values) -> None:
        """Let the longest rest fade by the time that has passed since the last reading."""
        # fmax takes the zero where there is no reading.
        days = np.fmax(micros - memory[LAST], 0.0) / (MICROS_PER_SECOND * SECONDS_PER_DAY)
        memory[LONGEST] *= np.exp2(-days / self.half_life_days)
        memory[LAST] = np.fmax(memory[LAST], micros)

    def learnt(self, state: State) -> NDArray[np.int64]:
        return np.minimum(state[:, READINGS], self.min_history).astype(np.int64)

    def explain(self, block: Block, scores: Scores, row: int, series: int) -> Explanation:
        evidence = evidence_of(block, scores, row, series)
        value, score = evidence["value"], evidence["score"]
        if value is None or score is None:
            return Explanation("It is not known yet how long this sensor rests", evidence)
        repeats, seconds = self._rest(block, row, series)
        # The block may have begun in the middle of the rest.
        reason = (
            f"It has stood at {named(value)} for at least {repeats} more readings and "
            f"{spoken(seconds)}: {score:.2g} times as long as it may"
        )
        return Explanation(reason, evidence | {"repeats": repeats, "hours": seconds / 3600})

    def _rest(self, block: Block, row: int, series: int) -> tuple[int, float]:
        """How many readings before this one equal it, as far as the block goes, and how long."""
        column = block.values[: row + 1, series]
        tolerance = self.tolerance_[series if self.tolerance_.size > 1 else 0]
        # Within the tolerance of each other here: the reading that the rest began with may
        # lie before the block.
        moved = np.flatnonzero(np.abs(column - column[row]) > 2 * tolerance)
        first = int(moved[-1]) + 1 if moved.size else 0
        read = np.flatnonzero(~np.isnan(column[first:])) + first
        span = micros_at(block, row, series) - micros_at(block, int(read[0]), series)
        return read.size - 1, span / MICROS_PER_SECOND
