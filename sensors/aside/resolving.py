"""Let a person say which of two values is right. The only way a stored value ever changes."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from sensors.aside.replacing import Moment, Substitute, replace_values
from sensors.models import ReadingConflict, Sensor
from sensors.waveforms.replacing import replace_waveforms

logger = logging.getLogger(__name__)

Resolution = ReadingConflict.Resolution


class ResolvingError(Exception):
    """Nothing was resolved. `code` is stable, the message is for people."""

    def __init__(self, code: str, detail: str, conflicts: Iterable[ReadingConflict]) -> None:
        super().__init__(detail)
        self.code = code
        self.ids = sorted(conflict.pk for conflict in conflicts)


@transaction.atomic
def resolve_conflicts(*, ids: Iterable[int], choice: str, by: str, note: str = "") -> int:
    """Keep the stored values or take the offered ones. Says how many conflicts it settled.

    The same value offered for the same moment again is the same question, so it is settled
    too. Raises ResolvingError if one is resolved already, if several values would be taken
    for one moment, or if the reading is there no more; then nothing is resolved.
    """
    chosen = _locked(ids)
    if not chosen:
        return 0
    if done := [conflict for conflict in chosen if conflict.resolution]:
        raise ResolvingError("already_resolved", "Somebody has resolved this before.", done)
    replaced: dict[Moment, float] = {}
    if choice == Resolution.TAKE_OFFERED:
        replaced = _take(chosen)
    settled = _with_repeats(chosen)
    now = timezone.now()
    for conflict in settled:
        conflict.resolution, conflict.note = choice, note
        conflict.resolved_by, conflict.resolved_at = by[:150], now
        conflict.replaced_value = replaced.get(_moment(conflict))
    ReadingConflict.objects.bulk_update(
        settled,
        ["resolution", "note", "resolved_by", "resolved_at", "replaced_value"],
        batch_size=1000,
    )
    logger.info("%s resolved %s conflicts: %s", by, len(settled), choice)
    return len(settled)


def _locked(ids: Iterable[int]) -> list[ReadingConflict]:
    """The conflicts as they are once nobody else resolves any of the same sensors."""
    chosen = ReadingConflict.objects.filter(pk__in=list(ids))
    # Sensors, not conflicts: two offers for one moment must not be taken at the same time.
    list(Sensor.objects.filter(pk__in=chosen.values("sensor")).locked())
    return list(chosen.select_related("sensor").order_by("pk"))


def _moment(conflict: ReadingConflict) -> Moment:
    return conflict.sensor_id, conflict.taken_at


def _take(chosen: Sequence[ReadingConflict]) -> dict[Moment, float]:
    """Store the offered values; return those that stood there."""
    offers: dict[Moment, ReadingConflict] = {}
    for conflict in chosen:
        first = offers.setdefault(_moment(conflict), conflict)
        if first.offered_value != conflict.offered_value:
            detail = f"Several values are offered for {conflict.sensor} at {conflict.taken_at}."
            raise ResolvingError("several_offers", detail, [first, conflict])
    standing = values_at(offers)
    if gone := [conflict for moment, conflict in offers.items() if moment not in standing]:
        raise ResolvingError("reading_gone", "The stored reading was dropped by age.", gone)
    replace_values(
        {
            moment: Substitute(conflict.offered_value, conflict.offered_quality)
            for moment, conflict in offers.items()
        }
        | replace_waveforms(offers.values())
    )
    return standing


VALUES = """
    SELECT reading.sensor_id, reading.taken_at, reading.value
    FROM unnest(%s::bigint[], %s::timestamptz[]) AS asked (sensor_id, taken_at)
    JOIN sensors_reading AS reading USING (sensor_id, taken_at)
"""


def values_at(moments: Iterable[Moment]) -> dict[Moment, float]:
    """The values that are stored for the moments, where there are any."""
    columns = [list(column) for column in zip(*moments, strict=True)]
    if not columns:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(VALUES, columns)
        return {(sensor, at): value for sensor, at, value in cursor.fetchall()}


def _with_repeats(chosen: Sequence[ReadingConflict]) -> list[ReadingConflict]:
    """The conflicts and all open ones with the same moment and offered value."""
    asked: Mapping[tuple[int, datetime, float], ReadingConflict] = {
        (c.sensor_id, c.taken_at, c.offered_value): c for c in chosen
    }
    open_ones = ReadingConflict.objects.open().filter(
        sensor__in={c.sensor_id for c in chosen}, taken_at__in={c.taken_at for c in chosen}
    )
    known = {conflict.pk for conflict in chosen}
    repeats = [
        conflict
        for conflict in open_ones.filter(~Q(pk__in=known)).order_by("pk")
        if (conflict.sensor_id, conflict.taken_at, conflict.offered_value) in asked
    ]
    return [*chosen, *repeats]
