"""What is done about it: the list and the page of a work order."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Field, Model, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html

from maintenance.admin.acting import WarnsOfRefusals
from maintenance.admin.editing import AsShown, EditedWhileItChanges
from maintenance.admin.filters import DueFilter, MineFilter
from maintenance.admin.order_acting import ActsOnOrders
from maintenance.admin.order_forms import DURATIONS
from maintenance.admin.order_page import is_late, page_of, priority_pill, state_pill
from maintenance.downloading import handed_out
from maintenance.models import FailureCode, Symptom, WorkOrder
from maintenance.orders.completing import ASPECT_OF
from maintenance.orders.requesting import (
    ASKED_FOR,
    CHANGEABLE,
    FOUND,
    PLANNED,
    ask_for_work,
    revise,
)
from maintenance.pictures import of_the_worst
from sensors.access import Right
from sensors.admin_parts.pages import pill
from sensors.admin_parts.scope import SiteScoped, VisibleChoices, principal_in
from sensors.admin_parts.times import SHORT, shown
from sensors.drawing.charts import Chart
from sensors.models import Site

WORDS = ["title", "description", "recommendation"]
PLANS = ("priority", "due_at", "planned_duration")
FINDINGS = ["found_fault", *ASPECT_OF, "resolution"]


@admin.register(WorkOrder)
class WorkOrderAdmin(WarnsOfRefusals, EditedWhileItChanges, SiteScoped, ActsOnOrders):
    site_path = "asset__site"
    list_display = ["urgency", "due", "title", "condition", "number", "who", "asset", "site"]
    list_display_links = ["title", "number"]
    list_select_related = ["asset__site", "technician"]
    list_filter = [
        "state",
        "priority",
        DueFilter,
        MineFilter,
        "origin",
        "verification",
        ("asset__site", VisibleChoices),
    ]
    search_fields = ["title", "asset__tag", "asset__name"]
    autocomplete_fields = ["asset"]
    ordering = ["-opened_at"]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("asset__site")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.file)
        own = path("<int:pk>/files/<int:row>/", view, name="maintenance_workorder_file")
        return [own, *super().get_urls()]

    def file(self, request: HttpRequest, pk: int, row: int) -> FileResponse:
        """A file of an order, to be saved and not opened in place."""
        order = self.get_object(request, str(pk)) if self.has_view_permission(request) else None
        found = order.attachments.filter(pk=row).first() if order else None
        if found is None:
            raise Http404
        try:
            return handed_out(found.file, name=found.name, content_type=found.content_type)
        except FileNotFoundError as exc:
            raise Http404("The storage does not have this file any more.") from exc

    def editable(self, request: HttpRequest, order: WorkOrder) -> frozenset[str]:
        """The fields that the person may change while the order is as it is. Skills have an
        act of their own."""
        by, site_id = principal_in(request), order.asset.site_id
        if not by.may_at(Right.WORK, site_id):
            return frozenset()
        allowed = CHANGEABLE[order.state] - {"skills"}
        return allowed if by.may_at(Right.PLAN, site_id) else allowed - PLANNED

    def has_change_permission(self, request: HttpRequest, obj: WorkOrder | None = None) -> bool:
        may = super().has_change_permission(request, obj)
        return may and (obj is None or bool(self.editable(request, obj)))

    # An order is cancelled; what happened to it stays.
    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_fieldsets(self, request: HttpRequest, obj: WorkOrder | None = None) -> Any:
        if obj is None:
            return [(None, {"fields": ["asset", "origin", *WORDS, PLANS]})]
        found = bool(FOUND & CHANGEABLE[obj.state]) or bool(obj.found_fault)
        findings = [("What was found", {"fields": FINDINGS})] if found else []
        return [("What is to be done", {"fields": [*WORDS, PLANS]}), *findings]

    def get_readonly_fields(self, request: HttpRequest, obj: WorkOrder | None = None) -> list[str]:
        if obj is None:
            return []
        editable = self.editable(request, obj)
        return [name for name in (*WORDS, *PLANS, *FINDINGS) if name not in editable]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        fields = form.base_fields
        if "planned_duration" in fields:
            fields["planned_duration"].validators += DURATIONS
            fields["planned_duration"].required = True
        for name in ASPECT_OF.keys() & fields.keys():
            codes = FailureCode.objects.choices_for(obj.asset, ASPECT_OF[name])
            standing = FailureCode.objects.filter(pk=getattr(obj, f"{name}_id"))
            fields[name] = forms.ModelChoiceField(codes | standing, required=False)
        if obj is None:
            fields["due_at"].required = False
            fields["due_at"].help_text = "Empty: when work of its priority usually is due"
        return form

    def formfield_for_choice_field(
        self, db_field: Field, request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "origin":
            people = [choice for choice in WorkOrder.Origin.choices if choice[0] in ASKED_FOR]
            kwargs |= {"choices": people, "initial": WorkOrder.Origin.REQUEST}
        if db_field.name == "priority":
            kwargs |= {"initial": "P3"}
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def save_model(
        self, request: HttpRequest, obj: WorkOrder, form: AsShown, change: bool
    ) -> None:
        """What the rules refuse is told by WarnsOfRefusals."""
        by, said = principal_in(request), form.cleaned_data
        if change:
            revise(obj.pk, by=by, changes={name: said[name] for name in form.changed_data})
        else:
            made = ask_for_work(said.pop("asset"), by=by, **said)
            obj.pk, obj.title = made.pk, made.title

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        order = kwargs.get("obj")
        context["show_save_and_add_another"] = False
        if order is not None:
            context |= page_of(request, order)
        return super().render_change_form(request, context, *args, **kwargs)

    def charts(self, order: WorkOrder) -> list[Chart]:
        symptoms = Symptom.objects.filter(anomaly__work_order=order)
        return of_the_worst(symptoms)

    @admin.display(description="state", ordering="state")
    def condition(self, order: WorkOrder) -> str:
        waits = order.hold_reason and pill("plain", order.get_hold_reason_display())
        deferred = order.deferred_until and pill("plain", f"to {order.deferred_until:%m-%d}")
        return format_html("{} {}", state_pill(order), waits or deferred or "")

    @admin.display(description="priority", ordering="priority")
    def urgency(self, order: WorkOrder) -> str:
        return priority_pill(order)

    @admin.display(description="who", ordering="technician__name")
    def who(self, order: WorkOrder) -> str:
        return str(order.technician or "–")

    @admin.display(ordering="asset__site")
    def site(self, order: WorkOrder) -> Site:
        return order.asset.site

    @admin.display(description="due", ordering="due_at")
    def due(self, order: WorkOrder) -> str:
        at = shown(order.due_at, SHORT)
        return format_html('<span class="late">{} overdue</span>', at) if is_late(order) else at
