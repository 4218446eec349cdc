"""How much work there are hands for. The one place that says so."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from django.conf import settings

from maintenance.models import Technician, WorkingCalendar


class Capacity(NamedTuple):
    technicians: int
    weekly_hours: float


def capacity_of(sites: Collection[int]) -> Capacity:
    """Of the active technicians of some sites in a usual week: the hours of their shifts
    without breaks, as far as these may be planned. Who has no calendar, nor a site that
    has one, has the hours that the settings state.
    """
    calendars = WorkingCalendar.objects.filter(site__in=sites).prefetch_related("shifts")
    hours, defaults = {}, {}
    for calendar in calendars:
        hours[calendar.pk] = sum(shift.weekly().hours for shift in calendar.shifts.all())
        if calendar.is_default:
            defaults[calendar.site_id] = calendar.pk
    technicians = Technician.objects.active().filter(site__in=sites)
    rows = technicians.values_list("calendar", "site", "capacity_percent")
    weekly = []
    for own, site, percent in rows:
        shifts = own or defaults.get(site)
        usual = settings.WEEKLY_HOURS_PER_TECHNICIAN
        weekly.append(usual if shifts is None else hours[shifts] * percent / 100)
    return Capacity(len(weekly), sum(weekly))
