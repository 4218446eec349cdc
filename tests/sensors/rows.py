"""How to make one row of each model of sensors/ at a site, for tests of all pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Model

from sensors.models import (
    ApiKey,
    Asset,
    AssetType,
    Bearing,
    Bridge,
    Curation,
    LineMapping,
    Membership,
    QuarantinedReading,
    ReadingBatch,
    ReadingConflict,
    Sensor,
    SeverityPreset,
    Site,
)
from tests.factories import (
    make_asset,
    make_batch,
    make_bridge,
    make_conflict,
    make_curation,
    make_key,
    make_quarantined,
    make_run,
    make_sensor,
    make_user,
)
from tests.sensors.catalogue import make_asset_type, make_bearing, make_preset

ROWS_OF_SENSORS: dict[type[Model], Callable[[Site], Any]] = {
    Site: lambda site: site,
    AssetType: make_asset_type,
    Bearing: make_bearing,
    SeverityPreset: make_preset,
    Asset: lambda site: make_asset(
        site=site, type=make_asset_type(site), parent=make_asset(site=site)
    ),
    Sensor: lambda site: make_sensor(site=site),
    ApiKey: lambda site: make_key(site=site)[0],
    Membership: lambda site: Membership.objects.create(user=make_user(), site=site, role="viewer"),
    LineMapping: lambda site: LineMapping.objects.create(site=site, template="{field}"),
    ReadingBatch: lambda site: make_run(make_batch(site)).batches.get(),
    QuarantinedReading: make_quarantined,
    ReadingConflict: lambda site: make_conflict(make_sensor(site=site)),
    Bridge: lambda site: make_bridge(site=site),
    Curation: make_curation,
}
