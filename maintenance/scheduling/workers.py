"""The technicians of a site with their diaries, read from the database for the pure rules."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db.models import Prefetch, QuerySet

from maintenance.models import Absence, Booking, Technician, WorkingCalendar
from maintenance.scheduling.diaries import Diary
from maintenance.scheduling.scoring import Worker
from maintenance.scheduling.shifts import Turn, turns_between
from maintenance.scheduling.spans import Span
from sensors.models import Site

# A turn that is under way may have begun so long before.
LONGEST_TURN = timedelta(days=2)


def technicians_with_calendars(site: Site) -> QuerySet[Technician]:
    """The active technicians of a site, with shifts and skills at hand."""
    return (
        Technician.objects.active()
        .filter(site=site)
        .select_related("calendar__site", "site")
        .prefetch_related("calendar__shifts", "skill_levels__skill")
    )


def workers_at(
    site: Site,
    start: datetime,
    end: datetime,
    *,
    without_orders: Collection[int] = (),
    whole_shifts: bool = False,
) -> list[Worker]:
    """The active technicians of a site from `start` to `end`.

    What is booked for `without_orders` counts as free: it is to be placed anew. With
    `whole_shifts` all of a shift may be planned, whatever the technician's capacity.
    """
    standing = Booking.objects.standing().exclude(work_order__in=without_orders)
    around = standing.overlapping(start - LONGEST_TURN, end)
    away = Absence.objects.filter(starts_at__lt=end, ends_at__gt=start - LONGEST_TURN)
    technicians = technicians_with_calendars(site).prefetch_related(
        Prefetch("bookings", around, to_attr="in_the_way"),
        Prefetch("absences", away, to_attr="away"),
    )
    turns = Turns(site, start, end)
    return [
        Worker(
            technician.pk,
            technician.name,
            {held.skill.code: held.level for held in technician.skill_levels.all()},
            Diary(
                turns.of(technician),
                absences=_spans(technician.away),
                booked=_spans(technician.in_the_way),
                share=1.0 if whole_shifts else technician.capacity_percent / 100,
            ),
        )
        for technician in technicians
    ]


class Turns:
    """The turns of the technicians of a site; who has no calendar goes by the site's."""

    def __init__(self, site: Site, start: datetime, end: datetime) -> None:
        self.start, self.end = start, end
        self.holidays = set(site.holidays.values_list("day", flat=True))
        default = site.calendars.filter(is_default=True).prefetch_related("shifts").first()
        self._default = default
        self._known: dict[int, list[Turn]] = {}

    def of(self, technician: Technician) -> list[Turn]:
        calendar = technician.calendar or self._default
        if calendar is None:
            return []
        if calendar.pk not in self._known:
            self._known[calendar.pk] = self._of(calendar)
        return self._known[calendar.pk]

    def _of(self, calendar: WorkingCalendar) -> list[Turn]:
        shifts = [shift.weekly() for shift in calendar.shifts.all()]
        return turns_between(shifts, calendar.zone, self.start, self.end, self.holidays)


def _spans(rows: Iterable[Absence | Booking]) -> list[Span]:
    return [Span(row.starts_at, row.ends_at) for row in rows]
