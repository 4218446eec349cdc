"""A real MQTT broker, and a gateway that publishes to it, for the tests of the bridge."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

MOSQUITTO = Path("/usr/sbin/mosquitto")
PATIENCE = 20.0


def require_mosquitto() -> None:
    if not MOSQUITTO.exists():
        reason = f"not installed: {MOSQUITTO}"
        if os.environ.get("REQUIRE_MOSQUITTO") == "1":
            pytest.fail(reason)
        pytest.skip(reason)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Mosquitto:
    """A broker in a directory of its own. What it has queued outlives it."""

    def __init__(self, directory: Path, *lines: str) -> None:
        self.directory, self.port = directory, free_port()
        directory.mkdir()
        settings = [
            f"listener {self.port} 127.0.0.1",
            "max_queued_messages 0",
            "persistence true",
            f"persistence_location {directory}/",
            # Started by root it would give its rights, and the directory, away.
            "user root",
        ]
        self.file = directory / "mosquitto.conf"
        self.file.write_text("\n".join([*settings, *lines]) + "\n")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.directory / "mosquitto.log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(MOSQUITTO), "-c", str(self.file), "-v"], stdout=log, stderr=log
            )
        deadline = time.monotonic() + PATIENCE
        while not self.answers():
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.01)

    def answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def log(self) -> str:
        return (self.directory / "mosquitto.log").read_text()

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()

    def saved(self) -> tuple[int, int]:
        """Changes with every save of what it has queued."""
        file = self.directory / "mosquitto.db"
        return (file.stat().st_mtime_ns, file.stat().st_size) if file.exists() else (0, 0)


class Gateway:
    """Publishes with QoS 1 and sends again what the broker has not taken."""

    def __init__(self, port: int, topic: str = "plant/hall/{}") -> None:
        self.topic = topic
        self.client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id="gateway", clean_session=False
        )
        self.client.reconnect_delay_set(1, 1)
        self.client.on_publish = self._taken
        self.sent = self.taken = 0
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def publish(self, sensor: str, payloads: Iterable[str | bytes]) -> None:
        for payload in payloads:
            self.client.publish(self.topic.format(sensor), payload, qos=1)
            self.sent += 1

    def all_taken(self) -> bool:
        return self.taken == self.sent

    def _taken(self, *args: Any) -> None:
        self.taken += 1

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()
