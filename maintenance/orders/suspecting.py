"""Which failure does an anomaly point to? Anomalies of one suspected mode share an order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Q

from maintenance import policy
from maintenance.models import Anomaly, FailureCode, Symptom, WorkOrder
from maintenance.models.coding import OF_SENSOR
from sensors.models import Asset


@dataclass(slots=True)
class Suspicion:
    """Anomalies of an asset that point to one failure mode, and their order if one is open.

    `new` are those of them that nobody has decided about.
    """

    mode: FailureCode | None
    order: WorkOrder | None = None
    anomalies: list[Anomaly] = field(default_factory=list)
    symptoms: list[Symptom] = field(default_factory=list)
    new: list[Anomaly] = field(default_factory=list)

    @property
    def findings(self) -> list[policy.Finding]:
        by_id = {anomaly.pk: anomaly for anomaly in self.anomalies}
        return [finding_of(seen, by_id[seen.anomaly_id]) for seen in self.symptoms]

    @property
    def is_faint(self) -> bool:
        """Whether it has no order and nothing in it would be worth one alone."""
        low = policy.Severity.LOW
        return self.order is None and all(f.severity == low for f in self.findings)

    def take_in(self, other: Suspicion) -> None:
        self.anomalies += other.anomalies
        self.symptoms += other.symptoms
        self.new += other.new


def suspicions(asset: Asset, new: Collection[int], orders: Sequence[WorkOrder]) -> list[Suspicion]:
    """What the new anomalies of an asset, and those that go on, point to.

    Only what has something new in it. What is faint is taken together, whichever mode each
    points to, so that sensors of different kinds can agree; it goes by the mode of the
    first. An anomaly stays with the open order it belongs to.
    """
    going_on = Q(ended_at=None, suppression="", merged_into=None)
    considered = Anomaly.objects.filter(Q(pk__in=new) | going_on, asset=asset)
    # The new ones first, as they were decided about before others joined.
    anomalies = sorted(considered.select_related("sensor"), key=lambda a: (a.pk not in new, a.pk))
    seen = symptoms_by_anomaly(anomalies)
    modes = FailureCode.objects.modes_by_kind(asset)
    by_mode = {order.suspected_mode_id: order for order in orders}
    joined = {order.pk: order.suspected_mode_id for order in orders}
    known = {mode.pk: mode for mode in modes.values()}
    found: dict[int | None, Suspicion] = {}
    for anomaly in anomalies:
        if not seen[anomaly.pk]:
            continue
        pointed = mode_of(seen[anomaly.pk], modes)
        mode_id = joined.get(anomaly.work_order_id or 0, pointed.pk if pointed else None)
        suspicion = found.setdefault(
            mode_id, Suspicion(known.get(mode_id or 0), by_mode.get(mode_id))
        )
        suspicion.anomalies.append(anomaly)
        suspicion.symptoms += seen[anomaly.pk]
        if anomaly.pk in new:
            suspicion.new.append(anomaly)
    return [suspicion for suspicion in _pooled(found.values()) if suspicion.new]


def _pooled(found: Iterable[Suspicion]) -> list[Suspicion]:
    faint = [suspicion for suspicion in found if suspicion.is_faint]
    for other in faint[1:]:
        faint[0].take_in(other)
    return [s for s in found if not any(s is other for other in faint[1:])]


def mode_of(symptoms: Sequence[Symptom], modes: Mapping[str, FailureCode]) -> FailureCode | None:
    """The failure mode that the worst of the symptoms points to, if one is known for it."""
    worst = policy.leading([finding_of(seen, None) for seen in symptoms])
    return modes.get(OF_SENSOR if worst.of_sensor else worst.sensor_kind)


def finding_of(symptom: Symptom, anomaly: Anomaly | None) -> policy.Finding:
    worst = symptom.severity_of(symptom.score_worst)
    return policy.Finding(
        sensor=symptom.foremost.code,
        sensor_kind=symptom.foremost.kind,
        anomaly_kind=symptom.kind,
        severity=policy.Severity(worst),
        credibility=anomaly.credibility if anomaly else None,
    )


def symptoms_of(anomalies: Iterable[Anomaly]) -> list[Symptom]:
    """What still goes on of open anomalies, and what there was of others."""
    found = Symptom.objects.filter(anomaly__in=anomalies).select_related("foremost")
    over = Q(anomaly__ended_at=None) & ~Q(ended_at=None)
    return list(found.exclude(over).order_by("pk"))


def symptoms_by_anomaly(anomalies: Sequence[Anomaly]) -> dict[int, list[Symptom]]:
    seen: dict[int, list[Symptom]] = {anomaly.pk: [] for anomaly in anomalies}
    for symptom in symptoms_of(anomalies):
        seen[symptom.anomaly_id].append(symptom)
    return seen
