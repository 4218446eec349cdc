"""How much has a machine done? Pure: arrays of readings in, an amount out.

All take `micros`, microseconds since 1970 and rising, and `values`, both of shape (n,). The
first reading is the last one that was counted before, so that pages join without a seam. A
reading holds until the next one, but not for longer than `longest` microseconds: of a sensor
that is silent nobody knows what the machine does.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Micros = NDArray[np.int64]
Values = NDArray[np.float64]

MICROS_PER_HOUR = 3_600_000_000


class Measure(StrEnum):
    """What is counted of a sensor's readings."""

    # Hours with a value above the level.
    RUNNING_HOURS = "running_hours"
    # Times that the value came above the level.
    CYCLES = "cycles"
    # What the value grew by, as that of a meter that only counts up.
    COUNTER = "counter"
    # The value times hours, as of a flow or a power.
    AMOUNT = "amount"


OF_A_LEVEL = (Measure.RUNNING_HOURS, Measure.CYCLES)


def counted(
    measure: Measure, micros: Micros, values: Values, *, level: float, longest: int
) -> float:
    """What the readings add to the meter; 0 of fewer than two."""
    if values.size < 2:
        return 0.0
    return COUNTS[measure](micros, values, level, longest)


def _hours(micros: Micros, longest: int) -> Values:
    """For how long each reading but the last held."""
    held: Values = np.minimum(np.diff(micros), longest) / MICROS_PER_HOUR
    return held


def running_hours(micros: Micros, values: Values, level: float, longest: int) -> float:
    return float(_hours(micros, longest)[values[:-1] > level].sum())


def cycles(micros: Micros, values: Values, level: float, longest: int) -> float:
    above = values > level
    return float(np.count_nonzero(above[1:] & ~above[:-1]))


def growth(micros: Micros, values: Values, level: float, longest: int) -> float:
    """A fall is a meter that was reset or replaced: it adds nothing, and is gone on from."""
    steps = np.diff(values)
    return float(steps[steps > 0].sum())


def amount(micros: Micros, values: Values, level: float, longest: int) -> float:
    """What flows back is not taken away: wear does not come undone."""
    return float((np.maximum(values[:-1], 0.0) * _hours(micros, longest)).sum())


COUNTS: dict[Measure, Callable[[Micros, Values, float, int], float]] = {
    Measure.RUNNING_HOURS: running_hours,
    Measure.CYCLES: cycles,
    Measure.COUNTER: growth,
    Measure.AMOUNT: amount,
}
