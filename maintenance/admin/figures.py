"""The figures of a site or an asset on one page, each leading to the rows it is made of."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode

from maintenance.admin.report_form import FiguresForm
from maintenance.figures.catalogue import CATALOGUE
from maintenance.figures.figure import Figure, Row
from maintenance.figures.question import FiguresError
from maintenance.figures.words import shown
from maintenance.models import Anomaly, Downtime, Labour, Life, PartUsed, WorkOrder
from maintenance.reports.composing import overview
from maintenance.reports.document import Document
from maintenance.reports.html import section_in_words
from sensors.admin_parts.pages import url_of_list
from sensors.admin_parts.scope import sites_of
from sensors.models import Site

MOST_ROWS = 200
MODELS = {
    "anomaly": Anomaly,
    "downtime": Downtime,
    "labour": Labour,
    "life": Life,
    "part": PartUsed,
    "work_order": WorkOrder,
}


def figures_page(request: HttpRequest, site: AdminSite, model: Any) -> TemplateResponse:
    """What may be asked for is in the query; left out, it is the first site of late."""
    if not site._registry[model].has_view_permission(request):
        raise PermissionDenied
    allowed = sites_of(request)
    sites = Site.objects.all() if allowed is None else Site.objects.filter(pk__in=allowed)
    form = FiguresForm(request.GET, sites)
    context = site.each_context(request) | {
        "title": "Figures",
        "form": form,
        "list_url": url_of_list(model),
        "opts": model._meta,
    }
    if form.is_valid():
        try:
            context |= _found(form, request.GET.get("figure", ""), site)
        except FiguresError as exc:
            context["refused"] = exc.detail
    return TemplateResponse(request, "admin/maintenance/figures.html", context)


def _found(form: FiguresForm, chosen: str, site: AdminSite) -> dict[str, Any]:
    document = overview(form.report())
    asked = {name: form[name].value() or "" for name in form.fields}

    def rows_of(figure: Figure) -> str:
        return f"?{urlencode(asked | {'figure': figure.name})}#rows" if figure.rows else ""

    figures = {figure.name: figure for part in document.sections for figure in part.figures}
    found = figures.get(chosen)
    return {
        "sections": [section_in_words(document, part, rows_of) for part in document.sections],
        "zone": str(document.zone),
        "rows": _rows(document, found, site) if found else None,
    }


def _rows(document: Document, figure: Figure, site: AdminSite) -> dict[str, Any]:
    return {
        "title": CATALOGUE[figure.name].title,
        "count": len(figure.rows),
        "shown": [
            {
                "words": f"{MODELS[row.kind]._meta.verbose_name} {row.pk}",
                "url": _page_of(row, site),
                "at": document.in_words(row.at),
                "value": "" if row.value is None else _amount(figure, row.value),
            }
            for row in figure.rows[:MOST_ROWS]
        ],
    }


def _amount(figure: Figure, value: float) -> str:
    """Of a share, each row counts or does not; a backlog is made of hours."""
    if figure.name in ("availability", "backlog"):
        return shown(value, "h")
    return (
        ("counts" if value else "does not count")
        if figure.unit == "share"
        else shown(value, figure.unit)
    )


def _page_of(row: Row, site: AdminSite) -> str:
    """The page of a row, where it has one of its own."""
    model = MODELS[row.kind]
    if model not in site._registry:
        return ""
    return reverse(f"admin:maintenance_{model._meta.model_name}_change", args=[row.pk])
