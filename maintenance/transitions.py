"""How a work order may move. Every change of state goes through move()."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from maintenance.models import WorkOrder, WorkOrderTransition
from maintenance.scheduling.freeing import free_what_is_left

State = WorkOrder.State

TRANSITIONS: dict[str, tuple[str, ...]] = {
    State.PROPOSED: (State.APPROVED, State.CANCELLED),
    State.APPROVED: (State.SCHEDULED, State.IN_PROGRESS, State.CANCELLED),
    State.SCHEDULED: (State.IN_PROGRESS, State.APPROVED, State.CANCELLED),
    State.IN_PROGRESS: (State.ON_HOLD, State.COMPLETED),
    State.ON_HOLD: (State.IN_PROGRESS, State.CANCELLED),
    State.COMPLETED: (State.CLOSED, State.IN_PROGRESS),
    State.CLOSED: (),
    State.CANCELLED: (),
}


class IllegalMoveError(Exception):
    """The order cannot go where it was told to. `allowed` is where it can."""

    def __init__(self, order: WorkOrder, to_state: str, why: str = "") -> None:
        super().__init__(f"{order.number} is {order.state} and cannot become {to_state}{why}")
        self.allowed = tuple(state for state in TRANSITIONS[order.state] if state != to_state)


@transaction.atomic
def move(pk: int, to_state: str, *, actor: User | None, reason: str = "") -> WorkOrder:
    """Move an order and write it down. Raises IllegalMoveError."""
    order = WorkOrder.objects.select_for_update().get(pk=pk)
    if to_state not in TRANSITIONS[order.state]:
        raise IllegalMoveError(order, to_state)
    WorkOrderTransition.objects.create(
        work_order=order, from_state=order.state, to_state=to_state, actor=actor, reason=reason
    )
    before, order.state = order.state, to_state
    try:
        order.save(update_fields=["state"])
    except IntegrityError as exc:
        # one_open_predictive_work_order_per_asset: it cannot be taken up again.
        order.state = before
        raise IllegalMoveError(order, to_state, ": its asset has another open order") from exc
    free_what_is_left(order)
    return order
