"""Which symptoms belong together? Store them, and the anomalies that they make up.

A limit stands for itself, and so does a fault of a sensor. What deviates on one asset at
the same time is one anomaly, whichever sensors and detectors saw it: people look at a
machine, not at a sensor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Q
from django.utils import timezone

from maintenance import policy
from maintenance.anomalies.settling import SETTLED, Change, settle, tell
from maintenance.models import Anomaly, Symptom

CHANGING = [
    "last_seen_at",
    "ended_at",
    "scored_until",
    "calm_since",
    "peak_at",
    "peak_value",
    "score",
    "score_worst",
    "reason",
    "evidence",
    "foremost",
]
PUT_TOGETHER = [
    *(name for name in CHANGING if name not in ("foremost", "calm_since")),
    "sensor",
    "detector",
    "started_at",
    "severity",
    "severity_worst",
    "contributions",
    "correlation_ids",
    "decision_pending",
]


@dataclass(slots=True)
class Whole:
    """An anomaly with all of its symptoms."""

    anomaly: Anomaly
    symptoms: list[Symptom] = field(default_factory=list)

    def brought_up_to_date(self) -> Change:
        """Bring the anomaly to where its symptoms are, and say what that changes."""
        anomaly = self.anomaly
        is_new, worst, ended = anomaly.pk is None, anomaly.severity_worst, anomaly.ended_at
        _put_together(anomaly, self.symptoms)
        return Change(
            anomaly,
            self.symptoms,
            is_new=is_new,
            is_worse=not is_new and anomaly.severity_worst > worst,
            has_ended=anomaly.ended_at is not None and ended is None,
            is_back=ended is not None and anomaly.is_active,
        )

    def takes_in(self, symptom: Symptom) -> bool:
        """Whether a symptom that begins belongs to it: it has not ended before."""
        return (
            symptom.joins
            and self.anomaly.is_joint
            and self.anomaly.asset_id == symptom.asset_id
            and any(s.ended_at is None or s.ended_at >= symptom.started_at for s in self.symptoms)
        )


def store(symptoms: Sequence[Symptom]) -> list[Anomaly]:
    """Write new and changed symptoms, and return the anomalies that they belong to.

    What follows for those is settled as well: who is told, and what is suppressed. Needs
    the rows of their sensors to be locked.
    """
    if not symptoms:
        return []
    changed = [symptom for symptom in symptoms if symptom.pk]
    begun = sorted((s for s in symptoms if not s.pk), key=lambda s: s.started_at)
    # Ends before beginnings: a stream has one open symptom at most.
    Symptom.objects.bulk_update(changed, CHANGING, batch_size=500)
    wholes = _wholes(changed, begun)
    touched = {symptom.anomaly_id for symptom in changed}
    found = [whole for whole in wholes if whole.anomaly.pk in touched]
    for symptom in begun:
        whole = next((whole for whole in wholes if whole.takes_in(symptom)), None)
        if whole is None:
            whole = Whole(_begun(symptom))
            wholes.append(whole)
        whole.symptoms.append(symptom)
        whole.anomaly.decision_pending = True
        if whole not in found:
            found.append(whole)
    _write(found, begun)
    return [whole.anomaly for whole in found]


def _wholes(changed: Sequence[Symptom], begun: Sequence[Symptom]) -> list[Whole]:
    """The anomalies of the changed symptoms, and those that may take in what begins."""
    joining = [symptom for symptom in begun if symptom.joins]
    wanted = Q(pk__in={symptom.anomaly_id for symptom in changed})
    if joining:
        earliest = min(symptom.started_at for symptom in joining)
        wanted |= Q(asset__in={s.asset_id for s in joining}, is_joint=True) & (
            Q(ended_at=None) | Q(ended_at__gte=earliest)
        )
    # Locked: what people do with them meanwhile waits, and nothing of it is overwritten.
    locked = Anomaly.objects.filter(wanted).order_by("pk").select_for_update(no_key=True)
    wholes = {anomaly.pk: Whole(anomaly) for anomaly in reversed(list(locked))}
    known = Symptom.objects.filter(anomaly__in=wholes).select_related(
        "sensor", "foremost", "asset"
    )
    for symptom in known.order_by("pk"):
        whole = wholes[symptom.anomaly_id]
        whole.symptoms.append(symptom)
        whole.anomaly.asset = symptom.asset
    return list(wholes.values())


def _begun(symptom: Symptom) -> Anomaly:
    return Anomaly(
        asset=symptom.asset,
        kind=Anomaly.Kind.DEVIATION if symptom.joins else symptom.kind,
        is_joint=symptom.joins,
        severity_worst=policy.Severity.LOW,
    )


def _write(wholes: Sequence[Whole], begun: Sequence[Symptom]) -> None:
    changes = [whole.brought_up_to_date() for whole in wholes]
    changes = [change for change in changes if change.matters]
    settle(changes, timezone.now())
    known = [whole.anomaly for whole in wholes if whole.anomaly.pk]
    Anomaly.objects.bulk_update(known, PUT_TOGETHER, batch_size=500)
    settled = [change.anomaly for change in changes if change.anomaly.pk]
    Anomaly.objects.bulk_update(settled, SETTLED, batch_size=500)
    # After the updates: an anomaly may end and the next one open in one run.
    Anomaly.objects.bulk_create(whole.anomaly for whole in wholes if not whole.anomaly.pk)
    owners = {id(symptom): whole.anomaly for whole in wholes for symptom in whole.symptoms}
    for symptom in begun:
        symptom.anomaly = owners[id(symptom)]
    Symptom.objects.bulk_create(begun)
    tell(changes)


def _put_together(anomaly: Anomaly, symptoms: Sequence[Symptom]) -> None:
    """Bring the anomaly to where its symptoms are."""
    leading = max(symptoms, key=lambda symptom: symptom.score_worst)
    # One that has ended before counts no more: its score is from long ago.
    latest = [s for s in symptoms if s.ended_at is None] or [max(symptoms, key=_ended)]
    for name in ("detector", "peak_at", "peak_value", "score_worst", "reason", "evidence"):
        setattr(anomaly, name, getattr(leading, name))
    anomaly.sensor = leading.foremost
    anomaly.started_at = min(symptom.started_at for symptom in symptoms)
    anomaly.last_seen_at = max(symptom.last_seen_at for symptom in symptoms)
    anomaly.scored_until = max(symptom.scored_until for symptom in symptoms)
    ends = [symptom.ended_at for symptom in symptoms if symptom.ended_at]
    anomaly.ended_at = max(ends) if len(ends) == len(symptoms) else None
    anomaly.score = max(symptom.score for symptom in latest)
    anomaly.severity = max(s.severity_of(s.score) for s in latest)
    anomaly.contributions = contributions(symptoms)
    requests = (name for symptom in symptoms for name in symptom.correlation_ids)
    anomaly.correlation_ids = list(dict.fromkeys(requests))
    worst = max(s.severity_of(s.score_worst) for s in symptoms)
    if worst > anomaly.severity_worst:
        anomaly.severity_worst, anomaly.decision_pending = worst, True


def contributions(symptoms: Sequence[Symptom]) -> dict[str, float]:
    """How much each sensor has to do with it, by its code; together 1.

    A symptom counts by its worst score. Where it is of the asset as a whole, the shares
    that its detector named divide it up.
    """
    weights: dict[str, float] = {}
    for symptom in symptoms:
        shares = symptom.evidence.get("contributions") or {}
        if symptom.sensor:
            shares = {symptom.sensor.code: 1.0}
        for code, share in shares.items():
            weights[code] = weights.get(code, 0.0) + share * symptom.score_worst
    total = sum(weights.values())
    return {code: round(weight / total, 4) for code, weight in weights.items()} if total else {}


def _ended(symptom: Symptom) -> float:
    return symptom.ended_at.timestamp() if symptom.ended_at else 0.0
