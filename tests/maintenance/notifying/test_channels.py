"""Each channel against a real server that takes it, refuses it, is busy, or hangs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
import time_machine
from pytest_django import Settings

from maintenance.models import DeliveryAttempt, Notification
from maintenance.notifying.channels import posting
from maintenance.notifying.channels.targets import is_allowed
from maintenance.notifying.delivering import deliver
from tests.factories import (
    NOON,
    make_anomaly,
    make_asset,
    make_notification,
    make_sensor,
    make_work_order,
)
from tests.mailserver import receiving
from tests.maintenance.notifying.making import make_channel
from tests.webserver import Listener, listening

pytestmark = pytest.mark.django_db

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setattr(posting, "TIMEOUT", 0.2)
    settings.EMAIL_TIMEOUT = 0.2


@pytest.fixture(autouse=True)
def providers(settings: Settings) -> None:
    settings.NOTIFY_ALLOW_LOOPBACK = True
    settings.SMS_ACCOUNT, settings.SMS_TOKEN, settings.SMS_FROM = "AC1", "hush", "+4930123"


def to_webhook(url: str, settings: Settings) -> Notification:
    channel = make_channel(kind="webhook", address=url, secret_name="HOOK")
    settings.NOTIFY_SECRETS = {"HOOK": SECRET}
    return make_notification(channel="webhook", recipient=url, target=channel)


def to_slack(url: str, settings: Settings) -> Notification:
    channel = make_channel(kind="slack", address="", secret_name="SLACK")
    settings.NOTIFY_SECRETS = {"SLACK": url}
    return make_notification(channel="slack", recipient=channel.recipient, target=channel)


def to_phone(url: str, settings: Settings) -> Notification:
    settings.SMS_API_URL = url
    return make_notification(channel="sms", recipient="+4915112345678")


To = Callable[[str, Settings], Notification]
OVER_HTTP = pytest.mark.parametrize("to", [to_webhook, to_slack, to_phone])


def tried(row: Notification) -> DeliveryAttempt:
    """The attempt that is made now."""
    with time_machine.travel(NOON, tick=False):
        Notification.objects.filter(pk=row.pk).update(next_attempt_at=NOON)
        deliver(row.pk)
    row.refresh_from_db()
    return row.delivery_attempts.get()


@OVER_HTTP
def test_what_is_taken_is_sent(to: To, settings: Settings) -> None:
    with listening(answer=200, body=b"ok") as server:
        row = to(server.url, settings)
        attempt = tried(row)

    assert (row.status, attempt.outcome, attempt.status_code) == ("sent", "sent", 200)
    assert attempt.answer == "ok"
    assert attempt.took > timedelta(0)
    assert len(server.bodies) == 1


@OVER_HTTP
def test_what_is_refused_is_given_up(to: To, settings: Settings) -> None:
    with listening(answer=404, body=b"no") as server:
        row = to(server.url, settings)
        attempt = tried(row)

    assert (row.status, attempt.outcome, attempt.status_code) == ("failed", "permanent", 404)
    assert attempt.answer == "no"


@OVER_HTTP
def test_a_server_that_fails_is_asked_again(to: To, settings: Settings) -> None:
    with listening(answer=503) as server:
        row = to(server.url, settings)
        attempt = tried(row)

    assert (row.status, attempt.outcome) == ("waiting", "passing")
    assert row.next_attempt_at == NOON + timedelta(seconds=30)
    assert "503" in row.error


@OVER_HTTP
def test_a_server_that_is_busy_says_for_how_long(to: To, settings: Settings) -> None:
    with listening(answer=429, headers={"Retry-After": "900"}) as server:
        row = to(server.url, settings)
        attempt = tried(row)

    assert (row.status, attempt.outcome, attempt.status_code) == ("waiting", "passing", 429)
    assert row.next_attempt_at == NOON + timedelta(minutes=15)


@OVER_HTTP
@pytest.mark.usefixtures("impatient")
def test_a_server_that_hangs_is_not_waited_for_long(to: To, settings: Settings) -> None:
    with listening(hangs=True) as server:
        row = to(server.url, settings)
        attempt = tried(row)

    assert (row.status, attempt.outcome) == ("waiting", "passing")
    assert "ReadTimeout" in attempt.error
    assert attempt.took < timedelta(seconds=5)


@OVER_HTTP
def test_a_server_that_is_away_is_asked_again(to: To, settings: Settings) -> None:
    row = to("http://127.0.0.1:1/hook", settings)
    attempt = tried(row)

    assert (row.status, attempt.outcome, attempt.status_code) == ("waiting", "passing", None)
    assert "ConnectError" in attempt.error


@OVER_HTTP
def test_a_redirect_is_not_followed(to: To, settings: Settings) -> None:
    with listening() as other, listening(answer=307, headers={"Location": other.url}) as server:
        row = to(server.url, settings)
        attempt = tried(row)

    assert (row.status, attempt.status_code) == ("failed", 307)
    assert other.bodies == []


def test_only_the_beginning_of_an_answer_is_kept(settings: Settings) -> None:
    with listening(answer=200, body=b"\x00x\xff" * 100_000) as server:
        attempt = tried(to_webhook(server.url, settings))

    assert attempt.outcome == "sent"
    assert 0 < len(attempt.answer) <= 500


def test_a_webhook_is_signed_as_standard_webhooks(settings: Settings) -> None:
    with listening() as hook:
        row = to_webhook(hook.url, settings)
        tried(row)

    headers, body = hook.headers[0], hook.bodies[0]
    signed = f"msg_{row.pk}.{int(NOON.timestamp())}.".encode() + body
    digest = base64.b64encode(hmac.new(b"k" * 32, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-id"] == f"msg_{row.pk}"
    assert headers["webhook-timestamp"] == str(int(NOON.timestamp()))
    assert headers["webhook-signature"] == f"v1,{digest}"
    assert headers["Content-Type"] == "application/json"


def test_a_webhook_tells_programs_what_happened(settings: Settings) -> None:
    order = make_work_order(title="P-1: hot")
    with listening() as hook:
        settings.NOTIFY_WEBHOOK_URL = hook.url
        row = make_notification(
            order, channel="webhook", recipient=hook.url, correlation_ids=["req-1"]
        )
        tried(row)

    assert "webhook-signature" not in hook.headers[0]
    assert json.loads(hook.bodies[0]) == {
        "type": "proposed",
        "timestamp": row.created_at.isoformat(),
        "data": {
            "events": [
                {
                    "event": "proposed",
                    "severity": "medium",
                    "site": order.asset.site.code,
                    "asset": order.asset.tag,
                    "detail": "",
                    "repeat": 0,
                    "url": f"http://localhost:8000/admin/maintenance/workorder/{order.pk}/change/",
                    "request_ids": ["req-1"],
                    "work_order": {
                        "number": order.number,
                        "state": "proposed",
                        "priority": "P2",
                        "title": "P-1: hot",
                        "due_at": NOON.isoformat(),
                    },
                }
            ]
        },
    }


@pytest.mark.parametrize("secrets", [{}, {"HOOK": "whsec_no base64"}])
def test_a_webhook_that_cannot_be_signed_is_not_sent(
    secrets: dict[str, str], settings: Settings
) -> None:
    with listening() as hook:
        row = to_webhook(hook.url, settings)
        settings.NOTIFY_SECRETS = secrets
        attempt = tried(row)

    assert (row.status, attempt.outcome) == ("failed", "permanent")
    assert hook.bodies == []


def test_a_webhook_does_not_go_to_this_machine_unless_it_may(settings: Settings) -> None:
    settings.NOTIFY_ALLOW_LOOPBACK = False
    with listening() as hook:
        row = to_webhook(hook.url, settings)
        attempt = tried(row)

    assert (row.status, attempt.outcome) == ("failed", "permanent")
    assert "not a place to send to" in attempt.error
    assert hook.bodies == []


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("93.184.216.34", True),
        ("10.1.2.3", True),
        ("192.168.0.7", True),
        ("fd00::1", True),
        ("127.0.0.1", False),
        ("127.8.9.10", False),
        ("::1", False),
        ("::ffff:127.0.0.1", False),
        ("169.254.169.254", False),
        ("::ffff:169.254.169.254", False),
        ("fe80::1%eth0", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
    ],
)
def test_some_addresses_are_nowhere_to_send_to(
    address: str, allowed: bool, settings: Settings
) -> None:
    settings.NOTIFY_ALLOW_LOOPBACK = False

    assert is_allowed(address) is allowed


@pytest.mark.parametrize("url", ["nowhere", "ftp://a/", ""])
def test_what_is_no_address_is_given_up(url: str, settings: Settings) -> None:
    settings.NOTIFY_WEBHOOK_URL = url
    row = make_notification(channel="webhook", recipient=url)
    attempt = tried(row)

    assert (row.status, attempt.outcome) == ("failed", "permanent")
    assert attempt.error


def test_slack_gets_blocks_in_which_nothing_of_a_title_has_a_meaning(settings: Settings) -> None:
    sensor = make_sensor(asset=make_asset(tag="P-1", name="Pump"), code="T1")
    anomaly = make_anomaly(sensor, severity_worst=4, reason="95 > 90 <!channel>")
    with listening(answer=200) as server:
        row = to_slack(server.url, settings)
        Notification.objects.filter(pk=row.pk).update(
            work_order=None, anomaly=anomaly, asset=anomaly.asset, event="opened", severity=4
        )
        tried(row)

    content = json.loads(server.bodies[0])
    header, section = content["blocks"]
    assert content["text"] == "[critical] opened: P-1, high limit on T1"
    assert header["text"] == {
        "type": "plain_text",
        "text": "[critical] opened: P-1, high limit on T1",
        "emoji": False,
    }
    assert "T1: 95 &gt; 90 &lt;!channel&gt;" in section["text"]["text"]
    assert section["text"]["text"].endswith(f"/anomaly/{anomaly.pk}/change/|Look at it>")


def test_an_sms_goes_to_the_provider_as_a_form(settings: Settings) -> None:
    with listening(answer=201, body=b'{"sid": "SM1"}') as server:
        settings.SMS_API_URL = server.url
        row = make_notification(
            make_work_order(title="Č" * 200), channel="sms", recipient="+4915112345678"
        )
        tried(row)

    form = parse_qs(server.bodies[0].decode())
    assert server.paths == ["/hook/Accounts/AC1/Messages.json"]
    assert server.headers[0]["Authorization"] == "Basic " + base64.b64encode(b"AC1:hush").decode()
    assert (form["To"], form["From"]) == (["+4915112345678"], ["+4930123"])
    assert form["Body"][0].startswith("[P2] WO-")
    assert len(form["Body"][0]) == 160 - len("[]")  # These take the place of two.


def test_an_sms_needs_a_provider(settings: Settings) -> None:
    settings.SMS_TOKEN = ""
    row = make_notification(channel="sms", recipient="+4915112345678")

    assert tried(row).outcome == "permanent"


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


def test_the_host_of_a_webhook_is_looked_up_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a name could be allowed first and lead elsewhere when it is asked for again."""
    asked: list[str] = []

    def lookup(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        asked.append(host)
        return [(2, 1, 6, "", ("127.0.0.1", port))]

    with listening() as hook:
        url = hook.url.replace("127.0.0.1", "hooks.example.org")
        row = to_webhook(url, settings)
        monkeypatch.setattr("maintenance.notifying.channels.targets.socket.getaddrinfo", lookup)
        host = _host_seen(hook, row)

    assert asked[0] == "hooks.example.org"
    assert asked.count("hooks.example.org") == 1
    assert host.startswith("hooks.example.org:")


def _host_seen(hook: Listener, row: Notification) -> str:
    assert tried(row).outcome == "sent"
    return str(hook.headers[0]["Host"])
