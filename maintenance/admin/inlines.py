"""The tables on the page of an anomaly, and how one looks in any table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join

from maintenance.models import (
    Anomaly,
    AnomalyLog,
    DecisionPolicy,
    Severity,
    Symptom,
    WorkOrder,
)
from sensors.admin_parts.pages import EvidenceInline, pill, rendered
from sensors.admin_parts.times import NOTHING

SEVERITY_LEVELS = {
    Severity.LOW: "low",
    Severity.MEDIUM: "medium",
    Severity.HIGH: "high",
    Severity.CRITICAL: "critical",
}

MODES = dict(DecisionPolicy.Mode.choices)


def severity_pill(severity: int) -> str:
    known = Severity(severity)
    return pill(SEVERITY_LEVELS[known], known.label)


def worst_now(order: WorkOrder) -> str:
    """How bad its open anomalies have been, whatever the order said when it was decided."""
    worst = order.anomalies.open().order_by("-severity_worst").values_list("severity_worst")
    found = [severity for (severity,) in worst]
    if not found:
        return "no open anomalies"
    return format_html("{} worst of {} open", severity_pill(found[0]), len(found))


def decided(decision: Mapping[str, Any]) -> str:
    """Why the order is what it is, as far as the software made it so."""
    return rendered("maintenance/decision.html", decision=_in_words(decision))


def _in_words(decision: Mapping[str, Any]) -> dict[str, Any]:
    anomalies = [
        anomaly
        | {
            "kind": anomaly["anomaly_kind"].replace("_", " "),
            "severity": severity_pill(anomaly["severity"]),
            "belief": NOTHING if credibility is None else f"{credibility:.0%}",
        }
        for anomaly in decision.get("anomalies", ())
        for credibility in [anomaly.get("credibility")]
    ]
    mode = decision.get("mode")
    return {
        **decision,
        "mode": MODES.get(str(mode), mode),
        "anomalies": anomalies,
        "before": [_in_words(earlier) for earlier in decision.get("before", ())],
    }


class ShowsSeverity:
    """Columns of an anomaly in colour and words."""

    @admin.display(description="status")
    def condition(self, anomaly: Anomaly) -> str:
        status = pill("plain", anomaly.status.label)
        if not anomaly.suppression:
            return status
        return format_html("{} {}", status, pill("quiet", anomaly.get_suppression_display()))

    @admin.display(description="severity", ordering="severity_worst")
    def worst(self, anomaly: Anomaly) -> str:
        return severity_pill(anomaly.severity_worst)


class SymptomInline(EvidenceInline):
    model = Symptom
    fields = ["of", "kind", "reason", "score_worst", "started_at", "last_seen_at", "ended_at"]
    ordering = ["-score_worst", "pk"]
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("sensor", "asset")

    @admin.display(description="seen on")
    def of(self, symptom: Symptom) -> str:
        return symptom.sensor.code if symptom.sensor else f"{symptom.asset.tag} as a whole"


class AnomalyLogInline(EvidenceInline):
    model = AnomalyLog
    verbose_name_plural = "what was done"
    fields = ["at", "act", "by", "words"]
    show_change_link = False


def shares_of(anomaly: Anomaly) -> str:
    """How much each sensor has to do with it, as bars; the most first."""
    ordered = sorted(anomaly.contributions.items(), key=lambda item: -item[1])
    rows = ((code, share, f"{share:.0%}") for code, share in ordered)
    return format_html_join(
        "", '<div class="share">{} <meter value="{}"></meter> {}</div>', rows
    ) or format_html("{}", NOTHING)
