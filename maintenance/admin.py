"""What is wrong and what is done about it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import Field, Model, QuerySet
from django.http import HttpRequest

from maintenance.admin_inlines import (
    SEVERITY_LEVELS,
    AnomalyInline,
    NotificationInline,
    ShowsSeverity,
    TransitionInline,
)
from maintenance.models import Anomaly, Notification, Severity, WorkOrder
from maintenance.models.anomalies import AnomalyQuerySet
from maintenance.models.notifications import NotificationQuerySet
from maintenance.pictures import around, by_sensor
from maintenance.transitions import TRANSITIONS, IllegalMoveError, move
from sensors.admin_pages import Evidence, WithButtons, facts, pill, rendered
from sensors.admin_scope import SiteScoped, VisibleChoices, person_of
from sensors.charts import Chart
from sensors.models import Site

STATE_LEVELS = {
    WorkOrder.State.PROPOSED: "medium",
    WorkOrder.State.COMPLETED: "good",
    WorkOrder.State.CLOSED: "quiet",
    WorkOrder.State.CANCELLED: "quiet",
}
PRIORITY_LEVELS = {"P1": "critical", "P2": "high", "P3": "medium", "P4": "low"}
DELIVERY_LEVELS = {
    Notification.Status.SENT: "good",
    Notification.Status.FAILED: "critical",
}
MOST_CHARTS = 4


class StatusFilter(admin.SimpleListFilter):
    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("active", "Active"), *Anomaly.Status.choices]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        if self.value() == "active":
            return queryset.open()
        return queryset.with_status(self.value()) if self.value() in Anomaly.Status else queryset


@admin.register(Anomaly)
class AnomalyAdmin(ShowsSeverity, Evidence, WithButtons):
    site_path = "asset__site"
    list_display = [
        "named",
        "condition",
        "worst",
        "asset",
        "reason",
        "started_at",
        "last_seen_at",
        "work_order",
    ]
    list_select_related = ["sensor", "asset__site", "work_order"]
    list_filter = [
        StatusFilter,
        "severity_worst",
        "kind",
        ("asset__site", VisibleChoices),
        "started_at",
    ]
    search_fields = ["sensor__code", "asset__tag", "asset__name", "detector"]
    ordering = ["-started_at"]
    actions = ["acknowledge"]
    fieldsets = [
        (None, {"fields": ["condition", "worst", "severity_now", "reason", "asset", "sensor"]}),
        (
            "Episode",
            {"fields": ["started_at", "last_seen_at", "ended_at", "peak_at", "peak"]},
        ),
        (
            "Evidence",
            {"fields": ["kind", "detector", "detected_at", "score", "score_worst", "seen_by_it"]},
        ),
        ("Requests that brought it", {"fields": ["correlation_ids"], "classes": ["collapse"]}),
        ("People", {"fields": ["acknowledged_at", "acknowledged_by", "work_order"]}),
    ]

    def charts(self, anomaly: Anomaly) -> list[Chart]:
        return [around(anomaly)]

    def has_acknowledge_permission(self, request: HttpRequest) -> bool:
        # The fields are closed to all, so the question is put to the person directly.
        return request.user.has_perm("maintenance.change_anomaly")

    @admin.action(description="Acknowledge the selected anomalies", permissions=["acknowledge"])
    def acknowledge(self, request: HttpRequest, anomalies: AnomalyQuerySet) -> None:
        messages.success(request, f"Acknowledged {anomalies.acknowledge(person_of(request))}.")

    def buttons(self, anomaly: Anomaly) -> dict[str, str]:
        return {} if anomaly.acknowledged_at else {"acknowledge": "Acknowledge"}

    @admin.display(description="anomaly", ordering="kind")
    def named(self, anomaly: Anomaly) -> str:
        return str(anomaly)

    @admin.display(description="severity now")
    def severity_now(self, anomaly: Anomaly) -> str:
        level = SEVERITY_LEVELS[Severity(anomaly.severity)]
        return pill(level, anomaly.get_severity_display())

    @admin.display
    def peak(self, anomaly: Anomaly) -> str:
        return f"{anomaly.peak_value:.4g} {anomaly.sensor.unit}"

    @admin.display(description="what the detector saw")
    def seen_by_it(self, anomaly: Anomaly) -> str:
        return facts(anomaly.evidence)


class MoveForm(ActionForm):
    reason = forms.CharField(required=False, max_length=500)


@admin.register(WorkOrder)
class WorkOrderAdmin(SiteScoped, WithButtons):
    site_path = "asset__site"
    list_display = ["number", "title", "condition", "urgency", "asset", "site", "origin", "due_at"]
    list_display_links = ["number", "title"]
    list_select_related = ["asset__site"]
    list_filter = ["state", "priority", "origin", ("asset__site", VisibleChoices), "due_at"]
    search_fields = ["title", "asset__tag", "asset__name"]
    autocomplete_fields = ["asset"]
    ordering = ["-opened_at"]
    show_full_result_count = False
    actions = ["approve", "cancel"]
    action_form = MoveForm
    asks_reason = ("cancel",)
    inlines = [AnomalyInline, TransitionInline, NotificationInline]
    readonly_fields = ["condition", "trace", "opened_at"]
    fieldsets = [
        (None, {"fields": ["condition", "asset", "origin", "priority", "due_at", "opened_at"]}),
        ("What to do", {"fields": ["title", "description", "recommendation"]}),
        ("Why the software proposed it", {"fields": ["trace"]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: WorkOrder | None = None) -> list[str]:
        return [*self.readonly_fields, "asset", "origin"] if obj else self.readonly_fields

    def get_inlines(self, request: HttpRequest, obj: WorkOrder | None = None) -> list[Any]:
        return self.inlines if obj else []

    def formfield_for_choice_field(
        self, db_field: Field, request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "origin":
            # Predictive orders are the software's own: it opens one per asset.
            people = [c for c in WorkOrder.Origin.choices if c[0] != WorkOrder.Origin.PREDICTIVE]
            kwargs |= {"choices": people, "initial": WorkOrder.Origin.REQUEST}
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    # An order is cancelled; what happened to it stays.
    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def charts(self, order: WorkOrder) -> list[Chart]:
        worst = order.anomalies.select_related("sensor").order_by("-score_worst")
        return by_sensor(worst, most=MOST_CHARTS)

    def has_approve_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("maintenance.approve_workorder")

    @admin.action(description="Approve the selected work orders", permissions=["approve"])
    def approve(self, request: HttpRequest, orders: QuerySet) -> None:
        self._move(request, orders, WorkOrder.State.APPROVED)

    @admin.action(description="Cancel the selected, with a reason", permissions=["approve"])
    def cancel(self, request: HttpRequest, orders: QuerySet) -> None:
        if request.POST.get("reason", "").strip():
            self._move(request, orders, WorkOrder.State.CANCELLED)
        else:
            messages.warning(request, "Say in the field beside the action why it is cancelled.")

    def _move(self, request: HttpRequest, orders: QuerySet, to_state: WorkOrder.State) -> None:
        reason = request.POST.get("reason", "").strip()
        moved = []
        for pk in orders.order_by("pk").values_list("pk", flat=True):
            try:
                moved.append(move(pk, to_state, actor=person_of(request), reason=reason).number)
            except IllegalMoveError as exc:
                messages.warning(request, f"{exc}.")
        if moved:
            messages.success(request, f"{to_state.label}: {', '.join(moved)}.")

    def buttons(self, order: WorkOrder) -> dict[str, str]:
        moves: dict[str, str] = {
            WorkOrder.State.APPROVED: "approve",
            WorkOrder.State.CANCELLED: "cancel",
        }
        allowed = [moves[state] for state in TRANSITIONS[order.state] if state in moves]
        return {name: name.title() for name in allowed}

    @admin.display(description="state", ordering="state")
    def condition(self, order: WorkOrder) -> str:
        state = WorkOrder.State(order.state)
        return pill(STATE_LEVELS.get(state, "low"), state.label)

    @admin.display(description="priority", ordering="priority")
    def urgency(self, order: WorkOrder) -> str:
        return pill(PRIORITY_LEVELS[order.priority], order.priority)

    @admin.display(ordering="asset__site")
    def site(self, order: WorkOrder) -> Site:
        return order.asset.site

    @admin.display(description="decision")
    def trace(self, order: WorkOrder) -> str:
        return rendered("maintenance/decision.html", decision=order.decision)


@admin.register(Notification)
class NotificationAdmin(Evidence, WithButtons):
    site_path = "work_order__asset__site"
    list_display = [
        "work_order",
        "event",
        "channel",
        "recipient",
        "delivery",
        "created_at",
        "error",
    ]
    list_select_related = ["work_order"]
    list_filter = ["status", "event", "channel", "created_at"]
    search_fields = ["recipient", "work_order__title"]
    fields = [
        "work_order",
        "event",
        "channel",
        "recipient",
        "delivery",
        "error",
        "created_at",
        "claimed_at",
        "sent_at",
        "correlation_ids",
    ]
    actions = ["send_again"]

    def has_send_again_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("maintenance.change_notification")

    @admin.action(description="Send the failed ones again", permissions=["send_again"])
    def send_again(self, request: HttpRequest, notifications: NotificationQuerySet) -> None:
        failed = notifications.filter(status=Notification.Status.FAILED)
        self.note(request, failed, "Sent again.")
        messages.success(request, f"{notifications.send_again()} will be sent within minutes.")

    def buttons(self, notification: Notification) -> dict[str, str]:
        failed = notification.status == Notification.Status.FAILED
        return {"send_again": "Send again"} if failed else {}

    @admin.display(description="status", ordering="status")
    def delivery(self, notification: Notification) -> str:
        status = Notification.Status(notification.status)
        return pill(DELIVERY_LEVELS.get(status, "medium"), status.label)
