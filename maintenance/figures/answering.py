"""All figures of a question, from the rows to the numbers."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings

from maintenance.figures.alarms import alarm_figures
from maintenance.figures.catalogue import CATALOGUE
from maintenance.figures.costs import cost_avoided, maintenance_cost
from maintenance.figures.fetching import Fetched
from maintenance.figures.figure import Figure
from maintenance.figures.punctuality import backlog, pm_compliance, schedule_compliance
from maintenance.figures.question import Question
from maintenance.figures.reaction import reactions
from maintenance.figures.reliability import (
    availability,
    failures_of,
    mtbf,
    mttr,
    repair_time,
    stood,
    total,
)
from maintenance.figures.spans import length
from maintenance.figures.verdicts import fault_found, forewarning, precision


def figures_of(question: Question) -> dict[str, Figure]:
    """Every figure by name, in the order of the catalogue. Raises FiguresError."""
    return figures_from(Fetched(question))


def figures_from(rows: Fetched) -> dict[str, Figure]:
    found = {figure.name: figure for part in PARTS for figure in part(rows)}
    return {name: found[name] for name in CATALOGUE}


def _reliability(rows: Fetched) -> Iterator[Figure]:
    within, now, tree = rows.question.within, rows.question.as_of, rows.tree
    own = [stop for stop in rows.standstills if stop.asset in tree.asked]
    calendar = length(within) * len(tree.machines)
    operating = calendar - total(stood(tree, rows.standstills, within, now))
    yield mtbf(failures_of(rows.failed_lives, own), within, operating)
    yield mttr(own, within)
    completed = {
        order.pk: order.completed_at
        for order in rows.orders
        if order.completed_at and within[0] <= order.completed_at < within[1]
    }
    yield repair_time(rows.work, completed)
    yield availability(tree, rows.standstills, within, now)


def _punctuality(rows: Fetched) -> Iterator[Figure]:
    asked = rows.question
    interval = asked.start, asked.end
    yield pm_compliance(rows.orders, interval, asked.as_of)
    yield schedule_compliance(rows.orders, interval, asked.as_of)
    yield backlog(rows.waiting, rows.capacity.weekly_hours, rows.capacity.technicians)


def _anomalies(rows: Fetched) -> Iterator[Figure]:
    within, tree = rows.question.within, rows.tree
    tags = {pk: tree[pk].tag for pk in tree.asked}
    yield from reactions(rows.alarms, within)
    yield from alarm_figures(rows.alarms, within, len(tree.sites), tags)
    yield precision(rows.alarms, within)
    yield fault_found(rows.orders, within)
    own = [stop for stop in rows.standstills if stop.asset in tree.asked]
    yield forewarning(failures_of(rows.failed_lives, own), rows.alarms, within, tree)


def _costs(rows: Fetched) -> Iterator[Figure]:
    within, tree, currency = rows.question.within, rows.tree, settings.CURRENCY
    # What stands with an asset has failed with it.
    failures = failures_of(rows.failed_lives, rows.standstills)
    yield maintenance_cost(rows.work, rows.parts, within, currency)
    yield cost_avoided(rows.alarms, failures, within, tree, rows.assumptions, currency)


PARTS = (_reliability, _punctuality, _anomalies, _costs)
