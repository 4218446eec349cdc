"""What was learnt, from what, and how well: evidence, for reading only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from mlops.models import ModelVersion
from sensors.admin_parts.pages import Evidence, facts, pill
from sensors.admin_parts.scope import VisibleChoices
from sensors.admin_parts.times import NOTHING


@admin.register(ModelVersion)
class ModelVersionAdmin(Evidence):
    list_display = [
        "named",
        "duty",
        "of",
        "learnt_from",
        "learnt_until",
        "rows",
        "how_well",
        "created_at",
    ]
    list_select_related = ["sensor", "asset__site", "asset_type"]
    list_filter = ["is_active", "kind", ("asset__site", VisibleChoices), "created_at"]
    search_fields = [
        "sensor__code",
        "asset__tag",
        "asset__name",
        "artifact_digest__startswith",
    ]
    search_help_text = "A code, a tag, a name, or how the digest begins"
    fieldsets = [
        (None, {"fields": ["kind", "number", "duty", "of", "created_at"]}),
        ("Learnt from", {"fields": [("learnt_from", "learnt_until"), "rows", "sensors"]}),
        ("How well", {"fields": ["measured"]}),
        ("Method", {"fields": ["code", "set_to"]}),
        ("Identity", {"fields": ["data_digest", "artifact_digest"]}),
    ]

    def at_sites(self, rows: Any, sites: list[int]) -> QuerySet:
        return rows.at_sites(sites)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup in ("asset", "sensor") or super().lookup_allowed(lookup, value, request)

    @admin.display(description="version", ordering="pk")
    def named(self, version: ModelVersion) -> str:
        return str(version)

    @admin.display(description="on duty", ordering="is_active")
    def duty(self, version: ModelVersion) -> str:
        return pill("good", "On duty") if version.is_active else pill("quiet", "Off duty")

    @admin.display(description="for")
    def of(self, version: ModelVersion) -> str:
        return str(version.sensor or version.asset or version.asset_type or NOTHING)

    @admin.display(description="how well")
    def how_well(self, version: ModelVersion) -> str:
        measured = version.metrics
        if (rate := measured.get("false_alarms_per_week")) is not None:
            return f"{rate:g} false alarms a week"
        if (error := measured.get("error_hours")) is not None:
            return f"off by {error:g} h, the age alone by {measured['error_by_age_hours']:g} h"
        return NOTHING

    @admin.display(description="sensors")
    def sensors(self, version: ModelVersion) -> str:
        return ", ".join(version.columns) or NOTHING

    @admin.display(description="metrics")
    def measured(self, version: ModelVersion) -> str:
        return facts(version.metrics)

    @admin.display(description="parameters")
    def set_to(self, version: ModelVersion) -> str:
        stored = dict(version.parameters)
        return facts(stored | stored.pop("detector", {}))
