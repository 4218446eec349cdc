"""How long has an asset operated?"""

from __future__ import annotations

from datetime import datetime, timedelta

from mlops.learning.life_rows import gate_of
from sensors.history.granularity import HOUR, ceiling
from sensors.models import Asset
from sensors.store.buckets import coarse_buckets
from sensors.store.reading import Selection

# Beyond this nobody waits for an asset that hardly ever runs.
MOST_HOURS = 24 * 366


def operated(asset: Asset, start: datetime, end: datetime) -> timedelta:
    """The time between two moments in which the asset ran, in whole hours of the clock.

    An hour counts if the gate of its sensors said at any time in it that the machine ran.
    Without a gate, or without levels to read it by, all of the time counts.
    """
    gate = gate_of(list(asset.sensors.active().select_related("gate")))
    if gate is None:
        return max(end - start, timedelta(0))
    sensor, level = gate
    start = max(ceiling(start, HOUR), end - HOUR * MOST_HOURS)
    if end <= start:
        return timedelta(0)
    hours = coarse_buckets(
        Selection.of([sensor], start, end), HOUR, after=None, most=(end - start) // HOUR + 1
    )
    ran = sum(highest is not None and highest >= level for _, _, _, _, _, highest, _ in hours)
    return HOUR * ran
