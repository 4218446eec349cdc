"""A number for how far rows of an asset are from normal, before it becomes a score."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mlops.detectors.base import Values


class Statistic(ABC):
    """A quadratic distance of rows from normal, over some rows back.

    Rows are smoothed by an exponential mean (`level` is the weight of the newest, 1 for
    none), then joined with the `lags` - 1 rows before, measured by the subclass, and the
    measure is smoothed with the weight `smoothing`. Smoothing the rows finds small shifts
    that last, whatever their direction; smoothing the measure finds fast disturbance.
    """

    # Names of arrays that learn leaves behind, without the underscore.
    learns: tuple[str, ...] = ()

    def __init__(self, lags: int, level: float, smoothing: float) -> None:
        self.lags = lags
        self.level = level
        self.smoothing = smoothing

    @abstractmethod
    def learn(self, features: Values) -> None:
        """Learn from lagged normal rows of shape (rows, lags × columns)."""

    @abstractmethod
    def measure(self, features: Values) -> Values:
        """The distance of each lagged row, of shape (rows,)."""

    @abstractmethod
    def parts(self, features: Values) -> Values:
        """Of each feature, by how much reconstructing it would lower the distance."""

    def fit(self, rows: Values) -> Self:
        """Learn from standardised normal rows of shape (rows, columns)."""
        self.columns_ = np.array(rows.shape[1])
        self.usual_ = np.array(0.0)
        features, _ = self._features(rows, self.begin())
        self.learn(features)
        self.usual_ = self.measure(features).mean()
        return self

    @property
    def width(self) -> int:
        """The size of the state: rows seen, smoothed row, the rows before, the measure."""
        return int(self.columns_) * self.lags + 2

    def begin(self) -> Values:
        """The state before the first row: at the mean of the normal rows."""
        state = np.zeros(self.width)
        state[-1] = self.usual_
        return state

    def values(self, rows: Values, state: Values) -> tuple[Values, Values, Values]:
        """Smoothed distances, the features they are of, and the state after."""
        features, after = self._features(rows, state)
        smoothed = _smooth(self.measure(features)[:, None], self.smoothing, state[-1:])[:, 0]
        after[-1] = smoothed[-1]
        return smoothed, features, after

    def contributions(self, features: Values) -> Values:
        """Shares of the columns in the distance, of shape (rows, columns), adding up to 1."""
        parts = self.parts(features).reshape(len(features), self.lags, -1).sum(axis=1)
        total = parts.sum(axis=1, keepdims=True)
        return np.where(total > 0, parts / np.where(total > 0, total, 1), 1 / parts.shape[1])

    def arrays(self) -> dict[str, NDArray]:
        """All that was learnt, to be kept."""
        names = ("columns", "usual", *self.learns)
        return {name: np.asarray(getattr(self, f"{name}_")) for name in names}

    def restore(self, arrays: Mapping[str, NDArray]) -> Self:
        """Take back what `arrays` gave."""
        for name, array in arrays.items():
            setattr(self, f"{name}_", array)
        return self

    def _features(self, rows: Values, state: Values) -> tuple[Values, Values]:
        columns = int(self.columns_)
        buffer = state[1:-1].reshape(self.lags, columns)
        levels = _smooth(rows, self.level, buffer[-1])
        # Before the first row there was none: it stands for the rows before it too.
        before = buffer if state[0] else np.repeat(levels[:1], self.lags, axis=0)
        joined = np.vstack([before, levels])
        windows = [joined[self.lags - lag : len(joined) - lag] for lag in range(self.lags)]
        after = np.concatenate([[1.0], joined[-self.lags :].ravel(), state[-1:]])
        return np.hstack(windows), after


def _smooth(rows: Values, weight: float, before: Values) -> Values:
    """Exponential means of the columns of rows, going on from the means `before`."""
    if weight >= 1:
        return rows
    means, mean = np.empty_like(rows), before
    # Not SciPy's filter, which alone takes as much memory as all else in a worker.
    for row, after in zip(rows, means, strict=True):
        mean = np.add(mean, weight * (row - mean), out=after)
    return means
