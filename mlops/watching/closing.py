"""Until when are the rows of an asset complete?

A sensor may send its readings one by one or an hour of them at once, and each sensor of an
asset on its own. A row that is taken before its sensors have come is half empty, and what
comes for it later is not looked at. So sensors whose readings come in bunches are waited
for, as long as that has lately taken; one that no longer sends holds the others up no longer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from mlops.models import SensorState
from mlops.watching.rows import closed_before
from sensors.history.windows import micros_of

# So many times as long as it lately took until readings came in.
WAITS = 2
LONGEST = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Heard:
    """How far a sensor has been heard of, and how long it is waited for; microseconds."""

    until: int
    patience: int


def heard_of(sensors: Collection[int]) -> dict[int, Heard]:
    """Of the sensors that are in use and have read something; one query."""
    states = SensorState.objects.filter(sensor__in=sensors, sensor__retired_at=None)
    told = states.values_list("sensor", "until", "usual_silence", "longest_wait")
    return {
        pk: Heard(micros_of(until), patience(usual, wait) // MICROSECOND)
        for pk, until, usual, wait in told
    }


def patience(usual_silence: timedelta | None, longest_wait: timedelta | None) -> timedelta:
    """How long a sensor is waited for; not at all if its readings come one by one.

    >>> patience(timedelta(minutes=5), timedelta(hours=1))
    datetime.timedelta(seconds=7200)
    >>> patience(timedelta(minutes=5), timedelta(minutes=1))
    datetime.timedelta(0)
    """
    if usual_silence is None or longest_wait is None or longest_wait <= usual_silence:
        return timedelta(0)
    return min(WAITS * longest_wait, LONGEST)


def complete_until(
    sensors: Collection[int], heard: Mapping[int, Heard], last: int, width: int
) -> int:
    """The edge before which the bins of an asset, each `width` microseconds wide, are closed.

    `last` is the time of its last reading in the run.
    """
    known = [heard[sensor] for sensor in sensors if sensor in heard]
    newest = max([last, *(one.until for one in known)])
    awaited = [max(one.until, newest - one.patience) for one in known if one.patience]
    # The bin of the last reading of a bunch may still be filling.
    return min([closed_before(newest, width), *(edge // width * width for edge in awaited)])
