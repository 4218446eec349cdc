"""Mail against a real server that takes it, refuses it, or hangs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from pytest_django import Settings

from maintenance.models import Notification
from tests.factories import make_anomaly, make_notification, make_work_order
from tests.mailserver import receiving
from tests.maintenance.notifying.making import tried

pytestmark = pytest.mark.django_db


@pytest.fixture
def smtp(settings: Settings) -> Callable[..., AbstractContextManager[Any]]:
    def start(answers: dict[str, str] | None = None, **kind: Any) -> Any:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST = "127.0.0.1"
        return receiving(answers or {}, **kind)

    return start


def test_a_mail_has_two_forms_and_belongs_to_the_thread_of_its_order(
    smtp: Any, settings: Settings
) -> None:
    order = make_work_order(title="P-1: hot")
    rows = [make_notification(order, event=event) for event in ("proposed", "extended")]
    rows.append(make_notification(order, anomaly=make_anomaly(work_order=order), event="worse"))
    Notification.objects.filter(event="worse").update(work_order=None)
    with smtp() as server:
        settings.EMAIL_PORT = server.port
        for row in rows:
            tried(row)

    text, html = server.mails[0].iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert [mail["Message-ID"] for mail in server.mails] == [
        f"<msg_{row.pk}@localhost>" for row in rows
    ]
    assert {mail["References"] for mail in server.mails} == {f"<order.{order.pk}@localhost>"}
    assert {mail["In-Reply-To"] for mail in server.mails} == {f"<order.{order.pk}@localhost>"}


@pytest.mark.parametrize(
    ("answers", "status", "outcome", "code"),
    [
        ({"RCPT": "550 nobody of this name"}, "failed", "permanent", 550),
        ({"RCPT": "450 the box is full"}, "waiting", "passing", 450),
        ({"MAIL": "421 too busy"}, "waiting", "passing", 421),
        ({"DATA": "554 no"}, "failed", "permanent", 554),
        ({".": "552 too large"}, "failed", "permanent", 552),
        ({".": "451 try later"}, "waiting", "passing", 451),
    ],
)
def test_a_mail_server_says_whether_it_is_worth_another_try(
    answers: dict[str, str], status: str, outcome: str, code: int, smtp: Any, settings: Settings
) -> None:
    row = make_notification()
    with smtp(answers) as server:
        settings.EMAIL_PORT = server.port
        attempt = tried(row)

    assert (row.status, attempt.outcome, attempt.status_code) == (status, outcome, code)
    assert server.mails == []


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("command", ["EHLO", "RCPT", "."])
def test_a_mail_server_that_hangs_is_not_waited_for_long(
    command: str, smtp: Any, settings: Settings
) -> None:
    row = make_notification()
    with smtp(hangs_at=command) as server:
        settings.EMAIL_PORT = server.port
        attempt = tried(row)

    assert (row.status, attempt.outcome) == ("waiting", "passing")
    assert attempt.took < timedelta(seconds=5)


def test_a_mail_server_that_is_away_is_asked_again(smtp: Any, settings: Settings) -> None:
    smtp()
    settings.EMAIL_PORT = 1
    row = make_notification()

    assert tried(row).outcome == "passing"
    assert "ConnectionRefusedError" in row.error


def test_an_address_that_is_none_is_given_up(smtp: Any, settings: Settings) -> None:
    row = make_notification(recipient="no\nbody@example.org")
    with smtp() as server:
        settings.EMAIL_PORT = server.port
        attempt = tried(row)

    assert (row.status, attempt.outcome) == ("failed", "permanent")
