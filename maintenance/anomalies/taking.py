"""How an anomaly is taken up by somebody who wants to do something about it."""

from __future__ import annotations

from maintenance.models import Anomaly
from maintenance.refusals import RefusedError, require
from sensors.access import Principal, Right


def taken(pk: int, by: Principal) -> Anomaly:
    """Lock an anomaly for an act. Needs a transaction.

    Raises NotAllowedError, and RefusedError for one that counts no more by itself.
    """
    free = Anomaly.objects.select_for_update(of=("self",), no_key=True)
    anomaly = free.select_related("sensor", "asset__site").get(pk=pk)
    require(by, Right.WORK, anomaly.asset.site_id)
    if anomaly.merged_into_id is not None:
        words = f"It was merged into anomaly {anomaly.merged_into_id}: act on that one."
        raise RefusedError("merged", words, merged_into=anomaly.merged_into_id)
    return anomaly
