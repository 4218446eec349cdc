"""Readings of several sensors, as pages, as files and as curves."""

from __future__ import annotations

import csv
import io
from base64 import urlsafe_b64encode
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from sensors.api import answers
from sensors.history import series
from sensors.intake.storing import store_readings
from sensors.models import Reading, Sensor, Site
from sensors.store.reading import Selection
from tests.factories import (
    MINUTE,
    NOON,
    make_batch,
    make_history,
    make_sensor,
    reading,
)

pytestmark = pytest.mark.django_db

NOW = "2026-06-01T12:00:00Z"


def read(client: APIClient, *pairs: tuple[str, Any], headers: Any = None, **query: Any) -> Any:
    url = f"/api/v1/readings?{urlencode([*pairs, *query.items()])}"
    return client.get(url, headers=headers)


def keys(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 200, answer.content
    return [(row["timestamp"], row["sensor_id"]) for row in answer.json()["results"]]


def file_of(answer: Any) -> str:
    return b"".join(answer.streaming_content).decode()


@pytest.fixture
def sensors(site: Site) -> list[Sensor]:
    """Three sensors with ten readings each, at the same moments."""
    sensors = [make_sensor(site=site, code=code) for code in ("T1", "T2", "T3")]
    for number, sensor in enumerate(sensors):
        make_history(sensor, [10.0 * number + i for i in range(10)])
    return sensors


@pytest.mark.usefixtures("sensors")
@pytest.mark.parametrize(
    "pairs",
    [[("sensor", "T1"), ("sensor", "T3")], [("sensor", "T1,T3")], [("sensor", "T3, T1,T3")]],
)
def test_several_sensors_are_read_in_order_of_time(gateway: APIClient, pairs: Any) -> None:
    found = keys(read(gateway, *pairs))

    assert len(found) == 20
    assert found == sorted(found)
    assert {code for _, code in found} == {"T1", "T3"}


@pytest.mark.usefixtures("sensors")
@pytest.mark.parametrize("newest", ["true", "false"])
@pytest.mark.parametrize("limit", [4, 29, 30])
def test_pages_of_several_sensors_join_to_the_whole_both_ways(
    gateway: APIClient, newest: str, limit: int
) -> None:
    whole = keys(read(gateway, sensor="T1,T2,T3", newest=newest))
    pages = [read(gateway, sensor="T1,T2,T3", newest=newest, limit=limit)]

    while url := pages[-1].json()["next"]:
        pages.append(gateway.get(url))
    back = pages[-1:]
    while url := back[-1].json()["previous"]:
        back.append(gateway.get(url))

    assert [key for page in pages for key in keys(page)] == whole
    assert [key for page in back[::-1] for key in keys(page)] == whole


@pytest.mark.usefixtures("sensors")
def test_a_page_of_several_sensors_takes_no_more_queries(gateway: APIClient) -> None:
    with CaptureQueriesContext(connection) as one:
        read(gateway, sensor="T1")
    with CaptureQueriesContext(connection) as three:
        read(gateway, sensor="T1,T2,T3")

    assert len(one) == len(three)


@pytest.mark.usefixtures("sensors")
def test_a_sensor_of_another_site_spoils_the_question(gateway: APIClient) -> None:
    make_history(make_sensor(code="T9"), [1])

    for query in ({}, {"resolution": "1h"}, {"downsample": "lttb"}, {"format": "csv"}):
        answer = read(gateway, sensor="T1,T9", **query)
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_sensor")


HOSTILE: list[tuple[dict[str, Any], str, str]] = [
    ({"resolution": "5m"}, "resolution", "invalid_choice"),
    ({"resolution": "1H"}, "resolution", "invalid_choice"),
    ({"format": "xml"}, "format", "invalid_choice"),
    ({"downsample": "mean"}, "downsample", "invalid_choice"),
    ({"downsample": "lttb", "points": "2"}, "points", "min_value"),
    ({"downsample": "lttb", "points": "1e9"}, "points", "invalid"),
    ({"downsample": "lttb", "points": "9" * 30}, "points", "max_value"),
    ({"points": "100"}, "points", "does_not_go_together"),
    ({"downsample": "lttb", "resolution": "1h"}, "downsample", "does_not_go_together"),
    ({"newest": "true", "resolution": "1h"}, "newest", "does_not_go_together"),
    ({"from": NOW, "to": "2026-06-01T11:59:59Z"}, "to", "before_from"),
    ({"sensor": ","}, "sensor", "required"),
    ({"sensor": ",".join(map(str, range(21)))}, "sensor", "too_many_sensors"),
]


@pytest.mark.usefixtures("sensors")
@pytest.mark.parametrize(("query", "field", "code"), HOSTILE)
def test_each_bad_parameter_is_named(
    gateway: APIClient, query: dict[str, Any], field: str, code: str
) -> None:
    answer = read(gateway, **{"sensor": "T1"} | query)

    assert answer.status_code == 400
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [
        (field, code)
    ]


@pytest.mark.usefixtures("sensors")
@pytest.mark.parametrize(
    "cursor",
    [
        "on.1",
        "on.x.1",
        "up.1.1",
        f"on.{10**30}.1",
        f"on.{-(10**17)}.1",
        "on..",
        ".",
    ],
)
@pytest.mark.parametrize(
    "query", [{}, {"resolution": "1m"}, {"resolution": "1h"}, {"format": "csv"}]
)
def test_a_forged_cursor_is_not_found(
    gateway: APIClient, cursor: str, query: dict[str, str]
) -> None:
    forged = urlsafe_b64encode(cursor.encode()).decode()

    answer = read(gateway, sensor="T1", cursor=forged, **query)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.usefixtures("sensors")
@pytest.mark.parametrize("cursor", [f"on.0.{10**30}", f"on.0.-{10**30}", "back.0.0"])
@pytest.mark.parametrize("query", [{}, {"resolution": "1m"}, {"resolution": "1h"}])
def test_a_cursor_that_fits_no_row_breaks_nothing(
    gateway: APIClient, cursor: str, query: dict[str, str]
) -> None:
    forged = urlsafe_b64encode(cursor.encode()).decode()

    answer = read(gateway, sensor="T1", cursor=forged, **query)

    assert answer.status_code in (200, 404)


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/csv", "text/csv; charset=utf-8"),
        ("text/csv, application/json;q=0.5", "text/csv; charset=utf-8"),
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("image/png", "application/json"),
        ("", "application/json"),
    ],
)
@pytest.mark.usefixtures("sensors")
def test_the_form_is_the_one_that_is_accepted(gateway: APIClient, accept: str, kind: str) -> None:
    answer = read(gateway, sensor="T1", headers={"Accept": accept})

    assert answer["Content-Type"] == kind
    assert "Accept" in answer["Vary"]
    assert answer.getvalue()  # A file is closed at its end.


def test_no_cell_of_a_file_is_a_formula(gateway: APIClient, site: Site) -> None:
    make_history(make_sensor(site=site, code="=HYPERLINK(1)"), [-1.5])

    answer = read(gateway, sensor="=HYPERLINK(1)", format="csv")

    [_, row] = csv.reader(io.StringIO(file_of(answer)))
    assert row[0] == "'=HYPERLINK(1)"
    assert row[2] == "-1.5"


def test_a_page_keeps_its_end_while_readings_come_in(
    sensors: list[Sensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(series, "CHUNK", 2)
    all_of_t1 = Selection.of([sensors[0].pk], None, None)
    first, after = series.stream_of_readings(all_of_t1, None, 5, newest=False)
    late = [reading("T1", 99, NOON - MINUTE * 9.5), reading("T1", 98, NOON - MINUTE * 5.5)]
    store_readings([make_batch(sensors[0].site, late)])

    values = [row[2] for row in first]
    rest, _ = series.stream_of_readings(all_of_t1, after, 99, newest=False)

    assert values + [row[2] for row in rest] == [0, 99, 1, 2, 3, 4, 98, 5, 6, 7, 8, 9]


def test_a_file_that_breaks_off_is_no_file(
    gateway: APIClient, sensors: list[Sensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(series, "CHUNK", 2)
    chunks = 0

    def break_off(execute: Any, sql: str, *rest: Any) -> Any:
        nonlocal chunks
        chunks += "batch_id" in sql
        if chunks == 3:
            raise OperationalError("server closed the connection unexpectedly")
        return execute(sql, *rest)

    with connection.execute_wrapper(break_off):
        answer = read(gateway, sensor="T1", format="csv", limit=8)

    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert not {"ETag", "Link", "Content-Disposition"} & set(answer.headers)


@pytest.mark.usefixtures("sensors")
@pytest.mark.parametrize("in_memory", [100, 1_000_000])
def test_a_file_says_how_long_it_is(
    gateway: APIClient, in_memory: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "IN_MEMORY", in_memory)

    answer = read(gateway, sensor="T1,T2,T3", format="csv")

    text = file_of(answer)
    assert text.count("\n") == 31
    assert int(answer["Content-Length"]) == len(text)


def test_a_curve_keeps_the_peak_and_leaves_out_what_is_not_believed(
    gateway: APIClient, site: Site
) -> None:
    sensor = make_sensor(site=site, code="T1")
    make_history(sensor, [*np.sin(np.arange(500) / 50), 9.0, *np.zeros(499), -99.0])
    sensor.readings.filter(value=-99).update(quality=Reading.Quality.BAD)

    answer = read(gateway, sensor="T1", downsample="lttb", points=50).json()

    values = [row["value"] for row in answer["results"]]
    assert len(values) == 50
    assert max(values) == 9.0
    assert min(values) > -2
    stamps = [row["timestamp"] for row in answer["results"]]
    assert stamps == sorted(stamps)


def test_a_curve_of_too_many_readings_is_refused(
    gateway: APIClient, sensors: list[Sensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(series, "MOST_DRAWN", 9)

    answer = read(gateway, sensor="T1", downsample="lttb")

    assert (answer.status_code, answer.json()["code"]) == (400, "too_many_readings")
    assert (answer.json()["readings"], answer.json()["limit"]) == (10, 9)
