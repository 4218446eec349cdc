"""A bridge that cannot get rid of what it holds is still seen to be there."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event
from types import SimpleNamespace

import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings

from sensors.models import Bridge, ReadingBatch, Site
from sensors.mqtt.bridge import MqttBridge
from sensors.mqtt.gathering import Message
from tests.factories import NOON
from tests.mosquitto import PATIENCE, Mosquitto
from tests.ways import unconnected_bridge, without_broker

pytestmark = pytest.mark.django_db
TWO_MINUTES = 120.0


@pytest.fixture(autouse=True)
def _full_backlog(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setattr("sensors.intake.limits.ASK_EVERY", 0.0)
    settings.MOST_READINGS_WAITING = -1


class Stop(Event):
    """What a bridge waits for; each time that it does, `meanwhile` says whether to stop."""

    def __init__(self, meanwhile: Callable[[float], bool]) -> None:
        super().__init__()
        self.meanwhile = meanwhile

    def wait(self, timeout: float | None = None) -> bool:
        return self.meanwhile(timeout or 0.0)


def message() -> Message:
    body = b'{"sensor_id": "T1", "value": 1}'
    return Message("plant", body, timezone.now(), len(body))


def test_a_bridge_without_room_shows_itself_and_says_why(
    site: Site, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_broker(settings)
    seen: list[tuple[str, str]] = []

    with time_machine.travel(NOON, tick=False) as clock, unconnected_bridge(site) as bridge:
        elapsed = SimpleNamespace(monotonic=lambda: (timezone.now() - NOON).total_seconds())
        monkeypatch.setattr("sensors.mqtt.bridge.time", elapsed)

        def wait(seconds: float) -> bool:
            clock.shift(seconds)
            row = Bridge.objects.get()
            seen.append((row.condition, row.last_error))
            return elapsed.monotonic() > TWO_MINUTES

        bridge.stop = Stop(wait)
        bridge.carry([message()])

    assert not ReadingBatch.objects.exists()
    assert "stale" not in {condition for condition, _ in seen}
    assert seen[-1][1] == "too much waited to be stored"


def test_a_connection_that_breaks_without_room_is_shown_and_made_again_later(
    mosquitto: Mosquitto, site: Site, settings: Settings
) -> None:
    without_broker(settings)
    settings.MQTT_URL = f"mqtt://127.0.0.1:{mosquitto.port}"
    states: list[str] = []
    deadline = time.monotonic() + PATIENCE

    with unconnected_bridge(site) as bridge:
        connect(bridge, deadline)
        bridge.show()
        mosquitto.kill()
        mosquitto.start()

        def wait(seconds: float) -> bool:
            Event().wait(0.02)
            states.append(Bridge.objects.get().state)
            assert time.monotonic() < deadline
            return states[-3:] == [Bridge.State.DISCONNECTED] * 3

        bridge.stop = Stop(wait)
        bridge.carry([message()])

        assert bridge.link.error
        assert not bridge.link.connected
        connect(bridge, deadline)


def connect(bridge: MqttBridge, deadline: float) -> None:
    while not bridge.link.connected:
        assert time.monotonic() < deadline
        bridge.link.look_after()
        Event().wait(0.02)


def test_what_a_commit_remembered_is_not_overwritten_by_a_sign_of_life(
    site: Site, settings: Settings
) -> None:
    without_broker(settings)
    with unconnected_bridge(site) as bridge:
        Bridge.objects.update(delivered=b"more")

        bridge.show()

    assert bytes(Bridge.objects.get().delivered) == b"more"
