"""Small builders of people who work shifts, for the tests of scheduling."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from itertools import count
from typing import Any

from maintenance.models import (
    Absence,
    Booking,
    RequiredSkill,
    Shift,
    Skill,
    Technician,
    WorkingCalendar,
    WorkOrder,
)
from sensors.access import Principal, Right
from sensors.models import Site
from tests.factories import make_asset, make_work_order

# A Monday, 06:00 in Berlin.
MONDAY = datetime(2026, 6, 1, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
_number = count(1)


def make_calendar(site: Site, **fields: Any) -> WorkingCalendar:
    """Monday to Friday from 6 to 14 by the site's clocks, with half an hour's break at 10."""
    shift = {"starts": time(6), "ends": time(14), "break_starts": time(10)}
    shift |= {"break_ends": time(10, 30)} | fields.pop("shift", {})
    days = fields.pop("days", range(5))
    defaults = {"name": f"Shifts {next(_number)}", "is_default": True}
    calendar = WorkingCalendar.objects.create(site=site, **defaults | fields)
    Shift.objects.bulk_create(Shift(calendar=calendar, weekday=day, **shift) for day in days)
    return calendar


def make_technician(
    site: Site, name: str = "", skills: Mapping[str, int] | None = None, **fields: Any
) -> Technician:
    defaults = {"name": name or f"Technician {next(_number)}", "capacity_percent": 100}
    made = Technician.objects.create(site=site, **defaults | fields)
    for code, level in (skills or {}).items():
        made.skill_levels.create(skill=skill_named(code), level=level)
    return made


def skill_named(code: str) -> Skill:
    return Skill.objects.get_or_create(code=code, defaults={"name": code.title()})[0]


def make_approved(site: Site, skills: Mapping[str, int] | None = None, **fields: Any) -> WorkOrder:
    """An approved order of two hours, due in three days."""
    defaults: dict[str, Any] = {"state": "approved", "origin": "request", "priority": "P3"}
    defaults |= {"due_at": MONDAY + 3 * DAY, "planned_duration": 2 * HOUR}
    asset = fields.pop("asset", None) or make_asset(site=site)
    order = make_work_order(**defaults | {"asset": asset} | fields)
    for code, level in (skills or {}).items():
        RequiredSkill.objects.create(work_order=order, skill=skill_named(code), level=level)
    return order


def make_booking(
    technician: Technician, start: datetime, hours: float = 2, **fields: Any
) -> Booking:
    order = fields.pop("work_order", None) or make_approved(technician.site, state="scheduled")
    end = start + hours * HOUR
    defaults = {"technician": technician, "work_order": order, "starts_at": start, "ends_at": end}
    return Booking.objects.create(**defaults | {"work": end - start} | fields)


def make_absence(technician: Technician, start: datetime = MONDAY, days: float = 1) -> Absence:
    end = start + days * DAY
    return Absence.objects.create(
        technician=technician, starts_at=start, ends_at=end, reason="vacation"
    )


def planner(site: Site) -> Principal:
    return Principal("Erika", {site.pk: frozenset({Right.READ, Right.PLAN})})
