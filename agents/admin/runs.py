"""How runs went through the agents: evidence, and a way to go on."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from kombu.exceptions import OperationalError as BrokerError

from agents import pipeline
from agents.models import PipelineRun
from agents.sight import seen_from
from sensors.admin_parts.pages import (
    Evidence,
    WithButtons,
    links,
    pill,
    rendered,
    url_of_list,
)
from sensors.admin_parts.scope import sites_of
from sensors.admin_parts.times import NOTHING, SHORT_WITH_SECONDS
from sensors.models import ReadingBatch

STATE_LEVELS = {"failed": "critical", "finished": "good", "running": "low"}
MOST_LINKS = 20


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
