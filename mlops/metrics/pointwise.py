"""Rows called right and wrong, one by one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Pointwise:
    """Counts of rows; add those of several files to pool them.

    Rows say nothing of how soon a fault was found, and where most rows are anomalous
    calling all of them so has a fine F1: read it together with the false alarm rate.

    >>> a = Pointwise.of(np.array([True, True, False]), np.array([True, False, False]))
    >>> a.precision, a.recall, round(a.f1, 3), a.false_alarm_rate
    (0.5, 1.0, 0.667, 0.5)
    """

    true_alarms: int = 0
    false_alarms: int = 0
    missed: int = 0
    quiet: int = 0

    @classmethod
    def of(cls, alarms: Flags, labels: Flags) -> Pointwise:
        """Count alarms and labels of shape (rows,)."""
        if alarms.shape != labels.shape:
            raise ValueError(f"{alarms.shape} alarms for {labels.shape} labels")
        return cls(
            int((alarms & labels).sum()),
            int((alarms & ~labels).sum()),
            int((~alarms & labels).sum()),
            int((~alarms & ~labels).sum()),
        )

    def __add__(self, other: Pointwise) -> Pointwise:
        return Pointwise(
            self.true_alarms + other.true_alarms,
            self.false_alarms + other.false_alarms,
            self.missed + other.missed,
            self.quiet + other.quiet,
        )

    @property
    def precision(self) -> float:
        """The part of the alarms that are right; 0 without alarms."""
        return _part(self.true_alarms, self.false_alarms)

    @property
    def recall(self) -> float:
        """The part of the anomalous rows that were found; 0 without any."""
        return _part(self.true_alarms, self.missed)

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return _part(2 * self.true_alarms, self.false_alarms + self.missed)

    @property
    def false_alarm_rate(self) -> float:
        """FAR, the part of the normal rows that are alarms."""
        return _part(self.false_alarms, self.quiet)

    @property
    def missed_alarm_rate(self) -> float:
        """MAR, the part of the anomalous rows that are none."""
        return _part(self.missed, self.true_alarms)


def _part(these: int, others: int) -> float:
    return these / (these + others) if these else 0.0
