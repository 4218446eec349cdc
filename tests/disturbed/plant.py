"""The same upload for each disturbed run, and what the database must say afterwards."""

from __future__ import annotations

from typing import Any

from agents.models import PipelineRun
from maintenance.models import Anomaly, Notification, WorkOrder
from sensors.models import (
    QuarantinedReading,
    Reading,
    ReadingBatch,
    ReadingConflict,
    Sensor,
    Site,
)
from tests.factories import (
    MINUTE,
    NOON,
    make_asset,
    make_batch,
    make_history,
    make_sensor,
    make_site,
    reading,
)


def make_plant() -> Site:
    """A site with one hot sensor-to-be, one healthy sensor, and their history."""
    site = make_site()
    asset = make_asset(site=site, tag="P-1", name="Pump", criticality=4)
    hot = make_sensor(asset=asset, code="HOT", warning_high=80, alarm_high=90, plausible_high=200)
    calm = make_sensor(asset=asset, code="CALM")
    for sensor in (hot, calm):
        make_history(sensor, [60.0, 60.5, 59.5, 60.2, 59.8] * 20)
    return site


def make_uploads(site: Site) -> list[ReadingBatch]:
    """Uploads that hold every outcome: stored, duplicate, conflict, quarantine, alarm."""
    rising = [60.0, 60.3, 85.0, 95.0, 96.0, 97.0]
    first = [reading("HOT", value, NOON + MINUTE * i) for i, value in enumerate(rising)]
    first += [reading("CALM", 60.1, NOON + MINUTE * i) for i in range(6)]
    first += [reading("HOT", 250.0, NOON + MINUTE * 6), reading("NOBODY", 1.0)]
    second = [
        reading("HOT", 60.0, NOON),
        reading("HOT", 61.0, NOON + MINUTE),
        reading("HOT", 98.0, NOON + MINUTE * 7),
    ]
    return [make_batch(site, first), make_batch(site, second)]


def snapshot(site: Site) -> dict[str, Any]:
    """All rows of a site, without what differs from site to site: ids and clock times."""
    sensors = dict(Sensor.objects.filter(site=site).values_list("pk", "code"))
    order_of = {"asset__site": site}
    return {
        "readings": sorted(
            (sensors[sensor], *rest)
            for sensor, *rest in Reading.objects.filter(sensor__in=sensors).values_list(
                "sensor", "taken_at", "value", "quality", "flags"
            )
        ),
        "receipts": totals(site),
        "quarantine": sorted(
            QuarantinedReading.objects.filter(batch__site=site).values_list(
                "sensor_code", "reason"
            )
        ),
        "conflicts": sorted(
            ReadingConflict.objects.filter(batch__site=site).values_list(
                "sensor__code", "taken_at", "stored_value", "offered_value"
            )
        ),
        "anomalies": sorted(
            Anomaly.objects.filter(**order_of).values_list(
                "sensor__code", "kind", "started_at", "last_seen_at", "peak_value", "score_worst"
            )
        ),
        "orders": list(
            WorkOrder.objects.filter(**order_of).values_list("asset__tag", "state", "priority")
        ),
        "proposals": Notification.objects.filter(
            work_order__asset__site=site, event="proposed"
        ).count(),
    }


def totals(site: Site) -> dict[str, int]:
    names = ("accepted", "stored", "duplicates", "conflicts", "quarantined")
    batches = ReadingBatch.objects.filter(site=site).exclude(source="history")
    return {name: sum(getattr(batch, name) for batch in batches) for name in names}


def finished(site: Site) -> bool:
    """All of a site's batches are stored and their runs at their end."""
    batches = ReadingBatch.objects.filter(site=site).exclude(source="history")
    if batches.exclude(claim__run__finished_at__isnull=False).exists():
        return False
    return not Notification.objects.exclude(status="sent").exists()


def no_run_failed() -> bool:
    return not PipelineRun.objects.exclude(failed_at=None).exists()
