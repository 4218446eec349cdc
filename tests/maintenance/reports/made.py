"""Reports on the ten days from noon on, seen from their end."""

from __future__ import annotations

from typing import Any

from maintenance.models import Report
from sensors.models import Sensor, Site
from tests.factories import NOON, make_anomaly, make_asset, make_life, make_sensor, make_user
from tests.maintenance.figures.plant import (
    DAY,
    HOUR,
    make_downtime,
    make_labour,
    make_order,
    make_part,
    make_technician,
)

UNTIL = NOON + 10 * DAY


def make_report(site: Site, **fields: Any) -> Report:
    defaults = {"kind": "maintenance_overview", "start": NOON, "end": UNTIL, "as_of": UNTIL}
    return Report.objects.create(site=site, **defaults | {"asked_by": "erika"} | fields)


def make_month(site: Site, name: str = "Feed pump") -> Sensor:
    """Some of everything that reports tell of."""
    sensor = make_sensor(asset=make_asset(site=site, name=name))
    make_technician(site)
    make_downtime(sensor.asset, 5, started_at=NOON + DAY, note="Seal")
    make_downtime(sensor.asset, 7, started_at=NOON + 3 * DAY)
    make_life(sensor.asset, NOON - DAY, ended_at=NOON + DAY)
    done = make_order(
        sensor.asset,
        ("completed", NOON + 2 * DAY),
        title="Change the seal",
        completed_at=NOON + 2 * DAY,
        started_at=NOON + DAY,
    )
    make_labour(done, 3)
    make_part(done)
    make_order(sensor.asset, ("approved", NOON), due_at=NOON + HOUR, title="Look at it")
    make_anomaly(
        sensor,
        detected_at=NOON + 4 * DAY,
        verdict="confirmed",
        acknowledged_at=NOON + 4 * DAY + HOUR,
        acknowledged_by=make_user(),
    )
    return sensor


def written(report: Report) -> dict[str, bytes]:
    """What its files hold, by form."""
    return {file.form: file.file.read() for file in report.files.all()}
