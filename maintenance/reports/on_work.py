"""What reports say of machines and of the work on them."""

from __future__ import annotations

from collections import Counter

from maintenance.figures.spans import clipped, hours
from maintenance.models import WorkOrder
from maintenance.reports.buckets import by_day
from maintenance.reports.document import Bars, Section, Table
from maintenance.reports.sections import Kind, Subject, section_of

RELIABILITY = ("mtbf", "mttr", "repair_time", "availability", "forewarning")
PUNCTUALITY = ("pm_compliance", "schedule_compliance", "backlog")
COSTS = ("maintenance_cost", "cost_avoided")
MOST_OVERDUE = 50


@section_of(Kind.MAINTENANCE_OVERVIEW, 10)
@section_of(Kind.ASSET_HISTORY, 10)
def reliability(subject: Subject) -> Section:
    asked, zone = subject.question, subject.report.site.zone
    down = [
        (max(stop.since, asked.start), hours(clipped([stop.span(asked.as_of)], asked.within)))
        for stop in subject.rows.standstills
        if not stop.planned
    ]
    return Section(
        "Machines",
        figures=subject.figures(*RELIABILITY),
        charts=[
            Bars(
                "Hours of unplanned standstill, by the day on which it began",
                "h",
                by_day(down, *asked.within, zone),
            )
        ],
    )


@section_of(Kind.MAINTENANCE_OVERVIEW, 20)
def work(subject: Subject) -> Section:
    asked, zone = subject.question, subject.report.site.zone
    done = ((order.completed_at, 1.0) for order in subject.rows.orders if order.completed_at)
    return Section(
        "Work",
        figures=subject.figures(*PUNCTUALITY),
        charts=[Bars("Orders completed by day", "", by_day(done, *asked.within, zone))],
        tables=[_completed(subject), _waiting(subject)],
    )


def _completed(subject: Subject) -> Table:
    start, end = subject.question.within
    origins = Counter(
        order.origin
        for order in subject.rows.orders
        if order.completed_at and start <= order.completed_at < end
    )
    rows = [(origin.label, origins[origin]) for origin in WorkOrder.Origin]
    return Table("Completed orders", ["Origin", "Orders"], rows)


def _waiting(subject: Subject) -> Table:
    found: dict[str, list[float]] = {state: [] for state in WorkOrder.OPEN_STATES}
    for order in subject.rows.waiting:
        found[order.state].append(order.hours)
    rows = [
        (WorkOrder.State(state).label, len(taken), float(sum(taken)))
        for state, taken in found.items()
    ]
    return Table("Open at the end", ["State", "Orders", "Planned hours"], rows)


@section_of(Kind.MAINTENANCE_OVERVIEW, 30)
def costs(subject: Subject) -> Section:
    figures = subject.figures(*COSTS)
    words = [words for figure in figures for words in figure.assumptions]
    if words:
        words = ["What was avoided rests on these assumptions, which planners edit:", *words]
    return Section("Money", words, figures)


@section_of(Kind.MAINTENANCE_OVERVIEW, 40)
def overdue(subject: Subject) -> Section:
    """Orders that were open at the end although they had been due."""
    open_then = [order.pk for order in subject.rows.waiting]
    late = (
        WorkOrder.objects.filter(pk__in=open_then, due_at__lt=subject.question.within[1])
        .select_related("asset")
        .order_by("due_at", "pk")
    )
    rows = [
        (order.number, order.asset.tag, order.priority, order.title, order.due_at)
        for order in late[:MOST_OVERDUE]
    ]
    columns = ["Order", "Asset", "Priority", "Title", "Due"]
    more = late.count() - len(rows)
    return Section("Overdue at the end", tables=[Table("Orders", columns, rows, more)])
