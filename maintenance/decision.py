"""Turn undecided anomalies into work orders, by the rules in policy.py."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q

from maintenance import policy
from maintenance.models import Anomaly, DecisionPolicy, WorkOrder
from maintenance.orders.approving import approve_by_rule
from maintenance.orders.proposing import extend, propose
from maintenance.orders.recurrences import came_back, is_left_to, take_up_again, watched_on
from maintenance.orders.suspecting import Suspicion, suspicions
from sensors.models import Asset

logger = logging.getLogger(__name__)

# The soonest that a sensor of an asset is expected to reach an alarm limit, if any is. It is
# handed in, for forecasts are made above this app.
Foresight = Callable[[Asset], policy.Foreseen | None]


def nothing_foreseen(asset: Asset) -> None:
    """Decide by what there is, without a look ahead."""


def decide_undecided(foresee: Foresight = nothing_foreseen) -> None:
    """Open or extend an order for each suspected failure mode of assets with undecided anomalies.

    Needs a transaction. Assets that another worker is deciding about are waited for.
    Anomalies that are suppressed are left alone until they are not.
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
    # The asset, its orders, then its anomalies, each in the order of their ids: as those do
    # who complete an order. Locked: nothing may join an order that is just being cancelled.
    orders = WorkOrder.objects.locked_for_decision(asset)
    # What becomes worse meanwhile waits, and is decided by the next run.
    considered = Q(decision_pending=True) | Q(ended_at=None)
    of_asset = Anomaly.objects.standing().filter(considered, asset=asset).order_by("pk")
    locked = of_asset.select_for_update(of=("self",), no_key=True)
    new = {anomaly.pk for anomaly in locked if anomaly.decision_pending}
    if not new:
        return  # Another worker decided while this one waited for the asset.
    asks = DecisionPolicy.objects.for_asset(asset)
    foreseen = foresee(asset)
    for suspicion in suspicions(asset, new, orders):
        _decide(asset, suspicion, asks, foreseen)
    Anomaly.objects.filter(pk__in=new).update(decision_pending=False)


def _decide(
    asset: Asset,
    suspicion: Suspicion,
    asks: DecisionPolicy,
    foreseen: policy.Foreseen | None,
) -> None:
    decision = policy.decide(
        asset.criticality,
        suspicion.findings,
        # Sensors that nobody has placed only happen to stand on the same asset.
        one_machine=asset.tag != Asset.UNASSIGNED,
        foreseen=foreseen,
    )
    words = "; ".join(decision.rules)
    logger.info("decided %s for asset %s: %s", decision.action, asset, words)
    order = suspicion.order
    if order is None and decision.action == policy.Action.WATCH:
        return
    before = None
    if order is None:
        watched = watched_on(asset)
        before = came_back(watched, suspicion)
        if before is None and is_left_to(watched, suspicion):
            return
    if before:
        order = take_up_again(before, suspicion.anomalies)
    if order:
        extend(order, suspicion, decision)
    else:
        order = propose(asset, suspicion, decision, asks, recurrence_of=before)
    approve_by_rule(order, suspicion.findings, asks)
