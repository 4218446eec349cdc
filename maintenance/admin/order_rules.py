"""What orders of all sites go by: failure codes, checklists and decision policies."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from maintenance.admin.acting import WarnsOfRefusals
from maintenance.models import (
    ChecklistTemplate,
    DecisionPolicy,
    FailureCode,
    PolicySkill,
    TemplatePoint,
)
from maintenance.models.coding import OF_SENSOR
from maintenance.orders.keeping import check_may_keep, keep_checklist, keep_code, keep_policy
from maintenance.refusals import RefusedError
from sensors.admin_parts.pages import pill
from sensors.admin_parts.scope import principal_in
from sensors.admin_parts.times import NOTHING
from sensors.models import Sensor

ALL_TYPES = "all types"
MODE_LEVELS = {"suggest": "low", "draft_work_order": "medium", "auto_approve": "high"}
KINDS = [*Sensor.Kind.choices, (OF_SENSOR, "Faults of sensors themselves")]


class SharedForm(forms.ModelForm):
    """Refuses a type of asset that other sites have as well, in the words of the rule."""

    principal: Any = None

    def clean_asset_type(self) -> Any:
        asset_type = self.cleaned_data["asset_type"]
        try:
            check_may_keep(self.principal, asset_type)
        except RefusedError as exc:
            raise ValidationError(exc.detail, code=exc.code) from exc
        return asset_type


class SharedBySites(WarnsOfRefusals):
    """Everybody looks; whoever plans for all sites that a row concerns changes it. It is
    switched off, not deleted: orders of the past are coded with it."""

    form = SharedForm
    list_select_related = ["asset_type"]
    keep: Any

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"principal": principal_in(request)})

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = super().has_change_permission(request, obj)
        return may and (obj is None or self._may_keep(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = super().has_delete_permission(request, obj)
        return may and (obj is None or self._may_keep(request, obj))

    def _may_keep(self, request: HttpRequest, obj: Any) -> bool:
        # An inline is handed the row on whose page it stands.
        try:
            check_may_keep(principal_in(request), obj.asset_type)
        except RefusedError:
            return False
        return True

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        said = {name: form.cleaned_data[name] for name in form.changed_data}
        type(self).keep(obj, said, by=principal_in(request))

    @admin.display(description="type of asset", ordering="asset_type__name")
    def of_type(self, row: Any) -> str:
        return str(row.asset_type or ALL_TYPES)


@admin.register(FailureCode)
class FailureCodeAdmin(SharedBySites):
    keep = keep_code
    list_display = ["code", "name", "aspect", "of_type", "shows_in", "is_active"]
    list_filter = ["aspect", "asset_type", "is_active"]
    search_fields = ["code", "name"]
    fields = ["aspect", "asset_type", "code", "name", "sensor_kinds", "is_active"]

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "sensor_kinds":
            return forms.MultipleChoiceField(
                choices=KINDS,
                required=False,
                help_text=db_field.help_text,
                widget=forms.CheckboxSelectMultiple,
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @admin.display(description="shows in")
    def shows_in(self, code: FailureCode) -> str:
        return ", ".join(code.sensor_kinds) or NOTHING


class PointInline(admin.TabularInline):
    model = TemplatePoint
    extra = 1
    max_num = 200
    fields = ["position", "words", "is_mandatory", "on_fail"]


@admin.register(ChecklistTemplate)
class ChecklistTemplateAdmin(SharedBySites):
    keep = keep_checklist
    list_display = ["name", "of_type", "points"]
    list_filter = ["asset_type"]
    search_fields = ["name"]
    fields = ["name", "asset_type"]
    inlines = [PointInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).annotate(points_in_it=Count("points"))

    @admin.display(ordering="points_in_it")
    def points(self, template: Any) -> int:
        return template.points_in_it


class PolicySkillInline(admin.TabularInline):
    model = PolicySkill
    verbose_name_plural = "skills that planned work needs"
    extra = 0


@admin.register(DecisionPolicy)
class DecisionPolicyAdmin(SharedBySites):
    keep = keep_policy
    list_display = ["of_type", "how_far", "min_credibility", "min_severity"]
    list_display_links = ["of_type", "how_far"]
    list_filter = ["mode"]
    fieldsets = [
        (None, {"fields": ["asset_type", "mode"]}),
        ("Approved by itself", {"fields": [("min_credibility", "min_severity")]}),
        ("Put on planned orders", {"fields": ["planned_duration", "checklist"]}),
    ]
    inlines = [PolicySkillInline]

    @admin.display(description="how far it goes", ordering="mode")
    def how_far(self, row: DecisionPolicy) -> str:
        return pill(MODE_LEVELS[row.mode], row.get_mode_display())
