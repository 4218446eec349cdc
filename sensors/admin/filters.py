"""Ways to narrow the lists of sensors, API keys and what was put aside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from sensors.models import QuarantinedReading


class InUseFilter(admin.SimpleListFilter):
    title = "in use"
    parameter_name = "in_use"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Yes"), ("no", "No, retired")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() in ("yes", "no"):
            return queryset.filter(retired_at__isnull=self.value() == "yes")
        return queryset


class KeyStateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(state, state.title()) for state in ("usable", "expired", "revoked")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        if self.value() == "usable":
            return queryset.usable()
        if self.value() == "expired":
            return queryset.filter(revoked_at=None, expires_at__lte=timezone.now())
        return queryset.exclude(revoked_at=None) if self.value() == "revoked" else queryset


class WorkFirst(admin.SimpleListFilter):
    """Shows what is left to do unless asked for something else."""

    title = "state"
    parameter_name = "state"
    unasked: str

    def choices(self, changelist: Any) -> Iterator[Any]:
        chosen = self.value() or self.unasked
        for value, words in self.lookup_choices:
            yield {
                "selected": value == chosen,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": words,
            }


class WaitingFirst(WorkFirst):
    unasked = "waiting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*QuarantinedReading.State.choices, ("all", "All")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        state = self.value() or self.unasked
        known = state in QuarantinedReading.State
        return queryset.filter(state=state) if known else queryset


class OpenFirst(WorkFirst):
    unasked = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Open"), ("resolved", "Resolved"), ("all", "All")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        state = self.value() or self.unasked
        return getattr(queryset, state)() if state in ("open", "resolved") else queryset
