from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.urls import URLResolver, get_resolver
from rest_framework.test import APIClient

from sensors.api.endpoints import Endpoint

pytestmark = pytest.mark.django_db


def test_a_database_that_is_away_is_said_so(gateway: APIClient) -> None:
    def away(*args: Any) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    with connection.execute_wrapper(away):
        answer = gateway.post(
            "/api/v1/data/ingest", {"sensor_id": "TEMP_001", "value": 25.5}, format="json"
        )

    assert answer.status_code == 503
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Retry-After"] == "5"
    assert answer.json()["code"] == "store_unavailable"


@pytest.mark.parametrize("accept", ["application/problem+json", "text/html", "image/png", "x"])
def test_an_answer_is_json_whatever_is_asked_for(gateway: APIClient, accept: str) -> None:
    found = gateway.get("/api/v1/sensors", headers={"Accept": accept})
    missing = gateway.get("/api/v1/sensors/0", headers={"Accept": accept})

    assert (found.status_code, found["Content-Type"]) == (200, "application/json")
    assert (missing.status_code, missing["Content-Type"]) == (404, "application/problem+json")


def test_every_route_of_the_api_is_an_endpoint() -> None:
    views = list(views_below(get_resolver(), "api/v1/"))

    assert len(views) >= 7
    assert all(issubclass(view, Endpoint) for view in views)


def views_below(resolver: URLResolver, start: str) -> Iterator[type]:
    for route in resolver.url_patterns:
        if isinstance(route, URLResolver) and str(route.pattern) in ("", start):
            yield from views_below(route, "")
        elif not start and not isinstance(route, URLResolver):
            yield getattr(route.callback, "cls", object)
