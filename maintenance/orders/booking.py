"""Book on an order what carrying it out took: hours, parts, and the standstill of the asset."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.db import IntegrityError, models, transaction
from django.utils import timezone

from maintenance.models import Downtime, Labour, PartUsed, Technician, WorkOrder
from maintenance.models.execution import DOWNTIME_OVERLAP, LABOUR_OVERLAP
from maintenance.moments import IN_WORDS, is_possible
from maintenance.refusals import InvalidError, RefusedError, require
from sensors.access import Principal, Right

State = WorkOrder.State

# Labour and parts are of work that has begun, and may be put down until it is closed.
AT_WORK = (State.IN_PROGRESS, State.ON_HOLD, State.COMPLETED)
# Nobody works longer in one go; a longer time is a slip.
LABOUR_AT_MOST = timedelta(hours=24)
# Of each kind, on one order: more than any real one has.
MOST_ROWS = 500


@transaction.atomic
def book_labour(
    pk: int,
    *,
    by: Principal,
    started_at: datetime,
    ended_at: datetime,
    technician: Technician | None = None,
    person: str = "",
    hourly_rate: Decimal | None = None,
) -> Labour:
    """Book the time that somebody worked: a technician, or another person by name.

    Without a rate it is the technician's. Raises RefusedError: not_at_work, no_person,
    wrong_site, impossible_time, labour_overlaps, too_many_rows; InvalidError: negative.
    """
    order = _locked(pk, by, AT_WORK)
    _check_room(order.labour)
    started_at, ended_at = started_at.astimezone(UTC), ended_at.astimezone(UTC)
    _check_span(started_at, ended_at)
    if hourly_rate is not None:
        _check_amount(hourly_rate)
    if ended_at - started_at > LABOUR_AT_MOST:
        raise RefusedError("impossible_time", "Nobody works longer than 24 hours in one go.")
    if technician and technician.site_id != order.asset.site_id:
        raise RefusedError("wrong_site", f"{technician} works at another site.")
    name = person.strip() or (technician.name if technician else "")
    if not name:
        raise RefusedError("no_person", "Say who worked: a technician, or a name.")
    usual = technician.hourly_rate if technician else Decimal(0)
    rate = usual if hourly_rate is None else hourly_rate
    with _overlap(LABOUR_OVERLAP, "labour_overlaps", f"{name} has other labour at that time."):
        return order.labour.create(
            technician=technician,
            person=name[:100],
            started_at=started_at,
            ended_at=ended_at,
            hourly_rate=rate,
            booked_by=by.name[:150],
        )


@transaction.atomic
def book_part(
    pk: int,
    *,
    by: Principal,
    name: str,
    number: str = "",
    quantity: Decimal = Decimal(1),
    unit_cost: Decimal = Decimal(0),
) -> PartUsed:
    """Book a part that was used up.

    Raises RefusedError: not_at_work, too_many_rows; InvalidError: nothing_used, negative.
    """
    order = _locked(pk, by, AT_WORK)
    _check_room(order.parts)
    if quantity <= 0:
        raise InvalidError("nothing_used", "Say how much of it was used.")
    _check_amount(unit_cost)
    return order.parts.create(
        name=name, number=number, quantity=quantity, unit_cost=unit_cost, booked_by=by.name[:150]
    )


@transaction.atomic
def record_downtime(
    pk: int,
    *,
    by: Principal,
    started_at: datetime,
    reason: str,
    ended_at: datetime | None = None,
    is_planned: bool = False,
    note: str = "",
) -> Downtime:
    """Put down when the asset of an order stood still; without an end it still does.

    Raises RefusedError: not_at_work, impossible_time, downtime_overlaps, too_many_rows;
    InvalidError: unknown_reason.
    """
    order = _locked(pk, by, (*WorkOrder.OPEN_STATES, State.COMPLETED))
    _check_room(order.downtime)
    if reason not in Downtime.Reason:
        raise InvalidError("unknown_reason", f"It is one of {', '.join(Downtime.Reason)}.")
    started_at = started_at.astimezone(UTC)
    ended_at = ended_at and ended_at.astimezone(UTC)
    _check_span(started_at, ended_at)
    with _downtime_kept(order):
        return order.downtime.create(
            asset=order.asset,
            started_at=started_at,
            ended_at=ended_at,
            reason=reason,
            is_planned=is_planned,
            note=note,
            recorded_by=by.name[:150],
        )


@transaction.atomic
def end_downtime(pk: int, downtime_id: int, *, by: Principal, ended_at: datetime) -> Downtime:
    """Say since when the asset runs again.

    Raises Downtime.DoesNotExist, or RefusedError: has_ended, impossible_time.
    """
    order = _locked(pk, by, tuple(State))
    downtime = order.downtime.select_for_update(no_key=True).get(pk=downtime_id)
    if downtime.ended_at:
        raise RefusedError("has_ended", f"It has ended at {downtime.ended_at.isoformat()}.")
    ended_at = ended_at.astimezone(UTC)
    _check_span(downtime.started_at, ended_at)
    downtime.ended_at, downtime.recorded_by = ended_at, by.name[:150]
    with _downtime_kept(order):
        downtime.save(update_fields=["ended_at", "recorded_by"])
    return downtime


def _locked(pk: int, by: Principal, states: tuple[str, ...]) -> WorkOrder:
    order = WorkOrder.objects.locked(pk)
    require(by, Right.WORK, order.asset.site_id)
    if order.state not in states:
        raise RefusedError(
            "not_at_work",
            f"{order.number} is {order.state}; nothing is booked on it now.",
            state=str(order.state),
            allowed=[str(state) for state in states],
        )
    return order


def _check_room(rows: models.Manager) -> None:
    if rows.count() >= MOST_ROWS:
        raise RefusedError("too_many_rows", f"An order takes {MOST_ROWS} of these.")


def _check_amount(amount: Decimal) -> None:
    if amount < 0:
        raise InvalidError("negative", "A rate or a cost is not below 0.")


def _check_span(start: datetime, end: datetime | None) -> None:
    """Raise RefusedError unless it has begun, and ended after that, by now.

    Both in UTC: of two times of one zone Python compares what the clocks on the wall show,
    which says nothing in the hour that comes twice.
    """
    now = timezone.now()
    if start > now or (end and end > now):
        raise RefusedError("impossible_time", "That is in the future.")
    if not is_possible(start):
        raise RefusedError("impossible_time", f"{IN_WORDS}.")
    if end and end <= start:
        raise RefusedError("impossible_time", "It ends before it starts.")


def _downtime_kept(order: WorkOrder) -> AbstractContextManager[None]:
    detail = f"{order.asset.tag} has other downtime at that time."
    return _overlap(DOWNTIME_OVERLAP, "downtime_overlaps", detail)


@contextmanager
def _overlap(constraint: str, code: str, detail: str) -> Iterator[None]:
    """The database decides about overlaps: two may book at the same time."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as exc:
        if constraint in str(exc):
            raise RefusedError(code, detail) from exc
        raise
