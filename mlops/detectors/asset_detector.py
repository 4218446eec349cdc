"""What the detectors of whole assets share: from statistics of rows to scores."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from mlops.detectors.asset_columns import AssetColumns
from mlops.detectors.base import (
    ALARM_LINE,
    Block,
    Detector,
    Explanation,
    NotEnoughHistoryError,
    Scope,
    Scores,
    State,
    Values,
)
from mlops.detectors.calibration import alarm_line, held_out_slices, likely_quantile
from mlops.detectors.naming import under
from mlops.detectors.statistic import Statistic

# The statistics are made comparable where both still have many held-out rows.
UNIT_TAIL = 0.01
# Rows before a held-out slice over which its smoothing finds its level.
WARM_UP = 30
TOP_CONTRIBUTORS = 4


class AssetDetector(Detector):
    """One score for all sensors of an asset, from the mean of some statistics.

    Each statistic is divided by its own 99 % line on held-out normal rows, so that none
    outweighs the others. The mean is held against the line that a normal row passes with
    probability `tail`; the less the history is worth, the higher that line. Every row of
    the history is held out once, in a slice of time, and scored by a model of the other
    rows; the model on duty then knows all rows.

    Rows in which nothing was read have no score. Which sensors are watched is said in
    AssetColumns. The score is a ratio of distances, not of their squares.
    """

    version: ClassVar[int] = 2
    scope: ClassVar[Scope] = Scope.ASSET
    channels: ClassVar[tuple[str, ...]] = ("pattern",)
    min_history: ClassVar[int] = 100
    tail: float
    folds: int
    carry: int
    clip: float
    min_samples: float

    @abstractmethod
    def statistics(self) -> list[Statistic]:
        """The statistics whose mean is the score, unfitted. ValueError for bad parameters."""

    def fit(self, history: Block) -> Self:
        self._check()
        values = history.values[~np.isnan(history.values).all(axis=1)]
        if len(values) < self.min_history:
            raise NotEnoughHistoryError(len(values), self.min_history)
        self.rows_, self.all_columns_ = len(values), history.columns
        self.units_: Values = np.ones(len(self.statistics()))
        self.line_ = 1.0
        held_out = self._held_out(values)
        self._learn(values)
        if self.columns_.kept_.size:
            self.units_ = np.array([likely_quantile(s, UNIT_TAIL) for s in held_out])
            together = (held_out / self.units_[:, None]).mean(axis=0)
            self.line_ = self._line(together)
        return self

    def begin(self, series: int) -> State:
        parts = [self.columns_.begin(), *(s.begin() for s in self.statistics_)]
        return np.tile(np.concatenate(parts), (series, 1))

    def score(self, block: Block, state: State) -> tuple[Scores, State]:
        rows = np.flatnonzero(~np.isnan(block.values).all(axis=1))
        score = np.full((block.rows, 1), np.nan)
        shares = np.full((block.rows, block.columns), np.nan)
        after = state.copy()
        if rows.size and self.columns_.kept_.size:
            parts, features, after[0] = self._run(block.values[rows], state[0])
            parts /= self.units_[:, None]
            score[rows, 0] = np.sqrt(parts.mean(axis=0) / self.line_)
            past = np.flatnonzero(score[rows, 0] >= ALARM_LINE)
            if past.size:
                shares[rows[past]] = self._shares(parts[:, past], [f[past] for f in features])
        nothing = np.full_like(score, np.nan)
        channel = np.zeros(score.shape, np.int8)
        return Scores(score, nothing, nothing, nothing, channel, shares), after

    def learnt(self, state: State) -> NDArray[np.int64]:
        return np.full(len(state), min(self.rows_, self.min_history), np.int64)

    def explain(self, block: Block, scores: Scores, row: int, series: int) -> Explanation:
        score = float(scores.score[row, series])
        evidence: dict[str, float | None] = {"score": None if np.isnan(score) else score}
        if np.isnan(score) or score < ALARM_LINE or scores.contributions is None:
            return Explanation("the sensors agree with each other as they usually do", evidence)
        shares = scores.contributions[row]
        expected = self.columns_.expected(block.values[row])
        words = []
        for column in np.argsort(-shares, kind="stable")[:TOP_CONTRIBUTORS]:
            if shares[column] > 0:
                value, usual = float(block.values[row, column]), float(expected[column])
                evidence[f"column_{column}_share"] = float(shares[column])
                evidence[f"column_{column}_value"] = None if np.isnan(value) else value
                evidence[f"column_{column}_expected"] = usual
                read = "missing" if np.isnan(value) else f"{value:.4g}"
                words.append(
                    f"column {column} ({shares[column]:.0%}: {read}, expected {usual:.4g})"
                )
        reason = f"the sensors together are {score:.3g} times as far from normal as allowed"
        return Explanation(f"{reason}; candidates: {', '.join(words)}", evidence)

    def arrays(self) -> dict[str, NDArray]:
        """All that was learnt, by name, for from_arrays."""
        kept: dict[str, NDArray] = {
            "units": self.units_,
            "numbers": np.array([self.line_, self.rows_, self.all_columns_], float),
        }
        kept |= {f"columns.{name}": array for name, array in self.columns_.arrays().items()}
        for index, statistic in enumerate(self.statistics_):
            kept |= {f"{index}.{name}": array for name, array in statistic.arrays().items()}
        return kept

    @classmethod
    def from_arrays(cls, parameters: Mapping[str, Any], arrays: Mapping[str, NDArray]) -> Self:
        """The detector with these hyper-parameters that learnt what `arrays` gave."""
        detector = cls(**parameters)
        line, rows, columns = arrays["numbers"]
        detector.line_, detector.rows_ = float(line), int(rows)
        detector.all_columns_ = int(columns)
        detector.units_ = arrays["units"]
        detector.columns_ = detector._unfitted_columns().restore(under("columns", arrays))
        detector.statistics_ = [
            statistic.restore(under(str(index), arrays))
            for index, statistic in enumerate(detector.statistics())
            if detector.columns_.kept_.size
        ]
        return detector

    @property
    def width(self) -> int:
        """Of how many columns it was taught."""
        return self.all_columns_

    def _line(self, held_out: Values) -> float:
        return alarm_line(held_out, self.tail)

    def _check(self) -> None:
        if not 0 < self.tail < 0.5:
            raise ValueError("tail must be above 0 and below 0.5")
        if self.folds < 2 or self.carry < 0 or self.clip <= 0:
            raise ValueError("there must be two folds, carry must not be negative, clip above 0")

    def _unfitted_columns(self) -> AssetColumns:
        return AssetColumns(self.carry, self.clip, self.min_samples)

    def _learn(self, values: Values) -> None:
        self.columns_ = self._unfitted_columns().fit(values)
        rows, _ = self.columns_.standardise(values, self.columns_.begin())
        unfitted = self.statistics() if self.columns_.kept_.size else []
        self.statistics_ = [statistic.fit(rows) for statistic in unfitted]

    def _held_out(self, values: Values) -> Values:
        """The statistics of every row by a model that was fitted without its slice."""
        scores = np.zeros((self.units_.size, len(values)))
        for held in held_out_slices(len(values), self.folds):
            self._learn(np.delete(values, held, axis=0))
            if self.columns_.kept_.size:
                start = max(held.start - WARM_UP, 0)
                parts, _, _ = self._run(values[start : held.stop], self.begin(1)[0])
                scores[:, held] = parts[:, held.start - start :]
        return scores

    def _run(self, values: Values, state: Values) -> tuple[Values, list[Values], Values]:
        """Statistics of rows, of shape (statistics, rows), their features, state after."""
        widths = np.cumsum([self.columns_.width, *(s.width for s in self.statistics_)])
        own, *others = np.split(state, widths[:-1])
        rows, own = self.columns_.standardise(values, own)
        ran = [s.values(rows, old) for s, old in zip(self.statistics_, others, strict=True)]
        after = np.concatenate([own, *(new for _, _, new in ran)])
        return np.array([part for part, _, _ in ran]), [f for _, f, _ in ran], after

    def _shares(self, parts: Values, features: list[Values]) -> Values:
        """What each column adds to the score, over all statistics."""
        weights = parts / parts.sum(axis=0)
        shares = np.zeros((parts.shape[1], self.all_columns_))
        for weight, statistic, feature in zip(weights, self.statistics_, features, strict=True):
            shares[:, self.columns_.kept_] += weight[:, None] * statistic.contributions(feature)
        return shares
