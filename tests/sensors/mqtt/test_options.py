from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from sensors.mqtt.options import read_options


@pytest.fixture
def given(settings: Settings) -> Settings:
    settings.MQTT_URL = "mqtt://broker"
    settings.MQTT_SENSOR_TOPIC = "plant/+/{sensor_id}"
    return settings


def test_the_pattern_is_what_is_subscribed_to(given: Settings) -> None:
    options = read_options()

    assert options.filters == ("plant/+/+",)
    assert (options.broker.host, options.broker.port) == ("broker", 1883)
    assert options.broker.tls is None


def test_other_topics_can_be_chosen(given: Settings) -> None:
    given.MQTT_TOPICS = ["$share/two/plant/#", "gateways/+"]

    assert read_options().filters == ("$share/two/plant/#", "gateways/+")


def test_tls_has_its_own_port_and_checks_certificates(given: Settings) -> None:
    given.MQTT_URL = "mqtts://broker"

    broker = read_options().broker

    assert broker.port == 8883
    assert broker.tls is not None
    assert broker.tls.check_hostname


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("MQTT_URL", "", "MQTT_URL must be set"),
        ("MQTT_URL", "broker:1883", "MQTT_URL must be mqtt://host:port"),
        ("MQTT_URL", "http://broker", "MQTT_URL must be mqtt://host:port"),
        ("MQTT_URL", "mqtt://broker:99999", "MQTT_URL cannot be read"),
        ("MQTT_URL", "mqtt://me:secret@broker", "MQTT_USERNAME and MQTT_PASSWORD"),
        ("MQTT_CLIENT_ID", "", "MQTT_CLIENT_ID must be 1 to 64"),
        ("MQTT_CLIENT_ID", "a\nb", "MQTT_CLIENT_ID must be 1 to 64"),
        ("MQTT_CA_FILE", "/ca.pem", "MQTT_CA_FILE needs an MQTT_URL that begins with mqtts"),
        ("MQTT_SENSOR_TOPIC", "", "MQTT_SENSOR_TOPIC or MQTT_TOPICS must be set"),
        ("MQTT_SENSOR_TOPIC", "plant/{area}", "no level of the topic is called {sensor_id}"),
        ("MQTT_TOPICS", ["a/#/b"], "MQTT_TOPICS: a/#/b"),
        ("MQTT_BATCH_MESSAGES", 0, "MQTT_BATCH_MESSAGES must be from 1"),
        ("MQTT_SESSION_HOURS", 2_000_000, "MQTT_SESSION_HOURS must be from 1"),
        ("MQTT_SESSION_HOURS", 0, "MQTT_SESSION_HOURS must be from 1"),
    ],
)
def test_what_cannot_work_is_said_in_a_sentence(
    given: Settings, name: str, value: object, sentence: str
) -> None:
    setattr(given, name, value)

    with pytest.raises(ImproperlyConfigured, match=sentence):
        read_options()


def test_a_certificate_that_cannot_be_loaded_stops_the_start(
    given: Settings, tmp_path: Path
) -> None:
    given.MQTT_URL = "mqtts://broker"
    given.MQTT_CA_FILE = str(tmp_path / "missing.pem")

    with pytest.raises(ImproperlyConfigured, match="cannot be loaded"):
        read_options()
