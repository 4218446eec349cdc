"""The same readings in each form in which they can be sent."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event

from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from sensors.models import ReadingBatch, Site
from sensors.mqtt.bridge import MqttBridge
from sensors.mqtt.gathering import Message
from sensors.mqtt.options import read_options
from tests.factories import make_key

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOT_JSON = {"NaN": '"NaN"', "Infinity": "1e999", "-Infinity": "-1e999"}


@dataclass(frozen=True, slots=True)
class Sample:
    """A reading before it is sent. `value` is a text, for not every one is a number."""

    code: str
    at: datetime
    value: str
    quality: str = "good"
    unit: str = "°C"


def as_json(sample: Sample) -> str:
    texts = {
        "sensor_id": sample.code,
        "timestamp": sample.at.isoformat(),
        "quality": sample.quality,
        "unit": sample.unit,
    }
    value = NOT_JSON.get(sample.value, sample.value)
    return json.dumps(texts)[:-1] + f', "value": {value}}}'


def as_csv(samples: list[Sample]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["sensor_id", "timestamp", "value", "quality", "unit"])
    for sample in samples:
        moment = sample.at.isoformat()
        writer.writerow([sample.code, moment, sample.value, sample.quality, sample.unit])
    return text.getvalue()


def as_line(sample: Sample) -> str:
    unit = "".join(f"\\{c}" if c in ",= " else c for c in sample.unit)
    nanoseconds = (sample.at - EPOCH) // timedelta(microseconds=1) * 1000
    tags = f"sensor_id={sample.code},quality={sample.quality},unit={unit}"
    return f"r,{tags} value={sample.value} {nanoseconds}\n"


def post(site: Site, url: str, body: str, content_type: str) -> bool:
    client = APIClient(headers={"X-API-Key": make_key(site=site)[1]})
    answer = client.post(url, body.encode(), content_type=content_type)
    # A partial write is answered 400, with the receipt of what was kept.
    kept = answer.status_code in (202, 204) or "receipt" in answer.json()
    assert kept or answer.status_code in (400, 422), answer.content
    return kept


def by_json(site: Site, samples: list[Sample]) -> bool:
    body = f"[{', '.join(map(as_json, samples))}]"
    return post(site, "/api/v1/data/ingest", body, "application/json")


def by_csv(site: Site, samples: list[Sample]) -> bool:
    return post(site, "/api/v1/data/ingest", as_csv(samples), "text/csv")


def by_lines(site: Site, samples: list[Sample]) -> bool:
    return post(site, "/api/v1/write", "".join(map(as_line, samples)), "text/plain")


def by_mqtt(site: Site, samples: list[Sample]) -> bool:
    """A message each, carried by the bridge as if the broker had just delivered them."""
    with unconnected_bridge(site) as bridge:
        bridge.carry([_message(as_json(sample), number) for number, sample in enumerate(samples)])
    return True


def _message(payload: str, number: int) -> Message:
    body = payload.encode()
    return Message("plant", body, timezone.now(), len(body), qos=1, mid=number + 1)


@contextmanager
def unconnected_bridge(site: Site) -> Iterator[MqttBridge]:
    bridge = MqttBridge(site, read_options(), Event())
    try:
        yield bridge
    finally:
        bridge.link.close()


def without_broker(settings: Settings) -> None:
    """What the bridge is told: topics that say nothing of sensors."""
    settings.MQTT_URL = "mqtt://127.0.0.1:1"
    settings.MQTT_TOPICS = ["#"]


# Each keeps samples of one upload; False if none of them was acceptable.
WAYS: dict[str, Callable[[Site, list[Sample]], bool]] = {
    "JSON": by_json,
    "CSV": by_csv,
    "line protocol": by_lines,
    "MQTT": by_mqtt,
}


def newest_batch(site: Site) -> ReadingBatch:
    return ReadingBatch.objects.filter(site=site).latest("pk")
