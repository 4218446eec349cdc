"""From one anomaly to a work order, because a person asks for it."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone

from maintenance import policy
from maintenance.anomalies.taking import taken
from maintenance.models import Anomaly, AnomalyLog, FailureCode, WorkOrder
from maintenance.orders.requesting import proposed
from maintenance.orders.suspecting import mode_of, symptoms_by_anomaly
from maintenance.refusals import RefusedError
from sensors.access import Principal
from sensors.models import Asset


@transaction.atomic
def create_work_order(pk: int, *, by: Principal, note: str = "") -> WorkOrder:
    """Propose a predictive order because of one anomaly; a planner decides about it.

    Raises RefusedError, also where an order on the asset is open, and NotAllowedError.
    """
    # The asset first, as those do who decide about it.
    list(Asset.objects.filter(anomalies=pk).locked())
    anomaly = taken(pk, by)
    _check_no_order(anomaly)
    order = _opened(anomaly, by, note)
    anomaly.work_order, anomaly.decision_pending = order, False
    anomaly.save(update_fields=["work_order", "decision_pending"])
    words = f"{order.number}. {note}".strip()
    AnomalyLog.of(anomaly, AnomalyLog.Act.ORDERED, by.name, words).save()
    proposed(order, key="", request_ids=anomaly.correlation_ids)
    return order


def _check_no_order(anomaly: Anomaly) -> None:
    order = anomaly.work_order
    if order is not None and order.state in WorkOrder.OPEN_STATES:
        words = f"{order.number} is open because of it."
        raise RefusedError("has_open_order", words, work_order=order.number)


def _opened(anomaly: Anomaly, by: Principal, note: str) -> WorkOrder:
    urgency = policy.priority(anomaly.asset.criticality, policy.Severity(anomaly.severity_worst))
    finding = policy.Finding(
        sensor=anomaly.sensor.code,
        sensor_kind=anomaly.sensor.kind,
        anomaly_kind=anomaly.kind,
        severity=policy.Severity(anomaly.severity_worst),
    )
    order = WorkOrder(
        asset=anomaly.asset,
        origin=WorkOrder.Origin.PREDICTIVE,
        suspected_mode=_suspected(anomaly),
        priority=urgency,
        title=f"{anomaly.asset.tag}: {anomaly.get_kind_display().lower()} on {finding.sensor}",
        description="\n".join(filter(None, [note, f"{finding.sensor}: {anomaly.reason}"])),
        recommendation=policy.recommendation(finding),
        due_at=timezone.now() + policy.DUE_IN[urgency],
        requested_by=by.name[:150],
    )
    try:
        with transaction.atomic():
            order.save(force_insert=True)
    except IntegrityError as exc:
        if "one_open_predictive_order" not in str(exc):
            raise
        alike = WorkOrder.objects.open().predictive().filter(asset=order.asset_id)
        other = alike.filter(suspected_mode=order.suspected_mode).first()
        words = f"{other.number if other else 'An order on the asset'} is open because of the same"
        raise RefusedError(
            "asset_has_open_order",
            f"{words} suspected failure mode.",
            work_order=other.number if other else None,
        ) from exc
    return order


def _suspected(anomaly: Anomaly) -> FailureCode | None:
    symptoms = symptoms_by_anomaly([anomaly])[anomaly.pk]
    modes = FailureCode.objects.modes_by_kind(anomaly.asset)
    return mode_of(symptoms, modes) if symptoms else None
