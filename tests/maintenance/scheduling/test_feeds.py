"""The calendars that people subscribe to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client
from icalendar import Calendar

from maintenance.models import CalendarFeed, Technician
from maintenance.refusals import NotAllowedError
from maintenance.scheduling.booking import schedule, unschedule
from maintenance.scheduling.subscribing import issue_feed, revoke_feed
from sensors.access import Principal, Right
from sensors.models import Site
from tests.factories import make_key, make_site
from tests.maintenance.scheduling.crews import (
    DAY,
    HOUR,
    MONDAY,
    make_approved,
    make_booking,
    make_calendar,
    make_technician,
    planner,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def on_monday() -> Iterator[Any]:
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def works() -> Site:
    site = make_site(time_zone="Europe/Berlin")
    make_calendar(site)
    return site


def path_of(site: Site, technician: Technician | None = None) -> str:
    pk = technician.pk if technician else None
    return f"/calendar/{issue_feed(site.pk, pk, by=planner(site))[1]}.ics"


def appointments(client: Client, path: str) -> list[Any]:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    return list(Calendar.from_ical(answer.content).walk("VEVENT"))


def test_a_technician_sees_the_own_bookings_and_a_site_all(works: Site, client: Client) -> None:
    ada, bo = make_technician(works, "Ada"), make_technician(works, "Bo")
    booking = make_booking(ada, MONDAY)
    make_booking(bo, MONDAY)
    elsewhere = make_technician(make_site())
    make_booking(elsewhere, MONDAY)

    [mine] = appointments(client, path_of(works, ada))

    assert str(mine["uid"]) == f"{booking.uid}@smart-maintenance"
    assert (mine.start, mine.end) == (MONDAY, MONDAY + 2 * HOUR)
    assert str(mine["summary"]) == f"{booking.work_order.number} Look at it"
    assert mine["status"] == "CONFIRMED"
    titles = [str(one["summary"]) for one in appointments(client, path_of(works))]
    assert [title.split(":")[0] for title in titles] == ["Ada", "Bo"]


def test_a_moved_appointment_stays_the_same_one_and_counts_its_changes(
    works: Site, client: Client
) -> None:
    path = path_of(works, make_technician(works))
    order = make_approved(works)
    schedule(order.pk, by=planner(works))
    [before] = appointments(client, path)

    with time_machine.travel(MONDAY + HOUR, tick=False):
        schedule(order.pk, by=planner(works), start=MONDAY + DAY)
        [after] = appointments(client, path)

    assert after["uid"] == before["uid"]
    assert after["sequence"] > before["sequence"]
    assert after["last-modified"].dt == MONDAY + HOUR
    assert after.start == MONDAY + DAY


def test_a_cancelled_appointment_says_so(works: Site, client: Client) -> None:
    path = path_of(works, make_technician(works))
    order = make_approved(works)
    schedule(order.pk, by=planner(works))
    [before] = appointments(client, path)

    unschedule(order.pk, by=planner(works))

    [after] = appointments(client, path)
    assert (after["uid"], after["status"]) == (before["uid"], "CANCELLED")
    assert after["sequence"] > before["sequence"]


def test_what_has_not_changed_is_not_sent_again(works: Site, client: Client) -> None:
    ada = make_technician(works)
    make_booking(ada, MONDAY)
    path = path_of(works, ada)
    tag = client.get(path).headers["ETag"]

    with time_machine.travel(MONDAY + HOUR, tick=False):
        again = client.get(path, headers={"If-None-Match": tag})
        make_booking(ada, MONDAY + DAY)
        changed = client.get(path, headers={"If-None-Match": tag})

    assert (again.status_code, again.content) == (304, b"")
    assert changed.status_code == 200
    assert client.head(path).status_code == 200


def test_no_other_token_lets_anybody_in(works: Site, client: Client, admin_client: Client) -> None:
    ada = make_technician(works)
    make_booking(ada, MONDAY)
    feed, token = issue_feed(works.pk, ada.pk, by=planner(works))
    key = make_key(site=works, can_plan=True)[1]
    for wrong in (token[:-1], token + "x", feed.digest, key, str(feed.pk), "%00", "x" * 300):
        for visitor in (client, admin_client):
            assert visitor.get(f"/calendar/{wrong}.ics").status_code == 404, wrong
    assert client.get(f"/calendar/{token[:-1]}.ics", headers={"X-API-Key": key}).status_code == 404
    assert client.post(f"/calendar/{token}.ics").status_code == 405
    assert token not in str(CalendarFeed.objects.values().get())


def test_a_token_opens_nothing_but_its_calendar(works: Site, client: Client) -> None:
    _, token = issue_feed(works.pk, None, by=planner(works))
    answer = client.get("/api/v1/schedule?site=works", headers={"X-API-Key": token})
    assert answer.status_code == 401


def test_a_revoked_feed_and_one_of_who_has_left_are_shut(works: Site, client: Client) -> None:
    ada = make_technician(works)
    first, token = issue_feed(works.pk, ada.pk, by=planner(works))
    second = path_of(works, ada)

    revoke_feed(first, by=planner(works))
    assert client.get(f"/calendar/{token}.ics").status_code == 404
    assert client.get(second).status_code == 200
    Technician.objects.update(is_active=False)

    assert client.get(second).status_code == 404


def test_only_planners_of_the_site_make_feeds(works: Site) -> None:
    reader = Principal("Reader", {works.pk: frozenset({Right.READ, Right.WORK})})
    for by in (reader, planner(make_site())):
        with pytest.raises(NotAllowedError):
            issue_feed(works.pk, None, by=by)
    assert not CalendarFeed.objects.exists()
