"""Real bridges between a real broker and PostgreSQL: killed, cut off, started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from agents.nudge import start_runs
from sensors.models import Bridge, Reading, ReadingBatch, Sensor, Site
from tests.disturbed import workers
from tests.disturbed.conftest import eager
from tests.disturbed.workers import ROOT, wait_until
from tests.factories import NOON, make_sensor
from tests.mosquitto import Gateway, Mosquitto, require_mosquitto

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("real_broker"),
]
HALF = 300


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker that saves what it has queued at every change."""
    require_mosquitto()
    lines = ("allow_anonymous true", "autosave_on_changes true", "autosave_interval 1")
    broker = Mosquitto(tmp_path / "mosquitto", *lines)
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture
def sensor() -> Sensor:
    return make_sensor(code="TEMP_001")


@pytest.fixture
def gateway(mosquitto: Mosquitto) -> Iterator[Gateway]:
    gateway = Gateway(mosquitto.port)
    yield gateway
    gateway.close()


@contextmanager
def bridge(
    directory: Path, site: Site, broker: Mosquitto, **disturbance: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A bridge that has connected. Its log lies in `directory`."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": workers.test_database_url(),
        "MQTT_URL": f"mqtt://127.0.0.1:{broker.port}",
        "MQTT_SITE": site.code,
        "MQTT_SENSOR_TOPIC": "plant/+/{sensor_id}",
    }
    command = [sys.executable, "-m", "tests.disturbed.killed_bridge"]
    Bridge.objects.update(state=Bridge.State.DISCONNECTED)
    with (directory / "bridge.log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment | disturbance, stdout=log, stderr=log
        )
    try:
        wait_until(lambda: process.poll() is not None or connected())
        yield process
    finally:
        process.kill()
        process.wait()


def connected() -> bool:
    return Bridge.objects.filter(state=Bridge.State.CONNECTED).exists()


def log_of(directory: Path) -> str:
    return (directory / "bridge.log").read_text()


def stamped(numbers: range) -> list[str]:
    """Payloads with times of their own, one for each number."""
    times = ((n, (NOON + timedelta(seconds=n)).isoformat()) for n in numbers)
    return [f'{{"value": {n}, "timestamp": "{at}"}}' for n, at in times]


@contextmanager
def uploads_held_up() -> Iterator[Callable[[], bool]]:
    """Nothing can be accepted inside; yields whether somebody is waiting for it."""
    with psycopg.connect(workers.test_database_url()) as holder:
        holder.execute("LOCK TABLE sensors_readingbatch IN EXCLUSIVE MODE")
        yield somebody_waits


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted"
            " AND relation = 'sensors_readingbatch'::regclass"
        )
        return cursor.fetchone()[0] > 0


def stored_values() -> list[float]:
    """All that is stored, after the agents have looked at what waits."""
    with eager(on=True):
        start_runs()
    return sorted(Reading.objects.values_list("value", flat=True))


def accepted() -> int:
    return sum(ReadingBatch.objects.values_list("accepted", flat=True))


def at_rest(broker: Mosquitto) -> bool:
    """The broker has saved all: it acknowledges before it saves, so a kill could lose some."""
    before = broker.saved()
    time.sleep(0.1)
    return broker.saved() == before


def test_a_broker_killed_in_the_stream_loses_nothing(
    mosquitto: Mosquitto, sensor: Sensor, gateway: Gateway, tmp_path: Path
) -> None:
    with bridge(tmp_path, sensor.site, mosquitto):
        with uploads_held_up() as somebody_waits:
            gateway.publish("TEMP_001", stamped(range(HALF)))
            wait_until(lambda: somebody_waits() and gateway.all_taken() and at_rest(mosquitto))
            mosquitto.kill()
            gateway.publish("TEMP_001", stamped(range(HALF, 2 * HALF)))
        mosquitto.start()
        wait_until(lambda: len(stored_values()) == 2 * HALF)
        wait_until(gateway.all_taken)

    assert stored_values() == list(range(2 * HALF))
    assert "the session goes on" in log_of(tmp_path)


def test_a_bridge_killed_before_the_commit_has_acknowledged_nothing(
    mosquitto: Mosquitto, sensor: Sensor, gateway: Gateway, tmp_path: Path
) -> None:
    with bridge(tmp_path, sensor.site, mosquitto) as doomed, uploads_held_up() as somebody_waits:
        gateway.publish("TEMP_001", stamped(range(HALF)))
        wait_until(somebody_waits)
        doomed.kill()
        doomed.wait()
    assert accepted() == 0

    gateway.publish("TEMP_001", stamped(range(HALF, 2 * HALF)))
    with bridge(tmp_path, sensor.site, mosquitto) as second:
        wait_until(lambda: accepted() >= 2 * HALF)
        second.terminate()
        assert second.wait(10) == 0

    assert stored_values() == list(range(2 * HALF))
    assert log_of(tmp_path).endswith("stopped\n")


def test_values_without_times_are_stored_once_though_the_bridge_died_before_it_could_say_so(
    mosquitto: Mosquitto, sensor: Sensor, gateway: Gateway, tmp_path: Path
) -> None:
    with bridge(tmp_path, sensor.site, mosquitto, KILL_BEFORE_ACK="1") as doomed:
        gateway.publish("TEMP_001", [str(n) for n in range(HALF)])
        wait_until(lambda: doomed.poll() is not None)
    committed = accepted()
    assert committed > 0

    with bridge(tmp_path, sensor.site, mosquitto):
        gateway.publish("TEMP_001", ["1000"])
        wait_until(lambda: 1000 in stored_values())

    assert stored_values() == [*range(HALF), 1000]
    assert accepted() == HALF + 1


def test_without_the_database_the_broker_keeps_the_messages(
    mosquitto: Mosquitto, sensor: Sensor, gateway: Gateway, tmp_path: Path
) -> None:
    with bridge(tmp_path, sensor.site, mosquitto) as process:
        with database_away():
            gateway.publish("TEMP_001", stamped(range(HALF)))
            wait_until(lambda: "the database is away" in log_of(tmp_path))
            assert accepted() == 0
        wait_until(lambda: accepted() >= HALF)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0

    assert stored_values() == list(range(HALF))
    assert "the database is back" in log_of(tmp_path)
    assert Bridge.objects.get().last_error.startswith("the database was away")


@contextmanager
def database_away() -> Iterator[None]:
    """Nobody but this process has a connection, or gets one."""
    name = connection.settings_dict["NAME"]
    connection.ensure_connection()
    mine = connection.connection.info.backend_pid
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as control:
        control.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        control.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = %s AND pid <> %s",
            [name, mine],
        )
        try:
            yield
        finally:
            control.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
