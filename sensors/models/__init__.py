from __future__ import annotations

from sensors.models.access import ApiKey, Membership
from sensors.models.aside import QuarantinedReading, ReadingConflict
from sensors.models.batches import ReadingBatch
from sensors.models.bridges import Bridge
from sensors.models.curations import Curation
from sensors.models.mapping import LineMapping
from sensors.models.plant import Asset, AssetType, Sensor, Site
from sensors.models.readings import Reading

__all__ = [
    "ApiKey",
    "Asset",
    "AssetType",
    "Bridge",
    "Curation",
    "LineMapping",
    "Membership",
    "QuarantinedReading",
    "Reading",
    "ReadingBatch",
    "ReadingConflict",
    "Sensor",
    "Site",
]
