"""Put down who works at a site, what they can do, and when they are there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any

from django.db import IntegrityError, transaction

from maintenance.models import (
    Absence,
    Holiday,
    Shift,
    Technician,
    TechnicianSkill,
    WorkingCalendar,
)
from maintenance.moments import check_moment
from maintenance.orders.requesting import skills_named
from maintenance.refusals import RefusedError, require
from maintenance.scheduling.shifts import overlapping
from sensors.access import Principal, Right
from sensors.models import Site

# What the database says when a name, a day or a default is taken, as codes.
TAKEN = {
    "one_technician_per_name_and_site": "name_taken",
    "one_calendar_per_name_and_site": "name_taken",
    "one_default_calendar_per_site": "default_taken",
    "one_holiday_per_day_and_site": "day_taken",
}


@transaction.atomic
def keep_technician(
    technician: Technician, said: Mapping[str, Any], *, by: Principal
) -> Technician:
    """Keep a technician, new or changed. `skills`, if given, are all of the skills.

    Raises RefusedError: unknown_skill, unknown_calendar, name_taken.
    """
    require(by, Right.PLAN, technician.site_id)
    fields = dict(said)
    skills = fields.pop("skills", None)
    if "calendar" in fields:
        technician.calendar = _calendar(technician.site, fields.pop("calendar"))
    _save(technician, fields)
    if skills is not None:
        _keep_skills(technician, skills)
    return technician


@transaction.atomic
def keep_calendar(
    calendar: WorkingCalendar, said: Mapping[str, Any], *, by: Principal
) -> WorkingCalendar:
    """Keep a calendar, new or changed. `shifts`, if given, are all of its shifts.

    Raises RefusedError: shift_does_not_fit, shifts_overlap, name_taken, default_taken.
    """
    require(by, Right.PLAN, calendar.site_id)
    fields = dict(said)
    shifts = fields.pop("shifts", None)
    _save(calendar, fields)
    if shifts is not None:
        rows = [Shift(calendar=calendar, **shift) for shift in shifts]
        check_shifts(rows)
        calendar.shifts.all().delete()
        Shift.objects.bulk_create(rows)
    return calendar


def check_shifts(shifts: Sequence[Shift]) -> None:
    """Raise RefusedError unless the shifts can be those of one week."""
    weekly = [shift.weekly() for shift in shifts]
    for shift in weekly:
        if fault := shift.fault():
            raise RefusedError("shift_does_not_fit", fault)
    if overlapping(weekly):
        raise RefusedError("shifts_overlap", "Two shifts of the week overlap.")


@transaction.atomic
def keep_holiday(site: Site, said: Mapping[str, Any], *, by: Principal) -> Holiday:
    """Raises RefusedError: day_taken; InvalidError: out_of_time."""
    require(by, Right.PLAN, site.pk)
    check_moment("day", datetime.combine(said["day"], time.min, UTC))
    holiday = Holiday(site=site)
    _save(holiday, said)
    return holiday


def keep_absence(technician: Technician, said: Mapping[str, Any], *, by: Principal) -> Absence:
    """Keep when a technician is away; the next plan moves what was booked for then.

    Raises InvalidError: out_of_time.
    """
    require(by, Right.PLAN, technician.site_id)
    for name in ("starts_at", "ends_at"):
        check_moment(name, said[name])
    return Absence.objects.create(technician=technician, **said)


def drop(row: Absence | Holiday, *, by: Principal) -> None:
    site_id = row.technician.site_id if isinstance(row, Absence) else row.site_id
    require(by, Right.PLAN, site_id)
    row.delete()


def _calendar(site: Site, pk: int | None) -> WorkingCalendar | None:
    if pk is None:
        return None
    found = WorkingCalendar.objects.filter(site=site, pk=pk).first()
    if found is None:
        raise RefusedError("unknown_calendar", "The site has no such calendar.")
    return found


def _keep_skills(technician: Technician, skills: Sequence[Mapping[str, Any]]) -> None:
    levels = {held["skill"]: held["level"] for held in skills}
    known = skills_named(levels)
    technician.skill_levels.all().delete()
    TechnicianSkill.objects.bulk_create(
        TechnicianSkill(technician=technician, skill=skill, level=level)
        for skill, level in known.items()
    )


def _save(row: Technician | WorkingCalendar | Holiday, fields: Mapping[str, Any]) -> None:
    """Take the fields over; what the database refuses is told by its code."""
    for name, value in fields.items():
        setattr(row, name, value)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as exc:
        for constraint, code in TAKEN.items():
            if constraint in str(exc):
                raise RefusedError(code, "The site has one of these already.") from exc
        raise
