from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.db import OperationalError
from django.test import Client
from pytest_django import Settings

from config import health
from tests.deadend import without_cache
from tests.factories import NOON, make_bridge


@pytest.mark.django_db
def test_it_is_open_and_says_that_all_is_well() -> None:
    response = Client().get("/health")

    assert response.status_code == 200
    assert response.json() == {"status": "ok", "database": "ok", "cache": "ok"}


@pytest.mark.django_db
def test_without_the_cache_it_still_takes_readings_in(settings: Settings) -> None:
    with without_cache(settings):
        response = Client().get("/health")

    assert response.status_code == 200
    assert response.json() == {"status": "degraded", "database": "ok", "cache": "unreachable"}
    assert cache.get("anything") is None


@pytest.mark.django_db
def test_without_the_database_it_takes_nothing_in(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise OperationalError("connection refused")

    monkeypatch.setitem(health.CHECKS, "database", away)

    response = Client().get("/health")

    assert response.status_code == 503
    assert response.json()["database"] == "unreachable"


@pytest.mark.django_db
def test_it_says_nothing_about_the_inside() -> None:
    assert set(Client().get("/health").json()) == {"status", "database", "cache"}


@pytest.mark.parametrize(
    ("state", "silence", "said"),
    [("connected", 29, "ok"), ("disconnected", 1, "disconnected"), ("connected", 31, "stale")],
)
@pytest.mark.django_db
def test_a_bridge_out_of_order_is_told_and_readings_still_come_in(
    state: str, silence: int, said: str
) -> None:
    with time_machine.travel(NOON, tick=False):
        make_bridge(seen_at=NOON)
        make_bridge(seen_at=NOON - timedelta(seconds=silence), state=state)
        response = Client().get("/health")

    assert response.status_code == 200
    assert response.json() == {
        "status": "ok" if said == "ok" else "degraded",
        "database": "ok",
        "cache": "ok",
        "mqtt_bridge": said,
        "mqtt_bridge_seconds": silence,
    }
