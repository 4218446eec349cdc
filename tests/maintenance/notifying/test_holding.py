"""Later, or not at all: nights, floods, and what is muted."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.utils import timezone

from maintenance.models import Anomaly, Notification, Preference
from maintenance.notifying.delivering import deliver
from sensors.models import Site
from tests.factories import (
    MINUTE,
    NOON,
    make_anomaly,
    make_asset,
    make_member,
    make_notification,
    make_sensor,
)
from tests.maintenance.notifying.making import make_channel, make_rule, open_on, send_due, states
from tests.races import race

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

HOUR = 60 * MINUTE


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
