"""Waveforms in the table: written once, dropped with the readings of their time."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.db import connection
from django.utils import timezone
from psycopg import Cursor

from sensors.models import StoredWaveform

# Waveforms in one statement, of up to 256 kB each.
AT_ONCE = 100

INSERT = """
    INSERT INTO sensors_storedwaveform (sensor_id, taken_at, sampling_rate, unit, samples)
    SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::float8[], %s::text[], %s::bytea[])
    ON CONFLICT (sensor_id, taken_at) DO NOTHING
    RETURNING sensor_id, taken_at
"""
NAMES = ("sensor_id", "taken_at", "sampling_rate", "unit", "samples")


def write_waveforms(waveforms: Sequence[StoredWaveform]) -> list[StoredWaveform]:
    """Insert what is new and return it; a moment that has a waveform keeps it.

    Takes one for a moment of a sensor. Needs a transaction. Rows go in along the key, as
    readings do.
    """
    ordered = sorted(waveforms, key=lambda row: (row.sensor_id, row.taken_at))
    inserted: list[StoredWaveform] = []
    for begin in range(0, len(ordered), AT_ONCE):
        some = ordered[begin : begin + AT_ONCE]
        columns = [[getattr(row, name) for row in some] for name in NAMES]
        # The driver's own cursor sends bytes as they are; Django's would write them in hex.
        with connection.wrap_database_errors, Cursor(connection.connection) as cursor:
            new = set(cursor.execute(INSERT, columns).fetchall())
        inserted += [row for row in some if (row.sensor_id, row.taken_at) in new]
    return inserted


PRUNE = "DELETE FROM sensors_storedwaveform WHERE sensor_id = %s AND taken_at < %s"


def prune_waveforms() -> int:
    """Drop waveforms older than readings are kept, on every engine: no policy knows them."""
    before, total = timezone.now() - settings.KEEP_READINGS_FOR, 0
    with_some = StoredWaveform.objects.filter(taken_at__lt=before).order_by("sensor_id")
    sensors = list(with_some.values_list("sensor_id", flat=True).distinct())
    with connection.cursor() as cursor:
        for sensor in sensors:
            cursor.execute(PRUNE, [sensor, before])
            total += cursor.rowcount
    return total
