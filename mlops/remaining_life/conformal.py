"""Intervals for the life left that hold at every life left, not only on average."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np

from mlops.remaining_life.histories import Values

# Lives left are counted row by row up to here; beyond, in this many steps up to the cap.
STEPS = 250
# For the cap itself, lives up to this many caps lend their errors.
BEYOND = 1.5


class LifeIntervals:
    """Conformal intervals, calibrated separately for each true life left.

    For each life left there is a range into which predictions fall as often as is asked,
    taken from units that the predicting model had not seen; the interval is every life
    left whose range holds the prediction. Not the quantiles of all errors, nor of errors
    at like predictions: these hold for the mixture of lives left they were calibrated on,
    and who asks only about old units, or only about new ones, has another mixture. This
    one holds in every band of true life, so whatever the mixture is.

    Rows of one unit share their error, so units count, not rows: each unit has the weight
    of one, spread over its rows. With too few units for a cover the interval is open.

    References: Vovk, Conditional validity of inductive conformal predictors, 2012
    (label-conditional); Dunn, Wasserman and Ramdas, Distribution-free prediction sets for
    two-layer hierarchical models, 2022 (pooling over units); Vovk, Cross-conformal
    predictors, 2015.
    """

    def __init__(self, cap: float, covers: tuple[float, ...], reach: float = 0.08) -> None:
        self.cap = cap
        self.covers = covers
        self.reach = reach  # Lives left this near, as a share of the cap, lend their errors.

    def fit(self, predicted: Sequence[Values], left: Sequence[Values]) -> Self:
        """Learn from predictions for units not learnt from and their life left, not capped.

        Predictions are for the capped life; the life itself tells rows that just reach the
        cap from rows far beyond it, which are easy and would make the cap look easy.
        """
        units = np.repeat(np.arange(len(left)), [len(rows) for rows in left])
        true = np.concatenate(left)
        errors = np.concatenate(predicted) - np.minimum(true, self.cap)
        self.grid_ = np.linspace(0, self.cap, min(int(np.ceil(self.cap)), STEPS) + 1)
        shape = (len(self.covers), len(self.grid_))
        self.low_, self.high_ = np.zeros(shape), np.full(shape, self.cap)
        for step, life in enumerate(self.grid_):
            beyond = BEYOND * self.cap if life == self.cap else life + self.reach * self.cap
            near = (true >= life - self.reach * self.cap) & (true <= beyond)
            for row, cover in enumerate(self.covers):
                self.low_[row, step], self.high_[row, step] = life + self._range(
                    errors[near], units[near], cover, one_sided=life == self.cap
                )
        # More life left may not mean a lower prediction: widen until it does not.
        self.low_ = np.minimum.accumulate(self.low_[:, ::-1], axis=1)[:, ::-1]
        self.high_ = np.maximum.accumulate(self.high_, axis=1)
        return self

    def predict(self, predicted: Values) -> tuple[Values, Values]:
        """Lower and upper ends, of shape (covers, predictions).

        An upper end at the cap means that or any longer.
        """
        shape = (len(self.covers), len(predicted))
        low, high = np.empty(shape), np.empty(shape)
        for row in range(len(self.covers)):
            first = np.searchsorted(self.high_[row], predicted, side="left")
            last = np.searchsorted(self.low_[row], predicted, side="right") - 1
            low[row] = np.minimum(self.grid_[np.minimum(first, len(self.grid_) - 1)], predicted)
            high[row] = np.maximum(self.grid_[np.maximum(last, 0)], predicted)
        return low, high

    def _range(self, errors: Values, units: Values, cover: float, one_sided: bool) -> Values:
        """Between which errors a share `cover` of them lies."""
        # Where nothing is near there is nothing to say: every prediction is possible.
        if errors.size == 0:
            return np.array([-self.cap, self.cap])
        _, index, rows = np.unique(units, return_inverse=True, return_counts=True)
        weights = 1 / rows[index]
        # Predictions never pass the cap, so at the cap all that is cut off is below.
        tail = (1 - cover) * (1 if one_sided else 0.5)
        # So few units that not one is expected beyond the end. Otherwise the quantile is
        # taken as it is: the rows of a unit spread its weight, and the correction for one
        # more unit, which single points need, covered .94 of units left out instead of .90.
        level = 1 - tail if (len(rows) + 1) * tail >= 1 else np.inf
        return np.array(
            [
                -_quantile(-errors, weights, level, beyond=self.cap),
                0.0 if one_sided else _quantile(errors, weights, level, beyond=self.cap),
            ]
        )


def _quantile(values: Values, weights: Values, level: float, beyond: float) -> float:
    """The least value with a share `level` of the weight at or below it.

    `beyond` where no share is enough: too few units for so rare an error.
    """
    if level > 1:
        return beyond
    order = np.argsort(values)
    share = np.cumsum(weights[order]) / weights.sum()
    place = min(int(np.searchsorted(share, level - 1e-12)), len(values) - 1)
    return float(values[order[place]])
