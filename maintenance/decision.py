"""Turn undecided anomalies into work orders, by the rules in policy.py."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Max, Q
from django.utils import timezone

from maintenance import policy
from maintenance.events import Event, happened
from maintenance.models import Anomaly, Symptom, WorkOrder
from sensors.models import Asset

logger = logging.getLogger(__name__)

# A due date that moves by less is no news.
SOONER = timedelta(hours=1)

# The soonest that a sensor of an asset is expected to reach an alarm limit, if any is. It is
# handed in, for forecasts are made above this app.
Foresight = Callable[[Asset], policy.Foreseen | None]


def nothing_foreseen(asset: Asset) -> None:
    """Decide by what there is, without a look ahead."""


def decide_undecided(foresee: Foresight = nothing_foreseen) -> None:
    """Open or extend one order for each asset with undecided anomalies.

    Needs a transaction. Assets that another worker is deciding about are waited for.
    """
    waiting = Anomaly.objects.undecided().order_by().values("asset")
    # In one order, so that two workers cannot block each other.
    assets = Asset.objects.filter(pk__in=waiting).order_by("pk").select_for_update(no_key=True)
    for asset in assets:
        try:
            with transaction.atomic():
                _decide_about(asset, foresee)
        except (OperationalError, InterfaceError):
            raise  # The database, not the asset: the agent tries again.
        except Exception:
            # Other assets, and other sites, must not wait for this one.
            logger.exception("nothing could be decided about asset %s", asset.pk)


def _decide_about(asset: Asset, foresee: Foresight) -> None:
    # Locked: what becomes worse meanwhile waits, and is decided by the next run.
    undecided = list(
        Anomaly.objects.undecided()
        .filter(asset=asset)
        .select_related("sensor")
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True)
    )
    if not undecided:
        return  # Another worker decided while this one waited for the asset.
    active = Anomaly.objects.open().filter(asset=asset, suppression="").select_related("sensor")
    considered = list({anomaly.pk: anomaly for anomaly in [*undecided, *active]}.values())
    decision = policy.decide(
        asset.criticality,
        [_finding(symptom) for symptom in _symptoms(considered)],
        # Sensors that nobody has placed only happen to stand on the same asset.
        one_machine=asset.tag != Asset.UNASSIGNED,
        foreseen=foresee(asset),
    )
    # Locked as well: nothing may join an order that is just being cancelled.
    predictive = WorkOrder.objects.open().filter(asset=asset, origin=WorkOrder.Origin.PREDICTIVE)
    order = predictive.select_for_update(no_key=True).first()
    if order:
        _extend(order, undecided, decision)
    elif decision.action == policy.Action.ORDER:
        order = _propose(asset, considered, decision)
    Anomaly.objects.filter(pk__in=[a.pk for a in undecided]).update(decision_pending=False)
    logger.info("decided %s for asset %s: %s", decision.action, asset, "; ".join(decision.rules))


def _symptoms(anomalies: Sequence[Anomaly]) -> list[Symptom]:
    """What still goes on of open anomalies, and what there was of others."""
    found = Symptom.objects.filter(anomaly__in=anomalies).select_related("foremost")
    over = Q(anomaly__ended_at=None) & ~Q(ended_at=None)
    return list(found.exclude(over).order_by("pk"))


def _finding(symptom: Symptom) -> policy.Finding:
    worst = symptom.severity_of(symptom.score_worst)
    return policy.Finding(
        sensor=symptom.foremost.code,
        sensor_kind=symptom.foremost.kind,
        anomaly_kind=symptom.kind,
        severity=policy.Severity(worst),
    )


def _propose(asset: Asset, anomalies: Sequence[Anomaly], decision: policy.Decision) -> WorkOrder:
    leading = max(anomalies, key=lambda anomaly: anomaly.score_worst)
    order = WorkOrder.objects.create(
        asset=asset,
        priority=decision.priority,
        title=f"{asset.tag}: {leading.get_kind_display().lower()} on {leading.sensor.code}",
        description="\n".join(f"{a.sensor.code}: {a.reason}" for a in anomalies),
        recommendation=decision.recommendation,
        due_at=timezone.now() + decision.due_in,
        decision=_trace(anomalies, decision),
    )
    _link(order, anomalies)
    _say(order, Event.PROPOSED, anomalies)
    return order


def _extend(order: WorkOrder, anomalies: Sequence[Anomaly], decision: policy.Decision) -> None:
    """Join the anomalies to the order; say so if that makes it more urgent or wider."""
    joining = [anomaly for anomaly in anomalies if anomaly.work_order_id != order.pk]
    due_at = timezone.now() + decision.due_in
    # Without a limit ahead, a date that a planner has put off stays put off.
    is_sooner = decision.foreseen is not None and due_at < order.due_at - SOONER
    more_urgent = decision.priority < order.priority or is_sooner
    if more_urgent:
        order.priority = min(order.priority, decision.priority)
        order.due_at = min(order.due_at, due_at)
        order.decision = _trace(anomalies, decision) | {"before": order.decision}
    if joining:
        lines = [f"{anomaly.sensor.code}: {anomaly.reason}" for anomaly in joining]
        order.description = "\n".join([order.description, *lines])
    order.save(update_fields=["priority", "due_at", "decision", "description"])
    _link(order, joining)
    if joining or more_urgent:
        latest = order.anomalies.aggregate(latest=Max("pk"))["latest"]
        _say(order, Event.EXTENDED, anomalies, key=f"{latest}:{order.priority}")


def _say(order: WorkOrder, event: Event, anomalies: Sequence[Anomaly], key: str = "") -> None:
    requests = _requests(anomalies)
    happened.send(
        WorkOrder, event=event, asset=order.asset, order=order, key=key, request_ids=requests
    )


def _link(order: WorkOrder, anomalies: Sequence[Anomaly]) -> None:
    Anomaly.objects.filter(pk__in=[a.pk for a in anomalies]).update(work_order=order)


def _trace(anomalies: Sequence[Anomaly], decision: policy.Decision) -> dict[str, object]:
    """What a person needs to follow the decision later."""
    return {
        "policy": policy.VERSION,
        "rules": list(decision.rules),
        "anomalies": [
            asdict(_finding(seen))
            | {
                "id": seen.anomaly_id,
                "detector": seen.detector,
                "score": seen.score_worst,
            }
            for seen in _symptoms(anomalies)
        ],
        "correlation_ids": _requests(anomalies),
    }


def _requests(anomalies: Sequence[Anomaly]) -> list[str]:
    """The requests that brought the anomalies, each once."""
    return list(dict.fromkeys(name for a in anomalies for name in a.correlation_ids))
