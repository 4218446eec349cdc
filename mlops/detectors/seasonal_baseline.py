from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from mlops.detectors.base import Block, Detector, Explanation, Scope, Scores, State
from mlops.detectors.seasonal_learning import Judged, Pace, learn
from mlops.detectors.seasonal_state import WIDTH, Field, Packed
from mlops.detectors.tails import ONE_SIDED, TWO_SIDED, line_score, probability

SPIKE, SHIFT, DRIFT = range(3)
# The drift's own past is held down on purpose, so its spread is taken twice as wide.
DRIFT_WIDENED = 2.0
LINES = np.array([[ONE_SIDED], [TWO_SIDED], [DRIFT_WIDENED * TWO_SIDED]])
# Half the width of the band, in mean absolute residuals: 3.2 sigma of normal noise.
BAND = 4.0


class SeasonalBaseline(Detector):
    """How unlike its own past a series has become, given the level and the hour of day.

    A reading is held against a level and a profile of the day, both learnt as readings
    come, in units of the usual residual. Three channels watch the residuals z: the short
    mean of √(1 + |z|) sees spikes and noise, the mean of log(1 + |z|) with the sign of z
    sees a shift, and the distance of the level from the long-term level sees a slow drift.
    Each is held against its own slow history, which makes a tail probability of it: a
    series that is always wild has to be wilder still. The score is log p over log 1e-3.
    Why not the mean of |z| itself: the tails of machines are heavy, and a single reading
    would fill it. Why the root for spikes: under the logarithm a lone one has no weight.

    Why not thresholds on z itself: residuals of machines are neither normal nor
    independent, and a fixed number of deviations alarms every day on half the series.
    Why not an isolation forest: it knows no time, costs thousandfold, and has to be refitted.

    Steps of learning are clipped, so that a fault does not teach itself. A change of level
    that stays is relearnt: spike and shift fall silent within a hundred readings, the
    drift keeps saying that the level has moved until the long-term level has followed.
    That takes about 2000 readings for 10 usual residuals and, as the profile of the day has
    to recover as well, at most twelve days' worth of readings a minute for 100.

    Level, scale and histories count in readings, the profile of the day in time, and the
    means of spike and shift in between, see `seasonal_state`: a mean over so many readings
    alone is too nervous where they come every few minutes and too slow where they come
    every hour. The same readings give the same scores, however they are cut into blocks
    and with whatever other columns. State: 35 numbers, 280 bytes, for each series.

    References: Ahmad et al., Unsupervised real-time anomaly detection for streaming data,
    Neurocomputing 2017 (tails against their own history); Gelper et al., Robust forecasting
    with exponential and Holt-Winters smoothing, J. Forecasting 2010 (clipped steps).
    """

    version = 2
    scope = Scope.SENSOR
    channels: ClassVar[tuple[str, ...]] = ("spike", "shift", "drift")
    min_history = 200

    def __init__(
        self,
        level_step: float = 0.02,
        season_step: float = 1.0,
        scale_step: float = 0.001,
        spike_step: float = 0.07,
        shift_step: float = 0.08,
        long_step: float = 0.001,
        tail_step: float = 0.0002,
    ) -> None:
        """Each step is the share of a new reading in a mean: of 1/n readings, roughly.

        `season_step` is per hour of readings; `spike_step` and `shift_step` are of readings
        up to five minutes apart, of those further apart more. `long_step` is of the
        long-term level, `tail_step` of the channels' own histories.
        """
        self.level_step = level_step
        self.season_step = season_step
        self.scale_step = scale_step
        self.spike_step = spike_step
        self.shift_step = shift_step
        self.long_step = long_step
        self.tail_step = tail_step

    def fit(self, history: Block) -> Self:
        """Check the parameters. What there is to learn is learnt in `score`."""
        pace = Pace(
            level=self.level_step,
            scale=self.scale_step,
            spike=self.spike_step,
            shift=self.shift_step,
            long=self.long_step,
            tail=self.tail_step,
        )
        if not all(0 < step <= 1 for step in pace) or self.season_step < 0:
            raise ValueError(
                "every step must lie above 0 and be at most 1, the season's 0 or more"
            )
        self.pace_ = pace
        return self

    def begin(self, series: int) -> State:
        return np.zeros((series, WIDTH))

    def score(self, block: Block, state: State) -> tuple[Scores, State]:
        """Scores of a block, and the state after it.

        In a loop over rows, each step over all columns: 50 columns or more at once keep
        the cost of NumPy's calls small. The state is turned once, so that every field lies
        together in memory.
        """
        with np.errstate(all="ignore"):
            return self._scored(block, np.array(state.T, order="C"))

    def _scored(self, block: Block, fields: NDArray[np.float64]) -> tuple[Scores, State]:
        packed = Packed.of(block)
        judged = Judged.nothing(*block.values.shape)
        seen_at = np.where(fields[Field.COUNT] > 0, fields[Field.SEEN_AT], np.nan)
        for stretch in packed.stretches(seen_at, self.season_step):
            some = np.ascontiguousarray(fields[:, stretch.series])
            judged.write(stretch, learn(some, stretch, self.pace_))
            fields[:, stretch.series] = some
        if block.rows:
            last = np.take_along_axis(packed.micros, np.maximum(packed.counts - 1, 0)[None], 0)[0]
            fields[Field.SEEN_AT] = np.where(packed.counts > 0, last, fields[Field.SEEN_AT])
        return self._scores(packed, judged), np.ascontiguousarray(fields.T)

    def _scores(self, packed: Packed, judged: Judged) -> Scores:
        # The channel that is furthest out in units of its own alarm line has the word, so
        # that only one tail has to be computed.
        spike, shift, drift = (judged.deviations / LINES).transpose(1, 0, 2)
        shift = np.abs(shift)
        furthest = np.maximum(np.maximum(spike, shift), drift)
        channel = np.where(furthest > shift, DRIFT, SHIFT)
        channel[spike >= furthest] = SPIKE
        score = line_score(furthest, channel != SPIKE)
        score[judged.count <= self.min_history] = np.nan
        width = BAND * judged.unit
        back = packed.unpacked
        return Scores(
            score=back(score),
            expected=back(judged.expected),
            low=back(judged.expected - width),
            high=back(judged.expected + width),
            channel=back(channel.astype(np.float64)).astype(np.int8),
        )

    def learnt(self, state: State) -> NDArray[np.int64]:
        return np.minimum(state[:, Field.COUNT], self.min_history).astype(np.int64)

    def explain(self, block: Block, scores: Scores, row: int, series: int) -> Explanation:
        value, score = float(block.values[row, series]), float(scores.score[row, series])
        expected = float(scores.expected[row, series])
        low, high = float(scores.low[row, series]), float(scores.high[row, series])
        if not np.isfinite([value, score]).all():
            return Explanation("there is nothing to say of this reading yet", {})
        channel = self.channels[int(scores.channel[row, series])]
        said = SAID[channel] if score >= 1 else "and lately this is nothing unusual for it"
        where = "inside" if low <= value <= high else "above" if value > high else "below"
        return Explanation(
            reason=(
                f"{value:.4g}, {where} the expected {low:.4g} to {high:.4g} "
                f"(around {expected:.4g}), {said} (p = {probability(score):.1g})"
            ),
            evidence={
                "value": value,
                "expected": expected,
                "expected_low": low,
                "expected_high": high,
                "probability": probability(score),
            },
        )


SAID = {
    "spike": "and the last few readings lie further off than they have ever been used to",
    "shift": "and the last readings all lie off to one side",
    "drift": "and the level has moved away from its long-term one",
}
