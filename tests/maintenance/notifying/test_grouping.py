"""Together and again: what rules say about one asset."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.utils import timezone

from maintenance.events import happened
from maintenance.models import Anomaly, Notification, NotificationGroup
from maintenance.notifying.repeating import repeat_due
from sensors.models import Site
from tests.factories import MINUTE, NOON, make_asset, make_work_order
from tests.maintenance.notifying.making import (
    acknowledged,
    make_channel,
    make_rule,
    open_on,
    send_due,
    states,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

HOUR = 60 * MINUTE


def test_what_comes_on_one_asset_within_the_wait_is_one_message(
    site: Site, clock: Any, mailoutbox: list[EmailMessage]
) -> None:
    make_rule(site, make_channel(site), events=["opened", "worse"])
    pump, other = make_asset(site=site, tag="P-1"), make_asset(site=site, tag="P-2")
    for _ in range(3):
        open_on(pump)
    open_on(pump, "worse", severity_worst=4)
    open_on(other)
    send_due()
    assert mailoutbox == []

    clock.move_to(NOON + timedelta(seconds=30))
    send_due()

    assert sorted(mail.subject for mail in mailoutbox) == [
        "[critical] 4 notifications on P-1: 3 opened, 1 got worse",
        f"[high] opened: P-2, high limit on {Anomaly.objects.latest('pk').sensor.code}",
    ]
    assert states() == ["sent"] * 5
    first = Notification.objects.filter(told_with=None).order_by("pk")[0]
    assert first.told_along.count() == 3


def test_what_comes_later_waits_for_the_interval(
    site: Site, clock: Any, mailoutbox: list[EmailMessage]
) -> None:
    make_rule(site, make_channel(site))
    pump = make_asset(site=site)
    told = []
    for second in range(0, 900, 30):
        clock.move_to(NOON + timedelta(seconds=second))
        if second % 60 == 0:
            open_on(pump)
        before = len(mailoutbox)
        send_due()
        told += [second] * (len(mailoutbox) - before)

    assert told == [30, 330, 630]


def test_a_rule_may_have_times_of_its_own(site: Site) -> None:
    make_rule(site, make_channel(site), group_wait=0)

    open_on(make_asset(site=site))

    assert Notification.objects.get().next_attempt_at == NOON


def test_what_goes_on_is_told_again_until_somebody_acknowledges(
    site: Site, clock: Any, mailoutbox: list[EmailMessage]
) -> None:
    make_rule(site, make_channel(site))
    pump = make_asset(site=site)
    seen, unseen = open_on(pump), open_on(pump)
    clock.shift(timedelta(seconds=30))
    send_due()
    acknowledged(seen)

    clock.shift(4 * HOUR - timedelta(seconds=1))
    assert repeat_due() == 0
    clock.shift(timedelta(seconds=1))
    assert repeat_due() == 1
    assert repeat_due() == 0
    send_due()

    code = unseen.sensor.code
    assert mailoutbox[-1].subject == f"[high] reminder: opened: {pump.tag}, high limit on {code}"
    Anomaly.objects.filter(pk=unseen.pk).update(ended_at=timezone.now())
    clock.shift(4 * HOUR)
    assert repeat_due() == 0
    assert NotificationGroup.objects.get().repeat_at is None


def test_new_events_do_not_put_reminders_of_older_ones_off(
    site: Site, clock: Any, mailoutbox: list[EmailMessage]
) -> None:
    make_rule(site, make_channel(site), repeat_interval=3_600)
    pump = make_asset(site=site)
    open_on(pump)
    reminded = []
    for minute in range(0, 130, 10):
        clock.move_to(NOON + minute * MINUTE + timedelta(seconds=30))
        open_on(pump, severity_worst=2, acknowledged_at=NOON)
        reminded += [minute] * repeat_due()
        send_due()

    assert reminded == [60, 120]


def test_an_overdue_order_is_told_again_while_it_is_late(
    site: Site, clock: Any, mailoutbox: list[EmailMessage]
) -> None:
    make_rule(site, make_channel(site), events=["overdue"], repeat_interval=3_600)
    order = make_work_order(asset=make_asset(site=site), state="approved", due_at=NOON - MINUTE)
    happened.send(None, event="overdue", order=order)
    clock.shift(MINUTE)
    send_due()
    for _ in range(2):
        clock.shift(HOUR + MINUTE)
        repeat_due()
        send_due()

    subjects = [mail.subject.replace(order.number, "it") for mail in mailoutbox]
    assert subjects == [
        "[P2] it overdue: Look at it",
        *["[P2] reminder: it overdue: Look at it"] * 2,
    ]


def test_what_could_not_be_told_yet_is_told_again_all_the_same(site: Site, clock: Any) -> None:
    make_rule(site, make_channel(site), repeat_interval=3_600)
    open_on(make_asset(site=site))
    clock.shift(HOUR + MINUTE)

    assert repeat_due() == 0
    send_due()
    clock.shift(HOUR)
    assert repeat_due() == 1


def test_a_rule_may_never_repeat_and_one_out_of_use_does_not(site: Site, clock: Any) -> None:
    make_rule(site, make_channel(site), repeat_interval=0)
    stopped = make_rule(site, make_channel(site))
    open_on(make_asset(site=site))
    clock.shift(MINUTE)
    send_due()
    type(stopped).objects.filter(pk=stopped.pk).update(is_active=False)

    clock.shift(5 * HOUR)

    assert repeat_due() == 0
    assert states() == ["sent", "sent"]
