"""Rows of an asset's life: its sensors side by side, over the time it operated.

Time is cut into bins of one width, for all lives of a type the same. A row is a bin in
which the machine ran; its cells are the means of the bin. Bins of whole hours are made of
the rollup, which outlasts the readings, so lives may be longer than readings are kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from maintenance.models import Life
from mlops.models import GateLevels
from mlops.remaining_life.histories import History, Values
from sensors.history.granularity import HOUR, ceiling, floor
from sensors.models import Sensor
from sensors.store.buckets import coarse_buckets, fine_buckets
from sensors.store.reading import Row, Selection

# Bins of one life, at most: ten times those of a usual one.
MOST_BINS = 2_000


class LifeUnreadableError(Exception):
    """A life of which no history can be made. Says why, without naming the asset."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What rows of a type's assets have in their columns, and how wide a row is."""

    settings: tuple[str, ...]
    sensors: tuple[str, ...]
    width: timedelta

    @property
    def roles(self) -> tuple[str, ...]:
        return self.settings + self.sensors

    @property
    def hours(self) -> float:
        """Operating hours of a row."""
        return self.width / HOUR


@dataclass(frozen=True, slots=True)
class LifeRows:
    """A life as the model reads it, and when each of its rows was over."""

    history: History
    ends: tuple[datetime, ...]


def rows_of_life(
    life: Life, members: Mapping[str, Sensor], layout: Layout, until: datetime
) -> LifeRows:
    """What was known of a life at `until`: the bins that were over then, and no later one.

    Where a gate tells whether the machine runs, bins in which it did not are no rows; a bin
    in which nothing was read is none either. Raises LifeUnreadableError.
    """
    if missing := [role for role in layout.roles if role not in members]:
        raise LifeUnreadableError(f"the asset has no sensor for {', '.join(missing[:3])}")
    start = ceiling(life.started_at, layout.width)
    end = floor(min(until, life.ended_at or until), layout.width)
    bins = (end - start) // layout.width
    if bins > MOST_BINS:
        raise LifeUnreadableError(f"longer than {MOST_BINS} rows of {layout.hours:g} h")
    if bins < 1:
        return LifeRows(_history(life, np.empty((0, len(layout.roles))), layout), ())
    columns = [members[role] for role in layout.roles]
    means, ran = _bins(columns, layout, start, end)
    places = np.flatnonzero(ran & np.isfinite(means).any(axis=1))
    values = means[places]
    if layout.settings:
        values[:, : len(layout.settings)] = _held(values[:, : len(layout.settings)])
        # Before the first word of how it was set, a row cannot be compared with others.
        known = np.isfinite(values[:, : len(layout.settings)]).all(axis=1)
        values, places = values[known], places[known]
    ends = tuple(start + layout.width * (int(place) + 1) for place in places)
    return LifeRows(_history(life, values, layout), ends)


def check_all_read(rows: LifeRows, layout: Layout) -> None:
    """Raise LifeUnreadableError if a sensor was never read in this life."""
    silent = ~np.isfinite(rows.history.sensors).any(axis=0)
    if silent.any():
        role = layout.sensors[int(silent.argmax())]
        raise LifeUnreadableError(f"nothing was read of {role}")


def _history(life: Life, values: Values, layout: Layout) -> History:
    count = len(layout.settings)
    return History(f"life {life.pk}", values[:, :count], values[:, count:])


def _bins(
    columns: Sequence[Sensor], layout: Layout, start: datetime, end: datetime
) -> tuple[Values, NDArray[np.bool_]]:
    """Means of shape (bins, columns), NaN without a reading, and whether the machine ran."""
    gate = gate_of(columns)
    ids = [sensor.pk for sensor in columns]
    place = {sensor: number for number, sensor in enumerate(ids)}
    bins = (end - start) // layout.width
    means, ran = np.full((bins, len(ids)), np.nan), np.ones(bins, dtype=bool)
    asked = [*ids, *([gate[0]] if gate and gate[0] not in place else [])]
    for at, sensor, _, _, _, highest, average in _buckets(asked, layout.width, start, end):
        number = (at - start) // layout.width
        if average is None or not 0 <= number < bins:
            continue
        if sensor in place:
            means[number, place[sensor]] = average
        if gate and sensor == gate[0]:
            ran[number] = highest >= gate[1]
    return means, ran


def _buckets(ids: Sequence[int], width: timedelta, start: datetime, end: datetime) -> list[Row]:
    selection = Selection.of(ids, start, end)
    if width >= HOUR:
        most = len(ids) * ((end - start) // width + 1)
        return coarse_buckets(selection, width, after=None, most=most)
    return fine_buckets(selection, width)


def gate_of(columns: Sequence[Sensor]) -> tuple[int, float] | None:
    """The gate of most of the sensors and the level from which on the machine runs."""
    gates = Counter(sensor.gate_id for sensor in columns if sensor.gate_id)
    if not gates:
        return None
    [(gate, _)] = gates.most_common(1)
    given = (s.runs_above for s in columns if s.gate_id == gate and s.runs_above is not None)
    level = next(given, None)
    if level is None:
        level = GateLevels.objects.filter(sensor=gate).values_list("on", flat=True).first()
    return None if gate is None or level is None else (gate, level)


def _held(values: Values) -> Values:
    """Values with each NaN replaced by the last one before it, where there is one."""
    rows = np.arange(len(values))[:, None]
    last = np.maximum.accumulate(np.where(np.isfinite(values), rows, 0), axis=0)
    return np.take_along_axis(values, last, axis=0)
