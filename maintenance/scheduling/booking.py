"""Give an order a technician and a time, and take them away again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from maintenance.events import Event, happened
from maintenance.models import Booking, Technician, WorkOrder
from maintenance.models.bookings import OVERLAP
from maintenance.refusals import RefusedError, require
from maintenance.scheduling.moving import move_to
from maintenance.scheduling.offering import MAY_BE_SCHEDULED, offers_for
from maintenance.scheduling.scoring import Place
from maintenance.scheduling.wording import explained
from sensors.access import Principal, Right
from sensors.models import Site

State = WorkOrder.State


@transaction.atomic
def schedule(
    pk: int,
    *,
    by: Principal,
    technician: Technician | None = None,
    start: datetime | None = None,
    pin: bool = False,
) -> WorkOrder:
    """Find who does an approved order and when, book it, and keep why.

    `technician` and `start` narrow the choice; with `pin`, plans leave it where it is. An
    order that is scheduled already gets another time, or keeps the one it has where that is
    best. Raises RefusedError: not_to_be_scheduled, in_the_past, unknown_technician, and what
    offers_for raises.
    """
    order = locked(pk, by)
    if order.state not in MAY_BE_SCHEDULED:
        raise RefusedError(
            "not_to_be_scheduled",
            f"{order.number} is {order.state}; only approved orders are scheduled.",
            state=order.state,
        )
    if start and start < timezone.now():
        raise RefusedError("in_the_past", "Work cannot be scheduled into the past.")
    if technician and (technician.site_id != order.asset.site_id or not technician.is_active):
        raise RefusedError("unknown_technician", "No active technician of the site is that.")
    job, found = offers_for(order, technician=technician, start=start, exactly=start is not None)
    chosen = found.offers[0]
    words = explained(job, chosen, found, order.asset.site.zone)
    order.bookings.free()
    put(order, chosen.place, explanation=words, by=by, pin=pin)
    if order.state == State.APPROVED:
        order = move_to(order, State.SCHEDULED, by=by, reason=words["summary"])
    announce(order)
    return order


@transaction.atomic
def unschedule(pk: int, *, by: Principal, reason: str = "") -> WorkOrder:
    """Take an order's time away; it is approved again and waits for another one.

    Raises RefusedError: not_scheduled.
    """
    order = locked(pk, by)
    if order.state != State.SCHEDULED:
        detail = f"{order.number} is {order.state}, not scheduled."
        raise RefusedError("not_scheduled", detail, state=order.state)
    return move_to(order, State.APPROVED, by=by, reason=reason or "Unscheduled")


def locked(pk: int, by: Principal) -> WorkOrder:
    """The order, locked for planning, if the principal may plan at its site.

    The site is locked first: whoever plans there goes by what was booked before, one after
    the other. The constraint on bookings holds without that, too.
    """
    order = WorkOrder.objects.select_related("asset__site").get(pk=pk)
    require(by, Right.PLAN, order.asset.site_id)
    Site.objects.select_for_update(no_key=True).get(pk=order.asset.site_id)
    rows = WorkOrder.objects.select_for_update(of=("self",)).select_related("asset__site")
    return rows.get(pk=pk)


def put(
    order: WorkOrder,
    place: Place,
    *,
    explanation: dict[str, Any],
    by: Principal | None,
    pin: bool = False,
) -> None:
    """Book a place for an order whose own bookings have been freed.

    Freed bookings of the same technician are taken up again, so that calendars see an
    appointment moved and not another one.
    """
    freed = order.bookings.filter(technician_id=place.worker_id, ends_at__gt=timezone.now())
    before = {booking.part: booking for booking in freed.order_by("cancelled_at")}
    try:
        with transaction.atomic():
            for number, part in enumerate(place.parts, start=1):
                booking = before.get(number) or Booking(work_order=order, part=number)
                booking.technician_id = place.worker_id
                booking.starts_at, booking.ends_at = part.span.start, part.span.end
                booking.work, booking.is_pinned = part.work, pin
                booking.explanation = explanation if number == 1 else {}
                booking.booked_by = by.name[:150] if by else ""
                booking.cancelled_at, booking.changed_at = None, timezone.now()
                booking.sequence += booking.pk is not None
                booking.save()
    except IntegrityError as exc:
        if OVERLAP not in str(exc):
            raise
        raise RefusedError("slot_taken", "Somebody else has just booked that time.") from exc
    order.technician_id = place.worker_id
    order.scheduled_start, order.scheduled_end = place.start, place.end
    order.save(update_fields=["technician", "scheduled_start", "scheduled_end"])


def announce(order: WorkOrder) -> None:
    """Tell whoever listens that the order was given to somebody."""
    happened.send(
        sender=WorkOrder,
        event=Event.ASSIGNED,
        order=order,
        asset=order.asset,
        anomaly=None,
        request_ids=[],
        key=f"{order.technician_id}:{order.scheduled_start:%Y%m%dT%H%M}",
    )
