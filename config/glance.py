"""How the plant stands, in a handful of counts for the first page of the admin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.admin import AdminSite
from django.db.models import Count, Model, Q
from django.http import HttpRequest
from django.utils import timezone

from agents.models import PipelineRun
from maintenance.models import Anomaly, Notification, Severity, WorkOrder
from sensors.admin_parts.pages import url_of_list
from sensors.models import Bridge, QuarantinedReading, ReadingConflict
from sensors.models.bridges import out_of_order

# Nobody needs to know how many more there are, and to count them could take long.
MOST = 999


@dataclass(frozen=True, slots=True)
class Tile:
    words: str
    count: str
    url: str
    level: str


def glance(site: AdminSite, request: HttpRequest) -> list[Tile]:
    """What asks for attention, as far as the person may see it."""
    return [
        *_open_anomalies(site, request),
        *_orders(site, request),
        *_backlogs(site, request),
        *_bridges(site, request),
    ]


def _visible(site: AdminSite, request: HttpRequest, model: type[Model]) -> Any:
    """A QuerySet of the rows in the person's list of the model; None if there is no list."""
    admin = site._registry[model]
    return admin.get_queryset(request) if admin.has_view_permission(request) else None


def _open_anomalies(site: AdminSite, request: HttpRequest) -> Iterator[Tile]:
    rows = _visible(site, request, Anomaly)
    if rows is None:
        return
    graded = rows.filter(ended_at=None).order_by().values_list("severity_worst")
    counts = dict(graded.annotate(Count("pk")))
    for severity in sorted(Severity, reverse=True):
        yield _tile(
            f"{severity.label} anomalies",
            counts.get(severity, 0),
            url_of_list(Anomaly, f"?status=active&severity_worst__exact={severity}"),
            severity.name.lower(),
        )


def _orders(site: AdminSite, request: HttpRequest) -> Iterator[Tile]:
    rows = _visible(site, request, WorkOrder)
    if rows is None:
        return
    proposed, approved = WorkOrder.State.PROPOSED, WorkOrder.State.APPROVED
    # Open orders are few: one for each asset, and what people added.
    counts = rows.open().aggregate(
        proposed=Count("pk", filter=Q(state=proposed)),
        approved=Count("pk", filter=Q(state=approved)),
        overdue=Count("pk", filter=Q(due_at__lt=timezone.now())),
    )
    for words, name, query, level in (
        ("Overdue work orders", "overdue", "?due=overdue", "critical"),
        ("Proposed work orders", "proposed", f"?state__exact={proposed}", "medium"),
        ("Approved work orders", "approved", f"?state__exact={approved}", "low"),
    ):
        yield _tile(words, counts[name], url_of_list(WorkOrder, query), level)


def _backlogs(site: AdminSite, request: HttpRequest) -> Iterator[Tile]:
    failed = Notification.Status.FAILED
    backlogs: tuple[tuple[str, type[Model], dict[str, Any], str], ...] = (
        ("Failed runs", PipelineRun, {"failed_at__isnull": False}, "?state=failed"),
        ("Failed notifications", Notification, {"status": failed}, f"?status__exact={failed}"),
        ("Quarantined readings", QuarantinedReading, {"state": "waiting"}, "?state=waiting"),
        ("Open conflicts", ReadingConflict, {"resolution": ""}, "?state=open"),
    )
    for words, model, condition, query in backlogs:
        rows = _visible(site, request, model)
        if rows is not None:
            found = rows.filter(**condition).order_by()[: MOST + 1].count()
            yield _tile(words, found, url_of_list(model, query), "medium")


def _bridges(site: AdminSite, request: HttpRequest) -> Iterator[Tile]:
    rows = _visible(site, request, Bridge)
    if rows is None:
        return
    counts = rows.order_by().aggregate(
        known=Count("pk"), faulty=Count("pk", filter=out_of_order())
    )
    # Most plants have none, and need not be told.
    if counts["known"]:
        yield _tile("Bridges out of order", counts["faulty"], url_of_list(Bridge), "high")


def _tile(words: str, count: int, url: str, level: str) -> Tile:
    shown = str(count) if count <= MOST else f"{MOST}+"
    return Tile(words, shown, url, level if count else "none")
