"""Preferences and the delivery log over the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from maintenance.models import Notification, Preference
from maintenance.notifying.delivering import deliver
from sensors.access import Role
from sensors.models import Site
from tests.factories import (
    NOON,
    make_asset,
    make_member,
    make_notification,
    make_site,
    make_work_order,
)
from tests.maintenance.notifying.making import codes, logged_in, post

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def test_a_person_says_how_to_be_told(site: Site, planner: APIClient) -> None:
    usual = planner.get("/api/v1/me/preferences").json()
    assert usual["critical"] == ["email"]
    body = {"low": [], "critical": ["email", "sms"], "phone": "+4915112345678"}
    body |= {"quiet_from": "22:00:00", "quiet_until": "06:00:00", "time_zone": "Europe/Berlin"}

    answer = planner.put("/api/v1/me/preferences", body, format="json")

    assert answer.json() == usual | body
    assert planner.get("/api/v1/me/preferences").json() == answer.json()
    back = planner.put("/api/v1/me/preferences", {}, format="json")
    assert back.json() == usual
    assert Preference.objects.get().user.username == "erika"


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"quiet_from": "22:00"}, ("quiet_until", "half_a_span")),
        ({"high": ["sms"]}, ("phone", "required")),
        ({"high": ["webhook"]}, ("high.0", "invalid_choice")),
        ({"phone": "112"}, ("phone", "invalid")),
        ({"time_zone": "Mars/Olympus"}, ("time_zone", "invalid")),
        ({"quiet_from": "25:00", "quiet_until": "06:00"}, ("quiet_from", "invalid")),
        ({"user": 1}, ("user", "unknown_field")),
    ],
)
def test_preferences_have_to_be_right(
    body: dict[str, Any], found: tuple[str, str], planner: APIClient
) -> None:
    errors = codes(planner.put("/api/v1/me/preferences", body, format="json"))

    assert (found[0].split(".")[0], found[1]) in {(f.split(".")[0], code) for f, code in errors}
    assert not Preference.objects.exists()


def test_a_key_is_nobody_who_could_be_told(gateway: APIClient) -> None:
    answer = gateway.get("/api/v1/me/preferences")

    assert (answer.status_code, answer.json()["code"]) == (403, "not_a_person")


def test_the_delivery_log_shows_attempts_and_addresses_to_planners_only(
    site: Site, planner: APIClient
) -> None:
    order = make_work_order(asset=make_asset(site=site))
    row = make_notification(order, status="failed", error="t@x.org refused", attempts=1)
    made = {"at": NOON, "took": timedelta(seconds=0.25), "outcome": "permanent"}
    row.delivery_attempts.create(**made, status_code=550, error="t@x.org refused", answer="no")
    along = make_notification(order, status="failed", told_with=row)
    viewer = logged_in(make_member(site, role=Role.VIEWER))

    seen = planner.get(f"/api/v1/notifications/{along.pk}").json()
    less = viewer.get(f"/api/v1/notifications/{row.pk}").json()

    [attempt] = seen["delivery_attempts"]
    assert (seen["told_with"], seen["recipient"]) == (row.pk, "planner@example.org")
    assert (attempt["took_seconds"], attempt["status_code"]) == (0.25, 550)
    assert (attempt["error"], attempt["answer"]) == ("t@x.org refused", "no")
    assert (less["recipient"], less["error"]) == (None, None)
    assert (
        less["delivery_attempts"][0] | {"answer": None, "error": None}
        == (less["delivery_attempts"][0])
    )
    assert less["work_order"] == order.number


def test_the_delivery_log_is_filtered(site: Site, planner: APIClient) -> None:
    asset = make_asset(site=site, tag="P-1")
    sent = make_notification(make_work_order(asset=asset), status="sent")
    make_notification(make_work_order(asset=make_asset(site=site)), channel="sms")

    for query in ("status=sent", "channel=email", "asset=P-1", "event=proposed&status=sent"):
        found = planner.get(f"/api/v1/notifications?{query}").json()["results"]
        assert [row["id"] for row in found] == [sent.pk]


def test_what_failed_is_sent_again(site: Site, planner: APIClient, mailoutbox: Any) -> None:
    order = make_work_order(asset=make_asset(site=site))
    row = make_notification(order, status="failed", error="away", attempts=6)
    url = f"/api/v1/notifications/{row.pk}/resend"

    answer = post(planner, url, {})
    deliver(row.pk)
    again = post(planner, url, {})

    assert (answer.status_code, answer.json()["status"]) == (202, "waiting")
    assert len(mailoutbox) == 1
    assert again.status_code == 409
    assert (again.json()["code"], again.json()["status_now"]) == ("not_failed", "sent")


def test_sending_again_takes_the_right_at_the_site(site: Site) -> None:
    elsewhere = make_site()
    row = make_notification(make_work_order(asset=make_asset(site=elsewhere)), status="failed")
    member = make_member(site, role=Role.PLANNER)
    url = f"/api/v1/notifications/{row.pk}/resend"
    assert post(logged_in(member), url, {}).status_code == 404

    member.memberships.create(site=elsewhere, role=Role.VIEWER)

    assert post(logged_in(member), url, {}).json()["code"] == "permission_denied"
    assert not Notification.objects.waiting().exists()
