"""Alarms of a detector over stored history, and how often they would have come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from maintenance.episodes import ALARM_LINE, LOOK_BACK, Episode, Sighting, advance
from maintenance.recording import rules_of
from mlops.backtesting.standing import Standing
from mlops.detectors.base import Values
from mlops.detectors.parameters import HIGHEST_SCORE
from mlops.detectors.suite import Sight
from mlops.watching.stretches import Stretch
from sensors.history.windows import micros_of, moment_of
from sensors.models import Sensor


@dataclass(frozen=True, slots=True)
class Alarm:
    """An episode as it would have been recorded. `ended_at` is None where the history ends
    before it does; `last_at` is the last time gone through while it lasted.

    One of an asset as a whole has no sensor, and `contributions`: shares of its sensors in
    the peak by code, together 1.
    """

    sensor_id: int | None
    asset_id: int
    kind: str
    started_at: datetime
    ended_at: datetime | None
    last_at: datetime
    peak_at: datetime
    peak_value: float | None
    peak_score: float
    reason: str
    contributions: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rates:
    """How one sensor fared, or an asset as a whole, whose rows count as readings.

    `seconds` go from its first reading within the interval to the last time gone through;
    for `stood_seconds` of them it was not judged, for its machine stood. Shares are None
    where there is no time to be shared.
    """

    sensor_id: int | None
    readings: int
    scored: int
    seconds: float
    alarms: int
    alarms_a_day: float | None
    share_in_alarm: float | None
    stood_seconds: float = 0.0


def alarms_of(
    seen: Sequence[Sight], series: int, stretch: Stretch, sensor: Sensor
) -> Iterator[Alarm]:
    """The episodes that the new readings of a stretch open, by the rules of live readings."""
    for sight in seen:
        scores = sight.scores.score[: stretch.size, series]
        shown = ~np.isnan(sight.block.values[: stretch.size, series])
        # As live: a reading of which nothing can be said is calm.
        rows = np.flatnonzero(shown | ~np.isnan(scores))
        seen_at = Sighted(
            stretch.micros[rows],
            stretch.values[rows],
            np.nan_to_num(scores[rows], nan=0.0),
            stretch.is_new[rows],
        )
        for episode in seen_at.episodes(sight.member.kind, sensor):
            yield _alarm(episode, sight, series, stretch, sensor)


@dataclass(frozen=True, slots=True)
class Sighted:
    """Scored readings in order of time, arrays of shape (n,), as the rules take them."""

    micros: NDArray[np.int64]
    values: Values
    scores: Values
    is_new: NDArray[np.bool_]

    def episodes(self, kind: str, sensor: Sensor | None = None) -> list[Episode]:
        past = np.flatnonzero(self.scores >= ALARM_LINE)
        if not past.size:
            return []
        # What is calm from the beginning cannot open anything.
        rows = slice(max(int(past[0]) - LOOK_BACK, 0), None)
        sightings = [
            Sighting(moment_of(micros), float(value), float(score), bool(new))
            for micros, value, score, new in zip(
                self.micros[rows],
                self.values[rows],
                np.minimum(self.scores[rows], HIGHEST_SCORE),
                self.is_new[rows],
                strict=True,
            )
        ]
        return advance(None, sightings, rules_of(kind, sensor))


def _alarm(episode: Episode, sight: Sight, series: int, stretch: Stretch, sensor: Sensor) -> Alarm:
    row = int(np.searchsorted(stretch.micros, micros_of(episode.peak.at)))
    reason = sight.explain(row, series).reason
    return alarm_of(episode, sight.member.kind, sensor.asset_id, reason, sensor_id=sensor.pk)


def alarm_of(
    episode: Episode,
    kind: str,
    asset_id: int,
    reason: str,
    *,
    sensor_id: int | None = None,
    contributions: Mapping[str, float] | None = None,
) -> Alarm:
    """What an episode of a sensor, or of an asset, would have been recorded as."""
    value = episode.peak.value
    return Alarm(
        sensor_id=sensor_id,
        asset_id=asset_id,
        kind=str(kind),
        started_at=episode.started_at,
        ended_at=episode.ended_at,
        last_at=episode.ended_at or episode.scored_until,
        peak_at=episode.peak.at,
        peak_value=None if np.isnan(value) else value,
        peak_score=episode.peak.score,
        reason=reason,
        contributions=contributions or {},
    )


def rates_of(
    sight: Sight,
    series: int,
    stretch: Stretch,
    alarms: Sequence[Alarm],
    standing: Standing | None,
) -> Rates:
    """How often a sensor alarmed, and how long, in the time of its new readings."""
    read = stretch.is_new & ~np.isnan(stretch.values)
    known = ~np.isnan(sight.scores.score[: stretch.size, series])
    rows = np.flatnonzero(read | (stretch.is_new & known))
    rates = rates_over(stretch.micros[rows], alarms, sensor_id=stretch.sensor_id)
    return replace(
        rates,
        readings=int(read.sum()),
        scored=int((read & known).sum()),
        stood_seconds=standing.seconds if standing else 0.0,
    )


def rates_over(
    micros: NDArray[np.int64], alarms: Sequence[Alarm], *, sensor_id: int | None
) -> Rates:
    """The rates of alarms over the time between the first and the last of the moments."""
    seconds = float(micros[-1] - micros[0]) / 1e6 if micros.size else 0.0
    in_alarm = sum(_length(alarm) for alarm in alarms)
    return Rates(
        sensor_id=sensor_id,
        readings=micros.size,
        scored=0,
        seconds=seconds,
        alarms=len(alarms),
        alarms_a_day=len(alarms) / (seconds / 86_400) if seconds else None,
        share_in_alarm=min(in_alarm / seconds, 1.0) if seconds else None,
    )


def _length(alarm: Alarm) -> float:
    return (alarm.last_at - alarm.started_at).total_seconds()
