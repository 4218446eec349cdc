"""Plan all of a site: every approved order that nobody has started gets a time.

What was started, what is pinned and what is under way by the clock stays where it is; so
does everything for which no other place is better by more than the trouble of moving it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from maintenance.models import Booking, SitePlan, WorkOrder
from maintenance.refusals import RefusedError
from maintenance.scheduling.booking import announce, put
from maintenance.scheduling.greedy import Progress, plan
from maintenance.scheduling.moves import Move, moves
from maintenance.scheduling.moving import move_to
from maintenance.scheduling.offering import MAY_BE_SCHEDULED, job_of, next_start
from maintenance.scheduling.results import result_of
from maintenance.scheduling.wording import explained
from maintenance.scheduling.workers import workers_at
from sensors.access import Principal, Right
from sensors.models import Site

State = WorkOrder.State
# Those due first; more would take minutes, and nobody plans a year of work at once.
MOST_ORDERS = 1_000
# Each takes some 10 ms and gains less than the one before.
ROUNDS = 100


@dataclass(frozen=True, slots=True)
class Question:
    """The orders of a site as they were read, and which of them are to be placed."""

    site: Site
    orders: dict[int, WorkOrder]
    fixed: dict[int, str]
    left_out: int

    @property
    def standing(self) -> set[tuple[int, int]]:
        """What the plan goes by. If it differs later, the plan is overtaken."""
        rows = Booking.objects.standing().filter(technician__site=self.site)
        return set(rows.filter(ends_at__gt=timezone.now()).values_list("pk", "sequence"))

    @property
    def states(self) -> set[tuple[Any, ...]]:
        rows = WorkOrder.objects.filter(pk__in=self.orders)
        return set(rows.values_list("pk", "state", "priority", "due_at", "planned_duration"))


def carry_out(asked: SitePlan, progress: Progress) -> dict[str, Any]:
    """Work a plan out and, where that was asked for, apply it. Returns what to show.

    It is worked out without locks and applied under them. Raises RefusedError with
    plan_overtaken if something was booked or changed meanwhile.
    """
    now = timezone.now()
    question = read(asked.site, now)
    before = (question.standing, question.states)
    found = work_out(question, now, timedelta(days=asked.days), progress)
    if asked.apply:
        # Whether he or she may was asked when the plan was.
        rights = {asked.site_id: frozenset({Right.PLAN})}
        by = Principal(asked.asked_by, rights, user_id=asked.asker_id)
        with transaction.atomic():
            Site.objects.select_for_update(no_key=True).get(pk=asked.site_id)
            list(
                WorkOrder.objects.filter(pk__in=question.orders).order_by("pk").select_for_update()
            )
            if (question.standing, question.states) != before:
                detail = "Something was booked or changed while it was worked out; ask again."
                raise RefusedError("plan_overtaken", detail)
            _apply(found, question, by)
    return result_of(found, question.orders, question.fixed, question.left_out)


def read(site: Site, now: datetime) -> Question:
    """The orders that wait for a time or have one, those due first."""
    waiting = WorkOrder.objects.filter(asset__site=site, state__in=MAY_BE_SCHEDULED)
    rows = list(
        waiting.select_related("asset__site")
        .prefetch_related("required_skills__skill", "bookings")
        .order_by("due_at", "pk")[:MOST_ORDERS]
    )
    orders = {order.pk: order for order in rows}
    fixed = {order.pk: why for order in rows if (why := _why_fixed(order, now))}
    return Question(site, orders, fixed, waiting.count() - len(rows))


def work_out(
    question: Question, now: datetime, horizon: timedelta, progress: Progress
) -> list[Move]:
    """Where each order that is not fixed goes."""
    start = next_start(now)
    free = [order for pk, order in question.orders.items() if pk not in question.fixed]
    ids = [order.pk for order in free]
    workers = workers_at(question.site, start, start + horizon, without_orders=ids)
    jobs = [job_of(order, _standing(order)) for order in free]
    rounds = ROUNDS if jobs else 0
    found = plan(jobs, workers, now=now, start=start, rounds=rounds, progress=progress)
    return moves(found, {worker.id: worker for worker in workers}, now)


def _standing(order: WorkOrder) -> list[Booking]:
    return [booking for booking in order.bookings.all() if booking.cancelled_at is None]


def _why_fixed(order: WorkOrder, now: datetime) -> str:
    standing = _standing(order)
    if any(booking.is_pinned for booking in standing):
        return "pinned"
    begun = any(booking.starts_at <= now for booking in standing)
    return "under way" if begun and any(b.ends_at > now for b in standing) else ""


def _apply(found: Iterable[Move], question: Question, by: Principal) -> None:
    """Book what is new and what moved. All of it is freed first, so that nothing is in the
    way of what takes its place. What found no place gives up the one it had."""
    changed = [move for move in found if move.action in ("placed", "moved")]
    for move in found:
        order = question.orders[move.placed.job.id]
        if move.action == "left" and order.state == State.SCHEDULED:
            move_to(order, State.APPROVED, by=by, reason=move.why)
    Booking.objects.filter(work_order__in=[move.placed.job.id for move in changed]).free()
    for move in changed:
        order, offer = question.orders[move.placed.job.id], move.placed.offer
        assert offer is not None
        words = explained(move.placed.job, offer, move.placed.market, question.site.zone)
        if move.action == "moved":
            words["why_moved"] = move.why
        put(order, offer.place, explanation=words, by=by)
        if order.state == State.APPROVED:
            order = move_to(order, State.SCHEDULED, by=by, reason=words["summary"])
        announce(order)
