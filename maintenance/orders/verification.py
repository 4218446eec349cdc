"""Watch what was repaired: it is proven once the machine has run long enough without it."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from maintenance import policy
from maintenance.models import Anomaly, FailureCode, WorkOrder
from maintenance.orders.proposing import link
from maintenance.orders.recurrences import comes_back, take_up_again
from maintenance.orders.requesting import proposed
from maintenance.orders.suspecting import mode_of, symptoms_by_anomaly
from maintenance.orders.transitions import move
from sensors.models import Asset

logger = logging.getLogger(__name__)

State, Verification = WorkOrder.State, WorkOrder.Verification
# How long an asset ran between two moments. It is handed in, for what tells a running
# machine from a standing one is above this app.
Operated = Callable[[Asset, datetime, datetime], timedelta]
# What one look goes through at most; the next look goes on with the others.
AT_ONCE = 500
MOST_ANOMALIES = 100
NOT_REAL = (
    Anomaly.Verdict.FALSE_POSITIVE,
    Anomaly.Verdict.EXPECTED_OPERATION,
    Anomaly.Verdict.SENSOR_FAULT,
    Anomaly.Verdict.DUPLICATE,
)


def by_the_clock(asset: Asset, start: datetime, end: datetime) -> timedelta:
    """Take all hours for hours of operation."""
    return end - start


def verify_orders(operated: Operated = by_the_clock) -> Counter[str]:
    """Look after all orders being watched. Says how many were found what."""
    # By lot: those of machines that stand for long must not keep the others waiting.
    watched = WorkOrder.objects.being_watched().order_by("?").values_list("pk", flat=True)
    found = Counter(_verified(pk, operated) for pk in watched[:AT_ONCE])
    del found[Verification.PENDING]
    return found


def _verified(pk: int, operated: Operated) -> str:
    try:
        return _verify(pk, operated)
    except (OperationalError, InterfaceError):
        raise  # The database, not the order: the agent tries again.
    except Exception:
        # Other orders, and other sites, must not wait for this one.
        logger.exception("order %s could not be verified", pk)
        return Verification.PENDING


@transaction.atomic
def _verify(pk: int, operated: Operated) -> str:
    # The asset first, as those do who decide about it.
    Asset.objects.locked().get(work_orders=pk)
    order = WorkOrder.objects.locked(pk)
    if order.verification != Verification.PENDING or order.completed_at is None:
        return Verification.PENDING
    now = timezone.now()
    is_over = operated(order.asset, order.completed_at, now) >= settings.VERIFY_FOR
    back = _come_back(order, order.completed_at, is_over)
    if back:
        _carry_on(order, back)
    elif is_over:
        order.verification = Verification.PROVEN
        order.save(update_fields=["verification"])
        if order.state == State.COMPLETED:
            hours = settings.VERIFY_FOR / timedelta(hours=1)
            why = f"It has not come back in {hours:g} hours of operation"
            move(pk, State.CLOSED, by=None, reason=why)
    return order.verification


def _come_back(order: WorkOrder, completed_at: datetime, is_over: bool) -> list[Anomaly]:
    """Real anomalies of what the order was about that began after the work.

    Once the time is over also those of its own that have never ceased. What is only worth
    watching does not count.
    """
    since = Anomaly.objects.filter(
        asset=order.asset_id,
        last_seen_at__gt=completed_at,
        severity_worst__gt=policy.Severity.LOW,
        suppression="",
        merged_into=None,
    ).exclude(verdict__in=NOT_REAL)
    modes = FailureCode.objects.modes_by_kind(order.asset)
    rows = since.order_by("pk").select_for_update(of=("self",), no_key=True)
    later = list(rows[:MOST_ANOMALIES])
    seen = symptoms_by_anomaly(later)
    back = []
    for anomaly in later:
        mode = mode_of(seen[anomaly.pk], modes) if seen[anomaly.pk] else None
        never_ceased = is_over and anomaly.work_order_id == order.pk and anomaly.is_active
        if never_ceased or comes_back(order, anomaly, mode):
            back.append(anomaly)
    return back


def _carry_on(order: WorkOrder, back: Sequence[Anomaly]) -> None:
    """Reopen the order, or name it on the one in which the work goes on."""
    onward = WorkOrder.objects.open().filter(anomalies__in=back).exclude(pk=order.pk).first()
    reopened = None if onward else take_up_again(order, back)
    if reopened:
        link(reopened, back)
    else:
        order.verification = Verification.RECURRED
        order.save(update_fields=["verification"])
        follow_up = onward or _follow_up(order, back)
        follow_up.recurrence_of = order
        follow_up.save(update_fields=["recurrence_of"])
    order.verification = Verification.RECURRED


def _follow_up(order: WorkOrder, back: Sequence[Anomaly]) -> WorkOrder:
    priority = policy.Priority(order.priority)
    made = WorkOrder.objects.create(
        asset=order.asset,
        origin=WorkOrder.Origin.CORRECTIVE,
        priority=priority,
        suspected_mode=order.failure_mode or order.suspected_mode,
        title=f"Again: {order.title}"[:200],
        description="\n".join(anomaly.reason for anomaly in back),
        recommendation=order.recommendation,
        due_at=timezone.now() + policy.DUE_IN[priority],
    )
    link(made, back)
    proposed(made, key="")
    return made
