from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from agents.notify import repeat_notifications, take_escalation_steps
from maintenance.events import happened
from maintenance.models import Notification, WorkOrder
from maintenance.notifying.lateness import say_overdue
from sensors.models import Site
from tests.factories import MINUTE, NOON, make_anomaly, make_asset, make_sensor, make_work_order
from tests.maintenance.notifying.making import make_channel, make_policy, make_rule, make_step
from tests.races import race

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def late_at(site: Site, **fields: Any) -> WorkOrder:
    return make_work_order(asset=make_asset(site=site), due_at=NOON - MINUTE, **fields)


def test_each_order_is_said_to_be_late_once_for_each_due_date(site: Site, clock: Any) -> None:
    make_rule(site, make_channel(site), events=["overdue"])
    order = late_at(site, state="approved")
    assert [say_overdue() for _ in range(2)] == [1, 0]

    WorkOrder.objects.filter(pk=order.pk).update(due_at=NOON + DAY)
    assert say_overdue() == 0
    clock.move_to(NOON + DAY + MINUTE)
    assert [say_overdue() for _ in range(2)] == [1, 0]

    keys = Notification.objects.order_by("pk").values_list("event_key", flat=True)
    assert list(keys) == [(NOON - MINUTE).isoformat(), (NOON + DAY).isoformat()]


@pytest.mark.parametrize(
    ("fields", "late"),
    [
        ({"state": "proposed"}, 1),
        ({"state": "in_progress"}, 1),
        ({"state": "on_hold"}, 1),
        ({"state": "completed"}, 0),
        ({"state": "cancelled"}, 0),
        ({"deferred_until": NOON + DAY}, 0),
        ({"deferred_until": NOON - DAY}, 1),
    ],
)
def test_only_open_orders_that_nobody_put_off_are_late(
    fields: dict[str, Any], late: int, site: Site
) -> None:
    late_at(site, **fields)

    assert say_overdue() == late


@pytest.mark.django_db(transaction=True)
def test_two_beats_that_race_say_it_once(site: Site) -> None:
    make_rule(site, make_channel(site), events=["overdue"])
    for _ in range(3):
        late_at(site)

    race(*[say_overdue] * 3)

    assert Notification.objects.count() == 3


def test_beat_sends_what_became_late_and_what_was_not_acknowledged(
    site: Site, clock: Any, mailoutbox: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    make_rule(site, make_channel(site), events=["overdue"], group_wait=0)
    make_step(make_policy(site), 5, make_channel(site))
    late_at(site)
    happened.send(None, event="opened", anomaly=make_anomaly(make_sensor(site=site)))
    with django_capture_on_commit_callbacks(execute=True):
        repeat_notifications()
    clock.shift(5 * MINUTE)
    with django_capture_on_commit_callbacks(execute=True):
        take_escalation_steps()

    assert [mail.subject.split(" ")[2] for mail in mailoutbox] == ["overdue:", "for"]
