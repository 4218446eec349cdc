from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from sensors.intake.storing import store_readings
from sensors.models import Reading, ReadingBatch, Sensor, Site
from tests.factories import (
    MINUTE,
    NOON,
    make_batch,
    make_history,
    make_key,
    make_run,
    make_sensor,
    make_user,
    reading,
)

pytestmark = pytest.mark.django_db


def read(client: APIClient, **query: Any) -> Any:
    return client.get(f"/api/v1/readings?{urlencode(query)}")


def values(answer: Any) -> list[float]:
    assert answer.status_code == 200
    return [row["value"] for row in answer.json()["results"]]


@pytest.fixture
def sensor(site: Site) -> Sensor:
    """A sensor with the values 0 to 9, the last of them a minute before noon."""
    sensor = make_sensor(site=site, code="T1")
    make_history(sensor, range(10))
    return sensor


def assert_problem(response: Any, status: int, code: str) -> None:
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == code


@pytest.mark.usefixtures("sensor")
def test_readings_come_oldest_first(gateway: APIClient) -> None:
    assert values(read(gateway, sensor="T1")) == list(range(10))


def test_a_reading_is_told_in_words(gateway: APIClient, sensor: Sensor) -> None:
    flags = Reading.Flag.JUMP + Reading.Flag.STUCK
    sensor.readings.update(quality=Reading.Quality.UNCERTAIN, flags=flags)
    batch = ReadingBatch.objects.get()

    answer = read(gateway, sensor="T1", limit=1).json()

    assert answer["results"] == [
        {
            "sensor_id": "T1",
            "timestamp": "2026-06-01T11:50:00Z",
            "value": 0.0,
            "quality": "uncertain",
            "flags": ["stuck", "jump"],
            "batch_id": batch.pk,
        }
    ]


@pytest.mark.usefixtures("sensor")
def test_the_interval_includes_its_begin_and_not_its_end(gateway: APIClient) -> None:
    start, end = NOON - MINUTE * 5, NOON - MINUTE * 2

    answer = read(gateway, sensor="T1", **{"from": start.isoformat(), "to": end.isoformat()})

    assert values(answer) == [5, 6, 7]


@pytest.mark.usefixtures("sensor")
def test_the_newest_come_first_when_asked_for(gateway: APIClient) -> None:
    assert values(read(gateway, sensor="T1", newest="true", limit=3)) == [9, 8, 7]


@pytest.mark.usefixtures("sensor")
@pytest.mark.parametrize("newest", ["true", "false"])
def test_pages_follow_each_other_without_loss(gateway: APIClient, newest: str) -> None:
    page = read(gateway, sensor="T1", limit=4, newest=newest)
    seen = values(page)
    sizes = [len(seen)]

    while url := page.json()["next"]:
        page = gateway.get(url)
        sizes.append(len(values(page)))
        seen += values(page)

    assert sizes == [4, 4, 2]
    assert sorted(seen) == list(range(10))
    assert seen == sorted(seen, reverse=newest == "true")


@pytest.mark.usefixtures("sensor")
@pytest.mark.parametrize("limit", ["0", "-1", "many", "1000000"])
def test_an_odd_limit_is_no_error(gateway: APIClient, limit: str) -> None:
    assert values(read(gateway, sensor="T1", limit=limit)) == list(range(10))


@pytest.mark.usefixtures("sensor")
def test_a_forged_cursor_is_a_problem(gateway: APIClient) -> None:
    assert_problem(read(gateway, sensor="T1", cursor="nonsense"), 404, "not_found")


@pytest.mark.usefixtures("sensor")
@pytest.mark.parametrize("bound", ["from", "to"])
@pytest.mark.parametrize("moment", ["yesterday", "2026-02-30T00:00:00Z", "1e9"])
def test_an_unreadable_bound_is_a_problem(gateway: APIClient, bound: str, moment: str) -> None:
    response = read(gateway, sensor="T1", **{bound: moment})

    assert_problem(response, 400, "invalid")
    assert response.json()["errors"][0]["field"] == bound


@pytest.mark.usefixtures("sensor")
@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59"])
def test_a_bound_at_the_edge_of_time_does_not_break_the_server(
    gateway: APIClient, moment: str
) -> None:
    response = read(gateway, sensor="T1", **{"from": moment})

    assert response.status_code in (200, 400)


def test_the_sensor_must_be_named(gateway: APIClient) -> None:
    response = read(gateway)

    assert_problem(response, 400, "invalid")
    assert response.json()["errors"] == [
        {"field": "sensor", "code": "required", "detail": "This field is required."}
    ]


def test_an_unknown_sensor_is_not_found(gateway: APIClient) -> None:
    assert_problem(read(gateway, sensor="T9"), 404, "unknown_sensor")


def test_a_sensor_of_another_site_is_not_found(gateway: APIClient) -> None:
    elsewhere = make_sensor(code="T7")
    make_history(elsewhere, [1])

    assert_problem(read(gateway, sensor="T7"), 404, "unknown_sensor")


def test_a_code_that_two_sites_use_means_the_own_sensor(
    gateway: APIClient, sensor: Sensor
) -> None:
    elsewhere = make_sensor(code=sensor.code)
    make_history(elsewhere, [77])

    assert 77 not in values(read(gateway, sensor="T1"))


@pytest.fixture
def twins(db: None) -> tuple[Sensor, Sensor]:
    """Sensors of two sites with the same code."""
    twins = make_sensor(code="T1"), make_sensor(code="T1")
    for value, sensor in enumerate(twins):
        make_history(sensor, [value])
    return twins


def test_whoever_sees_two_sensors_of_a_code_names_the_site(twins: tuple[Sensor, Sensor]) -> None:
    superuser = APIClient()
    superuser.force_login(make_user(is_superuser=True))

    assert_problem(read(superuser, sensor="T1"), 400, "ambiguous_sensor")
    for value, twin in enumerate(twins):
        assert values(read(superuser, sensor="T1", site=twin.site.code)) == [value]


def test_a_site_that_is_not_ones_own_has_no_sensors(
    gateway: APIClient, sensor: Sensor, twins: tuple[Sensor, Sensor]
) -> None:
    theirs = read(gateway, sensor="T1", site=twins[0].site.code)

    assert_problem(theirs, 404, "unknown_sensor")
    assert values(read(gateway, sensor="T1", site=sensor.site.code)) == list(range(10))


def test_a_page_takes_as_many_queries_as_a_row(gateway: APIClient, sensor: Sensor) -> None:
    with CaptureQueriesContext(connection) as one:
        read(gateway, sensor="T1", limit=1)
    with CaptureQueriesContext(connection) as ten:
        read(gateway, sensor="T1", limit=10)

    assert len(ten) == len(one) <= 4


def test_sensors_of_the_own_site_are_listed(gateway: APIClient, sensor: Sensor) -> None:
    make_sensor()

    answer = gateway.get("/api/v1/sensors").json()

    assert [row["sensor_id"] for row in answer["results"]] == ["T1"]
    assert answer["results"][0] | {"id": 0} == {
        "id": 0,
        "sensor_id": "T1",
        "site": sensor.site.code,
        "asset": sensor.asset.tag,
        "kind": "temperature",
        "unit": "°C",
        "location": "",
        "alarm_low": None,
        "warning_low": None,
        "warning_high": None,
        "alarm_high": None,
        "warning_rate": None,
        "alarm_rate": None,
        "expected_interval": None,
        "stuck_for": None,
        "detect_noise_gone": True,
        "detect_odd_shapes": False,
        "is_setting": False,
        "gate": None,
        "runs_above": None,
        "settle_time": None,
        "derived_from": None,
        "retired_at": None,
    }


def test_sensors_are_filtered_by_kind_and_asset(gateway: APIClient, sensor: Sensor) -> None:
    make_sensor(asset=sensor.asset, kind="flow", code="F1")

    flows = gateway.get("/api/v1/sensors?kind=flow").json()["results"]
    on_asset = gateway.get(f"/api/v1/sensors?asset__tag={sensor.asset.tag}").json()["results"]

    assert [row["sensor_id"] for row in flows] == ["F1"]
    assert len(on_asset) == 2


def test_a_waiting_batch_has_a_receipt_without_a_run(gateway: APIClient, site: Site) -> None:
    batch = make_batch(site, [reading("T1", 1)], correlation_id="req-1")

    receipt = gateway.get(f"/api/v1/batches/{batch.pk}").json()

    assert receipt.pop("received_at")
    assert receipt == {
        "batch_id": batch.pk,
        "correlation_id": "req-1",
        "mode": "live",
        "status": "waiting",
        "accepted": 1,
        "rejected": 0,
        "rejections": [],
        "stored": 0,
        "duplicates": 0,
        "conflicts": 0,
        "quarantined": 0,
        "run": None,
    }


def test_a_stored_batch_has_a_receipt_that_adds_up(gateway: APIClient, sensor: Sensor) -> None:
    rows = [reading(sensor, 1), reading(sensor, 1), reading(sensor, 2), reading("T9", 1)]
    batch = make_batch(sensor.site, rows)
    ReadingBatch.objects.filter(pk=batch.pk).update(received_at=NOON + timedelta(hours=1))
    batch.refresh_from_db()
    run = make_run(batch)
    store_readings([batch])

    receipt = gateway.get(f"/api/v1/batches/{batch.pk}").json()

    names = ("accepted", "stored", "duplicates", "conflicts", "quarantined")
    assert [receipt[name] for name in names] == [4, 1, 1, 1, 1]
    assert (receipt["run"]["id"], receipt["run"]["state"]) == (run.pk, "running")
    assert gateway.get(f"/api/v1/runs/{run.pk}").json() == receipt["run"]


def test_the_receipt_of_another_site_is_not_found(gateway: APIClient, site: Site) -> None:
    _, secret = make_key()
    stranger = APIClient(headers={"X-API-Key": secret})
    batch = make_batch(site, [reading("T1", 1)])
    run = make_run(batch)

    for path in (f"batches/{batch.pk}", f"runs/{run.pk}"):
        assert gateway.get(f"/api/v1/{path}").status_code == 200
        assert_problem(stranger.get(f"/api/v1/{path}"), 404, "not_found")


def test_a_number_beyond_any_id_is_not_found(gateway: APIClient) -> None:
    assert gateway.get(f"/api/v1/batches/{10**30}").status_code == 404
