"""One row, from waiting to what came of it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.mail import EmailMessage
from django.db import connection
from pytest_django import Settings

from maintenance.models import Notification
from maintenance.notifying.channels import CHANNELS
from maintenance.notifying.channels.base import (
    NO_ANSWER,
    Answer,
    DeliveryError,
    Notifier,
    Outgoing,
)
from maintenance.notifying.delivering import deliver
from tests.factories import (
    MINUTE,
    NOON,
    make_anomaly,
    make_asset,
    make_notification,
    make_sensor,
    make_work_order,
)
from tests.races import race
from tests.webserver import listening

Status = Notification.Status


def told(notification: Notification) -> tuple[str, str]:
    notification.refresh_from_db()
    return notification.status, notification.error


def fake(monkeypatch: pytest.MonkeyPatch, *outcomes: Any) -> list[str]:
    """A channel in place of mail, with the outcome of each attempt; what it saw of its rows."""
    seen: list[str] = []
    left = list(outcomes)

    class Fake(Notifier):
        def send(self, outgoing: Outgoing) -> Answer:
            seen.append(Notification.objects.get(pk=outgoing.first.pk).status)
            outcome = left.pop(0) if left else NO_ANSWER
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

    monkeypatch.setitem(CHANNELS, "email", Fake)
    return seen


@pytest.mark.django_db
def test_a_mail_is_written_to_a_file(settings: Settings, tmp_path: Path) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    sensor = make_sensor(asset=make_asset(tag="P-1", name="Pump & <Motor>"), code="T1")
    order = make_work_order(asset=sensor.asset, title="P-1: hot", recommendation="Cool it.")
    make_anomaly(sensor, work_order=order, reason="95 is at or above the limit")
    notification = make_notification(order, correlation_ids=["req-1"])

    deliver(notification.pk)

    (file,) = tmp_path.iterdir()
    text = file.read_text()
    assert told(notification) == ("sent", "")
    assert notification.sent_at is not None
    assert f"Subject: [P2] {order.number} proposed: P-1: hot" in text
    assert "To: planner@example.org" in text
    assert "X-Request-ID: req-1" in text
    assert "P-1 Pump & <Motor>" in text
    assert "P-1 Pump &amp; &lt;Motor&gt;" in text
    assert "- T1, high: 95 is at or above the limit" in text
    assert "Cool it." in text
    assert f"/admin/maintenance/workorder/{order.pk}/change/" in text


@pytest.mark.django_db
def test_a_title_of_several_lines_is_one_line_of_the_header(
    mailoutbox: list[EmailMessage],
) -> None:
    order = make_work_order(title="one\ntwo\r\nBcc: x@example.org")
    notification = make_notification(order)

    deliver(notification.pk)

    assert told(notification) == ("sent", "")
    assert mailoutbox[0].subject == f"[P2] {order.number} proposed: one two Bcc: x@example.org"


@pytest.mark.django_db
def test_what_is_sent_was_claimed_before(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = fake(monkeypatch)
    notification = make_notification()

    deliver(notification.pk)
    deliver(notification.pk)

    assert seen == ["sending"]
    assert told(notification) == ("sent", "")


@pytest.mark.django_db
@pytest.mark.parametrize("status", [s for s in Status if s != Status.WAITING])
def test_only_what_waits_is_sent(status: str, mailoutbox: list[EmailMessage]) -> None:
    notification = make_notification(status=status)

    deliver(notification.pk)

    assert mailoutbox == []
    assert told(notification) == (status, "")


@pytest.mark.django_db
@time_machine.travel(NOON, tick=False)
def test_what_is_not_due_is_not_sent(mailoutbox: list[EmailMessage]) -> None:
    notification = make_notification(next_attempt_at=NOON + MINUTE)

    deliver(notification.pk)

    assert mailoutbox == []


@pytest.mark.django_db
def test_a_passing_failure_is_tried_again_at_the_stated_moments(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.NOTIFY_ATTEMPTS = 4
    away = DeliveryError("away", is_passing=True, answer=Answer(503, "busy"))
    seen = fake(monkeypatch, *[away] * 9)
    moments = [NOON + timedelta(seconds=s) for s in (0, 30, 150, 630)]
    with time_machine.travel(NOON, tick=False):
        notification = make_notification()

    for index, moment in enumerate(moments):
        with time_machine.travel(moment - timedelta(seconds=1), tick=False):
            deliver(notification.pk)
        assert len(seen) == index
        with time_machine.travel(moment, tick=False):
            deliver(notification.pk)
        last = index == len(moments) - 1
        assert told(notification) == ("failed" if last else "waiting", "away")

    made = list(notification.delivery_attempts.all())
    assert [attempt.at for attempt in made] == moments
    assert {(a.outcome, a.status_code, a.answer) for a in made} == {("passing", 503, "busy")}


@pytest.mark.django_db
def test_what_worked_at_last_says_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    fake(monkeypatch, DeliveryError("away", is_passing=True), Answer(200, "ok"))
    with time_machine.travel(NOON, tick=False):
        notification = make_notification()
        deliver(notification.pk)
    with time_machine.travel(NOON + MINUTE, tick=False):
        deliver(notification.pk)

    assert told(notification) == ("sent", "")
    outcomes = notification.delivery_attempts.values_list("outcome", "answer")
    assert list(outcomes) == [("passing", ""), ("sent", "ok")]


@pytest.mark.django_db
def test_a_permanent_failure_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    fake(monkeypatch, DeliveryError("gone", is_passing=False, answer=Answer(410, "gone")))
    notification = make_notification()

    deliver(notification.pk)

    assert told(notification) == ("failed", "gone")
    assert notification.delivery_attempts.get().outcome == "permanent"


@pytest.mark.django_db
def test_the_other_side_says_how_long_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    fake(monkeypatch, DeliveryError("slow", is_passing=True, retry_after=timedelta(minutes=7)))
    with time_machine.travel(NOON, tick=False):
        notification = make_notification()
        deliver(notification.pk)

    notification.refresh_from_db()
    assert notification.next_attempt_at == NOON + timedelta(minutes=7)


@pytest.mark.django_db
def test_a_bug_in_a_channel_is_seen_on_the_row_and_an_error_is_cut(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake(monkeypatch, ValueError("x" * 1000))
    notification = make_notification()

    deliver(notification.pk)

    status, error = told(notification)
    assert (status, error) == ("failed", ("ValueError: " + "x" * 1000)[:300])


@pytest.mark.django_db
@time_machine.travel(NOON, tick=False)
def test_what_was_lost_while_being_sent_is_given_up_and_not_sent_again() -> None:
    limit = NOON - timedelta(minutes=5)
    lost = make_notification(status=Status.SENDING, claimed_at=limit - timedelta(seconds=1))
    fresh = make_notification(status=Status.SENDING, claimed_at=limit)

    assert Notification.objects.give_up(claimed_before=limit) == 1

    assert told(lost)[0] == "failed"
    assert "may or may not have arrived" in lost.error
    assert told(fresh) == ("sending", "")


@pytest.mark.django_db
def test_what_failed_is_sent_again_when_a_person_says_so(mailoutbox: list[EmailMessage]) -> None:
    failed = make_notification(status=Status.FAILED, error="refused", attempts=6)
    along = make_notification(status=Status.FAILED, told_with=failed, is_gathered=True)
    sent = make_notification(status=Status.SENT)

    assert Notification.objects.exclude(pk=along.pk).send_again() == 2
    for row in (failed, along, sent):
        deliver(row.pk)

    assert [told(row) for row in (failed, along)] == [("sent", "")] * 2
    assert failed.attempts == 1
    assert len(mailoutbox) == 2


@pytest.mark.django_db(transaction=True)
def test_workers_that_race_tell_once(settings: Settings) -> None:
    with listening() as hook:
        settings.NOTIFY_WEBHOOK_URL = hook.url
        notification = make_notification(channel="webhook", recipient=hook.url)
        race(*[lambda: deliver(notification.pk)] * 4)

    assert told(notification) == ("sent", "")
    assert len(hook.bodies) == 1
    assert connection.in_atomic_block is False


@pytest.mark.django_db
def test_a_message_is_the_same_when_it_is_tried_again(settings: Settings) -> None:
    """What came meanwhile goes with the next one, so that a repeat can be told by its id."""
    fields: dict[str, Any] = {"channel": "webhook", "is_gathered": True}
    with listening(answer=503) as hook:
        settings.NOTIFY_WEBHOOK_URL = hook.url
        rows = [make_notification(**fields, recipient=hook.url) for _ in range(3)]
        deliver(rows[1].pk)
        hook.answer = 204
        late = make_notification(**fields, recipient=hook.url)
        with time_machine.travel(rows[0].created_at + timedelta(minutes=1), tick=False):
            for row in (*rows, late):
                deliver(row.pk)

    ids = [headers["webhook-id"] for headers in hook.headers]
    told_of = [len(json.loads(body)["data"]["events"]) for body in hook.bodies]
    assert ids == [f"msg_{rows[1].pk}", f"msg_{rows[1].pk}", f"msg_{late.pk}"]
    assert told_of == [3, 3, 1]
    assert [told(row) for row in (*rows, late)] == [("sent", "")] * 4
