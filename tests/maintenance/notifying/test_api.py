"""Channels, rules, preferences and the delivery log over the API."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from maintenance.models import Channel, Notification, NotificationRule, Preference
from maintenance.notifying.delivering import deliver
from sensors.access import Role
from sensors.models import Site
from tests.factories import (
    NOON,
    make_asset,
    make_key,
    make_member,
    make_notification,
    make_site,
    make_user,
    make_work_order,
)
from tests.maintenance.notifying.making import make_channel, make_rule

pytestmark = pytest.mark.django_db

CHANNELS, RULES = "/api/v1/channels", "/api/v1/notification-rules"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def logged_in(user: Any) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


@pytest.fixture
def planner(site: Site) -> APIClient:
    return logged_in(make_member(site, username="erika"))


@pytest.fixture
def administrator(db: None) -> APIClient:
    return logged_in(make_user(username="root", is_superuser=True))


def post(client: APIClient, url: str, body: Any) -> Any:
    return client.post(url, body, format="json")


def patch(client: APIClient, url: str, body: Any) -> Any:
    return client.patch(url, body, format="json")


def codes(answer: Any) -> set[tuple[str, str]]:
    assert answer.status_code == 400, answer.json()
    return {(error["field"], error["code"]) for error in answer.json()["errors"]}


def mail_of(site: Site, **fields: Any) -> dict[str, Any]:
    return {"site": site.code, "name": "Team", "kind": "email", "address": "t@x.org"} | fields


def test_a_planner_sets_up_a_channel_and_changes_it(site: Site, planner: APIClient) -> None:
    answer = post(planner, CHANNELS, mail_of(site))

    assert answer.status_code == 201
    assert planner.get(answer.headers["Location"]).json() == answer.json()
    assert planner.get(CHANNELS).json()["results"] == [answer.json()]
    changed = patch(planner, answer.headers["Location"], {"is_active": False})
    assert changed.json() == answer.json() | {"is_active": False}


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"address": "nobody"}, ("address", "not_of_the_kind")),
        ({"kind": "sms", "address": "0151 1234"}, ("address", "not_of_the_kind")),
        ({"kind": "pigeon"}, ("kind", "invalid_choice")),
        ({"secret_name": "OPS"}, ("secret_name", "not_of_the_kind")),
        ({"secret_name": "../x"}, ("secret_name", "invalid")),
        ({"site": "nowhere"}, ("site", "unknown_site")),
        ({"site": "a\x00b"}, ("site", "null_characters_not_allowed")),
        ({"name": ""}, ("name", "blank")),
        ({"adress": "t@x.org"}, ("adress", "unknown_field")),
    ],
)
def test_a_channel_has_to_be_right(
    fields: dict[str, Any], found: tuple[str, str], site: Site, planner: APIClient
) -> None:
    assert found in codes(post(planner, CHANNELS, mail_of(site) | fields))
    assert not Channel.objects.exists()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"kind": "slack", "address": "https://hooks.slack.com/x"}, "address"),
        ({"kind": "slack", "address": ""}, "secret_name"),
        ({"kind": "webhook", "address": "file:///etc/passwd"}, "address"),
        ({"kind": "webhook", "address": "http://user:password@x.org/"}, "address"),
        ({"kind": "webhook", "address": "http://x.org:99999/"}, "address"),
        ({"kind": "webhook", "address": "http://x.org/a b"}, "address"),
    ],
)
def test_a_webhook_has_to_be_an_address_and_slacks_is_a_secret(
    fields: dict[str, Any], field: str, site: Site, administrator: APIClient
) -> None:
    answer = post(administrator, CHANNELS, mail_of(site, **fields))

    assert codes(answer) == {(field, "not_of_the_kind")}


HOOK = {"kind": "webhook", "address": "https://x.org/hook", "secret_name": "HOOK"}


def test_only_administrators_say_where_this_server_posts_to(
    site: Site, planner: APIClient, administrator: APIClient
) -> None:
    mine = make_channel(site)
    asked = [
        post(planner, CHANNELS, mail_of(site, **HOOK)),
        post(planner, CHANNELS, mail_of(site) | {"site": None}),
        patch(planner, f"{CHANNELS}/{mine.pk}", HOOK),
        patch(planner, f"{CHANNELS}/{mine.pk}", {"site": None}),
        patch(planner, f"{CHANNELS}/{make_channel().pk}", {"name": "Mine"}),
    ]

    assert [answer.status_code for answer in asked] == [403] * 5
    assert {answer.json()["code"] for answer in asked} == {"administrators_only"}
    made = post(administrator, CHANNELS, mail_of(site, **HOOK))
    assert made.status_code == 201
    taken = patch(planner, made.headers["Location"], {"kind": "email", "address": "t@x.org"})
    assert taken.json()["code"] == "administrators_only"


def test_what_is_of_another_site_is_not_there(site: Site, planner: APIClient) -> None:
    channel, rule = make_channel(make_site()), make_rule(make_site())

    for url in (f"{CHANNELS}/{channel.pk}", f"{RULES}/{rule.pk}"):
        assert planner.get(url).status_code == 404
        assert patch(planner, url, {"name": "Mine"}).status_code == 404
    assert post(planner, f"{CHANNELS}/{channel.pk}/test", {}).status_code == 404


def test_who_plans_elsewhere_only_sees_a_site_sets_nothing_up_there(site: Site) -> None:
    member = make_member(site, role=Role.VIEWER)
    member.memberships.create(site=make_site(), role=Role.PLANNER)

    answer = post(logged_in(member), CHANNELS, mail_of(site))

    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


def test_a_channel_has_one_name_at_a_site(site: Site, planner: APIClient) -> None:
    post(planner, CHANNELS, mail_of(site))

    assert post(planner, CHANNELS, mail_of(site)).status_code == 400
    assert Channel.objects.count() == 1


def test_a_test_is_sent_and_not_twice_in_a_minute(
    site: Site, planner: APIClient, clock: Any, mailoutbox: list[Any]
) -> None:
    url = f"{CHANNELS}/{make_channel(site, name='Team', address='t@x.org').pk}/test"

    answer = post(planner, url, {})
    again = post(planner, url, {})
    deliver(answer.json()["notification"])

    assert answer.status_code == 202
    assert (again.status_code, again.json()["code"]) == (409, "tested_just_now")
    assert mailoutbox[0].subject == "[low] test: channel Team, asked for by erika"
    assert planner.get(answer.headers["Location"]).json()["status"] == "sent"
    clock.shift(timedelta(minutes=1))
    assert post(planner, url, {}).status_code == 202


def test_a_channel_out_of_use_is_not_tested(site: Site, planner: APIClient) -> None:
    url = f"{CHANNELS}/{make_channel(site, is_active=False).pk}/test"

    assert post(planner, url, {}).json()["code"] == "channel_inactive"


def test_a_planner_sets_up_a_rule_and_changes_it(site: Site, planner: APIClient) -> None:
    channel = make_channel(site)
    make_asset(site=site, tag="P-1")
    body = {
        "site": site.code,
        "name": "Pumps",
        "asset": "P-1",
        "least_severity": "high",
        "events": ["opened", "worse", "opened"],
        "to_users": ["erika"],
        "to_roles": ["planner"],
        "to_channels": [channel.pk],
        "repeat_interval": 0,
    }

    answer = post(planner, RULES, body)

    assert answer.status_code == 201
    assert answer.json() == body | {
        "id": NotificationRule.objects.get().pk,
        "events": ["opened", "worse"],
        "to_assignee": False,
        "group_wait": None,
        "group_interval": None,
        "is_active": True,
    }
    where = answer.headers["Location"]
    differs: dict[str, Any] = {"asset": None, "to_users": [], "least_severity": "low"}
    changed = patch(planner, where, differs)
    assert changed.json() == answer.json() | differs
    assert planner.get(where).json() == changed.json()
    assert planner.get(RULES).json()["results"] == [changed.json()]


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"asset": "NOWHERE"}, ("asset", "unknown_asset")),
        ({"asset": "OTHER"}, ("asset", "unknown_asset")),
        ({"events": []}, ("events", "empty")),
        ({"events": ["burst"]}, ("events.0", "invalid_choice")),
        ({"to_users": ["nobody"]}, ("to_users", "unknown_person")),
        ({"to_users": ["far"]}, ("to_users", "unknown_person")),
        ({"to_users": ["x"] * 101}, ("to_users", "max_length")),
        ({"to_channels": [10**12]}, ("to_channels", "unknown_channel")),
        ({"to_channels": [10**19]}, ("to_channels.0", "max_value")),
        ({"to_roles": ["king"]}, ("to_roles.0", "invalid_choice")),
        ({"group_wait": -1}, ("group_wait", "min_value")),
        ({"group_wait": 604_801}, ("group_wait", "max_value")),
        ({"least_severity": 3}, ("least_severity", "invalid_choice")),
        ({"to_user": []}, ("to_user", "unknown_field")),
    ],
)
def test_a_rule_has_to_be_right(
    fields: dict[str, Any], found: tuple[str, str], site: Site, planner: APIClient
) -> None:
    elsewhere = make_site()
    make_asset(site=elsewhere, tag="OTHER")
    make_member(elsewhere, username="far")
    body = {"site": site.code, "name": "Rule", "events": ["opened"]}

    answer = post(planner, RULES, body | fields)

    errors = {(field.split(".")[0], code) for field, code in codes(answer)}
    assert (found[0].split(".")[0], found[1]) in errors
    assert not NotificationRule.objects.exists()


def test_a_rule_of_a_site_names_its_members_and_channels(
    site: Site, administrator: APIClient
) -> None:
    """An administrator sees all, and may still not mix sites up."""
    elsewhere = make_site()
    make_member(elsewhere, username="far")
    body = {"site": site.code, "name": "Rule", "events": ["opened"]}
    channel = make_channel(elsewhere)

    person = post(administrator, RULES, body | {"to_users": ["far"]})
    foreign = post(administrator, RULES, body | {"to_channels": [channel.pk]})

    assert codes(person) == {("to_users", "not_a_member")}
    assert codes(foreign) == {("to_channels", "another_site")}
    assert not NotificationRule.objects.exists()


def test_a_rule_of_all_sites_is_for_administrators(
    site: Site, planner: APIClient, administrator: APIClient
) -> None:
    body = {"site": None, "name": "Rule", "events": ["opened"]}

    assert post(planner, RULES, body).json()["code"] == "administrators_only"
    made = post(administrator, RULES, body)
    assert made.status_code == 201
    refused = patch(planner, made.headers["Location"], {"is_active": False})
    assert refused.json()["code"] == "administrators_only"
    assert planner.get(made.headers["Location"]).status_code == 200


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


def test_a_key_that_plans_may_set_up_and_one_that_reads_may_not(site: Site) -> None:
    plans, reads = (
        APIClient(headers={"X-API-Key": make_key(site=site, name=n, can_plan=n == "a")[1]})
        for n in ("a", "b")
    )

    assert post(plans, CHANNELS, mail_of(site)).status_code == 201
    assert post(reads, CHANNELS, mail_of(site)).status_code == 403
    assert reads.get(CHANNELS).status_code == 403
