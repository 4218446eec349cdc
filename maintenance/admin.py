"""What is wrong and what is done about it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Case, Field, Model, QuerySet, When
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html

from maintenance.admin_editing import EditedWhileItChanges
from maintenance.admin_filters import DueFilter, SeverityFilter, StatusFilter
from maintenance.admin_inlines import (
    AnomalyInline,
    NotificationInline,
    ShowsSeverity,
    SymptomInline,
    TransitionInline,
    decided,
    severity_pill,
    shares_of,
    worst_now,
)
from maintenance.admin_moves import MovesOrders
from maintenance.models import Anomaly, Notification, Symptom, WorkOrder
from maintenance.models.anomalies import AnomalyQuerySet
from maintenance.models.notifications import NotificationQuerySet
from maintenance.pictures import by_sensor
from sensors.admin_pages import Evidence, WithButtons, facts, pill, url_of
from sensors.admin_scope import SiteScoped, VisibleChoices, person_of
from sensors.admin_times import NOTHING, SHORT, shown
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


@admin.register(Anomaly)
class AnomalyAdmin(ShowsSeverity, Evidence, WithButtons):
    site_path = "asset__site"
    list_display = [
        "worst",
        "named",
        "reason",
        "condition",
        "started_at",
        "order",
    ]
    list_display_links = ["named"]
    list_select_related = ["sensor", "asset__site", "work_order"]
    list_filter = [
        StatusFilter,
        ("severity_worst", SeverityFilter),
        "kind",
        ("asset__site", VisibleChoices),
        "started_at",
    ]
    search_fields = ["sensor__code", "asset__tag", "asset__name", "detector"]
    ordering = [
        Case(When(ended_at=None, then=0), default=1),
        "-severity_worst",
        "-started_at",
    ]
    actions = ["acknowledge"]
    inlines = [SymptomInline]
    fieldsets = [
        (None, {"fields": [("worst", "severity_now", "condition"), "reason", "asset", "sensor"]}),
        (
            "Episode",
            {"fields": ["started_at", "last_seen_at", "ended_at", "peak"]},
        ),
        (
            "Evidence",
            {"fields": ["kind", "scores", "shares", "seen_by_it", "detected_at", "detector"]},
        ),
        ("Requests that brought it", {"fields": ["correlation_ids"], "classes": ["collapse"]}),
        ("People", {"fields": ["acknowledged_at", "acknowledged_by", "work_order"]}),
    ]

    def charts(self, anomaly: Anomaly) -> list[Chart]:
        return by_sensor(_worst_first(anomaly.symptoms), most=MOST_CHARTS)

    def has_acknowledge_permission(self, request: HttpRequest) -> bool:
        # The fields are closed to all, so the question is put to the person directly.
        return request.user.has_perm("maintenance.change_anomaly")

    @admin.action(description="Acknowledge the selected anomalies", permissions=["acknowledge"])
    def acknowledge(self, request: HttpRequest, anomalies: AnomalyQuerySet) -> None:
        self.note(request, anomalies.filter(acknowledged_at=None), "Acknowledged.")
        messages.success(request, f"Acknowledged {anomalies.acknowledge(person_of(request))}.")

    def buttons(self, anomaly: Anomaly) -> dict[str, str]:
        return {} if anomaly.acknowledged_at else {"acknowledge": "Acknowledge"}

    @admin.display(description="anomaly", ordering="kind")
    def named(self, anomaly: Anomaly) -> str:
        kind, code = anomaly.get_kind_display(), anomaly.sensor.code
        return format_html('{} on <span class="code">{}</span>', kind, code)

    @admin.display(description="severity now")
    def severity_now(self, anomaly: Anomaly) -> str:
        return severity_pill(anomaly.severity)

    @admin.display
    def peak(self, anomaly: Anomaly) -> str:
        value = f"{anomaly.peak_value:.4g} {anomaly.sensor.unit}".rstrip()
        return f"{value} at {shown(anomaly.peak_at)}"

    @admin.display(description="what the detector saw")
    def seen_by_it(self, anomaly: Anomaly) -> str:
        rounded = {
            key: f"{value:.4g}" if isinstance(value, float) else value
            for key, value in anomaly.evidence.items()
        }
        return facts(rounded)

    @admin.display(description="contributions")
    def shares(self, anomaly: Anomaly) -> str:
        return shares_of(anomaly)

    @admin.display(description="score")
    def scores(self, anomaly: Anomaly) -> str:
        return f"{anomaly.score:.4g} now, {anomaly.score_worst:.4g} at worst; 1 is the alarm line"

    @admin.display(description="work order", ordering="work_order")
    def order(self, anomaly: Anomaly) -> str:
        order = anomaly.work_order
        return (
            format_html('<a href="{}">{}</a>', url_of(order), order.number) if order else NOTHING
        )


@admin.register(WorkOrder)
class WorkOrderAdmin(EditedWhileItChanges, SiteScoped, MovesOrders):
    site_path = "asset__site"
    list_display = ["urgency", "due", "title", "condition", "number", "asset", "site"]
    list_display_links = ["title", "number"]
    list_select_related = ["asset__site"]
    list_filter = ["state", "priority", DueFilter, "origin", ("asset__site", VisibleChoices)]
    search_fields = ["title", "asset__tag", "asset__name"]
    autocomplete_fields = ["asset"]
    ordering = ["-opened_at"]
    show_full_result_count = False
    inlines = [AnomalyInline, TransitionInline, NotificationInline]
    readonly_fields = ["condition", "now", "trace", "opened_at"]
    fieldsets = [
        (
            None,
            {"fields": [("condition", "now"), "priority", "due_at", "title", "recommendation"]},
        ),
        ("About", {"fields": ["asset", "description", ("origin", "opened_at")]}),
        ("What the software last decided", {"fields": ["trace"], "classes": ["collapse"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["asset", "origin", "priority", "due_at"]}),
        ("What to do", {"fields": ["title", "description", "recommendation"]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: WorkOrder | None = None) -> list[str]:
        return [*self.readonly_fields, "asset", "origin"] if obj else self.readonly_fields

    def get_fieldsets(self, request: HttpRequest, obj: WorkOrder | None = None) -> Any:
        return self.fieldsets if obj else self.add_fieldsets

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        told = {"description": "As found when the order was proposed or extended."}
        return super().get_form(request, obj, change, help_texts=told if obj else {}, **kwargs)

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
        symptoms = Symptom.objects.filter(anomaly__work_order=order)
        return by_sensor(_worst_first(symptoms), most=MOST_CHARTS)

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

    @admin.display(description="due", ordering="due_at")
    def due(self, order: WorkOrder) -> str:
        at = shown(order.due_at, SHORT)
        late = order.state in WorkOrder.OPEN_STATES and order.due_at < timezone.now()
        return format_html('<span class="late">{} overdue</span>', at) if late else at

    @admin.display(description="anomalies now")
    def now(self, order: WorkOrder) -> str:
        return worst_now(order)

    @admin.display(description="decision")
    def trace(self, order: WorkOrder) -> str:
        return decided(order.decision)


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


def _worst_first(symptoms: Any) -> QuerySet[Symptom]:
    found: QuerySet[Symptom] = symptoms.select_related("foremost__site")
    return found.order_by("-score_worst", "pk")
