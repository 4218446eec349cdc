"""The one place from which scheduling moves the state of an order."""

from __future__ import annotations

from maintenance.models import WorkOrder
from maintenance.orders.transitions import move
from sensors.access import Principal


def move_to(order: WorkOrder, state: str, *, by: Principal | None, reason: str) -> WorkOrder:
    """Move a locked order, in the name of somebody or of a plan."""
    return move(order.pk, state, by=by, reason=reason[:500])
