"""What an order has cost so far."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from maintenance.models import WorkOrder

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Costs:
    """Sums over the rows that were booked, in the plant's currency, and in hours."""

    labour_hours: float
    labour: Decimal
    parts: Decimal
    downtime_hours: float

    @property
    def total(self) -> Decimal:
        return self.labour + self.parts


def costs_of(order: WorkOrder) -> Costs:
    """Labour and parts, each row rounded to cents as it is shown, and how long it stood."""
    labour, now = list(order.labour.all()), timezone.now()
    stood = ((row.ended_at or now) - row.started_at for row in order.downtime.all())
    return Costs(
        labour_hours=sum(row.hours for row in labour),
        labour=sum((row.cost for row in labour), ZERO),
        parts=sum((row.cost for row in order.parts.all()), ZERO),
        downtime_hours=sum(stood, timedelta()) / timedelta(hours=1),
    )
