"""The stored readings of sensors between two moments, with what came just before them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from mlops.backtesting.standing import Mask, gates_of, readings_of_gates, still_of
from mlops.watching.stretches import Stretch
from sensors.history.windows import Past, micros_of, pasts
from sensors.models import Sensor
from sensors.store.read_only import read_only
from sensors.store.reading import Selection, count_at_most

# Of all sensors together, with those to warm up on: a year of one a minute. Two minutes of
# work for the slowest detector, which is well within the time limit of tasks.
MOST_READINGS = 600_000


class TooMuchHistoryError(Exception):
    """Refused before it is read."""

    def __init__(self, readings: int, words: str = "") -> None:
        super().__init__(
            words
            or f"These may be {readings} readings, those to warm up on and of gates among them "
            f"and all once for each setting, and {MOST_READINGS} can be gone through at once; "
            "take a shorter interval, fewer sensors or settings, or less to warm up on"
        )
        self.readings = readings


def check_size(
    sensors: Sequence[Sensor], start: datetime, end: datetime, warm_up: int, *, times: int = 1
) -> None:
    """Raises TooMuchHistoryError where there may be more readings than can be gone through.

    Those of gates are among them. `times` is how often all are gone through.
    """
    before = warm_up * len(sensors)
    read = sorted({sensor.pk for sensor in sensors} | set(gates_of(sensors)))
    readings = times * (before + count_at_most(Selection.of(read, start, end)))
    if readings > MOST_READINGS:
        raise TooMuchHistoryError(readings)


def history_of(
    sensors: Sequence[Sensor], start: datetime, end: datetime, *, warm_up: int, times: int = 1
) -> tuple[list[Stretch], dict[int, Mask]]:
    """Believable readings from `start` up to `end`, marked as new, and `warm_up` before;
    and by sensor which of them are of a machine that stood.

    At the end comes a question without a reading, at which a sensor may be found silent.
    Raises TooMuchHistoryError.
    """
    by_id = {sensor.pk: sensor for sensor in sensors}
    sensor_ids = list(by_id)
    first = micros_of(start)
    last = micros_of(min(end, max(timezone.now(), start)))
    with read_only():
        check_size(sensors, start, end, warm_up, times=times)
        before = pasts([Past(pk, None, first) for pk in sensor_ids], most=warm_up)
        within = pasts(
            [Past(pk, first - 1, micros_of(end)) for pk in sensor_ids], most=MOST_READINGS
        )
        stretches = [
            _joined(Stretch(pk, None, *early, _marks(early[0], 0)), *new, last)
            for pk, early, new in zip(sensor_ids, before, within, strict=True)
        ]
        # To warm up on a sensor that seldom reads, a gate may be looked at for years.
        readings = readings_of_gates(stretches, by_id, end)
        if readings > MOST_READINGS:
            raise TooMuchHistoryError(readings)
        return stretches, still_of(stretches, by_id)


def _joined(
    early: Stretch, micros: NDArray[np.int64], values: NDArray[np.float64], last: int
) -> Stretch:
    if not early.size and not micros.size:
        return early
    asked = np.array([last], dtype=np.int64)
    if micros.size and micros[-1] >= last:
        asked = asked[:0]
    return replace(
        early,
        micros=np.concatenate([early.micros, micros, asked]),
        values=np.concatenate([early.values, values, np.full(asked.size, np.nan)]),
        batch_ids=np.concatenate([early.batch_ids, _marks(micros, 1), _marks(asked, 1)]),
    )


def _marks(micros: NDArray[np.int64], mark: int) -> NDArray[np.int64]:
    return np.full(micros.size, mark, dtype=np.int64)
