"""What there is to read, and by what an answer made of it is known to be as before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from sensors.store.engine import is_timescale
from sensors.store.reading import TICK, Selection

# The numbers of changed days only grow, so their sum is another one after each change. That
# readings were dropped for their age is no change: the first one left tells.
STATE = """
    SELECT asked.sensor_id, first.taken_at, last.taken_at,
        (SELECT (count(*), sum(number))::text FROM sensors_change AS change
         WHERE change.sensor_id = asked.sensor_id
             AND day >= (%(start)s::timestamptz AT TIME ZONE 'UTC')::date
             AND day <= (%(end)s::timestamptz AT TIME ZONE 'UTC')::date)
    FROM unnest(%(sensors)s::bigint[]) AS asked (sensor_id)
    LEFT JOIN LATERAL (
        SELECT taken_at FROM sensors_reading AS reading
        WHERE reading.sensor_id = asked.sensor_id
            AND taken_at >= %(start)s AND taken_at < %(end)s
        ORDER BY taken_at LIMIT 1
    ) AS first ON true
    LEFT JOIN LATERAL (
        SELECT taken_at FROM sensors_reading AS reading
        WHERE reading.sensor_id = asked.sensor_id
            AND taken_at >= %(start)s AND taken_at < %(end)s
        ORDER BY taken_at DESC LIMIT 1
    ) AS last ON true
    ORDER BY 1
"""
# TimescaleDB takes late readings into its hours some minutes afterwards: a change that has
# no number of its own.
HOURS = """
    SELECT md5(string_agg(format('%%s %%s %%s %%s', sensor_id, hour, readings, total), ','
        ORDER BY sensor_id, hour))
    FROM sensors_hourly
    WHERE sensor_id = ANY(%(sensors)s::bigint[]) AND hour >= %(start)s AND hour < %(end)s
"""


@dataclass(frozen=True, slots=True)
class State:
    """The first and the last reading of a selection, and facts that change when it does."""

    first: datetime | None
    last: datetime | None
    facts: tuple[Any, ...]

    def bounds(
        self, start: datetime | None, end: datetime | None
    ) -> tuple[datetime | None, datetime | None]:
        """What was asked for; an end that was not is that of the readings there are."""
        return start or self.first, end or (self.last + TICK if self.last else None)


def state_of(selection: Selection) -> State:
    """Costs a few index rows for a sensor and one for each of its days.

    Ask before reading the rows: a change in between then makes the facts too old, which
    costs an answer too many, never one too few.
    """
    asked = selection.parameters()
    with connection.cursor() as cursor:
        cursor.execute(STATE, asked)
        facts = cursor.fetchall()
        firsts, lasts = [f[1] for f in facts if f[1]], [f[2] for f in facts if f[2]]
        if is_timescale():
            cursor.execute(HOURS, asked)
            facts += cursor.fetchall()
    return State(min(firsts, default=None), max(lasts, default=None), tuple(facts))
