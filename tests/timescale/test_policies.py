"""TimescaleDB compresses, refreshes and drops by itself, as the settings say."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from sensors.models import Reading
from sensors.store.upkeep import prune_readings, refresh_hours
from tests.factories import make_sensor
from tests.timescale.database import ask, chunks, jobs, rollup, run, store

pytestmark = pytest.mark.usefixtures("on_timescale")


def chunk_width() -> timedelta:
    ((width,),) = ask("""
        SELECT time_interval FROM timescaledb_information.dimensions
        WHERE hypertable_name = 'sensors_reading'
    """)
    return width


def configured() -> dict[str, tuple[str, dict[str, str]]]:
    """By job: on what, and how, without the numbers that TimescaleDB gives."""
    return {
        name: (job["table"], {k: v for k, v in job["config"].items() if "hypertable" not in k})
        for name, job in jobs().items()
    }


def test_there_is_one_job_for_each_duty():
    assert configured() == {
        "policy_compression": ("sensors_reading", {"compress_after": "7 days"}),
        "policy_retention": ("sensors_reading", {"drop_after": "180 days"}),
        "policy_refresh_continuous_aggregate": (
            "sensors_hourly",
            {"start_offset": "180 days", "end_offset": "01:00:00"},
        ),
    }
    assert jobs()["policy_refresh_continuous_aggregate"]["every"] == timedelta(minutes=10)
    assert chunk_width() == timedelta(days=1)


def test_readings_are_compressed_by_sensor_in_order_of_time():
    columns = ask("""
        SELECT attname, segmentby_column_index, orderby_column_index, orderby_asc
        FROM timescaledb_information.compression_settings
        WHERE hypertable_name = 'sensors_reading'
    """)

    assert columns == [("sensor_id", 1, None, None), ("taken_at", None, 1, True)]


def test_other_settings_change_the_jobs_at_the_next_migrate(settings: Settings):
    settings.READINGS_CHUNK = timedelta(days=3)
    settings.COMPRESS_READINGS_AFTER = timedelta(days=14)
    settings.KEEP_READINGS_FOR = timedelta(days=400)

    call_command("migrate", verbosity=0)

    changed = {name: config for name, (_, config) in configured().items()}
    assert changed["policy_compression"] == {"compress_after": "14 days"}
    assert changed["policy_retention"] == {"drop_after": "400 days"}
    assert changed["policy_refresh_continuous_aggregate"]["start_offset"] == "400 days"
    assert chunk_width() == timedelta(days=3)


def test_the_chunks_past_their_time_are_dropped_and_no_other():
    sensor = make_sensor()
    for days in (400, 182, 179, 8, 0):
        store(sensor, days=days)

    run("retention")

    ages = [(timezone.now() - begin).days for begin, _, _ in chunks()]
    assert ages == [179, 8, 0]
    assert Reading.objects.count() == 9


def test_the_chunks_that_have_rested_are_compressed_and_no_other():
    sensor = make_sensor()
    for days in (30, 9, 5, 0):
        store(sensor, days=days)

    run("compression")

    assert [compressed for *_, compressed in chunks()] == [True, True, False, False]
    assert Reading.objects.count() == 12


def test_hours_outlive_the_readings():
    store(make_sensor(), days=182)
    ask("CALL refresh_continuous_aggregate('sensors_hourly', NULL, NULL)")
    before = rollup()

    run("retention")
    run("refresh_continuous_aggregate")

    assert not Reading.objects.exists()
    assert rollup() == before
    assert len(before) == 1


def test_the_upkeep_of_plain_postgresql_leaves_it_alone():
    store(make_sensor(), days=400)

    assert (refresh_hours(), prune_readings()) == (0, 0)
    assert Reading.objects.count() == 3
