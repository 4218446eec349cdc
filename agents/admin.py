"""What came in and how it went through the agents: evidence, and a way to go on."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from kombu.exceptions import OperationalError as BrokerError

from agents import admin_curations as _admin_curations  # noqa: F401, registers its pages
from agents import pipeline
from agents.models import Claim, PipelineRun
from agents.sight import seen_from
from sensors.admin_pages import (
    Evidence,
    WithButtons,
    facts,
    links,
    pill,
    rendered,
    url_of_list,
)
from sensors.admin_scope import VisibleChoices, sites_of
from sensors.admin_times import NOTHING, SHORT_WITH_SECONDS
from sensors.models import QuarantinedReading, ReadingBatch, ReadingConflict

STATE_LEVELS = {"failed": "critical", "finished": "good", "running": "low"}
BATCH_LEVELS = {
    ReadingBatch.Status.WAITING: "medium",
    ReadingBatch.Status.CLAIMED: "low",
    ReadingBatch.Status.STORED: "good",
}
MOST_LINKS = 20


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


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        states = ("failed", "stalled", "unfinished", "finished")
        return [(state, state.title()) for state in states]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        chosen = self.value()
        if chosen in dict(self.lookup_choices):
            return getattr(queryset, str(chosen))()
        return queryset


def state_of(run: PipelineRun) -> str:
    return pill(STATE_LEVELS[run.state], run.state)


@admin.register(PipelineRun)
class PipelineRunAdmin(Evidence, WithButtons):
    time_in_lists = SHORT_WITH_SECONDS
    list_display = [
        "named",
        "condition",
        "stage",
        "went_wrong",
        "carried",
        "started_at",
        "seconds",
    ]
    list_filter = [StateFilter, "stage", "started_at"]
    actions = ["resume"]
    fieldsets = [
        (None, {"fields": ["condition", "stage", "went_wrong", "carried", "taken"]}),
        ("Stages", {"fields": ["passed"]}),
        (
            "Time",
            {
                "fields": [
                    "first_received_at",
                    "started_at",
                    "updated_at",
                    "finished_at",
                    "failed_at",
                ]
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return seen_from(super().get_queryset(request), sites_of(request))

    def at_sites(self, rows: QuerySet, sites: list[int]) -> QuerySet:
        return rows  # seen_from() has to know the sites of a superuser as well.

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        # Whoever may search an error can find out what it says.
        return ["error"] if sites_of(request) is None else []

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> PipelineRun | None:
        run = super().get_object(request, *args, **kwargs)
        if run is not None:
            run.seen_from = sites_of(request)
        return run

    def has_resume_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("agents.change_pipelinerun")

    @admin.action(description="Resume failed and stalled runs", permissions=["resume"])
    def resume(self, request: HttpRequest, runs: QuerySet) -> None:
        resumed = []
        for run in runs.order_by("pk"):
            try:
                if pipeline.resume(run.pk):
                    resumed.append(run)
                else:
                    messages.warning(request, f"{run} is neither failed nor stalled.")
            except BrokerError:
                messages.warning(request, f"The broker is away; {run} goes on when it is back.")
        if resumed:
            chosen = PipelineRun.objects.filter(pk__in=[run.pk for run in resumed])
            self.note(request, chosen, "Resumed.")
            messages.success(request, f"Resumed {len(resumed)} run(s).")

    def buttons(self, run: PipelineRun) -> dict[str, str]:
        stopped = run.failed_at or PipelineRun.objects.stalled().filter(pk=run.pk).exists()
        return {"resume": "Resume"} if stopped else {}

    @admin.display(description="run", ordering="pk")
    def named(self, run: PipelineRun) -> str:
        return str(run)

    @admin.display(description="state")
    def condition(self, run: PipelineRun) -> str:
        return state_of(run)

    @admin.display(description="readings", ordering="readings_seen")
    def carried(self, run: Any) -> int:
        return run.readings_seen

    @admin.display(description="error", ordering="error_seen")
    def went_wrong(self, run: Any) -> str:
        return run.error_seen or NOTHING

    @admin.display(description="seconds")
    def seconds(self, run: PipelineRun) -> str:
        return f"{sum(timing['seconds'] for timing in run.timings.values()):.3f}"

    @admin.display(description="batches")
    def taken(self, run: Any) -> str:
        batches = run.batches.light().order_by("pk")
        if run.seen_from is not None:
            batches = batches.filter(site__in=run.seen_from)
        all_of_them = url_of_list(ReadingBatch, f"?claim__run={run.pk}")
        return format_html(
            '{} … <a href="{}">all of them</a>', links(batches[:MOST_LINKS]), all_of_them
        )

    @admin.display(description="work")
    def passed(self, run: PipelineRun) -> str:
        longest = max((timing["seconds"] for timing in run.timings.values()), default=0) or 1
        stages = [
            {"name": stage.label, **timing, "share": round(100 * timing["seconds"] / longest)}
            for stage in run.ORDER
            if (timing := run.timings.get(stage))
        ]
        return rendered("agents/stages.html", stages=stages, ahead=run.stages_ahead)
