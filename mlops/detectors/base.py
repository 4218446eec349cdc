"""The contract of detectors. One scale for all: 1 is the alarm line.

A detector takes a block of readings and the state in which the block before left it,
and gives scores and the state after. It may not matter how readings are cut into blocks.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Times = NDArray[np.int64]
# Small, of float64 and shape (series, width): stored as it is.
State = NDArray[np.float64]

ALARM_LINE = 1.0


class Scope(StrEnum):
    """Whether a column of a block is a series of its own or one of an asset's sensors."""

    SENSOR = "sensor"
    ASSET = "asset"


@dataclass(frozen=True, slots=True)
class Block:
    """Readings in order of time: a row a moment, a column a sensor.

    `micros` are microseconds since 1970, of shape (rows, columns), or (rows, 1) where all
    columns were read together. `values` have shape (rows, columns); NaN says that at this
    time there was no reading. Columns that are shorter than others are filled up with NaN
    at their last time.
    """

    micros: Times
    values: Values

    @property
    def rows(self) -> int:
        return self.values.shape[0]

    @property
    def columns(self) -> int:
        return self.values.shape[1]

    def __getitem__(self, rows: slice) -> Self:
        """Some of the rows."""
        return replace(self, micros=self.micros[rows], values=self.values[rows])


@dataclass(frozen=True, slots=True)
class Scores:
    """What a detector says of a block; arrays of shape (rows, series).

    There are as many series as columns for detectors of sensors, and one for detectors of
    an asset. `score` is 0 for ordinary, 1 at the alarm line, never below 0, and NaN where
    there is nothing to say: no reading, or not learnt enough yet. `expected`, `low` and
    `high` are in the unit of the values, NaN where the detector has no opinion. `channel`
    counts into Detector.channels. `contributions`, of an asset's detector only, has shape
    (rows, columns): shares of the score that add up to 1 in rows past the alarm line, NaN
    in the others.
    """

    score: Values
    expected: Values
    low: Values
    high: Values
    channel: NDArray[np.int8]
    contributions: Values | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a reading scored as it did, in words, and the numbers behind the words."""

    reason: str
    evidence: Mapping[str, float | str | None] = field(default_factory=dict)


class Detector(ABC):
    """Learns what is normal, then scores what comes.

    Hyper-parameters go into __init__ as they are, each with a default, and are checked in
    fit. What fit learns ends in an underscore; what is learnt from reading to reading is
    in the state. Neither fit nor score changes its arguments.
    """

    # With the name, what an anomaly stores of its detector. Raise it when scores change.
    version: ClassVar[int] = 1
    scope: ClassVar[Scope] = Scope.SENSOR
    # What it looks at, in words that people read.
    channels: ClassVar[tuple[str, ...]] = ("value",)
    # Readings of a series that it needs before it scores.
    min_history: ClassVar[int] = 0

    @abstractmethod
    def fit(self, history: Block) -> Self:
        """Learn from a block of normal operation; of no rows, for what learns online.

        Raises ValueError for bad parameters, NotEnoughHistoryError for too few rows.
        """

    @abstractmethod
    def begin(self, series: int) -> State:
        """The state before the first reading, of shape (series, width)."""

    @abstractmethod
    def score(self, block: Block, state: State) -> tuple[Scores, State]:
        """Scores of a block, and the state after it. Call it once for many columns."""

    @abstractmethod
    def learnt(self, state: State) -> NDArray[np.int64]:
        """Of how many readings it knows by now, of shape (series,), at most min_history."""

    @abstractmethod
    def explain(self, block: Block, scores: Scores, row: int, series: int) -> Explanation:
        """Why one reading, or for an asset one row, scored as it did."""


class NotEnoughHistoryError(ValueError):
    """There is too little history to learn from. Says how much there is and is needed."""

    def __init__(self, rows: int, needed: int) -> None:
        super().__init__(f"{rows} rows of history, {needed} are needed")
        self.rows, self.needed = rows, needed
