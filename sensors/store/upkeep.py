"""What TimescaleDB's jobs do by themselves, for plain PostgreSQL. Beat starts it."""

from __future__ import annotations

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from sensors.store.engine import is_timescale

# Hours refreshed, or sensors pruned, in one transaction: none holds its locks for long.
AT_ONCE = 500

# A mark that another transaction holds belongs to readings that are still coming in. The
# aggregate is taken by a second statement, whose snapshot is younger than the locks.
PICK = """
    SELECT sensor_id, hour FROM sensors_hourly_changed
    ORDER BY sensor_id, hour LIMIT %s FOR UPDATE SKIP LOCKED
"""
KEEP = """
    INSERT INTO sensors_hourly_kept
    SELECT fresh.* FROM sensors_hourly_now AS fresh
    JOIN unnest(%s::bigint[], %s::timestamptz[]) AS picked (sensor_id, hour)
        USING (sensor_id, hour)
    ON CONFLICT (sensor_id, hour) DO UPDATE SET
        readings = excluded.readings, bad = excluded.bad, average = excluded.average,
        lowest = excluded.lowest, highest = excluded.highest, last = excluded.last,
        total = excluded.total, squares = excluded.squares
"""
UNMARK = """
    DELETE FROM sensors_hourly_changed AS mark
    USING unnest(%s::bigint[], %s::timestamptz[]) AS picked (sensor_id, hour)
    WHERE mark.sensor_id = picked.sensor_id AND mark.hour = picked.hour
"""


def refresh_hours() -> int:
    """Keep the hours that have changed. Says how many there were."""
    if is_timescale():
        return 0
    total = 0
    while done := _refresh_some():
        total += done
    return total


@transaction.atomic
def _refresh_some() -> int:
    with connection.cursor() as cursor:
        cursor.execute(PICK, [AT_ONCE])
        picked = cursor.fetchall()
        if picked:
            columns = [[row[0] for row in picked], [row[1] for row in picked]]
            cursor.execute(KEEP, columns)
            cursor.execute(UNMARK, columns)
    return len(picked)


PRUNE = "DELETE FROM sensors_reading WHERE sensor_id = %s AND taken_at < %s"


def prune_readings() -> int:
    """Drop readings older than the settings keep them. Their hours stay.

    Sensor by sensor, so that it goes along the primary key in small transactions.
    """
    if is_timescale():
        return 0
    refresh_hours()
    before, total = timezone.now() - settings.KEEP_READINGS_FOR, 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM sensors_sensor ORDER BY id")
        for (sensor,) in cursor.fetchall():
            cursor.execute(PRUNE, [sensor, before])
            total += cursor.rowcount
    return total
