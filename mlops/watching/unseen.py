"""Symptoms that nobody can see the end of: no detector looks any more, or nothing comes.

A symptom ends when its detector has been calm for a while. Where the detector is gone, it
would stay open for ever, and with it the anomaly. It is given up instead, and the evidence
says why; whether the machine is well again, nobody knows. That a sensor has fallen silent
is no reason: the silence is an anomaly of its own, and what was seen before it may go on.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from maintenance import joining
from maintenance.models import Symptom
from mlops.models import ModelVersion
from mlops.registry import ASSET_DETECTORS
from sensors.models import Asset, Sensor

logger = logging.getLogger(__name__)

# A relation takes two.
LEAST_SENSORS = 2
RETIRED = "its sensor is no longer in use"
NOT_ASKED = "nobody looks for odd shapes of this sensor any more"
NO_MODEL = "no model of the asset is on duty any more"
GONE = "of the sensors that the model knows, too few are still there"
QUIET = "nothing came for {} days in which it could have been seen"


def give_up_unseen(now: datetime) -> int:
    """End the open symptoms that nobody can see any more. Says how many."""
    found = _unseen(now)
    if not found:
        return 0
    with transaction.atomic():
        # As whoever records: the sensors first, then the assets. Then it is looked again.
        sensors = {symptom.sensor_id for symptom, _ in found if symptom.sensor_id}
        list(Sensor.objects.filter(pk__in=sensors).locked())
        assets = {symptom.asset_id for symptom, _ in found}
        list(Asset.objects.filter(pk__in=assets).locked())
        still = _unseen(now, among=[symptom.pk for symptom, _ in found])
        for symptom, why in still:
            symptom.give_up(now, why)
            logger.info("%s (%s) is given up: %s", symptom, symptom.pk, why)
        joining.store([symptom for symptom, _ in still])
    return len(still)


def _unseen(now: datetime, among: Sequence[int] | None = None) -> list[tuple[Symptom, str]]:
    watched = Q(kind__in=(Symptom.Kind.RELATION, Symptom.Kind.ODD_SHAPE))
    open_ones = Symptom.objects.open().filter(watched | Q(sensor__retired_at__isnull=False))
    if among is not None:
        open_ones = open_ones.filter(pk__in=among)
    symptoms = list(open_ones.select_related("asset", "sensor").order_by("pk"))
    lost = _lost_assets({s.asset_id for s in symptoms if s.kind == Symptom.Kind.RELATION})
    said = ((symptom, _reason(symptom, lost, now)) for symptom in symptoms)
    return [(symptom, why) for symptom, why in said if why]


def _reason(symptom: Symptom, lost: Mapping[int, str], now: datetime) -> str | None:
    if symptom.sensor and symptom.sensor.retired_at:
        return RETIRED
    if symptom.kind == Symptom.Kind.RELATION and symptom.asset_id in lost:
        return lost[symptom.asset_id]
    if symptom.sensor and not symptom.sensor.detect_odd_shapes:
        return NOT_ASKED
    if symptom.scored_until < now - settings.UNSEEN_AFTER:
        return QUIET.format(settings.UNSEEN_AFTER.days)
    return None


def _lost_assets(assets: set[int]) -> dict[int, str]:
    """Those of the assets of which no model can tell how their sensors go together."""
    versions: QuerySet[ModelVersion] = ModelVersion.objects.active().filter(
        kind__in=ASSET_DETECTORS, asset__in=assets
    )
    columns = {version.asset_id: version.columns for version in versions if version.asset_id}
    there: dict[int, set[str]] = {asset: set() for asset in assets}
    in_use: dict[int, set[str]] = {asset: set() for asset in assets}
    for sensor in Sensor.objects.filter(asset__in=assets):
        there[sensor.asset_id].add(sensor.code)
        if sensor.retired_at is None:
            in_use[sensor.asset_id].add(sensor.code)
    lost = dict.fromkeys(assets - columns.keys(), NO_MODEL)
    for asset in assets & columns.keys():
        known = set(columns[asset])
        if not known <= there[asset] or len(known & in_use[asset]) < LEAST_SENSORS:
            lost[asset] = GONE
    return lost
