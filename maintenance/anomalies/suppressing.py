"""Which anomalies keep quiet now? Gathers what the rules in precedence.py ask for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection
from django.db.models import Q
from django.db.models.functions import Coalesce

from maintenance import policy
from maintenance.anomalies import precedence
from maintenance.anomalies.precedence import Alarm, Window, Work
from maintenance.models import Anomaly, MaintenanceWindow, WorkOrder

# Of each asset its site and all that it is a part of, itself first.
LINEAGES = """
    WITH RECURSIVE above (asset, ancestor, parent, site, distance) AS (
        SELECT id, id, parent_id, site_id, 0 FROM sensors_asset WHERE id = ANY (%s)
        UNION
        SELECT asset, up.id, up.parent_id, site, distance + 1
        FROM above JOIN sensors_asset AS up ON up.id = above.parent
        WHERE distance < %s
    )
    SELECT asset, site, array_agg(ancestor ORDER BY distance) FROM above GROUP BY asset, site
"""
# Deeper than any plant: should somebody make an asset a part of itself, it ends here.
DEEPEST = 20


def lineages(assets: Iterable[int]) -> dict[int, tuple[int, list[int]]]:
    """Of each asset its site and its lineage, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(LINEAGES, [list(set(assets)), DEEPEST])
        return {asset: (site, ancestors) for asset, site, ancestors in cursor.fetchall()}


def reasons_for(anomalies: Sequence[Anomaly], now: datetime) -> list[str]:
    """For each anomaly why it is suppressed, as of its end or else of now; empty for not.

    Takes as many queries however many there are.
    """
    if not anomalies:
        return []
    known = lineages(anomaly.asset_id for anomaly in anomalies)
    alarms = [_alarm(anomaly, known, now) for anomaly in anomalies]
    ancestors = {asset for alarm in alarms for asset in alarm.lineage}
    mine = {anomaly.pk for anomaly in anomalies if anomaly.pk}
    return precedence.reasons(
        alarms, _windows(alarms, ancestors), _works(alarms), _others(ancestors, mine, now)
    )


def _alarm(anomaly: Anomaly, known: dict[int, tuple[int, list[int]]], now: datetime) -> Alarm:
    site, lineage = known[anomaly.asset_id]
    stands = anomaly.is_active and anomaly.merged_into_id is None
    return Alarm(
        site=site,
        lineage=lineage,
        started_at=anomaly.started_at,
        moment=min(anomaly.ended_at, now) if anomaly.ended_at else now,
        severity=anomaly.severity_worst,
        shelved_until=anomaly.shelved_until,
        raises=stands and anomaly.kind not in policy.SENSOR_FAULTS,
    )


def _windows(alarms: Sequence[Alarm], ancestors: set[int]) -> list[Window]:
    moments = [alarm.moment for alarm in alarms]
    where = Q(asset__in=ancestors) | Q(asset=None, site__in={alarm.site for alarm in alarms})
    going_on = MaintenanceWindow.objects.filter(
        where, next_start__lte=max(moments), next_end__gt=min(moments)
    )
    found = going_on.values_list("site", "asset", "next_start", "next_end")
    return [Window(site, asset, start, end) for site, asset, start, end in found if start and end]


def _works(alarms: Sequence[Alarm]) -> list[Work]:
    in_progress = WorkOrder.objects.filter(
        asset__in={alarm.asset for alarm in alarms}, state=WorkOrder.State.IN_PROGRESS
    )
    since = Coalesce("started_at", "opened_at")
    return [Work(*row) for row in in_progress.values_list("asset", since)]


def _others(ancestors: set[int], mine: set[int], now: datetime) -> list[Alarm]:
    """What goes on above and is heard."""
    heard = Anomaly.objects.open().standing().filter(asset__in=ancestors)
    heard = heard.exclude(kind__in=policy.SENSOR_FAULTS).exclude(pk__in=mine)
    rows = heard.values_list("asset", "asset__site", "started_at", "severity_worst")
    return [Alarm(site, [asset], began, now, worst) for asset, site, began, worst in rows]
