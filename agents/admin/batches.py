"""What came in, and what became of it: evidence."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from agents.admin.runs import state_of
from agents.models import Claim
from sensors.admin_parts.pages import (
    Evidence,
    facts,
    links,
    pill,
    url_of_list,
)
from sensors.admin_parts.scope import VisibleChoices
from sensors.admin_parts.times import NOTHING
from sensors.models import QuarantinedReading, ReadingBatch, ReadingConflict

BATCH_LEVELS = {
    ReadingBatch.Status.WAITING: "medium",
    ReadingBatch.Status.CLAIMED: "low",
    ReadingBatch.Status.STORED: "good",
}


class RejectedFilter(admin.SimpleListFilter):
    """Where to look for what senders got wrong and are not told, as by MQTT."""

    title = "rejections"
    parameter_name = "rejected"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "With rejections")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(rejected__gt=0) if self.value() == "yes" else queryset


@admin.register(ReadingBatch)
class ReadingBatchAdmin(Evidence):
    list_display = [
        "named",
        "progress",
        "received_at",
        "site",
        "source",
        "accepted",
        "stored",
        "quarantined",
        "run",
    ]
    list_select_related = ["site", "claim__run"]
    list_filter = ["status", "mode", RejectedFilter, "received_at", ("site", VisibleChoices)]
    search_fields = ["correlation_id__exact", "source__startswith"]
    search_help_text = "A request id, or how the source begins"
    fieldsets = [
        (None, {"fields": ["progress", "mode", "site", "source", "api_key", "run"]}),
        (
            "Receipt",
            {
                "fields": [
                    ("accepted", "rejected"),
                    ("stored", "duplicates", "conflicts", "quarantined"),
                    "kept_aside",
                    "wrong",
                ]
            },
        ),
        ("Time", {"fields": ["received_at"]}),
        ("Identity", {"fields": ["correlation_id", "idempotency_key", "digest"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        # Only the page of one batch shows its rejections, and loads them for itself.
        return super().get_queryset(request).defer("payload", "rejections")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        # The page of a run links to the list of its batches.
        return lookup == "claim__run" or super().lookup_allowed(lookup, value, request)

    @admin.display(description="batch", ordering="pk")
    def named(self, batch: ReadingBatch) -> str:
        return str(batch)

    @admin.display(description="status", ordering="status")
    def progress(self, batch: ReadingBatch) -> str:
        status = ReadingBatch.Status(batch.status)
        return pill(BATCH_LEVELS[status], status.label)

    @admin.display
    def run(self, batch: ReadingBatch) -> str:
        claim: Claim | None = getattr(batch, "claim", None)
        if claim is None:
            return NOTHING
        return format_html("{} {}", links([claim.run]), state_of(claim.run))

    @admin.display(description="kept aside")
    def kept_aside(self, batch: ReadingBatch) -> str:
        return format_html(
            '<a href="{}">quarantined</a>, <a href="{}">conflicts</a>',
            url_of_list(QuarantinedReading, f"?batch={batch.pk}&state=all"),
            url_of_list(ReadingConflict, f"?batch={batch.pk}&state=all"),
        )

    @admin.display(description="rejections")
    def wrong(self, batch: ReadingBatch) -> str:
        return facts({f"{r['index']}": _in_words(r) for r in batch.rejections})


def _in_words(rejection: dict[str, Any]) -> str:
    """What is wrong; of a message by MQTT also where and when it came, and what it said."""
    words = f"{rejection['code']}: {rejection['detail']}"
    if "topic" not in rejection:
        return words
    return f"{rejection['topic']} at {rejection['received_at']}: {words}: {rejection['payload']}"
