"""Clients that send uploads without a pause and keep each until it is accepted."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Self

import httpx

from tests.factories import NOON

READINGS = 5  # In each upload
PAUSE = 0.02  # Seconds until what was refused is sent again


@dataclass
class Client:
    """One sender of one sensor. None stands for a connection that broke."""

    sensor_id: str
    accepted: list[dict[str, Any]] = field(default_factory=list)
    refused: list[httpx.Response | None] = field(default_factory=list)

    def send(self, http: httpx.Client) -> None:
        number = len(self.accepted)
        times = [NOON + timedelta(seconds=READINGS * number + i) for i in range(READINGS)]
        body = [
            {"sensor_id": self.sensor_id, "value": number, "timestamp": at.isoformat()}
            for at in times
        ]
        key = {"Idempotency-Key": f"{self.sensor_id}-{number}"}
        try:
            answer = http.post("/api/v1/data/ingest", json=body, headers=key)
        except httpx.TransportError:
            self.refused.append(None)
            return
        if answer.is_success:
            self.accepted.append(answer.json())
        else:
            self.refused.append(answer)


class Load:
    """The clients at work, each in a thread, while in the context."""

    def __init__(self, url: str, secret: str, sensor_ids: list[str]) -> None:
        self.url, self.secret = url, secret
        self.clients = [Client(sensor_id) for sensor_id in sensor_ids]
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(c,)) for c in self.clients]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()

    def accepted(self) -> int:
        return sum(len(client.accepted) for client in self.clients)

    def refused(self) -> list[httpx.Response | None]:
        return [answer for client in self.clients for answer in client.refused]

    def _run(self, client: Client) -> None:
        with httpx.Client(
            base_url=self.url, headers={"X-API-Key": self.secret}, timeout=20
        ) as http:
            while not self._end.is_set():
                before = len(client.accepted)
                client.send(http)
                if len(client.accepted) == before:
                    self._end.wait(PAUSE)
