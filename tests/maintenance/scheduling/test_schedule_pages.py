"""Weeks, offers, people and calendars in the admin."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from maintenance.models import CalendarFeed, Shift, Technician, WorkOrder
from maintenance.sample.technicians import create_technicians
from maintenance.scheduling.board import board_of
from maintenance.scheduling.booking import schedule
from sensors.models import Site
from tests.factories import make_member, make_site, without_rows
from tests.maintenance.scheduling.crews import (
    DAY,
    HOUR,
    MONDAY,
    make_absence,
    make_approved,
    make_booking,
    make_calendar,
    make_technician,
    planner,
)

pytestmark = pytest.mark.django_db
WEEK = "/admin/maintenance/booking/week/"
RIGHTS = [f"maintenance.view_{name}" for name in ("booking", "workorder")]


@pytest.fixture(autouse=True)
def on_monday() -> Iterator[Any]:
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def works() -> Site:
    site = make_site(time_zone="Europe/Berlin", code="works")
    make_calendar(site)
    return site


@pytest.fixture
def erika(works: Site, client: Client) -> Client:
    client.force_login(make_member(works, *RIGHTS))
    return client


def slots_of(order: WorkOrder) -> str:
    return reverse("admin:maintenance_booking_slots", args=[order.pk])


def text_of(client: Client, path: str, **query: Any) -> str:
    answer = client.get(path, query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_week_shows_who_does_what_and_what_is_free_or_too_much(works: Site) -> None:
    ada = make_technician(works, "Ada", capacity_percent=80)
    booking = make_booking(ada, MONDAY, 8)
    make_booking(ada, MONDAY + DAY, 2)
    make_absence(ada, MONDAY + 2 * DAY)
    works.holidays.create(day=date(2026, 6, 4), name="Corpus Christi")

    board = board_of(works, date(2026, 6, 3))

    [row] = board.rows
    assert (board.monday, len(row.days)) == (date(2026, 6, 1), 7)
    monday, tuesday, wednesday, thursday = row.days[:4]
    [bar] = monday.bookings
    assert (bar.booking, bar.left, bar.width) == (booking, 25, 33.33)
    assert (monday.over_hours, monday.free_hours) == (2, 0)
    assert (tuesday.over_hours, tuesday.free_hours) == (0, 4)
    assert (wednesday.plannable / HOUR, len(wednesday.away)) == (0, 1)
    assert (thursday.turns, board.holidays) == ([], {date(2026, 6, 4): "Corpus Christi"})
    assert row.percent == round(100 * 10 / 18)


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_a_day_on_which_the_clocks_change_is_as_long_as_it_is(
    works: Site, day: date, hours: int
) -> None:
    ada = make_technician(works, calendar=make_calendar(works, is_default=False, days=[6]))

    [row] = board_of(works, day).rows

    [turn] = row.days[6].turns
    assert turn.width == round(100 * 8 / hours, 2)
    assert ada.pk == row.technician.pk


def test_the_page_of_a_week_names_orders_by_the_clocks_of_the_site(
    works: Site, erika: Client
) -> None:
    booking = make_booking(make_technician(works, "Ada"), MONDAY)

    page = text_of(erika, WEEK)

    assert "06:00–08:00" in page
    assert booking.work_order.number in page
    assert "5.5 h free" in page
    assert "Plan the site" in page
    assert WEEK in text_of(erika, "/admin/maintenance/booking/")
    assert booking.work_order.number not in text_of(erika, WEEK, day="2026-06-08")


def test_questions_that_make_no_sense_are_not_answered(works: Site, erika: Client) -> None:
    make_site(code="other")
    for query in ({"day": "x"}, {"day": "0001-01-01"}, {"day": "9999-12-31"}):
        assert erika.get(WEEK, query).status_code == 400
    assert erika.get(WEEK, {"site": "other"}).status_code == 404
    assert erika.get(WEEK, {"plan": "9" * 30}).status_code == 200
    assert Client().get(WEEK).status_code == 302


def test_a_planner_previews_and_applies_a_plan(works: Site, erika: Client) -> None:
    make_technician(works)
    order = make_approved(works)

    preview = erika.post(WEEK, {"site": "works", "plan": "preview"}, follow=True)
    order.refresh_from_db()
    assert "preview, nothing was changed" in preview.content.decode()
    assert order.state == "approved"
    applied = erika.post(WEEK, {"site": "works", "plan": "apply"}, follow=True)

    order.refresh_from_db()
    assert order.state == "scheduled"
    assert "1 placed" in applied.content.decode()
    assert order.transitions.get().actor is not None


def test_an_offer_is_taken_from_the_page_of_the_order(works: Site, erika: Client) -> None:
    ada = make_technician(works, "Ada")
    make_technician(works, "Bo", {"extra": 3})
    order = make_approved(works)
    change = reverse("admin:maintenance_workorder_change", args=[order.pk])
    assert slots_of(order) in text_of(erika, change)
    page = text_of(erika, slots_of(order))
    assert "before it is due" in page
    start = (MONDAY + DAY).isoformat()

    body = {"act": "schedule", "technician": ada.pk, "start": start, "pin": "on"}
    answer = erika.post(slots_of(order), body)

    booking = order.bookings.get()
    assert answer.status_code == 302
    assert (booking.technician, booking.starts_at, booking.is_pinned) == (ada, MONDAY + DAY, True)
    assert "Tue 2 Jun 06:00" in text_of(erika, change)
    erika.post(slots_of(order), {"act": "unschedule", "reason": "Later"})
    order.refresh_from_db()
    assert order.state == "approved"


def test_why_it_is_there_and_what_was_traded_stands_on_the_order(
    works: Site, erika: Client
) -> None:
    make_technician(works, "Expert", {"pumps": 5})
    make_booking(make_technician(works, "Fitting", {"pumps": 2}), MONDAY, 0.5)
    order = make_approved(works, {"pumps": 2})
    schedule(order.pk, by=planner(works))

    page = text_of(erika, reverse("admin:maintenance_workorder_change", args=[order.pk]))

    assert "Fitting from Mon 01 Jun 06:30" in page
    assert "Expert would be done 30 min sooner" in page


def test_who_does_not_plan_there_is_warned_and_changes_nothing(works: Site) -> None:
    ada, order, client = make_technician(works), make_approved(works), Client()
    client.force_login(make_member(works, *RIGHTS, role="technician"))
    offer = {"act": "schedule", "technician": ada.pk, "start": MONDAY.isoformat()}

    answer = client.post(slots_of(order), offer, follow=True)
    client.post(WEEK, {"site": "works", "plan": "apply"})

    assert "has not the right to plan" in answer.content.decode()
    assert "Take this" not in text_of(client, slots_of(order))
    assert "Plan the site" not in text_of(client, WEEK)
    assert not order.bookings.exists()
    assert not works.plans_of_work.exists()


def test_offers_that_were_made_up_are_refused(works: Site, erika: Client) -> None:
    order, ada = make_approved(works), make_technician(works)
    elsewhere = make_approved(make_site())
    for change in ({"start": "x"}, {"start": "2026-06-01T06:00:00"}, {"technician": "x"}):
        offer = {"act": "schedule", "technician": ada.pk, "start": MONDAY.isoformat()}
        assert erika.post(slots_of(order), offer | change).status_code == 400
    assert erika.get(slots_of(elsewhere)).status_code == 404


def test_an_order_for_which_there_is_nobody_says_so(works: Site, erika: Client) -> None:
    make_technician(works, "Ada")
    page = text_of(erika, slots_of(make_approved(works, {"pumps": 3})))
    assert "Nobody who may do it has what it asks for: pumps from level 3." in page
    assert "Ada (pumps from level 3, has none)" in page


def test_shifts_that_overlap_are_refused_on_the_page(works: Site, admin_client: Client) -> None:
    path = "/admin/maintenance/workingcalendar/add/"
    rows: dict[str, Any] = {"shifts-TOTAL_FORMS": 2, "shifts-INITIAL_FORMS": 0}
    for number, starts in enumerate(("06:00", "13:00")):
        row = {"weekday": 0, "starts": starts, "ends": "14:00"}
        rows |= {f"shifts-{number}-{name}": value for name, value in row.items()}
    before = Shift.objects.count()

    refused = admin_client.post(path, {"site": works.pk, "name": "New"} | rows)
    taken = admin_client.post(
        path, {"site": works.pk, "name": "New"} | rows | {"shifts-1-weekday": 1}
    )

    assert "Two shifts of the week overlap." in refused.content.decode()
    assert taken.status_code == 302
    assert Shift.objects.count() == before + 2


def test_people_are_changed_by_planners_only(works: Site) -> None:
    ada = make_technician(works)
    rights = [f"maintenance.{verb}_technician" for verb in ("view", "change", "delete")]
    path = reverse("admin:maintenance_technician_change", args=[ada.pk])
    for role, status in (("planner", 302), ("engineer", 403)):
        client = Client()
        client.force_login(make_member(works, *rights, role=role))
        body = {"name": role, "capacity_percent": 50, "hourly_rate": 1} | without_rows(
            client, path
        )
        assert client.post(path, body).status_code == status
    assert Technician.objects.get().name == "planner"


def test_the_address_of_a_calendar_is_shown_once_and_revoked(
    works: Site, admin_client: Client
) -> None:
    path = "/admin/maintenance/calendarfeed/"
    stranger = make_technician(make_site())
    wrong = {"site": works.pk, "technician": stranger.pk}
    assert "of another site" in admin_client.post(f"{path}add/", wrong).content.decode()

    made = admin_client.post(f"{path}add/", {"site": works.pk, "technician": ""}, follow=True)

    words = made.content.decode()
    address = words[words.index("/calendar/") :].split("<")[0]
    assert Client().get(address).status_code == 200
    feed = CalendarFeed.objects.get()
    assert address not in text_of(admin_client, f"{path}{feed.pk}/change/")
    body = {"action": "revoke", "_selected_action": feed.pk, "_pressed_on": feed.pk}
    admin_client.post(path, body)
    assert Client().get(address).status_code == 404


def test_the_sample_plant_has_people_once(works: Site) -> None:
    first, again = create_technicians(works), create_technicians(works)

    assert first == again
    assert works.technicians.count() == 6
    assert all(one.calendar and one.calendar.shifts.count() == 5 for one in first)
    assert all(one.skill_levels.count() >= 2 for one in first)
    assert works.calendars.filter(is_default=True).count() == 1
