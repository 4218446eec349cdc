"""What the seasonal baseline keeps of a series, and how a block is made ready for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from mlops.detectors.base import Block

Floats = NDArray[np.float64]

HOURS = 24
CHANNELS = 3
_MINUTE = 60_000_000  # Microseconds
_HOUR = 60 * _MINUTE
# Up to the usual gap the short means count readings, beyond it time has a say. Longer than
# the longest none is taken to be: after an outage one reading shall not say everything.
USUAL_GAP = 5 * _MINUTE
LONGEST_GAP = 2 * _HOUR
# What is larger is taken for this: the steps from it must not overflow.
LARGEST = 1e150


class Field(IntEnum):
    """Where a number lies in the state of a series; the profile of the day comes last."""

    COUNT = 0
    SEEN_AT = 1
    LEVEL = 2
    SCALE = 3
    # Three means that stand together: short, signed and long-term.
    SPIKE = 4
    SHIFT = 5
    LONG_LEVEL = 6
    SPIKE_MEAN = 7
    # Mean squares of the three channels, together too.
    SPIKE_POWER = 8
    SHIFT_POWER = 9
    DRIFT_POWER = 10
    SEASON = 11


WIDTH = Field.SEASON + HOURS


@dataclass(frozen=True, slots=True)
class Stretch:
    """Rows in which the same series have a reading each: nothing in it is NaN.

    `series` are the columns of the block; `values`, `hours` (where in the flattened
    profiles), `weights` (of the reading in its hour) and `strides` (how many usual steps
    the short means take) have shape (rows, series).
    """

    first: int
    series: NDArray[np.intp]
    values: Floats
    hours: NDArray[np.intp]
    weights: Floats
    strides: Floats


@dataclass(frozen=True, slots=True)
class Packed:
    """A block with every column's readings moved up to the top, NaN below them.

    What a series learns does not depend on the times at which others have no reading, so
    rows need not be moments; and a row of readings only needs no masks.
    """

    order: NDArray[np.intp] | None
    values: Floats
    micros: NDArray[np.int64]
    counts: NDArray[np.intp]

    @classmethod
    def of(cls, block: Block) -> Packed:
        micros = np.broadcast_to(block.micros, block.values.shape)
        values = np.clip(block.values, -LARGEST, LARGEST)
        silent = ~np.isfinite(block.values)
        if not silent.any():
            return cls(None, values, micros, np.full(block.columns, block.rows))
        order = np.argsort(silent, axis=0, kind="stable")
        return cls(
            order,
            np.take_along_axis(values, order, axis=0),
            np.take_along_axis(micros, order, axis=0),
            block.rows - silent.sum(axis=0),
        )

    def unpacked(self, packed: Floats) -> Floats:
        """Results brought back to the rows of their readings."""
        if self.order is None:
            return packed
        spread = np.empty_like(packed)
        np.put_along_axis(spread, self.order, packed, axis=0)
        return spread

    def stretches(self, seen_at: Floats, learning: float) -> Iterator[Stretch]:
        """The rows in order, cut where a series has no further reading.

        `learning` is how fast an hour of the day is learnt, see `_weights`.
        """
        gaps = np.diff(np.vstack([seen_at, self.micros]), axis=0)
        weights, strides = _weights(gaps, learning), _strides(gaps)
        hours = self.micros // _HOUR % HOURS
        first = 0
        for last in np.unique(self.counts):
            series = np.flatnonzero(self.counts >= last)
            # All columns is the common case, and a slice needs no copy.
            columns = slice(None) if series.size == self.counts.size else series
            rows = slice(first, int(last))
            if rows.stop > first:
                yield Stretch(
                    first=first,
                    series=series,
                    values=np.ascontiguousarray(self.values[rows, columns]),
                    hours=hours[rows, columns] * series.size + np.arange(series.size),
                    weights=np.ascontiguousarray(weights[rows, columns]),
                    strides=np.ascontiguousarray(strides[rows, columns]),
                )
            first = rows.stop


def _weights(gaps: Floats, learning: float) -> Floats:
    """What readings teach their hours of the day, as shares of what is new in them.

    A reading stands for the time since the one before, up to an hour. Of an hour that is
    otherwise than it was, 1 - exp(-`learning`) is learnt in a day, whether readings come
    each second or each hour. The first reading ever teaches nothing.
    """
    hours = np.clip(gaps / _HOUR, 0.0, 1.0)
    return np.nan_to_num(-np.expm1(-learning * hours))


def _strides(gaps: Floats) -> Floats:
    """How many usual steps the short means take at a reading: the root of its gap.

    What follows closely says much the same again, so that a mean of it should last for a
    time; readings far apart each say something new, and a mean should be of a number of
    them. The root lies between: means of readings an hour apart last 3.5 times as long as
    of readings five minutes apart, not as long and not twelve times. At the first reading
    ever it is 1.
    """
    return np.sqrt(np.minimum(np.fmax(gaps, USUAL_GAP), LONGEST_GAP) / USUAL_GAP)
