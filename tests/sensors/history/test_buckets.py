"""Readings in buckets of time, held against a plain NumPy model of the answer."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from django.db import connection
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from sensors.history.granularity import EPOCH, Granularity
from sensors.models import Reading, Sensor, Site
from sensors.store.upkeep import refresh_hours
from tests.factories import MINUTE, NOON, make_batch, make_sensor
from tests.sensors.intake.courses import BEGIN, every_page, file_of, make_course, read, results

pytestmark = pytest.mark.django_db

HOUR, DAY = 60 * MINUTE, 24 * 60 * MINUTE
WIDTHS = {name: name.width for name in Granularity if name is not Granularity.RAW}


def model(sensors: list[Sensor], start: datetime, end: datetime, width: timedelta) -> list[Any]:
    """The same answer, reading by reading."""
    buckets: dict[tuple[datetime, int], list[tuple[float, int]]] = {}
    rows = Reading.objects.filter(sensor__in=sensors, taken_at__gte=start, taken_at__lt=end)
    for at, sensor_id, value, quality in rows.values_list(
        "taken_at", "sensor_id", "value", "quality"
    ):
        bucket = EPOCH + (at - EPOCH) // width * width
        buckets.setdefault((bucket, sensor_id), []).append((value, quality))
    code_of = {sensor.pk: sensor.code for sensor in sensors}
    return [
        _row(code_of[sensor_id], bucket, *map(np.array, zip(*found, strict=True)))
        for (bucket, sensor_id), found in sorted(buckets.items())
    ]


def _row(code: str, bucket: datetime, values: Any, quality: Any) -> dict[str, Any]:
    good = values[quality < 2]
    return {
        "sensor_id": code,
        "timestamp": bucket.isoformat().replace("+00:00", "Z"),
        "min": good.min() if good.size else None,
        "max": good.max() if good.size else None,
        "average": pytest.approx(good.mean(), rel=1e-12) if good.size else None,
        "count": values.size,
        "bad_share": (values.size - good.size) / values.size,
    }


@pytest.fixture
def course(site: Site) -> Sensor:
    return make_course(site, "T1", seed=1)


moments = st.integers(-HOUR // timedelta(seconds=1), 4 * DAY // timedelta(seconds=1)).map(
    lambda second: BEGIN + timedelta(seconds=second)
)

spans = st.tuples(moments, moments).map(lambda two: (min(two), max(two)))


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(spans, st.sampled_from(sorted(WIDTHS)), st.sampled_from([300, 9_999]))
@example((BEGIN, BEGIN), Granularity.HOUR, 300)
@example((BEGIN + MINUTE, BEGIN + 2 * MINUTE), Granularity.DAY, 300)
@example((BEGIN + MINUTE, BEGIN + HOUR), Granularity.DAY, 300)
@example((BEGIN + HOUR, BEGIN + 2 * HOUR), Granularity.HOUR, 300)
@example((BEGIN + MINUTE, BEGIN + HOUR + MINUTE), Granularity.HOUR, 300)
def test_buckets_are_those_of_a_plain_model(
    gateway: APIClient,
    site: Site,
    span: tuple[datetime, datetime],
    resolution: Granularity,
    limit: int,
) -> None:
    sensors = list(Sensor.objects.filter(site=site)) or [
        make_course(site, "T1", seed=1),
        make_course(site, "T2", seed=2),
    ]
    query = {"from_": span[0], "to": span[1], "resolution": resolution.value}

    rows = every_page(gateway, read(gateway, *sensors, limit=limit, **query))

    assert rows == model(sensors, span[0], span[1], resolution.width)


@pytest.mark.parametrize("resolution", sorted(WIDTHS))
def test_hours_that_are_kept_say_the_same(
    gateway: APIClient, course: Sensor, resolution: str
) -> None:
    query = {"from_": BEGIN + 7 * MINUTE, "to": BEGIN + 2 * DAY, "resolution": resolution}
    before = every_page(gateway, read(gateway, course, **query))

    refresh_hours()

    after = every_page(gateway, read(gateway, course, **query))
    assert [row | {"average": pytest.approx(row["average"])} for row in before] == after


@pytest.mark.parametrize(
    ("span", "resolution"),
    [
        (15 * MINUTE, "raw"),
        (16 * MINUTE, "1m"),
        (DAY, "1m"),
        (3 * DAY, "10m"),
        (3 * DAY + MINUTE, "1h"),
        (60 * DAY, "1h"),
        (61 * DAY, "1d"),
    ],
)
def test_the_resolution_fits_the_span(
    gateway: APIClient, course: Sensor, span: timedelta, resolution: str
) -> None:
    answer = read(gateway, course, from_=NOON - span, to=NOON, resolution="auto").json()

    assert answer["resolution"] == resolution
    assert span / Granularity(resolution).width <= 1_500 if resolution != "raw" else True
    assert answer["next"] is None


def test_a_long_span_does_not_touch_the_readings_but_at_its_ends(
    gateway: APIClient, course: Sensor
) -> None:
    """Counted by PostgreSQL itself: the rows that the index gave."""
    refresh_hours()
    inside = BEGIN + HOUR, BEGIN + 2 * DAY
    query = {"resolution": "1h", "from_": inside[0], "to": inside[1] + 10 * MINUTE}

    def rows_read() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT sum(pg_stat_get_xact_tuples_returned(oid)"
                " + pg_stat_get_xact_tuples_fetched(oid))::int FROM pg_class"
                " WHERE relname IN ('sensors_reading', 'sensors_reading_pkey')"
            )
            return cursor.fetchone()[0]

    before = rows_read()
    rows = results(read(gateway, course, **query))

    edge = course.readings.between(inside[1], inside[1] + 10 * MINUTE).count()
    assert sum(row["count"] for row in rows) > 200
    # Twice: the index and the table; and the first and the last for the tag.
    assert rows_read() - before <= 2 * (edge + 2) + 4


def test_pages_of_minutes_pass_over_silences(gateway: APIClient, site: Site) -> None:
    sensor, batch = make_sensor(site=site, code="T1"), make_batch(site)
    moments = [NOON, NOON + MINUTE, NOON + 90 * DAY]
    Reading.objects.bulk_create(
        Reading(sensor=sensor, batch=batch, value=i, taken_at=at) for i, at in enumerate(moments)
    )

    first = read(gateway, sensor, resolution="1m", limit=10)
    second = gateway.get(first.json()["next"])

    assert [row["max"] for row in results(first)] == [0.0, 1.0]
    assert [row["max"] for row in results(second)] == [2.0]
    assert second.json()["next"] is None


def test_an_open_interval_ends_where_the_readings_end(gateway: APIClient, course: Sensor) -> None:
    first, last = course.readings.earliest("taken_at"), course.readings.latest("taken_at")

    answer = read(gateway, course, resolution="1d").json()

    assert answer["bounded"] is True
    assert datetime.fromisoformat(answer["from"]) == first.taken_at
    assert datetime.fromisoformat(answer["to"]) == last.taken_at + timedelta(microseconds=1)
    assert sum(row["count"] for row in answer["results"]) == 700
    closed = read(gateway, course, from_=BEGIN, to=NOON, resolution="1d").json()
    assert closed["bounded"] is False


@pytest.mark.parametrize("resolution", ["", "auto", "raw", "1m", "1h", "1d"])
def test_a_sensor_without_readings_gives_an_empty_answer(
    gateway: APIClient, site: Site, resolution: str
) -> None:
    sensor = make_sensor(site=site, code="T1")

    for query in ({}, {"from_": BEGIN, "to": NOON}, {"from_": BEGIN}, {"to": NOON}):
        answer = read(gateway, sensor, resolution=resolution, **query)
        assert results(answer) == []
        assert answer.json()["next"] is None


@pytest.mark.parametrize("resolution", ["1m", "10m", "1h", "1d", "auto"])
def test_the_edges_of_time_break_nothing(
    gateway: APIClient, course: Sensor, resolution: str
) -> None:
    start = datetime(1, 1, 1, tzinfo=UTC)
    query = {"from_": start, "to": "9999-12-31T23:59:59Z", "resolution": resolution}

    rows = every_page(gateway, read(gateway, course, **query))

    assert sum(row["count"] for row in rows) == 700


@pytest.mark.parametrize("resolution", ["1m", "1h", "raw"])
def test_csv_says_what_json_says(gateway: APIClient, course: Sensor, resolution: str) -> None:
    query = {"from_": BEGIN, "to": BEGIN + DAY, "resolution": resolution, "limit": 50}
    as_json = read(gateway, course, **query)

    answer = read(gateway, course, format="csv", **query)
    text = file_of(answer)

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert (answer["X-Resolution"], answer["X-Bounded"]) == (resolution, "false")
    header, *rows = csv.reader(io.StringIO(text))
    expected = results(as_json)
    assert header == list(expected[0])
    assert rows == [[_as_cell(value) for value in row.values()] for row in expected]


def _as_cell(value: Any) -> str:
    return "" if value is None else " ".join(value) if isinstance(value, list) else str(value)


@pytest.mark.parametrize("resolution", ["1m", "1h", "raw"])
def test_pages_of_csv_follow_the_link(gateway: APIClient, course: Sensor, resolution: str) -> None:
    query = {"from_": BEGIN, "to": BEGIN + DAY, "resolution": resolution}
    whole = every_page(gateway, read(gateway, course, **query))

    lines: list[str] = []
    url = read(gateway, course, limit=30, **query).wsgi_request.get_full_path()
    while url:
        answer = gateway.get(url, headers={"Accept": "text/csv"})
        lines += file_of(answer).splitlines()[1:]
        url = answer.get("Link", "").removesuffix('>; rel="next"').removeprefix("<")

    assert [line.split(",")[1] for line in lines] == [row["timestamp"] for row in whole]


@pytest.mark.parametrize("resolution", ["10m", "1h", "1d"])
def test_pages_of_buckets_join_to_the_whole(
    gateway: APIClient, course: Sensor, resolution: str
) -> None:
    other = make_course(course.site, "T2", seed=2)
    query = {"from_": BEGIN + 7 * MINUTE, "to": BEGIN + DAY, "resolution": resolution}
    whole = results(read(gateway, course, other, **query))

    pages = every_page(gateway, read(gateway, course, other, limit=7, **query))

    assert pages == whole
