"""The rows of an asset that a detector is tried on, as it would have met them live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from mlops.backtesting.history import TooMuchHistoryError
from mlops.watching.assets import WARM_UP
from mlops.watching.rows import Rows, Wanted, closed_before, rows_of
from sensors.history.bins import extents
from sensors.history.windows import micros_of
from sensors.intake.spans import Span
from sensors.models import Sensor
from sensors.store.reading import Selection, count_at_most

# Rows times sensors: what is held of them together takes some 300 MB.
MOST_CELLS = 6_000_000


class TooManyCellsError(TooMuchHistoryError):
    """The rows would not fit into memory."""

    def __init__(self, cells: int) -> None:
        super().__init__(
            cells,
            f"These may be {cells} rows times sensors, and {MOST_CELLS} can be gone through at "
            "once; take a shorter interval or fewer sensors",
        )


@dataclass(frozen=True, slots=True)
class TriedRows:
    """Rows in order of time. Those that are not new, of shape (rows,), come before the
    interval: over them the smoothing of a detector finds its level."""

    rows: Rows
    is_new: NDArray[np.bool_]


def tried_rows(sensors: Sequence[Sensor], start: datetime, end: datetime, width: int) -> TriedRows:
    """The closed rows of the sensors from `start` up to `end`, in bins of `width`.

    As for a version that goes on duty with the first reading since `start` and has seen
    all before `end`. Raises TooManyCellsError.
    """
    ids = [sensor.pk for sensor in sensors]
    since = micros_of(start)
    found = extents(Span(pk, since, micros_of(end) - 1) for pk in ids)
    first = min((first for first, _ in found.values()), default=since)
    last = max((last for _, last in found.values()), default=since)
    bins = (last - first) // width + 1
    cells = len(ids) * min(bins, count_at_most(Selection.of(ids, start, end)))
    if cells > MOST_CELLS:
        raise TooManyCellsError(cells)
    edge = closed_before(first, width)
    wanted = Wanted(
        sensors=ids,
        width=width,
        first=edge - WARM_UP * width,
        before=max(closed_before(last, width), edge),
    )
    [rows] = rows_of([wanted], most=MOST_CELLS)
    return TriedRows(rows, rows.micros >= since)
