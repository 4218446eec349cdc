"""Which readings do detectors go through in a run, and from which state?

Mostly the new ones, from where the run before left off. If some come late, all since the
last checkpoint before them; if a sensor is new to the detectors, its history first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mlops.detectors.base import Block
from mlops.watching import states
from mlops.watching.states import LATE_READINGS, Known
from sensors.history.windows import Past, Window, pasts

# Columns are filled up to the longest among them, so only similar ones go together.
MOST_UNEVEN = 4
# So long a stretch gets a checkpoint on its way, and goes with others of which that is true.
LONG = 2 * LATE_READINGS


@dataclass(frozen=True, slots=True)
class Stretch:
    """Readings of a sensor in order of time; arrays have shape (n,).

    `start` is what was known before the first of them; None if nothing was. `batch_ids`
    are those of the batches that brought new readings, and 0 for readings that were gone
    through before or are the past of a sensor that is new.
    """

    sensor_id: int
    start: Known | None
    micros: NDArray[np.int64]
    values: NDArray[np.float64]
    batch_ids: NDArray[np.int64]
    goes_back: bool = False

    @property
    def size(self) -> int:
        return self.micros.size

    @property
    def until(self) -> int:
        return int(self.micros[-1])

    @property
    def is_new(self) -> NDArray[np.bool_]:
        return self.batch_ids > 0


def stretches_of(windows: Iterable[Window], *, layout: str, history: int) -> list[Stretch]:
    """What to go through for the new readings of windows, a stretch for each sensor.

    A reading from before the oldest checkpoint comes too late to be gone through; of a
    sensor with nothing else there is no stretch.
    """
    new = _news(windows)
    known = states.known(new, layout)
    unknown = [stretch for pk, stretch in new.items() if pk not in known]
    late = {
        pk: int(stretch.micros[0])
        for pk, stretch in new.items()
        if pk in known and stretch.micros[0] <= known[pk].until
    }
    found = _from_history(unknown, most=history) + _gone_back(new, late, known, layout)
    found += [_on_from(new[pk], known[pk]) for pk in new if pk in known and pk not in late]
    return found


def _news(windows: Iterable[Window]) -> dict[int, Stretch]:
    """The new readings of each sensor; a sensor may have several windows."""
    parts: dict[int, list[Window]] = {}
    for window in windows:
        parts.setdefault(window.sensor_id, []).append(window)
    return {
        pk: Stretch(
            pk,
            None,
            np.concatenate([window.micros[window.is_new] for window in of_sensor]),
            np.concatenate([window.values[window.is_new] for window in of_sensor]),
            np.concatenate([window.batch_ids[window.is_new] for window in of_sensor]),
        )
        for pk, of_sensor in parts.items()
    }


def _on_from(new: Stretch, known: Known) -> Stretch:
    return replace(new, start=known)


def _from_history(new: Sequence[Stretch], *, most: int) -> list[Stretch]:
    """Of sensors that nothing is known of: the last readings that there are.

    One that is older than those comes too late, here as elsewhere.
    """
    longest = max((stretch.size for stretch in new), default=0)
    asked = [Past(stretch.sensor_id, None, int(stretch.micros[-1]) + 1) for stretch in new]
    return [
        replace(stretch, micros=micros, values=values, batch_ids=_marked(micros, stretch))
        for stretch, (micros, values) in zip(new, pasts(asked, most=most + longest), strict=True)
    ]


def _gone_back(
    new: Mapping[int, Stretch], late: Mapping[int, int], known: Mapping[int, Known], layout: str
) -> list[Stretch]:
    """Where readings came late: all there are since the checkpoint before the first."""
    before = states.known_before(late, layout)
    asked = [
        Past(pk, then.until, max(known[pk].until, int(new[pk].micros[-1])) + 1)
        for pk, then in before.items()
    ]
    found = [
        Stretch(
            past.sensor_id,
            before[past.sensor_id],
            micros,
            values,
            _marked(micros, new[past.sensor_id]),
            goes_back=True,
        )
        for past, (micros, values) in zip(asked, pasts(asked, most=10**9), strict=True)
    ]
    return found + [_without_late(new[pk], known[pk]) for pk in late if pk not in before]


def _marked(micros: NDArray[np.int64], new: Stretch) -> NDArray[np.int64]:
    """The batches that brought the new ones among readings at `micros`, else 0."""
    batch_ids = np.zeros(micros.size, dtype=np.int64)
    _, places, of_new = np.intersect1d(micros, new.micros, assume_unique=True, return_indices=True)
    batch_ids[places] = new.batch_ids[of_new]
    return batch_ids


def _without_late(new: Stretch, known: Known) -> Stretch:
    in_order = new.micros > known.until
    return replace(
        new,
        start=known,
        micros=new.micros[in_order],
        values=new.values[in_order],
        batch_ids=new.batch_ids[in_order],
    )


def alike(stretches: Iterable[Stretch]) -> Iterator[list[Stretch]]:
    """Groups of stretches of about the same length; empty ones are left out."""
    group: list[Stretch] = []
    for stretch in sorted(stretches, key=lambda stretch: stretch.size):
        if not stretch.size:
            continue
        if group and (
            stretch.size > MOST_UNEVEN * group[0].size or group[0].size < LONG <= stretch.size
        ):
            yield group
            group = []
        group.append(stretch)
    if group:
        yield group


def side_by_side(group: Sequence[Stretch]) -> Block:
    """The stretches as columns, filled up with NaN at their last time."""
    rows = max(stretch.size for stretch in group)
    micros = np.empty((rows, len(group)), dtype=np.int64)
    values = np.full((rows, len(group)), np.nan)
    for column, stretch in enumerate(group):
        micros[: stretch.size, column] = stretch.micros
        micros[stretch.size :, column] = stretch.micros[-1]
        values[: stretch.size, column] = stretch.values
    return Block(micros, values)
