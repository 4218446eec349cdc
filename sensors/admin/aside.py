"""What was put aside, as work that people finish: the quarantine and the conflicts."""

from __future__ import annotations

from datetime import datetime

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest

from sensors.access import Right
from sensors.admin.curating import Curates
from sensors.admin.filters import OpenFirst, WaitingFirst
from sensors.admin_parts.pages import Evidence, WithButtons, facts, links, pill
from sensors.admin_parts.scope import VisibleChoices, person_of, sites_of
from sensors.admin_parts.times import FULL, NOTHING, SHORT_WITH_SECONDS, shown
from sensors.aside.resolving import ResolvingError, resolve_conflicts, values_at
from sensors.drawing.charts import Chart
from sensors.drawing.pictures import around
from sensors.models import QuarantinedReading, ReadingConflict

State = QuarantinedReading.State
Resolution = ReadingConflict.Resolution

STATE_LEVELS = {
    State.WAITING: "medium",
    State.STORED: "good",
    State.DUPLICATE: "good",
    State.CONFLICT: "low",
    State.DISCARDED: "quiet",
}
RESOLUTION_LEVELS = {"": "medium", Resolution.KEEP_STORED: "good", Resolution.TAKE_OFFERED: "low"}
# In one transaction, which holds up whoever resolves others of the same sensors.
MOST_AT_ONCE = 1_000


@admin.register(QuarantinedReading)
class QuarantinedReadingAdmin(Curates, Evidence, WithButtons):
    list_display = [
        "sensor_code",
        "why",
        "condition",
        "value",
        "sent_time",
        "site",
        "batch",
        "quarantined_at",
    ]
    list_display_links = ["sensor_code"]
    list_select_related = ["batch", "site"]
    list_filter = [WaitingFirst, "reason", "quarantined_at", ("site", VisibleChoices)]
    search_fields = ["sensor_code__startswith"]
    search_help_text = "How the sensor's code begins"
    fieldsets = [
        (None, {"fields": ["sensor_code", "site", "why", "as_sent", "batch", "quarantined_at"]}),
        ("What became of it", {"fields": ["condition", "settled_at", "settled_by", "attempts"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).defer("batch__payload", "batch__rejections")

    @admin.display(description="reason", ordering="reason")
    def why(self, row: QuarantinedReading) -> str:
        return pill("plain", row.get_reason_display())

    @admin.display(description="state", ordering="state")
    def condition(self, row: QuarantinedReading) -> str:
        return pill(STATE_LEVELS[State(row.state)], row.get_state_display())

    @admin.display
    def value(self, row: QuarantinedReading) -> object:
        return row.reading.get("value")

    @admin.display(description="time sent")
    def sent_time(self, row: QuarantinedReading) -> object:
        """In the usual form if it can be read at all; it may be what is wrong."""
        sent = row.reading.get("timestamp")
        try:
            moment = datetime.fromisoformat(sent)
            return shown(moment, FULL) if moment.tzinfo else sent
        except (TypeError, ValueError, OverflowError):
            return sent

    @admin.display(description="reading")
    def as_sent(self, row: QuarantinedReading) -> str:
        return facts(row.reading)

    @admin.display(description="by")
    def settled_by(self, row: QuarantinedReading) -> str:
        return links([row.curation]) if row.curation else NOTHING


class NoteForm(ActionForm):
    reason = forms.CharField(required=False, max_length=500, label="Note")


@admin.register(ReadingConflict)
class ReadingConflictAdmin(Evidence, WithButtons):
    list_display = [
        "sensor",
        "taken_at",
        "stored_value",
        "offered_value",
        "condition",
        "site",
        "batch",
        "found_at",
    ]
    time_in_lists = SHORT_WITH_SECONDS
    list_select_related = ["sensor", "site", "batch"]
    list_filter = [OpenFirst, "taken_at", ("site", VisibleChoices)]
    search_fields = ["sensor__code__startswith"]
    search_help_text = "How the sensor's code begins"
    action_form = NoteForm
    actions = ["keep_stored", "take_offered"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("sensor", "site", "taken_at"),
                    ("stored_value", "offered_value", "stands_now"),
                    ("batch", "found_at"),
                    "other_offers",
                ]
            },
        ),
        (
            "Decision",
            {
                "fields": [
                    "condition",
                    ("resolved_by", "resolved_at"),
                    "replaced_value",
                    "note",
                ]
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).defer("batch__payload", "batch__rejections")

    def has_curate_permission(self, request: HttpRequest) -> bool:
        return sites_of(request, Right.CURATE) != []

    @admin.action(description="Keep the stored value", permissions=["curate"])
    def keep_stored(self, request: HttpRequest, rows: QuerySet) -> None:
        self._resolve(request, rows, Resolution.KEEP_STORED)

    @admin.action(description="Take the offered value", permissions=["curate"])
    def take_offered(self, request: HttpRequest, rows: QuerySet) -> None:
        self._resolve(request, rows, Resolution.TAKE_OFFERED)

    def _resolve(self, request: HttpRequest, rows: QuerySet, choice: str) -> None:
        sites = sites_of(request, Right.CURATE)
        mine = rows if sites is None else rows.filter(site__in=sites)
        ids = list(mine.order_by("pk").values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
        if len(ids) > MOST_AT_ONCE:
            messages.error(request, f"Resolve at most {MOST_AT_ONCE} conflicts at a time.")
            return
        note = request.POST.get("reason", "").strip()[:500]
        try:
            done = resolve_conflicts(ids=ids, choice=choice, by=str(person_of(request)), note=note)
        except ResolvingError as exc:
            messages.error(request, f"{exc} Nothing was resolved.")
        else:
            self.note(request, rows.model.objects.filter(pk__in=ids), f"{choice}. {note}")
            tell = messages.success if done else messages.warning
            tell(request, f"Resolved {done} conflict(s).")

    def buttons(self, conflict: ReadingConflict) -> dict[str, str]:
        if conflict.resolution:
            return {}
        standing = self.stands_now(conflict)
        if standing == NOTHING:  # Dropped by age: there is nothing to put a value in place of.
            return {"keep_stored": "Leave it"}
        return {
            "keep_stored": f"Keep {standing:g}",
            "take_offered": f"Take {conflict.offered_value:g}",
        }

    def takes_note(self, conflict: ReadingConflict) -> list[str]:
        return ["keep_stored", "take_offered"]

    def charts(self, conflict: ReadingConflict) -> list[Chart]:
        return [around(conflict)]

    @admin.display(description="state", ordering="resolution")
    def condition(self, conflict: ReadingConflict) -> str:
        words = conflict.get_resolution_display() or "Open"
        return pill(RESOLUTION_LEVELS[conflict.resolution], words)

    @admin.display(description="stands there now")
    def stands_now(self, conflict: ReadingConflict) -> float | str:
        moment = (conflict.sensor_id, conflict.taken_at)
        return values_at([moment]).get(moment, NOTHING)

    @admin.display(description="other offers")
    def other_offers(self, conflict: ReadingConflict) -> str:
        same = ReadingConflict.objects.filter(
            sensor=conflict.sensor_id, taken_at=conflict.taken_at
        )
        others = same.exclude(pk=conflict.pk).select_related("sensor").order_by("pk")
        return links(others[:10])
