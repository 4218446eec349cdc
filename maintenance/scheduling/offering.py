"""Which technicians could do an order, and when: the offers from which one is chosen."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.db.models import prefetch_related_objects
from django.utils import timezone

from maintenance.models import Booking, Technician, WorkOrder
from maintenance.refusals import RefusedError
from maintenance.scheduling.diaries import Part
from maintenance.scheduling.offers import Market, market
from maintenance.scheduling.scoring import Job, Place
from maintenance.scheduling.spans import Span
from maintenance.scheduling.workers import workers_at

State = WorkOrder.State
# What may be given a time: what was approved, and what has one already and may get another.
MAY_BE_SCHEDULED = (State.APPROVED, State.SCHEDULED)
HORIZON = timedelta(days=28)
# Nobody begins at 10:03:27.
GRID = timedelta(minutes=5)
FURTHEST = timedelta(days=366)


def job_of(
    order: WorkOrder, standing: Iterable[Booking], *, worker_ids: frozenset[int] | None = None
) -> Job:
    """An order as the pure rules know it; `standing` are its bookings that stand."""
    bookings = sorted(standing, key=lambda booking: booking.part)
    parts = tuple(Part(Span(b.starts_at, b.ends_at), b.work) for b in bookings)
    return Job(
        id=order.pk,
        name=order.number,
        priority=order.priority,
        due=order.due_at,
        work=order.planned_duration,
        skills={asked.skill.code: asked.level for asked in order.required_skills.all()},
        stands=Place(bookings[0].technician_id, parts) if parts else None,
        worker_ids=worker_ids,
    )


def next_start(moment: datetime) -> datetime:
    """The first moment of the grid that is not before."""
    behind = (moment - datetime.min.replace(tzinfo=UTC)) % GRID
    return moment + (GRID - behind) if behind else moment


def offers_for(
    order: WorkOrder,
    *,
    technician: Technician | None = None,
    start: datetime | None = None,
    exactly: bool = False,
) -> tuple[Job, Market]:
    """The offers for an order, best first, with the order as a job.

    From `start` on, which is now if it is not given; with `exactly` at `start` only, and then
    in any part of a shift, for that is what a person asked for. Raises RefusedError where
    there is none: no_duration, too_far_ahead, no_technicians, nobody_has_the_skills, no_slot,
    slot_taken.
    """
    now = timezone.now()
    if order.planned_duration <= timedelta():
        raise RefusedError("no_duration", "The order does not say how long it takes.")
    if start and start > now + FURTHEST:
        raise RefusedError("too_far_ahead", "Orders are scheduled up to a year ahead.")
    start = start if start and exactly else next_start(max(start or now, now))
    prefetch_related_objects([order], "required_skills__skill")
    job = job_of(
        order,
        order.bookings.standing(),
        worker_ids=frozenset({technician.pk}) if technician else None,
    )
    workers = workers_at(
        order.asset.site,
        start,
        start + HORIZON,
        without_orders=[order.pk],
        whole_shifts=exactly,
    )
    found = market(job, workers, now=now, start=start, exactly=exactly)
    if not found.offers:
        raise _nothing(job, found, exactly=exactly, anybody=bool(workers))
    return job, found


def _nothing(job: Job, found: Market, *, exactly: bool, anybody: bool) -> RefusedError:
    if not anybody:
        return RefusedError("no_technicians", "The site has no active technicians.")
    if not found.without_time:
        asked = ", ".join(f"{code} from level {level}" for code, level in job.skills.items())
        return RefusedError(
            "nobody_has_the_skills",
            f"Nobody who may do it has what it asks for: {asked}.",
            required=dict(job.skills),
            unskilled=found.unskilled,
        )
    names = ", ".join(found.without_time)
    if exactly:
        detail = f"Not free, or not at work, for so long from then on: {names}."
        return RefusedError("slot_taken", detail, without_time=found.without_time)
    detail = f"Nobody who can do it has so much time in the {HORIZON.days} days: {names}."
    return RefusedError("no_slot", detail, without_time=found.without_time)
