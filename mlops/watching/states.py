"""The states of the detectors of sensors: read, written, and gone back to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from django.db import connection
from django.db.models import F, Window
from django.db.models.functions import RowNumber

from mlops.detectors.base import State
from mlops.models import SensorCheckpoint, SensorState
from sensors.history.windows import micros_of, moment_of

# A reading that comes later than this many others of its sensor changes no state.
LATE_READINGS = 500
CHECKPOINTS = 2
# Before all readings: those of before 1970 are not stored.
EARLIEST = -1


@dataclass(frozen=True, slots=True)
class Known:
    """A state of shape (width,) and the time of the last reading in it, in microseconds.

    What it says of silences is written, but not read back here: silences.py looks at it
    where it is stored.
    """

    until: int
    state: State
    since_checkpoint: int = 0
    usual_silence: timedelta | None = None
    wait: timedelta | None = None


def known(sensors: Collection[int], layout: str) -> dict[int, Known]:
    """The latest states of sensors, those of another layout left out."""
    rows = SensorState.objects.filter(sensor__in=sensors, layout=layout)
    return {
        row.sensor_id: Known(micros_of(row.until), _array(row.state), row.since_checkpoint)
        for row in rows
    }


def known_before(moments: Mapping[int, int], layout: str) -> dict[int, Known]:
    """For each sensor the last checkpoint before a moment, where there is one."""
    rows = SensorCheckpoint.objects.filter(sensor__in=moments, layout=layout).order_by("until")
    return {
        row.sensor_id: Known(micros_of(row.until), _array(row.state))
        for row in rows
        if micros_of(row.until) < moments[row.sensor_id]
    }


# A wait counts as this many times the longest before at most, or one long break would be
# usual from then on; and with each that is shorter, the longest fades a little.
LONGER, FADES = 4, 0.98

# The states go over as one string of bytes, cut up where they are stored.
KEEP = """
    INSERT INTO mlops_sensorstate AS known
        (sensor_id, layout, until, state, since_checkpoint, usual_silence, longest_wait)
    SELECT sensor_id, %(layout)s, until,
        substring(%(states)s::bytea FROM ((place - 1) * %(size)s + 1)::int FOR %(size)s),
        since, usual, wait
    FROM unnest(%(sensors)s::bigint[], %(untils)s::timestamptz[], %(sinces)s::int[],
            %(usuals)s::interval[], %(waits)s::interval[])
        WITH ORDINALITY AS kept (sensor_id, until, since, usual, wait, place)
    ON CONFLICT (sensor_id) DO UPDATE SET layout = excluded.layout, until = excluded.until,
        state = excluded.state, since_checkpoint = excluded.since_checkpoint,
        usual_silence = excluded.usual_silence,
        longest_wait = CASE
            WHEN excluded.longest_wait IS NULL THEN known.longest_wait
            WHEN known.longest_wait IS NULL THEN excluded.longest_wait
            ELSE greatest(
                known.longest_wait * %(fades)s,
                least(
                    excluded.longest_wait,
                    %(longer)s * greatest(known.longest_wait, excluded.usual_silence)
                )
            )
        END
"""


def keep(states: dict[int, Known], layout: str) -> None:
    """Write the states after a run."""
    packed = [now.state.tobytes() for now in states.values()]
    with connection.cursor() as cursor:
        cursor.execute(
            KEEP,
            {
                "layout": layout,
                "sensors": list(states),
                "untils": [moment_of(now.until) for now in states.values()],
                "sinces": [now.since_checkpoint for now in states.values()],
                "usuals": [now.usual_silence for now in states.values()],
                "waits": [now.wait for now in states.values()],
                "longer": LONGER,
                "fades": FADES,
                "states": b"".join(packed),
                "size": len(packed[0]),
            },
        )


def set_checkpoints(found: Sequence[tuple[int, Known]], layout: str) -> None:
    """Remember states of sensors to go back to; only the last few of each are kept."""
    if not found:
        return
    SensorCheckpoint.objects.bulk_create(
        [
            SensorCheckpoint(
                sensor_id=sensor,
                layout=layout,
                until=moment_of(then.until),
                state=then.state.tobytes(),
            )
            for sensor, then in found
        ],
        update_conflicts=True,
        unique_fields=["sensor", "until"],
        update_fields=["layout", "state"],
    )
    newest_first = Window(RowNumber(), partition_by="sensor", order_by=F("until").desc())
    kept = SensorCheckpoint.objects.filter(sensor__in={sensor for sensor, _ in found})
    old = kept.annotate(place=newest_first).filter(place__gt=CHECKPOINTS)
    SensorCheckpoint.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()


DROP = """
    DELETE FROM mlops_sensorcheckpoint AS kept
    USING unnest(%s::bigint[], %s::timestamptz[]) AS late (sensor_id, since)
    WHERE kept.sensor_id = late.sensor_id AND kept.until >= late.since
"""


def drop_later(moments: Mapping[int, int]) -> None:
    """Forget checkpoints of sensors after a moment: a late reading has made them untrue."""
    if moments:
        since = [moment_of(micros) for micros in moments.values()]
        with connection.cursor() as cursor:
            cursor.execute(DROP, [list(moments), since])


def _array(data: bytes | memoryview) -> State:
    return np.frombuffer(data, dtype=np.float64)
