"""The moves of a work order and the decisions about it, as acts of the admin."""

from __future__ import annotations

from typing import Any

from maintenance.admin.order_acts import Act, FormOf, of_order, plain
from maintenance.admin.order_forms import (
    CompleteForm,
    DeferForm,
    HoldForm,
    ModifyForm,
    NoForm,
    NoteForm,
    ReasonForm,
)
from maintenance.models import Decision, WorkOrder
from maintenance.orders.deciding import decide
from maintenance.orders.transitions import TRANSITIONS, IllegalMoveError, move
from maintenance.scheduling.booking import unschedule
from sensors.access import Principal, Right

State, Choice = WorkOrder.State, Decision.Choice


def _deciding(choice: str, words: str, done: str, form: FormOf, **more: Any) -> Act:
    def do(order: WorkOrder, by: Principal, form: Any) -> object:
        said = form.cleaned_data
        changes = form.changes if choice == Choice.MODIFY else None
        return decide(
            order.pk,
            choice,
            by=by,
            justification=said["reason"],
            defer_until=said.get("until"),
            changes=changes,
        )

    return Act(words, done, (State.PROPOSED,), Right.PLAN, form, do, **more)


def _moving(
    words: str, to_state: WorkOrder.State, form: FormOf, *, before: tuple[str, ...], **more: Any
) -> Act:
    """A move out of one of the states `before`: the same state may be reached by acts that
    are called otherwise."""

    def do(order: WorkOrder, by: Principal, form: Any) -> object:
        if order.state not in before:
            raise IllegalMoveError(order, to_state)
        said = form.cleaned_data
        return move(
            order.pk,
            to_state,
            by=by,
            reason=said.get("reason", ""),
            hold_reason=said.get("hold_reason", ""),
            completion=form.completion if to_state == State.COMPLETED else None,
        )

    right = TRANSITIONS[before[0]][to_state].right
    return Act(words, to_state.label, before, right, form, do, **more)


def _unschedule(order: WorkOrder, by: Principal, form: Any) -> object:
    return unschedule(order.pk, by=by, reason=form.cleaned_data["reason"])


MOVES: dict[str, Act] = {
    "approve": _deciding(Choice.APPROVE, "Approve", "Approved", plain(ReasonForm), in_list=True),
    "modify": _deciding(
        Choice.MODIFY, "Approve with changes", "Approved", of_order(ModifyForm), large=True
    ),
    "defer": _deciding(Choice.DEFER, "Defer", "Deferred", plain(DeferForm), in_list=True),
    "reject": _deciding(Choice.REJECT, "Reject", "Rejected", plain(ReasonForm), in_list=True),
    "start": _moving(
        "Start",
        State.IN_PROGRESS,
        plain(NoForm),
        before=(State.APPROVED, State.SCHEDULED),
        in_list=True,
    ),
    "resume": _moving(
        "Resume", State.IN_PROGRESS, plain(NoForm), before=(State.ON_HOLD,), in_list=True
    ),
    "complete": _moving(
        "Complete",
        State.COMPLETED,
        of_order(CompleteForm),
        before=(State.IN_PROGRESS,),
        large=True,
    ),
    "hold": _moving("Put on hold", State.ON_HOLD, plain(HoldForm), before=(State.IN_PROGRESS,)),
    "close": _moving(
        "Close", State.CLOSED, plain(NoteForm), before=(State.COMPLETED,), in_list=True
    ),
    "reopen": _moving("Reopen", State.IN_PROGRESS, plain(ReasonForm), before=(State.COMPLETED,)),
    "unschedule": Act(
        "Unschedule",
        "Unscheduled",
        (State.SCHEDULED,),
        Right.PLAN,
        plain(NoteForm),
        _unschedule,
    ),
    "cancel": _moving(
        "Cancel",
        State.CANCELLED,
        plain(ReasonForm),
        before=(State.APPROVED, State.SCHEDULED, State.ON_HOLD),
        in_list=True,
    ),
}
