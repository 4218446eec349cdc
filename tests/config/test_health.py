from __future__ import annotations

import pytest
from django.core.cache import cache
from django.db import OperationalError
from django.test import Client
from pytest_django import Settings

from config import health
from tests.deadend import without_cache


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
