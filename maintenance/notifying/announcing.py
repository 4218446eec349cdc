"""Something happened: write a row for each recipient. Nothing is sent here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from maintenance.events import Event
from maintenance.models import Notification, NotificationGroup, NotificationRule
from maintenance.notifying import timing
from maintenance.notifying.addressing import addresses_of, by_settings
from maintenance.notifying.happenings import Happening

# What the settings' recipients are told of at sites without rules.
BY_DEFAULT = frozenset({Event.PROPOSED, Event.EXTENDED})
# One act of one person on one order: there is nothing to wait for.
TOLD_AT_ONCE = frozenset({Event.PROPOSED, Event.APPROVED, Event.ASSIGNED, Event.COMPLETED})
# What goes on until somebody does something.
REPEATED = frozenset({Event.OPENED, Event.WORSE, Event.EXTENDED, Event.OVERDUE})


@transaction.atomic
def announce(what: Happening) -> None:
    """Write down who is to be told, and when. It is sent after the commit.

    One recipient is told once, however many rules say so: a constraint sees to that.
    """
    rules = list(NotificationRule.objects.active().of_site(what.site.pk).order_by("pk"))
    if rules:
        rows = [row for rule in _matching(rules, what) for row in _by_rule(rule, what)]
    else:
        rows = _by_settings(what)
    rows.sort(key=lambda row: row.next_attempt_at)
    Notification.objects.bulk_create(rows, ignore_conflicts=True)


def _matching(rules: Sequence[NotificationRule], what: Happening) -> list[NotificationRule]:
    return [
        rule
        for rule in rules
        if what.event in rule.events and rule.reaches(what.lineage, what.severity)
    ]


def _by_settings(what: Happening) -> list[Notification]:
    told = what.event in BY_DEFAULT
    return [what.told(**address.row) for address in by_settings()] if told else []


def _by_rule(rule: NotificationRule, what: Happening) -> list[Notification]:
    addresses = addresses_of(rule, what)
    if not addresses:
        return []
    now = timezone.now()
    group = None if what.event in TOLD_AT_ONCE else _group(rule, what, now)
    at = group.flush_at if group else now
    return [what.told(**address.row, group=group, next_attempt_at=at) for address in addresses]


def _group(rule: NotificationRule, what: Happening, now: datetime) -> NotificationGroup:
    """The group, with the moment at which it is told of this."""
    NotificationGroup.objects.get_or_create(rule=rule, about=what.group)
    group = NotificationGroup.objects.select_for_update().get(rule=rule, about=what.group)
    group.flush_at = timing.next_flush(now, group.flush_at, wait=rule.wait, interval=rule.interval)
    if what.event in REPEATED and rule.repeat and group.repeat_at is None:
        group.repeat_at = group.flush_at + rule.repeat
    group.save(update_fields=["flush_at", "repeat_at"])
    return group
