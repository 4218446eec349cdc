"""The dates of a plan in the months to come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dateutil.relativedelta import relativedelta

from maintenance.models import Plan
from maintenance.plans.clocks import Clock, Coming, coming

MOST_MONTHS = 24
MOST_DATES = 400


@dataclass(frozen=True, slots=True)
class Preview:
    """`is_estimate`: the dates hang on when work is completed, or on how much machines run.
    `is_cut`: there are more dates than are told."""

    until: datetime
    dates: list[Coming]
    is_estimate: bool
    is_cut: bool


def preview(plan: Plan, now: datetime, months: int) -> Preview:
    """What falls in so many months from now, in order; changes nothing."""
    until = now + relativedelta(months=months)
    habits = plan.habits
    dates = list(coming(_clocks(plan, now), habits, until, MOST_DATES + 1))
    return Preview(
        until=until,
        dates=dates[:MOST_DATES],
        is_estimate=habits.from_completion or bool(plan.meters.all()),
        is_cut=len(dates) > MOST_DATES,
    )


def _clocks(plan: Plan, now: datetime) -> list[Clock]:
    """As they stand; an open order that they wait for is taken to be done when it is due."""
    clocks = plan.clocks(now)
    if plan.awaits and plan.habits.from_completion:
        done_at = max(plan.awaits.due_at, now)
        return [clock.restarted(done_at) for clock in clocks]
    return clocks
