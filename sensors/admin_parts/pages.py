"""What the admin pages of all apps have in common: evidence, buttons, charts, marks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.options import BaseModelAdmin
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from sensors.admin_parts.scope import SiteScoped, person_of
from sensors.admin_parts.times import NOTHING, SHORT, ClearTimes, in_words
from sensors.drawing.charts import Chart


def pill(level: str, words: object) -> SafeString:
    """A word on a colour: critical, high, medium, low, good or quiet, see admin.css."""
    return format_html('<span class="pill pill-{}">{}</span>', level, words)


def url_of(row: Model) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def url_of_list(model: type[Model], query: str = "") -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist") + query


def links(rows: Iterable[Model]) -> str:
    found = format_html_join(", ", '<a href="{}">{}</a>', ((url_of(row), row) for row in rows))
    return found or NOTHING


def facts(stored: Mapping[str, Any]) -> str:
    """What a JSON field holds, as a small table."""
    lines = ((key.replace("_", " "), value) for key, value in stored.items())
    rows = format_html_join("", '<tr><th scope="row">{}</th><td>{}</td></tr>', lines)
    return format_html('<table class="facts">{}</table>', rows) if rows else NOTHING


Panel = Callable[[Any], SafeString]
PanelForReader = Callable[[HttpRequest, Any], SafeString]
# What apps above this one have to say on the page of a row, by model.
PANELS: dict[type[Model], list[PanelForReader]] = {}


def panel_of(model: type[Model]) -> Callable[[Panel], Panel]:
    """Show what the function makes of a row on the admin page of each row of a model."""

    def add(panel: Panel) -> Panel:
        panel_for_reader_of(model)(lambda request, row: panel(row))
        return panel

    return add


def panel_for_reader_of(model: type[Model]) -> Callable[[PanelForReader], PanelForReader]:
    """The same for what hangs on who looks, such as rows of other sites."""

    def add(panel: PanelForReader) -> PanelForReader:
        PANELS.setdefault(model, []).append(panel)
        return panel

    return add


class NewestRows(Paginator):
    """Pages of the newest rows. A count of all would read the whole of a big table."""

    MOST = 10_000

    @cached_property
    def count(self) -> int:
        rows: QuerySet = self.object_list  # type: ignore[assignment]
        return rows.order_by()[: self.MOST].count()


class ReadOnly(BaseModelAdmin):
    """Rows that people look at and never write."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class Evidence(ReadOnly, SiteScoped, ClearTimes):
    """What the software saw and did. These tables are big, and nobody may edit them."""

    show_full_result_count = False
    paginator = NewestRows
    ordering = ["-pk"]


class EvidenceInline(ReadOnly, admin.TabularInline):
    extra = 0
    show_change_link = True
    time_form = SHORT

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        return in_words(self.model, self.fields or (), self.time_form)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        return self.get_fields(request, obj)


class WithButtons(ClearTimes):
    """Offers actions of the list as buttons on the page of one row, and shows charts and
    panels there."""

    change_form_template = "admin/change_form_with_buttons.html"

    class Media:
        js = ["sensors/unsaved.js"]

    def buttons(self, row: Any) -> dict[str, str]:
        """The actions that make sense for the row, and what their buttons say."""
        return {}

    def asks_reason(self, row: Any) -> list[str]:
        """Those of the actions that take a reason."""
        return []

    def takes_note(self, row: Any) -> list[str]:
        """Those of the actions with which a person may say something."""
        return []

    def charts(self, row: Any) -> list[Chart]:
        return []

    def note(self, request: HttpRequest, rows: QuerySet, words: str) -> None:
        """Write into the history of the rows who did what to them."""
        LogEntry.objects.log_actions(person_of(request).pk, rows, CHANGE, words)

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        if obj is not None:
            allowed = self.get_actions(request)
            context["buttons"] = {n: w for n, w in self.buttons(obj).items() if n in allowed}
            context["charts"] = self.charts(obj)
            context["panels"] = [panel(request, obj) for panel in PANELS.get(self.model, [])]
            context["asks_reason"] = self.asks_reason(obj)
            context["takes_note"] = self.takes_note(obj)
            context["list_url"] = url_of_list(self.model)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def response_action(
        self, request: HttpRequest, queryset: QuerySet, *args: Any
    ) -> HttpResponse | None:
        """A button posts to the list; it is answered with the page it was pressed on."""
        response = super().response_action(request, queryset, *args)
        row = queryset.filter(pk=request.POST.get("_pressed_on") or None).first()
        return HttpResponseRedirect(url_of(row)) if response and row else response


def rendered(template: str, **context: Any) -> SafeString:
    return render_to_string(template, context)
