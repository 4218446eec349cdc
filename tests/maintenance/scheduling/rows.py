"""How to make one row at a site of each model of scheduling that has a list in the admin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Model

from maintenance.models import (
    Booking,
    CalendarFeed,
    Holiday,
    SitePlan,
    Skill,
    Technician,
    WorkingCalendar,
)
from sensors.models import Site
from tests.factories import NOON
from tests.maintenance.scheduling.crews import (
    make_booking,
    make_calendar,
    make_technician,
    skill_named,
)

ROWS_OF_SCHEDULING: dict[type[Model], Callable[[Site], Any]] = {
    Skill: lambda site: skill_named(f"skill-{Skill.objects.count()}"),
    Technician: lambda site: make_technician(
        site, skills={"pumps": 2, "valves": 3}, calendar=make_calendar(site)
    ),
    WorkingCalendar: make_calendar,
    Holiday: lambda site: site.holidays.create(day=NOON, name="Closed"),
    Booking: lambda site: make_booking(make_technician(site), NOON),
    CalendarFeed: lambda site: CalendarFeed.objects.issue(site=site)[0],
    SitePlan: lambda site: site.plans_of_work.create(),
}
