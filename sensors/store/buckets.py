"""Readings of a stretch of time as one row: how many, lowest, highest, average."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from sensors.history.granularity import HOUR, ceiling, floor
from sensors.store.reading import BELIEVED, TICK, Key, Row, Selection

# From the readings themselves. A subquery for each bucket: faster than to group, for which
# PostgreSQL would sort all readings first.
FINE = f"""
    SELECT bucket, asked.sensor_id, part.*
    FROM unnest(%(sensors)s::bigint[]) AS asked (sensor_id)
    CROSS JOIN generate_series(
        %(first)s::timestamptz, %(last)s::timestamptz, %(width)s::interval
    ) AS bucket
    CROSS JOIN LATERAL (
        SELECT count(*) AS readings,
            count(*) - count(believed) AS bad,
            min(believed), max(believed), avg(believed)
        FROM (
            SELECT CASE WHEN {BELIEVED} THEN value END AS believed
            FROM sensors_reading AS reading
            WHERE reading.sensor_id = asked.sensor_id
                AND taken_at >= greatest(bucket, %(start)s::timestamptz)
                AND taken_at < least(bucket + %(width)s::interval, %(end)s::timestamptz)
        ) AS valued
    ) AS part
    WHERE part.readings > 0
    ORDER BY 1, 2
"""

# Whole hours from the rollup and what an end cuts off an hour from the readings.
PARTS = f"""
    SELECT sensor_id, hour AS at, readings, bad, lowest, highest, total, average, squares
    FROM sensors_hourly
    WHERE sensor_id = ANY(%(sensors)s::bigint[]) AND hour >= %(first)s AND hour < %(last)s
    UNION ALL
    SELECT asked.sensor_id, edge.start_at, part.*
    FROM unnest(%(sensors)s::bigint[]) AS asked (sensor_id)
    CROSS JOIN unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[])
        AS edge (start_at, end_at)
    CROSS JOIN LATERAL (
        SELECT count(*) AS readings, count(*) - count(believed) AS bad, min(believed),
            max(believed), sum(believed), avg(believed), regr_sxx(believed, believed)
        FROM (
            SELECT CASE WHEN {BELIEVED} THEN value END AS believed
            FROM sensors_reading AS reading
            WHERE reading.sensor_id = asked.sensor_id
                AND taken_at >= edge.start_at AND taken_at < edge.end_at
        ) AS valued
    ) AS part
    WHERE part.readings > 0
"""
COARSE = f"""
    SELECT date_bin(%(width)s::interval, at, 'epoch') AS bucket, sensor_id,
        sum(readings)::bigint, sum(bad)::bigint, min(lowest), max(highest),
        sum(total) / nullif(sum(readings - bad), 0)::float8
    FROM ({PARTS}) AS parts
    GROUP BY 1, 2
    HAVING (date_bin(%(width)s::interval, at, 'epoch'), sensor_id) > (%(after)s, %(after_id)s)
    ORDER BY 1, 2
    LIMIT %(most)s
"""

BEFORE_ALL = Key(datetime.min.replace(tzinfo=UTC), 0)


def fine_buckets(selection: Selection, width: timedelta) -> list[Row]:
    """Buckets that have readings, as (start, sensor, readings, bad, lowest, highest, average).

    Reads every reading in them.
    """
    asked = selection.parameters() | {
        "width": width,
        "first": floor(selection.start, width),
        "last": selection.end - TICK,
    }
    with connection.cursor() as cursor:
        cursor.execute(FINE, asked)
        return cursor.fetchall()


def coarse_buckets(
    selection: Selection, width: timedelta, *, after: Key | None, most: int
) -> list[Row]:
    """The same for a width of whole hours, from the rollup, after a key: at most so many."""
    if after:
        selection = selection.starting(after.at)
    asked = parts_of(selection) | {
        "width": width,
        "after": (after or BEFORE_ALL).at,
        "after_id": (after or BEFORE_ALL).sensor_id,
        "most": most,
    }
    with connection.cursor() as cursor:
        cursor.execute(COARSE, asked)
        return cursor.fetchall()


def parts_of(selection: Selection) -> dict[str, Any]:
    """The parameters of PARTS: the hours that lie within, and the ends that do not."""
    first, last = ceiling(selection.start, HOUR), floor(selection.end, HOUR)
    edges: list[tuple[datetime, datetime]] = [(selection.start, first), (last, selection.end)]
    if first > last:
        # Both ends are in one hour.
        first, edges = last, [(selection.start, selection.end)]
    cut = [(start, end) for start, end in edges if start < end]
    return selection.parameters() | {
        "first": first,
        "last": last,
        "starts": [start for start, _ in cut],
        "ends": [end for _, end in cut],
    }
