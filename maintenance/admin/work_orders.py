"""What is done about it: the list and the page of a work order."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Field, Model
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html

from maintenance.admin.editing import EditedWhileItChanges
from maintenance.admin.filters import DueFilter
from maintenance.admin.inlines import (
    AnomalyInline,
    NotificationInline,
    TransitionInline,
    decided,
    worst_now,
)
from maintenance.admin.moves import MovesOrders
from maintenance.models import Symptom, WorkOrder
from maintenance.pictures import of_the_worst
from sensors.admin_parts.pages import pill
from sensors.admin_parts.scope import SiteScoped, VisibleChoices
from sensors.admin_parts.times import SHORT, shown
from sensors.drawing.charts import Chart
from sensors.models import Site

STATE_LEVELS = {
    WorkOrder.State.PROPOSED: "medium",
    WorkOrder.State.COMPLETED: "good",
    WorkOrder.State.CLOSED: "quiet",
    WorkOrder.State.CANCELLED: "quiet",
}
PRIORITY_LEVELS = {"P1": "critical", "P2": "high", "P3": "medium", "P4": "low"}


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
        return of_the_worst(symptoms)

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
