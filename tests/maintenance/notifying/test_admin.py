"""The pages on which planners set up who is told."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from maintenance.models import (
    Channel,
    EscalationPolicy,
    Notification,
    NotificationRule,
    Preference,
)
from sensors.access import Role
from sensors.models import Site
from tests.factories import make_member, make_notification, make_site, without_rows
from tests.maintenance.notifying.making import make_channel, make_policy, make_rule

pytestmark = pytest.mark.django_db

MODELS = ("channel", "notificationrule", "preference", "escalationpolicy", "escalationstep")
RIGHTS = [f"maintenance.{verb}_{m}" for m in MODELS for verb in ("add", "change", "view")]
ADMIN = "/admin/maintenance"


@pytest.fixture
def planner(site: Site) -> Any:
    return make_member(site, *RIGHTS, "sensors.view_site")


@pytest.fixture
def pages(client: Client, planner: Any) -> Client:
    client.force_login(planner)
    return client


def mail_of(site: Site | None, **fields: Any) -> dict[str, Any]:
    base = {"name": "Team", "kind": "email", "address": "t@x.org", "is_active": "on"}
    return base | {"site": site.pk if site else "", "secret_name": ""} | fields


def errors(answer: Any) -> str:
    assert answer.status_code == 200
    return str(answer.context["adminform"].form.errors)


def test_a_planner_sets_up_a_channel_of_the_own_site(site: Site, pages: Client) -> None:
    pages.post(f"{ADMIN}/channel/add/", mail_of(site))

    assert Channel.objects.get().site == site


def test_what_is_for_administrators_is_refused_with_the_same_words(
    site: Site, pages: Client
) -> None:
    hook = {"kind": "webhook", "address": "https://x.org/hook"}

    for form in (mail_of(None), mail_of(site, **hook)):
        answer = pages.post(f"{ADMIN}/channel/add/", form)
        assert "Only administrators set up webhooks" in errors(answer)
    assert not Channel.objects.exists()


def test_a_channel_does_not_become_what_its_owner_may_not_set_up(
    site: Site, pages: Client
) -> None:
    mine, everybodys = make_channel(site), make_channel()

    answer = pages.post(f"{ADMIN}/channel/{mine.pk}/change/", mail_of(None))
    refused = pages.post(f"{ADMIN}/channel/{everybodys.pk}/change/", mail_of(site))

    assert "Only administrators" in errors(answer)
    assert refused.status_code == 403
    assert [c.site for c in Channel.objects.order_by("pk")] == [site, None]


def test_who_only_looks_at_the_site_changes_nothing(client: Client, site: Site) -> None:
    channel = make_channel(site)
    client.force_login(make_member(site, *RIGHTS, "sensors.view_site", role=Role.VIEWER))

    answer = client.post(f"{ADMIN}/channel/{channel.pk}/change/", mail_of(site))
    added = client.post(f"{ADMIN}/channel/add/", mail_of(site))

    assert answer.status_code == 403
    assert "has not the right to plan" in errors(added)


def test_a_button_sends_a_test(site: Site, pages: Client) -> None:
    channel = make_channel(site)
    page = pages.get(f"{ADMIN}/channel/{channel.pk}/change/")
    assert page.context["buttons"] == {"send_test": "Send a test"}
    press = {"action": "send_test", "index": 0, "_selected_action": channel.pk}

    for words in ("will be sent within seconds", "within the last minute"):
        answer = pages.post(f"{ADMIN}/channel/", press | {"_pressed_on": channel.pk}, follow=True)
        assert words in str([str(m) for m in answer.context["messages"]])

    assert Notification.objects.get().recipient == channel.address


def rule_of(site: Site, **fields: Any) -> dict[str, Any]:
    base = {"name": "Rule", "site": site.pk, "events": ["opened", "worse"], "least_severity": 2}
    return base | {"is_active": "on", "to_roles": ["planner"]} | fields


def test_a_rule_is_set_up_with_checkboxes(site: Site, pages: Client, planner: Any) -> None:
    channel = make_channel(site)
    form = rule_of(site, to_users=[planner.pk], to_channels=[channel.pk])

    pages.post(f"{ADMIN}/notificationrule/add/", form)

    rule = NotificationRule.objects.get()
    assert (rule.events, rule.to_roles) == (["opened", "worse"], ["planner"])
    assert (rule.to_users.get(), rule.to_channels.get()) == (planner, channel)


def test_a_rule_offers_only_what_the_planner_sees(site: Site, pages: Client, planner: Any) -> None:
    make_channel(make_site(), name="Theirs")
    make_member(make_site(), username="stranger")
    mine, rule = make_channel(site), make_rule(site)

    form = pages.get(f"{ADMIN}/notificationrule/{rule.pk}/change/").context["adminform"].form

    assert list(form.fields["to_channels"].queryset) == [mine]
    assert list(form.fields["to_users"].queryset) == [planner]


def test_a_policy_has_its_steps_on_its_page(site: Site, pages: Client) -> None:
    channel = make_channel(site)
    add = f"{ADMIN}/escalationpolicy/add/"
    form: dict[str, Any] = without_rows(pages, add) | {"steps-TOTAL_FORMS": 2}
    form |= {"name": "Night", "site": site.pk, "watches": "anomalies", "least_severity": 3}
    form |= {"is_active": "on"}
    for index, minutes in enumerate((15, 5)):
        form |= {f"steps-{index}-after_minutes": minutes}
        form |= {f"steps-{index}-to_channels": [channel.pk]}

    answer = pages.post(add, form)

    assert answer.status_code == 302, answer.context["errors"]
    policy = EscalationPolicy.objects.get()
    assert [step.after_minutes for step in policy.steps.all()] == [5, 15]
    assert policy.steps.all()[0].to_channels.get() == channel


def test_a_step_names_nobody_of_another_site(site: Site, admin_client: Client) -> None:
    policy, channel = make_policy(site), make_channel(make_site())
    page = f"{ADMIN}/escalationpolicy/{policy.pk}/change/"
    form: dict[str, Any] = without_rows(admin_client, page) | {"steps-TOTAL_FORMS": 1}
    form |= {"name": "Night", "site": site.pk, "watches": "anomalies", "least_severity": 3}
    form |= {"steps-0-after_minutes": 5, "steps-0-to_channels": [channel.pk]}

    answer = admin_client.post(page, form)

    assert "is a channel of another site" in str(answer.context["errors"])
    assert not policy.steps.exists()


def test_each_person_has_one_row_of_preferences(pages: Client, planner: Any) -> None:
    form = {"high": ["email", "sms"], "critical": ["sms"], "phone": "+4915112345678"}
    form |= {"time_zone": "Europe/Berlin", "quiet_from": "22:00", "quiet_until": "06:00"}

    pages.post(f"{ADMIN}/preference/add/", form)

    own = Preference.objects.get()
    assert (own.user, own.low, own.high) == (planner, [], ["email", "sms"])
    again = pages.post(f"{ADMIN}/preference/add/", form)
    assert again.headers["Location"] == f"{ADMIN}/preference/{own.pk}/change/"
    other = Preference.objects.create(user=make_member(make_site()))
    assert pages.get(f"{ADMIN}/preference/{other.pk}/change/").status_code == 302


def test_a_notification_shows_its_attempts(admin_client: Client) -> None:
    row = make_notification(status="failed", error="no")
    row.delivery_attempts.create(
        at=row.created_at, outcome="permanent", status_code=410, answer="<b>gone</b>"
    )

    page = admin_client.get(f"{ADMIN}/notification/{row.pk}/change/").content.decode()

    assert "&lt;b&gt;gone&lt;/b&gt;" in page
    assert "410" in page
