"""The moves of a work order as actions of the list and as buttons on its page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest

from maintenance.models import WorkOrder
from maintenance.orders.transitions import TRANSITIONS, move
from maintenance.refusals import RefusedError
from sensors.admin_parts.pages import WithButtons
from sensors.admin_parts.scope import principal_in

State = WorkOrder.State


@dataclass(frozen=True, slots=True)
class Move:
    to_state: State
    words: str
    permission: str = "change"


MOVES = {
    "approve": Move(State.APPROVED, "Approve", permission="approve"),
    "schedule": Move(State.SCHEDULED, "Schedule"),
    "start": Move(State.IN_PROGRESS, "Start"),
    "complete": Move(State.COMPLETED, "Complete"),
    "close": Move(State.CLOSED, "Close"),
    "hold": Move(State.ON_HOLD, "Put on hold"),
    "cancel": Move(State.CANCELLED, "Cancel", permission="approve"),
}
# The same move is called otherwise when it leads back.
WORDS_BACK = {
    (State.SCHEDULED, State.APPROVED): "Unschedule",
    (State.ON_HOLD, State.IN_PROGRESS): "Resume",
    (State.COMPLETED, State.IN_PROGRESS): "Reopen",
}


def takes_reason(from_state: str, to_state: str) -> bool:
    """Whether those who read the history later would ask why."""
    stops = to_state in (State.ON_HOLD, State.CANCELLED)
    return stops or (from_state, to_state) == (State.COMPLETED, State.IN_PROGRESS)


def _action(name: str, offered: Move) -> Callable[..., None]:
    reason = ", with a reason" if takes_reason("", offered.to_state) else ""

    @admin.action(
        description=f"{offered.words} the selected work orders{reason}",
        permissions=[offered.permission],
    )
    def act(self: MovesOrders, request: HttpRequest, orders: QuerySet) -> None:
        self.move_all(request, orders, offered.to_state)

    act.__name__ = name
    return act


class MoveForm(ActionForm):
    reason = forms.CharField(required=False, max_length=500)


class MovesOrders(WithButtons):
    actions = [_action(name, offered) for name, offered in MOVES.items()]
    action_form = MoveForm

    def has_approve_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("maintenance.approve_workorder")

    def buttons(self, order: WorkOrder) -> dict[str, str]:
        return {
            name: WORDS_BACK.get((State(order.state), offered.to_state), offered.words)
            for name, offered in MOVES.items()
            if offered.to_state in TRANSITIONS[order.state]
        }

    def asks_reason(self, order: WorkOrder) -> list[str]:
        return [name for name, m in MOVES.items() if takes_reason(order.state, m.to_state)]

    def move_all(self, request: HttpRequest, orders: QuerySet, to_state: State) -> None:
        reason = request.POST.get("reason", "").strip()
        moved = []
        for order in orders.order_by("pk"):
            if takes_reason(order.state, to_state) and not reason:
                messages.warning(request, f"{order.number}: give a reason that says why.")
                continue
            try:
                order = move(order.pk, to_state, by=principal_in(request), reason=reason)
            except RefusedError as exc:
                messages.warning(request, f"{exc.detail}")
            else:
                self.log_change(request, order, f"{to_state.label}. {reason}".strip())
                moved.append(order.number)
        if moved:
            messages.success(request, f"{to_state.label}: {', '.join(moved)}.")
