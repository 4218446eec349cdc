"""The tables on the page of a work order, and how an anomaly looks in any table."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from maintenance.models import Anomaly, Notification, Severity, WorkOrderTransition
from sensors.admin_pages import EvidenceInline, pill

SEVERITY_LEVELS = {
    Severity.LOW: "low",
    Severity.MEDIUM: "medium",
    Severity.HIGH: "high",
    Severity.CRITICAL: "critical",
}
STATUS_LEVELS = {
    Anomaly.Status.ACTIVE_UNACK: "critical",
    Anomaly.Status.ACTIVE_ACK: "medium",
    Anomaly.Status.CLEARED_UNACK: "low",
    Anomaly.Status.CLEARED_ACK: "quiet",
}


class ShowsSeverity:
    """Columns of an anomaly in colour and words."""

    @admin.display(description="status")
    def condition(self, anomaly: Anomaly) -> str:
        return pill(STATUS_LEVELS[anomaly.status], anomaly.status.label)

    @admin.display(description="severity", ordering="severity_worst")
    def worst(self, anomaly: Anomaly) -> str:
        level = SEVERITY_LEVELS[Severity(anomaly.severity_worst)]
        return pill(level, anomaly.get_severity_worst_display())


class AnomalyInline(ShowsSeverity, EvidenceInline):
    model = Anomaly
    fk_name = "work_order"
    fields = ["condition", "worst", "reason", "started_at", "last_seen_at"]
    ordering = ["-severity_worst", "-started_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("sensor")


class TransitionInline(EvidenceInline):
    model = WorkOrderTransition
    verbose_name_plural = "history"
    fields = ["moved_at", "from_state", "to_state", "actor", "reason"]
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("actor")


class NotificationInline(EvidenceInline):
    model = Notification
    fields = ["event", "channel", "recipient", "status", "error", "sent_at"]
