"""Plans with triggers, at 06:00 in Berlin unless said otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from maintenance.models import MeterTrigger, Occurrence, Plan, QuietSeason, WorkOrder
from maintenance.plans.generating import generate_due
from sensors.access import Principal, Right
from sensors.models import Sensor
from tests.factories import NOON, make_asset, make_site

WEEKLY = "FREQ=WEEKLY"


def make_plan(
    rule: str = "",
    *,
    first_on: date = date(2026, 6, 8),
    at: time = time(6),
    seasons: Sequence[tuple[int, int, int, int]] = (),
    now: datetime = NOON,
    **fields: Any,
) -> Plan:
    """One that was made at noon on Monday, 1 June 2026."""
    asset = fields.pop("asset", None) or make_asset(site=make_site(time_zone="Europe/Berlin"))
    defaults = {"title": "Grease the bearings", "planned_by": "petra"}
    plan = Plan.objects.create(asset=asset, **defaults | fields)
    if rule:
        plan.calendars.create(rule=rule, first_on=first_on, at=at)
    names = ("first_month", "first_day", "last_month", "last_day")
    for season in seasons:
        QuietSeason.objects.create(plan=plan, **dict(zip(names, season, strict=True)))
    plan = Plan.objects.with_triggers().get(pk=plan.pk)
    plan.settle(now, anew=True)
    return plan


def make_meter(plan: Plan, sensor: Sensor, **fields: Any) -> MeterTrigger:
    defaults = {"measure": "running_hours", "level": 10.0, "every": 2.0}
    defaults |= {"counts_from": NOON, "counted_until": NOON, "looked_at": NOON}
    return plan.meters.create(sensor=sensor, **defaults | fields)


def planner_of(plan: Plan) -> Principal:
    rights = {plan.asset.site_id: frozenset({Right.READ, Right.PLAN})}
    return Principal("petra", rights)


def local(text: str) -> datetime:
    """A moment in Berlin in summer."""
    return datetime.fromisoformat(f"{text}+02:00")


def generated(now: datetime) -> list[WorkOrder]:
    """The orders that are made when beat looks."""
    before = set(WorkOrder.objects.values_list("pk", flat=True))
    generate_due(now)
    return list(WorkOrder.objects.exclude(pk__in=before).order_by("pk"))


def log_of(plan: Plan) -> list[tuple[str, str]]:
    """Days in Berlin and what became of them, in order."""
    found = Occurrence.objects.filter(plan=plan).order_by("falls_at")
    zone = plan.zone
    return [(f"{one.falls_at.astimezone(zone):%m-%d}", one.state) for one in found]


def end(order: WorkOrder, at: datetime, state: str = "completed") -> None:
    """As a person does it; nobody is told."""
    order.state = state
    order.completed_at = at if state == "completed" else None
    order.save(update_fields=["state", "completed_at"])
