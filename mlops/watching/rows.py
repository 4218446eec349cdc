"""Rows of an asset: its sensors side by side, as its detectors take them.

Sensors of one machine are seldom read at the same moment. Time is cut into bins, all of one
width; a row is a bin, and its cell the last believable reading of a sensor in the bin, NaN
where there is none. A bin in which nothing was read is no row.

A bin is closed when the asset has a reading from a whole bin later or more, and those of
its sensors have come that send in bunches, see closing.py. What comes for a bin that is
closed changes nothing any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlops.detectors.base import Block, Times, Values
from sensors.history.bins import Asked, Binned, last_of_bins
from sensors.history.windows import Past, pasts

SECOND = 1_000_000
# Readings of a sensor from which the time between two is told.
INTERVALS_FROM = 200


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows in order of time. `micros`, of shape (rows,), are of the last reading in each;
    `values` and `batch_ids` have shape (rows, sensors). Batch 0 is for no reading."""

    micros: Times
    values: Values
    batch_ids: NDArray[np.int64]

    def __len__(self) -> int:
        return self.micros.size

    @property
    def block(self) -> Block:
        return Block(self.micros[:, None], self.values)

    def only(self, kept: NDArray[np.bool_]) -> Rows:
        return Rows(self.micros[kept], self.values[kept], self.batch_ids[kept])


@dataclass(frozen=True, slots=True)
class Wanted:
    """Rows of which sensors, in the order of the columns, in which bins. `first` and
    `before` are edges of bins, in microseconds as `width` is."""

    sensors: Sequence[int]
    width: int
    first: int
    before: int


def rows_of(wanted: Sequence[Wanted], *, most: int) -> list[Rows]:
    """The rows of several assets, of each the last `most` bins of a sensor: one query."""
    asked = [
        Asked(sensor, asset.first, asset.before, asset.width)
        for asset in wanted
        for sensor in asset.sensors
    ]
    found = iter(last_of_bins(asked, most=most))
    return [_aligned([next(found) for _ in asset.sensors], asset.width) for asset in wanted]


def _aligned(columns: Sequence[Binned], width: int) -> Rows:
    bins = [column.micros // width for column in columns]
    all_bins = np.unique(np.concatenate(bins)) if bins else np.empty(0, dtype=np.int64)
    shape = (all_bins.size, len(columns))
    micros = np.zeros(all_bins.size, dtype=np.int64)
    values, batch_ids = np.full(shape, np.nan), np.zeros(shape, dtype=np.int64)
    for number, (column, of_column) in enumerate(zip(columns, bins, strict=True)):
        places = np.searchsorted(all_bins, of_column)
        values[places, number] = column.values
        batch_ids[places, number] = column.batch_ids
        micros[places] = np.maximum(micros[places], column.micros)
    return Rows(micros, values, batch_ids)


def closed_before(newest: int, width: int) -> int:
    """The edge before which all bins are closed, once there is a reading at `newest`.

    >>> closed_before(newest=125, width=10)  # The bins from 110 and from 120 are open.
    110
    """
    return (newest // width - 1) * width


def bin_width(sensors: Sequence[int], until: int) -> int | None:
    """The median time between two readings of the sensors before `until`, by the median
    sensor, in whole seconds. None where no sensor has two readings."""
    asked = [Past(sensor, None, until) for sensor in sensors]
    read = [micros for micros, _ in pasts(asked, most=INTERVALS_FROM)]
    intervals = [float(np.median(np.diff(micros))) for micros in read if micros.size > 1]
    if not intervals:
        return None
    return max(round(float(np.median(intervals)) / SECOND), 1) * SECOND
