"""The lives of assets, over the API and in the database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from rest_framework.test import APIClient

from maintenance.models import Life
from sensors.models import Asset, Site
from tests.factories import NOON, make_asset, make_key, make_life, make_member, make_site

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def asset(site: Site) -> Asset:
    return make_asset(site=site, tag="P-101")


URL = "/api/v1/assets/P-101/lives"
FAILED = {
    "started_at": (NOON - 9 * DAY).isoformat(),
    "ended_at": (NOON - DAY).isoformat(),
    "ending": "failed",
    "note": "Inner race",
}


def post(client: APIClient, body: Any) -> Any:
    return client.post(URL, body, format="json")


def codes(answer: Any) -> set[tuple[str, str]]:
    return {(error["field"], error["code"]) for error in answer.json()["errors"]}


def test_a_life_is_put_down_and_read_back(asset: Asset, curator: APIClient) -> None:
    answer = post(curator, FAILED)

    assert answer.status_code == 201
    assert curator.get(answer.headers["Location"]).json() == answer.json()
    assert curator.get(URL).json()["results"] == [answer.json()]
    kept = Life.objects.get()
    assert (kept.asset, kept.ending, kept.note) == (asset, "failed", "Inner race")
    assert kept.recorded_by.startswith("Curator")


def test_how_a_life_ended_is_told_later(asset: Asset, curator: APIClient) -> None:
    running = post(curator, {"started_at": FAILED["started_at"]}).json()

    answer = curator.patch(
        f"/api/v1/lives/{running['id']}",
        {"ended_at": FAILED["ended_at"], "ending": "replaced"},
        format="json",
    )

    assert answer.status_code == 200
    assert not Life.objects.running().exists()
    assert not Life.objects.failed().exists()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"started_at": None}, ("started_at", "null")),
        ({"started_at": "yesterday"}, ("started_at", "invalid")),
        ({"started_at": (NOON + DAY).isoformat()}, ("started_at", "in_the_future")),
        ({"ended_at": (NOON + DAY).isoformat()}, ("ended_at", "in_the_future")),
        ({"ended_at": (NOON - 10 * DAY).isoformat()}, ("ended_at", "before_start")),
        ({"ended_at": None}, ("ending", "ending_does_not_fit")),
        ({"ending": ""}, ("ending", "ending_does_not_fit")),
        ({"ending": "exploded"}, ("ending", "invalid_choice")),
        ({"note": "x" * 501}, ("note", "max_length")),
        ({"note": "a\x00b"}, ("note", "null_characters_not_allowed")),
        ({"asset": 5}, ("asset", "unknown_field")),
    ],
)
def test_what_cannot_be_is_told_with_its_field(
    asset: Asset, curator: APIClient, change: dict[str, Any], fault: tuple[str, str]
) -> None:
    answer = post(curator, FAILED | change)

    assert answer.status_code == 400
    assert fault in codes(answer)
    assert not Life.objects.exists()


@pytest.mark.parametrize("body", [[], "x", 5, None])
def test_a_body_that_is_no_life_is_refused(asset: Asset, curator: APIClient, body: Any) -> None:
    assert post(curator, body).status_code == 400


def test_lives_of_one_asset_do_not_overlap(asset: Asset, curator: APIClient) -> None:
    make_life(asset, NOON - 5 * DAY)

    answer = post(curator, FAILED)

    assert answer.status_code == 409
    assert answer.json()["code"] == "lives_overlap"


def test_the_next_life_may_begin_where_the_last_one_ended(
    asset: Asset, curator: APIClient
) -> None:
    post(curator, FAILED)

    assert post(curator, {"started_at": FAILED["ended_at"]}).status_code == 201
    make_life(make_asset(), NOON - 9 * DAY)


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({}, "do_not_overlap"),
        ({"ended_at": NOON - 5 * DAY, "ending": "failed"}, "do_not_overlap"),
        ({"ended_at": NOON - 20 * DAY, "ending": "failed"}, "ends_after_it_started"),
        ({"ended_at": NOON - 8 * DAY}, "says_how_it_ended"),
        ({"ending": "failed"}, "says_how_it_ended"),
    ],
)
def test_the_database_refuses_it_too(
    asset: Asset, fields: dict[str, Any], constraint: str
) -> None:
    make_life(asset, NOON - 6 * DAY)

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Life.objects.create(asset=asset, started_at=NOON - 9 * DAY, **fields)


def test_who_may_only_read_a_site_puts_nothing_down(asset: Asset, gateway: APIClient) -> None:
    life = make_life(asset, NOON - DAY)

    assert post(gateway, FAILED).status_code == 403
    assert gateway.patch(f"/api/v1/lives/{life.pk}", {}, format="json").status_code == 403
    assert gateway.get(URL).status_code == 200


def test_rights_at_one_site_change_nothing_at_another(asset: Asset) -> None:
    member = make_member(asset.site, role="viewer")
    other = make_site()
    other.memberships.create(user=member, role="engineer")
    client = APIClient()
    client.force_login(member)
    life = make_life(asset, NOON - DAY)

    assert post(client, FAILED).status_code == 403
    assert client.patch(f"/api/v1/lives/{life.pk}", {}, format="json").status_code == 403


def test_lives_of_other_sites_are_not_there(asset: Asset) -> None:
    life = make_life(asset, NOON - DAY)
    client = APIClient(headers={"X-API-Key": make_key(can_curate=True)[1]})

    assert post(client, FAILED).status_code == 404
    assert client.get(URL).status_code == 404
    assert client.patch(f"/api/v1/lives/{life.pk}", {}, format="json").status_code == 404


def test_the_admin_puts_down_who_and_refuses_an_overlap(
    asset: Asset, admin_client: Client
) -> None:
    form = {"asset": asset.pk, "started_at_0": "2026-05-01", "started_at_1": "12:00", "ending": ""}

    first = admin_client.post("/admin/maintenance/life/add/", form)
    second = admin_client.post(
        "/admin/maintenance/life/add/", form | {"started_at_0": "2026-05-02"}
    )

    assert first.status_code == 302
    assert second.status_code == 200
    assert "overlaps this one" in second.content.decode()
    assert Life.objects.get().recorded_by == "admin"
