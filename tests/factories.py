"""Small builders: every argument has a default, so a test names only what it is about."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client

from agents.models import PipelineRun
from maintenance.models import (
    Anomaly,
    Life,
    MaintenanceWindow,
    Notification,
    Symptom,
    WorkOrder,
)
from mlops.models import Backtest, ModelVersion
from sensors.intake.decoding import ReadingIn, Upload
from sensors.intake.ingest import accept_batch
from sensors.intake.storing import store_readings
from sensors.models import (
    ApiKey,
    Asset,
    Bridge,
    Curation,
    Membership,
    QuarantinedReading,
    ReadingBatch,
    ReadingConflict,
    Sensor,
    Site,
)

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
_number = count(1)


def make_site(**fields: Any) -> Site:
    code = f"site-{next(_number)}"
    return Site.objects.create(**{"code": code, "name": code.title()} | fields)


def make_asset(**fields: Any) -> Asset:
    site = fields.pop("site", None) or make_site()
    number = next(_number)
    return Asset.objects.create(
        **{"site": site, "tag": f"P-{number}", "name": f"Pump {number}"} | fields
    )


def make_sensor(**fields: Any) -> Sensor:
    asset = fields.pop("asset", None) or make_asset(site=fields.pop("site", None))
    defaults = {"asset": asset, "site": asset.site, "code": f"S{next(_number)}"}
    return Sensor.objects.create(**defaults | {"kind": "temperature", "unit": "°C"} | fields)


def make_key(**fields: Any) -> tuple[ApiKey, str]:
    """A key and its secret."""
    site = fields.pop("site", None) or make_site()
    return ApiKey.objects.issue(**{"site": site, "name": "Gateway"} | fields)


def make_user(**fields: Any) -> Any:
    name = fields.pop("username", f"user{next(_number)}")
    return get_user_model().objects.create_user(name, password="correct horse", **fields)


def reading(sensor: Sensor | str, value: float, at: datetime = NOON, **fields: Any) -> ReadingIn:
    code = sensor if isinstance(sensor, str) else sensor.code
    return ReadingIn(sensor_id=code, value=value, timestamp=at, **fields)


def make_batch(site: Site, readings: Sequence[ReadingIn] = (), **fields: Any) -> ReadingBatch:
    """An accepted batch that waits, as an upload leaves it. It wakes the agents on commit."""
    mode = fields.pop("mode", "live")
    batch, _ = accept_batch(
        site=site,
        source="test",
        upload=Upload(readings=list(readings), mode=mode),
        digest="0" * 64,
        correlation_id=fields.pop("correlation_id", str(uuid.uuid4())),
        **fields,
    )
    return batch


def make_stored(site: Site, *readings: ReadingIn, **fields: Any) -> ReadingBatch:
    """A batch that came at noon and has been stored; no run was made of it."""
    batch = make_batch(site, readings, **fields)
    ReadingBatch.objects.filter(pk=batch.pk).update(received_at=NOON)
    batch.refresh_from_db()
    store_readings([batch])
    return batch


# Thousands of rows of Django's own take longer than most tests.
HISTORY = """
    INSERT INTO sensors_reading (sensor_id, batch_id, taken_at, value, quality, flags)
    SELECT %s, %s, %s - make_interval(secs => %s) * (%s - number), value, 0, 0
    FROM unnest(%s::float8[]) WITH ORDINALITY AS course (value, number)
"""


def make_history(
    sensor: Sensor, values: Sequence[float], until: datetime = NOON, every: timedelta = MINUTE
) -> None:
    """Stored readings of one sensor, one a minute, the last a minute before `until`."""
    batch = ReadingBatch.objects.create(
        site=sensor.site,
        source="history",
        correlation_id="history",
        digest="0" * 64,
        status=ReadingBatch.Status.CLAIMED,
        accepted=0,
    )
    course = [float(value) for value in values]
    step = every.total_seconds()
    with connection.cursor() as cursor:
        cursor.execute(HISTORY, [sensor.pk, batch.pk, until, step, len(course) + 1, course])


def make_run(*batches: ReadingBatch, stage: str = PipelineRun.Stage.RECEIVED) -> PipelineRun:
    """A run over batches that waited. Its earlier stages are only said to be done."""
    ReadingBatch.objects.filter(pk__in=[b.pk for b in batches]).update(
        status=ReadingBatch.Status.CLAIMED
    )
    return PipelineRun.objects.begin(batches, stage=stage)


# A score that is graded so.
SCORE_OF = {1: 1.2, 2: 1.7, 3: 2.5, 4: 3.5}


def make_anomaly(sensor: Sensor | None = None, **fields: Any) -> Anomaly:
    sensor = sensor or make_sensor()
    fields = {"score_worst": SCORE_OF[fields.get("severity_worst", 3)]} | fields
    defaults = {
        "asset": sensor.asset,
        "sensor": sensor,
        "kind": Anomaly.Kind.HIGH_LIMIT,
        "detector": "limits#1",
        "started_at": NOON,
        "last_seen_at": NOON,
        "scored_until": fields.get("last_seen_at", NOON),
        "peak_at": NOON,
        "peak_value": 95.0,
        "severity": 3,
        "severity_worst": 3,
        "score": 2.5,
        "score_worst": 2.5,
        "reason": "95 is at or above the alarm limit of 90",
    }
    anomaly = Anomaly.objects.create(**defaults | fields)
    make_symptom(anomaly)
    return anomaly


def make_symptom(anomaly: Anomaly, **fields: Any) -> Symptom:
    """What the anomaly's detector saw of its sensor."""
    names = ("asset", "sensor", "kind", "detector", "started_at", "last_seen_at", "ended_at")
    more = ("scored_until", "peak_at", "peak_value", "score", "score_worst", "reason", "evidence")
    defaults = {name: getattr(anomaly, name) for name in (*names, *more)}
    defaults |= {"anomaly": anomaly, "foremost": fields.get("sensor") or anomaly.sensor}
    return Symptom.objects.create(**defaults | fields)


def make_work_order(**fields: Any) -> WorkOrder:
    asset = fields.pop("asset", None) or make_asset()
    defaults = {"asset": asset, "priority": "P2", "title": "Look at it", "due_at": NOON}
    return WorkOrder.objects.create(**defaults | fields)


def make_life(asset: Asset, started_at: datetime, **fields: Any) -> Life:
    """One that runs, unless an end is given; then the asset failed."""
    ending = {"ending": "failed"} if fields.get("ended_at") else {}
    return Life.objects.create(asset=asset, started_at=started_at, **ending | fields)


def make_window(site: Site | None = None, **fields: Any) -> MaintenanceWindow:
    """One of two hours at noon, as if it had been put down an hour before."""
    site = site or make_site()
    defaults = {"site": site, "reason": "Overhaul", "starts_at": NOON, "changed_by": "erika"}
    window = MaintenanceWindow(**defaults | {"duration": timedelta(hours=2)} | fields)
    window.look_ahead(NOON - timedelta(hours=1))
    window.save()
    return window


def make_member(site: Site, *permissions: str, role: str = "planner", **fields: Any) -> Any:
    """A person of one site who may enter the admin: with what the role gives there, and with
    permissions by hand such as "sensors.add_membership"."""
    user = make_user(is_staff=True, **fields)
    Membership.objects.create(user=user, site=site, role=role)
    for permission in permissions:
        app, codename = permission.split(".")
        found = Permission.objects.get(content_type__app_label=app, codename=codename)
        user.user_permissions.add(found)
    return user


def make_quarantined(site: Site | None = None, **fields: Any) -> QuarantinedReading:
    batch = fields.pop("batch", None) or make_batch(site or make_site())
    raw = {"sensor_id": "X-1", "value": 5.0, "timestamp": NOON.isoformat()}
    defaults = {"batch": batch, "site": batch.site, "sensor_code": "X-1", "reading": raw}
    defaults |= {"reason": "unknown_sensor"}
    return QuarantinedReading.objects.create(**defaults | fields)


def make_conflict(sensor: Sensor | None = None, **fields: Any) -> ReadingConflict:
    sensor = sensor or make_sensor()
    batch = fields.pop("batch", None) or make_batch(sensor.site)
    defaults = {"batch": batch, "site": sensor.site, "sensor": sensor, "taken_at": NOON}
    return ReadingConflict.objects.create(
        **defaults | {"stored_value": 1.0, "offered_value": 2.0} | fields
    )


def make_bridge(**fields: Any) -> Bridge:
    site = fields.pop("site", None) or make_site()
    defaults = {"site": site, "name": f"bridge-{next(_number)}", "state": Bridge.State.CONNECTED}
    return Bridge.objects.create(**defaults | fields)


def make_curation(site: Site | None = None, **fields: Any) -> Curation:
    """A curation that was asked for at a site; no agent has heard of it."""
    defaults = {"action": "replay", "asked_by": "erika", "chosen": {}, "matched": 1, "last_id": 0}
    return Curation.objects.create(**defaults | {"sites": [(site or make_site()).pk]} | fields)


def make_notification(order: WorkOrder | None = None, **fields: Any) -> Notification:
    """One about an order, unless the fields say otherwise, that waits and is due."""
    order = order or fields.pop("work_order", None) or make_work_order()
    where = {"work_order": order, "asset": order.asset, "site": order.asset.site}
    defaults = {"event": "proposed", "about": f"order {order.pk}", "channel": "email"}
    defaults |= {"recipient": "planner@example.org", "event_key": str(next(_number))}
    return Notification.objects.create(**where | defaults | fields)


def make_version(asset: Asset | None = None, **fields: Any) -> ModelVersion:
    """A version on duty that is only said to have learnt: there is no artifact."""
    defaults = {
        "kind": "level_and_pattern",
        "code": 1,
        "asset": asset or (None if "sensor" in fields else make_asset()),
        "parameters": {"bin_seconds": 60, "detector": {}},
        "columns": ["A", "B"],
        "learnt_from": NOON - 1_000 * MINUTE,
        "learnt_until": NOON,
        "rows": 1_000,
        "data_digest": "0" * 64,
        "artifact_digest": "1" * 64,
        "metrics": {"false_alarms_per_week": 0.0},
    }
    version = ModelVersion(**defaults | fields)
    version.register()
    return version


def make_backtest(site: Site | None = None, *sensors: Sensor, **fields: Any) -> Backtest:
    """One that was asked for over the day until noon; nobody has been told to carry it out."""
    site = site or make_site()
    defaults = {"start": NOON - timedelta(days=1), "end": NOON, "detector": "limits"}
    defaults |= {"asked_by": "erika", "warm_up": 2_000}
    asked = Backtest.objects.create(**defaults | {"site": site} | fields)
    asked.sensors.set(sensors or [make_sensor(site=site)])
    return asked


def without_rows(client: Client, page: str) -> dict[str, int]:
    """What a form of the admin sends of the tables on its page, which get no rows."""
    tables = client.get(page).context["inline_admin_formsets"]
    prefixes = [table.formset.prefix for table in tables]
    return {f"{prefix}-{which}_FORMS": 0 for prefix in prefixes for which in ("TOTAL", "INITIAL")}
