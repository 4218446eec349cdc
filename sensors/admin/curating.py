"""The ways in the admin to have quarantined readings replayed or discarded."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import ModelAdmin
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from sensors.access import Right
from sensors.admin_parts.pages import url_of, url_of_list
from sensors.admin_parts.scope import person_of, sites_of
from sensors.aside.curating import NothingWaitingError, ask
from sensors.models import Curation, QuarantinedReading, Site

Action = Curation.Action

# What the list may be narrowed by, in the words of QuarantinedReading.LOOKUPS.
CHOSEN_BY = {
    "ids": "ids",
    "q": "sensor_prefix",
    "reason__exact": "reason",
    "site__id__exact": "site_id",
    "quarantined_at__gte": "since",
    "quarantined_at__lt": "until",
    "batch": "batch",
    "curation": "curation",
}
# These say how the list is shown, or are settled by what waits.
SAYS_NOTHING = {"p", "o", "all", "e", "state", "_facets", "_changelist_filters"}
MOST_GROUPS = 8


def chosen_in(request: HttpRequest) -> dict[str, Any]:
    """What the address chooses. Raises BadRequest if it is not all understood: a filter
    that was passed over would choose too many rows."""
    chosen: dict[str, Any] = {}
    for name, text in request.GET.dict().items():
        if name in SAYS_NOTHING or not text:
            continue
        if name not in CHOSEN_BY or len(request.GET.getlist(name)) > 1:
            raise BadRequest(f"The list cannot be narrowed by {name} here.")
        word = CHOSEN_BY[name]
        try:
            chosen[word] = [int(pk) for pk in text.split(",")] if word == "ids" else text
            QuarantinedReading.objects.matching({word: chosen[word]})
        except (ValueError, ValidationError, OverflowError) as exc:
            raise BadRequest(f"{name} makes no sense.") from exc
    return chosen


class NoteForm(forms.Form):
    note = forms.CharField(max_length=500, required=False, widget=forms.Textarea({"rows": 3}))


class ReasonForm(NoteForm):
    note = forms.CharField(
        max_length=500, label="Why", widget=forms.Textarea({"rows": 3, "required": True})
    )


class Curates(ModelAdmin):
    """Replays and discards selected rows, one row, or all that the list was narrowed to."""

    change_list_template = "admin/quarantine_list.html"
    actions = ["replay", "discard"]

    def has_curate_permission(self, request: HttpRequest) -> bool:
        return sites_of(request, Right.CURATE) != []

    @admin.action(description="Replay the selected readings", permissions=["curate"])
    def replay(self, request: HttpRequest, rows: QuerySet) -> HttpResponse | None:
        return self._asked(request, rows, Action.REPLAY)

    @admin.action(description="Discard the selected readings", permissions=["curate"])
    def discard(self, request: HttpRequest, rows: QuerySet) -> HttpResponse | None:
        return self._asked(request, rows, Action.DISCARD)

    def buttons(self, row: QuarantinedReading) -> dict[str, str]:
        waits = row.state == QuarantinedReading.State.WAITING
        return {"replay": "Replay", "discard": "Discard"} if waits else {}

    def asks_reason(self, row: QuarantinedReading) -> list[str]:
        return ["discard"]

    def _asked(self, request: HttpRequest, rows: QuerySet, action: Action) -> HttpResponse | None:
        """On a row's own page it is done; from the list a page in between asks for a note."""
        if request.POST.get("select_across") == "1":
            return HttpResponseRedirect(f"{page_for(action)}?{request.GET.urlencode()}")
        ids = list(rows.values_list("pk", flat=True))
        if not request.POST.get("_pressed_on"):
            query = urlencode({"ids": ",".join(map(str, ids))})
            return HttpResponseRedirect(f"{page_for(action)}?{query}")
        note = request.POST.get("reason", "").strip()[:500]
        if action == Action.DISCARD and not note:
            messages.warning(request, "Say why it is to be discarded.")
            return None
        self._begin(request, action, {"ids": ids}, note)
        return None

    def _begin(
        self, request: HttpRequest, action: Action, chosen: dict[str, Any], note: str
    ) -> Curation | None:
        try:
            curation = ask(
                action=action,
                chosen=chosen,
                sites=sites_of(request, Right.CURATE),
                asked_by=str(person_of(request)),
                note=note,
            )
        except NothingWaitingError:
            messages.warning(request, "None of these readings wait where you may curate.")
            return None
        told = '<a href="{}">{}</a> is under way, over {} reading(s).'
        link = format_html(told, url_of(curation), str(curation).capitalize(), curation.matched)
        messages.success(request, link)
        return curation

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.curate_view)
        pages = [
            path(f"{action}/", view, {"action": action}, name=f"quarantine_{action}")
            for action in Action
        ]
        return [*pages, *super().get_urls()]

    def curate_view(self, request: HttpRequest, action: Action) -> HttpResponse:
        """Says how many readings are meant, asks for a note, and begins."""
        if not self.has_view_permission(request) or not self.has_curate_permission(request):
            raise PermissionDenied
        chosen = chosen_in(request)
        asked = ReasonForm if action == Action.DISCARD else NoteForm
        form = asked(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            curation = self._begin(request, action, chosen, form.cleaned_data["note"])
            back = url_of(curation) if curation else url_of_list(QuarantinedReading)
            return HttpResponseRedirect(back)
        waiting = QuarantinedReading.objects.waiting().matching(chosen)
        meant = waiting.at(sites_of(request, Right.CURATE))
        context = self.admin_site.each_context(request) | {
            "title": f"{action.label} quarantined readings",
            "opts": self.opts,
            "action": action,
            "form": form,
            "count": meant.count(),
            "groups": groups_of(meant),
            "list_url": url_of_list(QuarantinedReading),
        }
        return TemplateResponse(request, "admin/curate.html", context)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        rows: Any = self.get_queryset(request)
        state = request.GET.get("state", "waiting")
        offered = state in ("waiting", "all") and self.has_curate_permission(request)
        query = request.GET.urlencode()
        pages = {action.label: f"{page_for(action)}?{query}" for action in Action}
        more = {"groups": groups_of(rows.waiting()), "pages": pages if offered else {}}
        return super().changelist_view(request, (extra_context or {}) | more)


def page_for(action: str) -> str:
    return reverse(f"admin:quarantine_{action}")


def groups_of(waiting: Any) -> list[dict[str, Any]]:
    """The largest groups of what waits, each with the address of its list."""
    groups = list(waiting.summary()[:MOST_GROUPS])
    names = Site.objects.in_bulk([group["site"] for group in groups])
    reasons = dict(QuarantinedReading.Reason.choices)
    for group in groups:
        query = {
            "reason__exact": group["reason"],
            "site__id__exact": group["site"],
            "q": group["sensor_code"],
        }
        group["words"] = reasons[group["reason"]]
        group["site_name"] = names[group["site"]].name
        group["url"] = url_of_list(QuarantinedReading, f"?{urlencode(query)}")
    return groups
