"""What follows from a change of an anomaly: is it heard, is it believed, who is told?

Called where episodes are stored. First everything is worked out on the rows in memory, with
as many queries however many there are; then the rows are written; then it is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from maintenance.anomalies.crediting import credit
from maintenance.anomalies.suppressing import reasons_for
from maintenance.events import Event, many_happened
from maintenance.models import Anomaly, AnomalyLog, Symptom

# What is decided here about an anomaly, and written with it.
SETTLED = [
    "suppression",
    "suppressed_at",
    "shelved_until",
    "shelved_by",
    "shelved_reason",
    "announced_severity",
    "re_alarm_at",
    "credibility",
    "credibility_rules",
]


@dataclass(slots=True)
class Change:
    """What became of an anomaly in one go: it is new, worse, over, or goes on once more."""

    anomaly: Anomaly
    symptoms: Sequence[Symptom]
    is_new: bool = False
    is_worse: bool = False
    has_ended: bool = False
    is_back: bool = False
    events: list[tuple[Event, str]] = field(default_factory=list)
    suppressed_before: str = ""
    # Of one that was merged: something is to be decided about the other.
    hands_on: bool = False

    @property
    def matters(self) -> bool:
        """Whether anybody could want to know."""
        hands_on = self.anomaly.merged_into_id is not None and self.anomaly.decision_pending
        return self.is_new or self.is_worse or self.has_ended or self.is_back or hands_on


def settle(changes: Sequence[Change], now: datetime) -> None:
    """Work out suppression, credibility and what is to be told, on the rows in memory."""
    if not changes:
        return
    _shelve_as_before([change.anomaly for change in changes if change.is_new], now)
    reasons = reasons_for([change.anomaly for change in changes], now)
    rated = [change for change in changes if not change.has_ended or change.is_new]
    symptoms = [symptom for change in rated for symptom in change.symptoms]
    credit([change.anomaly for change in rated], symptoms, now)
    for change, reason in zip(changes, reasons, strict=True):
        change.suppressed_before = change.anomaly.suppression
        suppress(change.anomaly, reason, now)
        change.events = _events(change, now)
        _hand_on(change)


def tell(changes: Sequence[Change]) -> None:
    """Write down and send what was worked out. Needs the anomalies to be stored."""
    if not changes:
        return
    AnomalyLog.objects.bulk_create(
        row for change in changes if (row := log_of(change.anomaly, change.suppressed_before))
    )
    if moved := [change.anomaly.pk for change in changes if change.hands_on]:
        Anomaly.objects.filter(merged__in=moved).update(decision_pending=True)
    announce((change.anomaly, *said) for change in changes for said in change.events)


def suppress(anomaly: Anomaly, reason: str, now: datetime) -> None:
    """Note why it keeps quiet from now on, or that it no longer does."""
    if reason and reason != anomaly.suppression:
        anomaly.suppressed_at = now
    anomaly.suppression = reason


def log_of(anomaly: Anomaly, before: str) -> AnomalyLog | None:
    """The row that says how its suppression changed; none if it did not."""
    if anomaly.suppression == before:
        return None
    if anomaly.suppression:
        words = anomaly.get_suppression_display()
        return AnomalyLog.of(anomaly, AnomalyLog.Act.SUPPRESSED, words=words)
    words = Anomaly.Suppression(before).label
    return AnomalyLog.of(anomaly, AnomalyLog.Act.UNSUPPRESSED, words=words)


def announce(events: Iterable[tuple[Anomaly, Event, str]]) -> None:
    """Let those who listen know. A key tells repeats of an event apart."""
    happenings = [
        {
            "event": event,
            "asset": anomaly.asset,
            "anomaly": anomaly,
            "key": key,
            "request_ids": anomaly.correlation_ids,
        }
        for anomaly, event, key in events
    ]
    if happenings:
        many_happened.send(Anomaly, happenings=happenings)


def _hand_on(change: Change) -> None:
    """Leave what has to be decided to where it will be."""
    anomaly = change.anomaly
    if anomaly.merged_into_id is not None:
        change.hands_on, anomaly.decision_pending = anomaly.decision_pending, False
    if change.has_ended:
        anomaly.re_alarm_at = None
        # What nobody heard of and is over asks for no decision any more.
        anomaly.decision_pending &= not anomaly.suppression


def _shelve_as_before(begun: Iterable[Anomaly], now: datetime) -> None:
    """Shelving is of the alarm: the next episode within its time is shelved as well."""
    by_alarm = {_alarm_of(anomaly): anomaly for anomaly in begun}
    if not by_alarm:
        return
    of_sensors = Q(is_joint=False, sensor__in={a.sensor_id for a in by_alarm.values()})
    of_assets = Q(is_joint=True, asset__in={a.asset_id for a in by_alarm.values()})
    shelved = Anomaly.objects.filter(of_sensors | of_assets, shelved_until__gt=now)
    for before in shelved.order_by("shelved_until"):
        if anomaly := by_alarm.get(_alarm_of(before)):
            for name in ("shelved_until", "shelved_by", "shelved_reason"):
                setattr(anomaly, name, getattr(before, name))


def _alarm_of(anomaly: Anomaly) -> tuple[bool, int, str]:
    """What AnomalyQuerySet.like compares by."""
    of = anomaly.asset_id if anomaly.is_joint else anomaly.sensor_id
    return anomaly.is_joint, of, anomaly.kind


def _events(change: Change, now: datetime) -> list[tuple[Event, str]]:
    anomaly, events = change.anomaly, []
    if anomaly.suppression or anomaly.merged_into_id:
        return []
    told = anomaly.announced_severity
    if change.is_new or change.is_back or (told is None and anomaly.is_active):
        events.append((Event.OPENED, "" if change.is_new else now.isoformat()))
    elif change.is_worse and told is not None and told < anomaly.severity_worst:
        events.append((Event.WORSE, str(anomaly.severity_worst)))
    if events:
        anomaly.announced_severity = anomaly.severity_worst
    if change.has_ended and anomaly.ended_at and anomaly.announced_severity:
        events.append((Event.CLEARED, anomaly.ended_at.isoformat()))
    return events
