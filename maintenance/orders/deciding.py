"""What planners decide about proposed orders. Only this lets work be scheduled."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from maintenance.models import Decision, WorkOrder
from maintenance.orders.requesting import apply_changes, proposed
from maintenance.orders.transitions import move
from maintenance.refusals import InvalidError, RefusedError, require
from sensors.access import Principal, Right

Choice = Decision.Choice
State = WorkOrder.State
# Longer than this nobody remembers what was put off.
DEFERRED_AT_MOST = timedelta(days=366)


@transaction.atomic
def decide(
    pk: int,
    choice: str,
    *,
    by: Principal,
    justification: str,
    defer_until: datetime | None = None,
    changes: Mapping[str, Any] | None = None,
) -> WorkOrder:
    """Approve, approve with changes, reject or put off a proposed order, and keep why.

    Raises RefusedError: not_proposed, reason_needed, defer_until_needed, changes_needed,
    or what moving or changing it is refused for; InvalidError: unknown_choice.
    """
    if choice not in Choice:
        raise InvalidError("unknown_choice", f"It is one of {', '.join(Choice)}.")
    order = WorkOrder.objects.locked(pk)
    require(by, Right.PLAN, order.asset.site_id)
    if order.state != State.PROPOSED:
        detail = f"{order.number} is {order.state}, there is nothing to decide any more."
        raise RefusedError("not_proposed", detail, state=str(order.state))
    if not justification.strip():
        raise RefusedError("reason_needed", f"{order.number}: give a reason that says why.")
    if choice == Choice.DEFER:
        return _defer(order, by, justification.strip(), defer_until)
    changed: dict[str, list[str]] = {}
    if choice == Choice.MODIFY:
        changed = apply_changes(order, changes or {})
        if not changed:
            raise RefusedError("changes_needed", f"{order.number}: say what is to be changed.")
    to_state = State.CANCELLED if choice == Choice.REJECT else State.APPROVED
    return move(pk, to_state, by=by, reason=justification, changes=changed)


def _defer(
    order: WorkOrder, by: Principal, justification: str, until: datetime | None
) -> WorkOrder:
    now = timezone.now()
    if until is None or not now < until <= now + DEFERRED_AT_MOST:
        days = DEFERRED_AT_MOST.days
        raise RefusedError("defer_until_needed", f"Say until when, within {days} days from now.")
    Decision.objects.create(
        work_order=order,
        choice=Choice.DEFER,
        justification=justification[:1_000],
        defer_until=until,
        decided_by=by.name[:150],
    )
    order.deferred_until = until
    order.save(update_fields=["deferred_until"])
    return order


@transaction.atomic
def bring_back_deferred() -> int:
    """Have proposals that were put off until now announced again. Says how many."""
    over = WorkOrder.objects.filter(state=State.PROPOSED, deferred_until__lte=timezone.now())
    rows = over.select_related("asset__site").order_by("pk")
    returned = list(rows.select_for_update(of=("self",), no_key=True, skip_locked=True))
    for order in returned:
        key = f"back:{order.deferred_until:%Y%m%dT%H%M%S}"
        order.deferred_until = None
        order.save(update_fields=["deferred_until"])
        proposed(order, key=key)
    return len(returned)
