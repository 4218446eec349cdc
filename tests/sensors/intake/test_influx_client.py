"""InfluxDB's own client, and what Telegraf sends, against the server of production."""

from __future__ import annotations

import gzip
import socket
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write.point import Point
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.domain.write_precision import WritePrecision
from influxdb_client.rest import ApiException
from rest_framework.test import APIClient

from sensors.intake.decoding import ReadingIn, decode_readings
from sensors.models import ReadingBatch, Site
from tests.factories import make_key
from tests.server import granian

LINES = b"pump,line=A temp=1.5 1700000000000000000\n"

pytestmark = pytest.mark.django_db(transaction=True)


def kept() -> list[ReadingIn]:
    batches = ReadingBatch.objects.order_by("pk")
    return [r for batch in batches for r in decode_readings(bytes(batch.payload or b""))]


def broken_off(url: str, *pieces: bytes, headers: str = "") -> None:
    """Send a body in chunks and hang up before the last of them."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as wire:
        head = f"POST /api/v1/write HTTP/1.1\r\nHost: {host}\r\n{headers}"
        wire.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        for piece in pieces:
            wire.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        wire.shutdown(socket.SHUT_WR)
        wire.recv(1_000)


@pytest.mark.usefixtures("sleeping_agents")
def test_clients_of_influxdb_write_unchanged(site: Site, tmp_path: Path) -> None:
    _, secret = make_key(site=site)
    at = datetime(2026, 6, 1, 12, 0, 0, 123456, tzinfo=UTC)
    points = [
        Point("pump").tag("line", "A B").field("temp", value).time(at, WritePrecision.NS)
        for value in (0.1, -0.0, 5e-324)
    ]
    with granian(tmp_path) as url:
        for token, packed in [(secret, True), (f"telegraf:{secret}", False)]:
            with InfluxDBClient(url, token, org="plant", enable_gzip=packed) as client:
                client.write_api(write_options=SYNCHRONOUS).write("sensors", record=points)
                with pytest.raises(ApiException) as refusal:
                    client.write_api(write_options=SYNCHRONOUS).write("sensors", record="m v=x")
                assert refusal.value.status == 400
                assert "unable to parse line 1" in str(refusal.value.body)

        readings = kept()
        assert [str(r.value) for r in readings] == ["0.1", "-0.0", "5e-324"] * 2
        assert {r.timestamp for r in readings} == {at}
        ReadingBatch.objects.all().delete()

        telegraf_writes(url, secret)
        bodies_that_break_off(url, secret)


def telegraf_writes(url: str, secret: str) -> None:
    """As its output for InfluxDB 1 does: the database first, then chunks without a length."""
    with httpx.Client(base_url=f"{url}/api/v1", auth=("telegraf", secret)) as client:
        created = client.post("/query", data={"q": 'CREATE DATABASE "telegraf"'})
        assert created.json() == {"results": [{"statement_id": 0}]}
        packed = gzip.compress(LINES)
        for headers, body in [({}, LINES), ({"Content-Encoding": "gzip"}, packed)]:
            pieces = (body[start : start + 7] for start in range(0, len(body), 7))
            answer = client.post("/write?db=telegraf", content=pieces, headers=headers)
            assert (answer.status_code, answer.content) == (204, b"")
        bomb = gzip.compress(bytes(50 * 1024 * 1024), compresslevel=1)
        too_large = client.post(
            "/write", content=iter([bomb]), headers={"Content-Encoding": "gzip"}
        )
        assert too_large.status_code == 413
    assert [r.value for r in kept()] == [1.5, 1.5]
    ReadingBatch.objects.all().delete()


def bodies_that_break_off(url: str, secret: str) -> None:
    """The server passes them on as if they were whole. Half a number must not be stored."""
    key = f"X-API-Key: {secret}\r\n"
    packed = gzip.compress(LINES)

    broken_off(url, LINES, b"pump temp=1", headers=key)
    broken_off(url, packed[:-9], headers=f"{key}Content-Encoding: gzip\r\n")
    # The server has one thread: when it answers this, it is done with those.
    httpx.get(f"{url}/api/v1/ping")

    assert kept() == []


def served(body: bytes, length: str = "") -> dict[str, Any]:
    """What the server of production adds to a request with this body."""
    stream = BytesIO(body)
    return {"wsgi.input_terminated": True, "wsgi.input": stream, "CONTENT_LENGTH": length}


@pytest.mark.django_db
def test_a_last_line_that_may_be_cut_off_is_refused(gateway: APIClient) -> None:
    for path, body in [("write", b"m v=1\nm v=2"), ("data/ingest", b"sensor_id,value\nT1,2")]:
        sent: Any = {
            "wsgi.input_terminated": True,
            "wsgi.input": BytesIO(body),
            "CONTENT_LENGTH": "",
        }

        answer = gateway.post(f"/api/v1/{path}", content_type="text/csv", **sent)

        assert (answer.status_code, answer.json()["code"]) == (400, "incomplete")
        assert not ReadingBatch.objects.exists()


@pytest.mark.django_db
def test_a_body_shorter_than_it_was_said_to_be_is_refused(gateway: APIClient) -> None:
    sent: Any = {
        "wsgi.input_terminated": True,
        "wsgi.input": BytesIO(LINES),
        "CONTENT_LENGTH": "99",
    }

    answer = gateway.post("/api/v1/write", content_type="text/plain", **sent)

    assert (answer.status_code, answer.json()["code"]) == (400, "incomplete")
