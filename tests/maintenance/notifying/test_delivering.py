from __future__ import annotations

import hashlib
import hmac
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
from maintenance.notification import announce, deliver
from maintenance.notifiers import NOTIFIERS, Notifier, NotifierError
from tests.factories import NOON, make_anomaly, make_asset, make_sensor, make_work_order
from tests.races import race
from tests.webserver import listening

Event, Status = Notification.Event, Notification.Status
SECRET = "hush"


def make_notification(**fields: Any) -> Notification:
    defaults = {"event": Event.PROPOSED, "channel": "email", "recipient": "planner@example.org"}
    order = fields.pop("work_order", None) or make_work_order()
    return Notification.objects.create(work_order=order, **defaults | fields)


def told(notification: Notification) -> tuple[str, str]:
    notification.refresh_from_db()
    return notification.status, notification.error


@pytest.mark.django_db
def test_every_recipient_is_announced_to(settings: Settings) -> None:
    settings.NOTIFY_EMAILS = ["a@example.org", "b@example.org"]
    settings.NOTIFY_WEBHOOK_URL = "https://example.org/hook"

    announce(make_work_order(), Event.PROPOSED, key="", request_ids=["req-1"])

    rows = Notification.objects.order_by("pk")
    assert [(row.channel, row.recipient) for row in rows] == [
        ("email", "a@example.org"),
        ("email", "b@example.org"),
        ("webhook", "https://example.org/hook"),
    ]
    assert {row.status for row in rows} == {"waiting"}
    assert rows[0].correlation_ids == ["req-1"]


@pytest.mark.django_db
def test_nobody_is_announced_the_same_event_twice() -> None:
    order = make_work_order()

    for key in ("", "", "7:P1", "7:P1"):
        announce(order, Event.EXTENDED, key=key, request_ids=["req-1"])

    assert Notification.objects.count() == 2


@pytest.mark.django_db
def test_a_mail_is_written_to_a_file(settings: Settings, tmp_path: Path) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    sensor = make_sensor(asset=make_asset(tag="P-1", name="Pump & <Motor>"), code="T1")
    order = make_work_order(asset=sensor.asset, title="P-1: hot", recommendation="Cool it.")
    make_anomaly(sensor, work_order=order, reason="95 is at or above the limit")
    notification = make_notification(work_order=order, correlation_ids=["req-1"])

    deliver(notification.pk)

    (file,) = tmp_path.iterdir()
    text = file.read_text()
    assert told(notification) == ("sent", "")
    assert notification.sent_at is not None
    assert f"Subject: [P2] {order.number} proposed: P-1: hot" in text
    assert "To: planner@example.org" in text
    assert "X-Request-ID: req-1" in text
    assert "P-1 Pump & <Motor>" in text
    assert "- T1, high: 95 is at or above the limit" in text
    assert "Cool it." in text
    assert f"/admin/maintenance/workorder/{order.pk}/change/" in text


@pytest.mark.django_db
def test_a_title_of_several_lines_fails_on_its_row_and_not_in_the_worker() -> None:
    notification = make_notification(work_order=make_work_order(title="one\ntwo"))

    deliver(notification.pk)

    status, error = told(notification)
    assert (status, error.partition(":")[0]) == ("failed", "BadHeaderError")


@pytest.mark.django_db
def test_what_is_sent_was_claimed_before(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    class Watching(Notifier):
        def send(self, notification: Notification) -> None:
            seen.append(Notification.objects.get(pk=notification.pk).status)

    monkeypatch.setitem(NOTIFIERS, "email", Watching)
    notification = make_notification()

    deliver(notification.pk)
    deliver(notification.pk)

    assert seen == ["sending"]
    assert told(notification) == ("sent", "")


@pytest.mark.django_db
@pytest.mark.parametrize("status", [Status.SENDING, Status.SENT, Status.FAILED])
def test_only_what_waits_is_sent(status: str, mailoutbox: list[EmailMessage]) -> None:
    notification = make_notification(status=status)

    deliver(notification.pk)

    assert mailoutbox == []
    assert told(notification) == (status, "")


@pytest.mark.django_db
def test_a_mail_server_that_is_away_is_noted(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    notification = make_notification()

    deliver(notification.pk)

    status, error = told(notification)
    assert status == "failed"
    assert "ConnectionRefusedError" in error


@pytest.mark.django_db
def test_a_webhook_is_sent_signed(settings: Settings) -> None:
    settings.NOTIFY_WEBHOOK_SECRET = SECRET
    order = make_work_order(title="P-1: hot")

    with listening() as hook:
        notification = make_notification(
            work_order=order, channel="webhook", recipient=hook.url, correlation_ids=["req-1"]
        )
        deliver(notification.pk)

    assert told(notification) == ("sent", "")
    signature = hmac.new(SECRET.encode(), hook.bodies[0], hashlib.sha256).hexdigest()
    assert hook.headers[0]["X-Signature"] == f"sha256={signature}"
    assert hook.headers[0]["X-Event"] == "proposed"
    assert json.loads(hook.bodies[0]) == {
        "event": "proposed",
        "work_order": order.number,
        "state": "proposed",
        "priority": "P2",
        "title": "P-1: hot",
        "asset": order.asset.tag,
        "site": order.asset.site.code,
        "due_at": NOON.isoformat(),
        "url": f"http://localhost:8000/admin/maintenance/workorder/{order.pk}/change/",
        "request_ids": ["req-1"],
    }


@pytest.mark.django_db
def test_a_webhook_without_a_secret_is_not_signed() -> None:
    with listening() as hook:
        deliver(make_notification(channel="webhook", recipient=hook.url).pk)

    assert "X-Signature" not in hook.headers[0]


@pytest.mark.django_db
@pytest.mark.parametrize("answer", [301, 400, 500])
def test_a_webhook_that_is_refused_is_noted(answer: int) -> None:
    with listening(answer=answer) as hook:
        notification = make_notification(channel="webhook", recipient=hook.url)
        deliver(notification.pk)

    status, error = told(notification)
    assert status == "failed"
    assert str(answer) in error
    assert len(hook.bodies) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "nowhere", "http://[", "ftp://a/", ""])
def test_a_webhook_that_cannot_be_reached_is_noted(url: str) -> None:
    notification = make_notification(channel="webhook", recipient=url)

    deliver(notification.pk)

    status, error = told(notification)
    assert status == "failed"
    assert error


@pytest.mark.django_db
def test_an_error_longer_than_the_column_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(Notifier):
        def send(self, notification: Notification) -> None:
            raise NotifierError("x" * 1000)

    monkeypatch.setitem(NOTIFIERS, "email", Broken)
    notification = make_notification()

    deliver(notification.pk)

    assert told(notification) == ("failed", "x" * 300)


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
    failed = make_notification(status=Status.FAILED, error="refused")
    sent = make_notification(status=Status.SENT)

    assert Notification.objects.all().send_again() == 1
    deliver(failed.pk)
    deliver(sent.pk)

    assert told(failed) == ("sent", "")
    assert len(mailoutbox) == 1


@pytest.mark.django_db(transaction=True)
def test_workers_that_race_tell_once() -> None:
    with listening() as hook:
        notification = make_notification(channel="webhook", recipient=hook.url)
        race(*[lambda: deliver(notification.pk)] * 4)

    assert told(notification) == ("sent", "")
    assert len(hook.bodies) == 1
    assert connection.in_atomic_block is False
