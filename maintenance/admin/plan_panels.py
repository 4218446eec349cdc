"""What the admin shows of plans: the year ahead, and on orders what was planned."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from django.utils import timezone
from django.utils.safestring import SafeString

from maintenance.models import Plan, WorkOrder
from maintenance.plans.clocks import Coming
from maintenance.plans.previewing import preview
from sensors.admin_parts.pages import panel_of, pill, rendered

LATEST_OCCURRENCES = 15
MONTHS_AHEAD = 12
LEVELS = {"generated": "good", "coalesced": "low", "missed": "high", "suppressed": "quiet"}


def local(moment: datetime | None, zone: ZoneInfo) -> str:
    """A date of a plan, as those see it who do the work."""
    return f"{moment.astimezone(zone):%a %Y-%m-%d %H:%M %Z}" if moment else "–"


@panel_of(Plan)
def year_ahead(plan: Plan) -> SafeString:
    """Twelve months with their dates, and what became of the last ones."""
    now = timezone.now()
    zone = plan.zone
    ahead = preview(plan, now, MONTHS_AHEAD)
    latest = plan.occurrences.select_related("order")[:LATEST_OCCURRENCES]
    return rendered(
        "maintenance/plan.html",
        months=months_of(ahead.dates, now.astimezone(zone).date(), zone),
        preview=ahead,
        zone=zone,
        occurrences=[(pill(LEVELS[one.state], one.get_state_display()), one) for one in latest],
    )


def months_of(dates: Sequence[Coming], today: date, zone: ZoneInfo) -> list[dict[str, Any]]:
    """This month and the twelve after it, each with the days on which something is due.

    Dates that a season moves to one day are one piece of work.
    """
    first = today.replace(day=1)
    months = [first + relativedelta(months=number) for number in range(MONTHS_AHEAD + 1)]
    days: dict[tuple[datetime, bool], list[Coming]] = {}
    for coming in dates:
        days.setdefault((coming.due_at or coming.falls_at, coming.due_at is None), []).append(
            coming
        )
    return [
        {
            "name": f"{month:%b %Y}",
            "days": [
                {"at": at.astimezone(zone), "left_out": left_out, "dates": len(which)}
                for (at, left_out), which in days.items()
                if at.astimezone(zone).date().replace(day=1) == month
            ],
        }
        for month in months
    ]


@panel_of(WorkOrder)
def planned(order: WorkOrder) -> SafeString:
    """The plan that an order was made by, and the parts that it is expected to take."""
    parts = list(order.planned_parts.all())
    if not order.plan and not parts:
        return SafeString("")
    return rendered("maintenance/planned.html", plan=order.plan, parts=parts)
