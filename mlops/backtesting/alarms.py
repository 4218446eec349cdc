"""Alarms of a detector over the history of a sensor, and how often they would have come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from maintenance.episodes import ALARM_LINE, LOOK_BACK, Episode, Sighting, advance
from maintenance.recording import rules_of
from mlops.detectors.parameters import HIGHEST_SCORE
from mlops.detectors.suite import Sight
from mlops.watching.stretches import Stretch
from sensors.history.windows import micros_of, moment_of
from sensors.models import Sensor


@dataclass(frozen=True, slots=True)
class Alarm:
    """An episode as it would have been recorded. `ended_at` is None where the history ends
    before it does; `last_at` is the last time gone through while it lasted."""

    sensor_id: int
    asset_id: int
    kind: str
    started_at: datetime
    ended_at: datetime | None
    last_at: datetime
    peak_at: datetime
    peak_value: float | None
    peak_score: float
    reason: str


@dataclass(frozen=True, slots=True)
class Rates:
    """How one sensor fared: `seconds` from its first reading within the interval to the last
    time gone through. Shares are None where there is no time to be shared."""

    sensor_id: int
    readings: int
    scored: int
    seconds: float
    alarms: int
    alarms_a_day: float | None
    share_in_alarm: float | None


def alarms_of(
    seen: Sequence[Sight], series: int, stretch: Stretch, sensor: Sensor
) -> Iterator[Alarm]:
    """The episodes that the new readings of a stretch open, by the rules of live readings."""
    for sight in seen:
        scores = sight.scores.score[: stretch.size, series]
        rows = np.flatnonzero(~np.isnan(scores))
        past = np.flatnonzero(scores[rows] >= ALARM_LINE)
        if not past.size:
            continue
        # What is calm from the beginning cannot open anything.
        rows = rows[max(past[0] - LOOK_BACK, 0) :]
        sightings = [
            Sighting(moment_of(micros), float(value), float(score), bool(new))
            for micros, value, score, new in zip(
                stretch.micros[rows],
                stretch.values[rows],
                np.minimum(scores[rows], HIGHEST_SCORE),
                stretch.is_new[rows],
                strict=True,
            )
        ]
        for episode in advance(None, sightings, rules_of(sight.member.kind)):
            yield _alarm(episode, sight, series, stretch, sensor)


def _alarm(episode: Episode, sight: Sight, series: int, stretch: Stretch, sensor: Sensor) -> Alarm:
    row = int(np.searchsorted(stretch.micros, micros_of(episode.peak.at)))
    value = episode.peak.value
    return Alarm(
        sensor_id=sensor.pk,
        asset_id=sensor.asset_id,
        kind=str(sight.member.kind),
        started_at=episode.started_at,
        ended_at=episode.ended_at,
        last_at=episode.ended_at or episode.scored_until,
        peak_at=episode.peak.at,
        peak_value=None if np.isnan(value) else value,
        peak_score=episode.peak.score,
        reason=sight.explain(row, series).reason,
    )


def rates_of(sight: Sight, series: int, stretch: Stretch, alarms: Sequence[Alarm]) -> Rates:
    """How often a sensor alarmed, and how long, in the time of its new readings."""
    read = stretch.is_new & ~np.isnan(stretch.values)
    known = ~np.isnan(sight.scores.score[: stretch.size, series])
    rows = np.flatnonzero(read | (stretch.is_new & known))
    seconds = float(stretch.micros[rows[-1]] - stretch.micros[rows[0]]) / 1e6 if rows.size else 0.0
    in_alarm = sum(_length(alarm) for alarm in alarms)
    return Rates(
        sensor_id=stretch.sensor_id,
        readings=int(read.sum()),
        scored=int((read & known).sum()),
        seconds=seconds,
        alarms=len(alarms),
        alarms_a_day=len(alarms) / (seconds / 86_400) if seconds else None,
        share_in_alarm=min(in_alarm / seconds, 1.0) if seconds else None,
    )


def _length(alarm: Alarm) -> float:
    return (alarm.last_at - alarm.started_at).total_seconds()
