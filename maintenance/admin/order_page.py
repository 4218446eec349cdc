"""All that the page of a work order shows beside the fields that can be changed."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from maintenance.admin.inlines import decided, severity_pill, worst_now
from maintenance.admin.moves import MOVES
from maintenance.admin.order_forms import NoForm
from maintenance.admin.work_acts import WORK_ACTS
from maintenance.admin.work_forms import templates_for
from maintenance.models import WorkOrder
from maintenance.orders.costs import costs_of
from maintenance.scheduling.offering import MAY_BE_SCHEDULED
from sensors.access import Principal, Right
from sensors.admin_parts.pages import pill
from sensors.admin_parts.scope import principal_in

State = WorkOrder.State
MOST_SHOWN = 200
STATE_LEVELS = {
    State.PROPOSED: "medium",
    State.ON_HOLD: "high",
    State.COMPLETED: "good",
    State.CLOSED: "quiet",
    State.CANCELLED: "quiet",
}
PRIORITY_LEVELS = {"P1": "critical", "P2": "high", "P3": "medium", "P4": "low"}
VERIFICATION_LEVELS = {"pending": "low", "proven": "good", "recurred": "critical"}
CHOICE_LEVELS = {"approve": "good", "modify": "good", "reject": "critical", "defer": "medium"}


def state_pill(order: WorkOrder) -> str:
    state = State(order.state)
    return pill(STATE_LEVELS.get(state, "low"), state.label)


def priority_pill(order: WorkOrder) -> str:
    return pill(PRIORITY_LEVELS[order.priority], order.priority)


def is_late(order: WorkOrder) -> bool:
    return order.state in WorkOrder.OPEN_STATES and order.due_at < timezone.now()


def page_of(request: HttpRequest, order: WorkOrder) -> dict[str, Any]:
    by = principal_in(request)
    return {
        "order": order,
        "at_work": order.state in (State.IN_PROGRESS, State.ON_HOLD),
        "moves": _moves(order, by),
        "to_slots": _to_slots(order, by),
        **_head(order),
        **_work(order, by),
        **_record(order),
    }


def _moves(order: WorkOrder, by: Principal) -> list[tuple[str, Any, Any]]:
    """Name, act and form of each move that is offered. What asks nothing has no form, and
    what is large has one on a page of its own."""
    found = []
    for name, act in MOVES.items():
        if act.offered(order, by):
            form = None if act.large else act.form(order=order, by=by, auto_id=f"{name}_%s")
            found.append((name, act, None if isinstance(form, NoForm) else form))
    return found


def _to_slots(order: WorkOrder, by: Principal) -> bool:
    return order.state in MAY_BE_SCHEDULED and by.may_at(Right.PLAN, order.asset.site_id)


def _head(order: WorkOrder) -> dict[str, Any]:
    verified = order.verification and pill(
        VERIFICATION_LEVELS[order.verification], order.get_verification_display()
    )
    return {
        "state": state_pill(order),
        "priority": priority_pill(order),
        "late": is_late(order),
        "worst": worst_now(order),
        "verified": verified,
        "recurrences": list(order.recurrences.order_by("pk")[:MOST_SHOWN]),
        "skills": list(order.required_skills.select_related("skill").order_by("skill__name")),
    }


def _work(order: WorkOrder, by: Principal) -> dict[str, Any]:
    """What was put down of the work, and the forms to put down more."""
    forms = {
        name: (act, act.form(order=order, by=by, auto_id=f"{name}_%s"))
        for name, act in WORK_ACTS.items()
        if act.offered(order, by)
    }
    points = list(order.checklist.select_related("follow_up"))
    downtime = list(order.downtime.all()[:MOST_SHOWN])
    if not points:
        forms.pop("fill_in", None)
    if "skills" in forms and not forms["skills"][1].fields:
        forms.pop("skills")
    if not templates_for(order).exists():
        forms.pop("take_checklist", None)
    if all(row.ended_at for row in downtime):
        forms.pop("end_downtime", None)
    return {
        "forms": forms,
        "points": points,
        "points_left": sum(p.is_mandatory and not p.result for p in points),
        "labour": list(order.labour.all()[:MOST_SHOWN]),
        "parts": list(order.parts.all()[:MOST_SHOWN]),
        "downtime": downtime,
        "costs": costs_of(order),
        "comments": list(order.comments.all()[:MOST_SHOWN]),
        "attachments": list(order.attachments.all()),
    }


def _record(order: WorkOrder) -> dict[str, Any]:
    """What led to the order, what was decided, and what has become of it."""
    anomalies = order.anomalies.select_related("sensor", "work_order")
    moved = order.transitions.select_related("actor")
    approved = moved.filter(to_state=State.APPROVED, from_state=State.PROPOSED).last()
    return {
        "anomalies": [
            (anomaly, severity_pill(anomaly.severity_worst))
            for anomaly in anomalies.order_by("-severity_worst", "-started_at")[:MOST_SHOWN]
        ],
        "decisions": [
            (decision, pill(CHOICE_LEVELS[decision.choice], decision.get_choice_display()))
            for decision in order.decisions.all()[:MOST_SHOWN]
        ],
        "trace": decided(order.decision),
        "approved": approved,
        "history": list(moved[:MOST_SHOWN]),
        "notifications": list(order.notifications.order_by("-pk")[:MOST_SHOWN]),
    }
