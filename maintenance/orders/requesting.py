"""Ask for work, and change what was asked for as far as the state of the order allows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from maintenance import policy
from maintenance.events import Event, happened
from maintenance.models import RequiredSkill, Skill, WorkOrder
from maintenance.moments import check_moment
from maintenance.orders.completing import ASPECT_OF, check_complete, missing_of, put_on
from maintenance.refusals import RefusedError, require
from sensors.access import Principal, Right
from sensors.models import Asset

State, Origin = WorkOrder.State, WorkOrder.Origin

# Predictive orders are the software's own, preventive ones come from plans.
ASKED_FOR = (Origin.REQUEST, Origin.CORRECTIVE)
TEXTS = frozenset({"title", "description", "recommendation"})
PLANNED = frozenset({"priority", "due_at", "planned_duration", "skills"})
FOUND = frozenset({*ASPECT_OF, "found_fault", "resolution"})
CHANGEABLE: dict[str, frozenset[str]] = {
    State.PROPOSED: TEXTS | PLANNED,
    State.APPROVED: TEXTS | PLANNED,
    State.SCHEDULED: TEXTS | PLANNED,
    State.IN_PROGRESS: (TEXTS - {"title"}) | FOUND | {"priority", "due_at"},
    State.ON_HOLD: (TEXTS - {"title"}) | FOUND | {"priority", "due_at"},
    State.COMPLETED: FOUND,
    State.CLOSED: frozenset(),
    State.CANCELLED: frozenset(),
}


@transaction.atomic
def ask_for_work(
    asset: Asset,
    *,
    by: Principal,
    title: str,
    origin: str = Origin.REQUEST,
    priority: str = policy.Priority.P3,
    due_at: datetime | None = None,
    skills: Mapping[Skill, int] | None = None,
    **texts: Any,
) -> WorkOrder:
    """Open a proposed order in somebody's name. A planner decides about it.

    Without a date it is due when work of its priority usually is. `texts` may be the
    description, the recommendation and the planned duration. Raises RefusedError:
    not_asked_for; InvalidError: out_of_time.
    """
    require(by, Right.WORK, asset.site_id)
    if origin not in ASKED_FOR:
        raise RefusedError("not_asked_for", f"People do not open {origin} orders.")
    if due_at:
        check_moment("due_at", due_at)
    order = WorkOrder.objects.create(
        asset=asset,
        title=title,
        origin=origin,
        priority=priority,
        due_at=due_at or timezone.now() + policy.DUE_IN[policy.Priority(priority)],
        requested_by=by.name[:150],
        **texts,
    )
    require_skills(order, skills or {})
    proposed(order, key="")
    return order


def proposed(order: WorkOrder, *, key: str, request_ids: list[str] | None = None) -> None:
    """Say that an order waits for a decision."""
    happened.send(
        sender=WorkOrder,
        event=Event.PROPOSED,
        asset=order.asset,
        anomaly=None,
        order=order,
        key=key,
        request_ids=request_ids or [],
    )


@transaction.atomic
def revise(pk: int, *, by: Principal, changes: Mapping[str, Any]) -> WorkOrder:
    """Change fields of an order, as far as its state allows and the right reaches.

    Texts and what was found take the right to work, what is planned the right to plan.
    What was said of a completed order may be put otherwise, not taken away. Raises
    RefusedError: not_changeable, wrong_code, incomplete; InvalidError: unknown_finding,
    out_of_time.
    """
    order = WorkOrder.objects.locked(pk)
    require(by, Right.WORK, order.asset.site_id)
    if PLANNED & changes.keys():
        require(by, Right.PLAN, order.asset.site_id)
    apply_changes(order, changes)
    return order


def apply_changes(order: WorkOrder, changes: Mapping[str, Any]) -> dict[str, list[str]]:
    """Change a locked order. Says of each field what was and what is, in words."""
    allowed = CHANGEABLE[order.state]
    if odd := sorted(changes.keys() - allowed):
        raise RefusedError(
            "not_changeable",
            f"{order.number} is {order.state}: {', '.join(odd)} cannot be changed now.",
            fields=odd,
            allowed=sorted(allowed),
        )
    if "due_at" in changes:
        check_moment("due_at", changes["due_at"])
    before = {name: in_words(order, name) for name in changes}
    plain = {name: value for name, value in changes.items() if name != "skills"}
    is_completed = order.state == State.COMPLETED
    missing = missing_of(order) if is_completed else ()
    put_on(order, plain)
    if is_completed:
        check_complete(order, besides=missing)
    if plain:
        order.save(update_fields=plain)
    if "skills" in changes:
        require_skills(order, changes["skills"])
    after = {name: in_words(order, name) for name in changes}
    return {name: [before[name], after[name]] for name in changes if before[name] != after[name]}


def require_skills(order: WorkOrder, skills: Mapping[Skill, int]) -> None:
    """Say what whoever carries it out has to know, and how well, in place of what was said."""
    order.required_skills.all().delete()
    RequiredSkill.objects.bulk_create(
        RequiredSkill(work_order=order, skill=skill, level=level)
        for skill, level in skills.items()
    )


def skills_named(levels: Mapping[str, int]) -> dict[Skill, int]:
    """Levels by skill instead of by its code. Raises RefusedError: unknown_skill."""
    known = {skill.code: skill for skill in Skill.objects.filter(code__in=levels)}
    if unknown := sorted(levels.keys() - known.keys()):
        raise RefusedError("unknown_skill", "There is no such skill.", unknown=unknown)
    return {known[code]: level for code, level in levels.items()}


def in_words(order: WorkOrder, name: str) -> str:
    """A field as a text that JSON and people can read."""
    if name == "skills":
        needed = order.required_skills.select_related("skill").order_by("skill__code")
        return ", ".join(f"{one.skill.code} {one.level}" for one in needed)
    value = getattr(order, name)
    if isinstance(value, datetime):
        return value.isoformat()
    return f"{value / timedelta(hours=1):g} h" if isinstance(value, timedelta) else str(value)
