"""On the page of an order: what fixed it the last times."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.safestring import SafeString

from maintenance.models import WorkOrder
from maintenance.past.similar import similar_to
from sensors.admin_parts.pages import panel_for_reader_of, rendered
from sensors.admin_parts.scope import principal_in

WORDS = {
    "words": "words",
    "failure_mode": "failure mode",
    "sensors": "sensors",
    "asset": "machine",
}


@panel_for_reader_of(WorkOrder)
def similar_orders(request: HttpRequest, order: WorkOrder) -> SafeString:
    """Past orders like this one, as long as there is something left to be done."""
    if order.state not in WorkOrder.OPEN_STATES:
        return SafeString("")
    found = similar_to(order, principal_in(request))
    rows = [
        (
            one,
            f"{one.likeness.score:.0%}",
            ", ".join(f"{WORDS[n]} {part:.0%}" for n, part in one.likeness.parts.items() if part),
            f"{one.took.total_seconds() / 3_600:.1f} h" if one.took else "–",
            f"{one.labour_hours:.1f} h" if one.labour_hours else "–",
        )
        for one in found
    ]
    return rendered("maintenance/similar.html", rows=rows)
