"""The contract of detectors. One scale for all: 1 is the alarm line."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a value scored as it did, in words, and the numbers behind the words."""

    reason: str
    evidence: Mapping[str, float | None] = field(default_factory=dict)


class Detector(ABC):
    """Learns what is normal from one sensor's history, then scores new values.

    Hyper-parameters go into __init__ as they are, each with a default, and are checked
    in fit. What fit learns ends in an underscore.
    """

    # With the name, what an anomaly stores of its detector. Raise it when scores change.
    version: ClassVar[int] = 1
    # Values that fit needs; with fewer the detector does not pretend.
    min_history: ClassVar[int] = 30

    @abstractmethod
    def fit(self, history: Values) -> Self:
        """Learn from values of shape (n,), oldest first. ValueError for bad parameters."""

    @abstractmethod
    def score(self, values: Values) -> Values:
        """Scores of shape (n,) for values of shape (n,): 0 ordinary, 1 the alarm line."""

    @abstractmethod
    def explain(self, value: float) -> Explanation:
        """Why `value` scores as it does."""
