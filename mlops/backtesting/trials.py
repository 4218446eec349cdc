"""What would a detector have said? Run one over stored history, and count its alarms.

It works by the rules of episodes that live readings go by, and leaves no trace: readings
are read in a transaction that cannot write, and no state, symptom or anomaly is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import numpy as np

from maintenance.episodes import LOOK_BACK
from mlops.backtesting.alarms import Alarm, Rates, alarms_of, rates_of
from mlops.backtesting.history import history_of
from mlops.backtesting.judging import Judgement, Labelled, judged
from mlops.chosen_detectors import Choice
from mlops.detectors.base import Block
from mlops.detectors.suite import Sight, Suite, together
from mlops.watching.stretches import Stretch, alike, side_by_side
from sensors.models import Sensor

# What a sensor that is new to the detectors is taught from, too.
WARM_UP, MOST_WARM_UP = 2_000, 20_000
# Rows between two reports of progress.
STRIDE = 2_000

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """`detector` names the version too. Alarms come in order of time, rates in the order in
    which the sensors were given."""

    detector: str
    alarms: list[Alarm]
    rates: list[Rates]
    judgement: Judgement


def backtest(
    sensors: Sequence[Sensor],
    start: datetime,
    end: datetime,
    choice: Choice,
    *,
    labelled: Sequence[Labelled] = (),
    warm_up: int = WARM_UP,
    on_progress: Progress = lambda share: None,
) -> Outcome:
    """Run a detector over the believable readings of sensors from `start` up to `end`.

    The last `warm_up` readings before are gone through first, without alarms. Of what was
    labelled, that of these sensors and this time counts. `on_progress` is told the share
    that is done. Raises TooMuchHistoryError and DetectorChoiceError.
    """
    by_id = {sensor.pk: sensor for sensor in sensors}
    stretches = history_of(list(by_id), start, end, warm_up=warm_up)
    alarms: list[Alarm] = []
    rates = {s.sensor_id: Rates(s.sensor_id, 0, 0, 0.0, 0, None, None) for s in stretches}
    for stretch, series, seen in _gone_through(stretches, by_id, choice, on_progress):
        of_sensor = list(alarms_of(seen, series, stretch, by_id[stretch.sensor_id]))
        alarms += of_sensor
        rates[stretch.sensor_id] = rates_of(seen[0], series, stretch, of_sensor)
    alarms.sort(key=lambda alarm: (alarm.started_at, alarm.sensor_id, alarm.kind))
    of_these = [(sensor.pk, sensor.asset_id) for sensor in sensors]
    relevant = [
        label
        for label in labelled
        if label.is_of(of_these) and label.start < end and label.end >= start
    ]
    label = choice.members([])[0].label
    return Outcome(label, alarms, list(rates.values()), judged(alarms, relevant))


def _gone_through(
    stretches: Sequence[Stretch],
    sensors: Mapping[int, Sensor],
    choice: Choice,
    on_progress: Progress,
) -> Iterator[tuple[Stretch, int, list[Sight]]]:
    """Each stretch that has readings, its column, and what was seen of all columns."""
    total, done = sum(stretch.size for stretch in stretches), 0
    for group in alike(stretches):
        members = choice.members([sensors[stretch.sensor_id] for stretch in group])
        size = sum(stretch.size for stretch in group)
        report = partial(_report, on_progress, done / total, size / total)
        seen = _seen(Suite(members, LOOK_BACK), side_by_side(group), report)
        done += size
        for series, stretch in enumerate(group):
            yield stretch, series, seen


def _report(on_progress: Progress, before: float, width: float, share: float) -> None:
    on_progress(before + width * share)


def _seen(suite: Suite, block: Block, on_progress: Progress) -> list[Sight]:
    """What the members of a suite see of a block, from the beginning."""
    state = suite.begin(block.columns)
    parts: list[list[Sight]] = []
    for row in range(0, block.rows, STRIDE):
        rows = slice(row, row + STRIDE)
        with np.errstate(all="ignore"):
            seen, state = suite.score(block[rows], state)
        parts.append(seen)
        on_progress(min(1.0, (row + STRIDE) / block.rows))
    return together(parts)
