"""InfluxDB's own client, and what Telegraf sends, against the server of production."""

from __future__ import annotations

import gzip
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from django.db import connection
from influxdb_client import InfluxDBClient, Point, WritePrecision
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException

from sensors.decoding import ReadingIn, decode_readings
from sensors.models import ReadingBatch, Site
from tests.factories import make_key

ROOT = Path(__file__).resolve().parent.parent.parent
STARTS_WITHIN = 30.0  # Seconds
LINES = b"pump,line=A temp=1.5 1700000000000000000\n"

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def granian(directory: Path) -> Iterator[str]:
    """The server on a port of its own, over the test's database."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = os.environ["DATABASE_URL"]
    name = str(connection.settings_dict["NAME"])
    environment = {
        **os.environ,
        "DATABASE_URL": url.replace(url.partition("?")[0].rpartition("/")[2], name),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PYTHONPATH": str(ROOT),
    }
    options = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    with (directory / "granian.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "granian", *options, "config.wsgi:application"],
            env=environment,
            stdout=log,
            stderr=log,
            cwd=ROOT,
        )
    try:
        wait_for(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


def wait_for(url: str) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline:
        try:
            httpx.get(f"{url}/api/v1/ping")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(url)


def kept() -> list[ReadingIn]:
    batches = ReadingBatch.objects.order_by("pk")
    return [r for batch in batches for r in decode_readings(bytes(batch.payload or b""))]


def chunked(url: str, *pieces: bytes, ended: bool = True, headers: str = "") -> bytes:
    """The start of the answer to a body in chunks; one that is not `ended` breaks off."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as wire:
        head = f"POST /api/v1/write HTTP/1.1\r\nHost: {host}\r\n{headers}"
        wire.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        for piece in pieces:
            wire.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        if ended:
            wire.sendall(b"0\r\n\r\n")
        wire.shutdown(socket.SHUT_WR)
        return wire.recv(1_000)


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

    assert b" 204 " in chunked(url, LINES[:9], LINES[9:], headers=key)
    assert b" 400 " in chunked(url, LINES + b"pump temp=1", ended=False, headers=key)
    assert b" 400 " in chunked(
        url, packed[:-9], ended=False, headers=f"{key}Content-Encoding: gzip\r\n"
    )
    assert [r.value for r in kept()] == [1.5]
