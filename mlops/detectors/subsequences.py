from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from mlops.detectors.base import (
    Block,
    Detector,
    Explanation,
    NotEnoughHistoryError,
    Scores,
    State,
    Times,
    Values,
)
from mlops.detectors.naming import under
from mlops.detectors.period import dominant_period
from mlops.detectors.repertoire import Repertoire, runs_of
from mlops.detectors.shapes import Shapes

# Lengths of sub-sequences, in periods: a short fault fills the short ones, a missing cycle
# shows in the long one only.
PARTS = (0.25, 0.5, 1.0)
SHORTEST = 4
# Of the spread of the history; without it a history that repeats itself to the digit would
# make an alarm of any rounding.
LOWEST_LINE = 0.1
# More do not change what is found; they bound the cost of a fit.
LEARNT_WINDOWS = 20_000
# In the state, the time of the last reading and its run come before the last readings.
BEFORE_TAIL = 2


class Subsequences(Detector):
    """Distance of the last readings, as a shape, to the nearest shape of the history.

    For signals that repeat themselves, where each value alone is ordinary and only their
    order is wrong. Sub-sequences of a quarter, a half and a whole period are compared
    with the k-means centres of those of the history, and the mean of the three distances
    is the score; the mean, for their maximum was not seen to rank any better.
    Distances to the nearest sub-sequence of all find little more, but keep the history.

    The alarm line is a quantile of distances that blocks of the history have to shapes
    learnt from the other blocks: distances to shapes learnt from the same rows are too
    small. It is never less than a tenth of the history's own spread.

    Readings are taken as evenly spaced; those that are missing are skipped. With `gap`,
    no shape reaches over a time between two readings that is so many times as long as the
    usual one: it is neither learnt nor scored. The first readings are seen together with
    the last of the history, so fit it on what came right before, and on more periods than
    two. Constant histories have no spread: there any other value is an alarm.

    `period` in readings, None to find it; `centres` per length; `shrinkage` of the
    variances from 0 to 1; `quantile` of normal history at the alarm line, and `margin`
    times as far the line itself; `folds` of the history, in order of time.

    References: Paparrizos et al., TSB-UAD, PVLDB 15(8), 2022 (k-means on sub-sequences);
    Hotelling, Multivariate Quality Control, 1947; Ledoit and Wolf, JMVA 88, 2004.
    """

    channels = tuple(f"shape over {part:g} of a period" for part in PARTS)
    min_history = 200

    def __init__(
        self,
        period: int | None = None,
        centres: int = 20,
        shrinkage: float = 0.2,
        quantile: float = 0.99,
        folds: int = 4,
        gap: float | None = None,
        margin: float = 1.0,
    ) -> None:
        self.period = period
        self.centres = centres
        self.shrinkage = shrinkage
        self.quantile = quantile
        self.folds = folds
        self.gap = gap
        self.margin = margin

    def fit(self, history: Block) -> Self:
        self._check()
        micros = np.broadcast_to(history.micros, history.values.shape)
        columns = zip(micros.T, history.values.T, strict=True)
        self.repertoires_ = [self._learn(times, column) for times, column in columns]
        return self

    def _check(self) -> None:
        if self.period is not None and self.period < SHORTEST:
            raise ValueError(f"a period has at least {SHORTEST} readings")
        if self.centres < 1 or self.folds < 2:
            raise ValueError("there must be a centre and two folds")
        if not (0 <= self.shrinkage <= 1 and 0 < self.quantile <= 1):
            raise ValueError("shrinkage and quantile lie between 0 and 1")
        if not (self.gap is None or self.gap > 0) or not self.margin > 0:
            raise ValueError("gap and margin are above 0")

    def _learn(self, times: Times, column: Values) -> Repertoire:
        there = ~np.isnan(column)
        micros, values = times[there], column[there]
        if values.size < self.min_history:
            raise NotEnoughHistoryError(values.size, self.min_history)
        level, unit = float(np.median(values)), _unit(values)
        scaled = (values - level) / unit
        period = self.period or dominant_period(scaled)
        # Four of the longest have to fit in, or there is nothing to compare.
        lengths = [int(np.clip(period * p, SHORTEST, values.size // 4)) for p in PARTS]
        longest = max(lengths)
        interval = float(np.median(np.diff(micros)))
        runs = runs_of(micros, self._widest(interval), -np.inf, 0)
        # Windows of all lengths that end at the same readings, and cross no gap.
        ends = np.flatnonzero(runs[longest - 1 :] >= longest)
        if ends.size < self.min_history // 2:
            raise NotEnoughHistoryError(ends.size, self.min_history // 2)
        step = -(-values.size // LEARNT_WINDOWS)
        windows = [sliding_window_view(scaled, n)[longest - n :][ends[::step]] for n in lengths]
        shapes = tuple(Shapes.learn(w, self.centres, self.shrinkage) for w in windows)
        held_out = np.array([self._held_out(w, -(-w.shape[1] // step)) for w in windows])
        lines = np.array([self._line(distances) for distances in held_out])
        line = self.margin * self._line(np.mean(held_out / lines[:, None], axis=0))
        tail = values[values.size - longest + 1 :].copy()
        ended, run = float(micros[-1]), float(runs[-1])
        return Repertoire(level, unit, shapes, lines, line, tail, ended, interval, run)

    def _widest(self, interval: float) -> float:
        return np.inf if self.gap is None else self.gap * interval

    def _held_out(self, windows: Values, gap: int) -> Values:
        """Distances of each block of the history to the shapes of the others."""
        distances = np.empty(len(windows))
        rows = np.arange(len(windows))
        for block in np.array_split(rows, self.folds):
            # Windows that overlap the block know it.
            others = (rows <= block[0] - gap) | (rows >= block[-1] + gap)
            shapes = Shapes.learn(windows[others], self.centres, self.shrinkage)
            distances[block] = shapes.nearest(windows[block])[0]
        return distances

    def _line(self, distances: Values) -> float:
        return max(float(np.quantile(distances, self.quantile)), LOWEST_LINE)

    def begin(self, series: int) -> State:
        if series != len(self.repertoires_):
            raise ValueError(f"fitted on {len(self.repertoires_)} series, not {series}")
        width = max((r.tail.size for r in self.repertoires_), default=0)
        state = np.full((series, BEFORE_TAIL + width), np.nan)
        for row, repertoire in zip(state, self.repertoires_, strict=True):
            row[:BEFORE_TAIL] = repertoire.ended, repertoire.run
            row[row.size - repertoire.tail.size :] = repertoire.tail
        return state

    def score(self, block: Block, state: State) -> tuple[Scores, State]:
        shape = block.values.shape
        micros = np.broadcast_to(block.micros, shape)
        score, expected = np.full(shape, np.nan), np.full(shape, np.nan)
        channel, after = np.zeros(shape, dtype=np.int8), state.copy()
        for i, repertoire in enumerate(self.repertoires_):
            there = np.flatnonzero(~np.isnan(block.values[:, i]))
            if not there.size:
                continue
            times, lags = micros[there, i], state[i, -repertoire.tail.size :]
            values = np.concatenate([lags, block.values[there, i]])
            runs = runs_of(times, self._widest(repertoire.interval), *state[i, :BEFORE_TAIL])
            whole = runs >= repertoire.longest
            parts, near = repertoire.score(values)
            score[there[whole], i] = parts.mean(axis=0)[whole]
            expected[there[whole], i] = near[whole]
            channel[there, i] = parts.argmax(axis=0)
            after[i, :BEFORE_TAIL] = times[-1], min(runs[-1], repertoire.longest)
            after[i, -lags.size :] = values[-lags.size :]
        unknown = np.full(shape, np.nan)
        return Scores(score, expected, unknown, unknown.copy(), channel), after

    def learnt(self, state: State) -> NDArray[np.int64]:
        return np.full(len(state), self.min_history, dtype=np.int64)

    def explain(self, block: Block, scores: Scores, row: int, series: int) -> Explanation:
        value = float(block.values[row, series])
        score, expected = float(scores.score[row, series]), float(scores.expected[row, series])
        shapes = self.repertoires_[series].shapes[scores.channel[row, series]]
        reason = (
            f"the last {shapes.mean.size} readings up to {value:.4g} look like nothing in the "
            f"history: {score:.1f} times the alarm line (the nearest shape ends at {expected:.4g})"
        )
        if score < 1:
            reason = f"the readings up to {value:.4g} look like the history"
        evidence = {"value": value, "score": score, "expected": expected}
        return Explanation(reason, evidence | {"readings": float(shapes.mean.size)})

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All that was learnt, by name, for from_arrays."""
        return {
            f"{index}.{name}": array
            for index, repertoire in enumerate(self.repertoires_)
            for name, array in repertoire.arrays().items()
        }

    @classmethod
    def from_arrays(
        cls, parameters: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]
    ) -> Self:
        """The detector with these hyper-parameters that learnt what `arrays` gave."""
        detector = cls(**parameters)
        series = {name.partition(".")[0] for name in arrays}
        detector.repertoires_ = [
            Repertoire.from_arrays(under(str(index), arrays)) for index in range(len(series))
        ]
        return detector

    @property
    def longest(self) -> int:
        """Readings in the longest shape of all series."""
        return max((r.longest for r in self.repertoires_), default=0)

    @property
    def width(self) -> int:
        """Of how many columns it was taught."""
        return len(self.repertoires_)

    @property
    def nbytes(self) -> int:
        """Bytes of what is learnt, of all series."""
        return sum(shapes.nbytes for r in self.repertoires_ for shapes in r.shapes)


def _unit(values: Values) -> float:
    """Standard deviation; for constant values a hair, for then any change is a lot."""
    return max(float(np.std(values)), 1e-9 * float(np.abs(values).max()), 1e-12)
