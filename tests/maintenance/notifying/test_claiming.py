"""Together, later, or not at all: what becomes of what is due."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.core.mail import EmailMessage
from django.utils import timezone

from maintenance.events import happened
from maintenance.models import Anomaly, Notification, NotificationGroup, Preference
from maintenance.notifying.delivering import deliver
from maintenance.notifying.repeating import repeat_due
from sensors.models import Asset, Site
from tests.factories import (
    MINUTE,
    NOON,
    make_anomaly,
    make_asset,
    make_member,
    make_notification,
    make_sensor,
    make_work_order,
)
from tests.maintenance.notifying.making import acknowledged, make_channel, make_rule
from tests.races import race

pytestmark = pytest.mark.django_db

HOUR = 60 * MINUTE


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def open_on(asset: Asset, event: str = "opened", **fields: Any) -> Anomaly:
    anomaly = make_anomaly(make_sensor(asset=asset), **fields)
    happened.send(None, event=event, anomaly=anomaly)
    return anomaly


def send_due() -> None:
    for pk in Notification.objects.due(timezone.now()).values_list("pk", flat=True):
        deliver(pk)


def states() -> list[str]:
    return list(Notification.objects.order_by("pk").values_list("status", flat=True))


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


def night_of(user: Any, zone: str = "Europe/Berlin") -> None:
    hours = {"quiet_from": time(22), "quiet_until": time(6), "time_zone": zone}
    Preference.objects.create(user=user, **hours)


@pytest.mark.parametrize(
    ("evening", "morning"),
    [
        ("2026-06-01T20:30", "2026-06-02T04:00"),
        ("2026-03-28T21:30", "2026-03-29T04:00"),  # The clock is put forward in this night
        ("2026-10-24T20:30", "2026-10-25T05:00"),  # And back in this one
    ],
)
def test_what_comes_by_night_is_one_message_in_the_morning(
    evening: str, morning: str, site: Site, clock: Any, mailoutbox: list[EmailMessage]
) -> None:
    begin, end = (datetime.fromisoformat(f"{text}:00+00:00") for text in (evening, morning))
    member = make_member(site, email="erika@here.org")
    night_of(member)
    make_rule(site, member)
    clock.move_to(begin)
    for minute in range(3):
        clock.move_to(begin + minute * HOUR)
        open_on(make_asset(site=site))
        clock.shift(MINUTE)
        send_due()
    clock.move_to(end - timedelta(seconds=1))
    send_due()
    assert mailoutbox == []

    clock.move_to(end)
    send_due()

    assert [mail.subject for mail in mailoutbox] == [
        "[high] 3 notifications in 3 places: 3 opened"
    ]
    assert states() == ["sent"] * 3


def test_what_is_critical_does_not_wait_for_the_morning(
    site: Site, clock: Any, mailoutbox: list[EmailMessage]
) -> None:
    member = make_member(site, email="erika@here.org")
    night_of(member)
    make_rule(site, member)
    clock.move_to(datetime.fromisoformat("2026-06-01T22:00:00+00:00"))
    open_on(make_asset(site=site), severity_worst=4)
    clock.shift(MINUTE)

    send_due()

    assert len(mailoutbox) == 1


def test_channels_have_no_night(site: Site, clock: Any, mailoutbox: list[EmailMessage]) -> None:
    make_rule(site, make_channel(site))
    clock.move_to(datetime.fromisoformat("2026-06-01T22:00:00+00:00"))
    open_on(make_asset(site=site))
    clock.shift(MINUTE)

    send_due()

    assert len(mailoutbox) == 1


def test_more_than_ten_in_ten_minutes_become_one(
    clock: Any, mailoutbox: list[EmailMessage]
) -> None:
    for second in range(0, 250, 10):
        clock.move_to(NOON + timedelta(seconds=second))
        make_notification()
        make_notification(recipient="other@example.org") if second < 50 else None
        send_due()
    flooded = [mail for mail in mailoutbox if mail.to == ["planner@example.org"]]
    assert len(flooded) == 10
    assert len(mailoutbox) == 15

    clock.move_to(NOON + 10 * MINUTE)
    send_due()

    assert mailoutbox[-1].subject == "[medium] 15 notifications in 15 places: 15 proposed"
    assert states() == ["sent"] * 30
    assert len(mailoutbox) == 16


def test_a_recipient_never_gets_more_than_ten_in_any_ten_minutes_but_for_digests(
    clock: Any, mailoutbox: list[EmailMessage]
) -> None:
    sent: list[datetime] = []
    for second in range(0, 1_200, 50):
        clock.move_to(NOON + timedelta(seconds=second))
        make_notification()
        before = len(mailoutbox)
        send_due()
        sent += [timezone.now()] * (len(mailoutbox) - before)

    windows = [sum(at <= other < at + 10 * MINUTE for other in sent) for at in sent]
    assert max(windows) <= 11
    assert "waiting" in states()


@pytest.mark.django_db(transaction=True)
def test_workers_that_race_keep_to_ten_together(mailoutbox: list[EmailMessage]) -> None:
    for _ in range(8):
        make_notification(status="sent", sent_at=NOON)
    rows = [make_notification() for _ in range(6)]

    race(*[lambda pk=row.pk: deliver(pk) for row in rows])

    assert states().count("sent") == 10


def test_an_alarm_on_a_machine_mutes_its_parts(
    site: Site, clock: Any, mailoutbox: list[EmailMessage]
) -> None:
    make_rule(site, make_channel(site), group_wait=60)
    line = make_asset(site=site, tag="LINE")
    pump = make_asset(site=site, tag="PUMP", parent=line)
    part = make_asset(site=site, parent=pump)
    open_on(part)
    open_on(pump)
    clock.shift(timedelta(seconds=30))
    open_on(line)  # It comes last, and still before the others are told.
    clock.shift(MINUTE)

    send_due()

    assert states() == ["muted", "muted", "sent"]
    assert len(mailoutbox) == 1
    muted = Notification.objects.order_by("pk")[0]
    assert muted.error == "There is an alarm on PUMP, which it is a part of."


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"severity_worst": 3}, "muted"),
        ({"severity_worst": 4}, "muted"),
        ({"severity_worst": 2}, "sent"),  # A slight oddity hides nothing
        ({"ended_at": NOON}, "sent"),
        ({"suppression": "shelved"}, "sent"),
    ],
)
def test_only_an_open_alarm_as_severe_mutes(
    fields: dict[str, Any], told: str, site: Site, clock: Any
) -> None:
    make_rule(site, make_channel(site))
    line = make_asset(site=site)
    make_anomaly(make_sensor(asset=line), **fields)
    open_on(make_asset(site=site, parent=line), severity_worst=3)
    clock.shift(MINUTE)

    send_due()

    assert states() == [told]


def test_what_was_suppressed_before_it_was_told_is_not_told(site: Site, clock: Any) -> None:
    make_rule(site, make_channel(site))
    anomaly = open_on(make_asset(site=site))
    Anomaly.objects.filter(pk=anomaly.pk).update(suppression="window")
    clock.shift(MINUTE)

    send_due()

    assert states() == ["muted"]
    assert Notification.objects.get().error == "Suppressed: maintenance window."


def test_who_has_left_is_told_nothing(site: Site, clock: Any) -> None:
    member = make_member(site, email="erika@here.org")
    make_rule(site, member)
    open_on(make_asset(site=site))
    type(member).objects.filter(pk=member.pk).update(is_active=False)
    clock.shift(MINUTE)

    send_due()

    assert states() == ["muted"]


def test_who_has_nothing_to_do_with_the_site_any_more_is_told_nothing(
    site: Site, clock: Any
) -> None:
    member, root = (make_member(site, email=f"{name}@here.org") for name in ("a", "b"))
    make_rule(site, member, root)
    open_on(make_asset(site=site))
    site.memberships.all().delete()
    type(root).objects.filter(pk=root.pk).update(is_superuser=True)
    clock.shift(MINUTE)

    send_due()

    assert dict(Notification.objects.values_list("recipient", "status")) == {
        "a@here.org": "muted",
        "b@here.org": "sent",
    }


def test_a_channel_that_was_put_out_of_use_or_removed_is_told_nothing(
    site: Site, clock: Any
) -> None:
    hook = {"kind": "webhook", "address": "https://example.org/hook"}
    idle, gone = (
        make_channel(site, **hook),
        make_channel(site, **hook | {"address": "https://x.org"}),
    )
    make_rule(site, idle, gone)
    open_on(make_asset(site=site))
    type(idle).objects.filter(pk=idle.pk).update(is_active=False)
    gone.delete()
    clock.shift(MINUTE)

    send_due()

    found = dict(Notification.objects.values_list("status", "error"))
    assert found == {
        "muted": "The channel was put out of use.",
        "failed": "The channel was removed.",
    }


def test_what_was_to_go_along_with_a_muted_one_goes_by_itself(
    mailoutbox: list[EmailMessage],
) -> None:
    first = make_notification(is_gathered=True)
    along = make_notification(is_gathered=True, told_with=first)

    Notification.objects.filter(pk=first.pk).mute("So it is.")
    send_due()

    along.refresh_from_db()
    assert (along.status, along.told_with) == ("sent", None)
    assert len(mailoutbox) == 1
