"""Builders of what only these tests use."""

from __future__ import annotations

from itertools import count
from typing import Any

from maintenance.anomalies.acknowledging import acknowledge
from maintenance.models import Anomaly, Channel, EscalationPolicy, NotificationRule
from maintenance.models.escalations import EscalationStep
from sensors.access import Principal, Right
from sensors.models import Site

_number = count(1)


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
