"""The bridge in this process, at a real broker."""

from __future__ import annotations

import gc
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import paho.mqtt.publish as paho
import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.test import Client
from pytest_django import Settings

from agents.models import PipelineRun
from agents.nudge import start_runs
from sensors.intake.decoding import ReadingIn, decode_readings
from sensors.models import Bridge, Reading, ReadingBatch, Site
from sensors.mqtt.bridge import MqttBridge
from sensors.mqtt.options import read_options
from tests.factories import make_bridge, make_sensor
from tests.mosquitto import PATIENCE, Mosquitto, require_mosquitto

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _set_up(request: pytest.FixtureRequest, settings: Settings) -> None:
    settings.MQTT_SENSOR_TOPIC = "plant/{area}/{sensor_id}"
    settings.MQTT_SENSOR_CODE = "{area}.{sensor_id}"
    settings.MQTT_BATCH_MILLISECONDS = 20
    if "mosquitto" in request.fixturenames:
        broker: Mosquitto = request.getfixturevalue("mosquitto")
        settings.MQTT_URL = f"mqtt://127.0.0.1:{broker.port}"


@pytest.fixture
def bridge(mosquitto: Mosquitto, site: Site) -> Iterator[MqttBridge]:
    with_broker = MqttBridge(site, read_options(), Event())
    turn_until(with_broker, lambda: with_broker.link.connected)
    yield with_broker
    with_broker.link.close()


def turn_until(bridge: MqttBridge, done: Callable[[], bool]) -> None:
    """What run() does, until it is done."""
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline, bridge.link.error
        bridge.link.look_after()
        bridge.carry(bridge.inbox.take(patience=0.05))


def publish(
    mosquitto: Mosquitto, *messages: tuple[str, str | bytes], retain: bool = False
) -> None:
    paho.multiple(
        [(topic, payload, 1, retain) for topic, payload in messages],
        hostname="127.0.0.1",
        port=mosquitto.port,
    )


def carried() -> list[ReadingIn]:
    batches = ReadingBatch.objects.order_by("pk")
    return [
        reading for batch in batches for reading in decode_readings(bytes(batch.payload or b"[]"))
    ]


def test_messages_become_batches_of_the_site(
    bridge: MqttBridge, mosquitto: Mosquitto, site: Site
) -> None:
    one, two = '{"value": 2}', '[{"sensor_id": "X", "value": 3}, {"sensor_id": "X", "value": 4}]'
    publish(mosquitto, ("plant/hall/T1", "1"), ("plant/hall/T2", one), ("plant/all/any", two))
    turn_until(bridge, lambda: len(carried()) == 4)

    assert [(reading.sensor_id, reading.value) for reading in carried()] == [
        ("hall.T1", 1),
        ("hall.T2", 2),
        ("X", 3),
        ("X", 4),
    ]
    assert all(reading.timestamp for reading in carried())
    batch = ReadingBatch.objects.latest("pk")
    assert (batch.site, batch.source) == (site, "mqtt:smart-maintenance")


def test_unknown_sensors_are_registered_where_that_is_set(
    mosquitto: Mosquitto, site: Site, settings: Settings
) -> None:
    settings.MQTT_REGISTER = True
    bridge = MqttBridge(site, read_options(), Event())
    turn_until(bridge, lambda: bridge.link.connected)
    publish(mosquitto, ("plant/hall/T1", "21.5"))
    turn_until(bridge, lambda: bridge.row.messages == 1)
    bridge.link.close()
    start_runs()

    assert Reading.objects.get().sensor.code == "hall.T1"


def test_what_is_carried_goes_through_the_agents(bridge: MqttBridge, mosquitto: Mosquitto) -> None:
    make_sensor(site=bridge.site, code="hall.T1")
    publish(mosquitto, ("plant/hall/T1", "21.5"), ("plant/hall/T1", "x"))
    turn_until(bridge, lambda: bridge.row.messages == 2)

    start_runs()

    assert Reading.objects.get().value == 21.5


def test_a_batch_of_nothing_but_rejections_is_kept_where_people_look(
    bridge: MqttBridge, mosquitto: Mosquitto, admin_client: Client
) -> None:
    publish(mosquitto, ("plant/hall/T1", b"O\x00N <b>"))
    turn_until(bridge, lambda: ReadingBatch.objects.exists())
    start_runs()

    batch = ReadingBatch.objects.get()
    assert (batch.accepted, batch.rejected, batch.status) == (0, 1, "stored")
    assert not PipelineRun.objects.exclude(failed_at=None).exists()
    row = f"/admin/sensors/readingbatch/{batch.pk}/change/"
    page = admin_client.get(row).content.decode()
    assert "plant/hall/T1 at " in page
    assert "O\ufffdN &lt;b&gt;" in page
    assert row in admin_client.get("/admin/sensors/readingbatch/?rejected=yes").content.decode()


def test_messages_that_are_stored_are_acknowledged(
    bridge: MqttBridge, mosquitto: Mosquitto, site: Site
) -> None:
    publish(mosquitto, ("plant/hall/T1", "1"), ("plant/hall/T1", "2"))
    turn_until(bridge, lambda: len(carried()) == 2)
    bridge.link.close()

    other = MqttBridge(site, read_options(), Event())
    publish(mosquitto, ("plant/hall/T1", "3"))
    turn_until(other, lambda: len(carried()) == 3)
    other.link.close()

    assert [reading.value for reading in carried()] == [1, 2, 3]
    assert other.row.repeated == 0


def test_what_is_published_while_the_bridge_is_away_waits_for_it(
    bridge: MqttBridge, mosquitto: Mosquitto, site: Site
) -> None:
    bridge.link.close()
    publish(mosquitto, *[("plant/hall/T1", str(n)) for n in range(1500)])

    later = MqttBridge(site, read_options(), Event())
    turn_until(later, lambda: len(carried()) >= 1500)
    later.link.close()

    assert [reading.value for reading in carried()] == list(range(1500))
    # The broker sends as many as the bridge can take, not its usual twenty.
    assert ReadingBatch.objects.count() < 10


def test_retained_messages_are_not_taken_for_new_ones(mosquitto: Mosquitto, site: Site) -> None:
    publish(mosquitto, ("plant/hall/T1", "1"), retain=True)
    bridge = MqttBridge(site, read_options(), Event())
    turn_until(bridge, lambda: bridge.link.connected)
    publish(mosquitto, ("plant/hall/T1", "2"))
    turn_until(bridge, lambda: len(carried()) > 0)
    bridge.link.close()

    assert [reading.value for reading in carried()] == [2]


def test_an_answer_to_a_commit_that_was_lost_stores_nothing_twice(
    bridge: MqttBridge, mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit, failures = bridge._commit, [OperationalError("connection lost")]

    def commit_and_lose_the_answer(*args: object) -> None:
        commit(*args)  # type: ignore[arg-type]
        if failures:
            raise failures.pop()

    monkeypatch.setattr(bridge, "_commit", commit_and_lose_the_answer)
    monkeypatch.setattr("sensors.mqtt.bridge.connection.close", lambda: None)
    publish(mosquitto, ("plant/hall/T1", "1"))
    turn_until(bridge, lambda: bridge.row.messages == 1)

    assert len(carried()) == 1
    assert not failures


def test_it_shows_how_it_is(bridge: MqttBridge, mosquitto: Mosquitto) -> None:
    publish(mosquitto, ("plant/hall/T1", "1"), ("plant/hall/T1", "x"))
    turn_until(bridge, lambda: bridge.row.messages == 2)
    bridge.show_when_due()

    row = Bridge.objects.get()
    assert (row.condition, row.messages, row.rejected) == ("ok", 2, 1)
    assert row.message_at

    mosquitto.kill()
    turn_until(bridge, lambda: not bridge.link.connected)
    bridge.show_when_due()

    row = Bridge.objects.get()
    assert row.condition == "disconnected"
    assert row.last_error


def test_a_row_that_was_deleted_comes_back(bridge: MqttBridge) -> None:
    Bridge.objects.all().delete()

    bridge.show()

    assert Bridge.objects.get().condition == "ok"


def test_a_broker_that_comes_back_is_found(bridge: MqttBridge, mosquitto: Mosquitto) -> None:
    mosquitto.kill()
    turn_until(bridge, lambda: not bridge.link.connected)
    mosquitto.start()
    turn_until(bridge, lambda: bridge.link.connected)

    publish(mosquitto, ("plant/hall/T1", "1"))
    turn_until(bridge, lambda: len(carried()) == 1)


def test_a_bridge_that_is_gone_may_be_deleted_and_not_changed(admin_client: Client) -> None:
    row = make_bridge()
    stem = f"/admin/sensors/bridge/{row.pk}"

    assert admin_client.post(f"{stem}/change/", {"name": "other"}).status_code == 403
    assert admin_client.get("/admin/sensors/bridge/add/").status_code == 403
    assert admin_client.post(f"{stem}/delete/", {"post": "yes"}).status_code == 302
    assert not Bridge.objects.exists()


def test_the_command_says_what_is_wrong_with_the_settings(settings: Settings, site: Site) -> None:
    settings.MQTT_URL = ""

    with pytest.raises(CommandError, match="MQTT_URL must be set, such as mqtt://broker:1883"):
        call_command("bridge_mqtt")


def test_the_command_names_the_sites_to_choose_from(mosquitto: Mosquitto, site: Site) -> None:
    with pytest.raises(CommandError, match=f"There is no site X; there are {site.code}"):
        call_command("bridge_mqtt", site="X")


def test_a_broker_that_refuses_the_password_ends_the_command(
    mosquitto: Mosquitto, settings: Settings, site: Site
) -> None:
    mosquitto.kill()
    mosquitto.file.write_text(mosquitto.file.read_text().replace("allow_anonymous true", ""))
    mosquitto.start()

    with pytest.raises(CommandError, match="refuses the bridge: Not authorized"):
        call_command("bridge_mqtt")


# The client leaves the socket of a failed handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_it_speaks_tls_with_a_broker_whose_certificate_it_knows(
    tmp_path: Path, settings: Settings, site: Site
) -> None:
    require_mosquitto()
    ours, others = certificate(tmp_path / "ours"), certificate(tmp_path / "others")
    keys = (f"certfile {ours}/cert.pem", f"keyfile {ours}/key.pem")
    broker = Mosquitto(tmp_path / "mosquitto", "allow_anonymous true", *keys)
    broker.start()
    try:
        settings.MQTT_URL = f"mqtts://127.0.0.1:{broker.port}"
        settings.MQTT_CA_FILE = f"{ours}/cert.pem"
        bridge = MqttBridge(site, read_options(), Event())
        turn_until(bridge, lambda: bridge.link.connected)
        bridge.link.close()

        settings.MQTT_CA_FILE = f"{others}/cert.pem"
        with pytest.raises(CommandError, match="refuses the bridge: its certificate"):
            call_command("bridge_mqtt")
    finally:
        gc.collect()
        broker.kill()


def certificate(directory: Path) -> Path:
    """A key, and a certificate that it signed itself."""
    directory.mkdir()
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    command += f" -keyout {directory}/key.pem -out {directory}/cert.pem"
    command += " -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    subprocess.run(command.split(), check=True, capture_output=True)
    return directory
