"""Pages of readings, of buckets and of curves to draw, of one sensor or of several."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from sensors.history.downsampling import largest_triangles
from sensors.history.granularity import Granularity, floor
from sensors.history.windows import moment_of
from sensors.store.buckets import coarse_buckets, fine_buckets
from sensors.store.reading import (
    Key,
    Row,
    Selection,
    count_at_most,
    curve_of,
    last_key,
    rows_after,
)
from sensors.store.state import State

# More readings than this are not drawn: all of them pass through memory.
MOST_DRAWN = 250_000
# Rows that a page of a file reads at once.
CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class Page:
    """Rows that begin with their key, and the keys that the pages on either side start after."""

    rows: list[Row]
    next: Key | None = None
    previous: Key | None = None


class TooManyReadingsError(Exception):
    """There may be more readings than can be drawn at once."""

    def __init__(self, readings: int) -> None:
        super().__init__(readings)
        self.readings = readings


def page_of_readings(
    selection: Selection, key: Key | None, most: int, *, newest: bool, back: bool
) -> Page:
    """The page after a key, or with `back` the page before it, in the same order."""
    rows = rows_after(selection, key, most + 1, newest=newest != back)
    more, rows = len(rows) > most, rows[:most]
    if back:
        rows.reverse()
    has_next, has_previous = (True, more) if back else (more, key is not None)
    return Page(
        rows,
        next=_key(rows[-1]) if rows and has_next else None,
        previous=_key(rows[0]) if rows and has_previous else None,
    )


def stream_of_readings(
    selection: Selection, key: Key | None, most: int, *, newest: bool
) -> tuple[Iterator[Row], Key | None]:
    """As many readings after a key, without holding them, and where the next page starts.

    The end is fixed beforehand: what comes in meanwhile makes this page longer and takes
    nothing from the next.
    """
    last, more = last_key(selection, key, most, newest=newest)

    def rows() -> Iterator[Row]:
        at = key
        while chunk := rows_after(selection, at, CHUNK, newest=newest):
            at = _key(chunk[-1])
            if more and last and (at < last if newest else at > last):
                yield from (
                    row for row in chunk if not (_key(row) < last if newest else _key(row) > last)
                )
                return
            yield from chunk

    return rows(), last if more else None


def _key(row: Row) -> Key:
    return Key(row[0], row[1])


def page_of_buckets(
    selection: Selection, state: State, resolution: Granularity, after: Key | None, most: int
) -> Page:
    """Buckets that have readings, in order of time and then of sensor."""
    if resolution.is_from_hours:
        rows = coarse_buckets(selection, resolution.width, after=after, most=most + 1)
        page = rows[:most]
        return Page(page, next=_key(page[-1]) if len(rows) > most else None)
    return _page_of_fine_buckets(selection, state, resolution.width, after, most)


def _page_of_fine_buckets(
    selection: Selection, state: State, width: timedelta, after: Key | None, most: int
) -> Page:
    """A page is a stretch of time, so that the readings behind it are bounded.

    It starts where there are readings, so no page but the only one is empty. Its key is
    the start of the next one, with no sensor.
    """
    if after:
        selection = selection.starting(after.at)
    if state.first is None or state.last is None:
        return Page([])
    begin = max(selection.start, floor(state.first, width))
    cut = floor(begin, width) + width * max(1, most // len(selection.sensor_ids))
    rows = fine_buckets(selection.starting(begin).ending(cut), width)
    return Page(rows, next=Key(cut, 0) if state.last >= cut else None)


def curves(selection: Selection, points: int) -> list[Row]:
    """Of each sensor the believed readings that draw the same curve, in order of time.

    Raises TooManyReadingsError.
    """
    if (readings := count_at_most(selection)) > MOST_DRAWN:
        raise TooManyReadingsError(readings)
    drawn: list[Row] = []
    for sensor_id in selection.sensor_ids:
        micros, values = curve_of(sensor_id, selection)
        # Differences of large numbers: from the first one on, they are exact.
        kept = largest_triangles((micros - micros[:1]).astype(np.float64), values, points)
        drawn += [(moment_of(micros[i]), sensor_id, float(values[i])) for i in kept]
    return sorted(drawn)
