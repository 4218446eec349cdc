"""What was said to whom, what could not be, and who is told next."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from maintenance.admin.acting import warned
from maintenance.models import DeliveryAttempt, Escalation, Notification
from maintenance.models.notifications import NotificationQuerySet
from maintenance.notifying.resending import resend
from sensors.admin_parts.pages import Evidence, EvidenceInline, WithButtons, links, pill
from sensors.admin_parts.scope import VisibleChoices, principal_in
from sensors.admin_parts.times import FULL, NOTHING

DELIVERY_LEVELS = {
    Notification.Status.SENT: "good",
    Notification.Status.FAILED: "critical",
    Notification.Status.MUTED: "quiet",
}


class AttemptInline(EvidenceInline):
    model = DeliveryAttempt
    verbose_name_plural = "attempts"
    time_form = FULL
    show_change_link = False
    fields = ["at", "seconds", "outcome", "status_code", "error", "answer"]

    @admin.display(description="seconds")
    def seconds(self, attempt: DeliveryAttempt) -> str:
        return f"{attempt.took.total_seconds():.3f}"


@admin.register(Notification)
class NotificationAdmin(Evidence, WithButtons):
    list_display = [
        "named",
        "event",
        "channel",
        "recipient",
        "delivery",
        "created_at",
        "error",
    ]
    list_select_related = ["site", "asset", "anomaly__sensor", "work_order"]
    list_filter = ["status", "event", "channel", ("site", VisibleChoices), "created_at"]
    search_fields = ["recipient", "work_order__title", "asset__tag"]
    inlines = [AttemptInline]
    fieldsets = [
        (None, {"fields": ["told_of", "event", "severity", "detail", "repeat"]}),
        (
            "Delivery",
            {
                "fields": [
                    "channel",
                    "recipient",
                    "delivery",
                    "error",
                    "attempts",
                    "next_attempt_at",
                    "told_with",
                    "created_at",
                    "claimed_at",
                    "sent_at",
                ]
            },
        ),
        ("Requests that led to it", {"fields": ["correlation_ids"], "classes": ["collapse"]}),
    ]
    actions = ["send_again"]

    def get_inlines(self, request: HttpRequest, obj: Notification | None = None) -> list[Any]:
        """Of several that were told in one message, the first has the attempts."""
        return self.inlines if obj and obj.told_with_id is None else []

    def has_send_again_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("maintenance.change_notification")

    @admin.action(description="Send the failed ones again", permissions=["send_again"])
    def send_again(self, request: HttpRequest, notifications: NotificationQuerySet) -> None:
        again = []
        for row in notifications.order_by("pk"):
            with warned(request):
                again.append(resend(row.pk, by=principal_in(request)).pk)
        self.note(request, notifications.filter(pk__in=again), "Sent again.")
        messages.success(request, f"{len(again)} will be sent within seconds.")

    def buttons(self, notification: Notification) -> dict[str, str]:
        failed = notification.status == Notification.Status.FAILED
        return {"send_again": "Send again"} if failed else {}

    @admin.display(description="about")
    def named(self, notification: Notification) -> str:
        row = notification.anomaly or notification.work_order or notification.asset
        return str(row or notification.detail or notification.site or NOTHING)

    @admin.display(description="about")
    def told_of(self, notification: Notification) -> str:
        row = notification.anomaly or notification.work_order or notification.asset
        return links([row]) if row else self.named(notification)

    @admin.display(description="status", ordering="status")
    def delivery(self, notification: Notification) -> str:
        status = Notification.Status(notification.status)
        return pill(DELIVERY_LEVELS.get(status, "medium"), status.label)


@admin.register(Escalation)
class EscalationAdmin(Evidence):
    list_display = ["named", "policy", "started_at", "steps_taken", "next_step_at", "condition"]
    list_select_related = ["policy", "anomaly__sensor", "work_order"]
    list_filter = ["policy__watches", "started_at"]
    search_fields = ["policy__name"]
    fields = [
        *("told_of", "policy", "started_at", "steps_taken", "next_step_at"),
        *("condition", "stopped_at"),
    ]

    def at_sites(self, rows: QuerySet, sites: list[int]) -> QuerySet:
        ours = rows.filter(anomaly__asset__site__in=sites)
        return ours | rows.filter(work_order__asset__site__in=sites)

    @admin.display(description="about")
    def named(self, escalation: Escalation) -> str:
        return str(escalation.anomaly or escalation.work_order)

    @admin.display(description="about")
    def told_of(self, escalation: Escalation) -> str:
        row = escalation.anomaly or escalation.work_order
        return links([row] if row else [])

    @admin.display(description="status", ordering="stopped_at")
    def condition(self, escalation: Escalation) -> str:
        if escalation.stopped_at:
            return pill("quiet", escalation.stopped_why)
        return pill("high", "runs") if escalation.next_step_at else pill("low", "all steps taken")
