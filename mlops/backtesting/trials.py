"""What would a detector have said? Run one over stored history, and count its alarms.

It works by the rules of episodes that live readings go by, and leaves no trace: readings
are read in a transaction that cannot write, and no state, symptom or anomaly is touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial

import numpy as np

from maintenance.episodes import LOOK_BACK
from mlops.backtesting.alarms import Alarm, Rates, alarms_of, rates_of
from mlops.backtesting.history import history_of
from mlops.backtesting.judging import Labelled, judged, of_these
from mlops.backtesting.outcomes import Outcome, Progress, share_of
from mlops.backtesting.standing import Mask, Standing, standing_of
from mlops.chosen_detectors import Choice
from mlops.detectors.base import Block
from mlops.detectors.suite import Sight, Suite, together
from mlops.watching.running import columns_of
from mlops.watching.stretches import Stretch, alike, side_by_side
from sensors.models import Sensor

# What a sensor that is new to the detectors is taught from, too.
WARM_UP, MOST_WARM_UP = 2_000, 20_000
# Rows between two reports of progress.
STRIDE = 2_000

Seen = tuple[Stretch, int, list[Sight]]


def backtest(
    sensors: Sequence[Sensor],
    start: datetime,
    end: datetime,
    choices: Sequence[Choice],
    *,
    labelled: Sequence[Labelled] = (),
    warm_up: int = WARM_UP,
    on_progress: Progress = lambda share: None,
) -> list[Outcome]:
    """Run a detector over the believable readings of sensors from `start` up to `end`, once
    for each choice of its parameters.

    The last `warm_up` readings before are gone through first, without alarms. Where the
    machine of a sensor stood, it is not judged, as live. Of what was labelled, that of
    these sensors and this time counts. `on_progress` is told the share that is done.
    Raises TooMuchHistoryError and DetectorChoiceError.
    """
    by_id = {sensor.pk: sensor for sensor in sensors}
    stretches, still = history_of(sensors, start, end, warm_up=warm_up, times=len(choices))
    relevant = of_these(labelled, [(s.pk, s.asset_id) for s in sensors], start, end)
    outcomes = []
    for number, choice in enumerate(choices):
        report = share_of(on_progress, number, len(choices))
        seen = _gone_through(stretches, still, by_id, choice, report)
        alarms, rates, stood = _counted(seen, stretches, still, by_id)
        judgement = judged(alarms, relevant)
        outcomes.append(
            Outcome(choice.label, choice.parameters, alarms, rates, judgement, standings=stood)
        )
    return outcomes


def _counted(
    gone_through: Iterable[Seen],
    stretches: Sequence[Stretch],
    still: Mapping[int, Mask],
    sensors: Mapping[int, Sensor],
) -> tuple[list[Alarm], list[Rates], list[Standing]]:
    alarms: list[Alarm] = []
    standings: list[Standing] = []
    rates = {s.sensor_id: Rates(s.sensor_id, 0, 0, 0.0, 0, None, None) for s in stretches}
    for stretch, series, seen in gone_through:
        pk = stretch.sensor_id
        of_sensor = list(alarms_of(seen, series, stretch, sensors[pk]))
        alarms += of_sensor
        standing = None
        if pk in still and seen[0].member.gated:
            standing = standing_of(stretch, still[pk])
            standings.append(standing)
        rates[pk] = rates_of(seen[0], series, stretch, of_sensor, standing)
    alarms.sort(key=lambda alarm: (alarm.started_at, alarm.sensor_id, alarm.kind))
    return alarms, list(rates.values()), standings


def _gone_through(
    stretches: Sequence[Stretch],
    still: Mapping[int, Mask],
    sensors: Mapping[int, Sensor],
    choice: Choice,
    on_progress: Progress,
) -> Iterator[Seen]:
    """Each stretch that has readings, its column, and what was seen of all columns."""
    total, done = sum(stretch.size for stretch in stretches), 0
    for group in alike(stretches):
        members = choice.members([sensors[stretch.sensor_id] for stretch in group])
        size = sum(stretch.size for stretch in group)
        report = partial(_report, on_progress, done / total, size / total)
        suite = Suite(members, LOOK_BACK)
        seen = _seen(suite, side_by_side(group), columns_of(group, still), report)
        done += size
        for series, stretch in enumerate(group):
            yield stretch, series, seen


def _report(on_progress: Progress, before: float, width: float, share: float) -> None:
    on_progress(before + width * share)


def _seen(suite: Suite, block: Block, idle: Mask, on_progress: Progress) -> list[Sight]:
    """What the members of a suite see of a block, from the beginning."""
    state = suite.begin(block.columns)
    parts: list[list[Sight]] = []
    for row in range(0, block.rows, STRIDE):
        rows = slice(row, row + STRIDE)
        with np.errstate(all="ignore"):
            seen, state = suite.score(block[rows], state, idle[rows])
        parts.append(seen)
        on_progress(min(1.0, (row + STRIDE) / block.rows))
    return together(parts)
