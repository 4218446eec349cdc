from __future__ import annotations

from dataclasses import dataclass
from typing import Self

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
    Values,
)
from mlops.detectors.period import dominant_period
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


@dataclass(frozen=True, slots=True)
class Repertoire:
    """What one series usually looks like. `lines` are the alarm lines of the shapes."""

    level: float
    unit: float
    shapes: tuple[Shapes, ...]
    lines: Values
    line: float
    tail: Values

    def score(self, values: Values) -> tuple[Values, Values]:
        """Scores by length, of shape (lengths, rows), and the expected values.

        `values` begin with what came before the rows to score, as long as `tail`.
        """
        scaled = (values - self.level) / self.unit
        scores, endings = [], []
        for shapes, line in zip(self.shapes, self.lines, strict=True):
            first = self.tail.size - shapes.mean.size + 1
            distance, ending = shapes.nearest(
                sliding_window_view(scaled[first:], shapes.mean.size)
            )
            scores.append(distance / (line * self.line))
            endings.append(ending)
        return np.array(scores), self.level + self.unit * endings[0]


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

    Readings are taken as evenly spaced; those that are missing are skipped. The first
    readings are seen together with the last of the history, so fit it on what came
    right before, and on more periods than two. Constant histories have no spread: there
    any other value is an alarm.

    `period` in readings, None to find it; `centres` per length; `shrinkage` of the
    variances from 0 to 1; `quantile` of normal history at the alarm line; `folds` of the
    history, in order of time.

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
    ) -> None:
        self.period = period
        self.centres = centres
        self.shrinkage = shrinkage
        self.quantile = quantile
        self.folds = folds

    def fit(self, history: Block) -> Self:
        self._check()
        self.repertoires_ = [self._learn(column) for column in history.values.T]
        return self

    def _check(self) -> None:
        if self.period is not None and self.period < SHORTEST:
            raise ValueError(f"a period has at least {SHORTEST} readings")
        if self.centres < 1 or self.folds < 2:
            raise ValueError("there must be a centre and two folds")
        if not (0 <= self.shrinkage <= 1 and 0 < self.quantile <= 1):
            raise ValueError("shrinkage and quantile lie between 0 and 1")

    def _learn(self, column: Values) -> Repertoire:
        values = column[~np.isnan(column)]
        if values.size < self.min_history:
            raise NotEnoughHistoryError(values.size, self.min_history)
        level, unit = float(np.median(values)), _unit(values)
        scaled = (values - level) / unit
        period = self.period or dominant_period(scaled)
        # Four of the longest have to fit in, or there is nothing to compare.
        lengths = [int(np.clip(period * p, SHORTEST, values.size // 4)) for p in PARTS]
        longest = max(lengths)
        # Windows of all lengths that end at the same readings.
        step = -(-values.size // LEARNT_WINDOWS)
        windows = [sliding_window_view(scaled, n)[longest - n :: step] for n in lengths]
        shapes = tuple(Shapes.learn(w, self.centres, self.shrinkage) for w in windows)
        held_out = np.array([self._held_out(w, -(-w.shape[1] // step)) for w in windows])
        lines = np.array([self._line(distances) for distances in held_out])
        line = self._line(np.mean(held_out / lines[:, None], axis=0))
        tail = values[values.size - longest + 1 :].copy()
        return Repertoire(level, unit, shapes, lines, line, tail)

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
        state = np.full((series, width), np.nan)
        for row, repertoire in zip(state, self.repertoires_, strict=True):
            row[width - repertoire.tail.size :] = repertoire.tail
        return state

    def score(self, block: Block, state: State) -> tuple[Scores, State]:
        shape = block.values.shape
        score, expected = np.full(shape, np.nan), np.full(shape, np.nan)
        channel, after = np.zeros(shape, dtype=np.int8), state.copy()
        for i, repertoire in enumerate(self.repertoires_):
            there = ~np.isnan(block.values[:, i])
            if not there.any():
                continue
            lags = state[i, state.shape[1] - repertoire.tail.size :]
            values = np.concatenate([lags, block.values[there, i]])
            parts, expected[there, i] = repertoire.score(values)
            score[there, i] = parts.mean(axis=0)
            channel[there, i] = parts.argmax(axis=0)
            after[i, state.shape[1] - lags.size :] = values[values.size - lags.size :]
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

    @property
    def nbytes(self) -> int:
        """Bytes of what is learnt, of all series."""
        return sum(shapes.nbytes for r in self.repertoires_ for shapes in r.shapes)


def _unit(values: Values) -> float:
    """Standard deviation; for constant values a hair, for then any change is a lot."""
    return max(float(np.std(values)), 1e-9 * float(np.abs(values).max()), 1e-12)
