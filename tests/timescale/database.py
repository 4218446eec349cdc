"""What the tests ask TimescaleDB, and the readings that they ask about."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from sensors.intake.storing import store_readings
from sensors.models import ReadingBatch, Sensor
from sensors.store.engine import is_timescale
from sensors.store.upkeep import refresh_hours
from tests.factories import MINUTE, make_batch, reading

HOURS = """
    SELECT sensor_id, date_trunc('hour', taken_at, 'UTC'), count(*),
        count(*) FILTER (WHERE quality = 2),
        avg(value) FILTER (WHERE quality < 2), min(value) FILTER (WHERE quality < 2),
        max(value) FILTER (WHERE quality < 2),
        (array_agg(value ORDER BY taken_at DESC) FILTER (WHERE quality < 2))[1],
        sum(value) FILTER (WHERE quality < 2), regr_sxx(value, value) FILTER (WHERE quality < 2)
    FROM sensors_reading GROUP BY 1, 2 ORDER BY 1, 2
"""


def ask(sql: str, *parameters: str | int) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else []


def jobs() -> dict[str, dict[str, Any]]:
    """By what it does: each job of the project's, once."""
    found = ask("""
        SELECT proc_name, job_id, hypertable_name, schedule_interval, config::text
        FROM timescaledb_information.jobs WHERE proc_name LIKE 'policy%%' AND job_id >= 1000
    """)
    names = ("job_id", "table", "every", "config")
    assert len(found) == len({row[0] for row in found})
    return {
        name: dict(zip(names, [*rest, json.loads(config)], strict=True))
        for name, *rest, config in found
    }


def run(job: str) -> None:
    """What TimescaleDB's own schedule does."""
    ask("CALL run_job(%s)", jobs()[f"policy_{job}"]["job_id"])


def chunks() -> list[tuple[Any, Any, bool]]:
    """Begin, end and whether it is compressed, of each chunk of readings."""
    return ask("""
        SELECT range_start, range_end, is_compressed FROM timescaledb_information.chunks
        WHERE hypertable_name = 'sensors_reading' ORDER BY range_start
    """)


def rollup() -> list[Any]:
    """Sensor, hour and the figures of each hour; the first two are readings and bad ones."""
    rows = ask("SELECT * FROM sensors_hourly ORDER BY 1, 2")
    return [(sensor, hour, tuple(figures)) for sensor, hour, *figures in rows]


def hours_of_readings() -> list[Any]:
    """What the rollup has to say. The last digits of a sum hang on the order of its parts."""
    return [(sensor, hour, pytest.approx(tuple(figures))) for sensor, hour, *figures in ask(HOURS)]


def indexes(table: str = "sensors_reading") -> list[str]:
    return [name for (name,) in ask("SELECT indexdef FROM pg_indexes WHERE tablename = %s", table)]


def store(
    sensor: Sensor, days: float, *, values: Sequence[float] = (1.0, 2.0, 3.0)
) -> ReadingBatch:
    """Readings a minute apart, the first at 01:00 so many days ago."""
    day = timezone.now().replace(hour=1, minute=0, second=0, microsecond=0)
    return store_from(sensor, day - timedelta(days=days), values)


def store_from(sensor: Sensor, first: datetime, values: Sequence[float]) -> ReadingBatch:
    batch = make_batch(
        sensor.site, [reading(sensor, v, first + MINUTE * i) for i, v in enumerate(values)]
    )
    store_readings([batch])
    batch.refresh_from_db()
    return batch


def refresh() -> None:
    """What beat does on plain PostgreSQL and TimescaleDB's own job does there."""
    run("refresh_continuous_aggregate") if is_timescale() else refresh_hours()
