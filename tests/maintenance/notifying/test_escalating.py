"""Steps that are taken until somebody acknowledges."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.db import transaction

from maintenance.events import happened
from maintenance.models import Anomaly, Escalation, Notification, WorkOrder
from maintenance.notifying.escalating import stop_escalation, take_steps
from sensors.models import Site
from tests.factories import (
    MINUTE,
    NOON,
    make_asset,
    make_member,
    make_site,
    make_user,
    make_work_order,
)
from tests.maintenance.notifying.making import (
    acknowledged,
    escalated,
    make_channel,
    make_policy,
    make_step,
    open_at,
    send_due,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.mark.usefixtures("policy")
def test_steps_are_taken_one_after_another(
    site: Site, clock: Any, mailoutbox: list[EmailMessage]
) -> None:
    anomaly = open_at(site)
    told = {}
    for minute in range(90):
        clock.move_to(NOON + minute * MINUTE)
        if take_steps():
            told[minute] = escalated()[-1]
            send_due()

    assert told == {5: "first@here.org", 15: "second@here.org", 60: "boss@here.org"}
    [escalation] = Escalation.objects.all()
    assert (escalation.steps_taken, escalation.next_step_at) == (3, None)
    tag, code = anomaly.asset.tag, anomaly.sensor.code
    assert mailoutbox[0].subject == f"[high] waits for you: {tag}, high limit on {code}"
    assert "Note: Nobody has acknowledged it for 5 min." in str(mailoutbox[0].body)


@pytest.mark.usefixtures("policy")
def test_steps_that_beat_missed_are_taken_each_in_its_turn(site: Site, clock: Any) -> None:
    open_at(site)
    clock.move_to(NOON + 30 * MINUTE)

    assert [take_steps() for _ in range(3)] == [1, 1, 0]
    assert escalated() == ["first@here.org", "second@here.org"]


@pytest.mark.usefixtures("policy")
def test_acknowledging_stops_it_and_withdraws_what_waits(
    site: Site, clock: Any, mailoutbox: list[EmailMessage]
) -> None:
    anomaly = open_at(site)
    clock.move_to(NOON + 5 * MINUTE)
    take_steps()

    acknowledged(anomaly)
    clock.move_to(NOON + 90 * MINUTE)
    take_steps()
    send_due()

    [escalation], [withdrawn] = Escalation.objects.all(), Notification.objects.all()
    assert escalation.stopped_at == NOON + 5 * MINUTE
    assert escalation.stopped_why == withdrawn.error == "It was acknowledged."
    assert (withdrawn.status, mailoutbox) == ("muted", [])


@pytest.mark.usefixtures("policy")
def test_what_is_not_committed_stops_nothing(site: Site, clock: Any) -> None:
    anomaly = open_at(site)
    clock.move_to(NOON + 5 * MINUTE)
    with transaction.atomic():
        acknowledged(anomaly)
        transaction.set_rollback(True)

    assert take_steps() == 1


@pytest.mark.usefixtures("policy")
@pytest.mark.parametrize(
    "change", [{"acknowledged_at": NOON}, {"ended_at": NOON}], ids=["acknowledged", "over"]
)
def test_a_step_looks_for_itself_whether_it_is_needed(
    change: dict[str, Any], site: Site, clock: Any
) -> None:
    """However that came about, and whether anybody said so or not."""
    anomaly = open_at(site)
    Anomaly.objects.filter(pk=anomaly.pk).update(**change)
    clock.move_to(NOON + 5 * MINUTE)

    assert take_steps() == 0
    assert Escalation.objects.get().stopped_why
    assert escalated() == []


@pytest.mark.usefixtures("policy")
def test_it_stops_when_the_anomaly_is_over(site: Site) -> None:
    anomaly = open_at(site)

    happened.send(None, event="cleared", anomaly=anomaly)

    assert Escalation.objects.get().stopped_why == "It is over."


@pytest.mark.usefixtures("policy")
def test_a_step_that_waits_to_be_sent_is_not_sent_once_somebody_has_seen_it(
    site: Site, clock: Any, mailoutbox: list[EmailMessage]
) -> None:
    """Even if nobody said so to this room."""
    anomaly = open_at(site)
    clock.move_to(NOON + 5 * MINUTE)
    take_steps()
    Anomaly.objects.filter(pk=anomaly.pk).update(acknowledged_at=NOON)

    send_due()

    assert mailoutbox == []
    assert Notification.objects.get().status == "muted"


def test_it_begins_only_where_the_policy_reaches(site: Site) -> None:
    elsewhere = make_policy(make_site())
    make_step(elsewhere, 5)
    severe, off = make_policy(site, least_severity=4), make_policy(site, is_active=False)
    for policy in (severe, off):
        make_step(policy, 5)
    make_policy(site)  # Without a step there is nothing to wait for.

    open_at(site)
    open_at(site, severity_worst=4)
    open_at(site, severity_worst=4, acknowledged_at=NOON)

    begun = Escalation.objects.values_list("policy", "anomaly__severity_worst")
    assert list(begun) == [(severe.pk, 4)]


@pytest.mark.usefixtures("policy")
def test_what_gets_worse_goes_on_and_what_comes_back_begins_anew(site: Site) -> None:
    anomaly = open_at(site)
    happened.send(None, event="worse", anomaly=anomaly, key="4")
    assert Escalation.objects.count() == 1

    acknowledged(anomaly)
    Anomaly.objects.filter(pk=anomaly.pk).update(acknowledged_at=None)
    anomaly.refresh_from_db()
    happened.send(None, event="worse", anomaly=anomaly, key="5")

    assert Escalation.objects.running().count() == 1
    assert Escalation.objects.count() == 2


def test_a_proposed_order_escalates_until_it_is_decided(site: Site, clock: Any) -> None:
    policy = make_policy(site, watches="orders")
    make_step(policy, 5, make_channel(site, address="boss@here.org"))
    orders = [make_work_order(asset=make_asset(site=site)) for _ in range(3)]
    for order in orders:
        happened.send(None, event="proposed", order=order)
    happened.send(None, event="approved", order=orders[0])
    WorkOrder.objects.filter(pk=orders[1].pk).update(state="cancelled")
    clock.move_to(NOON + 5 * MINUTE)

    assert take_steps() == 1
    assert Notification.objects.get(event="escalated").work_order == orders[2]


def test_steps_tell_only_who_may_see_the_site(site: Site, clock: Any) -> None:
    policy = make_policy(None)
    make_step(policy, 5, make_member(site, email="in@here.org"), make_user(email="out@x.org"))
    open_at(site)
    clock.move_to(NOON + 5 * MINUTE)

    take_steps()

    assert escalated() == ["in@here.org"]


@pytest.mark.usefixtures("policy")
def test_stopping_can_be_asked_for_directly(site: Site) -> None:
    first, second = open_at(site), open_at(site)

    assert stop_escalation(first, second.pk) == 2
    assert stop_escalation(first) == 0
