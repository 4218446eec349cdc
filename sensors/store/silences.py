"""How regularly a sensor's readings came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from sensors.store.reading import Selection

INTERVAL = """
    SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY step) FROM (
        SELECT taken_at - lag(taken_at) OVER (ORDER BY taken_at) AS step
        FROM sensors_reading
        WHERE sensor_id = %(sensor)s AND taken_at >= %(start)s AND taken_at < %(end)s
    ) AS steps
"""

# The readings on either side of the interval count too, so that a silence is as long as it
# was; what is told of it is the part within.
SILENCES = """
    WITH moments AS (
        SELECT coalesce((
            SELECT taken_at FROM sensors_reading
            WHERE sensor_id = %(sensor)s AND taken_at < %(start)s
            ORDER BY taken_at DESC LIMIT 1
        ), %(start)s) AS at
        UNION ALL
        SELECT taken_at FROM sensors_reading
        WHERE sensor_id = %(sensor)s AND taken_at >= %(start)s AND taken_at < %(end)s
        UNION ALL
        SELECT coalesce((
            SELECT taken_at FROM sensors_reading
            WHERE sensor_id = %(sensor)s AND taken_at >= %(end)s
            ORDER BY taken_at LIMIT 1
        ), %(end)s)
    ),
    silences AS (
        SELECT at, lead(at) OVER (ORDER BY at) AS next_at FROM moments
    ),
    long AS (
        SELECT greatest(at, %(start)s) AS start_at, least(next_at, %(end)s) AS end_at
        FROM silences WHERE next_at - at > %(longest)s
    )
    SELECT start_at, end_at, count(*) OVER (), sum(end_at - start_at) OVER ()
    FROM long WHERE start_at < end_at
    ORDER BY start_at LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class Silences:
    """The first silences within an interval, and of all of them the number and the sum."""

    first: list[tuple[datetime, datetime]]
    count: int
    total: timedelta


def usual_interval(selection: Selection) -> timedelta | None:
    """The median time from one reading to the next. None if there are fewer than two."""
    with connection.cursor() as cursor:
        cursor.execute(INTERVAL, selection.parameters())
        return cursor.fetchone()[0]


def silences_of(selection: Selection, *, longest: timedelta, most: int) -> Silences:
    """Where one sensor said nothing for more than `longest`."""
    with connection.cursor() as cursor:
        cursor.execute(SILENCES, selection.parameters() | {"longest": longest, "most": most})
        rows = cursor.fetchall()
    count, total = rows[0][2:] if rows else (0, timedelta(0))
    return Silences([(start, end) for start, end, *_ in rows], count, total)
