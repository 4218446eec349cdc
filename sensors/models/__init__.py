from __future__ import annotations

from sensors.models.access import ApiKey, Membership
from sensors.models.aside import QuarantinedReading, ReadingConflict
from sensors.models.batches import ReadingBatch
from sensors.models.bridges import Bridge
from sensors.models.curations import Curation
from sensors.models.mapping import LineMapping
from sensors.models.plant import Asset, AssetType, Site
from sensors.models.readings import Reading
from sensors.models.sensors import Sensor
from sensors.models.vibration import (
    Bearing,
    FrequencyBand,
    SeverityPreset,
    StoredWaveform,
    WaveformAnalysis,
    WaveformAside,
)

__all__ = [
    "ApiKey",
    "Asset",
    "AssetType",
    "Bearing",
    "Bridge",
    "Curation",
    "FrequencyBand",
    "LineMapping",
    "Membership",
    "QuarantinedReading",
    "Reading",
    "ReadingBatch",
    "ReadingConflict",
    "Sensor",
    "SeverityPreset",
    "Site",
    "StoredWaveform",
    "WaveformAnalysis",
    "WaveformAside",
]
