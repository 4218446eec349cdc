"""Webhooks: what they say, how they are signed, and where they may go."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from pytest_django import Settings

from maintenance.models import Notification
from maintenance.notifying.channels.targets import is_allowed
from tests.factories import NOON, make_notification, make_work_order
from tests.maintenance.notifying.making import to_webhook, tried
from tests.webserver import Listener, listening

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("providers")]


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
