"""What is sent in benchmarks, and where to: a plant, its readings and their clock."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
from django.db.models import Q

from agents.models import PipelineRun
from benchmarks.load import Client
from sensors.models import ApiKey, Reading, ReadingBatch, Sensor, Site
from sensors.sample.plant import create_plant
from sensors.sample.simulation import readings_of

# Readings of a sensor are so far apart: neither a gap nor out of order.
STEP = timedelta(seconds=1)
DRAINED_WITHIN = 300.0  # Seconds


@dataclass(slots=True)
class Plant:
    """A sample plant with a key, and readings that nobody has sent before."""

    url: str
    naive_url: str
    site: Site = field(init=False)
    key: str = field(init=False)
    sensors: list[Sensor] = field(init=False)
    now: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.site = create_plant()
        _, self.key = ApiKey.objects.issue(site=self.site, name="bench")
        self.sensors = list(self.site.sensors.order_by("pk"))
        self.now = datetime.now(UTC) - timedelta(days=20)

    @property
    def ours(self) -> Client:
        return Client(self.url, self.key)

    @property
    def naive(self) -> Client:
        return Client(self.naive_url, self.key, "/ingest")

    @property
    def nothing(self) -> Client:
        """A route that only looks at the key: what Django and DRF cost by themselves."""
        return Client(self.url, self.key, "/api/v1/ping", "GET")

    def readings(self, count: int) -> list[dict[str, object]]:
        """The plant's next readings, sensor after sensor and then a step on."""
        steps = -(-count // len(self.sensors))
        moments = [self.now + STEP * i for i in range(steps)]
        seconds = np.array([moment.timestamp() for moment in moments])
        values = [readings_of(s.kind, seconds, seed=(s.pk, steps)) for s in self.sensors]
        self.now = moments[-1] + STEP
        return [
            {"sensor_id": s.code, "value": float(v[i]), "timestamp": moment.isoformat()}
            for i, moment in enumerate(moments)
            for s, v in zip(self.sensors, values, strict=True)
        ][:count]

    def singles(self, count: int) -> list[bytes]:
        """Bodies with one reading each."""
        return [json.dumps(reading).encode() for reading in self.readings(count)]

    def lists(self, count: int, *, size: int) -> list[bytes]:
        """Bodies with a list of readings each."""
        readings = self.readings(count * size)
        return [json.dumps(readings[i : i + size]).encode() for i in range(0, len(readings), size)]

    def drain(self) -> float:
        """Seconds until all is stored and all runs have ended. Raises if one failed."""
        began = time.perf_counter()
        while ReadingBatch.objects.filter(~Q(status="stored")).exists() or _running():
            if time.perf_counter() - began > DRAINED_WITHIN:
                raise RuntimeError("the backlog was not worked off")
            time.sleep(0.05)
        if failed := PipelineRun.objects.failed().first():
            raise RuntimeError(f"run {failed.pk} failed: {failed.error}")
        return time.perf_counter() - began


def _running() -> bool:
    return PipelineRun.objects.unfinished().exists()


def stored() -> int:
    """Rows in the table, counted one by one."""
    return Reading.objects.count()
