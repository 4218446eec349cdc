"""How long readings are kept and how: TimescaleDB does it by itself, once it is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from sensors.store.engine import is_timescale

HYPERTABLE = "sensors_reading"
HOURLY = "sensors_hourly"

REFRESH_UNTIL = timedelta(hours=1)
REFRESH_EVERY = timedelta(minutes=10)


def apply_policies(**kwargs: object) -> None:
    """Bring TimescaleDB's jobs in line with the settings. Runs after each migrate."""
    if not is_timescale():
        return
    with connection.cursor() as cursor:
        # A migrate backwards may have ended before there is anything to look after.
        cursor.execute("SELECT to_regclass(%s)", [HOURLY])
        if cursor.fetchone() == (None,):
            return
        for statement, *parameters in _policies():
            cursor.execute(str(statement), parameters)


def _policies() -> list[tuple[Any, ...]]:
    # Each is taken away first: adding it again would keep the old setting.
    return [
        ("SELECT set_chunk_time_interval(%s, %s::interval)", HYPERTABLE, settings.READINGS_CHUNK),
        ("SELECT remove_compression_policy(%s, if_exists => true)", HYPERTABLE),
        (
            "SELECT add_compression_policy(%s, %s::interval)",
            HYPERTABLE,
            settings.COMPRESS_READINGS_AFTER,
        ),
        ("SELECT remove_retention_policy(%s, if_exists => true)", HYPERTABLE),
        (
            "SELECT add_retention_policy(%s, %s::interval)",
            HYPERTABLE,
            settings.KEEP_READINGS_FOR,
        ),
        ("SELECT remove_continuous_aggregate_policy(%s, if_exists => true)", HOURLY),
        (
            "SELECT add_continuous_aggregate_policy(%s, %s::interval, %s::interval, %s::interval)",
            HOURLY,
            # As far back as there are readings: history may be filled in at any age.
            settings.KEEP_READINGS_FOR,
            REFRESH_UNTIL,
            REFRESH_EVERY,
        ),
    ]
