"""Keys are known for a moment, so that not every post looks them up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
import time_machine
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from sensors.beside import Side, side
from sensors.models import ApiKey, Site
from tests.factories import make_key

pytestmark = pytest.mark.django_db


def post(client: APIClient) -> Any:
    return client.post("/api/v1/data/ingest", {"sensor_id": "T1", "value": 1.5}, format="json")


def test_a_known_key_is_not_looked_up_for_each_post(
    gateway: APIClient, settings: Settings
) -> None:
    settings.KEYS_KNOWN_FOR = 60
    post(gateway)

    with CaptureQueriesContext(connection) as queries:
        response = post(gateway)

    assert response.status_code == 202
    assert not [query for query in queries if "sensors_apikey" in query["sql"]]


def test_a_revoked_key_is_refused_once_it_is_not_known_any_more(
    gateway: APIClient, settings: Settings
) -> None:
    settings.KEYS_KNOWN_FOR = 1
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert post(gateway).status_code == 202
        ApiKey.objects.all().revoke()
        clock.shift(1)

        assert post(gateway).status_code == 401


def test_a_key_is_not_known_beyond_its_day(site: Site, settings: Settings) -> None:
    settings.KEYS_KNOWN_FOR = 3600
    with time_machine.travel(timezone.now(), tick=False) as clock:
        _, secret = make_key(site=site, expires_at=timezone.now() + timedelta(seconds=5))
        assert post(APIClient(headers={"X-API-Key": secret})).status_code == 202
        clock.shift(5)

        assert post(APIClient(headers={"X-API-Key": secret})).status_code == 401


@pytest.fixture
def side_thread() -> Iterator[Side]:
    """As web servers have it."""
    side.start()
    yield side
    side.soon(connections.close_all)
    side.stop()


@pytest.mark.django_db(transaction=True)
def test_a_key_in_use_is_looked_up_before_anybody_has_to_wait_for_it(
    side_thread: Side, gateway: APIClient, settings: Settings
) -> None:
    settings.KEYS_KNOWN_FOR = 10
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert post(gateway).status_code == 202
        ApiKey.objects.all().revoke()
        clock.shift(6)

        # Taken as it was, while the thread looks; then as it is now.
        assert post(gateway).status_code == 202
        done = Event()
        side_thread.soon(done.set)
        assert done.wait(10)
        assert post(gateway).status_code == 401


@pytest.mark.django_db(transaction=True)
def test_a_key_that_is_gone_is_not_answered_as_a_repeat(site: Site, settings: Settings) -> None:
    settings.KEYS_KNOWN_FOR = 60
    key, secret = make_key(site=site)
    client = APIClient(headers={"X-API-Key": secret}, raise_request_exception=False)
    assert post(client).status_code == 202
    ApiKey.objects.filter(pk=key.pk).delete()

    assert post(client).status_code == 500
