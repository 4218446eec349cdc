"""The history of an asset: its lives, standstills, orders and anomalies of an interval."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from maintenance.figures.spans import HOUR
from maintenance.models import Anomaly, Downtime, Life, Severity, WorkOrder
from maintenance.reports.document import Section, Table
from maintenance.reports.on_anomalies import noticed
from maintenance.reports.sections import Kind, Subject, section_of

MOST_ROWS = 500


def _first(rows: QuerySet[Any]) -> tuple[list[Any], int]:
    """The first rows, and how many more there are."""
    found = list(rows[:MOST_ROWS])
    return found, (rows.count() - MOST_ROWS if len(found) == MOST_ROWS else 0)


def _table(title: str, columns: dict[str, Any], rows: QuerySet[Any]) -> Table:
    """A table of rows, in which each column says what it shows of one."""
    found, more = _first(rows)
    cells = [[show(row) for show in columns.values()] for row in found]
    return Table(title, list(columns), cells, more)


@section_of(Kind.ASSET_HISTORY, 20)
def lives(subject: Subject) -> Section:
    start, end = subject.question.within
    lived = (
        Life.objects.filter(subject.rows.of_assets(), started_at__lt=end)
        .filter(Q(ended_at=None) | Q(ended_at__gte=start))
        .select_related("asset")
        .order_by("started_at", "pk")
    )
    stood = (
        Downtime.objects.filter(subject.rows.of_assets(), started_at__lt=end)
        .filter(Q(ended_at=None) | Q(ended_at__gt=start))
        .select_related("asset", "work_order")
        .order_by("started_at", "pk")
    )
    ended = subject.rows.by_then
    life_columns = {
        "Asset": lambda life: life.asset.tag,
        "As good as new": lambda life: life.started_at,
        "Ended": lambda life: ended(life.ended_at),
        "How": lambda life: life.get_ending_display() if ended(life.ended_at) else "",
        "Note": lambda life: life.note,
    }
    down_columns = {
        "Asset": lambda stop: stop.asset.tag,
        "From": lambda stop: stop.started_at,
        "To": lambda stop: ended(stop.ended_at),
        "Reason": lambda stop: stop.get_reason_display(),
        "Planned": lambda stop: "yes" if stop.is_planned else "no",
        "Order": lambda stop: stop.work_order.number if stop.work_order else "",
        "Note": lambda stop: stop.note,
    }
    return Section(
        "Lives and standstills",
        tables=[
            _table("Lives", life_columns, lived),
            _table("Standstills", down_columns, stood),
        ],
    )


@section_of(Kind.ASSET_HISTORY, 30)
def orders(subject: Subject) -> Section:
    start, end = subject.question.within
    found = (
        WorkOrder.objects.filter(subject.rows.of_assets(), opened_at__lt=end)
        .filter(Q(completed_at=None, opened_at__gte=start) | Q(completed_at__gte=start))
        .select_related("asset", "failure_mode", "failure_cause", "remedy")
        .order_by("opened_at", "pk")
    )
    columns = {
        "Order": lambda order: order.number,
        "Asset": lambda order: order.asset.tag,
        "Origin": lambda order: order.get_origin_display(),
        "Title": lambda order: order.title,
        "Opened": lambda order: order.opened_at,
        "Completed": lambda order: subject.rows.by_then(order.completed_at),
        "Mode": lambda order: str(order.failure_mode or ""),
        "Cause": lambda order: str(order.failure_cause or ""),
        "Remedy": lambda order: str(order.remedy or ""),
        "Planned hours": lambda order: order.planned_duration / HOUR,
    }
    return Section("Work orders", tables=[_table("Orders", columns, found)])


@section_of(Kind.ASSET_HISTORY, 40)
def anomalies(subject: Subject) -> Section:
    ended = subject.rows.by_then

    def verdict(anomaly: Anomaly) -> str:
        given = anomaly.verdict_at is None or ended(anomaly.verdict_at)
        return anomaly.get_verdict_display() if given else ""

    columns = {
        "Asset": lambda anomaly: anomaly.asset.tag,
        "Sensor": lambda anomaly: anomaly.sensor.code,
        "Kind": lambda anomaly: anomaly.get_kind_display(),
        "Severity": lambda anomaly: Severity(anomaly.severity_worst).label,
        "Noticed": lambda anomaly: anomaly.detected_at,
        "Ended": lambda anomaly: ended(anomaly.ended_at),
        "Verdict": verdict,
        "Reason": lambda anomaly: anomaly.reason,
    }
    found = noticed(subject).select_related("asset", "sensor")
    return Section("Anomalies", tables=[_table("Anomalies", columns, found)])
