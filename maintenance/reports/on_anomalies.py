"""What reports say of anomalies: how many, where, and what people made of them."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q

from maintenance.models import Anomaly, Severity
from maintenance.models.anomalies import AnomalyQuerySet
from maintenance.reports.buckets import by_day
from maintenance.reports.document import Bars, Section, Table
from maintenance.reports.sections import Kind, Subject, section_of

ALARMS = (
    "alarm_rate",
    "alarm_rate_10_min",
    "alarm_floods",
    "alarm_chattering",
    "alarm_fleeting",
    "alarm_stale",
    "alarm_bad_actors",
    "alarm_suppressed",
)
REACTIONS = ("reaction_acknowledged", "reaction_ordered", "reaction_started")
MOST_OPEN = 50


def noticed(subject: Subject) -> AnomalyQuerySet:
    """Anomalies that were noticed in the interval, as far as it had passed."""
    start, end = subject.question.within
    found = Anomaly.objects.filter(subject.rows.of_assets())
    return found.filter(detected_at__gte=start, detected_at__lt=end).order_by("detected_at", "pk")


@section_of(Kind.ANOMALY_SUMMARY, 10)
def alarms(subject: Subject) -> Section:
    asked, zone = subject.question, subject.report.site.zone
    moments = ((at, 1.0) for at in noticed(subject).values_list("detected_at", flat=True))
    figures = subject.figures(*ALARMS)
    worst = next(figure for figure in figures if figure.name == "alarm_bad_actors")
    return Section(
        "Alarms",
        ["An alarm is an anomaly that was announced. A site has one operator's console."],
        figures,
        [Bars("Anomalies by day", "", by_day(moments, *asked.within, zone))],
        [_severities(subject), _worst(worst.details["sources"])],
    )


def _severities(subject: Subject) -> Table:
    counted = (
        noticed(subject)
        .order_by("-severity_worst")
        .values_list("severity_worst")
        .annotate(all=Count("pk"), suppressed=Count("pk", filter=~Q(suppression="")))
    )
    rows = [(Severity(severity).label, *counts) for severity, *counts in counted]
    return Table("By worst severity", ["Severity", "Anomalies", "Suppressed"], rows)


def _worst(sources: list[dict[str, Any]]) -> Table:
    columns = ["Asset", "Sensor", "Kind", "Alarms"]
    rows = [
        (source["asset"], source["sensor"], source["kind"].replace("_", " "), source["alarms"])
        for source in sources
    ]
    return Table("The ten worst sources", columns, rows)


@section_of(Kind.ANOMALY_SUMMARY, 20)
def people(subject: Subject) -> Section:
    return Section("How soon people reacted", figures=subject.figures(*REACTIONS))


@section_of(Kind.ANOMALY_SUMMARY, 30)
def verdicts(subject: Subject) -> Section:
    figures = subject.figures("detector_precision", "fault_found", "forewarning")
    rows = [tuple(row.values()) for row in figures[0].details["detectors"]]
    columns = ["Detector", "Precision", "n", "At least", "At most"]
    return Section(
        "Whether they were right",
        ["Duplicates and inconclusive verdicts say nothing of a detector and are left out."],
        figures,
        tables=[Table("Precision by detector", columns, rows)],
    )


@section_of(Kind.ANOMALY_SUMMARY, 40)
def still_active(subject: Subject) -> Section:
    """The worst of those that were active at the end."""
    end = subject.question.within[1]
    found = (
        Anomaly.objects.filter(subject.rows.of_assets(), detected_at__lt=end)
        .filter(Q(ended_at=None) | Q(ended_at__gte=end))
        .select_related("asset", "sensor")
        .order_by("-severity_worst", "detected_at", "pk")
    )
    rows = [
        (
            anomaly.asset.tag,
            anomaly.sensor.code,
            anomaly.get_kind_display(),
            Severity(anomaly.severity_worst).label,
            anomaly.detected_at,
            anomaly.reason,
        )
        for anomaly in found[:MOST_OPEN]
    ]
    columns = ["Asset", "Sensor", "Kind", "Severity", "Noticed", "Reason"]
    more = found.count() - len(rows)
    return Section("Active at the end", tables=[Table("Anomalies", columns, rows, more)])
