"""Where the readings of a batch lie in the table: stretches of one sensor's time.

Kept on the receipt, they lead back to the readings by way of the primary key. A stretch
ends at a hole, so that one reading with an old clock does not make a stretch of years.
Plain functions over arrays: no database, no clock. Times are microseconds since 1970.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]

HOLE = 3_600 * 1_000_000


class Span(NamedTuple):
    """Readings of a sensor from `first` to `last`, both included."""

    sensor_id: int
    first: int
    last: int


def spans_by_batch(batch_ids: Ids, sensor_ids: Ids, micros: Ids) -> dict[int, list[Span]]:
    """The spans of each batch's readings, given as columns of shape (n,) in any order."""
    order = np.lexsort((micros, sensor_ids, batch_ids))
    batches, sensors, times = batch_ids[order], sensor_ids[order], micros[order]
    begins = np.flatnonzero(
        np.r_[
            True,
            (batches[1:] != batches[:-1])
            | (sensors[1:] != sensors[:-1])
            | (np.diff(times) > HOLE),
        ][: times.size]
    )
    ends = np.r_[begins[1:], times.size][: begins.size] - 1
    found: dict[int, list[Span]] = defaultdict(list)
    for begin, end in zip(begins, ends, strict=True):
        span = Span(int(sensors[begin]), int(times[begin]), int(times[end]))
        found[int(batches[begin])].append(span)
    return found


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same stretches, those that overlap or nearly touch made one, in order."""
    together: list[Span] = []
    for span in sorted(spans):
        before = together[-1] if together else None
        if before and before.sensor_id == span.sensor_id and span.first <= before.last + HOLE:
            together[-1] = before._replace(last=max(before.last, span.last))
        else:
            together.append(span)
    return together
