"""What people say on an order."""

from __future__ import annotations

from django.db import transaction

from maintenance.models import Comment, WorkOrder
from maintenance.refusals import RefusedError, require
from sensors.access import Principal, Right

MOST_COMMENTS = 1_000


@transaction.atomic
def comment(pk: int, *, by: Principal, words: str) -> Comment:
    """Say something on an order, in any state: also what was learnt after it was closed."""
    order = WorkOrder.objects.locked(pk)
    require(by, Right.WORK, order.asset.site_id)
    if order.comments.count() >= MOST_COMMENTS:
        raise RefusedError("too_many_rows", f"An order takes {MOST_COMMENTS} comments.")
    return order.comments.create(words=words, author=by.name[:150])
