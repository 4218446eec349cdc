"""A plant's gateway: reads the list of sensors from the API and streams to the API."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import httpx
import numpy as np

from sensors.sample.simulation import SIGNALS, readings_of

API = "/api/v1"


@dataclass(frozen=True, slots=True)
class Plan:
    """How a stretch of readings is sent: `steps` per sensor, spread over `span` and
    ending now, in as many posts as `steps / per_post`, at an even pace over `lasting`."""

    asset: str | None = None
    fault: str = "none"
    span: timedelta = timedelta(hours=2)
    steps: int = 240
    per_post: int = 5
    lasting: timedelta = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Sent:
    """One post and its answer."""

    readings: int
    batch_id: int
    done: float  # Fraction of the plan


class Gateway:
    """A client of the API with one key. Use it as a context manager."""

    def __init__(self, url: str, api_key: str) -> None:
        self._http = httpx.Client(base_url=url, headers={"X-API-Key": api_key}, timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._http.close()

    def get(self, path: str, **params: Any) -> Any:
        """The decoded answer to a GET below /api/v1. Raises httpx.HTTPStatusError."""
        answer = self._http.get(f"{API}/{path}", params=params)
        return answer.raise_for_status().json()

    def get_all(self, path: str, **params: Any) -> list[Any]:
        """The results of every page of a list."""
        page = self.get(path, **params)
        results = page["results"]
        while page["next"]:
            page = self._http.get(page["next"]).raise_for_status().json()
            results += page["results"]
        return results

    def post_readings(self, readings: list[dict[str, Any]]) -> dict[str, Any]:
        answer = self._http.post(f"{API}/data/ingest", json={"readings": readings})
        return answer.raise_for_status().json()

    def latest(self, sensor_id: str) -> datetime | None:
        """When the sensor was last read."""
        page = self.get("readings", sensor=sensor_id, newest=True, limit=1)
        return next((datetime.fromisoformat(r["timestamp"]) for r in page["results"]), None)

    def stream(self, plan: Plan) -> Iterator[Sent]:
        """Send the plan's readings in order of time and yield each post as it is answered."""
        sensors = [s for s in self.get_all("sensors", limit=1000) if s["kind"] in SIGNALS]
        moments = self._moments(plan, sensors)
        seconds = np.array([moment.timestamp() for moment in moments])
        values = {
            sensor["sensor_id"]: readings_of(
                sensor["kind"],
                seconds,
                seed=(sensor["id"], int(seconds[0])),
                fault=plan.fault if sensor["asset"] == plan.asset else "none",
            )
            for sensor in sensors
        }
        began, pause = time.monotonic(), plan.lasting.total_seconds() / plan.steps
        for start in range(0, plan.steps, plan.per_post):
            steps = range(start, min(start + plan.per_post, plan.steps))
            readings = [
                {"sensor_id": code, "value": values[code][i], "timestamp": moments[i].isoformat()}
                for i in steps
                for code in values
            ]
            time.sleep(max(0.0, began + start * pause - time.monotonic()))
            answer = self.post_readings(readings)
            yield Sent(len(readings), answer["batch_id"], (steps[-1] + 1) / plan.steps)

    def _moments(self, plan: Plan, sensors: list[dict[str, Any]]) -> list[datetime]:
        """Even steps that end now and begin after what is there already."""
        now = datetime.now(UTC)
        known = [latest for s in sensors if (latest := self.latest(s["sensor_id"]))]
        start = max([now - plan.span, *known])
        if start >= now:
            raise RuntimeError("The plant has readings of the future; there is no room for more")
        return [start + (now - start) * (i + 1) / plan.steps for i in range(plan.steps)]
