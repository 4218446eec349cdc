"""Has what was repaired come back? Then the order is taken up again, or followed up."""

from __future__ import annotations

from collections.abc import Sequence

from maintenance.models import Anomaly, FailureCode, WorkOrder
from maintenance.orders.suspecting import Suspicion
from maintenance.orders.transitions import IllegalMoveError, move
from sensors.models import Asset

State, Verification = WorkOrder.State, WorkOrder.Verification
MOST_NAMED = 5


def watched_on(asset: Asset) -> list[WorkOrder]:
    """The orders on an asset whose work has still to prove itself, locked, the latest first."""
    watched = WorkOrder.objects.being_watched().filter(asset=asset)
    rows = watched.select_related("suspected_mode", "failure_mode").order_by("-completed_at")
    return list(rows.select_for_update(of=("self",), no_key=True))


def came_back(watched: Sequence[WorkOrder], suspicion: Suspicion) -> WorkOrder | None:
    """The latest of the watched orders that new anomalies show to have failed: what it was
    about has come back, or has never ceased and became worse after the work."""
    for order in watched:
        for anomaly in suspicion.new:
            if comes_back(order, anomaly, suspicion.mode) or _became_worse(order, anomaly):
                return order
    return None


def is_left_to(watched: Sequence[WorkOrder], suspicion: Suspicion) -> bool:
    """Whether all that is new is from before the work on a watched order that it belongs to.

    While that goes on nothing is decided. Just after it the readings may not have calmed
    down yet; the end of the watch tells whether they have.
    """
    begun = {order.pk: order.completed_at for order in watched}
    return all(
        (done_at := begun.get(anomaly.work_order_id or 0)) is not None
        and anomaly.started_at <= done_at
        for anomaly in suspicion.new
    )


def _became_worse(order: WorkOrder, anomaly: Anomaly) -> bool:
    """Of a new anomaly, one that has just got a higher severity: was that after the work?"""
    done_at = order.completed_at
    own = anomaly.work_order_id == order.pk and anomaly.is_active
    return own and done_at is not None and anomaly.peak_at > done_at


def comes_back(order: WorkOrder, anomaly: Anomaly, mode: FailureCode | None) -> bool:
    """Whether an anomaly is what the order was about: it began after the work, and has the
    failure mode that was suspected or found, or the kind and sensor of one of the order."""
    if order.completed_at is None or anomaly.started_at <= order.completed_at:
        return False
    modes = {known.code for known in (order.suspected_mode, order.failure_mode) if known}
    if mode and mode.code in modes:
        return True
    return order.anomalies.filter(kind=anomaly.kind, sensor=anomaly.sensor_id).exists()


def take_up_again(order: WorkOrder, anomalies: Sequence[Anomaly]) -> WorkOrder | None:
    """Flag a locked order whose anomaly is back, and reopen it if it was only completed.

    None where it is closed, or where another open order has taken its place.
    """
    reopened = None
    if order.state == State.COMPLETED:
        numbers = ", ".join(str(anomaly.pk) for anomaly in anomalies[:MOST_NAMED])
        why = f"It has come back, see anomaly {numbers}"
        try:
            reopened = move(order.pk, State.IN_PROGRESS, by=None, reason=why)
        except IllegalMoveError:
            reopened = None
    flagged = reopened or order
    flagged.verification = Verification.RECURRED
    flagged.save(update_fields=["verification"])
    return reopened
