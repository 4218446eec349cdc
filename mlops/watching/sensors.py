"""Carry the detectors of sensors through the new readings of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from maintenance.episodes import ALARM_LINE
from maintenance.models import Symptom
from maintenance.recording import Explanation, Scored
from mlops.detectors.base import State
from mlops.detectors.suite import Mask, Sight, Suite
from mlops.registry import sensor_suite
from mlops.watching import states
from mlops.watching.running import columns_of, idle
from mlops.watching.silences import usual_silences, waited
from mlops.watching.states import EARLIEST, LATE_READINGS, Known
from mlops.watching.stretches import Stretch, alike, side_by_side, stretches_of
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
    with np.errstate(all="ignore"):
        block = side_by_side(group)
        sights, after = suite.score(block, np.stack(starts), columns_of(group, still))
    _keep(group, after, suite, batches)
    return sights


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
    group: Sequence[Stretch], after: State, suite: Suite, batches: Mapping[int, ReadingBatch]
) -> None:
    layout, unknown = suite.layout, suite.begin(1)[0]
    usual = usual_silences(suite, after)
    now: dict[int, Known] = {}
    checkpoints: dict[int, Known] = {}
    for stretch, state, silence in zip(group, after, usual, strict=True):
        since = stretch.size + (stretch.start.since_checkpoint if stretch.start else 0)
        last = Known(stretch.until, state, since)
        if stretch.start is None:
            # To come back to the same state if readings are late.
            began = int(stretch.micros[0]) - 1 if not stretch.is_new[0] else EARLIEST
            checkpoints[stretch.sensor_id] = Known(began, unknown)
        elif since >= LATE_READINGS:
            last = checkpoints[stretch.sensor_id] = Known(last.until, state)
        wait = waited(stretch, batches)
        now[stretch.sensor_id] = replace(last, usual_silence=silence, wait=wait)
    states.drop_later((s.sensor_id, int(s.micros[0])) for s in group if s.goes_back)
    states.keep(now, layout)
    states.set_checkpoints(checkpoints, layout)
