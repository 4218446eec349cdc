from __future__ import annotations

from sensors.models.access import ApiKey, Membership
from sensors.models.aside import QuarantinedReading, ReadingConflict
from sensors.models.batches import ReadingBatch
from sensors.models.curations import Curation
from sensors.models.plant import Asset, AssetType, Sensor, Site
from sensors.models.readings import Reading

__all__ = [
    "ApiKey",
    "Asset",
    "AssetType",
    "Curation",
    "Membership",
    "QuarantinedReading",
    "Reading",
    "ReadingBatch",
    "ReadingConflict",
    "Sensor",
    "Site",
]
