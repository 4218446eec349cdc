"""One model of the life left, from the windows of a row to a number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mlops.remaining_life.features import Features, window_features
from mlops.remaining_life.health import HealthIndices, health_features
from mlops.remaining_life.histories import History, Values
from mlops.remaining_life.regimes import Labels, RegimeScaler

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Encoded:
    """A history as the models read it: the parts that need no labels to compute."""

    scaled: Values
    labels: Labels
    windows: Features

    @property
    def age(self) -> Values:
        return np.arange(1.0, len(self.scaled) + 1)


def encode(history: History, scaler: RegimeScaler, windows: tuple[int, ...]) -> Encoded:
    scaled, labels = scaler.transform(history)
    return Encoded(scaled, labels, window_features(scaled, windows))


class LifeRegressor:
    """Gradient boosting on windows over sensors, windows over health indices, and age.

    Boosted trees, not a linear model or a network: the capped target has a kink that trees
    follow by themselves, and on a hundred units a network needs more care than it gives
    back. Each split looks at a third of the features, for many windows say nearly the same.

    References: Friedman, Greedy function approximation, 2001; Ke et al., LightGBM, 2017.
    """

    def __init__(
        self,
        cap: float,
        windows: tuple[int, ...],
        train_rows: int,
        trees: int,
        first_row: int,
        seed: int = 0,
    ) -> None:
        self.cap = cap
        self.windows = windows
        self.train_rows = train_rows
        self.trees = trees
        self.first_row = first_row
        self.seed = seed

    def fit(self, units: Sequence[Encoded], left: Sequence[Values]) -> Self:
        """Learn from whole lives and the life left in each of their rows."""
        from sklearn.ensemble import HistGradientBoostingRegressor  # Late: tens of MB.

        scaled, labels = [unit.scaled for unit in units], [unit.labels for unit in units]
        self.health_ = HealthIndices(self.cap).fit(scaled, labels, np.concatenate(left))
        step = max(1, sum(len(rows) for rows in left) // self.train_rows)
        # From unit to unit the thinning begins at another row, so that no life left is
        # missing from all of them.
        picks = [
            np.arange(self.first_row + number % step, len(rows), step)
            for number, rows in enumerate(left)
        ]
        features = [self._features(unit, pick) for unit, pick in zip(units, picks, strict=True)]
        targets = [rows[pick] for rows, pick in zip(left, picks, strict=True)]
        self.trees_ = HistGradientBoostingRegressor(
            max_iter=self.trees,
            learning_rate=0.05,
            max_leaf_nodes=31,
            min_samples_leaf=50,
            l2_regularization=10.0,
            max_features=0.3,
            early_stopping=False,
            random_state=self.seed,
        ).fit(np.vstack(features), np.concatenate(targets))
        return self

    def predict(self, unit: Encoded, rows: slice) -> Values:
        """Life left at some rows of a unit, from 0 to the cap."""
        life = self.trees_.predict(self._features(unit, rows))
        return np.clip(life, 0.0, self.cap)

    def _features(self, unit: Encoded, rows: slice | Rows) -> Features:
        indices = self.health_.transform(unit.scaled, unit.labels)
        health = health_features(indices, self.windows)
        age = unit.age[:, None].astype(np.float32)
        return np.hstack([unit.windows, health, age])[rows]
