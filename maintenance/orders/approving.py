"""Approve without a person, where the policy of the type of asset allows it."""

from __future__ import annotations

from collections.abc import Sequence

from maintenance import policy
from maintenance.models import DecisionPolicy, WorkOrder
from maintenance.orders.transitions import move

State = WorkOrder.State


def approve_by_rule(
    order: WorkOrder, findings: Sequence[policy.Finding], asks: DecisionPolicy
) -> None:
    """Approve a proposed order of credible and severe anomalies; its trace says why.

    Where a planner has already said something, nobody approves over his or her head.
    """
    if order.state != State.PROPOSED or order.decisions.exists():
        return
    why = policy.approval(asks.terms, findings)
    if why is None:
        return
    order.decision["rules"] = [*order.decision.get("rules", ()), why]
    order.decision["mode"] = asks.mode
    order.save(update_fields=["decision"])
    order.state = move(order.pk, State.APPROVED, by=None, reason=why).state
