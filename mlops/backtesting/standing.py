"""When the machine of a sensor stood: what a back-test, too, neither judges nor learns from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from mlops.watching.running import idle
from mlops.watching.stretches import Stretch
from sensors.history.windows import MICROSECOND, moment_of
from sensors.models import Sensor
from sensors.store.reading import Selection, count_at_most

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Standing:
    """Spans in which a sensor was not judged for its machine stood, and how long together.

    A span goes from a reading of the standing machine to the next of the running one.
    """

    sensor_id: int
    spans: tuple[tuple[datetime, datetime], ...]

    @property
    def seconds(self) -> float:
        return sum((end - start for start, end in self.spans), timedelta()).total_seconds()


def gates_of(sensors: Sequence[Sensor]) -> list[int]:
    """The gates whose readings are needed to go through those of the sensors."""
    return sorted({sensor.gate_id for sensor in sensors if sensor.gate_id})


def readings_of_gates(
    stretches: Sequence[Stretch], sensors: Mapping[int, Sensor], end: datetime
) -> int:
    """How many readings of gates there may be over the stretches."""
    since: dict[int, int] = {}
    for stretch in stretches:
        sensor = sensors[stretch.sensor_id]
        if stretch.size and sensor.gate_id:
            settling = (sensor.settle_time or timedelta()) // MICROSECOND
            first = int(stretch.micros[0]) - settling
            since[sensor.gate_id] = min(first, since.get(sensor.gate_id, first))
    return sum(
        count_at_most(Selection.of([gate], moment_of(first), end)) for gate, first in since.items()
    )


def still_of(stretches: Sequence[Stretch], sensors: Mapping[int, Sensor]) -> dict[int, Mask]:
    """By sensor which readings are of a machine that stood, by the levels known today."""
    return idle(stretches, sensors, learn=False)


def standing_of(stretch: Stretch, still: Mask) -> Standing:
    """The spans of the new readings for which `still`, of shape (n,), holds."""
    new = np.flatnonzero(stretch.is_new)
    stood = still[new]
    edges = np.flatnonzero(np.diff(np.r_[False, stood, False].astype(np.int8)))
    last = new.size - 1
    return Standing(
        stretch.sensor_id,
        tuple(
            (_at(stretch, new[begin]), _at(stretch, new[min(end, last)]))
            for begin, end in zip(edges[::2], edges[1::2], strict=True)
        ),
    )


def _at(stretch: Stretch, row: int) -> datetime:
    return moment_of(stretch.micros[row])
