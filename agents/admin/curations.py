"""What people had done with the quarantine, how far it is, and a way to go on."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from agents import curate
from sensors.access import Right
from sensors.admin_parts.pages import Evidence, WithButtons, facts, pill, rendered, url_of_list
from sensors.admin_parts.scope import sites_of
from sensors.models import Curation, QuarantinedReading, Site
from sensors.models.curations import CurationQuerySet

STATE_LEVELS = {"failed": "critical", "finished": "good", "running": "low"}
MOST_IDS = 20


class EndFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(state, state.title()) for state in ("running", "failed", "finished")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        if self.value() == "running":
            return queryset.unfinished()
        ends = {"failed": "failed_at", "finished": "finished_at"}
        end = ends.get(self.value() or "")
        return queryset.exclude(**{end: None}) if end else queryset


@admin.register(Curation)
class CurationAdmin(Evidence, WithButtons):
    change_form_template = "admin/curation.html"
    list_display = ["named", "condition", "asked_by", "asked_at", "far", "became", "note"]
    list_filter = ["action", EndFilter, "asked_at"]
    search_fields = ["asked_by", "note"]
    actions = ["resume"]
    fieldsets = [
        (None, {"fields": ["condition", "far", "became", "rows", "error"]}),
        ("Asked for", {"fields": ["action", "which", "where", "note", "asked_by", "asked_at"]}),
        ("Time", {"fields": ["updated_at", "finished_at", "failed_at"]}),
    ]

    def at_sites(self, rows: QuerySet, sites: list[int]) -> QuerySet:
        return rows.filter(sites__contained_by=sites)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may ask for it may see how far it is."""
        return super().has_view_permission(request, obj) or self.has_resume_permission(request)

    def has_resume_permission(self, request: HttpRequest) -> bool:
        return sites_of(request, Right.CURATE) != []

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Curation | None:
        curation = super().get_object(request, *args, **kwargs)
        if curation is not None:
            curation.resumable = self._resumable(request).filter(pk=curation.pk).exists()
        return curation

    def _resumable(self, request: HttpRequest) -> CurationQuerySet:
        """Who may only look at one of its sites may not go on with it."""
        return Curation.objects.within(sites_of(request, Right.CURATE))

    @admin.action(description="Resume failed and stalled ones", permissions=["resume"])
    def resume(self, request: HttpRequest, rows: QuerySet) -> None:
        chosen = self._resumable(request).filter(pk__in=rows).order_by("pk")
        resumed = [row for row in chosen if curate.resume(row.pk)]
        self.note(request, Curation.objects.filter(pk__in=[r.pk for r in resumed]), "Resumed.")
        messages.success(request, f"Resumed {len(resumed)}.")

    def buttons(self, curation: Any) -> dict[str, str]:
        stopped = curation.failed_at or Curation.objects.stalled().filter(pk=curation.pk).exists()
        return {"resume": "Resume"} if stopped and curation.resumable else {}

    @admin.display(description="curation", ordering="pk")
    def named(self, curation: Curation) -> str:
        return str(curation).capitalize()

    @admin.display(description="state")
    def condition(self, curation: Curation) -> str:
        return pill(STATE_LEVELS[curation.state], curation.state)

    @admin.display(description="progress")
    def far(self, curation: Curation) -> str:
        """Rows that another curation settled meanwhile are not among those done."""
        share = 100 if curation.finished_at else min(99, 100 * curation.done // curation.matched)
        return rendered("agents/progress.html", curation=curation, share=share)

    @admin.display(description="what became of them")
    def became(self, curation: Curation) -> str:
        tally = {name: getattr(curation, name) for name in Curation.TALLIES}
        return ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in tally.items() if n) or "–"

    @admin.display(description="readings")
    def rows(self, curation: Curation) -> str:
        query = f"?curation={curation.pk}&state=all"
        return format_html('<a href="{}">All of them</a>', url_of_list(QuarantinedReading, query))

    @admin.display(description="readings chosen by")
    def which(self, curation: Curation) -> str:
        chosen = dict(curation.chosen)
        if ids := chosen.get("ids"):
            more = f" and {len(ids) - MOST_IDS} more" if len(ids) > MOST_IDS else ""
            chosen["ids"] = ", ".join(map(str, ids[:MOST_IDS])) + more
        return facts(chosen) if chosen else "All that waited"

    @admin.display(description="at")
    def where(self, curation: Curation) -> str:
        if curation.sites is None:
            return "All sites"
        return ", ".join(str(site) for site in Site.objects.filter(pk__in=curation.sites))
