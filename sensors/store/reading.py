"""Read readings back, along the primary key: the cost is that of the rows asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Self

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from sensors.store.writing import MICROS_BEFORE_2000

TICK = timedelta(microseconds=1)  # No two moments are nearer
# All of time that is asked about: within what the database and Python can hold, with room
# to round and to look around.
EARLIEST = datetime(2, 1, 1, tzinfo=UTC)
LATEST = datetime(9998, 12, 31, tzinfo=UTC)

# As in the hourly rollup.
BELIEVED = "quality < 2 AND abs(value) <= 1e100"

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """The readings of some sensors in the half-open interval [start, end)."""

    sensor_ids: tuple[int, ...]
    start: datetime
    end: datetime

    @classmethod
    def of(cls, sensor_ids: Sequence[int], start: datetime | None, end: datetime | None) -> Self:
        """An end that is None is as far as readings can go."""
        return cls(tuple(sensor_ids), start or EARLIEST, end or LATEST)

    def starting(self, start: datetime) -> Selection:
        return replace(self, start=max(start, self.start))

    def ending(self, end: datetime) -> Selection:
        return replace(self, end=min(end, self.end))

    def parameters(self) -> dict[str, Any]:
        """For statements about all sensors, or about one: by it they follow the key."""
        return {
            "sensors": list(self.sensor_ids),
            "sensor": self.sensor_ids[0],
            "start": self.start,
            "end": self.end,
        }


class Key(NamedTuple):
    """Where a row stands in the order of a page: by time, then by sensor."""

    at: datetime
    sensor_id: int


PAGE = """
    (SELECT {columns} FROM sensors_reading
     WHERE sensor_id = %s AND taken_at >= %s AND taken_at < %s
     ORDER BY taken_at {order} LIMIT %s)
"""
READING = "taken_at, sensor_id, value, quality, flags, batch_id"


def rows_after(selection: Selection, after: Key | None, most: int, *, newest: bool) -> list[Row]:
    """At most so many readings after a key, as tuples that begin with their own key.

    They come in order of time, or from the newest back. Each sensor is read along the
    key and what they give is merged, so no page costs more than its rows.
    """
    return _merged(selection, after, most, newest=newest, columns=READING)


def last_key(
    selection: Selection, after: Key | None, most: int, *, newest: bool
) -> tuple[Key | None, bool]:
    """The key that a page of so many readings ends with, and whether any come after it."""
    keys = _merged(
        selection,
        after,
        most + 1,
        newest=newest,
        columns="taken_at, sensor_id",
        tail=f"OFFSET {most - 1:d}",
    )
    return (Key(*keys[0]) if keys else None), len(keys) > 1


def _merged(
    selection: Selection,
    after: Key | None,
    most: int,
    *,
    newest: bool,
    columns: str,
    tail: str = "",
) -> list[Row]:
    order = "DESC" if newest else "ASC"
    branch = PAGE.format(columns=columns, order=order)
    parameters: list[Any] = []
    for part in _parts(selection, after, newest):
        parameters += [*part.sensor_ids, part.start, part.end, most]
    branches = " UNION ALL ".join([branch] * len(selection.sensor_ids))
    sql = f"""
        SELECT * FROM ({branches}) AS readings
        ORDER BY taken_at {order}, sensor_id {order} LIMIT %s {tail}
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [*parameters, most])
        return cursor.fetchall()


def _parts(selection: Selection, after: Key | None, newest: bool) -> Iterator[Selection]:
    """What is left of each sensor after a key: moments are ordered by sensor among equals."""
    for sensor_id in selection.sensor_ids:
        part = replace(selection, sensor_ids=(sensor_id,))
        if after is None:
            yield part
        elif newest:
            yield part.ending(after.at + TICK if sensor_id < after.sensor_id else after.at)
        else:
            yield part.starting(after.at if sensor_id > after.sensor_id else after.at + TICK)


# Times and values as PostgreSQL sends them in binary: made into arrays in one step, where
# 250 000 rows would be as many tuples.
CURVE = f"""
    SELECT string_agg(timestamptz_send(taken_at) || float8send(value), '' ORDER BY taken_at)
    FROM sensors_reading
    WHERE sensor_id = %s AND taken_at >= %s AND taken_at < %s AND {BELIEVED}
"""
CURVE_ROW = np.dtype([("micros", ">i8"), ("value", ">f8")])


def curve_of(
    sensor_id: int, selection: Selection
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """What one sensor measured: microseconds since 1970 and believed values, of shape (n,)."""
    with connection.cursor() as cursor:
        cursor.execute(CURVE, [sensor_id, selection.start, selection.end])
        rows = np.frombuffer(cursor.fetchone()[0] or b"", dtype=CURVE_ROW)
    micros = rows["micros"].astype(np.int64) + MICROS_BEFORE_2000
    return micros, rows["value"].astype(np.float64)


MOST = """
    SELECT coalesce(sum(readings), 0)::bigint FROM sensors_hourly
    WHERE sensor_id = ANY(%s::bigint[]) AND hour > %s AND hour < %s
"""


def count_at_most(selection: Selection) -> int:
    """How many readings there may be: those of all hours that the interval touches."""
    with connection.cursor() as cursor:
        hour = timedelta(hours=1)
        cursor.execute(MOST, [list(selection.sensor_ids), selection.start - hour, selection.end])
        return int(cursor.fetchone()[0])
