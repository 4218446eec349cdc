"""Channels and rules over the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from maintenance.models import Channel, NotificationRule
from maintenance.notifying.delivering import deliver
from sensors.access import Role
from sensors.models import Site
from tests.factories import make_asset, make_key, make_member, make_site
from tests.maintenance.notifying.making import (
    codes,
    logged_in,
    mail_of,
    make_channel,
    make_rule,
    patch,
    post,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

CHANNELS, RULES = "/api/v1/channels", "/api/v1/notification-rules"


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


def test_a_key_that_plans_may_set_up_and_one_that_reads_may_not(site: Site) -> None:
    plans, reads = (
        APIClient(headers={"X-API-Key": make_key(site=site, name=n, can_plan=n == "a")[1]})
        for n in ("a", "b")
    )

    assert post(plans, CHANNELS, mail_of(site)).status_code == 201
    assert post(reads, CHANNELS, mail_of(site)).status_code == 403
    assert reads.get(CHANNELS).status_code == 403
