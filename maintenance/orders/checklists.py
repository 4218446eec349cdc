"""What has to be looked at on an order: put on from a template, filled in point by point."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from maintenance.models import ChecklistPoint, ChecklistTemplate, OnFail, WorkOrder
from maintenance.orders.requesting import ask_for_work
from maintenance.refusals import InvalidError, RefusedError, require
from sensors.access import Principal, Right

State, Result = WorkOrder.State, ChecklistPoint.Result
AT_WORK = (State.IN_PROGRESS, State.ON_HOLD)
MOST_POINTS = 200


@transaction.atomic
def take_checklist(pk: int, template: ChecklistTemplate, *, by: Principal) -> list[ChecklistPoint]:
    """Put the points of a template on an order, behind those it has.

    Raises RefusedError: not_changeable, wrong_type, too_many_rows.
    """
    order = WorkOrder.objects.locked(pk)
    require(by, Right.WORK, order.asset.site_id)
    if order.state not in WorkOrder.OPEN_STATES:
        detail = f"{order.number} is {order.state}, its checklist does not change any more."
        raise RefusedError("not_changeable", detail, state=str(order.state))
    if template.asset_type_id not in (None, order.asset.type_id):
        detail = f"{template} is for another type of asset."
        raise RefusedError("wrong_type", detail)
    if order.checklist.count() + template.points.count() > MOST_POINTS:
        raise RefusedError("too_many_rows", f"A checklist has {MOST_POINTS} points at most.")
    return copy_points(order, template)


def copy_points(order: WorkOrder, template: ChecklistTemplate) -> list[ChecklistPoint]:
    """The points of the template as the order's own: what was asked does not change later."""
    last = order.checklist.aggregate(last=Max("position"))["last"] or 0
    points = template.points.all()[:MOST_POINTS]
    return ChecklistPoint.objects.bulk_create(
        ChecklistPoint(
            work_order=order,
            position=last + number,
            words=point.words,
            is_mandatory=point.is_mandatory,
            on_fail=point.on_fail,
        )
        for number, point in enumerate(points, 1)
    )


@transaction.atomic
def fill_in(
    pk: int, position: int, *, by: Principal, result: str, note: str = ""
) -> ChecklistPoint:
    """Say what was found at a point; it may be said again while the work goes on.

    Where the point asks for it, one that is not in order makes an order of its own, once.
    Raises ChecklistPoint.DoesNotExist, or RefusedError: not_at_work; InvalidError:
    unknown_result.
    """
    if result not in Result:
        known = ", ".join(filter(None, Result))
        raise InvalidError("unknown_result", f"It is one of {known}, or empty for not yet.")
    order = WorkOrder.objects.locked(pk)
    require(by, Right.WORK, order.asset.site_id)
    if order.state not in AT_WORK:
        raise RefusedError(
            "not_at_work",
            f"{order.number} is {order.state}; points are filled in while the work goes on.",
            state=str(order.state),
            allowed=[str(state) for state in AT_WORK],
        )
    point = order.checklist.get(position=position)
    point.result, point.note = result, note
    point.done_by = by.name[:150] if result else ""
    point.done_at = timezone.now() if result else None
    wants_order = point.on_fail == OnFail.CREATE_WORK_ORDER and result == Result.FAILED
    if wants_order and point.follow_up_id is None:
        point.follow_up = _follow_up(order, point, by)
    point.save(update_fields=["result", "note", "done_by", "done_at", "follow_up"])
    return point


def _follow_up(order: WorkOrder, point: ChecklistPoint, by: Principal) -> WorkOrder:
    found = f"Found not in order on {order.number}, point {point.position}: {point.words}"
    return ask_for_work(
        order.asset,
        by=by,
        origin=WorkOrder.Origin.CORRECTIVE,
        priority=order.priority,
        title=f"{order.asset.tag}: {point.words}"[:200],
        description="\n".join(filter(None, [found, point.note])),
    )
