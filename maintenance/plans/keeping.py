"""Add plans and change them, with their triggers and all that they ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction

from maintenance.models import (
    CalendarTrigger,
    MeterTrigger,
    Plan,
    PlanPart,
    PlanSkill,
    QuietSeason,
)
from maintenance.plans.seasons import Season, leave_no_day
from maintenance.refusals import require
from sensors.access import Principal, Right
from sensors.models import Asset

Rows = Sequence[Mapping[str, Any]]

# What belongs to a plan, and what tells one row from another: who says the same again keeps
# the row, and what was counted for it.
BELONGING: dict[str, tuple[type[models.Model], tuple[str, ...]]] = {
    "calendars": (CalendarTrigger, ("rule", "first_on", "at")),
    "meters": (MeterTrigger, ("sensor", "measure", "level", "every")),
    "quiet_seasons": (QuietSeason, ("first_month", "first_day", "last_month", "last_day")),
    "required_skills": (PlanSkill, ("skill", "level")),
    "parts": (PlanPart, ("name", "number", "quantity", "unit_cost")),
}
# A change of these lays the dates of fixed calendars anew.
OF_DATES = ("is_active", "time_zone", "anchor")


class RowError(Exception):
    """Something that belongs to a plan cannot be so."""

    def __init__(self, name: str, place: int, fault: ValidationError) -> None:
        super().__init__(name, place, fault)
        self.name, self.place, self.fault = name, place, fault


def add_plan(asset: Asset, said: Mapping[str, Any], by: Principal, now: datetime) -> Plan:
    """A new plan. Raises ValidationError, RowError and NotAllowedError."""
    return _keep(Plan(asset=asset), said, by, now)


@transaction.atomic
def change_plan(pk: int, said: Mapping[str, Any], by: Principal, now: datetime) -> Plan:
    """Change what is said of a plan; lists such as `calendars` are replaced as a whole.

    Orders that were made of it stay as they are. Raises as add_plan does.
    """
    plan = Plan.objects.select_related("asset__site").locked().get(pk=pk)
    return _keep(plan, said, by, now)


@transaction.atomic
def _keep(plan: Plan, said: Mapping[str, Any], by: Principal, now: datetime) -> Plan:
    require(by, Right.PLAN, plan.asset.site_id)
    before = [getattr(plan, name) for name in OF_DATES]
    for name in said.keys() - BELONGING.keys():
        setattr(plan, name, said[name])
    plan.planned_by = by.name[:150]
    plan.full_clean()
    plan.save()
    for name in BELONGING:
        if name in said:
            _replace(plan, name, said[name])
    plan = Plan.objects.with_triggers().get(pk=plan.pk)
    _check_together(plan)
    plan.settle(now, anew=before != [getattr(plan, name) for name in OF_DATES])
    return plan


def _replace(plan: Plan, name: str, rows: Rows) -> None:
    model, identity = BELONGING[name]
    related: models.Manager[Any] = getattr(plan, name)
    left = {tuple(getattr(row, part) for part in identity): row for row in related.all()}
    fresh: list[tuple[int, Any]] = []
    for place, said in enumerate(rows):
        new = model(plan=plan, **said)
        same = left.pop(tuple(getattr(new, part) for part in identity), None)
        for part in said.keys() if same else ():
            setattr(same, part, said[part])
        fresh.append((place, same or new))
    related.filter(pk__in=[row.pk for row in left.values()]).delete()
    for place, row in fresh:
        try:
            row.full_clean()
        except ValidationError as exc:
            raise RowError(name, place, exc) from exc
        row.save()


def _check_together(plan: Plan) -> None:
    """What may have been right by itself before something else was changed."""
    for place, calendar in enumerate(plan.calendars.all()):
        calendar.plan = plan
        try:
            calendar.clean()
        except ValidationError as exc:
            raise RowError("calendars", place, exc) from exc
    check_seasons([season.season for season in plan.quiet_seasons.all()])


def check_seasons(seasons: Sequence[Season]) -> None:
    if leave_no_day(seasons):
        fault = ValidationError("The seasons leave no day of the year.", code="no_day_left")
        raise ValidationError({"quiet_seasons": fault})
