"""What a sensor measured, as a regular series: of hours, or finer where it is short."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from mlops.forecasting.base import LEAST_ERRORS, Series
from sensors.history.granularity import HOUR, Granularity, ceiling, floor
from sensors.history.windows import micros_of
from sensors.store.buckets import coarse_buckets, fine_buckets
from sensors.store.reading import Row, Selection

# Steps of history, and steps ahead; more of either costs and says little.
MOST_HISTORY = 1_440
MOST_AHEAD = 168
# A forecast of fewer steps is hardly one, unless that is what was asked for.
LEAST_AHEAD = 6
# Readings that a history of minutes may pass through; that of hours reads none.
MOST_READ = 200_000
# The last step is left out with less of the usual number of readings: it is still filling.
LEAST_FILLED = 0.5

RESOLUTIONS = (Granularity.HOUR, Granularity.TEN_MINUTES, Granularity.MINUTE)


@dataclass(frozen=True, slots=True)
class History:
    """A regular series, and how many steps ahead it can tell of."""

    series: Series
    resolution: Granularity
    begins_at: datetime
    ahead: int

    @property
    def ends_at(self) -> datetime:
        """When the last step is over and the first unknown one begins."""
        return self.begins_at + self.resolution.width * int(self.series.values.size)


def histories_of(sensor_id: int, newest_at: datetime, wanted: timedelta) -> Iterator[History]:
    """The series of a sensor until its newest reading, the most fitting first.

    That is the one of hours if it is long enough for the horizon that is `wanted`, else
    the coarsest that is, else the one that tells furthest. What is too short for any
    forecast is left out.
    """
    hours = _hours(sensor_id, newest_at)
    spans = [(r, _start(hours, newest_at, r)) for r in RESOLUTIONS] if hours else []
    fitting = [
        (ahead, resolution, start)
        for resolution, start in spans
        if (ahead := _ahead(newest_at - start, resolution.width, wanted))
    ]
    # The order of coarse to fine is kept among equals.
    fitting.sort(key=lambda fit: -fit[0] * fit[1].width)
    for ahead, resolution, start in fitting:
        end = floor(newest_at, resolution.width) + resolution.width
        if resolution is Granularity.HOUR:
            rows: Sequence[Row] = hours
        else:
            rows = fine_buckets(Selection.of([sensor_id], start, end), resolution.width)
        history = _history(rows, resolution, start, end, ahead)
        if history.ahead >= min(LEAST_AHEAD, ahead):
            yield history


def steps_of(
    sensor_id: int, start: datetime, end: datetime, width: timedelta
) -> NDArray[np.float64]:
    """The mean of each step of [start, end), NaN where nothing was read that is believed."""
    selection = Selection.of([sensor_id], start, end)
    if width >= HOUR:
        most = (end - start) // width + 1
        return _means(coarse_buckets(selection, width, after=None, most=most), start, end, width)
    return _means(fine_buckets(selection, width), start, end, width)


def _hours(sensor_id: int, newest_at: datetime) -> list[Row]:
    end = floor(newest_at, HOUR) + HOUR
    selection = Selection.of([sensor_id], end - MOST_HISTORY * HOUR, end)
    return coarse_buckets(selection, HOUR, after=None, most=MOST_HISTORY + 1)


def _start(hours: Sequence[Row], newest_at: datetime, resolution: Granularity) -> datetime:
    """Where a history begins: as far back as there is one, and as may be read for it."""
    width = resolution.width
    first = max(hours[0][0], ceiling(newest_at - MOST_HISTORY * width, width))
    if resolution is Granularity.HOUR:
        return first
    readings = 0
    for hour, _, count, *_ in reversed(hours):
        if hour + HOUR <= first:
            break
        readings += count
        if readings > MOST_READ:
            return max(first, hour + HOUR)
    return first


def _ahead(span: timedelta, width: timedelta, wanted: timedelta) -> int:
    """How many steps ahead a history of this span can tell; 0 is none, see Forecaster.fit."""
    asked = -(-wanted // width)
    ahead = min(asked, MOST_AHEAD, _enough(span // width + 1))
    return ahead if ahead >= min(LEAST_AHEAD, asked) else 0


def _enough(steps: int) -> int:
    return steps // 3 - LEAST_ERRORS


def _history(
    rows: Sequence[Row], resolution: Granularity, start: datetime, end: datetime, ahead: int
) -> History:
    width = resolution.width
    believed = [row[2] - row[3] for row in rows]
    usual = float(np.median(believed)) if believed else 0.0
    if rows and rows[-1][0] == end - width and believed[-1] < LEAST_FILLED * usual:
        rows, end = rows[:-1], end - width
    values = _means(rows, start, end, width)
    # The first reading of all may have come late in its hour.
    unread = int(np.isfinite(values).argmax()) if values.size else 0
    values, start = values[unread:], start + width * unread
    series = Series(values, width.total_seconds(), micros_of(start))
    return History(series, resolution, start, min(ahead, _enough(values.size)))


def _means(
    rows: Sequence[Row], start: datetime, end: datetime, width: timedelta
) -> NDArray[np.float64]:
    means = np.full(max((end - start) // width, 0), np.nan)
    for bucket, *_, average in rows:
        if average is not None and start <= bucket < end:
            means[(bucket - start) // width] = average
    return means
