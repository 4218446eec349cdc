"""Has what was repaired come back? Then the order is taken up again, or followed up."""

from __future__ import annotations

from collections.abc import Sequence

from maintenance.models import Anomaly, FailureCode, WorkOrder
from maintenance.orders.suspecting import Suspicion
from maintenance.orders.transitions import IllegalMoveError, move
from sensors.models import Asset

State, Verification = WorkOrder.State, WorkOrder.Verification
MOST_NAMED = 5


def watched_for(asset: Asset, suspicion: Suspicion) -> WorkOrder | None:
    """The latest order whose work has still to prove itself against these anomalies."""
    watched = WorkOrder.objects.being_watched().filter(asset=asset)
    rows = watched.select_related("suspected_mode", "failure_mode").order_by("-completed_at")
    for order in rows.select_for_update(of=("self",), no_key=True):
        if any(comes_back(order, anomaly, suspicion.mode) for anomaly in suspicion.new):
            return order
    return None


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
