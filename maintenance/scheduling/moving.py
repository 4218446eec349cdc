"""The one place from which scheduling moves the state of an order."""

from __future__ import annotations

from django.contrib.auth import get_user_model

from maintenance.models import WorkOrder
from maintenance.transitions import move
from sensors.access import Principal


def move_to(order: WorkOrder, state: str, *, by: Principal | None, reason: str) -> WorkOrder:
    """Move a locked order, in the name of somebody or of a plan."""
    person = by.user_id if by else None
    actor = get_user_model().objects.filter(pk=person).first() if person else None
    return move(order.pk, state, actor=actor, reason=reason[:500])
