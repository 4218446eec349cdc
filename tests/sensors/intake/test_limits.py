"""A key may be limited, and a backlog that is too long stops the way in."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from sensors.intake.limits import backlog
from sensors.models import ApiKey, ReadingBatch, Site
from sensors.mqtt.gathering import Message
from tests.deadend import without_cache
from tests.factories import make_key, make_user
from tests.ways import unconnected_bridge, without_broker

pytestmark = pytest.mark.django_db


def post(client: APIClient, count: int = 1) -> Any:
    reading = {"sensor_id": "T1", "value": 1.5}
    return client.post("/api/v1/data/ingest", [reading] * count, format="json")


def limited(site: Site, rate: str) -> APIClient:
    _, secret = make_key(site=site, rate_limit=rate)
    return APIClient(headers={"X-API-Key": secret})


def test_a_key_beyond_its_limit_is_told_when_to_come_back(site: Site) -> None:
    client = limited(site, "2/m")
    with time_machine.travel(timezone.now(), tick=False):
        answers = [post(client) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [202, 202, 429]
    problem = answers[-1].json()
    assert (problem["code"], problem["limit"], problem["count"]) == ("rate_exceeded", 2, 3)
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert ReadingBatch.objects.count() == 2


def test_a_limited_client_is_told_what_it_has_left(site: Site) -> None:
    client = limited(site, "5/m")
    with time_machine.travel(timezone.now(), tick=False):
        post(client)
        answer = client.get("/api/v1/sensors")

    assert answer.headers["X-RateLimit-Limit"] == "5"
    assert answer.headers["X-RateLimit-Remaining"] == "3"
    assert int(answer.headers["X-RateLimit-Reset"]) >= 1


def test_what_a_key_may_not_do_does_not_count(site: Site) -> None:
    _, secret = make_key(site=site, rate_limit="5/m", can_ingest=False)
    client = APIClient(headers={"X-API-Key": secret})
    with time_machine.travel(timezone.now(), tick=False):
        refused = post(client)
        allowed = client.get("/api/v1/sensors")

    assert refused.status_code == 403
    assert "X-RateLimit-Limit" not in refused.headers
    assert allowed.headers["X-RateLimit-Remaining"] == "4"


def test_the_limit_is_open_again_in_the_next_period(site: Site) -> None:
    client = limited(site, "1/s")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert post(client).status_code == 202
        assert post(client).status_code == 429
        clock.shift(2)
        assert post(client).status_code == 202


def test_one_key_does_not_use_up_the_limit_of_another(site: Site) -> None:
    with time_machine.travel(timezone.now(), tick=False):
        first, second = limited(site, "1/m"), limited(site, "1/m")

        assert [post(client).status_code for client in (first, second)] == [202, 202]


def test_the_settings_limit_keys_without_a_limit_of_their_own(
    gateway: APIClient, settings: Settings
) -> None:
    settings.RATE_LIMIT = "1/m"
    with time_machine.travel(timezone.now(), tick=False):
        assert [post(gateway).status_code for _ in range(2)] == [202, 429]


def test_readings_are_taken_uncounted_while_the_cache_is_away(
    site: Site, settings: Settings
) -> None:
    client = limited(site, "1/m")
    with without_cache(settings):
        assert [post(client).status_code for _ in range(2)] == [202, 202]


@pytest.mark.parametrize("rate", ["600/m", "1/s", "100/10s", "5/d"])
def test_a_rate_is_so_many_in_a_time(site: Site, rate: str) -> None:
    ApiKey(site=site, name="x", prefix="p", digest="d", rate_limit=rate).full_clean()


@pytest.mark.parametrize(
    "rate", ["0/m", "600/0s", "5/007s", "many", "5", "5/", "/m", "5/w", "-1/s", "5/m;", "1.5/s"]
)
def test_other_rates_are_refused(site: Site, rate: str) -> None:
    with pytest.raises(ValidationError, match="rate_limit"):
        ApiKey(site=site, name="x", prefix="p", digest="d", rate_limit=rate).full_clean()


def test_the_key_shows_how_much_of_its_limit_is_used(client: Any, site: Site) -> None:
    client.force_login(make_user(is_staff=True, is_superuser=True))
    with time_machine.travel(timezone.now(), tick=False):
        post(limited(site, "7/m"))
        page = client.get(reverse("admin:sensors_apikey_changelist"))

    assert "1 of 7" in page.content.decode()


@pytest.fixture
def fresh_backlog(monkeypatch: pytest.MonkeyPatch) -> None:
    """The backlog is counted each time."""
    monkeypatch.setattr("sensors.intake.limits.ASK_EVERY", float("-inf"))


@pytest.mark.usefixtures("sleeping_agents", "fresh_backlog")
@pytest.mark.parametrize(
    ("setting", "most"), [("MOST_BATCHES_WAITING", 1), ("MOST_READINGS_WAITING", 5)]
)
def test_a_full_backlog_turns_uploads_away_until_there_is_room(
    gateway: APIClient, settings: Settings, setting: str, most: int
) -> None:
    setattr(settings, setting, most)
    assert [post(gateway, 3).status_code for _ in range(2)] == [202, 202]

    refused = post(gateway)
    ReadingBatch.objects.update(status="stored", payload=None, duplicates=F("accepted"))
    welcome = post(gateway)

    assert (refused.status_code, refused.json()["code"]) == (503, "backlog_full")
    assert int(refused.headers["Retry-After"]) > 0
    assert welcome.status_code == 202
    assert ReadingBatch.objects.count() == 3


@pytest.mark.usefixtures("sleeping_agents", "fresh_backlog")
def test_what_runs_have_claimed_but_not_stored_is_backlog_too(gateway: APIClient) -> None:
    post(gateway, 4)
    ReadingBatch.objects.update(status="claimed")

    backlog.is_full()

    assert (backlog.batches, backlog.readings) == (1, 4)


@pytest.mark.usefixtures("sleeping_agents", "fresh_backlog")
def test_reading_goes_on_while_the_backlog_is_full(gateway: APIClient, settings: Settings) -> None:
    settings.MOST_BATCHES_WAITING = 0
    post(gateway)

    assert gateway.get("/api/v1/sensors").status_code == 200


@pytest.mark.usefixtures("sleeping_agents", "fresh_backlog")
def test_a_bridge_acknowledges_nothing_while_the_backlog_is_full(
    site: Site, settings: Settings
) -> None:
    without_broker(settings)
    settings.MOST_BATCHES_WAITING = 0
    acknowledged: list[int] = []
    body = b'{"sensor_id": "T1", "value": 1}'
    with unconnected_bridge(site) as bridge:
        for number in (1, 2):
            message = Message(
                "plant",
                body,
                timezone.now(),
                len(body),
                acknowledge=partial(acknowledged.append, number),
            )
            if number == 2:
                # It would wait for room for ever.
                bridge.stop.set()
            bridge.carry([message])

    assert acknowledged == [1]
    assert ReadingBatch.objects.count() == 1
    assert "too much" in bridge.row.last_error
