"""What is for people only is passed by with a key, and by nothing else."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from sensors.models import Site
from tests.factories import make_key

pytestmark = pytest.mark.django_db

READING = {"sensor_id": "T1", "value": 1.5}


@pytest.fixture
def admin() -> User:
    return User.objects.create_superuser("chief")


def test_a_key_is_served_without_a_look_at_sessions(gateway: APIClient, admin: User) -> None:
    gateway.force_login(admin)

    with CaptureQueriesContext(connection) as queries:
        response = gateway.post("/api/v1/data/ingest", READING, format="json")

    assert response.status_code == 202
    assert not [query for query in queries if "django_session" in query["sql"]]


def test_a_wrong_key_is_refused_whoever_is_logged_in(admin: User) -> None:
    client = APIClient(headers={"X-API-Key": "wrong"})
    client.force_login(admin)

    assert client.get("/api/v1/sensors").status_code == 401


def test_a_key_opens_no_page_of_the_admin(site: Site) -> None:
    _, secret = make_key(site=site)

    response = Client(headers={"X-API-Key": secret}).get("/admin/")

    assert response.status_code == 302
    assert response.headers["Location"].startswith("/admin/login/")


def test_a_key_does_not_spare_a_form_its_token(site: Site, admin: User) -> None:
    _, secret = make_key(site=site)
    client = Client(headers={"X-API-Key": secret}, enforce_csrf_checks=True)
    client.force_login(admin)

    assert client.post("/admin/logout/").status_code == 403


def test_a_person_needs_a_token_to_send_readings(admin: User) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(admin)

    response = client.post("/api/v1/data/ingest", READING, format="json")

    assert response.status_code == 403
