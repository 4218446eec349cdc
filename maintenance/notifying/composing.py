"""What a message says: one subject, and an item for each thing that is told in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from maintenance.events import Event
from maintenance.models import Anomaly, Notification, Severity
from maintenance.models.notifications import ESCALATED, TEST

SAID = {
    Event.WORSE: "got worse",
    Event.CLEARED: "is over",
    Event.DRIFT: "drift",
    Event.PIPELINE_TROUBLE: "pipeline trouble",
    ESCALATED: "waits for you",
}
LONGEST_SUBJECT = 200


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is told, for people and, as `payload`, for programs."""

    mark: str
    said: str
    headline: str
    level: str
    facts: list[tuple[str, str]]
    seen: list[str]
    advice: str
    link: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    subject: str
    items: list[Item]
    requests: list[str]
    payload: dict[str, Any]


def compose(rows: Sequence[Notification]) -> Message:
    """The message that tells of all the rows."""
    items = [_item(row) for row in rows]
    events = {row.event for row in rows}
    payload = {
        "type": next(iter(events)) if len(events) == 1 else "several",
        "timestamp": min(row.created_at for row in rows).isoformat(),
        "data": {"events": [item.payload for item in items]},
    }
    requests = dict.fromkeys(name for row in rows for name in row.correlation_ids)
    subject = items[0].headline if len(items) == 1 else _of_several(rows, items)
    # A header is one line.
    return Message(" ".join(subject.split())[:LONGEST_SUBJECT], items, list(requests), payload)


def rendered(message: Message, form: str) -> str:
    """The body of a mail, as "txt" or "html"."""
    return render_to_string(f"maintenance/mail/notification.{form}", {"message": message})


def _of_several(rows: Sequence[Notification], items: Sequence[Item]) -> str:
    worst = Severity(max(row.severity for row in rows)).label.lower()
    counts = ", ".join(f"{n} {said}" for said, n in Counter(i.said for i in items).most_common())
    places = dict.fromkeys(_place(row) for row in rows)
    where = f" on {next(iter(places))}" if len(places) == 1 else f" in {len(places)} places"
    return f"[{worst}] {len(rows)} notifications{where}: {counts}"


def _place(row: Notification) -> str:
    return row.asset.tag if row.asset else str(row.site or "")


def _item(row: Notification) -> Item:
    order, anomaly = row.work_order, row.anomaly
    said = SAID.get(row.event, row.event)
    severity = Severity(row.severity).label.lower()
    mark = order.priority if order and not anomaly else severity
    again = "reminder: " if row.repeat else ""
    return Item(
        mark=mark,
        said=said,
        headline=f"[{mark}] {again}{_headline(row, said)}",
        level=severity,
        facts=_facts(row),
        seen=_seen(row),
        advice=order.recommendation if order else "",
        link=_link(row),
        payload=_payload(row),
    )


def _headline(row: Notification, said: str) -> str:
    if anomaly := row.anomaly:
        kind = anomaly.get_kind_display().lower()
        return f"{said}: {anomaly.asset.tag}, {kind} on {anomaly.sensor.code}"
    if order := row.work_order:
        return f"{order.number} {said}: {order.title}"
    if row.event == TEST:
        return f"{said}: {row.detail}"
    return f"{said}: {_place(row)}"


def _facts(row: Notification) -> list[tuple[str, str]]:
    order, anomaly = row.work_order, row.anomaly
    facts = [("Asset", f"{row.asset}, {row.asset.site}")] if row.asset else []
    if row.site and not row.asset:
        facts.append(("Site", str(row.site)))
    if anomaly:
        facts.append(("Severity", Severity(anomaly.severity_worst).label.lower()))
        facts.append(("Since", _moment(anomaly.started_at)))
        facts += [("Until", _moment(anomaly.ended_at))] if anomaly.ended_at else []
    elif order:
        facts += [("Priority", order.priority), ("Due", _moment(order.due_at))]
        facts += [("Technician", str(order.technician))] if order.technician else []
    return facts + ([("Note", row.detail)] if row.detail and row.event != TEST else [])


def _seen(row: Notification) -> list[str]:
    if row.anomaly:
        return [f"{row.anomaly.sensor.code}: {row.anomaly.reason}"]
    if row.work_order is None:
        return []
    found = row.work_order.anomalies.select_related("sensor").order_by("pk")[:20]
    return [f"{a.sensor.code}, {_grade(a)}: {a.reason}" for a in found]


def _grade(anomaly: Anomaly) -> str:
    return Severity(anomaly.severity_worst).label.lower()


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _link(row: Notification) -> str:
    path = reverse("admin:index")
    if row.anomaly_id:
        path = reverse("admin:maintenance_anomaly_change", args=[row.anomaly_id])
    elif row.work_order_id:
        path = reverse("admin:maintenance_workorder_change", args=[row.work_order_id])
    return f"{settings.PUBLIC_URL}{path}"


def _payload(row: Notification) -> dict[str, Any]:
    order, anomaly = row.work_order, row.anomaly
    payload: dict[str, Any] = {
        "event": row.event,
        "severity": Severity(row.severity).name.lower(),
        "site": row.site.code if row.site else None,
        "asset": row.asset.tag if row.asset else None,
        "detail": row.detail,
        "repeat": row.repeat,
        "url": _link(row),
        "request_ids": row.correlation_ids,
    }
    if anomaly:
        payload["anomaly"] = {"id": anomaly.pk, "kind": anomaly.kind, "status": anomaly.status}
        payload["anomaly"] |= {"sensor": anomaly.sensor.code, "reason": anomaly.reason}
    if order:
        payload["work_order"] = {"number": order.number, "state": order.state}
        payload["work_order"] |= {"priority": order.priority, "title": order.title}
        payload["work_order"] |= {"due_at": order.due_at.isoformat()}
    return payload
