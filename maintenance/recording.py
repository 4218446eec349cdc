"""Write down what the detectors saw, as episodes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from maintenance import policy
from maintenance.episodes import (
    ALARM_LINE,
    DEVIATION_RULES,
    LIMIT_RULES,
    Episode,
    Sighting,
    advance,
)
from maintenance.models import Anomaly
from sensors.models import Sensor
from sensors.windows import moment_of


class Explanation(Protocol):
    """What a detector says of a value."""

    @property
    def reason(self) -> str: ...

    @property
    def evidence(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Scored:
    """The readings of one sensor, scored by one detector, in order of time.

    Arrays have shape (n,). `explain` tells why a value scored as it did; `request_ids`
    are those that brought the readings past the line.
    """

    sensor: Sensor
    kind: str
    detector: str
    micros: NDArray[np.int64]
    values: NDArray[np.float64]
    scores: NDArray[np.float64]
    is_new: NDArray[np.bool_]
    explain: Callable[[float], Explanation]
    request_ids: tuple[str, ...] = ()

    def sightings(self) -> list[Sighting]:
        return [
            Sighting(moment_of(micros), float(value), float(score), bool(is_new))
            for micros, value, score, is_new in zip(
                self.micros, self.values, self.scores, self.is_new, strict=True
            )
        ]


def record_episodes(scored: Sequence[Scored]) -> list[Anomaly]:
    """Open, carry on and close anomalies. Needs the sensors' rows to be locked."""
    open_ones: dict[tuple[int, str], Anomaly | None] = {
        (anomaly.sensor_id, anomaly.kind): anomaly
        for anomaly in Anomaly.objects.open().filter(sensor__in={s.sensor.pk for s in scored})
    }
    created: list[Anomaly] = []
    touched: dict[int, Anomaly] = {}
    for seen in scored:
        anomaly = open_ones.get((seen.sensor.pk, seen.kind))
        if anomaly is None and not (seen.scores >= ALARM_LINE).any():
            continue
        rules = LIMIT_RULES if seen.kind in Anomaly.LIMITS else DEVIATION_RULES
        for episode in advance(_episode(anomaly), seen.sightings(), rules):
            if anomaly is not None and episode.started_at == anomaly.started_at:
                _carry_on(anomaly, episode, seen)
            else:
                anomaly = _begin(episode, seen)
                created.append(anomaly)
            touched[id(anomaly)] = anomaly
        # The sensor may have another stretch of readings in the same run.
        open_ones[seen.sensor.pk, seen.kind] = anomaly if anomaly and anomaly.is_active else None
    changed = [anomaly for anomaly in touched.values() if anomaly.pk]
    Anomaly.objects.bulk_update(changed, CHANGING, batch_size=500)
    # After the updates: an episode may end and the next one open in one run.
    Anomaly.objects.bulk_create(created)
    return created + changed


CHANGING = [
    "last_seen_at",
    "ended_at",
    "scored_until",
    "peak_at",
    "peak_value",
    "severity",
    "severity_worst",
    "score",
    "score_worst",
    "reason",
    "evidence",
    "decision_pending",
]


def _episode(anomaly: Anomaly | None) -> Episode | None:
    if anomaly is None:
        return None
    return Episode(
        started_at=anomaly.started_at,
        last_seen_at=anomaly.last_seen_at,
        scored_until=anomaly.scored_until,
        score=anomaly.score,
        peak=Sighting(anomaly.peak_at, anomaly.peak_value, anomaly.score_worst),
    )


def _begin(episode: Episode, seen: Scored) -> Anomaly:
    anomaly = Anomaly(
        asset_id=seen.sensor.asset_id,
        sensor=seen.sensor,
        kind=seen.kind,
        detector=seen.detector,
        started_at=episode.started_at,
        score_worst=0,
        severity_worst=policy.Severity.LOW,
        correlation_ids=list(seen.request_ids),
    )
    _carry_on(anomaly, episode, seen)
    anomaly.decision_pending = True
    return anomaly


def _carry_on(anomaly: Anomaly, episode: Episode, seen: Scored) -> None:
    """Bring the row to where the episode is."""
    is_limit = seen.kind in Anomaly.LIMITS
    worst = policy.severity(episode.peak.score, is_limit=is_limit)
    if episode.peak.score > anomaly.score_worst:
        anomaly.peak_at, anomaly.peak_value = episode.peak.at, episode.peak.value
        explanation = seen.explain(episode.peak.value)
        anomaly.reason = explanation.reason
        anomaly.evidence = {
            name: value if isinstance(value, str) or value is None or isfinite(value) else None
            for name, value in explanation.evidence.items()
        }
        anomaly.score_worst = episode.peak.score
    anomaly.last_seen_at, anomaly.ended_at = episode.last_seen_at, episode.ended_at
    anomaly.scored_until = episode.scored_until
    anomaly.score = episode.score
    anomaly.severity = policy.severity(episode.score, is_limit=is_limit)
    if worst > anomaly.severity_worst:
        anomaly.severity_worst, anomaly.decision_pending = worst, True
