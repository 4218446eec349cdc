"""Calendar feeds, set up over the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from maintenance.models import CalendarFeed
from sensors.models import Site
from tests.factories import make_key, make_site, make_user
from tests.maintenance.scheduling.crews import make_technician

pytestmark = pytest.mark.django_db

FEEDS = "/api/v1/calendar-feeds"


def client_of(site: Site, **rights: bool) -> APIClient:
    return APIClient(headers={"X-API-Key": make_key(site=site, **rights)[1]})


@pytest.fixture
def works() -> Site:
    return make_site(code="works")


@pytest.fixture
def planning(works: Site) -> APIClient:
    return client_of(works, can_plan=True)


def ask(client: APIClient, **fields: Any) -> Any:
    return client.post(FEEDS, {"site": "works"} | fields, format="json")


def test_its_address_is_told_once_and_open_until_it_is_revoked(
    works: Site, planning: APIClient
) -> None:
    ada = make_technician(works, "Ada")

    made = ask(planning, technician=ada.pk)
    address, where = made.json()["url"], made.headers["Location"]

    assert made.status_code == 201
    assert b"BEGIN:VCALENDAR" in planning.get(address).content
    kept = {name: value for name, value in made.json().items() if name != "url"}
    assert planning.get(where).json() == kept
    assert planning.get(FEEDS).json()["results"] == [kept]
    assert (kept["site"], kept["technician"], kept["revoked_at"]) == ("works", ada.pk, None)
    assert planning.delete(where).status_code == planning.delete(where).status_code == 204
    assert planning.get(address).status_code == 404
    assert planning.get(where).json()["revoked_at"]


def test_it_is_of_all_of_a_site_where_nobody_is_named(works: Site, planning: APIClient) -> None:
    assert ask(planning).json()["technician"] is None


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"technician": 0}, 400, "invalid"),
        ({"technician": 2**63}, 400, "invalid"),
        ({"technician": 2**62}, 409, "unknown_technician"),
        ({"site": "nowhere"}, 404, "unknown_site"),
        ({"token": "mine"}, 400, "invalid"),
    ],
)
def test_what_cannot_be_is_refused(
    works: Site, planning: APIClient, fields: dict[str, Any], status: int, code: str
) -> None:
    answer = ask(planning, **fields)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not CalendarFeed.objects.exists()


def test_whoever_is_of_another_site_or_gone_has_no_feed_here(
    works: Site, planning: APIClient, client: Client
) -> None:
    """Nor in the admin: their bookings would be seen by who plans here."""
    gone = make_technician(works, "Bo", is_active=False)
    others = [make_technician(make_site(), "Ada"), gone]
    client.force_login(make_user(is_staff=True, is_superuser=True))

    for one in others:
        assert ask(planning, technician=one.pk).json()["code"] == "unknown_technician"
        form = {"site": works.pk, "technician": one.pk}
        page = client.post("/admin/maintenance/calendarfeed/add/", form)
        assert "technician" in page.context["adminform"].form.errors

    assert not CalendarFeed.objects.exists()


def test_who_may_not_plan_there_has_none(works: Site, planning: APIClient) -> None:
    where = ask(planning).headers["Location"]
    elsewhere, reads = client_of(make_site(), can_plan=True), client_of(works)

    assert ask(elsewhere).status_code == 404
    assert elsewhere.delete(where).status_code == 404
    assert ask(reads).status_code == reads.delete(where).status_code == 403
    assert CalendarFeed.objects.get().revoked_at is None
