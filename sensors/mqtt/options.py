"""The settings of the bridge, checked before anything starts."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from sensors.mqtt.gathering import Limits
from sensors.mqtt.topics import SensorTopic, TopicError, check_filter

# MQTT counts the seconds of a session in 32 bits.
LONGEST_SESSION_HOURS = 1_000_000
PORTS = {"mqtt": 1883, "mqtts": 8883}
LONGEST_CLIENT_ID = 64


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is, and who the bridge is to it."""

    host: str
    port: int
    client_id: str
    session_seconds: int
    username: str = ""
    password: str = ""
    tls: ssl.SSLContext | None = None

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Options:
    broker: Broker
    filters: tuple[str, ...]
    topics: SensorTopic | None
    limits: Limits
    may_register: bool


def read_options() -> Options:
    """Raises ImproperlyConfigured with a sentence that names the setting."""
    topics = _sensor_topic()
    return Options(
        broker=_broker(),
        filters=_filters(topics),
        topics=topics,
        limits=_limits(),
        may_register=settings.MQTT_REGISTER,
    )


def _broker() -> Broker:
    if not settings.MQTT_URL:
        raise ImproperlyConfigured("MQTT_URL must be set, such as mqtt://broker:1883")
    try:
        url = urlsplit(settings.MQTT_URL)
        scheme, host, port = url.scheme, url.hostname, url.port
    except ValueError as exc:
        raise ImproperlyConfigured(f"MQTT_URL cannot be read: {exc}") from exc
    if url.username or url.password:
        raise ImproperlyConfigured(
            "MQTT_URL names the broker only; the rest goes into MQTT_USERNAME and MQTT_PASSWORD"
        )
    if scheme not in PORTS or not host or port == 0 or url.path.strip("/") or url.query:
        raise ImproperlyConfigured("MQTT_URL must be mqtt://host:port, or mqtts:// with TLS")
    return Broker(
        host=host,
        port=port or PORTS[scheme],
        client_id=_client_id(),
        session_seconds=_positive("MQTT_SESSION_HOURS", LONGEST_SESSION_HOURS) * 3600,
        username=settings.MQTT_USERNAME,
        password=settings.MQTT_PASSWORD,
        tls=_tls(wanted=scheme == "mqtts"),
    )


def _client_id() -> str:
    name = settings.MQTT_CLIENT_ID
    if not name.isprintable() or not 1 <= len(name) <= LONGEST_CLIENT_ID:
        raise ImproperlyConfigured(
            f"MQTT_CLIENT_ID must be 1 to {LONGEST_CLIENT_ID} printable characters"
        )
    return name


def _tls(*, wanted: bool) -> ssl.SSLContext | None:
    if not wanted:
        for name in ("MQTT_CA_FILE", "MQTT_CERT_FILE", "MQTT_KEY_FILE"):
            if getattr(settings, name):
                raise ImproperlyConfigured(f"{name} needs an MQTT_URL that begins with mqtts://")
        return None
    try:
        context = ssl.create_default_context(cafile=settings.MQTT_CA_FILE or None)
        if settings.MQTT_CERT_FILE:
            context.load_cert_chain(settings.MQTT_CERT_FILE, settings.MQTT_KEY_FILE or None)
    except OSError as exc:
        raise ImproperlyConfigured(
            f"The certificates of MQTT_CA_FILE, MQTT_CERT_FILE and MQTT_KEY_FILE cannot be "
            f"loaded: {exc}"
        ) from exc
    return context


def _sensor_topic() -> SensorTopic | None:
    if not settings.MQTT_SENSOR_TOPIC:
        return None
    try:
        return SensorTopic.parse(settings.MQTT_SENSOR_TOPIC, settings.MQTT_SENSOR_CODE)
    except TopicError as exc:
        raise ImproperlyConfigured(f"MQTT_SENSOR_TOPIC and MQTT_SENSOR_CODE: {exc}") from exc


def _filters(topics: SensorTopic | None) -> tuple[str, ...]:
    """What to subscribe to: what is set, else just what the pattern covers."""
    chosen = settings.MQTT_TOPICS or ([topics.filter] if topics else [])
    if not chosen:
        raise ImproperlyConfigured(
            "MQTT_SENSOR_TOPIC or MQTT_TOPICS must be set, such as plant/{area}/{sensor_id}"
        )
    try:
        for filter in chosen:
            check_filter(filter)
    except TopicError as exc:
        raise ImproperlyConfigured(f"MQTT_TOPICS: {exc}") from exc
    return tuple(chosen)


def _limits() -> Limits:
    return Limits(
        messages=_positive("MQTT_BATCH_MESSAGES"),
        seconds=_positive("MQTT_BATCH_MILLISECONDS") / 1000,
        readings=settings.MAX_READINGS_PER_BATCH,
        message_bytes=_positive("MQTT_MESSAGE_BYTES"),
    )


def _positive(name: str, most: int = 100_000_000) -> int:
    value = getattr(settings, name)
    if not 1 <= value <= most:
        raise ImproperlyConfigured(f"{name} must be from 1 to {most}, not {value}")
    return value
