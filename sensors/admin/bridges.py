"""The list of bridges: is what comes by MQTT coming in?"""

from __future__ import annotations

from django.contrib import admin
from django.contrib.admin.options import BaseModelAdmin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.http import urlencode

from sensors.admin_parts.pages import Evidence, pill, url_of_list
from sensors.admin_parts.scope import VisibleChoices
from sensors.admin_parts.times import SHORT_WITH_SECONDS
from sensors.models import Bridge, ReadingBatch

CONDITION_LEVELS = {"ok": "good", "disconnected": "high", "stale": "critical"}


@admin.register(Bridge)
class BridgeAdmin(Evidence):
    time_in_lists = SHORT_WITH_SECONDS
    list_display = [
        "name",
        "how_it_is",
        "age",
        "site",
        "message_at",
        "messages",
        "rejected",
        "last_error",
    ]
    list_select_related = ["site"]
    list_filter = [("site", VisibleChoices), "state"]
    search_fields = ["name"]
    fieldsets = [
        (None, {"fields": ["name", "site", "how_it_is", "age", "uploads"]}),
        ("Time", {"fields": ["started_at", "seen_at", "message_at"]}),
        ("Counts", {"fields": [("messages", "batches"), ("rejected", "repeated", "dropped")]}),
        ("Last error", {"fields": ["last_error", "last_error_at"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).defer("delivered")

    # One that is not used any more is deleted, so that nobody waits for it. A running
    # one comes back by itself.
    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return BaseModelAdmin.has_delete_permission(self, request, obj)

    @admin.display(description="state", ordering="state")
    def how_it_is(self, bridge: Bridge) -> str:
        return pill(CONDITION_LEVELS[bridge.condition], bridge.condition)

    @admin.display(description="last seen", ordering="seen_at")
    def age(self, bridge: Bridge) -> str:
        seconds = max(0, int(bridge.silence.total_seconds()))
        if seconds < 120:
            return f"{seconds} s ago"
        minutes = seconds // 60
        return f"{minutes} min ago" if minutes < 120 else f"{minutes // 60} h ago"

    @admin.display(description="what came in")
    def uploads(self, bridge: Bridge) -> str:
        its = urlencode({"q": bridge.source})
        return format_html(
            '<a href="{}">batches</a>, <a href="{}">those with rejections</a>',
            url_of_list(ReadingBatch, f"?{its}"),
            url_of_list(ReadingBatch, f"?{its}&rejected=yes"),
        )
