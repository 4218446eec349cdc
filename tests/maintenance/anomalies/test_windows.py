"""Maintenance windows, over the API and in the admin."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from maintenance.anomalies.windows import cancel, maintained
from maintenance.models import MaintenanceWindow
from sensors.access import Principal, Right
from sensors.models import Site
from tests.factories import (
    NOON,
    make_asset,
    make_key,
    make_member,
    make_site,
    make_window,
)

pytestmark = pytest.mark.django_db

URL = "/api/v1/maintenance-windows"
HOUR = timedelta(hours=1)


@pytest.fixture
def planner(site: Site) -> APIClient:
    _, secret = make_key(site=site, name="Planner", can_plan=True)
    return APIClient(headers={"X-API-Key": secret})


def body(site: Site, **fields: Any) -> dict[str, Any]:
    said = {"site": site.code, "reason": "Overhaul", "starts_at": "2099-06-01T12:00Z"}
    return said | {"duration": "02:00:00"} | fields


def test_one_is_put_down_for_an_asset(planner: APIClient, site: Site) -> None:
    pump = make_asset(site=site)

    answer = planner.post(URL, body(site, asset=pump.tag), format="json")

    stored = MaintenanceWindow.objects.get()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"{URL}/{stored.pk}"
    assert answer.json()["asset"] == pump.tag
    assert answer.json()["next_end"] == "2099-06-01T14:00:00Z"
    assert answer.json()["changed_by"].startswith("Planner")


def test_one_comes_again_by_the_clock_of_its_site(planner: APIClient) -> None:
    site = make_site(time_zone="Europe/Berlin")
    _, secret = make_key(site=site, can_plan=True)
    client = APIClient(headers={"X-API-Key": secret})

    answer = client.post(URL, body(site, rrule="FREQ=WEEKLY;BYDAY=SU"), format="json")

    assert answer.json()["next_start"] == "2099-06-07T12:00:00Z"


def test_it_is_changed_and_cancelled_once(planner: APIClient, site: Site) -> None:
    window = make_window(site)

    changed = planner.patch(f"{URL}/{window.pk}", {"reason": "Oil"}, format="json")
    cancelled = planner.patch(f"{URL}/{window.pk}", {"cancelled": True}, format="json")
    again = planner.patch(f"{URL}/{window.pk}", {"reason": "Oil"}, format="json")

    assert changed.json()["reason"] == "Oil"
    assert (cancelled.json()["next_start"], bool(cancelled.json()["cancelled_at"])) == (None, True)
    assert (again.status_code, again.json()["code"]) == (409, "cancelled")


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"duration": "0"}, "duration"),
        ({"duration": "-1"}, "duration"),
        ({"duration": "32 00:00:00"}, "duration"),
        ({"duration": "9" * 20}, "duration"),
        ({"rrule": "FREQ=SECONDLY"}, "rrule"),
        ({"rrule": "FREQ=WEEKLY;UNTIL=20200101"}, "rrule"),
        ({"rrule": "x" * 201}, "rrule"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": "Mars/Olympus", "rrule": "FREQ=DAILY"}, "time_zone"),
        ({"starts_at": "0001-01-01T00:00Z"}, "starts_at"),
        ({"starts_at": "9999-12-31T23:59Z"}, "starts_at"),
        ({"reason": ""}, "reason"),
        ({"reason": "\x00"}, "reason"),
        ({"color": "red"}, "color"),
        ({"cancelled": True}, "cancelled"),
    ],
)
def test_what_cannot_be_is_a_problem_that_names_it(
    fields: dict[str, Any], named: str, planner: APIClient, site: Site
) -> None:
    answer = planner.post(URL, body(site, **fields), format="json")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == named
    assert not MaintenanceWindow.objects.exists()


def test_another_site_is_not_there(planner: APIClient, site: Site) -> None:
    elsewhere = make_asset()

    there = planner.post(URL, body(elsewhere.site), format="json")
    asset = planner.post(URL, body(site, asset=elsewhere.tag), format="json")

    assert (there.status_code, there.json()["code"]) == (400, "unknown_site")
    assert asset.status_code == 404
    window = make_window(elsewhere.site)
    assert planner.patch(f"{URL}/{window.pk}", {"reason": "x"}, format="json").status_code == 404


def test_planning_takes_the_right_at_the_very_site(site: Site) -> None:
    person = make_member(make_site(), role="planner")
    person.memberships.create(site=site, role="technician")
    client = APIClient()
    client.force_login(person)

    answer = client.post(URL, body(site), format="json")

    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


def test_those_ahead_are_asked_for(gateway: APIClient, site: Site) -> None:
    ahead = make_window(site)
    over = make_window(site, starts_at=NOON - timedelta(days=1))

    def found(value: str) -> list[int]:
        return [row["id"] for row in gateway.get(URL, {"ahead": value}).json()["results"]]

    assert (found("true"), found("false")) == ([ahead.pk], [over.pk])


def test_its_times_are_told_for_an_asset_and_all_it_is_part_of() -> None:
    parent = make_asset()
    pump = make_asset(parent=parent, site=parent.site)
    make_window(pump.site, starts_at=NOON, duration=HOUR)
    make_window(pump.site, asset=parent, starts_at=NOON + 2 * HOUR, duration=HOUR)
    make_window(pump.site, asset=make_asset(site=pump.site), starts_at=NOON + 4 * HOUR)

    found = maintained(pump, NOON - HOUR, NOON + 9 * HOUR)

    assert sorted(start for start, _ in found) == [NOON, NOON + 2 * HOUR]


def test_what_came_before_it_was_cancelled_counts() -> None:
    window = make_window(rrule="FREQ=DAILY", starts_at=NOON - timedelta(days=3))
    asset = make_asset(site=window.site)
    by = Principal("erika", {}, frozenset(Right))
    cancel(window.pk, by=by)
    MaintenanceWindow.objects.update(cancelled_at=NOON + HOUR)

    found = maintained(asset, NOON - timedelta(days=1), NOON + timedelta(days=5))

    assert found == [
        (NOON - timedelta(days=1), NOON - timedelta(days=1) + 2 * HOUR),
        (NOON, NOON + HOUR),
    ]


def form(site: Site, **fields: Any) -> dict[str, Any]:
    said = {"site": site.pk, "asset": "", "reason": "Overhaul", "duration": "02:00:00"}
    said |= {"starts_at_0": "2099-06-01", "starts_at_1": "12:00", "rrule": "", "time_zone": ""}
    return said | fields


RIGHTS = tuple(f"maintenance.{verb}_maintenancewindow" for verb in ("view", "add", "change"))
ADD = "admin:maintenance_maintenancewindow_add"


def test_a_planner_puts_one_down_in_the_admin(client: Client, site: Site) -> None:
    client.force_login(make_member(site, *RIGHTS, username="erika"))

    client.post(reverse(ADD), form(site, rrule="FREQ=DAILY"))

    window = MaintenanceWindow.objects.get()
    assert (window.changed_by, window.next_start is None) == ("erika", False)


def test_a_technician_with_the_permission_does_not(client: Client, site: Site) -> None:
    client.force_login(make_member(site, *RIGHTS, role="technician"))

    answer = client.post(reverse(ADD), form(site))

    assert "You may not plan at this site" in answer.content.decode()
    assert not MaintenanceWindow.objects.exists()


def test_an_odd_rule_is_said_beside_its_field(client: Client, site: Site) -> None:
    client.force_login(make_member(site, *RIGHTS))

    answer = client.post(reverse(ADD), form(site, rrule="FREQ=HOURLY"))

    assert "rrule" in answer.context["adminform"].form.errors


def test_it_is_cancelled_with_a_button_and_closed_from_then_on(client: Client, site: Site) -> None:
    window = make_window(site)
    client.force_login(make_member(site, *RIGHTS))
    pressed = {"action": "cancel_windows", "index": 0, "_selected_action": window.pk}

    client.post(reverse("admin:maintenance_maintenancewindow_changelist"), pressed)

    window.refresh_from_db()
    assert window.cancelled_at
    page = reverse("admin:maintenance_maintenancewindow_change", args=[window.pk])
    client.post(page, form(site, reason="Changed"))
    window.refresh_from_db()
    assert window.reason == "Overhaul"
