"""Write down what the detectors saw, as symptoms of anomalies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import isfinite
from typing import Any, Protocol

import numpy as np
from django.db.models import Q
from numpy.typing import NDArray

from maintenance import joining, policy
from maintenance.episodes import (
    ALARM_LINE,
    JUMP_RULES,
    LIMIT_RULES,
    SENSOR_RULES,
    SHAPE_RULES,
    TAIL_RULES,
    Episode,
    Rules,
    Sighting,
    advance,
)
from maintenance.models import Anomaly, Symptom
from maintenance.models.symptoms import Stream, SymptomQuerySet
from sensors.history.windows import micros_of, moment_of
from sensors.models import Asset, Sensor


class Explanation(Protocol):
    """What a detector says of a reading."""

    @property
    def reason(self) -> str: ...

    @property
    def evidence(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Scored:
    """The readings of one sensor, or of one asset, scored by one detector, in order of time.

    Arrays have shape (n,). `explain` tells why the reading at a position scored as it did;
    `request_ids` are those that brought the readings past the line. Of an asset, the
    evidence names shares by code under "contributions", and `members` has the sensors.
    """

    asset: Asset
    sensor: Sensor | None
    kind: str
    detector: str
    micros: NDArray[np.int64]
    values: NDArray[np.float64]
    scores: NDArray[np.float64]
    is_new: NDArray[np.bool_]
    explain: Callable[[int], Explanation]
    request_ids: tuple[str, ...] = ()
    members: Mapping[str, Sensor] = field(default_factory=dict)

    @property
    def stream(self) -> Stream:
        return self.asset.pk, self.sensor.pk if self.sensor else None, self.kind

    def explain_at(self, moment: datetime) -> Explanation:
        return self.explain(int(np.searchsorted(self.micros, micros_of(moment))))

    def foremost(self, explanation: Explanation) -> Sensor:
        """The sensor that has most to do with it."""
        if self.sensor:
            return self.sensor
        shares = explanation.evidence["contributions"]
        return self.members[max(shares, key=shares.__getitem__)]

    def sightings(self) -> list[Sighting]:
        return [
            Sighting(moment_of(micros), float(value), float(score), bool(is_new))
            for micros, value, score, is_new in zip(
                self.micros, self.values, self.scores, self.is_new, strict=True
            )
        ]


def record_episodes(scored: Sequence[Scored]) -> list[Anomaly]:
    """Open, carry on and close symptoms, and the anomalies that they belong to.

    Needs the sensors' rows to be locked.
    """
    if not scored:
        return []
    open_ones: dict[Stream, Symptom | None] = dict(_open_symptoms(scored))
    last_ones = dict(_last_ended(scored))
    touched: dict[int, Symptom] = {}
    for seen in scored:
        symptom = open_ones.get(seen.stream)
        if symptom is None and not (seen.scores >= ALARM_LINE).any():
            continue
        last = _episode(last_ones.get(seen.stream))
        rules = rules_of(seen.kind, seen.sensor)
        for episode in advance(_episode(symptom), seen.sightings(), rules, last):
            if symptom is None or episode.started_at != symptom.started_at:
                symptom = _begun(episode, seen)
            _carry_on(symptom, episode, seen)
            touched[id(symptom)] = symptom
        # The sensor may have another stretch of readings in the same run.
        open_ones[seen.stream] = symptom if symptom and symptom.ended_at is None else None
        if symptom and symptom.ended_at:
            last_ones[seen.stream] = symptom
    return joining.store(list(touched.values()))


def rules_of(kind: str, sensor: Sensor | None = None) -> Rules:
    """The rules for a kind of symptom, and what was set for the sensor that it is of."""
    rules = _rules_of_kind(kind)
    if sensor and sensor.off_delay and kind != Symptom.Kind.NO_DATA:
        return replace(rules, off_delay=sensor.off_delay)
    return rules


def _rules_of_kind(kind: str) -> Rules:
    if kind == Symptom.Kind.JUMP:
        return JUMP_RULES
    if kind in policy.SENSOR_FAULTS:
        return SENSOR_RULES
    if kind == Symptom.Kind.ODD_SHAPE:
        return SHAPE_RULES
    return LIMIT_RULES if kind in Symptom.LIMITS else TAIL_RULES


def _open_symptoms(scored: Sequence[Scored]) -> list[tuple[Stream, Symptom]]:
    found = _of_the_same(scored).open().select_related("asset", "sensor")
    return [(symptom.stream, symptom) for symptom in found]


def _last_ended(scored: Sequence[Scored]) -> list[tuple[Stream, Symptom]]:
    """Of each stream the symptom after which another may have to wait."""
    alarming = [seen for seen in scored if (seen.scores >= ALARM_LINE).any()]
    if not alarming:
        return []
    earliest = moment_of(min(int(seen.micros[0]) for seen in alarming))
    ended = _of_the_same(alarming).exclude(ended_at=None)
    recent = ended.filter(started_at__gt=earliest - TAIL_RULES.refractory)
    return [(symptom.stream, symptom) for symptom in recent.order_by("started_at")]


def _of_the_same(scored: Sequence[Scored]) -> SymptomQuerySet:
    sensors = {seen.sensor.pk for seen in scored if seen.sensor}
    assets = {seen.asset.pk for seen in scored if not seen.sensor}
    return Symptom.objects.filter(Q(sensor__in=sensors) | Q(asset__in=assets, sensor=None))


def _episode(symptom: Symptom | None) -> Episode | None:
    if symptom is None:
        return None
    return Episode(
        started_at=symptom.started_at,
        last_seen_at=symptom.last_seen_at,
        scored_until=symptom.scored_until,
        score=symptom.score,
        peak=Sighting(symptom.peak_at, symptom.peak_value, symptom.score_worst),
        ended_at=symptom.ended_at,
        calm_since=symptom.calm_since,
    )


def _begun(episode: Episode, seen: Scored) -> Symptom:
    return Symptom(
        asset=seen.asset,
        sensor=seen.sensor,
        kind=seen.kind,
        detector=seen.detector,
        started_at=episode.started_at,
        score_worst=0,
        correlation_ids=list(seen.request_ids),
    )


def _carry_on(symptom: Symptom, episode: Episode, seen: Scored) -> None:
    """Bring the row to where the episode is."""
    if episode.peak.score > symptom.score_worst:
        symptom.peak_at, symptom.peak_value = episode.peak.at, episode.peak.value
        explanation = seen.explain_at(episode.peak.at)
        symptom.foremost = seen.foremost(explanation)
        symptom.reason = explanation.reason
        symptom.evidence = _storable(explanation.evidence)
        symptom.score_worst = episode.peak.score
    symptom.last_seen_at, symptom.ended_at = episode.last_seen_at, episode.ended_at
    symptom.scored_until, symptom.calm_since = episode.scored_until, episode.calm_since
    symptom.score = episode.score


def _storable(evidence: Mapping[str, Any]) -> dict[str, Any]:
    """The evidence without numbers that JSON does not have."""
    return {
        name: _storable(value)
        if isinstance(value, Mapping)
        else (value if not isinstance(value, float) or isfinite(value) else None)
        for name, value in evidence.items()
    }
