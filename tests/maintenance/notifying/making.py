"""Builders of what only these tests use."""

from __future__ import annotations

import base64
from itertools import count
from typing import Any

import time_machine
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from maintenance.anomalies.acknowledging import acknowledge
from maintenance.events import happened
from maintenance.models import (
    Anomaly,
    Channel,
    DeliveryAttempt,
    EscalationPolicy,
    EscalationStep,
    Notification,
    NotificationRule,
)
from maintenance.notifying.delivering import deliver
from sensors.access import Principal, Right
from sensors.models import Asset, Site
from tests.factories import NOON, make_anomaly, make_asset, make_notification, make_sensor

_number = count(1)
SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()


def acknowledged(anomaly: Anomaly) -> Anomaly:
    """The anomaly once somebody, who may work anywhere, has acknowledged it."""
    return acknowledge(anomaly.pk, by=Principal("erika", {}, frozenset(Right)))


def make_channel(site: Site | None = None, **fields: Any) -> Channel:
    number = next(_number)
    defaults = {"name": f"Channel {number}", "kind": "email", "site": site}
    defaults |= {"address": f"team{number}@example.org"}
    return Channel.objects.create(**defaults | fields)


def make_rule(site: Site | None = None, *to: Any, **fields: Any) -> NotificationRule:
    """A rule for opened anomalies, to channels and people."""
    defaults = {"name": f"Rule {next(_number)}", "site": site, "events": ["opened"]}
    rule = NotificationRule.objects.create(**defaults | fields)
    for one in to:
        (rule.to_channels if isinstance(one, Channel) else rule.to_users).add(one)
    return rule


def make_policy(site: Site | None = None, **fields: Any) -> EscalationPolicy:
    defaults = {"name": f"Policy {next(_number)}", "site": site}
    return EscalationPolicy.objects.create(**defaults | fields)


def make_step(policy: EscalationPolicy, minutes: int, *to: Any) -> EscalationStep:
    step = EscalationStep.objects.create(policy=policy, after_minutes=minutes)
    for one in to:
        (step.to_channels if isinstance(one, Channel) else step.to_users).add(one)
    return step


def open_on(asset: Asset, event: str = "opened", **fields: Any) -> Anomaly:
    anomaly = make_anomaly(make_sensor(asset=asset), **fields)
    happened.send(None, event=event, anomaly=anomaly)
    return anomaly


def open_at(site: Site, event: str = "opened", **fields: Any) -> Anomaly:
    return open_on(make_asset(site=site), event, **fields)


def send_due() -> None:
    for pk in Notification.objects.due(timezone.now()).values_list("pk", flat=True):
        deliver(pk)


def states() -> list[str]:
    return list(Notification.objects.order_by("pk").values_list("status", flat=True))


def escalated() -> list[str]:
    rows = Notification.objects.filter(event="escalated").order_by("pk")
    return list(rows.values_list("recipient", flat=True))


def tried(row: Notification) -> DeliveryAttempt:
    """The attempt that is made now."""
    with time_machine.travel(NOON, tick=False):
        Notification.objects.filter(pk=row.pk).update(next_attempt_at=NOON)
        deliver(row.pk)
    row.refresh_from_db()
    return row.delivery_attempts.get()


def logged_in(user: Any) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


def post(client: APIClient, url: str, body: Any) -> Any:
    return client.post(url, body, format="json")


def patch(client: APIClient, url: str, body: Any) -> Any:
    return client.patch(url, body, format="json")


def codes(answer: Any) -> set[tuple[str, str]]:
    assert answer.status_code == 400, answer.json()
    return {(error["field"], error["code"]) for error in answer.json()["errors"]}


def mail_of(site: Site, **fields: Any) -> dict[str, Any]:
    return {"site": site.code, "name": "Team", "kind": "email", "address": "t@x.org"} | fields


def to_webhook(url: str, settings: Settings) -> Notification:
    channel = make_channel(kind="webhook", address=url, secret_name="HOOK")
    settings.NOTIFY_SECRETS = {"HOOK": SECRET}
    return make_notification(channel="webhook", recipient=url, target=channel)
