"""An answer that a client has already is not given again, and never kept too long."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings
from rest_framework.test import APIClient

from sensors.intake.storing import store_readings
from sensors.models import Reading, Sensor, Site
from sensors.store.upkeep import prune_readings, refresh_hours
from tests.factories import (
    MINUTE,
    NOON,
    make_batch,
    make_history,
    make_key,
    make_sensor,
    reading,
)

pytestmark = pytest.mark.django_db

NOW = "2026-06-01T12:00:00Z"


def read(client: APIClient, *pairs: tuple[str, Any], headers: Any = None, **query: Any) -> Any:
    url = f"/api/v1/readings?{urlencode([*pairs, *query.items()])}"
    answer = client.get(url, headers=headers)
    answer.getvalue()  # A file is closed at its end.
    return answer


@pytest.fixture
def sensors(site: Site) -> list[Sensor]:
    """Three sensors with ten readings each, at the same moments."""
    sensors = [make_sensor(site=site, code=code) for code in ("T1", "T2", "T3")]
    for number, sensor in enumerate(sensors):
        make_history(sensor, [10.0 * number + i for i in range(10)])
    return sensors


QUESTIONS: list[dict[str, Any]] = [
    {},
    {"limit": 3},
    {"newest": "true", "limit": 1},
    {"resolution": "1m"},
    {"resolution": "1h"},
    {"resolution": "auto"},
    {"downsample": "lttb", "points": 3},
    {"format": "csv"},
    {"from": "2026-06-01T00:00:00Z", "to": "2026-06-02T00:00:00Z", "resolution": "1d"},
]


def still_holds(client: APIClient, answer: Any, query: dict[str, Any]) -> bool:
    again = read(client, **query, headers={"If-None-Match": answer["ETag"]})
    assert again.status_code in (200, 304)
    assert (again.status_code == 304) == (again["ETag"] == answer["ETag"])
    return again.status_code == 304


@pytest.mark.parametrize("query", QUESTIONS)
def test_an_answer_holds_until_the_readings_change(
    gateway: APIClient, sensors: list[Sensor], query: dict[str, Any]
) -> None:
    query = {"sensor": "T1"} | query
    first = read(gateway, **query)
    assert still_holds(gateway, first, query)

    store_readings([make_batch(sensors[0].site, [reading("T2", 5, NOON)])])
    assert still_holds(gateway, first, query)

    store_readings([make_batch(sensors[0].site, [reading("T1", 5, NOON - 2.5 * MINUTE)])])
    assert not still_holds(gateway, first, query)

    second = read(gateway, **query)
    sensors[0].readings.filter(value=3).update(quality=Reading.Quality.BAD)
    assert not still_holds(gateway, second, query)

    third = read(gateway, **query)
    refresh_hours()
    assert still_holds(gateway, third, query)


@pytest.mark.parametrize("query", QUESTIONS)
def test_an_answer_does_not_outlive_its_readings(
    gateway: APIClient, sensors: list[Sensor], query: dict[str, Any], settings: Settings
) -> None:
    query = {"sensor": "T1"} | query
    first = read(gateway, **query)

    settings.KEEP_READINGS_FOR = timedelta(days=1)
    prune_readings()

    assert not Reading.objects.exists()
    assert not still_holds(gateway, first, query)


def test_other_questions_have_other_tags(gateway: APIClient, sensors: list[Sensor]) -> None:
    answers = [read(gateway, **{"sensor": "T1"} | query) for query in QUESTIONS]
    answers.append(read(gateway, sensor="T1", headers={"Accept": "text/csv"}))
    answers.append(read(gateway, sensor="T1,T2"))
    sensors[0].code = "T0"
    sensors[0].save()
    answers.append(read(gateway, sensor="T0"))

    assert len({answer["ETag"] for answer in answers}) == len(answers)
    assert {answer["Cache-Control"] for answer in answers} == {"private, no-cache"}


def test_the_tag_of_one_site_is_not_that_of_another(gateway: APIClient, sensors: Any) -> None:
    twin = make_sensor(code="T1")
    make_history(twin, range(10))
    other = APIClient(headers={"X-API-Key": make_key(site=twin.site)[1]})

    tags = [read(client, sensor="T1")["ETag"] for client in (gateway, other)]

    assert tags[0] != tags[1]


def test_an_answer_that_holds_is_not_read(gateway: APIClient, sensors: list[Sensor]) -> None:
    query = {"sensor": "T1,T2", "resolution": "1h"}
    tag = read(gateway, **query)["ETag"]

    with CaptureQueriesContext(connection) as queries:
        assert read(gateway, **query, headers={"If-None-Match": tag}).status_code == 304

    assert len(queries) == 3  # The key, the sensors, what there is.


@pytest.mark.usefixtures("sensors")
@pytest.mark.parametrize(
    "header", ["If-None-Match", "If-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range"]
)
@pytest.mark.parametrize("words", ["", "*", '"', 'W/, ,"x"', "never", "\xff"])
def test_a_condition_that_names_no_tag_is_as_if_not_said(
    gateway: APIClient, header: str, words: str
) -> None:
    assert len(read(gateway, sensor="T1", headers={header: words}).json()["results"]) == 10


def gaps_of(client: APIClient, sensor: Sensor, tag: str = "", **span: Any) -> Any:
    url = f"/api/v1/sensors/{sensor.pk}/gaps?{urlencode(span)}"
    return client.get(url, headers={"If-None-Match": tag})


@pytest.mark.parametrize("change", [{"expected_interval": MINUTE}, {"unit": "K"}])
def test_gaps_hold_until_the_sensor_changes(
    gateway: APIClient, sensors: list[Sensor], change: dict[str, Any]
) -> None:
    tag = gaps_of(gateway, sensors[0], to=NOW)["ETag"]
    assert gaps_of(gateway, sensors[0], tag, to=NOW).status_code == 304

    Sensor.objects.update(**change)

    assert gaps_of(gateway, sensors[0], tag, to=NOW).status_code == 200


def test_gaps_change_with_the_reading_before_the_interval(gateway: APIClient, site: Site) -> None:
    sensor = make_sensor(site=site, code="T1", expected_interval=MINUTE)
    midnight = NOON.replace(hour=0)
    around = [midnight - 60 * MINUTE, midnight + 1.5 * MINUTE]
    store_readings([make_batch(site, [reading("T1", 5, at) for at in around])])
    span = {"from": midnight.isoformat(), "to": (midnight + 2 * MINUTE).isoformat()}
    before = gaps_of(gateway, sensor, **span)
    assert before.json()["gap_count"] == 1

    store_readings([make_batch(site, [reading("T1", 5, midnight - MINUTE)])])

    after = gaps_of(gateway, sensor, before["ETag"], **span)
    assert after.status_code == 200
    assert after.json()["gap_count"] == 0
