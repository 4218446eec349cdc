"""An asset's sensors on one scale, without gaps: what its detectors compute with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mlops.detectors.base import Values
from mlops.detectors.effective_samples import effective_samples

# Below this part of its largest value the movement of a column is rounding.
ROUNDING = 1e-10
# Columns are not all but copies of each other to more than this: no inverse blows up.
RIDGE = 1e-3
# The age of a value that was never read; finite, for states are stored.
NEVER = 1e12


class AssetColumns:
    """Which sensors of an asset to watch together, and how to bring them to one scale.

    Left out are sensors that never moved, for nothing is known of their scale, and sensors
    that wander: where the history is worth fewer than `min_samples` independent readings,
    neither level nor spread of a sensor is known, and each of its slow turns would look
    like a fault. If all wander, all that move are watched.

    A missing value is what the other sensors let expect; where the last value told more
    than they in the history, it is that, for at most `carry` rows. Deviations beyond
    `clip` standard deviations count as `clip`: one broken sensor is an alarm, but it does
    not fill the memory of the smoothing for hours.
    """

    def __init__(self, carry: int = 5, clip: float = 20.0, min_samples: float = 10.0) -> None:
        self.carry = carry
        self.clip = clip
        self.min_samples = min_samples

    @property
    def width(self) -> int:
        """The size of the state: of each watched column its last value and its age."""
        return 2 * self.kept_.size

    def fit(self, history: Values) -> Self:
        """Learn from normal rows of shape (rows, columns), NaN where a reading is missing."""
        seen = ~np.isnan(history)
        count = np.maximum(seen.sum(axis=0), 1)
        filled = np.where(seen, history, 0.0)
        # In parts of the largest value, so that no square is too large or too small.
        largest = np.abs(filled).max(axis=0, initial=0.0)
        filled /= np.where(largest > 0, largest, 1.0)
        centre = filled.sum(axis=0) / count
        deviations = np.where(seen, filled - centre, 0.0)
        scale = np.sqrt((deviations**2).sum(axis=0) / count)
        self.centre_, self.scale_ = centre * largest, scale * largest
        moving = (scale > ROUNDING) & (2 * count >= len(history))
        self.kept_ = np.flatnonzero(moving)
        # As if the mean had been read: only for the first look at the correlations.
        rows = deviations[:, self.kept_] / scale[self.kept_]
        worth = np.array([effective_samples(column) for column in rows.T])
        if (worth >= self.min_samples).any():
            rows = rows[:, worth >= self.min_samples]
            self.kept_ = self.kept_[worth >= self.min_samples]
        self.precision_ = _precision(rows)
        # The mean square error of the last value against that of the other sensors.
        gaps = ~seen[:, self.kept_]
        steps = [_mean_square_step(c[~g]) for c, g in zip(rows.T, gaps.T, strict=True)]
        self.carried_ = np.array(steps) < 1 / np.diag(self.precision_)
        return self

    def begin(self) -> Values:
        """The state in which nothing was read yet."""
        return np.concatenate([np.zeros(self.kept_.size), np.full(self.kept_.size, NEVER)])

    def standardise(self, values: Values, state: Values) -> tuple[Values, Values]:
        """Rows of the watched columns in standard deviations, and the state after them."""
        last, age = np.split(state, 2)
        # What is too large for a float is clipped with the rest.
        with np.errstate(over="ignore"):
            read = (values[:, self.kept_] - self.centre_[self.kept_]) / self.scale_[self.kept_]
        read = np.clip(read, -self.clip, self.clip)
        # The row before the block, so that a value is carried from block to block.
        read = np.vstack([np.where(age >= NEVER, np.nan, last), read])
        numbers = np.arange(len(read))[:, None]
        where = np.maximum.accumulate(np.where(np.isnan(read), 0, numbers), axis=0)
        rows = np.take_along_axis(read, where, axis=0)
        ages = numbers - where + np.where(where == 0, age, 0.0)
        after = np.concatenate([np.nan_to_num(rows[-1]), ages[-1]])
        rows[ages > np.where(self.carried_, self.carry, 0)] = np.nan
        return np.clip(self._filled(rows[1:]), -self.clip, self.clip), after

    def expected(self, row: Values) -> Values:
        """Of each column of one row, what the others let expect, in the unit of the values."""
        expected = np.full(row.size, np.nan)
        read, _ = self.standardise(row[None, :], self.begin())
        standard = read[0]
        pulled = standard - (self.precision_ @ standard) / np.diag(self.precision_)
        expected[self.kept_] = self.centre_[self.kept_] + self.scale_[self.kept_] * pulled
        return expected

    def arrays(self) -> dict[str, NDArray]:
        """All that was learnt, to be kept."""
        names = ("centre", "scale", "kept", "precision", "carried")
        return {name: getattr(self, f"{name}_") for name in names}

    def restore(self, arrays: Mapping[str, NDArray]) -> Self:
        """Take back what `arrays` gave."""
        for name, array in arrays.items():
            setattr(self, f"{name}_", array)
        return self

    def _filled(self, rows: Values) -> Values:
        """Rows with the mean of the missing given the others; rows are changed in place."""
        gaps = np.isnan(rows)
        if not gaps.any():
            return rows
        patterns, number = np.unique(gaps, axis=0, return_inverse=True)
        for index, missing in enumerate(patterns):
            if missing.any():
                here = np.flatnonzero(number.ravel() == index)
                inner = self.precision_[np.ix_(missing, missing)]
                across = self.precision_[np.ix_(missing, ~missing)]
                known = rows[np.ix_(here, ~missing)]
                rows[np.ix_(here, missing)] = -known @ np.linalg.solve(inner, across).T
        return rows


def _mean_square_step(read: Values) -> float:
    """How far a reading is from the one before, squared, whatever lies between them."""
    return float(np.mean(np.diff(read) ** 2)) if read.size > 1 else np.inf


def _precision(rows: Values) -> Values:
    """The inverse of the correlations of standardised rows, with a ridge."""
    columns = rows.shape[1]
    correlation = rows.T @ rows / max(len(rows), 1)
    return np.linalg.inv(correlation + RIDGE * np.eye(columns)).astype(np.float64)
