"""Make the order of a plan, with all that the plan says of the work."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from maintenance.events import Event, happened
from maintenance.models import (
    ChecklistPoint,
    Plan,
    PlannedPart,
    RequiredSkill,
    WorkOrder,
    WorkOrderTransition,
)
from maintenance.plans.clocks import Coming
from sensors.access import Principal

LONGEST_TITLE = 200
LONGEST_REASON = 500
# A trace names so many of the dates that came together.
MOST_TRACED = 50


def make_order(
    plan: Plan, due_at: datetime, dates: Sequence[Coming] = (), by: Principal | None = None
) -> WorkOrder:
    """An approved order of the plan. Needs a transaction, and the plan's row locked.

    No person is asked again: whoever made the plan decided that the work is done. `dates` are
    what it stands for, `by` is who asked for it where it did not fall due.
    """
    order = WorkOrder.objects.create(
        plan=plan,
        asset=plan.asset,
        origin=WorkOrder.Origin.PREVENTIVE,
        state=WorkOrder.State.APPROVED,
        priority=plan.priority,
        title=f"{plan.asset.tag}: {plan.title}"[:LONGEST_TITLE],
        description=plan.description,
        due_at=due_at,
        planned_duration=plan.planned_duration,
        requested_by=by.name[:150] if by else "",
        decision=_trace(plan, dates, by),
    )
    _copy(plan, order)
    WorkOrderTransition.objects.create(
        work_order=order,
        from_state=WorkOrder.State.PROPOSED,
        to_state=WorkOrder.State.APPROVED,
        actor_id=by.user_id if by else None,
        actor_name=(by.name if by else plan.planned_by)[:150],
        reason=f"Plan {plan.pk}, {plan.title}: {'; '.join(_rules(plan))}"[:LONGEST_REASON],
    )
    happened.send(
        WorkOrder,
        event=Event.APPROVED,
        asset=plan.asset,
        order=order,
        key=f"plan:{plan.pk}",
        request_ids=(),
    )
    return order


def _copy(plan: Plan, order: WorkOrder) -> None:
    """The plan may change later; what was asked with this order does not."""
    points = plan.checklist.points.all() if plan.checklist else ()
    copied = ("position", "words", "is_mandatory", "on_fail")
    ChecklistPoint.objects.bulk_create(
        ChecklistPoint(work_order=order, **{name: getattr(point, name) for name in copied})
        for point in points
    )
    RequiredSkill.objects.bulk_create(
        RequiredSkill(work_order=order, skill=needed.skill, level=needed.level)
        for needed in plan.required_skills.all()
    )
    copied = ("name", "number", "quantity", "unit_cost")
    PlannedPart.objects.bulk_create(
        PlannedPart(work_order=order, **{name: getattr(part, name) for name in copied})
        for part in plan.parts.all()
    )


def _rules(plan: Plan) -> list[str]:
    triggers = [str(trigger) for trigger in plan.triggers()]
    between = " and " if plan.needs == plan.Needs.ALL else " or "
    return [between.join(triggers)] if triggers else []


def _trace(plan: Plan, dates: Sequence[Coming], by: Principal | None) -> dict[str, Any]:
    """What a person needs to follow later why there is this order."""
    asked = f"{by.name} asked for it now" if by else "it fell due"
    return {
        "plan": {"id": plan.pk, "title": plan.title, "planned_by": plan.planned_by},
        "rules": [*_rules(plan), f"dates {plan.get_anchor_display().lower()}", asked],
        "approved_by": by.name if by else plan.planned_by,
        "dates": [date.falls_at.isoformat() for date in dates[-MOST_TRACED:]],
    }
