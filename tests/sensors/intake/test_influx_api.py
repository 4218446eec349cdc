"""Clients of InfluxDB write here as they would there, and are answered alike."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings
from rest_framework.exceptions import Throttled
from rest_framework.test import APIClient

from sensors.api.influx import LineWrite
from sensors.intake.decoding import decode_readings
from sensors.models import LineMapping, ReadingBatch, Site
from tests.factories import make_site

FORM = "application/x-www-form-urlencoded"
V1, V2 = "/api/v1/write?db=telegraf", "/api/v2/write?org=o&bucket=b"

pytestmark = pytest.mark.django_db


def write(client: APIClient, body: str | bytes, url: str = V1, **extra: Any) -> Any:
    return client.post(url, body, content_type="text/plain; charset=utf-8", **extra)


def kept() -> list[tuple[str, float]]:
    batch = ReadingBatch.objects.get()
    return [(r.sensor_id, r.value) for r in decode_readings(bytes(batch.payload or b""))]


@pytest.mark.parametrize("url", [V1, V2])
def test_a_write_is_answered_with_nothing_but_the_receipt(gateway: APIClient, url: str) -> None:
    answer = write(gateway, "pump,line=A temp=1.5,on=t 1700000000000000000\n", url)

    batch = ReadingBatch.objects.get()
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Location"] == f"/api/v1/batches/{batch.pk}"
    assert kept() == [("pump.line:A.temp", 1.5), ("pump.line:A.on", 1.0)]
    assert gateway.get(answer.headers["Location"]).json()["accepted"] == 2


def test_good_lines_are_kept_beside_bad_ones_in_version_1(gateway: APIClient) -> None:
    answer = write(gateway, "m v=1\nm v=\nm v=2\nm v=x\n")

    problem, batch = answer.json(), ReadingBatch.objects.get()
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/json")
    assert problem["error"] == (
        "partial write: unable to parse line 2: 'v=': invalid field dropped=2"
    )
    assert (problem["code"], problem["accepted"], problem["rejected"]) == ("partial_write", 2, 2)
    assert [(row["line"], row["code"]) for row in problem["rejections"]] == [
        (2, "unparseable"),
        (4, "invalid_value"),
    ]
    assert problem["receipt"] == f"/api/v1/batches/{batch.pk}"
    assert (batch.accepted, batch.rejected) == (2, 2)


def test_good_lines_are_kept_beside_bad_ones_in_version_2(gateway: APIClient) -> None:
    problem = write(gateway, "m v=1\nm v=\n", V2).json()

    assert (problem["code"], problem["reason"], problem["line"]) == ("invalid", "partial_write", 2)
    assert problem["message"].startswith("partial write: unable to parse line 2")
    assert kept() == [("m.v", 1.0)]


@pytest.mark.parametrize(("url", "member"), [(V1, "code"), (V2, "reason")])
def test_only_bad_lines_keep_nothing(gateway: APIClient, url: str, member: str) -> None:
    answer = write(gateway, "m v=\n", url)

    assert (answer.status_code, answer.json()[member]) == (400, "nothing_acceptable")
    assert not ReadingBatch.objects.exists()


@pytest.mark.parametrize("body", ["", "\n", "# a comment\n", 'm state="on"\n'])
def test_what_holds_no_number_is_no_error(gateway: APIClient, body: str) -> None:
    answer = write(gateway, body)

    assert (answer.status_code, answer.content) == (204, b"")
    assert not ReadingBatch.objects.exists()


def test_texts_that_are_left_out_are_counted(gateway: APIClient) -> None:
    answer = write(gateway, 'm v=1,version="1.2",state="on"\n')

    assert (answer.status_code, answer.headers["X-Ignored-Fields"]) == (204, "2")


@pytest.mark.parametrize(
    ("url", "precision", "time"),
    [
        (V1, p, t)
        for p, t in [("h", 3), ("m", 180), ("s", 10800), ("ms", 10800000), ("u", 10800000000)]
    ]
    + [(V2, p, t) for p, t in [("s", 10800), ("us", 10800000000), ("ns", 10800000000000)]],
)
def test_times_count_in_the_precision_of_the_query(
    gateway: APIClient, url: str, precision: str, time: int
) -> None:
    write(gateway, f"m v=1 {time}\n", f"{url}&precision={precision}")

    [reading] = decode_readings(bytes(ReadingBatch.objects.get().payload or b""))
    assert reading.timestamp is not None
    assert reading.timestamp.isoformat() == "1970-01-01T03:00:00+00:00"


@pytest.mark.parametrize("url", [f"{V1}&precision=d", f"{V2}&precision=h", f"{V2}&precision=x"])
def test_an_unknown_precision_is_a_problem(gateway: APIClient, url: str) -> None:
    answer = write(gateway, "m v=1\n", url)

    assert answer.status_code == 400
    assert "invalid_precision" in answer.json().values()
    assert not ReadingBatch.objects.exists()


def test_more_than_a_batch_of_json_may_come_at_once(
    gateway: APIClient, settings: Settings
) -> None:
    settings.MAX_READINGS_PER_BATCH, settings.MAX_READINGS_PER_RUN = 2, 5

    assert write(gateway, "m a=1,b=2,c=3\n").status_code == 204


def test_too_many_readings_ask_for_smaller_batches(gateway: APIClient, settings: Settings) -> None:
    settings.MAX_READINGS_PER_RUN = 5

    answer = write(gateway, "m a=1,b=2,c=3\n" * 2, V2)

    assert answer.status_code == 413
    assert (answer.json()["code"], answer.json()["limit"]) == ("request too large", 5)
    assert not ReadingBatch.objects.exists()


@pytest.mark.parametrize(("url", "status"), [(V1, 503), (V2, 429)])
def test_who_is_too_fast_is_asked_to_wait_in_words_that_are_heard(
    gateway: APIClient, url: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object) -> None:
        raise Throttled(wait=7)

    monkeypatch.setattr(LineWrite, "take_in", full)

    answer = write(gateway, "m v=1\n", url)

    assert (answer.status_code, answer.headers["Retry-After"]) == (status, "7")
    assert answer.json()["status"] == status


def test_a_store_that_is_away_is_answered_so_that_clients_wait(
    gateway: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: object) -> None:
        raise OperationalError

    monkeypatch.setattr(LineWrite, "take_in", away)

    answer = write(gateway, "m v=1\n", V2)

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.json()["reason"] == "store_unavailable"


def test_backfill_is_said_in_the_query(gateway: APIClient) -> None:
    write(gateway, "m v=1\n", f"{V1}&mode=backfill")

    assert ReadingBatch.objects.get().mode == "backfill"


def test_mappings_of_the_site_decide_where_fields_go(gateway: APIClient, site: Site) -> None:
    other = make_site()
    for where, template in [(other, "other"), (site, "P-7.{field}")]:
        LineMapping.objects.create(site=where, measurement="pump", template=template)
    LineMapping.objects.create(site=site, position=1, field="temp", template="T", active=False)
    LineMapping.objects.create(site=site, position=2, field="up*")

    answer = write(gateway, "pump temp=1.5,uptime=7i\n")

    assert kept() == [("P-7.temp", 1.5)]
    assert answer.headers["X-Ignored-Fields"] == "1"


def test_its_queries_do_not_grow_with_the_write(gateway: APIClient, site: Site) -> None:
    with CaptureQueriesContext(connection) as small:
        write(gateway, "m v=1\n")
    for number in range(5):
        LineMapping.objects.create(site=site, measurement=f"m{number}", template="{field}")
    with CaptureQueriesContext(connection) as large:
        write(gateway, "".join(f"m{number % 9} v={number}\n" for number in range(500)))

    assert len(large) == len(small) <= 7


@pytest.mark.parametrize(
    "query",
    ['CREATE DATABASE "telegraf"', "create database telegraf;", r'CREATE DATABASE "a \"b\""'],
)
def test_telegraf_may_create_its_database(gateway: APIClient, query: str) -> None:
    in_the_body = gateway.post("/api/v1/query", urlencode({"q": query}), content_type=FORM)
    in_the_query = gateway.post(f"/api/v1/query?{urlencode({'q': query})}")

    for answer in (in_the_body, in_the_query):
        assert answer.status_code == 200
        assert answer.json() == {"results": [{"statement_id": 0}]}


def test_too_large_a_query_is_a_problem_that_says_the_limit(
    gateway: APIClient, settings: Settings
) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100

    answer = gateway.post("/api/v1/query", urlencode({"q": "x" * 100}), content_type=FORM)

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert answer.json()["limit"] == 100


@pytest.mark.parametrize(
    "query", ["", "SELECT 1", "DROP DATABASE x", "CREATE DATABASE a; DROP DATABASE a", "\x00" * 9]
)
def test_no_other_query_is_understood(gateway: APIClient, query: str) -> None:
    answer = gateway.post("/api/v1/query", urlencode({"q": query}), content_type=FORM)

    assert (answer.status_code, answer.json()["code"]) == (400, "unsupported_query")
    assert "error" in answer.json()


def test_ping_says_whether_the_client_may_write(gateway: APIClient) -> None:
    answer = gateway.get("/api/v1/ping")

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["X-Influxdb-Version"]
    assert gateway.head("/api/v1/ping").status_code == 204
    assert APIClient().get("/api/v1/ping").status_code == 401
