"""What a failure costs, as planners assume it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from maintenance.figures.assuming import assume
from maintenance.models import CostAssumption
from sensors.access import Right
from sensors.admin_parts.scope import SiteScoped, VisibleChoices, principal_in, sites_of
from sensors.admin_parts.times import ClearTimes
from sensors.models import Site


@admin.register(CostAssumption)
class CostAssumptionAdmin(SiteScoped, ClearTimes):
    list_display = ["named", "cost_per_hour", "hours", "share_failing", "changed_by", "changed_at"]
    list_select_related = ["site", "asset_type"]
    list_filter = [("site", VisibleChoices)]
    fields = [
        "site",
        "asset_type",
        "cost_per_hour",
        "hours",
        "share_failing",
        "note",
        "changed_by",
        "changed_at",
    ]
    readonly_fields = ["changed_by", "changed_at"]

    def get_readonly_fields(
        self, request: HttpRequest, obj: CostAssumption | None = None
    ) -> list[str]:
        """What it is about stays as it is."""
        return [*self.readonly_fields, "site", "asset_type"] if obj else self.readonly_fields

    def get_field_queryset(self, db: Any, db_field: Any, request: HttpRequest) -> QuerySet | None:
        """Only sites at which the person may plan can be chosen."""
        choices = super().get_field_queryset(db, db_field, request)
        allowed = sites_of(request, Right.PLAN)
        if db_field.remote_field.model is Site and allowed is not None:
            return (Site.objects.all() if choices is None else choices).filter(pk__in=allowed)
        return choices

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and principal_in(request).may(Right.PLAN)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return super().has_change_permission(request, obj) and self._plans(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return super().has_delete_permission(request, obj) and self._plans(request, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """One by one: a list may have those of sites at which the person only looks."""
        return {}

    def save_model(
        self, request: HttpRequest, obj: CostAssumption, form: ModelForm, change: bool
    ) -> None:
        assume(obj, principal_in(request))

    @admin.display(description="assumption", ordering="site")
    def named(self, assumption: CostAssumption) -> str:
        return str(assumption)

    def _plans(self, request: HttpRequest, obj: Any) -> bool:
        principal = principal_in(request)
        return (
            principal.may(Right.PLAN) if obj is None else principal.may_at(Right.PLAN, obj.site_id)
        )
