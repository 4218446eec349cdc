"""Who is told of what, by rules and without any."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from pytest_django import Settings

from maintenance.events import Event, happened
from maintenance.models import Notification, Preference, Technician
from sensors.access import Role
from sensors.models import Site
from tests.factories import (
    NOON,
    make_anomaly,
    make_asset,
    make_member,
    make_sensor,
    make_site,
    make_user,
    make_work_order,
)
from tests.maintenance.notifying.making import make_channel, make_rule

pytestmark = pytest.mark.django_db


def say(event: str, row: Any = None, key: str = "", **said: Any) -> None:
    about = {"order" if hasattr(row, "priority") else "anomaly": row} if row else {}
    happened.send(None, event=event, key=key, request_ids=["req-1"], **about, **said)


def recipients() -> list[str]:
    return sorted(Notification.objects.values_list("recipient", flat=True))


def anomaly_at(site: Site, **fields: Any) -> Any:
    asset = fields.pop("asset", None) or make_asset(site=site)
    return make_anomaly(make_sensor(asset=asset), **fields)


def test_without_rules_the_settings_say_who_is_told(settings: Settings) -> None:
    settings.NOTIFY_EMAILS = ["a@example.org", "b@example.org"]
    settings.NOTIFY_WEBHOOK_URL = "https://example.org/hook"
    order = make_work_order()

    say("proposed", order)
    say("approved", order)

    rows = Notification.objects.order_by("pk")
    assert [(row.channel, row.recipient) for row in rows] == [
        ("email", "a@example.org"),
        ("email", "b@example.org"),
        ("webhook", "https://example.org/hook"),
    ]
    assert {(row.event, row.status, row.group) for row in rows} == {("proposed", "waiting", None)}
    assert rows[0].correlation_ids == ["req-1"]
    assert rows[0].site == order.asset.site


def test_the_settings_count_for_each_site_until_it_has_a_rule(site: Site) -> None:
    make_rule(site, make_channel(site, address="team@example.org"), events=["proposed"])

    say("proposed", make_work_order(asset=make_asset(site=site)))
    say("proposed", make_work_order())

    assert recipients() == ["planner@example.org", "team@example.org"]


def test_nobody_is_told_the_same_event_twice(site: Site) -> None:
    channel, member = make_channel(site), make_member(site, email="erika@example.org")
    same = make_channel(site, address="erika@example.org")
    for to in ([channel, member], [channel], [same, member]):
        make_rule(site, *to)
    anomaly = anomaly_at(site)

    for key in ("", "", "2", "2"):
        say("opened", anomaly, key)

    assert recipients() == sorted([channel.address, "erika@example.org"] * 2)


def test_keys_longer_than_the_column_still_tell_repeats_apart(site: Site) -> None:
    make_rule(site, make_channel(site))
    anomaly = anomaly_at(site)

    for key in ("k" * 100 + "1", "k" * 100 + "2", "k" * 100 + "2"):
        say("opened", anomaly, key)

    assert Notification.objects.count() == 2


@pytest.mark.parametrize("event", Event)
def test_a_rule_tells_only_of_its_events(event: str, site: Site) -> None:
    make_rule(site, make_channel(site), events=[event])
    anomaly, order = anomaly_at(site), make_work_order(asset=make_asset(site=site))

    for other in Event:
        if other in (Event.DRIFT, Event.PIPELINE_TROUBLE):
            say(other, asset=order.asset, detail="So it is")
        else:
            say(other, anomaly if other in ("opened", "worse", "cleared") else order)

    assert [row.event for row in Notification.objects.all()] == [event]


def test_a_rule_reaches_an_asset_with_its_parts_from_a_severity_on(site: Site) -> None:
    line = make_asset(site=site, tag="LINE")
    pump = make_asset(site=site, tag="PUMP", parent=line)
    part = make_asset(site=site, tag="PART", parent=pump)
    make_rule(site, make_channel(site), asset=pump, least_severity=3)

    for asset in (line, pump, part):
        for severity in (2, 3, 4):
            say("opened", anomaly_at(site, asset=asset, severity_worst=severity))

    told = Notification.objects.order_by("pk").values_list("asset__tag", "severity")
    assert list(told) == [("PUMP", 3), ("PUMP", 4), ("PART", 3), ("PART", 4)]


def test_of_an_order_the_priority_counts(site: Site) -> None:
    make_rule(site, make_channel(site), events=["approved"], least_severity=3)

    for priority in ("P1", "P2", "P3", "P4"):
        say("approved", make_work_order(asset=make_asset(site=site), priority=priority))

    assert list(Notification.objects.order_by("pk").values_list("severity", flat=True)) == [4, 3]


def test_a_rule_of_all_sites_and_one_that_is_put_out_of_use(site: Site) -> None:
    make_rule(None, make_channel(address="all@example.org"))
    make_rule(site, make_channel(site), is_active=False)
    make_rule(make_site(), make_channel())

    say("opened", anomaly_at(site))

    assert recipients() == ["all@example.org"]


def test_people_are_told_by_role_and_only_those_who_may_see_the_site(site: Site) -> None:
    rule = make_rule(site, to_roles=[Role.PLANNER])
    make_member(site, role=Role.PLANNER, email="planner@here.org")
    make_member(site, role=Role.VIEWER, email="viewer@here.org")
    make_member(make_site(), role=Role.PLANNER, email="planner@elsewhere.org")
    gone = make_member(site, role=Role.PLANNER, email="gone@here.org")
    type(gone).objects.filter(pk=gone.pk).update(is_active=False)
    rule.to_users.add(make_user(email="stranger@here.org"), make_user(email="root@here.org"))
    type(gone).objects.filter(email="root@here.org").update(is_superuser=True)

    say("opened", anomaly_at(site))

    assert recipients() == ["planner@here.org", "root@here.org"]


def test_channels_of_other_sites_and_those_out_of_use_are_passed_over(site: Site) -> None:
    mine, everybodys = make_channel(site), make_channel()
    others = make_channel(make_site()), make_channel(site, is_active=False)
    make_rule(None, mine, everybodys, *others)

    say("opened", anomaly_at(site))

    assert recipients() == sorted([mine.address, everybodys.address])


def test_whoever_has_the_work_is_told(site: Site) -> None:
    make_rule(site, events=["assigned", "opened"], to_assignee=True)
    technician = make_member(site, role=Role.TECHNICIAN, email="tom@here.org")
    order = make_work_order(asset=make_asset(site=site))
    order.technician = Technician.objects.create(site=site, user=technician, name="Tom")
    say("assigned", order)
    order.technician = Technician.objects.create(site=site, name="Acme", email="acme@out.org")
    say("assigned", order, "2")
    say("opened", anomaly_at(site, assigned_to=technician))

    assert recipients() == ["acme@out.org", "tom@here.org", "tom@here.org"]


def test_each_person_says_how_to_be_told_by_severity(site: Site) -> None:
    member = make_member(site, email="erika@here.org")
    preference = Preference(user=member, phone="+4915112345678", low=[], critical=["sms", "email"])
    preference.save()
    make_rule(site, member)

    for severity in (1, 2, 4):
        say("opened", anomaly_at(site, severity_worst=severity))

    told = Notification.objects.order_by("pk").values_list("severity", "channel", "recipient")
    assert list(told) == [
        (2, "email", "erika@here.org"),
        (4, "sms", "+4915112345678"),
        (4, "email", "erika@here.org"),
    ]


def test_who_has_no_address_is_passed_over(site: Site) -> None:
    make_rule(site, make_member(site, email=""))

    say("opened", anomaly_at(site))

    assert not Notification.objects.exists()


@time_machine.travel(NOON, tick=False)
def test_the_act_of_a_person_is_told_at_once_and_an_alarm_waits_for_company(site: Site) -> None:
    make_rule(site, make_channel(site), events=["opened", "approved"])

    say("approved", make_work_order(asset=make_asset(site=site)))
    say("opened", anomaly_at(site))

    waits = {row.event: row.next_attempt_at - NOON for row in Notification.objects.all()}
    assert {event: wait.total_seconds() for event, wait in waits.items()} == {
        "approved": 0,
        "opened": 30,
    }


def test_what_happened_nowhere_is_a_bug_of_the_sender() -> None:
    with pytest.raises(ValueError, match="nowhere"):
        say("drift")
