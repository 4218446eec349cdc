"""Each migration can be taken back on TimescaleDB, with readings and compressed chunks."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from sensors.models import Reading
from tests.factories import make_sensor
from tests.timescale.database import (
    ask,
    chunks,
    hours_of_readings,
    indexes,
    jobs,
    rollup,
    run,
    store,
)

on_timescale = pytest.mark.usefixtures("on_timescale")


def migrate(*to: str) -> None:
    call_command("migrate", *to, verbosity=0)


def tables() -> set[str]:
    return {t for t in connection.introspection.table_names() if t.startswith("sensors_")}


def shape() -> Any:
    """Tables with their indexes, and what of the hypertable its jobs do."""
    columns = ask("""
        SELECT table_name, column_name, data_type, is_nullable
        FROM information_schema.columns WHERE table_name LIKE 'sensors_%%' ORDER BY 1, 2
    """)
    return columns, {table: sorted(indexes(table)) for table in tables()}, sorted(jobs())


@pytest.mark.usefixtures("on_timescale_of_sensors")
def test_all_is_taken_back_and_made_again_over_compressed_readings():
    """On one way, and without the apps above: each step takes its time."""
    sensor = make_sensor()
    store(sensor, days=20)
    store(sensor, days=0)
    run("compression")
    run("refresh_continuous_aggregate")
    before, shape_before, hours = list(Reading.objects.order_by("taken_at")), shape(), rollup()

    migrate("sensors", "0001")
    without, jobs_without = ask("SELECT to_regclass('sensors_hourly')"), jobs()
    rest = list(Reading.objects.order_by("taken_at"))
    migrate("sensors", "0003")

    assert without == [(None,)]
    assert jobs_without == {}
    assert rest == before == list(Reading.objects.order_by("taken_at"))
    assert rollup() == hours == hours_of_readings()
    assert not any(compressed for *_, compressed in chunks())

    migrate("sensors", "zero")
    left = tables()
    migrate("sensors")

    assert left == set()
    assert shape() == shape_before


@on_timescale
def test_readings_have_the_index_of_their_key_and_no_other():
    store(make_sensor(), days=0)
    (chunk,) = ask("SELECT show_chunks('sensors_reading')::text")

    assert len(indexes()) == len(indexes(chunk[0].split(".")[1])) == 1
    assert "UNIQUE INDEX sensors_reading_pkey" in indexes()[0]
    assert indexes()[0].endswith("(sensor_id, taken_at)")


@on_timescale
def test_the_newest_readings_of_a_sensor_are_found_along_the_key():
    sensor = make_sensor()
    store(sensor, days=0, values=range(1_000))
    ask("ANALYZE sensors_reading")
    newest = sensor.readings.order_by("-taken_at").values_list("taken_at", "value")[:50]

    plan = newest.explain(costs=False)

    assert "Index Scan Backward" in plan
    assert "Sort " not in plan
