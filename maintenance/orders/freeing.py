"""What becomes of the bookings of an order that does not need them any more."""

from __future__ import annotations

from django.utils import timezone

from maintenance.models import Booking, WorkOrder

State = WorkOrder.State
OVER = (State.COMPLETED, State.CLOSED, State.CANCELLED)


def free_what_is_left(order: WorkOrder) -> None:
    """Give the technician's time back after a move of the order.

    To be called inside the move's transaction, with the order locked. What is over keeps
    the time that has passed; what was sent back to approved gives up all of it.
    """
    bookings = Booking.objects.filter(work_order=order)
    if order.state in OVER:
        bookings.free(after=timezone.now())
    elif order.state == State.APPROVED and bookings.free():
        order.technician = order.scheduled_start = order.scheduled_end = None
        order.save(update_fields=["technician", "scheduled_start", "scheduled_end"])
