"""The score of the BATtle of the Attack Detection ALgorithms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlops.metrics.pointwise import Flags, Pointwise

# Inclusive numbers of the first and the last row of an attack.
Window = tuple[int, int]


@dataclass(frozen=True, slots=True)
class AttackScore:
    """Half how soon attacks are found, half how well hours are told apart.

    `time_to_detection` is 1 less the mean part of each attack that passed before its first
    alarm, all of it if there was none. `classification` is the mean of the true positive
    and the true negative rate of the rows. All-ones and no alarms at all give a
    classification of a half.

    References: Taormina et al., Battle of the Attack Detection Algorithms, Journal of Water
    Resources Planning and Management 144 (2018).
    """

    time_to_detection: float
    classification: float
    detected: int

    @property
    def score(self) -> float:
        """S, between 0 and 1."""
        return (self.time_to_detection + self.classification) / 2


def attack_score(alarms: Flags, labels: Flags, windows: Sequence[Window]) -> AttackScore:
    """Score alarms of shape (rows,) against labels of the rows and windows of the attacks.

    >>> import numpy as np
    >>> labels = np.array([False, True, True, False])
    >>> attack_score(labels, labels, [(1, 2)]).score
    1.0
    """
    waits = []
    for first, last in windows:
        inside = alarms[first : last + 1]
        waits.append(inside.argmax() / inside.size if inside.any() else 1.0)
    counts = Pointwise.of(alarms, labels)
    classification = (counts.recall + 1 - counts.false_alarm_rate) / 2
    found = sum(1 for wait in waits if wait < 1)
    return AttackScore(1 - float(sum(waits)) / len(waits), classification, found)


def false_alarm_starts(alarms: Flags, labels: Flags) -> int:
    """How many runs of alarms begin outside all labels.

    >>> import numpy as np
    >>> alarms = np.array([True, True, False, True, True])
    >>> false_alarm_starts(alarms, np.array([False, False, False, True, True]))
    1
    """
    starts = alarms.copy()
    starts[1:] &= ~alarms[:-1]
    return int((starts & ~labels).sum())
