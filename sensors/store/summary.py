"""What is to say about a sensor's readings of an interval, however long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from sensors.store.buckets import PARTS, parts_of
from sensors.store.reading import BELIEVED, Selection

# Spreads are added up about the common mean (Chan, Golub, LeVeque 1979), so that a small
# spread on a large level survives.
SUMMARY = f"""
    WITH parts AS MATERIALIZED ({PARTS}),
    whole AS (SELECT sum(total) / nullif(sum(readings - bad), 0)::float8 AS mean FROM parts)
    SELECT coalesce(sum(readings), 0)::bigint, coalesce(sum(bad), 0)::bigint,
        min(lowest), max(highest), max(whole.mean),
        sum(squares + (readings - bad) * (average - whole.mean) ^ 2)
    FROM parts CROSS JOIN whole
"""
LAST = f"""
    SELECT taken_at, value FROM sensors_reading
    WHERE sensor_id = %(sensor)s AND taken_at >= %(start)s AND taken_at < %(end)s
        AND {BELIEVED}
    ORDER BY taken_at DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Summary:
    """`count` and `bad` are of all readings, the rest is of those that are believed."""

    count: int
    bad: int
    lowest: float | None
    highest: float | None
    mean: float | None
    deviation: float | None
    last_value: float | None
    last_value_at: datetime | None


def summary_of(selection: Selection) -> Summary:
    """Of one sensor. Hours are read from the rollup, cut ones from the readings."""
    asked = parts_of(selection)
    with connection.cursor() as cursor:
        cursor.execute(SUMMARY, asked)
        count, bad, lowest, highest, mean, squares = cursor.fetchone()
        cursor.execute(LAST, asked)
        last_at, last = cursor.fetchone() or (None, None)
    if mean is not None:
        # The last digit of a sum may carry it past the values it is the mean of.
        mean = min(max(mean, lowest), highest)
    believed = count - bad
    deviation = (squares / (believed - 1)) ** 0.5 if believed > 1 else None
    return Summary(count, bad, lowest, highest, mean, deviation, last, last_at)
