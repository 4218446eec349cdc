"""Preventive plans: the list, and the page with its triggers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.db.models import ForeignKey, Model, QuerySet
from django.db.models.fields.related import RelatedField
from django.forms import BaseInlineFormSet
from django.http import HttpRequest
from django.utils import timezone

from maintenance.admin.acting import warned
from maintenance.admin.editing import EditedWhileItChanges
from maintenance.admin.plan_panels import local
from maintenance.models import (
    CalendarTrigger,
    MeterTrigger,
    Plan,
    PlanPart,
    PlanSkill,
    QuietSeason,
)
from maintenance.plans.generating import generate_now
from maintenance.plans.keeping import OF_DATES, check_seasons
from sensors.access import Right
from sensors.admin_parts.pages import WithButtons, pill
from sensors.admin_parts.scope import SiteScoped, VisibleChoices, principal_in, sites_of

MOST_ROWS = 10


class PlannersOnly(admin.ModelAdmin):
    """A planner of the site changes plans; who may see them may not for that alone."""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        may = principal_in(request).may(Right.PLAN)
        return may and super().has_add_permission(request, *args)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        plans_there = obj is None or principal_in(request).may_at(Right.PLAN, obj.asset.site_id)
        return plans_there and super().has_change_permission(request, obj)

    # A plan is stopped; what it led to stays.
    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class Rows(admin.TabularInline):
    extra = 0
    max_num = MOST_ROWS
    # Else a row is wider than the page.
    formfield_overrides = {
        models.CharField: {"widget": forms.TextInput(attrs={"size": 24})},
        models.DecimalField: {"widget": forms.NumberInput(attrs={"style": "width: 7em"})},
        models.FloatField: {"widget": forms.NumberInput(attrs={"style": "width: 7em"})},
    }


class CalendarInline(Rows):
    model = CalendarTrigger
    verbose_name_plural = "due by the calendar"
    fields = ["rule", "first_on", "at", "due"]
    readonly_fields = ["due"]
    formfield_overrides = {models.CharField: {"widget": forms.TextInput(attrs={"size": 42})}}

    @admin.display(description="next")
    def due(self, trigger: CalendarTrigger) -> str:
        return local(trigger.due_at, trigger.plan.zone) if trigger.due_at else "–"


class MeterInline(Rows):
    model = MeterTrigger
    verbose_name_plural = "due by a meter"
    fields = ["sensor", "measure", "level", "every", "amount", "counted_in"]
    readonly_fields = ["counted_in"]
    autocomplete_fields = ["sensor"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("sensor")

    @admin.display(description="unit")
    def counted_in(self, trigger: MeterTrigger) -> str:
        return trigger.unit if trigger.pk else "–"


class Seasons(BaseInlineFormSet):
    def clean(self) -> None:
        super().clean()
        kept = [f for f in self.forms if f.has_changed() or f.instance.pk]
        if any(form.errors for form in kept):
            return
        left = [form.instance.season for form in kept if not form.cleaned_data.get("DELETE")]
        try:
            check_seasons(left)
        except forms.ValidationError as exc:
            raise forms.ValidationError(exc.messages) from exc


class SeasonInline(Rows):
    model = QuietSeason
    formset = Seasons
    verbose_name_plural = "nothing is done in"


class SkillInline(Rows):
    model = PlanSkill
    verbose_name_plural = "skills"


class PartInline(Rows):
    model = PlanPart
    max_num = 50


@admin.register(Plan)
class PlanAdmin(PlannersOnly, EditedWhileItChanges, SiteScoped, WithButtons):
    site_path = "asset__site"
    list_display = ["title", "asset", "next_due_at", "running", "order_now", "planned_by"]
    list_select_related = ["asset__site", "awaits"]
    list_filter = ["is_active", "anchor", ("asset__site", VisibleChoices), "asset__type"]
    search_fields = ["title", "asset__tag", "asset__name"]
    autocomplete_fields = ["asset"]
    ordering = ["next_due_at", "pk"]
    inlines = [CalendarInline, MeterInline, SeasonInline, SkillInline, PartInline]
    readonly_fields = ["next_due_at", "order_now", "planned_by"]
    actions = ["generate"]
    fieldsets = [
        (None, {"fields": ["asset", "title", "is_active", ("next_due_at", "order_now")]}),
        (
            "What is to be done",
            {"fields": ["description", "priority", "planned_duration", "checklist"]},
        ),
        ("When", {"fields": [("needs", "anchor"), ("lead_time", "time_zone"), "in_season"]}),
        ("Who planned it", {"fields": ["planned_by"]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Plan | None = None) -> list[str]:
        """A plan stays with its asset."""
        return [*self.readonly_fields, "asset"] if obj else self.readonly_fields

    def get_field_queryset(
        self, db: str | None, db_field: RelatedField, request: HttpRequest
    ) -> QuerySet | None:
        choices = super().get_field_queryset(db, db_field, request)
        sites = sites_of(request, Right.PLAN)
        if db_field.name == "asset" and choices is not None and sites is not None:
            return choices.filter(site__in=sites)
        return choices

    def formfield_for_foreignkey(
        self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "asset" and field is not None:
            field.queryset = self.get_field_queryset(None, db_field, request) or field.queryset
        return field

    def save_model(self, request: HttpRequest, obj: Plan, form: Any, change: bool) -> None:
        obj.planned_by = principal_in(request).name[:150]
        super().save_model(request, obj, form, change)
        obj.save(update_fields=["planned_by"])

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """A calendar that was changed begins anew."""
        for row in formset.save(commit=False):
            if isinstance(row, CalendarTrigger):
                row.due_at = None
        super().save_formset(request, form, formset, change)

    def save_related(self, request: HttpRequest, form: Any, *args: Any) -> None:
        super().save_related(request, form, *args)
        plan = Plan.objects.with_triggers().get(pk=form.instance.pk)
        plan.settle(timezone.now(), anew=not set(OF_DATES).isdisjoint(form.changed_data))

    def has_generate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("maintenance.change_plan")

    def buttons(self, plan: Plan) -> dict[str, str]:
        return {"generate": "Generate now"} if plan.is_active else {}

    @admin.action(description="Generate an order now", permissions=["generate"])
    def generate(self, request: HttpRequest, plans: QuerySet[Plan]) -> None:
        by, now = principal_in(request), timezone.now()
        for pk in plans.order_by("pk").values_list("pk", flat=True):
            with warned(request):
                order = generate_now(pk, by, now)
                self.note(request, plans.filter(pk=pk), f"Generated {order.number}.")
                messages.success(request, f"Generated {order.number}.")

    @admin.display(description="", ordering="is_active")
    def running(self, plan: Plan) -> str:
        return pill("good", "active") if plan.is_active else pill("quiet", "stopped")

    @admin.display(description="open order")
    def order_now(self, plan: Plan) -> str:
        return plan.awaits.number if plan.awaits else "–"
