"""Run-to-failure histories: what remaining life is learnt from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class History:
    """One unit's life in order of time: a row a cycle, the last row the newest.

    `sensors` have shape (rows, sensors); NaN where there was no reading. `settings` have
    shape (rows, settings), possibly of no columns: what the operator chose (load, speed,
    altitude), as opposed to what the unit answered. Given to fit, the unit failed after
    its last row; given to predict, it still runs.
    """

    unit: str
    settings: Values
    sensors: Values

    @property
    def rows(self) -> int:
        return self.sensors.shape[0]

    def until(self, rows: int) -> History:
        """What was known after the first `rows` rows."""
        return replace(self, settings=self.settings[:rows], sensors=self.sensors[:rows])

    def remaining(self, cap: float) -> Values:
        """Rows left at each row of a unit that failed after its last, at most `cap`.

        Far from failure a unit looks the same whatever it has left, so a model would only
        learn noise there: the piecewise linear target.

        References: Heimes, Recurrent neural networks for remaining useful life, 2008.
        """
        return np.minimum(np.arange(self.rows)[::-1].astype(np.float64), cap)


class NotEnoughFailuresError(ValueError):
    """Too few units ran to failure. Says how many there are and how many are needed."""

    def __init__(self, units: int, needed: int) -> None:
        super().__init__(f"{units} units ran to failure, {needed} are needed")
        self.units, self.needed = units, needed


class HistoryTooShortError(ValueError):
    """A unit has too few rows to say anything of it."""

    def __init__(self, unit: str, rows: int, needed: int) -> None:
        super().__init__(f"unit {unit} has {rows} rows, {needed} are needed")
        self.rows, self.needed = rows, needed


def check_shape(history: History, settings: int, sensors: int) -> None:
    """Raise ValueError if a history does not have these numbers of columns."""
    if history.sensors.shape != (history.rows, sensors):
        raise ValueError(f"unit {history.unit}: {sensors} columns of sensors are expected")
    if history.settings.shape != (history.rows, settings):
        raise ValueError(f"unit {history.unit}: {settings} columns of settings are expected")
    if not np.isfinite(history.settings).all():
        raise ValueError(f"unit {history.unit}: settings have to be known in every row")
    if np.isinf(history.sensors).any():
        raise ValueError(f"unit {history.unit}: a sensor is infinite")


def check_histories(histories: Sequence[History], min_units: int, min_rows: int) -> None:
    """Raise an error that says why, if these histories cannot be learnt from."""
    for history in histories:
        if history.sensors.ndim != 2 or history.settings.ndim != 2:
            raise ValueError(f"unit {history.unit}: rows and columns are expected")
        if history.rows < min_rows:
            raise HistoryTooShortError(history.unit, history.rows, min_rows)
        check_shape(history, histories[0].settings.shape[1], histories[0].sensors.shape[1])
    if len({history.unit for history in histories}) < len(histories):
        raise ValueError("a unit can fail once only: names of units repeat")
    if len(histories) < min_units:
        raise NotEnoughFailuresError(len(histories), min_units)


def in_canonical_order(histories: Sequence[History]) -> list[History]:
    """Histories from the shortest to the longest, whatever they are called.

    So that neither the order in which units come nor their names change what is learnt.
    """
    return sorted(histories, key=lambda history: (history.rows, history.sensors.tobytes()))
