"""Readings cut into bins of time: of each bin the last one that can be believed.

A bin is known by its number, counted from 1970 in steps of its width. Times and widths are
microseconds. A reading from the future is left out: its time is wrong, and so is its bin.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from sensors.history.windows import moment_of
from sensors.intake.spans import Span
from sensors.models import Reading

BELIEVED = f"quality < {Reading.Quality.BAD.value} AND flags & {Reading.Flag.FUTURE.value} = 0"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which bins of a sensor are asked for: from one moment until before another."""

    sensor_id: int
    first: int
    before: int
    width: int


@dataclass(frozen=True, slots=True)
class Binned:
    """The last reading of each bin that has one, in order; arrays have shape (n,)."""

    micros: NDArray[np.int64]
    values: NDArray[np.float64]
    batch_ids: NDArray[np.int64]


LAST_OF_BINS = f"""
    SELECT array_agg(micros ORDER BY micros), array_agg(value ORDER BY micros),
        array_agg(batch_id ORDER BY micros)
    FROM unnest(%(sensors)s::bigint[], %(firsts)s::timestamptz[], %(befores)s::timestamptz[],
            %(widths)s::bigint[])
        WITH ORDINALITY AS asked (sensor_id, first_at, before, width, position)
    LEFT JOIN LATERAL (
        SELECT DISTINCT ON (micros / asked.width) micros, value, batch_id
        FROM (
            SELECT (extract(epoch FROM taken_at) * 1000000)::bigint AS micros, value, batch_id
            FROM sensors_reading
            WHERE sensor_id = asked.sensor_id
                AND taken_at >= asked.first_at AND taken_at < asked.before AND {BELIEVED}
        ) AS believed
        ORDER BY micros / asked.width DESC, micros DESC
        LIMIT %(most)s
    ) AS binned ON true
    GROUP BY position
    ORDER BY position
"""


def last_of_bins(asked: Sequence[Asked], *, most: int) -> list[Binned]:
    """Of each that is asked for the last `most` bins, with one query for all."""
    if not asked:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            LAST_OF_BINS,
            {
                "sensors": [one.sensor_id for one in asked],
                "firsts": [moment_of(one.first) for one in asked],
                "befores": [moment_of(one.before) for one in asked],
                "widths": [one.width for one in asked],
                "most": most,
            },
        )
        return [_binned(*row) for row in cursor.fetchall()]


def _binned(micros: list[int], values: list[float], batch_ids: list[int]) -> Binned:
    # Where there is none, the outer join leaves one NULL.
    found = slice(0, 0) if values[0] is None else slice(None)
    return Binned(
        np.array(micros[found], dtype=np.int64),
        np.array(values[found], dtype=float),
        np.array(batch_ids[found], dtype=np.int64),
    )


EXTENTS = f"""
    SELECT sensor_id, min(micros), max(micros)
    FROM unnest(%(sensors)s::bigint[], %(firsts)s::timestamptz[], %(lasts)s::timestamptz[])
        AS span (of_sensor, first_at, last_at)
    JOIN LATERAL (
        SELECT sensor_id, (extract(epoch FROM taken_at) * 1000000)::bigint AS micros
        FROM sensors_reading
        WHERE sensor_id = of_sensor AND taken_at BETWEEN first_at AND last_at AND {BELIEVED}
    ) AS believed ON true
    GROUP BY sensor_id
"""


def extents(spans: Iterable[Span]) -> dict[int, tuple[int, int]]:
    """Of each sensor the times of the first and the last reading within its spans."""
    asked = list(spans)
    if not asked:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            EXTENTS,
            {
                "sensors": [span.sensor_id for span in asked],
                "firsts": [moment_of(span.first) for span in asked],
                "lasts": [moment_of(span.last) for span in asked],
            },
        )
        return {sensor: (first, last) for sensor, first, last in cursor.fetchall()}


LONG_ENOUGH = f"""
    SELECT asset_id FROM sensors_sensor AS sensor
    WHERE asset_id = ANY (%(assets)s) AND retired_at IS NULL AND EXISTS (
        SELECT FROM sensors_reading WHERE sensor_id = sensor.id AND {BELIEVED}
        ORDER BY taken_at DESC
        OFFSET %(readings)s - 1 LIMIT 1
    )
    GROUP BY asset_id
    HAVING count(*) >= %(sensors)s
"""


def assets_with_history(assets: Iterable[int], *, sensors: int, readings: int) -> list[int]:
    """Those of the assets on which so many sensors have so many readings, or more."""
    with connection.cursor() as cursor:
        cursor.execute(
            LONG_ENOUGH, {"assets": list(assets), "sensors": sensors, "readings": readings}
        )
        return sorted(asset for (asset,) in cursor.fetchall())
