"""How a work order may move. Every change of state goes through move()."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from maintenance.events import Event, happened
from maintenance.models import Decision, WorkOrder, WorkOrderTransition
from maintenance.orders.completing import Completion, complete
from maintenance.orders.freeing import free_what_is_left
from maintenance.refusals import RefusedError, require
from sensors.access import Principal, Right

State = WorkOrder.State


@dataclass(frozen=True, slots=True)
class Way:
    """What a move asks for: a right at the site, and whether one has to say why."""

    right: Right
    asks_reason: bool = False


WORK, PLAN = Way(Right.WORK), Way(Right.PLAN)
WORK_AND_WHY, PLAN_AND_WHY = Way(Right.WORK, True), Way(Right.PLAN, True)

# Only a decision leads out of `proposed`: a planner's, or a rule's where a policy says so.
TRANSITIONS: dict[str, dict[str, Way]] = {
    State.PROPOSED: {State.APPROVED: PLAN_AND_WHY, State.CANCELLED: PLAN_AND_WHY},
    State.APPROVED: {
        State.SCHEDULED: PLAN,
        State.IN_PROGRESS: WORK,
        State.CANCELLED: PLAN_AND_WHY,
    },
    State.SCHEDULED: {
        State.IN_PROGRESS: WORK,
        State.APPROVED: PLAN,
        State.CANCELLED: PLAN_AND_WHY,
    },
    State.IN_PROGRESS: {State.ON_HOLD: WORK, State.COMPLETED: WORK},
    State.ON_HOLD: {State.IN_PROGRESS: WORK, State.CANCELLED: PLAN_AND_WHY},
    State.COMPLETED: {State.CLOSED: PLAN, State.IN_PROGRESS: WORK_AND_WHY},
    State.CLOSED: {},
    State.CANCELLED: {},
}
# Who is given an order is told by scheduling, which knows it.
TOLD = {State.APPROVED: Event.APPROVED, State.COMPLETED: Event.COMPLETED}
APPROVED_BY_RULE = "decision policy"


class IllegalMoveError(RefusedError):
    """The order cannot go where it was told to. `allowed` is where it can."""

    def __init__(self, order: WorkOrder, to_state: str, why: str = "") -> None:
        detail = f"{order.number} is {order.state} and cannot become {to_state}{why}"
        self.allowed = tuple(state for state in TRANSITIONS[order.state] if state != to_state)
        members = {"state": str(order.state), "allowed": [str(state) for state in self.allowed]}
        super().__init__("illegal_move", detail, **members)


@dataclass(frozen=True, slots=True)
class Said:
    """What goes with a move. `changes` are what a planner changed in approving it."""

    reason: str = ""
    hold_reason: str = ""
    completion: Completion | None = None
    changes: Mapping[str, Any] | None = None


@transaction.atomic
def move(
    pk: int,
    to_state: str,
    *,
    by: Principal | None,
    reason: str = "",
    hold_reason: str = "",
    completion: Completion | None = None,
    changes: Mapping[str, Any] | None = None,
) -> WorkOrder:
    """Move an order, write down who did it and why, and say so to whoever listens.

    `by` is None where a rule moves it. Raises RefusedError: IllegalMoveError, or with the
    code permission_denied, reason_needed, hold_reason_needed, not_booked, work_was_booked,
    or incomplete, which names in `missing` what a completed order has to say.
    """
    order = WorkOrder.objects.locked(pk)
    said = Said(reason.strip(), hold_reason, completion, changes)
    way = TRANSITIONS[order.state].get(to_state)
    if by:
        require(by, way.right if way else Right.WORK, order.asset.site_id)
    if way is None:
        raise IllegalMoveError(order, to_state)
    _check(order, to_state, way, said)
    if to_state == State.COMPLETED:
        complete(order, said.completion, by)
    _write_down(order, to_state, by, said)
    before = order.state
    _arrive(order, to_state, said)
    free_what_is_left(order)
    _tell(order, before)
    return order


def _check(order: WorkOrder, to_state: str, way: Way, said: Said) -> None:
    """Raise RefusedError for what the way asks for and is not there."""
    if way.asks_reason and not said.reason:
        raise RefusedError("reason_needed", f"{order.number}: give a reason that says why.")
    if to_state == State.ON_HOLD and said.hold_reason not in WorkOrder.HoldReason:
        raise RefusedError(
            "hold_reason_needed",
            f"{order.number}: say what it waits for.",
            choices=list(WorkOrder.HoldReason.values),
        )
    if to_state == State.SCHEDULED and not order.bookings.standing().exists():
        raise RefusedError(
            "not_booked",
            f"{order.number} has no technician and no time yet; scheduling it finds both.",
        )
    if to_state == State.CANCELLED and (order.labour.exists() or order.parts.exists()):
        raise RefusedError(
            "work_was_booked",
            f"{order.number} has labour or parts booked and can only be completed.",
        )


def _write_down(order: WorkOrder, to_state: str, by: Principal | None, said: Said) -> None:
    """The step in the log; what leads out of `proposed` is a decision as well."""
    name = by.name[:150] if by else ""
    WorkOrderTransition.objects.create(
        work_order=order,
        from_state=order.state,
        to_state=to_state,
        actor_id=by.user_id if by else None,
        actor_name=name,
        reason=said.reason[:500],
        hold_reason=said.hold_reason if to_state == State.ON_HOLD else "",
    )
    if to_state == State.APPROVED and order.state == State.PROPOSED and order.decision:
        # Of what a machine decided one can read in one place who answers for it.
        order.decision["approved_by"] = name or APPROVED_BY_RULE
    if order.state == State.PROPOSED and by:
        Choice = Decision.Choice
        approved = Choice.MODIFY if said.changes else Choice.APPROVE
        Decision.objects.create(
            work_order=order,
            choice=approved if to_state == State.APPROVED else Choice.REJECT,
            justification=said.reason[:1_000],
            changes=said.changes or {},
            decided_by=name,
        )


def _arrive(order: WorkOrder, to_state: str, said: Said) -> None:
    """Change the state and what goes with it."""
    before, now = order.state, timezone.now()
    order.state = to_state
    order.hold_reason = said.hold_reason if to_state == State.ON_HOLD else ""
    order.deferred_until = None
    if to_state == State.IN_PROGRESS:
        order.started_at = order.started_at or now
        order.completed_at, order.verification = None, ""
    elif to_state == State.COMPLETED:
        order.completed_at = now
    elif to_state == State.CLOSED:
        order.closed_at = now
    fields = ["state", "hold_reason", "deferred_until", "started_at", "completed_at", "decision"]
    try:
        with transaction.atomic():
            order.save(update_fields=[*fields, "closed_at", "verification"])
    except IntegrityError as exc:
        # one_open_predictive_order_per_asset_and_mode: it cannot be taken up again.
        order.state = before
        why = ": its asset has another open order for the same failure mode"
        raise IllegalMoveError(order, to_state, why) from exc


def _tell(order: WorkOrder, before: str) -> None:
    """Say it in the transaction in which it happens. A repeat is told apart by its step."""
    event = TOLD.get(State(order.state))
    if before == State.SCHEDULED and order.state == State.APPROVED:
        event = None  # Only taken off the schedule: it was approved before.
    if event:
        happened.send(
            sender=WorkOrder,
            event=event,
            asset=order.asset,
            anomaly=None,
            order=order,
            key=str(order.transitions.latest("pk").pk),
            request_ids=[],
        )
