"""How good is a model of remaining life, on units that it did not learn from?

All counts units, not rows: a long life says no more than a short one. Rows with far more
left than the cap are left out, for they are easy and would hide errors where they matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from mlops.remaining_life.conformal import LifeIntervals
from mlops.remaining_life.histories import Values

# Beyond this many caps there is no doubt that a unit is as good as new.
EASY = 1.2


def error_near_the_cap(predicted: Sequence[Values], left: Sequence[Values], cap: float) -> float:
    """Root of the mean squared error, in rows; `left` is not capped, `predicted` is.

    >>> error_near_the_cap([np.array([10.0, 9.0])], [np.array([100.0, 6.0])], cap=10)
    3.0
    """
    squares = []
    for found, true in zip(predicted, left, strict=True):
        counted = true <= EASY * cap
        errors = found[counted] - np.minimum(true[counted], cap)
        squares.append(np.mean(errors**2))
    return float(np.sqrt(np.mean(squares)))


def by_age_alone(left: Sequence[Values], cap: float, folds: int) -> list[Values]:
    """What one would say who knows of each unit its age and how long units of the other
    folds lasted: the mean of what those had left at that age, capped; 0 beyond all.

    No other guess from the age has a smaller squared error. What does not beat it has
    learnt nothing from the sensors.

    >>> by_age_alone([np.array([1.0, 0.0]), np.array([3.0, 2, 1, 0])], cap=9, folds=2)[0]
    array([3., 2.])
    """
    found = [np.empty(0)] * len(left)
    for held, kept in _dealt(len(left), folds):
        longest = max(len(left[n]) for n in range(len(left)))
        table = np.full((len(kept), longest), np.nan)
        for row, n in enumerate(kept):
            table[row, : len(left[n])] = np.minimum(left[n], cap)
        alive = np.isfinite(table).sum(axis=0)
        expected = np.nansum(table, axis=0) / np.maximum(alive, 1)
        for n in held:
            found[n] = expected[: len(left[n])]
    return found


def covers_left_out(
    predicted: Sequence[Values], left: Sequence[Values], intervals: LifeIntervals, folds: int
) -> dict[float, float]:
    """Of each cover the share that intervals hold of units they were not calibrated on.

    `intervals` say how they are made; they are fitted anew for each fold.
    """
    cap, covers = intervals.cap, intervals.covers
    within: list[NDArray[np.float64]] = []
    for held, kept in _dealt(len(left), folds):
        fitted = LifeIntervals(cap, covers, intervals.reach).fit(
            [predicted[n] for n in kept], [left[n] for n in kept]
        )
        for n in held:
            counted = left[n] <= EASY * cap
            low, high = fitted.predict(predicted[n][counted])
            true = np.minimum(left[n][counted], cap)
            within.append(((low <= true) & (true <= high)).mean(axis=1))
    return dict(zip(covers, np.mean(within, axis=0).tolist(), strict=True))


def _dealt(units: int, folds: int) -> Iterator[tuple[list[int], list[int]]]:
    """Units held out and those kept, of each fold as the model deals them."""
    for fold in range(folds):
        yield (
            list(range(fold, units, folds)),
            [n for n in range(units) if n % folds != fold],
        )
