"""Ways to narrow the lists of anomalies and work orders."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from maintenance.models import Anomaly
from sensors.admin_parts.scope import person_of


class StatusFilter(admin.SimpleListFilter):
    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("active", "Active"), *Anomaly.Status.choices]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        if self.value() == "active":
            return queryset.open()
        return queryset.with_status(self.value()) if self.value() in Anomaly.Status else queryset


class SeverityFilter(admin.ChoicesFieldListFilter):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = "severity"


class AssignedFilter(admin.SimpleListFilter):
    title = "looked after by"
    parameter_name = "assigned"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("me", "Me"), ("nobody", "Nobody")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        if self.value() == "me":
            return queryset.filter(assigned_to=person_of(request))
        return queryset.filter(assigned_to=None) if self.value() == "nobody" else queryset


class DueFilter(admin.SimpleListFilter):
    title = "due"
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("overdue", "Overdue"), ("day", "In 24 hours"), ("week", "In 7 days")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        ahead = {"day": timedelta(days=1), "week": timedelta(days=7)}.get(self.value() or "")
        if self.value() == "overdue":
            return queryset.overdue()
        now = timezone.now()
        return queryset.open().filter(due_at__range=(now, now + ahead)) if ahead else queryset


class MineFilter(admin.SimpleListFilter):
    title = "whose"
    parameter_name = "whose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("mine", "Given to me"), ("asked", "Asked for by me"), ("nobody", "Nobody's")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        person = person_of(request)
        chosen: dict[str, dict[str, Any]] = {
            "mine": {"technician__user": person},
            "asked": {"requested_by": str(person)[:150]},
            "nobody": {"technician": None},
        }
        return queryset.filter(**chosen.get(self.value() or "", {}))
