"""A sensor's course to read back, and the ways to do so."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import numpy as np
from rest_framework.test import APIClient

from sensors.models import Reading, Sensor, Site
from tests.factories import NOON, make_batch, make_sensor

BEGIN = NOON - timedelta(days=3)


def read(client: APIClient, *sensors: Sensor, **query: Any) -> Any:
    """`from_` stands for `from`; moments are written out."""
    pairs = [("sensor", sensor.code) for sensor in sensors]
    for name, value in query.items():
        text = value.isoformat() if isinstance(value, datetime) else str(value)
        pairs.append((name.rstrip("_"), text))
    return client.get(f"/api/v1/readings?{urlencode(pairs)}")


def file_of(answer: Any) -> str:
    return b"".join(answer.streaming_content).decode()


def results(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.content
    return json.loads(answer.content)["results"]


def every_page(client: APIClient, answer: Any) -> list[dict[str, Any]]:
    rows = results(answer)
    while url := answer.json()["next"]:
        answer = client.get(url)
        page = results(answer)
        assert page
        rows += page
    return rows


def make_course(site: Site, code: str, *, seed: int) -> Sensor:
    """Three days of readings with silences, some bad, at odd moments."""
    sensor, random = make_sensor(site=site, code=code), np.random.default_rng(seed)
    steps = random.choice([7, 60, 61.5, 600, 20_000], size=700, p=[0.2, 0.4, 0.3, 0.098, 0.002])
    batch = make_batch(site)
    Reading.objects.bulk_create(
        Reading(
            sensor=sensor,
            batch=batch,
            taken_at=BEGIN + timedelta(seconds=float(second)),
            value=float(value),
            quality=int(quality),
        )
        for second, value, quality in zip(
            np.cumsum(steps),
            random.normal(50, 10, steps.size),
            random.choice(3, size=steps.size, p=[0.8, 0.1, 0.1]),
            strict=True,
        )
    )
    return sensor
