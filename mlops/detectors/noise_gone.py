from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray

from mlops.detectors.base import Block, Explanation, Scores, State, Values
from mlops.detectors.explaining import evidence_of, named
from mlops.detectors.parameters import positive
from mlops.detectors.stepwise import MICROS_PER_SECOND, Stepwise, Verdict

Mask = NDArray[np.bool_]

SECONDS_PER_DAY = 86_400.0
# The last two values; the short mean of roots of bends; the logarithm of the noise as it
# usually is, at its usual calmest, and at its calmest within an alarm; the share of readings
# without any noise; how many readings, time of the last.
VALUE, BEFORE, ROOTS, USUAL, CALMEST, ALARMED, RESTS, READINGS, LAST = range(9)
# Below a millionth of the usual noise there is none.
NO_NOISE = np.log(1e-6)
# Differences of floats this many units in the last place wide are rounding, not noise.
ROUNDING = 8 * np.finfo(np.float64).eps
LOWEST, HIGHEST = np.finfo(np.float64).tiny, np.finfo(np.float64).max
USUAL_STEP, CALMEST_STEP = 0.002, 0.01
# A sensor that is without noise in more of its readings has none to lose.
MOST_RESTS = 0.2


class NoiseGone(Stepwise):
    """A sensor that goes on sending, but a signal that is constant or too smooth.

    A living sensor is never quite still. The noise of the last `span` readings is taken
    from their bends (second differences), which a slow course of the value does not touch;
    of roots of them, for one spike may not hide the silence after it. The score is 1 when
    the noise is `times` weaker than it usually gets at its calmest, on a logarithmic line
    from its usual strength. While it alarms it learns nothing. If the noise then returns,
    calm was normal, and the calmest is lowered by `times` squared at most; it is forgotten
    with a half-life.

    A sensor that often stands still or follows a straight line (few digits, a switch, a
    set point) has no noise to lose, and scores 0; Stuck says more of it.

    References: von Neumann, Distribution of the Ratio of the Mean Square Successive
    Difference to the Variance, 1941, for noise from differences; Sharma, Golubchik and
    Govindan, Sensor Faults, ACM TOSN 6(3), 2010.
    """

    channels = ("noise",)
    min_history = 200
    blank = (np.nan, np.nan, 0.0, 0.0, np.nan, np.nan, 0.0, 0.0, np.nan)

    def __init__(self, times: float = 4.0, span: int = 20, half_life_days: float = 28.0) -> None:
        self.times = times
        self.span = span
        self.half_life_days = half_life_days

    def fit(self, history: Block) -> Self:
        """Check the parameters; noise is learnt from reading to reading."""
        if not self.times > 1:
            raise ValueError("times must be above one")
        if not 1 < self.span <= self.min_history / 4:
            raise ValueError(f"span must be between 2 and {self.min_history // 4}")
        positive(half_life_days=self.half_life_days)
        return self

    def _step(self, memory: Values, micros: Values, values: Values) -> Verdict:
        read = ~np.isnan(values)
        bend, rounding = _bend(values, memory[VALUE], memory[BEFORE])
        bent, rests = ~np.isnan(bend), bend <= rounding
        memory[BEFORE] = np.where(read, memory[VALUE], memory[BEFORE])
        memory[VALUE] = np.where(read, values, memory[VALUE])
        memory[READINGS] += read
        # Of the first two readings there is no bend.
        bends = np.maximum(memory[READINGS] - 2, 1)
        step = np.maximum(1 / bends, 1 / self.span)
        roots = memory[ROOTS] + step * (np.sqrt(bend) - memory[ROOTS])
        memory[ROOTS] = np.where(bent, roots, memory[ROOTS])
        noise = 2 * np.log(memory[ROOTS])
        ready = bent & (memory[READINGS] > self.min_history)
        noise = np.where(ready, np.maximum(noise, memory[USUAL] + NO_NOISE), noise)
        self._forget(memory, np.where(read, micros, np.nan))
        line = memory[USUAL] - memory[CALMEST] + np.log(self.times)
        calm = np.where(memory[RESTS] > MOST_RESTS, 0.0, memory[USUAL] - noise)
        score = np.where(ready, np.maximum(calm, 0.0) / line, np.nan)
        self._learn(memory, noise, bent, rests, score)
        return Verdict(score)

    def _forget(self, memory: Values, micros: Values) -> None:
        """Let the calmest return to the usual by the time that has passed."""
        # fmax takes the zero where there is no reading.
        days = np.fmax(micros - memory[LAST], 0.0) / (MICROS_PER_SECOND * SECONDS_PER_DAY)
        lost = 1 - np.exp2(-days / self.half_life_days)
        memory[CALMEST] += np.where(lost > 0, lost * (memory[USUAL] - memory[CALMEST]), 0.0)
        memory[LAST] = np.fmax(memory[LAST], micros)

    def _learn(
        self, memory: Values, noise: Values, bent: Mask, rests: Mask, score: Values
    ) -> None:
        calmest, alarmed = memory[CALMEST], memory[ALARMED]
        over = score >= 1
        learns = bent & ~over
        bends = np.maximum(memory[READINGS] - 2, 1)
        step = np.maximum(1 / bends, USUAL_STEP)
        usual = memory[USUAL] + step * (noise - memory[USUAL])
        # In small steps, or noise that fades would take its own line with it.
        lower = np.minimum(np.maximum(noise, calmest - CALMEST_STEP), calmest)
        lower = np.where(np.isnan(score), np.fmin(noise, calmest), lower)
        lower = np.where(bends >= self.span, lower, np.nan)
        leave = np.fmax(alarmed, calmest - 2 * np.log(self.times))
        lower = np.where(np.isnan(alarmed), lower, np.fmin(lower, leave))
        share = memory[RESTS] + step * (rests - memory[RESTS])
        memory[RESTS] = np.where(learns, share, memory[RESTS])
        memory[USUAL] = np.where(learns, usual, memory[USUAL])
        memory[CALMEST] = np.where(learns, np.fmin(lower, usual), calmest)
        alarmed = np.where(over, np.fmin(alarmed, noise), alarmed)
        memory[ALARMED] = np.where(learns, np.nan, alarmed)

    def learnt(self, state: State) -> NDArray[np.int64]:
        return np.minimum(state[:, READINGS], self.min_history).astype(np.int64)

    def explain(self, block: Block, scores: Scores, row: int, series: int) -> Explanation:
        evidence = evidence_of(block, scores, row, series)
        if evidence["score"] is None:
            return Explanation("It is not known yet how noisy this sensor is", evidence)
        column = block.values[: row + 1, series]
        recent = column[~np.isnan(column)][-self.span :]
        lowest, highest = float(recent.min()), float(recent.max())
        has = "has lost" if evidence["score"] >= 1 else "still has"
        reason = (
            f"It reads {named(evidence['value'])} and {has} its usual noise: the last "
            f"{recent.size} readings went from {recent[0]:.4g} to {recent[-1]:.4g}"
        )
        return Explanation(reason, evidence | {"lowest": lowest, "highest": highest})


def _bend(values: Values, last: Values, before: Values) -> tuple[Values, Values]:
    """How far a value is off the line through the two before it, and the rounding of that.

    The bend is at least its rounding, so that it has a logarithm.
    """
    size = np.maximum(np.abs(values), np.maximum(np.abs(last), np.abs(before)))
    rounding = np.maximum(size * ROUNDING, LOWEST)
    bend = np.abs((values - last) - (last - before))
    return np.minimum(np.maximum(bend, rounding), HIGHEST), rounding
