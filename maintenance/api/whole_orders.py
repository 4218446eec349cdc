"""One order with all that hangs on it, in a number of queries that never grows."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch
from rest_framework import status
from rest_framework.response import Response

from maintenance.api.work_order_serializers import WholeOrderSerializer
from maintenance.models import (
    Anomaly,
    Attachment,
    ChecklistPoint,
    Comment,
    Decision,
    Downtime,
    Labour,
    Notification,
    PartUsed,
    WorkOrder,
    WorkOrderTransition,
)
from sensors.access import Principal, Right

# Of each list; all there is stands below the order's own address.
LATEST = 100
LISTS: dict[str, Any] = {
    "anomalies": Anomaly.objects.select_related("sensor"),
    "decisions": Decision.objects,
    "transitions": WorkOrderTransition.objects,
    "labour": Labour.objects,
    "parts": PartUsed.objects,
    "downtime": Downtime.objects,
    "comments": Comment.objects,
    "attachments": Attachment.objects,
    "notifications": Notification.objects,
    "recurrences": WorkOrder.objects,
}
CODES = ("suspected_mode", "failure_mode", "failure_cause", "remedy")


def whole_order(pk: int, asker: Principal) -> dict[str, Any]:
    """An order that the asker may see, as it is stored now."""
    related = ("asset__site", "technician", "recurrence_of", *CODES)
    order = (
        WorkOrder.objects.select_related(*related)
        .prefetch_related(
            "required_skills__skill",
            Prefetch("checklist", ChecklistPoint.objects.select_related("follow_up")),
            *(
                Prefetch(name, rows.order_by("-pk")[:LATEST], to_attr=f"latest_{name}")
                for name, rows in LISTS.items()
            ),
        )
        .get(pk=pk)
    )
    context = {"with_rates": asker.may_at(Right.PLAN, order.asset.site_id)}
    return dict(WholeOrderSerializer(order, context=context).data)


def made(pk: int, asker: Principal) -> Response:
    """The answer to who had an order made."""
    where = {"Location": f"/api/v1/work-orders/{pk}"}
    return Response(whole_order(pk, asker), status=status.HTTP_201_CREATED, headers=where)
