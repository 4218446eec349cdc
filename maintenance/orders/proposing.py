"""Propose orders for what the detectors saw, carry them on, and keep why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.db.models import Max
from django.utils import timezone

from maintenance import policy
from maintenance.events import Event, happened
from maintenance.models import Anomaly, DecisionPolicy, WorkOrder
from maintenance.orders.checklists import copy_points
from maintenance.orders.requesting import proposed, require_skills
from maintenance.orders.suspecting import Suspicion, finding_of, symptoms_of
from sensors.models import Asset

# A due date that moves by less is no news.
SOONER = timedelta(hours=1)
# A limit that comes nearer may make an order more urgent hour by hour.
MOST_BEFORE = 20


def propose(
    asset: Asset,
    suspicion: Suspicion,
    decision: policy.Decision,
    asks: DecisionPolicy,
    *,
    recurrence_of: WorkOrder | None = None,
) -> WorkOrder:
    """Open a proposed order; where the policy says so, with the work planned."""
    anomalies = suspicion.anomalies
    leading = max(anomalies, key=lambda anomaly: anomaly.score_worst)
    order = WorkOrder.objects.create(
        asset=asset,
        suspected_mode=suspicion.mode,
        priority=decision.priority,
        title=f"{asset.tag}: {leading.get_kind_display().lower()} on {leading.sensor.code}",
        description="\n".join(f"{a.sensor.code}: {a.reason}" for a in anomalies),
        recommendation=decision.recommendation,
        due_at=timezone.now() + decision.due_in,
        decision=_trace(suspicion, decision, asks.mode),
        recurrence_of=recurrence_of,
    )
    if asks.terms.plans:
        _plan(order, asks)
    link(order, anomalies)
    proposed(order, key="", request_ids=_requests(anomalies))
    return order


def _plan(order: WorkOrder, asks: DecisionPolicy) -> None:
    """Put on the order what its policy has planned for orders of the type of asset."""
    order.planned_duration = asks.planned_duration
    order.save(update_fields=["planned_duration"])
    require_skills(order, {one.skill: one.level for one in asks.skills.select_related("skill")})
    if asks.checklist:
        copy_points(order, asks.checklist)


def extend(order: WorkOrder, suspicion: Suspicion, decision: policy.Decision) -> None:
    """Join the new anomalies to the order; say so if that makes it more urgent or wider.

    What was put off comes back when it becomes more urgent.
    """
    joining = [anomaly for anomaly in suspicion.new if anomaly.work_order_id != order.pk]
    due_at = timezone.now() + decision.due_in
    # Without a limit ahead, a date that a planner has put off stays put off.
    is_sooner = decision.foreseen is not None and due_at < order.due_at - SOONER
    more_urgent = decision.priority < order.priority or is_sooner
    if more_urgent:
        order.priority = min(order.priority, decision.priority)
        order.due_at = min(order.due_at, due_at)
        mode = order.decision.get("mode", policy.Mode.SUGGEST)
        approved_by = {k: v for k, v in order.decision.items() if k == "approved_by"}
        before = {"before": _with_those_before(order.decision)}
        order.decision = _trace(suspicion, decision, mode) | approved_by | before
        order.deferred_until = None
    if joining:
        lines = [f"{anomaly.sensor.code}: {anomaly.reason}" for anomaly in joining]
        order.description = "\n".join([order.description, *lines])
    fields = ["priority", "due_at", "decision", "description", "deferred_until"]
    order.save(update_fields=fields)
    link(order, joining)
    if joining or more_urgent:
        _say_extended(order, _requests(suspicion.new))


def _say_extended(order: WorkOrder, requests: list[str]) -> None:
    latest = order.anomalies.aggregate(latest=Max("pk"))["latest"]
    key = f"{latest}:{order.priority}"
    happened.send(
        sender=WorkOrder,
        event=Event.EXTENDED,
        asset=order.asset,
        anomaly=None,
        order=order,
        key=key,
        request_ids=requests,
    )


def link(order: WorkOrder, anomalies: Sequence[Anomaly]) -> None:
    Anomaly.objects.filter(pk__in=[a.pk for a in anomalies]).update(work_order=order)


def _trace(suspicion: Suspicion, decision: policy.Decision, mode: str) -> dict[str, object]:
    """What a person needs to follow the decision later."""
    by_id = {anomaly.pk: anomaly for anomaly in suspicion.anomalies}
    return {
        "policy": policy.VERSION,
        "mode": str(mode),
        "suspected_mode": str(suspicion.mode) if suspicion.mode else None,
        "rules": list(decision.rules),
        "anomalies": [
            asdict(finding_of(seen, by_id[seen.anomaly_id]))
            | {
                "id": seen.anomaly_id,
                "detector": seen.detector,
                "score": seen.score_worst,
            }
            for seen in symptoms_of(suspicion.anomalies)
        ],
        "correlation_ids": _requests(suspicion.anomalies),
    }


def _with_those_before(decision: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A decision and those that it took the place of, the newest first.

    Of too many the one that opened the order stays, for it says why there is an order.
    """
    own = {name: value for name, value in decision.items() if name != "before"}
    decisions = [own, *decision.get("before", ())]
    return decisions[: MOST_BEFORE - 1] + decisions[MOST_BEFORE - 1 :][-1:]


def _requests(anomalies: Sequence[Anomaly]) -> list[str]:
    """The requests that brought the anomalies, each once."""
    return list(dict.fromkeys(name for a in anomalies for name in a.correlation_ids))
