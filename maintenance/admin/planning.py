"""What pages have in common on which planners write, and others only look."""

from __future__ import annotations

from typing import Any

from django.db.models import ForeignKey, Model
from django.http import HttpRequest

from sensors.access import Right
from sensors.admin_parts.scope import SiteScoped, principal_in, sites_of
from sensors.models import Site


class PlannedHere(SiteScoped):
    """Rows of a site that only its planners write, as over the API."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return super().has_add_permission(request) and sites_of(request, Right.PLAN) != []

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self.plans(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and self.plans(request, obj)

    def plans(self, request: HttpRequest, obj: Any) -> bool:
        """Whether the person plans at the row's site; of all rows, whether at any."""
        principal = principal_in(request)
        return (
            principal.may(Right.PLAN) if obj is None else principal.may_at(Right.PLAN, obj.site_id)
        )

    def formfield_for_foreignkey(
        self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        allowed = sites_of(request, Right.PLAN)
        if field is not None and db_field.remote_field.model is Site and allowed is not None:
            field.queryset = field.queryset.filter(pk__in=allowed)
        return field
