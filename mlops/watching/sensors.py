"""Carry the detectors of sensors through the new readings of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from maintenance.episodes import ALARM_LINE
from maintenance.models import Symptom
from maintenance.recording import Explanation, Scored
from mlops.detectors.base import State
from mlops.detectors.suite import Mask, Sight, Suite, together
from mlops.registry import sensor_suite
from mlops.watching import states
from mlops.watching.running import columns_of, idle
from mlops.watching.silences import usual_silences, waited
from mlops.watching.states import EARLIEST, LATE_READINGS, Known
from mlops.watching.stretches import LONG, Stretch, alike, side_by_side, stretches_of
from sensors.history.windows import windows_of
from sensors.models import Reading, ReadingBatch, Sensor

# What a sensor that is new to the detectors is taught from, at most.
HISTORY = 2_000
# Numbers near the end of what a float holds overflow on the way; no score needs more.
HIGHEST_SCORE = 1e6


def watch(batches: Sequence[ReadingBatch], sensors: Mapping[int, Sensor]) -> list[Scored]:
    """Score the believable readings of batches and move the states of their sensors on.

    Needs the rows of the sensors to be locked. What is neither past the alarm line nor
    belongs to an open episode is left out.
    """
    windows = windows_of(batches, before=0, worst=Reading.Quality.UNCERTAIN)
    layout = sensor_suite([]).layout
    stretches = stretches_of(windows, layout=layout, history=HISTORY)
    still = idle(stretches, sensors)
    open_kinds = Symptom.objects.kinds_of_sensors({s.sensor_id for s in stretches})
    by_id = {batch.pk: batch for batch in batches}
    return [
        _scored(sight, series, group[series], sensors[group[series].sensor_id], by_id)
        for group in alike(stretches)
        for sight in _seen(group, sensors, still, by_id)
        for series in _noteworthy(sight, group, open_kinds)
    ]


def _seen(
    group: Sequence[Stretch],
    sensors: Mapping[int, Sensor],
    still: Mapping[int, Mask],
    batches: Mapping[int, ReadingBatch],
) -> list[Sight]:
    """Take stretches through the detectors, and keep the states after them."""
    suite = sensor_suite([sensors[stretch.sensor_id] for stretch in group])
    unknown = suite.begin(1)[0]
    starts = [unknown if stretch.start is None else stretch.start.state for stretch in group]
    # Of long stretches the state on the way is wanted as well; the first is the shortest.
    cut = group[0].size - LATE_READINGS if group[0].size >= LONG else 0
    block, hidden = side_by_side(group), columns_of(group, still)
    parts, state, between = [], np.stack(starts), None
    with np.errstate(all="ignore"):
        if cut:
            sights, state = suite.score(block[:cut], state, hidden[:cut])
            parts, between = [sights], state
        sights, after = suite.score(block[cut:], state, hidden[cut:])
    _set_checkpoints(group, cut, between, suite)
    _keep(group, cut, after, suite, batches)
    return together([*parts, sights])


def _noteworthy(
    sight: Sight, group: Sequence[Stretch], open_kinds: set[tuple[int, str]]
) -> list[int]:
    alarming: NDArray[np.bool_] = np.any(sight.alarms >= ALARM_LINE, axis=0)
    kind = sight.member.kind
    return [
        series
        for series, stretch in enumerate(group)
        if alarming[series] or (stretch.sensor_id, kind) in open_kinds
    ]


def _scored(
    sight: Sight,
    series: int,
    stretch: Stretch,
    sensor: Sensor,
    batches: Mapping[int, ReadingBatch],
) -> Scored:
    """What a member saw of one series; what it was not shown is left out."""
    before = ~np.isnan(sight.before.values[:, series])
    past = int(before.sum())
    rows = np.flatnonzero(~np.isnan(sight.block.values[: stretch.size, series]))
    now = np.minimum(sight.alarms[rows, series], HIGHEST_SCORE)
    beyond = np.unique(stretch.batch_ids[rows][stretch.is_new[rows] & (now >= ALARM_LINE)])
    return Scored(
        asset=sensor.asset,
        sensor=sensor,
        kind=sight.member.kind,
        detector=sight.member.label,
        micros=np.r_[sight.before.micros[before, series].astype(np.int64), stretch.micros[rows]],
        values=np.r_[sight.before.values[before, series], stretch.values[rows]],
        scores=np.r_[sight.before.scores[before, series], now],
        is_new=np.r_[np.zeros(past, dtype=bool), stretch.is_new[rows]],
        explain=partial(_explain, sight, series, past, rows),
        request_ids=tuple(batches[pk].correlation_id for pk in beyond.tolist()),
    )


def _explain(
    sight: Sight, series: int, past: int, rows: NDArray[np.intp], position: int
) -> Explanation:
    # What was seen in a run before cannot be explained from here: the first of this one is.
    return sight.explain(int(rows[max(position - past, 0)]), series)


def _keep(
    group: Sequence[Stretch],
    cut: int,
    after: State,
    suite: Suite,
    batches: Mapping[int, ReadingBatch],
) -> None:
    usual = usual_silences(suite, after)
    states.keep(
        {
            stretch.sensor_id: Known(
                stretch.until, state, _since(stretch, cut), silence, waited(stretch, batches)
            )
            for stretch, state, silence in zip(group, after, usual, strict=True)
        },
        suite.layout,
    )


def _set_checkpoints(
    group: Sequence[Stretch], cut: int, between: State | None, suite: Suite
) -> None:
    """Remember states to come back to if readings are late.

    Never the newest state: what two runs brought may be gone through in either order, and
    each time the newest would be lost and the way back grow longer.
    """
    unknown = suite.begin(1)[0]
    found: list[tuple[int, Known]] = []
    for column, stretch in enumerate(group):
        if stretch.start is None:
            began = int(stretch.micros[0]) - 1 if not stretch.is_new[0] else EARLIEST
            found.append((stretch.sensor_id, Known(began, unknown)))
        elif between is None and _is_due(stretch):
            found.append((stretch.sensor_id, stretch.start))
        if between is not None:
            until = int(stretch.micros[cut - 1])
            found.append((stretch.sensor_id, Known(until, between[column])))
    states.drop_later({s.sensor_id: int(s.micros[0]) for s in group if s.goes_back})
    states.set_checkpoints(found, suite.layout)


def _since(stretch: Stretch, cut: int) -> int:
    """Readings since the last checkpoint."""
    if stretch.start is None or cut:
        return stretch.size - cut
    return stretch.size + (0 if _is_due(stretch) else stretch.start.since_checkpoint)


def _is_due(stretch: Stretch) -> bool:
    """Whether the state before a stretch becomes a checkpoint."""
    start = stretch.start
    return start is not None and 0 < start.since_checkpoint >= LATE_READINGS - stretch.size
