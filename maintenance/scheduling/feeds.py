"""Bookings as a calendar that people subscribe to (iCalendar, RFC 5545).

Each booking keeps its UID for good and counts its changes in SEQUENCE, so that a calendar
program moves the appointment it has. A cancelled booking stays in the feed for a while with
STATUS:CANCELLED: a program that only adds what is new would show it for ever.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from maintenance.models import Booking, CalendarFeed

if TYPE_CHECKING:
    from icalendar import Event as Appointment

PAST, AHEAD = timedelta(days=30), timedelta(days=180)
MOST_APPOINTMENTS = 5_000


def calendar_of(feed: CalendarFeed) -> bytes:
    """The text of a feed. The same bookings give the same bytes, so that an ETag holds."""
    from icalendar import Calendar

    now = timezone.now()
    rows = Booking.objects.overlapping(now - PAST, now + AHEAD)
    if feed.technician_id:
        rows = rows.filter(technician=feed.technician_id)
    else:
        rows = rows.filter(technician__site=feed.site_id)
    bookings = rows.select_related("technician", "work_order__asset").order_by("starts_at", "pk")
    calendar = Calendar()
    calendar.add("prodid", "-//Smart Maintenance//Schedule//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("name", str(feed.technician or feed.site))
    calendar.add("x-wr-calname", str(feed.technician or feed.site))
    calendar.add("refresh-interval", timedelta(minutes=15), parameters={"value": "DURATION"})
    for booking in bookings[:MOST_APPOINTMENTS]:
        calendar.add_component(_appointment(booking, named=not feed.technician_id))
    return calendar.to_ical()


def _appointment(booking: Booking, *, named: bool) -> Appointment:
    from icalendar import Event as Appointment

    order, cancelled = booking.work_order, booking.cancelled_at is not None
    part = f" (part {booking.part})" if booking.part > 1 else ""
    who = f"{booking.technician}: " if named else ""
    made = Appointment()
    made.add("uid", f"{booking.uid}@smart-maintenance")
    made.add("sequence", booking.sequence)
    made.add("dtstamp", booking.changed_at)
    made.add("last-modified", booking.changed_at)
    made.add("created", booking.booked_at)
    made.add("dtstart", booking.starts_at)
    made.add("dtend", booking.ends_at)
    made.add("summary", f"{who}{order.number} {order.title}{part}")
    made.add("location", f"{order.asset.tag} {order.asset.name}")
    made.add("description", _words(booking))
    made.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    made.add("transp", "TRANSPARENT" if cancelled else "OPAQUE")
    made.add("categories", [order.priority])
    made.add("url", f"{settings.PUBLIC_URL}/admin/maintenance/workorder/{order.pk}/change/")
    return made


def _words(booking: Booking) -> str:
    order = booking.work_order
    due = f"{order.priority}, due {order.due_at:%Y-%m-%d %H:%M} UTC."
    return "\n".join(filter(None, [due, order.recommendation, order.description]))[:2_000]
