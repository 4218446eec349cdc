"""The reports that nobody has to ask for: of each site, of the month that is over."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from maintenance.models import Report
from maintenance.refusals import RefusedError
from maintenance.reports.asking import keep
from sensors.models import Site

KINDS = (
    Report.Kind.ANOMALY_SUMMARY,
    Report.Kind.MAINTENANCE_OVERVIEW,
    Report.Kind.SYSTEM_HEALTH,
)


def last_month(now: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """The month that is over as the calendar of `zone` has it, from midnight to midnight.

    >>> from datetime import UTC
    >>> [f"{day:%Y-%m-%d}" for day in last_month(datetime(2026, 3, 31, 5, tzinfo=UTC), UTC)]
    ['2026-02-01', '2026-03-01']
    """
    here = now.astimezone(zone)
    end = datetime(here.year, here.month, 1, tzinfo=zone)
    before = end - timedelta(days=1)
    return datetime(before.year, before.month, 1, tzinfo=zone), end


def ask_for_last_month(now: datetime) -> int:
    """Have them made that are not there yet. Says how many. It may be called at any time:
    the request of a month is the same however often it is made, as known at its end."""
    new = 0
    for site in Site.objects.order_by("pk"):
        start, end = last_month(now, site.zone)
        for kind in KINDS:
            try:
                _, is_new = keep(kind, site, None, start=start, end=end, as_of=end, asked_by="")
            except RefusedError:
                break  # The site has enough to be made; the next call asks again.
            new += is_new
    return new
