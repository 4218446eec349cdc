"""Can a value be believed? Plain functions over arrays: no database, no clock.

Each check looks back only, so the answer is the same whether readings come one by one
or in a block. Arrays are one sensor's readings in order of time; `times` are seconds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]

# A silence of as many expected intervals is a gap: one lost reading is not.
INTERVALS_IN_A_GAP = 3.0


def out_of_range(values: Values, low: float | None, high: float | None) -> Flags:
    """True where a value is outside [low, high] or is not a number."""
    least = -np.inf if low is None else low
    most = np.inf if high is None else high
    return ~((values >= least) & (values <= most))


def stuck(values: Values, run_length: int) -> Flags:
    """True from the `run_length`-th equal value in a row on; 0 turns the check off."""
    if values.size == 0 or run_length < 1:
        return np.zeros(values.size, dtype=bool)
    position = np.arange(values.size)
    begins = np.r_[True, values[1:] != values[:-1]]
    run_start = np.maximum.accumulate(np.where(begins, position, 0))
    return position - run_start + 1 >= max(run_length, 2)


def jumped(values: Values, largest: float | None) -> Flags:
    """True where a value is further than `largest` from the one before it."""
    flags = np.zeros(values.size, dtype=bool)
    if largest is not None:
        flags[1:] = np.abs(np.diff(values)) > largest
    return flags


def after_gap(times: Values, expected_interval: float | None) -> Flags:
    """True where too much time has passed since the reading before."""
    flags = np.zeros(times.size, dtype=bool)
    if expected_interval:
        flags[1:] = np.diff(times) > INTERVALS_IN_A_GAP * expected_interval
    return flags


def ahead(times: Values, received: Values, tolerance: float) -> Flags:
    """True where a reading claims to be from after it was received."""
    return times > received + tolerance
