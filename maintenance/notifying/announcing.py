"""Something happened: write a row for each recipient. Nothing is sent here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from maintenance.events import Event
from maintenance.models import Notification, NotificationGroup, NotificationRule
from maintenance.notifying import timing
from maintenance.notifying.addressing import AddressBook, by_settings
from maintenance.notifying.happenings import Happening, reaches

# What the settings' recipients are told of at sites without rules.
BY_DEFAULT = frozenset({Event.PROPOSED, Event.EXTENDED})
# One act of one person on one order: there is nothing to wait for.
TOLD_AT_ONCE = frozenset({Event.PROPOSED, Event.APPROVED, Event.ASSIGNED, Event.COMPLETED})
# What goes on until somebody does something.
REPEATED = frozenset({Event.OPENED, Event.WORSE, Event.EXTENDED, Event.OVERDUE})


@transaction.atomic
def announce(happenings: Sequence[Happening]) -> None:
    """Write down who is to be told, and when. It is sent after the commit.

    One recipient is told once, however many rules say so: a constraint sees to that.
    """
    sites = {what.site_id for what in happenings}
    rules = list(NotificationRule.objects.active().of_sites(sites).order_by("pk"))
    with_rules = sites if any(r.site_id is None for r in rules) else {r.site_id for r in rules}
    rows = _by_rules(rules, [what for what in happenings if what.site_id in with_rules])
    rows += _by_settings([what for what in happenings if what.site_id not in with_rules])
    rows.sort(key=lambda row: row.next_attempt_at)
    Notification.objects.bulk_create(rows, ignore_conflicts=True)


def _by_settings(happenings: Sequence[Happening]) -> list[Notification]:
    told = [what for what in happenings if what.event in BY_DEFAULT]
    return [what.told(**address.row) for what in told for address in by_settings()]


def _by_rules(
    rules: Sequence[NotificationRule], happenings: Sequence[Happening]
) -> list[Notification]:
    matching = [
        (rule, what)
        for what in happenings
        for rule in rules
        if what.event in rule.events and reaches(rule, what)
    ]
    book = AddressBook()
    addressed = [(*match, found) for match in matching if (found := book.of(*match))]
    now = timezone.now()
    flush_at = _moments([(rule, what) for rule, what, _ in addressed], now)
    rows = []
    for rule, what, addresses in addressed:
        group = flush_at.get((rule.pk, what.group)) if what.event not in TOLD_AT_ONCE else None
        at = group.flush_at if group else now
        rows += [what.told(**to.row, group=group, next_attempt_at=at) for to in addresses]
    return rows


def _moments(
    matching: Sequence[tuple[NotificationRule, Happening]], now: datetime
) -> dict[tuple[int, str], NotificationGroup]:
    """The groups of what is told together, with the moment at which each is told of this.

    Locked in one order, so that two workers cannot block each other.
    """
    grouped = [(rule, what) for rule, what in matching if what.event not in TOLD_AT_ONCE]
    rules = {(rule.pk, what.group): rule for rule, what in grouped}
    repeated = {(rule.pk, what.group) for rule, what in grouped if what.event in REPEATED}
    if not rules:
        return {}
    NotificationGroup.objects.bulk_create(
        [NotificationGroup(rule_id=rule, about=about) for rule, about in sorted(rules)],
        ignore_conflicts=True,
    )
    about = {group for _, group in rules}
    rows = NotificationGroup.objects.filter(rule__in=rules.values(), about__in=about)
    ordered = rows.order_by("rule", "about").select_for_update()
    groups = {key: row for row in ordered if (key := (row.rule_id, row.about)) in rules}
    for key, group in groups.items():
        rule = rules[key]
        group.flush_at = timing.next_flush(
            now, group.flush_at, wait=rule.wait, interval=rule.interval
        )
        if key in repeated and rule.repeat and group.repeat_at is None:
            group.repeat_at = group.flush_at + rule.repeat
    NotificationGroup.objects.bulk_update(groups.values(), ["flush_at", "repeat_at"])
    return groups
