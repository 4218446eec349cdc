from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse
from rest_framework.test import APIClient

from sensors.api.endpoints import Endpoint
from tests.factories import make_user

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


PEOPLE = ["/nowhere", "/admin/nowhere", "/apiary"]


@pytest.mark.parametrize("path", PEOPLE)
def test_people_are_told_in_a_page_that_there_is_nothing(admin_client: Client, path: str) -> None:
    answer = admin_client.get(path)

    assert answer.status_code == 404
    assert answer["Content-Type"].startswith("text/html")
    assert "There is no such page" in answer.content.decode()


@pytest.mark.parametrize("path", ["/api/v1/nowhere", "/api/", "/health/nowhere"])
def test_programs_are_told_in_a_problem_that_there_is_nothing(client: Client, path: str) -> None:
    answer = client.get(path)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer["Content-Type"] == "application/problem+json"


def test_people_are_told_in_a_page_that_they_may_not(client: Client) -> None:
    client.force_login(make_user(is_staff=True))

    answer = client.get(reverse("admin:maintenance_workorder_changelist"))

    assert answer.status_code == 403
    assert "This page is not open to you" in answer.content.decode()


def test_a_fault_is_a_page_for_people_and_a_problem_for_programs(
    admin_user: User, gateway: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any) -> None:
        raise RuntimeError("a secret")

    people = Client(raise_request_exception=False)
    people.force_login(admin_user)
    gateway.raise_request_exception = False
    monkeypatch.setattr("sensors.admin.plant.SensorAdmin.get_queryset", broken)
    monkeypatch.setattr("sensors.api.views.SensorViewSet.get_queryset", broken)

    page = people.get(reverse("admin:sensors_sensor_changelist"))
    problem = gateway.get("/api/v1/sensors")

    assert (page.status_code, problem.status_code) == (500, 500)
    assert "Something went wrong" in page.content.decode()
    assert problem.json()["code"] == "internal_server_error"
    assert b"secret" not in page.content + problem.content
