"""People, offers, bookings and plans over the API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from maintenance.models import Skill, Technician
from sensors.models import Site
from tests.factories import make_key, make_site
from tests.maintenance.scheduling.crews import (
    DAY,
    HOUR,
    MONDAY,
    make_absence,
    make_approved,
    make_booking,
    make_calendar,
    make_technician,
)

pytestmark = pytest.mark.django_db
API = "/api/v1"


@pytest.fixture(autouse=True)
def on_monday() -> Iterator[Any]:
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def works() -> Site:
    return make_site(time_zone="Europe/Berlin", code="works")


def client_of(site: Site, **rights: bool) -> APIClient:
    return APIClient(headers={"X-API-Key": make_key(site=site, **rights)[1]})


@pytest.fixture
def planning(works: Site) -> APIClient:
    return client_of(works, can_plan=True)


def post(client: APIClient, path: str, body: Any) -> Any:
    return client.post(API + path, body, format="json")


TOO_HIGH = {"skill": "pumps", "level": 6}
EIGHTH = {"weekday": 7, "starts": "06:00", "ends": "07:00"}
NO_TIME = {"weekday": 0, "starts": "06:00", "ends": "06:00"}
WEEK: dict[str, Any] = {
    "site": "works",
    "name": "Early",
    "is_default": True,
    "shifts": [
        {"weekday": day, "starts": "06:00", "ends": "14:00", "break_starts": "10:00"}
        | {"break_ends": "10:30"}
        for day in range(5)
    ],
}


def test_from_nothing_to_a_scheduled_order(works: Site, planning: APIClient) -> None:
    Skill.objects.create(code="pumps", name="Pumps")
    week = post(planning, "/working-calendars", WEEK)
    assert week.status_code == 201
    person = {"site": "works", "name": "Ada", "skills": [{"skill": "pumps", "level": 4}]}
    ada = post(planning, "/technicians", person)
    assert ada.status_code == 201
    assert ada.json()["skills"] == [{"skill": "pumps", "level": 4}]
    order = make_approved(works, {"pumps": 3})

    offers = planning.get(f"{API}/work-orders/{order.pk}/slots").json()
    booked = post(planning, f"/work-orders/{order.pk}/schedule", {"pin": True})

    assert offers["meets_due"] is True
    assert offers["offers"][0]["start"] == MONDAY.isoformat()
    assert any("before it is due" in reason for reason in offers["offers"][0]["reasons"])
    assert booked.status_code == 200
    [booking] = booked.json()["bookings"]
    assert booking["technician"] == {"id": ada.json()["id"], "name": "Ada"}
    assert (booking["is_pinned"], booking["work_hours"]) == (True, 2.0)
    assert booking["explanation"]["summary"].startswith("Ada from Mon 01 Jun 06:00")
    shown = planning.get(f"{API}/schedule?site=works").json()
    assert [one["id"] for one in shown["bookings"]] == [booking["id"]]
    freed = post(planning, f"/work-orders/{order.pk}/unschedule", {"reason": "Later"})
    assert (freed.json()["state"], freed.json()["bookings"]) == ("approved", [])
    assert planning.get(f"{API}/schedule?site=works").json()["bookings"] == []


def test_people_calendars_and_absences_change(works: Site, planning: APIClient) -> None:
    calendar = make_calendar(works)
    ada, pumps = make_technician(works, "Ada", {"valves": 2}), Skill.objects.create(code="pumps")
    path = f"{API}/technicians/{ada.pk}"
    body = {"skills": [{"skill": pumps.code}], "calendar": calendar.pk, "capacity_percent": 50}
    changed = planning.patch(path, body, format="json").json()
    assert changed["skills"] == [{"skill": "pumps", "level": 3}]
    assert (changed["calendar"], changed["capacity_percent"]) == (calendar.pk, 50)
    wrong: list[Any] = [[{"level": 3}], [{}], None]
    for skills in wrong:
        assert planning.patch(path, {"skills": skills}, format="json").status_code == 400
    shifts = [{"weekday": 6, "starts": "22:00", "ends": "06:00"}]
    night = planning.patch(
        f"{API}/working-calendars/{calendar.pk}", {"shifts": shifts}, format="json"
    )
    assert [shift["starts"] for shift in night.json()["shifts"]] == ["22:00:00"]
    away = {"starts_at": MONDAY.isoformat(), "ends_at": (MONDAY + DAY).isoformat()}
    kept = post(planning, f"/technicians/{ada.pk}/absences", away | {"reason": "sick"})
    assert kept.status_code == 201
    assert planning.delete(f"{API}/absences/{kept.json()['id']}").status_code == 204
    day = post(planning, "/holidays", {"site": "works", "day": "2026-12-25", "name": "Christmas"})
    assert planning.delete(f"{API}/holidays/{day.json()['id']}").status_code == 204
    assert planning.get(f"{API}/technicians?site=works").json()["results"][0]["id"] == ada.pk


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/technicians", {"skills": [{"skill": "magic"}]}, "unknown_skill"),
        ("/technicians", {"calendar": 2**62}, "unknown_calendar"),
        ("/technicians", {"name": "Ada"}, "name_taken"),
        ("/working-calendars", {"shifts": WEEK["shifts"] * 2}, "shifts_overlap"),
        ("/working-calendars", {"shifts": [NO_TIME]}, "shift_does_not_fit"),
        ("/working-calendars", {"is_default": True}, "default_taken"),
        ("/holidays", {"day": "2026-06-04"}, "day_taken"),
    ],
)  # fmt: skip
def test_what_the_rules_refuse_is_a_conflict_with_a_code(
    works: Site, planning: APIClient, path: str, body: Any, code: str
) -> None:
    make_technician(works, "Ada")
    make_calendar(works)
    works.holidays.create(day="2026-06-04", name="Corpus Christi")

    answer = post(planning, path, {"site": "works", "name": "New"} | body)

    assert (answer.status_code, answer.json()["code"]) == (409, code)


def test_nobody_is_away_at_the_ends_of_the_calendar(works: Site, planning: APIClient) -> None:
    first, last = "0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z"
    path = f"/technicians/{make_technician(works).pk}/absences"
    asked = [
        post(planning, path, {"reason": "sick", "starts_at": first, "ends_at": last}),
        post(
            planning, path, {"reason": "sick", "starts_at": "2026-06-01T00:00Z", "ends_at": last}
        ),
        post(planning, "/holidays", {"site": "works", "name": "x", "day": "0001-01-01"}),
    ]

    assert [answer.status_code for answer in asked] == [400] * 3
    assert [answer.json()["field"] for answer in asked] == ["starts_at", "ends_at", "day"]


@pytest.mark.parametrize(
    ("path", "body", "fault"),
    [
        ("/technicians", {"name": "Ada", "colour": 1}, ("colour", "unknown_field")),
        ("/technicians", {"name": "a\x00b"}, ("name", "null_characters_not_allowed")),
        ("/technicians", {"name": "x", "capacity_percent": 0}, ("capacity_percent", "min_value")),
        ("/technicians", {"name": "x", "skills": [TOO_HIGH]}, ("skills.0.level", "max_value")),
        ("/working-calendars", {"name": "x", "time_zone": "Mars/Base"}, ("time_zone", "invalid")),
        ("/working-calendars", {"shifts": [EIGHTH]}, ("shifts.0.weekday", "max_value")),
        ("/holidays", {"name": "x", "day": "soon"}, ("day", "invalid")),
        ("/schedule/plan", {"days": 91}, ("days", "max_value")),
    ],
)  # fmt: skip
def test_what_has_not_the_form_is_told_with_its_field(
    works: Site, planning: APIClient, path: str, body: Any, fault: tuple[str, str]
) -> None:
    answer = post(planning, path, {"site": "works"} | body)

    assert answer.status_code == 400
    found = {
        (e["field"].replace("[", ".").replace("]", ""), e["code"]) for e in answer.json()["errors"]
    }
    assert fault in found


def test_questions_that_make_no_sense_are_refused(works: Site, planning: APIClient) -> None:
    order, ada = make_approved(works), make_technician(works)
    for query in (
        "",
        "?site=works&from=x",
        "?site=works&to=2026-05-01T00:00:00Z",
        "?site=a&technician=-1",
    ):
        assert planning.get(f"{API}/schedule{query}").status_code == 400, query
    assert planning.get(f"{API}/schedule?site=other").json()["code"] == "unknown_site"
    last = f"{API}/schedule?site=works&from=9999-12-31T00:00:00Z"
    assert planning.get(last).status_code == 200
    slots = f"{API}/work-orders/{order.pk}/slots"
    assert planning.get(f"{slots}?limit=0").status_code == 400
    assert planning.get(slots).json()["code"] == "no_slot"
    answer = post(planning, f"/work-orders/{order.pk}/schedule", {"technician": ada.pk + 1})
    assert answer.json()["code"] == "unknown_technician"
    away = {
        "starts_at": (MONDAY + DAY).isoformat(),
        "ends_at": MONDAY.isoformat(),
        "reason": "sick",
    }
    answer = post(planning, f"/technicians/{ada.pk}/absences", away | {"reason": "sick"})
    assert answer.json()["errors"][0]["code"] == "before_start"


def test_who_may_only_read_sees_and_changes_nothing(works: Site) -> None:
    ada, order = make_technician(works), make_approved(works)
    away, calendar = make_absence(ada, MONDAY - 9 * DAY), make_calendar(works)
    reader = client_of(works)
    wrote = [
        post(reader, "/technicians", {}),
        post(reader, f"/work-orders/{order.pk}/schedule", {}),
        post(reader, f"/work-orders/{order.pk}/unschedule", {}),
        post(reader, "/schedule/plan", {"site": "works"}),
        reader.patch(f"{API}/technicians/{ada.pk}", {}, format="json"),
        reader.patch(f"{API}/working-calendars/{calendar.pk}", {}, format="json"),
        reader.delete(f"{API}/absences/{away.pk}"),
    ]

    assert {answer.status_code for answer in wrote} == {403}
    assert reader.get(f"{API}/work-orders/{order.pk}/slots").status_code == 200
    assert reader.get(f"{API}/schedule?site=works").status_code == 200


def test_other_sites_are_not_there(works: Site) -> None:
    ada, order = make_technician(works), make_approved(works)
    make_booking(ada, MONDAY, work_order=order)
    stranger = client_of(make_site(), can_plan=True)
    for path in (f"/work-orders/{order.pk}/slots", f"/technicians/{ada.pk}/absences"):
        assert stranger.get(API + path).status_code == 404
    for path, body in (
        (f"/work-orders/{order.pk}/schedule", {}),
        (f"/work-orders/{order.pk}/unschedule", {}),
        ("/schedule/plan", {"site": "works"}),
        ("/technicians", {"site": "works", "name": "Eve"}),
    ):
        assert post(stranger, path, body).status_code == 404
    assert stranger.get(f"{API}/schedule?site=works").status_code == 404
    assert Technician.objects.count() == 1


def test_a_technician_of_another_site_cannot_be_given_the_work(
    works: Site, planning: APIClient
) -> None:
    make_calendar(works)
    order, stranger = make_approved(works), make_technician(make_site())

    answer = post(planning, f"/work-orders/{order.pk}/schedule", {"technician": stranger.pk})

    assert (answer.status_code, answer.json()["code"]) == (409, "unknown_technician")


def test_a_plan_is_previewed_and_then_applied(works: Site, planning: APIClient) -> None:
    make_calendar(works)
    make_technician(works, "Ada")
    orders = [make_approved(works) for _ in range(3)]

    preview = post(planning, "/schedule/plan", {"site": "works"}).json()
    before = planning.get(f"{API}/schedule?site=works").json()["bookings"]
    applied = post(planning, "/schedule/plan", {"site": "works", "apply": True})

    assert preview["result"]["figures"]["placed"] == 3
    assert before == []
    assert applied.status_code == 200
    assert applied.json()["result"]["orders"] == preview["result"]["orders"]
    after = planning.get(f"{API}/schedule?site=works").json()["bookings"]
    assert {one["order"] for one in after} == {order.pk for order in orders}
    where = applied.headers["Location"].removeprefix(API)
    assert planning.get(API + where).json()["status"] == "done"
    assert after[0]["starts_at"] == (MONDAY).isoformat().replace("+00:00", "Z")
    assert after[1]["starts_at"] == (MONDAY + 2 * HOUR).isoformat().replace("+00:00", "Z")
