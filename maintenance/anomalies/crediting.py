"""Gather what speaks for and against anomalies, and rate them by credibility.py."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Count, F, Q

from maintenance import policy
from maintenance.anomalies.credibility import Evidence, rate
from maintenance.models import Anomaly, Symptom
from sensors.history.graded import good_shares
from sensors.models import Asset, Sensor

LOOKED_BACK = timedelta(days=30)
BRIEF = timedelta(minutes=10)
# What was said of machines and detectors longer ago may not hold any more.
VERDICTS_LAST = timedelta(days=365)
RIGHT = (Anomaly.Verdict.CONFIRMED, Anomaly.Verdict.SENSOR_FAULT)
WRONG = (Anomaly.Verdict.FALSE_POSITIVE, Anomaly.Verdict.EXPECTED_OPERATION)
# A sensor with a smaller share in what an asset does as a whole does not confirm it.
LEAST_SHARE = 0.1

Verdicts = Counter[tuple[int, str, bool]]


def credit(anomalies: Sequence[Anomaly], symptoms: Sequence[Symptom], now: datetime) -> None:
    """Rate anomalies that are not stored yet as they are here, by their symptoms and more.

    Takes as many queries however many there are.
    """
    if not anomalies:
        return
    assets = {anomaly.asset_id for anomaly in anomalies}
    quality = good_shares({a.sensor_id: a.last_seen_at for a in anomalies})
    before, verdicts = _before(anomalies), _verdicts(anomalies, now)
    showing, sensors = _showing(assets, symptoms), _sensors(assets)
    for anomaly in anomalies:
        seen = before.get((anomaly.sensor_id, anomaly.kind), (0, 0))
        about = anomaly.asset_id, anomaly.detector_name
        others = sensors.get(anomaly.asset_id, 0) - 1
        agreeing = showing.get(anomaly.asset_id, set()) - {anomaly.sensor_id}
        rated = rate(
            Evidence(
                score=anomaly.score_worst,
                is_limit=anomaly.kind in Symptom.LIMITS,
                of_sensor=anomaly.kind in policy.SENSOR_FAULTS,
                good_share=quality.get(anomaly.sensor_id),
                agreeing=_agreeing(anomaly, len(agreeing)) if others > 0 else None,
                others=others,
                before=seen[0],
                brief=seen[1],
                right=verdicts[(*about, True)],
                wrong=verdicts[(*about, False)],
            )
        )
        anomaly.credibility, anomaly.credibility_rules = rated.value, rated.as_rows()


def _agreeing(anomaly: Anomaly, others: int) -> int:
    """Other sensors that show something: by themselves, or in what the asset does."""
    sharing = sum(share >= LEAST_SHARE for share in anomaly.contributions.values())
    return max(others, sharing - 1)


def _before(anomalies: Sequence[Anomaly]) -> dict[tuple[int, str], tuple[int, int]]:
    """By sensor and kind, how many episodes there were before, and how many were brief."""
    earliest = min(anomaly.started_at for anomaly in anomalies)
    lately = Anomaly.objects.filter(
        sensor__in={anomaly.sensor_id for anomaly in anomalies},
        started_at__gte=earliest - LOOKED_BACK,
    ).exclude(pk__in=[anomaly.pk for anomaly in anomalies if anomaly.pk])
    brief = Count("pk", filter=Q(ended_at__lte=F("started_at") + BRIEF))
    counted = lately.order_by().values("sensor", "kind").annotate(seen=Count("pk"), brief=brief)
    return {(row["sensor"], row["kind"]): (row["seen"], row["brief"]) for row in counted}


def _verdicts(anomalies: Sequence[Anomaly], now: datetime) -> Verdicts:
    """By asset and detector, how often it was right and how often wrong."""
    said = Anomaly.objects.filter(
        asset__in={anomaly.asset_id for anomaly in anomalies},
        verdict__in=[*RIGHT, *WRONG],
        verdict_at__gte=now - VERDICTS_LAST,
    ).exclude(pk__in=[anomaly.pk for anomaly in anomalies if anomaly.pk])
    counted = said.order_by().values_list("asset", "detector", "verdict").annotate(Count("pk"))
    verdicts: Verdicts = Counter()
    for asset, detector, verdict, times in counted:
        verdicts[asset, detector.partition("#")[0], verdict in RIGHT] += times
    return verdicts


def _showing(assets: set[int], symptoms: Sequence[Symptom]) -> dict[int, set[int]]:
    """By asset the sensors that show something that is no fault of their own."""
    machine = Symptom.objects.open().exclude(kind__in=policy.SENSOR_FAULTS)
    stored = machine.filter(asset__in=assets).order_by().values_list("asset", "foremost")
    here = [
        (symptom.asset_id, symptom.foremost_id)
        for symptom in symptoms
        if symptom.ended_at is None and not symptom.is_sensor_fault
    ]
    found: dict[int, set[int]] = {}
    for asset, sensor in [*stored.distinct(), *here]:
        found.setdefault(asset, set()).add(sensor)
    return found


def _sensors(assets: set[int]) -> dict[int, int]:
    """By asset how many sensors it has. Those that nobody has placed are not of one machine."""
    placed = Sensor.objects.active().filter(asset__in=assets).exclude(asset__tag=Asset.UNASSIGNED)
    counted = placed.order_by().values_list("asset").annotate(Count("pk"))
    return dict(counted)
