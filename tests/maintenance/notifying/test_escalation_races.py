"""Acknowledging against steps that are just being taken and sent."""

from __future__ import annotations

from threading import Barrier
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.db import connection, transaction
from pytest_django import Settings

from maintenance.models import Escalation, Notification
from maintenance.notifying.escalating import take_step, take_steps
from sensors.models import Site
from tests.factories import MINUTE, NOON
from tests.maintenance.notifying.making import acknowledged, escalated, open_at, send_due
from tests.races import race
from tests.webserver import listening

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.mark.django_db(transaction=True)
def test_workers_that_race_take_a_step_once(site: Site, policy: Any, clock: Any) -> None:
    open_at(site)
    clock.move_to(NOON + 5 * MINUTE)

    taken = race(*[take_steps] * 4)

    assert sum(taken) == 1
    assert escalated() == ["first@here.org"]


@pytest.mark.django_db(transaction=True)
def test_who_acknowledges_waits_for_a_step_and_withdraws_it(
    site: Site, policy: Any, clock: Any, mailoutbox: list[EmailMessage]
) -> None:
    """The step is taken, not yet committed, when somebody acknowledges."""
    anomaly = open_at(site)
    clock.move_to(NOON + 5 * MINUTE)

    def step() -> None:
        with transaction.atomic():
            assert take_step(Escalation.objects.get().pk)
            stepped.wait(20)
            wait_for_a_waiting_lock()

    stepped = Barrier(2)

    def acknowledge_meanwhile() -> None:
        stepped.wait(20)
        acknowledged(anomaly)

    race(step, acknowledge_meanwhile)
    clock.move_to(NOON + 90 * MINUTE)
    take_steps()
    send_due()

    assert Notification.objects.get().status == "muted"
    assert mailoutbox == []


def wait_for_a_waiting_lock() -> None:
    """Until another connection waits for one that this one holds."""
    with connection.cursor() as cursor:
        for _ in range(10_000):
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
    raise AssertionError("nobody waits")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", range(2))
def test_once_it_is_acknowledged_no_sending_begins(
    turn: int, site: Site, policy: Any, clock: Any, settings: Settings
) -> None:
    with listening() as hook:
        settings.NOTIFY_WEBHOOK_URL = hook.url
        anomaly = open_at(site)
        clock.move_to(NOON + 5 * MINUTE)

        def step_and_send() -> None:
            take_steps()
            rows = Notification.objects.filter(event="escalated")
            rows.update(channel="webhook", recipient=hook.url, target=None)
            send_due()

        race(step_and_send, lambda: acknowledged(anomaly))
        sent_before = len(hook.bodies)
        clock.move_to(NOON + 90 * MINUTE)
        take_steps()
        send_due()

    statuses = set(Notification.objects.values_list("status", flat=True))
    assert len(hook.bodies) == sent_before == sum(s == "sent" for s in statuses)
    assert statuses <= {"sent", "muted"}
    assert not Escalation.objects.running().exists()
